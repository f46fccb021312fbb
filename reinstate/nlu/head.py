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


def train(views: Sequence[View], labels: Sequence[str], strength: float) -> Head:
    """Fit a head and its temperature.

    A dense view is fitted by logistic regression, a sparse one by a linear support vector
    machine: each is the better and the faster one for its kind (measured, see the report of
    `make evaluate`). Their scores are brought to one spread and added.

    Intents weigh by the square root of how rare they are: fully balanced, small intents draw
    causes to themselves; unweighted, they are hardly ever read.

    Spread and temperature come from scores of examples that the scoring fit has not seen
    (stratified folds), so that they do not learn from their own certainty.

    Args:
        views: each (examples, view length), dense or sparse.
        labels: the intent of each example.
        strength: scikit-learn's C of a dense view, the inverse of the regularisation.
    """
    names, targets = np.unique(np.array(labels), return_inverse=True)
    held_out = [_held_out_scores(view, targets, strength) for view in views]
    scale = [1.0] + [SPARSE_SHARE * float(held_out[0].std() / scores.std()) for scores in held_out[1:]]
    fitted = [_fit(view, targets, strength) for view in views]
    total = sum(factor * scores for factor, scores in zip(scale, held_out))
    return Head(
        tuple(str(n) for n in names),
        tuple((factor * weights).astype(np.float32) for factor, (weights, _) in zip(scale, fitted)),
        np.sum([factor * bias for factor, (_, bias) in zip(scale, fitted)], axis=0).astype(np.float32),
        _temperature(np.asarray(total), targets),
    )


def _fit(view: View, targets: NDArray[Any], strength: float) -> tuple[Any, Any]:
    from scipy.sparse import issparse
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    found, counts = np.unique(targets, return_counts=True)
    weights = dict(zip(found.tolist(), np.sqrt(counts.mean() / counts).tolist()))
    if issparse(view):
        model = LinearSVC(C=1.0, class_weight=weights, random_state=0)
    else:
        model = LogisticRegression(C=strength, class_weight=weights, max_iter=_ROUNDS, tol=1e-3)
    model.fit(view, targets)
    return model.coef_.T, model.intercept_


def _held_out_scores(view: View, targets: NDArray[Any], strength: float) -> NDArray[Any]:
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros((len(targets), targets.max() + 1))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for seen, unseen in folds.split(np.zeros(len(targets)), targets):
        weights, bias = _fit(view[seen], targets[seen], strength)
        scores[unseen] = view[unseen] @ weights + bias
    return scores


def _temperature(scores: NDArray[Any], targets: NDArray[Any]) -> float:
    """The temperature with the least log loss, between 0.2 and 5."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        chosen = _softmax(scores / np.exp(log_temperature))[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(5)), method="bounded").x))


def _softmax(scores: NDArray[Any]) -> Probabilities:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
