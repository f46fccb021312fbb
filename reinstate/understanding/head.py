"""The linear head: views of texts (sentence vectors, words) in, probabilities of intents out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from reinstate.understanding.nearest import Nearest, columns_of
from reinstate.understanding.words import Few

Probabilities = NDArray[np.float64]
View = Any  # (texts, length): a float32 array, the words of a few texts, or a scipy.sparse matrix to fit
Fit = Callable[[NDArray[np.float32], Sequence[str], Sequence[str]], "Linear"]
SHARPNESS = 4.0  # best on the open sets, see bench/reports/variants.md
WORDS = "words"
_FEW = 500  # examples that are not worth a second process
_RIDGE = 1e-4
_HEAD_FLOOR, _NEAR_FLOOR = 1e-4, 1e-2  # what one opinion leaves of what the other one sees
_STEPS = 4  # weights are stored in steps of a quarter of their spread, which changes no decision
_NEAR = ("projection", "vectors", "targets")


@dataclass(frozen=True)
class Linear:
    """A linear model over one view; its scores of the examples have a spread of one.

    Attributes:
        weights: (view length, labels), in steps.
        bias: (labels,).
        step: what one step is.
    """

    weights: NDArray[Any]
    bias: NDArray[np.float32]
    step: Any = np.float32(1)  # noqa: RUF009 - it cannot be changed

    def scores(self, view: View) -> NDArray[np.float32]:
        """(texts, labels); of words, by the weights of those that stand in the texts only."""
        if isinstance(view, Few):
            return np.asarray(view.counts @ (self.weights[view.columns] * self.step) + self.bias)
        return np.asarray(view @ self._whole + self.bias)

    def times(self, weight: float) -> Linear:
        """The same model, whose scores count for so much more beside others."""
        return replace(self, weights=self.weights * weight, bias=self.bias * np.float32(weight))

    @cached_property
    def _whole(self) -> NDArray[np.float32]:
        return np.asarray(self.weights * self.step)


@dataclass(frozen=True)
class Head:
    """Linear models over several views of a text, whose scores are averaged.

    Attributes:
        labels: the intents, in the order of the columns.
        views: the models by the names of their views.
        nearest: the training texts by the names of the views in which they are looked for.
        prior: (labels,), the logarithm of how likely an intent is before anything is read.
        sharpness: what the mean score is multiplied by.
    """

    labels: tuple[str, ...]
    views: Mapping[str, Linear]
    prior: NDArray[np.float32]
    nearest: Mapping[str, Nearest] = field(default_factory=dict)
    sharpness: float = SHARPNESS

    def probabilities(self, seen: Mapping[str, View]) -> Probabilities:
        """(texts, labels), each row adds up to one, by those of our views that are there."""
        models = {name: model for name, model in self.views.items() if name in seen}
        scores = sum(model.scores(seen[name]) for name, model in models.items())
        fitted = _softmax(np.asarray(scores, dtype=np.float64) * self.sharpness / len(models) + self.prior)
        near = [
            n.probabilities(seen[name], len(self.labels)) for name, n in self.nearest.items() if name in seen
        ]
        if not near:
            return fitted
        both = np.log(fitted + _HEAD_FLOOR) + np.log(np.mean(near, axis=0) + _NEAR_FLOOR)
        return _softmax(both)

    def with_prior(self, priors: Mapping[str, float]) -> Head:
        """The same head, with intents so much likelier, or less likely, before anything is read."""
        return replace(self, prior=np.log([priors[label] for label in self.labels]).astype(np.float32))


def save(head: Head, file: Path) -> None:
    """Write a head as `.npz`, its weights rounded."""
    arrays: dict[str, NDArray[Any]] = {"labels": np.array(head.labels), "prior": head.prior}
    for name, model in head.views.items():
        step = float(model.weights.std()) / _STEPS  # of a model that was just fitted
        arrays[f"weights/{name}"] = np.round(model.weights / step).astype(np.int16)
        arrays[f"step/{name}"], arrays[f"bias/{name}"] = np.array(step, dtype=np.float32), model.bias
    for name, near in head.nearest.items():
        arrays |= {f"near/{name}/{part}": getattr(near, part) for part in _NEAR}
    np.savez_compressed(file, **arrays)


def load(file: Path) -> Head:
    """Read what `save` wrote."""
    with np.load(file, allow_pickle=False) as stored:
        views = {
            name: Linear(*(stored[f"{part}/{name}"] for part in ("weights", "bias", "step")))
            for kind, _, name in (key.partition("/") for key in stored.files)
            if kind == "bias"
        }
        kept = dict.fromkeys(key.split("/")[1] for key in stored.files if key.startswith("near/"))
        nearest = {name: Nearest(*(stored[f"near/{name}/{part}"] for part in _NEAR)) for name in kept}
        return Head(tuple(str(label) for label in stored["labels"]), views, stored["prior"], nearest)


def fit_vectors(view: NDArray[np.float32], labels: Sequence[str], names: Sequence[str]) -> Linear:
    """Fit sentence vectors by linear discriminant analysis.

    Each label is a cloud of vectors, all clouds of one shape; it is as likely, before anything is read, as
    the square root of its examples are many, as with words. Logistic regression is half a point better
    and takes a hundred times as long (bench/reports/tried.md).

    Args:
        view: (examples, view length).
        labels: the label of each example.
        names: all labels, in the order of the columns; some may have no example here.
    """
    from scipy.sparse import csr_matrix

    targets = columns_of(labels, names)
    rows = view.astype(np.float64)
    of_label = csr_matrix((np.ones(len(rows)), (targets, np.arange(len(rows)))), (len(names), len(rows)))
    counts = np.bincount(targets, minlength=len(names))
    means = (of_label @ rows) / np.maximum(counts, 1)[:, None]
    within = rows - means[targets]
    shape = within.T @ within / len(rows) + _RIDGE * np.eye(rows.shape[1])
    weights = np.linalg.solve(shape, means.T)
    bias = 0.5 * (np.log(np.maximum(counts, 1)) - (means.T * weights).sum(axis=0))
    bias[counts == 0] = bias.min()
    return _spread(weights, bias, rows)


def fit_few(view: NDArray[np.float32], labels: Sequence[str], names: Sequence[str]) -> Linear:
    """Fit sentence vectors to a few broad labels by logistic regression; as `fit_vectors` else.

    Such labels are no clouds of one shape: by discriminant analysis small ones are read far too surely.
    """
    from sklearn.linear_model import LogisticRegression

    found, targets, counts = np.unique(columns_of(labels, names), return_inverse=True, return_counts=True)
    weights = dict(enumerate(_rarity(counts).tolist()))
    model = LogisticRegression(C=10.0, class_weight=weights, max_iter=30, tol=1e-3, multi_class="multinomial")
    model.fit(view, targets)
    coefficients, intercept = model.coef_, model.intercept_
    if len(found) == 2:  # scikit-learn gives one row for both
        coefficients, intercept = np.vstack([-coefficients, coefficients]), np.hstack([-intercept, intercept])
    whole, bias = np.zeros((view.shape[1], len(names))), np.full(len(names), intercept.min())
    whole[:, found], bias[found] = coefficients.T, intercept
    return _spread(whole, bias, view)


def fit_words(view: View, labels: Sequence[str]) -> Linear:
    """Fit a sparse view by linear support vector machines, one for each label against all others.

    Args:
        view: (examples, view length).
        labels: the label of each example.
    """
    names, targets, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)
    weights = _rarity(counts)
    jobs = (os.cpu_count() or 1) if view.shape[0] > _FEW else 1
    parts = np.array_split(np.arange(len(names)), min(jobs, len(names)))
    fits = (joblib.delayed(_against_all)(view, targets, part, weights[part]) for part in parts)
    found, bias = zip(*joblib.Parallel(n_jobs=jobs)(fits))
    return _spread(np.hstack(found), np.concatenate(bias), view)


def _against_all(
    view: View, targets: NDArray[np.intp], chosen: NDArray[np.intp], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(view length, chosen) weights and (chosen,) biases of some labels, each against all other examples."""
    from sklearn.svm import LinearSVC

    place = np.full(targets.max() + 1, len(chosen))
    place[chosen] = np.arange(len(chosen))
    among = place[targets]  # all others share one place, behind the chosen ones
    of_label = dict(enumerate(weights.tolist()))
    model = LinearSVC(C=0.5, class_weight=of_label, tol=1.0, random_state=0).fit(view, among)
    found, bias = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn gives one column for both
        found, bias = np.hstack([-found, found]), np.concatenate([-bias, bias])
    return found[:, : len(chosen)], bias[: len(chosen)]


def _rarity(counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """What labels weigh: the square root of how rare they are.

    Fully balanced, small ones draw causes to themselves; unweighted, they are hardly ever read.
    """
    return np.asarray(np.sqrt(counts.mean() / counts))


def _spread(weights: NDArray[np.float64], bias: NDArray[np.float64], view: View) -> Linear:
    """A model whose scores of the examples have a spread of one."""
    spread = (view @ weights + bias).std()
    return Linear((weights / spread).astype(np.float32), (bias / spread).astype(np.float32))


def combine(views: Mapping[str, Linear], labels: Sequence[str]) -> Head:
    """A head of models that were fitted on the same labels."""
    names = tuple(sorted(set(labels)))
    return Head(names, views, np.zeros(len(names), dtype=np.float32))


def _softmax(scores: NDArray[Any]) -> Probabilities:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
