"""Where threads run: a moment's work for which another thread waits is done on that one's core.

A turn waits twice for a thread that asks the database for a moment. The system wakes that on an idle core,
which has to wake up itself, and the turn goes on late (bench/reports/tried.md).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")
_ANY = -1
_kept = threading.local()


def _found() -> Callable[[], int] | None:
    """What tells the core of a thread, where the system has several and lets threads choose."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) == 1:
        return None
    found: Callable[[], int] | None = getattr(ctypes.CDLL(None), "sched_getcpu", None)
    return found


_core = _found()


def here() -> int:
    """The core of this thread; one that stands for any where that is not to be known."""
    return _core() if _core else _ANY


def run_on(core: int, work: Callable[..., _Result], *arguments: object) -> _Result:
    """Run work in this thread, which stays on a core until it is told another one."""
    if core not in (_ANY, getattr(_kept, "core", _ANY)):
        with contextlib.suppress(OSError):  # a container may forbid it
            os.sched_setaffinity(0, {core})
            _kept.core = core
    return work(*arguments)
