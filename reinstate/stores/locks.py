"""One turn at a time for each conversation, in the order of arrival.

Where the lock is depends on who shares the conversations: processes of one machine on one SQLite file
lock a file beside it; several machines lock in PostgreSQL, or in Redis (`in_postgres`, `in_redis`).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

# How often a lock on a file that another process has is asked for.
_PAUSE_SECONDS = 0.01
# A file has 2^63 bytes: 2^22 stretches, each with room for four years in ticks of an eighth of a millisecond.
_TIME_BITS, _TICK_BITS = 40, 17


class Locks(Protocol):
    """Lets one turn of a conversation run at a time."""

    def hold(self, name: str) -> contextlib.AbstractAsyncContextManager[None]:
        """Wait for one's place in the queue and keep others out meanwhile.

        Args:
            name: of what is held, such as a conversation.
        """
        ...

    async def check(self) -> None:
        """Do nothing where locks can be had; raise whatever stands in the way."""
        ...


class LocalLocks:
    """Locks of one process; waiters are served first come, first served."""

    def __init__(self) -> None:
        """Start with nothing held."""
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """See `Locks.hold`."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._waiting[name] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name]
                del self._locks[name]

    async def check(self) -> None:
        """See `Locks.check`; nothing can stand in the way of these."""


class FileLocks:
    """Locks across processes of one machine, on bytes of a file; a process that dies frees its own.

    Each name has a stretch of the file. Who comes takes the byte that their time of arrival points at,
    and has their turn once all bytes before it can be had too: whoever came earlier is then done.
    """

    def __init__(self, file: Path) -> None:
        """Open a file, which is made where there is none and stays empty."""
        # These locks belong to the process and end when it closes the file anywhere: it is opened once.
        self._file = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._local = LocalLocks()
        self._latest = 0

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """See `Locks.hold`."""
        start = (key_of(name) >> _TIME_BITS + 1) << _TIME_BITS
        first = place = self._queue(start)
        try:
            async with self._local.hold(name):
                while not self._take(start, place - start + 1):
                    await asyncio.sleep(_PAUSE_SECONDS)
                first = start
                yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, place - first + 1, first)

    def _queue(self, start: int) -> int:
        """A place in the queue that nobody else has, behind all who have one."""
        while True:
            self._latest = max(self._latest + 1, time.monotonic_ns() >> _TICK_BITS)
            place = start + self._latest % (1 << _TIME_BITS)
            if self._take(place, 1):
                return place

    def _take(self, start: int, length: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
        except BlockingIOError:
            return False
        return True

    async def check(self) -> None:
        """See `Locks.check`; nothing can stand in the way of these."""


def key_of(name: str) -> int:
    """A number below 2^63 that stands for a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1
