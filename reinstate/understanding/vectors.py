"""Sentence vectors of the training texts, kept beside the model: only new texts are encoded again.

Encoding is most of the time that training takes, and an edit changes a few texts of many thousand.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray

from reinstate.understanding import encoders

_PART = 500  # texts that one process encodes at a time
_MOST = 120_000  # vectors that are kept: those of a small training run drive out none of a large one's


def of_texts(name: str, texts: Sequence[str], folder: Path = encoders.FOLDER) -> NDArray[np.float32]:
    """(texts, encoder length): what an encoder makes of texts, in as many processes as there are cores.

    Args:
        name: of the encoder, see `reinstate.understanding.encoders.load`.
        texts: to be encoded.
        folder: where vectors are kept; once there are too many, those that nobody asked for are dropped.
    """
    file = folder / f"vectors-{hashlib.sha256(encoders.load(name).fingerprint.encode()).hexdigest()[:12]}.npz"
    keys = np.array([hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts])
    known, rows = _read(file)
    new = sorted({i for i, key in enumerate(keys) if key not in known}, key=lambda i: len(texts[i]))
    if new:
        parts = [new[start : start + _PART] for start in range(0, len(new), _PART)]
        encoded = joblib.Parallel(n_jobs=min(len(parts), os.cpu_count() or 1))(
            joblib.delayed(encoders.encode)(name, [texts[i] for i in part]) for part in parts
        )
        added = np.concatenate(encoded)
        known |= {str(keys[i]): len(rows) + n for n, i in enumerate(new)}
        rows = np.concatenate([rows, added]) if len(rows) else added
    found = rows[[known[key] for key in keys]]
    if new:
        folder.mkdir(exist_ok=True)
        part = file.with_suffix(".part.npz")
        kept = known if len(known) <= _MOST else {key: known[key] for key in keys}
        np.savez(part, keys=list(kept), rows=rows[list(kept.values())])
        part.replace(file)
    return np.asarray(found, dtype=np.float32)


def _read(file: Path) -> tuple[dict[str, int], NDArray[np.float32]]:
    """The rows that are kept and where each text's is; none where the file is missing or broken."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {str(key): row for row, key in enumerate(stored["keys"])}, stored["rows"]
    except (OSError, ValueError, KeyError):
        return {}, np.zeros((0, 0), dtype=np.float32)
