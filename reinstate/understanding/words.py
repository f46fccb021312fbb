"""The words and letter groups of a text, hashed: no vocabulary, no weights, always there."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LENGTH = 2**16
_WORD = r"(?u)\b\w+'?\w*\b"


def count(texts: Sequence[str]) -> Any:
    """A sparse float32 matrix (texts, 131,072): logarithmic counts, each half of unit length.

    The first half holds words and pairs of words, the second groups of three to five letters,
    which still match where a word is misspelt.
    """
    from scipy.sparse import csr_matrix

    hasher, *analyzers = _counting()
    counts = hasher.transform(analyze(text) for text in texts for analyze in analyzers)  # a row for each half
    half = np.repeat(np.arange(2 * len(texts)), np.diff(counts.indptr))
    data = 1 + np.log(counts.data)
    lengths = np.sqrt(np.bincount(half, data * data)).astype(np.float32)
    columns = counts.indices + _LENGTH * (half % 2)
    return csr_matrix((data / lengths[half], columns, counts.indptr[::2]), (len(texts), 2 * _LENGTH))


@dataclass(frozen=True)
class Few:
    """What a few texts hold, without all that none of them does.

    Attributes:
        columns: (held,), those of `count` in which something stands.
        counts: (texts, held), what stands there.
    """

    columns: NDArray[np.intp]
    counts: NDArray[np.float32]

    def __getitem__(self, chosen: NDArray[Any]) -> Few:
        return Few(self.columns, self.counts[chosen])


@functools.lru_cache(maxsize=4)  # what reads the same message after another
def count_few(texts: tuple[str, ...]) -> Few:
    """The same as `count`, of the texts of a message: a small matrix that is full."""
    counted = count(texts)
    columns, places = np.unique(counted.indices, return_inverse=True)
    counts = np.zeros((len(texts), len(columns)), dtype=np.float32)
    counts[np.repeat(np.arange(len(texts)), np.diff(counted.indptr)), places] = counted.data
    return Few(columns, counts)


@functools.cache
def _counting() -> tuple[Any, Any, Any]:
    """What hashes, what finds words, and what finds groups of letters."""
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.feature_extraction.text import CountVectorizer

    return (
        FeatureHasher(_LENGTH, input_type="string", alternate_sign=False, dtype=np.float32),
        CountVectorizer(ngram_range=(1, 2), token_pattern=_WORD).build_analyzer(),
        CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).build_analyzer(),
    )
