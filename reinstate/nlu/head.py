"""The linear head: views of texts (sentence vectors, words) in, calibrated probabilities of intents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
View = Any  # (texts, length): a float32 array, or a scipy.sparse matrix
SPARSE_SHARE = 0.7
FOLDS = 3
_ROUNDS = 100


@dataclass(frozen=True)
class Head:
    """A linear model over one or more views of a text, with a temperature.

    Attributes:
        labels: the intents, in the order of the columns.
        weights: for each view (view length, labels).
        bias: (labels,).
        temperature: divides the scores, so that a stated 0.8 is right about 80 % of the time.
    """

    labels: tuple[str, ...]
    weights: tuple[NDArray[np.float32], ...]
    bias: NDArray[np.float32]
    temperature: float

    def probabilities(self, views: Sequence[View]) -> Probabilities:
        """(texts, labels), each row adds up to one."""
        scores = sum(view @ weights for view, weights in zip(views, self.weights, strict=True)) + self.bias
        return _softmax(np.asarray(scores, dtype=np.float64) / self.temperature)

    def with_prior(self, labels: Sequence[str], prior: float) -> Head:
        """The same head, with some intents so much less likely before anything is read."""
        factor = np.array([prior if label in labels else 1.0 for label in self.labels])
        bias = self.bias + np.log(factor).astype(np.float32) * np.float32(self.temperature)
        return replace(self, bias=bias)

    def save(self, file: Path) -> None:
        """Write as `.npz`; half precision keeps the model small and changes no decision."""
        np.savez_compressed(
            file,
            labels=np.array(self.labels),
            bias=self.bias,
            temperature=np.array(self.temperature),
            **{f"weights_{n}": weights.astype(np.float16) for n, weights in enumerate(self.weights)},
        )

    @classmethod
    def load(cls, file: Path) -> Head:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            names = sorted(name for name in stored.files if name.startswith("weights_"))
            return cls(
                labels=tuple(str(label) for label in stored["labels"]),
                weights=tuple(stored[name].astype(np.float32) for name in names),
                bias=stored["bias"],
                temperature=float(stored["temperature"]),
            )


@dataclass(frozen=True)
class Fitted:
    """One view's linear model, and the scores of all examples by fits that had not seen them."""

    weights: NDArray[Any]
    bias: NDArray[Any]
    held_out: NDArray[Any]


def fit(view: View, labels: Sequence[str], strength: float) -> Fitted:
    """Fit one view of the examples.

    A dense view is fitted by logistic regression, a sparse one by a linear support vector
    machine: each is the better and the faster one for its kind (bench/reports/nlu.md).

    Intents weigh by the square root of how rare they are: fully balanced, small intents draw
    causes to themselves; unweighted, they are hardly ever read.

    Args:
        view: (examples, view length), dense or sparse.
        labels: the intent of each example.
        strength: scikit-learn's C of a dense view, the inverse of the regularisation.
    """
    from sklearn.model_selection import StratifiedKFold

    targets = np.unique(np.array(labels), return_inverse=True)[1]
    held_out = np.zeros((len(targets), targets.max() + 1))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for seen, unseen in folds.split(np.zeros(len(targets)), targets):
        weights, bias = _fit(view[seen], targets[seen], strength)
        held_out[unseen] = view[unseen] @ weights + bias
    return Fitted(*_fit(view, targets, strength), held_out)


def combine(views: Sequence[Fitted], labels: Sequence[str], share: float = SPARSE_SHARE) -> Head:
    """Bring the scores of views to one spread, add them, and find the temperature.

    Both come from held-out scores, so that they do not learn from the fits' own certainty.
    `share` is the spread of the later views beside the first.
    """
    names, targets = np.unique(np.array(labels), return_inverse=True)
    first, *others = (view.held_out.std() for view in views)
    factors = [1.0, *(share * float(first / spread) for spread in others)]
    weighed = list(zip(factors, views))
    return Head(
        labels=tuple(str(name) for name in names),
        weights=tuple((factor * view.weights).astype(np.float32) for factor, view in weighed),
        bias=np.sum([factor * view.bias for factor, view in weighed], axis=0).astype(np.float32),
        temperature=_temperature(sum(factor * view.held_out for factor, view in weighed), targets),
    )


def _fit(view: View, targets: NDArray[Any], strength: float) -> tuple[Any, Any]:
    from scipy.sparse import issparse
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    found, counts = np.unique(targets, return_counts=True)
    weights = dict(zip(found.tolist(), np.sqrt(counts.mean() / counts).tolist()))
    if issparse(view):
        model = LinearSVC(C=1.0, class_weight=weights, tol=1e-2, random_state=0)
    else:
        model = LogisticRegression(C=strength, class_weight=weights, max_iter=_ROUNDS, tol=1e-3)
    model.fit(view, targets)
    return model.coef_.T, model.intercept_


def _temperature(scores: Any, targets: NDArray[Any]) -> float:
    """The temperature with the least log loss, between 0.2 and 5."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        chosen = _softmax(scores / np.exp(log_temperature))[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(5)), method="bounded").x))


def _softmax(scores: NDArray[Any]) -> Probabilities:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
