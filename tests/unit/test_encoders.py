"""Sentence encoders, beside what tests/nlu says of their vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reinstate.understanding import encoders


def test_what_was_encoded_of_a_message_is_not_encoded_again() -> None:
    """Rows come in the order of the texts, whichever of them were kept."""
    asked: list[str] = []

    class Lengths:
        fingerprint = "lengths"

        def encode(self, texts: Sequence[str]) -> encoders.Vectors:
            asked.extend(texts)
            return np.array([[len(text)] for text in texts], dtype=np.float32)

    kept: dict[str, encoders.Vectors] = {}
    encoders.of_message(Lengths(), ["a", "bb"], kept)
    rows = encoders.of_message(Lengths(), ["ccc", "bb", "ccc"], kept)
    assert [[3], [2], [3]] == rows.tolist()
    assert ["a", "bb", "ccc"] == asked
