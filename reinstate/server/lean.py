"""Leaves out of a process that answers what only training needs; imported before all else of Rasa.

TensorFlow is a third of such a process, and rules never compute with it. Rasa imports it in two places: in
helpers of trainable components, a module that here runs once something of it is asked for; and for the
classes that a model's description names of its own training, which is left out of what is read.
Whoever does need TensorFlow still finds it.

Matrices are small: a second thread of the library that multiplies them only waits, at full speed.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_HELPERS = "rasa.utils.train_utils"
_NO_TRAINING: dict[str, Any] = {"nodes": {}}


class _Late(ModuleType):
    """A module that runs once something of it is asked for that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__spec__ is None or self.__spec__.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def import_late(name: str) -> None:
    """Let a module of a package run only once something of it is asked for.

    Args:
        name: of the module; where it was imported before, nothing changes.
    """
    spec = find_spec(name)
    if name in sys.modules or spec is None:
        return
    late = module_from_spec(spec)
    late.__class__ = _Late
    package, _, module = name.rpartition(".")
    sys.modules[name] = late
    setattr(sys.modules[package], module, late)


def leave_training_out() -> None:
    """Read from a model's description how it answers, and not how it was trained."""
    from rasa.engine.storage.storage import ModelMetadata

    read = ModelMetadata.from_dict

    def from_dict(_class: type, stored: dict[str, Any]) -> Any:
        return read({**stored, "train_schema": _NO_TRAINING})

    ModelMetadata.from_dict = classmethod(from_dict)


os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import_late(_HELPERS)
