"""The training texts nearest to a message, as a second opinion beside the head.

A linear head knows how an intent usually sounds; the nearest texts know what was said just so.
Measured on real messages: four to seven points (bench/reports/variants.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reinstate.understanding.networks import Network, run_by

_KEPT = 64  # values of a vector: keeps all of what 384 or 512 give
_NEIGHBOURS, _WIDTH = 20, 0.05
_STEPS, _ZERO = 127, 128  # of a value of a vector; what stands for none where there is no minus
_BLOCK = 128


@dataclass(frozen=True)
class Nearest:
    """Vectors of the training texts, made short.

    Attributes:
        projection: (encoder length, kept), from an encoder's vectors to short ones.
        vectors: (texts, kept) int8, of about unit length times `_STEPS`.
        targets: (texts,) the column of each text's intent.
    """

    projection: NDArray[np.float32]
    vectors: NDArray[np.int8]
    targets: NDArray[np.int16]

    @cached_property
    def _products(self) -> Any:
        """What multiplies short vectors, in rows of whole numbers, with those of all texts.

        Without minus on both sides: of products of other bytes, some processors lose what is large.
        """
        net = Network()
        texts, zero = net.keep((self.vectors.T + np.int16(_ZERO)).astype(np.uint8)), net.keep(np.uint8(_ZERO))
        made = net.step("MatMulInteger", "short", texts, zero, zero)
        return run_by(net.written({"short": (np.uint8, ["rows", self.vectors.shape[1]])}, made, np.int32))

    def probabilities(self, seen: NDArray[np.float32], labels: int) -> NDArray[np.float64]:
        """(messages, labels): the share of the nearest texts' weight that each intent has."""
        short = _unit(seen @ self.projection) * _STEPS
        found = np.zeros((len(seen), labels))
        for row, likeness in enumerate(self._likeness(short)):
            columns = _likest(likeness)
            near = likeness[columns] / _STEPS**3
            np.add.at(found[row], self.targets[columns], np.exp((near - 1) / _WIDTH))
        return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))

    def _likeness(self, short: NDArray[np.float32]) -> NDArray[np.int32]:
        """(messages, texts): how like a short vector each text's is, times `_STEPS` to the third.

        In whole numbers: a quarter of the bytes have to be read, and a second row of each holds what the
        first one rounds away.
        """
        rough = np.round(short)
        rows = np.concatenate([rough, np.round((short - rough) * _STEPS)]) + _ZERO
        found = self._products.run(None, {"short": rows.astype(np.uint8)})[0]
        return np.asarray(found[: len(short)] * _STEPS + found[len(short) :])


def _likest(likeness: NDArray[np.int32]) -> NDArray[np.intp]:
    """Where the highest values stand; the highest of each block tell quickly how high these are at least."""
    tops = np.maximum.reduceat(likeness, np.arange(0, len(likeness), _BLOCK))
    least = np.partition(tops, -_NEIGHBOURS)[-_NEIGHBOURS] if len(tops) >= _NEIGHBOURS else likeness.min()
    high = np.flatnonzero(likeness >= least)
    return np.asarray(high[np.argsort(-likeness[high])[:_NEIGHBOURS]])


def fit(vectors: NDArray[np.float32], labels: Sequence[str], names: Sequence[str]) -> Nearest:
    """Keep the directions in which the training texts differ most.

    Args:
        vectors: (texts, encoder length), of unit length.
        labels: the intent of each text.
        names: all intents, in the order of the columns.
    """
    _, _, directions = np.linalg.svd(vectors.T @ vectors)
    projection = np.ascontiguousarray(directions[:_KEPT].T, dtype=np.float32)
    short = np.round(_unit(vectors @ projection) * _STEPS).astype(np.int8)
    return Nearest(projection, short, columns_of(labels, names).astype(np.int16))


def columns_of(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.intp]:
    """The column of each label, of those of all names."""
    order = {name: column for column, name in enumerate(names)}
    return np.array([order[label] for label in labels])


def _unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
