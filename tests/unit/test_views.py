"""What a text is read by beside its vectors: counted words, and the examples nearest to it."""

from __future__ import annotations

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize

from reinstate.understanding import nearest, words

TEXTS = [
    "I logged in with a VPN, a vpn!",
    "",
    "é",
    "лет",
    "no no no no",
    "don't",
    "…",
    "sent it\nby paypal " * 40,
]


def test_words_are_counted_as_scikit_learn_counts_them() -> None:
    """In two halves, each by its own vectorizer, logarithmic and of unit length."""
    same = {"n_features": 2**16, "alternate_sign": False, "norm": None, "dtype": np.float32}
    halves = []
    for vectorizer in (
        HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+'?\w*\b", **same),
        HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **same),
    ):
        counts = vectorizer.transform(TEXTS)
        counts.data = 1 + np.log(counts.data)
        halves.append(normalize(counts))
    ours, theirs = words.count(TEXTS), hstack(halves, format="csr")
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-6


def test_the_nearest_are_found_as_in_decimal_numbers() -> None:
    """Products of whole numbers give what products of the same vectors in float32 do."""
    chance = np.random.default_rng(17)
    vectors = chance.normal(size=(3000, 96)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = [f"label {n % 7}" for n in range(len(vectors))]
    found = nearest.fit(vectors, labels, sorted(set(labels)))
    seen = vectors[:40] + 0.02 * chance.normal(size=(40, 96)).astype(np.float32)
    short = seen @ found.projection
    likeness = short / np.linalg.norm(short, axis=1, keepdims=True) @ found.vectors.T.astype(np.float32) / 127
    expected = np.zeros((40, 7))
    for row, near in enumerate(likeness):
        for text in np.argsort(-near)[:20]:
            expected[row, found.targets[text]] += np.exp((near[text] - 1) / 0.05)
    expected /= expected.sum(axis=1, keepdims=True)
    assert np.allclose(found.probabilities(seen.astype(np.float32), 7), expected, atol=2e-3)
