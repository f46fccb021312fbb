"""The linear head: sentence vectors in, calibrated probabilities of intents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reinstate.nlu.encoders import Vectors

Probabilities = NDArray[np.float64]
FOLDS = 3
_ROUNDS = 100


@dataclass(frozen=True)
class Head:
    """Multinomial logistic regression with a temperature.

    Attributes:
        labels: the intents, in the order of the columns.
        weights: (vector length, labels).
        bias: (labels,).
        temperature: divides the scores, so that a stated 0.8 is right about 80 % of the time.
    """

    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float

    def probabilities(self, vectors: Vectors) -> Probabilities:
        """(texts, labels), each row adds up to one."""
        scores = (vectors @ self.weights + self.bias).astype(np.float64) / self.temperature
        return _softmax(scores)

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
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            temperature=np.array(self.temperature),
        )

    @classmethod
    def load(cls, file: Path) -> Head:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            return cls(
                labels=tuple(str(label) for label in stored["labels"]),
                weights=stored["weights"].astype(np.float32),
                bias=stored["bias"],
                temperature=float(stored["temperature"]),
            )


def train(vectors: Vectors, labels: Sequence[str], strength: float, *, calibrate: bool = True) -> Head:
    """Fit a head and its temperature.

    Intents weigh by the square root of how rare they are: fully balanced, small intents draw
    causes to themselves; unweighted, they are hardly ever read (measured: `make evaluate`).

    The temperature comes from scores of examples that the scoring fit has not seen
    (stratified folds), so that it does not learn from its own certainty.

    Args:
        vectors: (examples, vector length).
        labels: the intent of each example.
        strength: scikit-learn's C, the inverse of the regularisation.
        calibrate: whether to find the temperature, which takes a fit for each fold.
    """
    names, targets = np.unique(np.array(labels), return_inverse=True)
    weights, bias = _fit(vectors, targets, strength)
    temperature = 1.0
    if calibrate:
        temperature = _temperature(_held_out_scores(vectors, targets, strength), targets)
    return Head(tuple(str(n) for n in names), weights, bias, temperature)


def _fit(vectors: Vectors, targets: NDArray[Any], strength: float) -> tuple[Any, Any]:
    from sklearn.linear_model import LogisticRegression

    found, counts = np.unique(targets, return_counts=True)
    weights = dict(zip(found.tolist(), np.sqrt(counts.mean() / counts).tolist()))
    model = LogisticRegression(C=strength, class_weight=weights, max_iter=_ROUNDS, tol=1e-3)
    model.fit(vectors, targets)
    return model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)


def _held_out_scores(vectors: Vectors, targets: NDArray[Any], strength: float) -> NDArray[Any]:
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros((len(targets), targets.max() + 1))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for seen, unseen in folds.split(vectors, targets):
        weights, bias = _fit(vectors[seen], targets[seen], strength)
        scores[unseen] = vectors[unseen] @ weights + bias
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
