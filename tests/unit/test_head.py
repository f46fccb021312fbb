"""The linear head computes with the weights of what stands in a text, and with all of a dense view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from reinstate.understanding import head


def test_a_sparse_view_scores_as_its_dense_twin_does() -> None:
    """To the last bit of what the texts hold, also where a text holds nothing."""
    chance = np.random.default_rng(17)
    weights = chance.integers(-9, 9, (500, 7)).astype(np.int16)
    model = head.Linear(weights, np.arange(7, dtype=np.float32), np.float32(0.25))
    view = chance.random((6, 500)).astype(np.float32) * (chance.random((6, 500)) > 0.95)
    view[3] = 0
    assert np.allclose(model.scores(view), model.scores(csr_matrix(view)), atol=1e-5)
    assert np.allclose(model.scores(view), view @ (weights * 0.25) + np.arange(7), atol=1e-4)


def test_a_kept_head_says_what_it_said(tmp_path: Path) -> None:
    """But for the rounding of its weights to steps."""
    chance = np.random.default_rng(17)
    fitted = head.Linear(chance.normal(size=(40, 3)).astype(np.float32), np.zeros(3, dtype=np.float32))
    made = head.combine({"dense": fitted}, ["a", "b", "c"])
    head.save(made, tmp_path / "head.npz")
    seen = {"dense": chance.normal(size=(5, 40)).astype(np.float32) / 20}
    kept = head.load(tmp_path / "head.npz")
    assert np.abs(kept.probabilities(seen) - made.probabilities(seen)).max() < 0.1
    assert ("a", "b", "c") == kept.labels


def _clouds(labels: Sequence[str], spread: float = 0.2) -> NDArray[np.float32]:
    """A vector for each label's example: each label's lie around a corner of their own."""
    chance = np.random.default_rng(17)
    corners = dict(zip("abcd", np.eye(4)))
    rows = [corners[label] + spread * chance.normal(size=4) for label in labels]
    return np.array(rows, dtype=np.float32)


@pytest.mark.parametrize("fit", [head.fit_vectors, head.fit_few])
def test_vectors_are_read_as_the_label_in_whose_cloud_they_lie(fit: head.Fit) -> None:
    """A label without an example in a view is never the likeliest there."""
    labels = list("abc" * 40)
    model = fit(_clouds(labels), labels, ("a", "b", "c", "d"))
    best = model.scores(np.eye(4, dtype=np.float32)[:3]).argmax(axis=1)
    assert [0, 1, 2] == best.tolist()
    assert 3 not in model.scores(_clouds(labels)).argmax(axis=1)


@pytest.mark.parametrize("names", ["ab", "abcd"])
def test_words_are_read_alike_in_one_part_or_in_several(names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One column for each label, in their order, however many processes fit them."""
    labels = list(names * 30)
    view = csr_matrix(_clouds(labels))
    models = []
    for few in (10**6, 0):
        monkeypatch.setattr(head, "_FEW", few)
        models.append(head.fit_words(view, labels))
    seen = csr_matrix(np.eye(4, dtype=np.float32)[: len(names)])
    for model in models:
        assert list(range(len(names))) == model.scores(seen).argmax(axis=1).tolist()
