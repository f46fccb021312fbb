"""Networks for onnxruntime: written down step by step, made int8, and run in one thread."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_FEW, _INT8 = 32, 4  # numbers that are rounded together; how onnxruntime calls it that both sides are int8


class Network:
    """Steps that are written down before they run; each gives the name of what it makes."""

    def __init__(self) -> None:
        """Begin without a step."""
        self._steps: list[Any] = []
        self._kept: list[Any] = []

    def keep(self, values: Any) -> str:
        """The name of numbers that the network keeps."""
        from onnx import numpy_helper

        name = f"kept_{len(self._kept)}"
        self._kept.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def step(self, kind: str, *given: str, **settings: Any) -> str:
        """What an operator of ONNX, or of onnxruntime, makes of what is given; the step is named so, too."""
        from onnx import helper

        name = f"step_{len(self._steps)}"
        self._steps.append(helper.make_node(kind, given, [name], name=name, **settings))
        return name

    def written(self, given: Mapping[str, tuple[Any, Sequence[Any]]], made: str, kind: Any) -> bytes:
        """The network as a file holds it.

        Args:
            given: what it is run with: the type of numbers, and the shape, by name.
            made: the step whose outcome is wanted.
            kind: the type of its numbers.
        """
        from onnx import helper

        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(of)), shape)
            for name, (of, shape) in given.items()
        ]
        outcome = helper.make_tensor_value_info(made, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), None)
        graph = helper.make_graph(self._steps, "network", inputs, [outcome], self._kept)
        known = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=known, ir_version=8)
        return bytes(model.SerializeToString())


def run_by(model: Path | bytes) -> Any:
    """What runs a network of a file, or of its bytes, in one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    written = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(written, options, providers=["CPUExecutionProvider"])


def quantised(write: Callable[[Path], Sequence[str]], to: Path) -> Path:
    """A network whose matrix products are int8, made of another one where it is not there yet.

    What is multiplied is rounded by one measure for all that a step sees, which is quick; of those steps
    that `write` names, by one for each few numbers, which keeps small ones beside large ones.

    Args:
        write: writes the other one to a file, its weights as plain numbers; names the steps to be kept finer.
        to: where the new one is kept, or found.

    Raises:
        OSError: if it is not there and cannot be written.
    """
    if to.is_file():
        return to
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import (
        DefaultWeightOnlyQuantConfig,
        MatMulNBitsQuantizer,
    )

    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent) as name:
        plain, made = Path(name) / "plain.onnx", Path(name) / "made.onnx"
        fine, network = write(plain), onnx.load(plain)
        others = [step.name for step in network.graph.node if step.name not in fine]
        by_few = DefaultWeightOnlyQuantConfig(_FEW, is_symmetric=True, accuracy_level=_INT8, bits=8)
        finer = MatMulNBitsQuantizer(network, nodes_to_exclude=others, algo_config=by_few)
        finer.process()
        finer.model.save_model_to_file(str(plain))
        options = {"DefaultTensorType": onnx.TensorProto.FLOAT}
        quantize_dynamic(plain, made, weight_type=QuantType.QInt8, per_channel=True, extra_options=options)
        made.replace(to)
    return to
