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
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

# How often a lock on a file that another process has is asked for.
_PAUSE_SECONDS = 0.01


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

    def waited_for(self, name: str) -> bool:
        """Whether anybody waits for what is held."""
        return self._waiting[name] > 1

    async def check(self) -> None:
        """See `Locks.check`; nothing can stand in the way of these."""


class FileLocks:
    """Locks across processes of one machine, on bytes of a file; a process that dies frees its own.

    Within a process the order of arrival is kept. Between processes it is nearly kept: who waits asks
    again every few milliseconds, and a process lets others go first before it takes the same lock anew.
    """

    def __init__(self, file: Path) -> None:
        """Open a file, which is made where there is none and stays empty."""
        # These locks belong to the process and end when it closes the file anywhere: it is opened once.
        self._file = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._local = LocalLocks()

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """See `Locks.hold`."""
        place = key_of(name) >> 2  # an offset within what files can have
        async with self._local.hold(name):
            while not self._take(place):
                await asyncio.sleep(_PAUSE_SECONDS)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
                if self._local.waited_for(name):
                    await asyncio.sleep(2 * _PAUSE_SECONDS)

    def _take(self, place: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except BlockingIOError:
            return False
        return True

    async def check(self) -> None:
        """See `Locks.check`; nothing can stand in the way of these."""


def key_of(name: str) -> int:
    """A number below 2^63 that stands for a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1
