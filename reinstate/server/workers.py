"""Several processes that answer at one address: started, replaced when one dies or on HUP, ended together.

They accept from one listening socket, so whoever is free takes the next connection, and none is lost
with a process that dies before it was accepted. Each has its own share of the cores: a turn goes from
thread to thread, and to one that the system wakes on a core where another process computes, it comes late
(bench/reports/tried.md).
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

logger = logging.getLogger("reinstate")

_REST_SECONDS = 1.0
Work = Callable[[Callable[[], None]], None]


class _Ended(Exception):
    """TERM or INT was received."""


def run(count: int, work: Work, begun: Callable[[], None]) -> int:
    """Run some processes until TERM or INT; the exit code.

    The first one starts alone: where it cannot, that is said once and ends it all. On HUP each is replaced by
    a new one, which reads the model anew; the old one ends once that answers, after its turns.

    Args:
        count: how many.
        work: what each does, until TERM; it calls what it is given once it answers.
        begun: called once the first answers.
    """
    # A fork shares what the imports took, hundreds of megabytes. On macOS, TensorFlow does not survive it.
    context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    told, tell = context.Pipe(duplex=False)
    asked, ask = context.Pipe(duplex=False)
    running: list[Any] = []  # in the order of their cores
    cores = shares(count)

    def start(place: int) -> Any:
        process = context.Process(target=_run, args=(work, tell, cores[place]))
        process.start()
        return process

    def renew() -> None:
        for place, old in enumerate(running):
            new = start(place)
            wait([told, new.sentinel])
            if not told.poll():
                logger.error("a new process cannot start; the old ones go on")
                new.join()
                return
            logger.info("process %s answers", told.recv())
            running[place] = new
            old.terminate()
            old.join()

    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGHUP, lambda *_: ask.send(None))
    try:
        running.append(start(0))
        wait([told, running[0].sentinel])
        if not told.poll():
            running[0].join()
            return running[0].exitcode or 1
        begun()
        running.extend(start(place) for place in range(1, count))
        while True:
            wait([told, asked, *(process.sentinel for process in running)])
            if asked.poll():
                asked.recv()
                renew()
            while told.poll():
                logger.info("process %s answers", told.recv())
            for place, process in enumerate(running):
                if not process.is_alive():
                    logger.error("a process has ended (%s); another takes its place", process.exitcode)
                    time.sleep(_REST_SECONDS)
                    running[place] = start(place)
    except _Ended:
        return 0
    finally:
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        alive = multiprocessing.active_children()  # one that is just to take another's place, too
        for process in alive:
            process.terminate()
        for process in alive:
            process.join()


def watch_parent(loop: Any, stop: Callable[[], None]) -> None:
    """Call `stop` when the process that started this one is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def orphaned() -> None:
        loop.remove_reader(parent.sentinel)
        stop()

    loop.add_reader(parent.sentinel, orphaned)


def shares(count: int) -> list[set[int]]:
    """The cores of each of some processes: equal shares of ours, each core in one where there are enough.

    Empty where the system does not give out cores.
    """
    if count == 1 or not hasattr(os, "sched_getaffinity"):
        return [set() for _ in range(count)]
    ours = sorted(os.sched_getaffinity(0))
    return [set(ours[place::count] or ours[place % len(ours) :][:1]) for place in range(count)]


def _run(work: Work, tell: Connection, cores: set[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for one in (signal.SIGINT, signal.SIGHUP):  # the parent says when to end
        signal.signal(one, signal.SIG_IGN)
    work(lambda: tell.send(os.getpid()))


def _end(*_: object) -> None:
    raise _Ended
