"""The linear head: views of texts (sentence vectors, words) in, calibrated probabilities of intents out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
View = Any  # (texts, length): a float32 array, or a scipy.sparse matrix
SPARSE_SHARE = 0.7
_ROUNDS = 30


@dataclass(frozen=True)
class Head:
    """A linear model over one or more views of a text, with a temperature.

    Attributes:
        labels: the intents, in the order of the columns.
        weights: for each view, by name (view length, labels); heads may share them.
        factors: for each view, how much it counts.
        bias: (labels,).
        temperature: divides the scores.
    """

    labels: tuple[str, ...]
    weights: Mapping[str, NDArray[np.float32]]
    factors: Mapping[str, float]
    bias: NDArray[np.float32]
    temperature: float

    def probabilities(self, views: Mapping[str, View]) -> Probabilities:
        """(texts, labels), each row adds up to one; `views` are by name, others than ours do no harm."""
        scores = sum(self.factors[name] * (views[name] @ weights) for name, weights in self.weights.items())
        return _softmax(np.asarray(scores + self.bias, dtype=np.float64) / self.temperature)

    def with_prior(self, priors: Mapping[str, float]) -> Head:
        """The same head, with intents so much likelier, or less likely, before anything is read."""
        factor = np.array([priors[label] for label in self.labels])
        bias = self.bias + np.log(factor).astype(np.float32) * np.float32(self.temperature)
        return replace(self, bias=bias)


def save(heads: Mapping[str, Head], file: Path) -> None:
    """Write heads over the same labels as one `.npz`.

    What they share is written once, in half precision, which keeps the model small and changes no
    decision.
    """
    labels = next(iter(heads.values())).labels
    weights = {name: w for one in heads.values() for name, w in one.weights.items()}
    arrays: dict[str, NDArray[Any]] = {f"weights/{name}": w.astype(np.float16) for name, w in weights.items()}
    for kind, one in heads.items():
        arrays[f"views/{kind}"] = np.array(list(one.factors))
        arrays[f"factors/{kind}"] = np.array([*one.factors.values(), one.temperature])
        arrays[f"bias/{kind}"] = one.bias
    np.savez_compressed(file, labels=np.array(labels), **arrays)


def load(file: Path) -> dict[str, Head]:
    """Read what `save` wrote."""
    with np.load(file, allow_pickle=False) as stored:
        labels = tuple(str(label) for label in stored["labels"])
        of = {name: stored[name] for name in stored.files}
    weights = {n.partition("/")[2]: w.astype(np.float32) for n, w in of.items() if n.startswith("weights/")}
    heads = {}
    for kind in (name.partition("/")[2] for name in of if name.startswith("bias/")):
        views = [str(view) for view in of[f"views/{kind}"]]
        *factors, temperature = of[f"factors/{kind}"].tolist()
        mine = {view: weights[view] for view in views}
        heads[kind] = Head(labels, mine, dict(zip(views, factors)), of[f"bias/{kind}"], temperature)
    return heads


@dataclass(frozen=True)
class Fitted:
    """One view's linear model, and the scores of half the examples by a fit that had not seen them.

    The rows of the other half are NaN.
    """

    weights: NDArray[Any]
    bias: NDArray[Any]
    held_out: NDArray[Any]

    def of(self, examples: Sequence[int]) -> Fitted:
        """The same model, with the scores of some examples only."""
        return replace(self, held_out=self.held_out[examples])


def half(labels: Sequence[str]) -> NDArray[np.bool_]:
    """Marks every second example of each intent: those that `fit` holds out."""
    count: Counter[str] = Counter()
    marked = []
    for label in labels:
        marked.append(count[label] % 2 == 1)
        count[label] += 1
    return np.array(marked)


def fit(view: View, labels: Sequence[str], held: NDArray[np.bool_], strength: float) -> Fitted:
    """Fit one view of the examples.

    A dense view is fitted by logistic regression, a sparse one by a linear support vector
    machine: each is the better and the faster one for its kind (bench/reports/nlu.md).

    Intents weigh by the square root of how rare they are: fully balanced, small intents draw
    causes to themselves; unweighted, they are hardly ever read.

    Args:
        view: (examples, view length), dense or sparse.
        labels: the intent of each example.
        held: the examples whose scores are to come from a fit that has not seen them, see `half`.
        strength: scikit-learn's C of a dense view, the inverse of the regularisation.
    """
    targets = np.unique(np.array(labels), return_inverse=True)[1]
    weights, bias = _fit(view[~held], targets[~held], strength)
    held_out = np.full((len(targets), targets.max() + 1), np.nan)
    held_out[held] = view[held] @ weights + bias
    return Fitted(*_fit(view, targets, strength), held_out)


def combine(views: Mapping[str, Fitted], labels: Sequence[str], share: float = SPARSE_SHARE) -> Head:
    """Bring the scores of views to one spread, add them, and find the temperature.

    Both come from held-out scores, so that they do not learn from the fits' own certainty.
    `share` is the spread of the later views beside the first.
    """
    names, targets = np.unique(np.array(labels), return_inverse=True)
    held = ~np.isnan(next(iter(views.values())).held_out[:, 0])
    first, *others = (view.held_out[held].std() for view in views.values())
    factors = [1.0, *(share * float(first / spread) for spread in others)]
    weighed = list(zip(factors, views.values()))
    return Head(
        labels=tuple(str(name) for name in names),
        weights={name: view.weights.astype(np.float32) for name, view in views.items()},
        factors=dict(zip(views, factors)),
        bias=np.sum([factor * view.bias for factor, view in weighed], axis=0).astype(np.float32),
        temperature=_temperature(
            sum(factor * view.held_out[held] for factor, view in weighed), targets[held]
        ),
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
