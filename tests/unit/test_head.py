"""The linear head computes with the weights of what stands in a text, and with all of a dense view."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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
