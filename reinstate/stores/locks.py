"""One turn at a time for each conversation, in the order of arrival."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Protocol

HELD_SECONDS = 60


class Locks(Protocol):
    """Lets one turn of a conversation run at a time."""

    def hold(self, conversation: str) -> contextlib.AbstractAsyncContextManager[None]:
        """Wait for the turn's place in the queue and keep others out meanwhile."""
        ...

    async def check(self) -> None:
        """Do nothing where locks can be had; raise whatever stands in the way."""
        ...


class LocalLocks:
    """Locks of one process; waiters are served first come, first served."""

    def __init__(self) -> None:
        """Start with no conversation held."""
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def hold(self, conversation: str) -> AsyncIterator[None]:
        """See `Locks.hold`."""
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        self._waiting[conversation] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[conversation] -= 1
            if not self._waiting[conversation]:
                del self._waiting[conversation]
                del self._locks[conversation]

    async def check(self) -> None:
        """See `Locks.check`; nothing can stand in the way of these."""


class RedisLocks:
    """Locks across processes: redis-py's own lock, behind a local queue that keeps the order."""

    def __init__(self, url: str) -> None:
        """Connect lazily to the server at `url`."""
        import redis.asyncio

        self._client: Any = redis.asyncio.Redis.from_url(url)
        self._local = LocalLocks()

    @contextlib.asynccontextmanager
    async def hold(self, conversation: str) -> AsyncIterator[None]:
        """See `Locks.hold`; a process that dies frees its locks after `HELD_SECONDS`."""
        lock = self._client.lock(f"reinstate:turn:{conversation}", timeout=HELD_SECONDS, sleep=0.02)
        async with self._local.hold(conversation), lock:
            yield

    async def check(self) -> None:
        """See `Locks.check`."""
        await self._client.ping()


def locks(redis_url: str | None) -> Locks:
    """Redis locks where an address is set, local ones otherwise."""
    return RedisLocks(redis_url) if redis_url else LocalLocks()
