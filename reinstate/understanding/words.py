"""The words and letter groups of a text, hashed: no vocabulary, no weights, always there."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

_LENGTH = 2**16
_WORD = r"(?u)\b\w+'?\w*\b"


def count(texts: Sequence[str]) -> Any:
    """A sparse float32 matrix (texts, 131,072): logarithmic counts, each half of unit length.

    The first half holds words and pairs of words, the second groups of three to five letters,
    which still match where a word is misspelt.
    """
    from scipy.sparse import hstack
    from sklearn.preprocessing import normalize

    halves = []
    for vectorizer in _vectorizers():
        counts = vectorizer.transform(texts)
        counts.data = 1 + np.log(counts.data)
        halves.append(normalize(counts))
    return hstack(halves, format="csr")


@functools.cache
def _vectorizers() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer

    same: dict[str, Any] = {
        "n_features": _LENGTH,
        "alternate_sign": False,
        "norm": None,
        "dtype": np.float32,
    }
    return (
        HashingVectorizer(ngram_range=(1, 2), token_pattern=_WORD, **same),
        HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **same),
    )
