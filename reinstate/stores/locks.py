"""One turn at a time for each conversation, in the order of arrival."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Protocol

import redis.asyncio
from redis.asyncio.lock import Lock
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import LockNotOwnedError, ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from reinstate.server.settings import SettingsError

logger = logging.getLogger(__name__)

HELD_SECONDS = 60
ANSWER_SECONDS = 3
IDLE_SECONDS = 15


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


class _Lock(Lock):
    """redis-py's lock, which may be asked for again where the answer was lost on the way."""

    async def do_acquire(self, token: bytes) -> bool:
        """Take the lock, or find that it is ours already."""
        return bool(await super().do_acquire(token)) or await self.redis.get(self.name) == token


class RedisLocks:
    """Locks across processes: redis-py's own lock, behind a local queue that keeps the order.

    A connection found dead, or leading to a server that only reads since a fail-over, is opened anew
    once. A server that does not answer is given up after some seconds.
    """

    def __init__(self, url: str) -> None:
        """Connect lazily to the server at `url`.

        Raises:
            SettingsError: if the address holds an option that there is none of.
        """
        network = {} if url.startswith("unix:") else {"socket_keepalive": True}
        try:
            self._client: Any = redis.asyncio.Redis.from_url(
                url,
                socket_connect_timeout=ANSWER_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                health_check_interval=IDLE_SECONDS,
                retry=Retry(ConstantBackoff(0.1), 1),
                retry_on_error=[RedisConnectionError, RedisTimeoutError, ReadOnlyError],
                **network,
            )
            self._client.connection_pool.make_connection()
        except (AttributeError, TypeError, ValueError, RedisError):  # whatever the library stumbles over
            raise SettingsError("REDIS_URL has an option that Redis does not know: correct it") from None
        self._local = LocalLocks()

    @contextlib.asynccontextmanager
    async def hold(self, conversation: str) -> AsyncIterator[None]:
        """See `Locks.hold`; a process that dies frees its locks after `HELD_SECONDS`."""
        lock = _Lock(self._client, f"reinstate:turn:{conversation}", timeout=HELD_SECONDS, sleep=0.02)
        token = uuid.uuid4().hex.encode()
        async with self._local.hold(conversation):
            try:
                await lock.acquire(token=token)
                yield
            finally:
                # Where asking for it failed or was cancelled, it may have been had all the same.
                await self._give_back(lock, token)

    async def _give_back(self, lock: _Lock, token: bytes) -> None:
        """Free a lock. What was done under it stays done, so that a failure is no failed turn."""
        try:
            await lock.do_release(token)
        except LockNotOwnedError:
            pass
        except RedisError as error:
            name = type(error).__name__
            logger.warning("a lock could not be given back and ends by itself soon: %s", name)

    async def check(self) -> None:
        """See `Locks.check`; locking is writing."""
        await self._client.set("reinstate:pulse", 1, ex=HELD_SECONDS)


def locks(redis_url: str | None) -> Locks:
    """Redis locks where an address is set, local ones otherwise."""
    return RedisLocks(redis_url) if redis_url else LocalLocks()
