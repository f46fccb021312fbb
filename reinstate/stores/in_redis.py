"""What processes on several machines share by Redis: locks that keep their order, and rates."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from reinstate.server.settings import SettingsError
from reinstate.stores.locks import LocalLocks

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 3
IDLE_SECONDS = 15
# A process that dies frees its locks after so long; one that lives holds on to them.
HELD_SECONDS = 15
# A waiter that was handed a lock and does not take it, because it died, loses it after so long.
HANDED_SECONDS = 5
# A waiter is woken at once. Where a Redis that starts anew has forgotten it, it asks again after so long.
_ASK_SECONDS = 1

# Whoever asks twice, because the answer was lost on the way, has the lock or the place that it had.
_TAKE = """
local owner = redis.call('get', KEYS[1])
if owner and owner ~= ARGV[1] then
  if not redis.call('lpos', KEYS[2], ARGV[1]) then redis.call('rpush', KEYS[2], ARGV[1]) end
  redis.call('pexpire', KEYS[2], ARGV[2])
  return 0
end
redis.call('lrem', KEYS[2], 0, ARGV[1])
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1
"""
_LEAVE = """
redis.call('lrem', KEYS[2], 0, ARGV[1])
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
local next = redis.call('lpop', KEYS[2])
if not next then return redis.call('del', KEYS[1]) end
redis.call('set', KEYS[1], next, 'px', ARGV[2])
local call = 'reinstate:call:' .. next
redis.call('rpush', call, 1)
redis.call('pexpire', call, ARGV[2])
return 1
"""
_KEEP = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])
"""
# The bucket of `reinstate.channels.rates`, by Redis' clock.
_SPEND = """
local time = redis.call('time')
local now = time[1] + time[2] / 1000000
local full = math.max(tonumber(redis.call('get', KEYS[1]) or 0), now)
local wait = full - now - ARGV[2]
if wait > 0 then return string.format('%.6f', wait) end
full = full + ARGV[1]
redis.call('set', KEYS[1], string.format('%.6f', full), 'px', math.ceil((full - now) * 1000))
return '0'
"""


def connect(url: str) -> Any:
    """A client of the server at `url`; it connects when it is used.

    A connection found dead, or leading to a server that only reads since a fail-over, is opened anew
    once. A server that does not answer is given up after some seconds.

    Raises:
        SettingsError: if the address holds an option that there is none of.
    """
    network = {} if url.startswith("unix:") else {"socket_keepalive": True}
    try:
        client: Any = redis.asyncio.Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            health_check_interval=IDLE_SECONDS,
            retry=Retry(ConstantBackoff(0.1), 1),
            retry_on_error=[RedisConnectionError, RedisTimeoutError, ReadOnlyError],
            **network,
        )
        client.connection_pool.make_connection()
    except (AttributeError, TypeError, ValueError, RedisError):  # whatever the library stumbles over
        raise SettingsError("REDIS_URL has an option that Redis does not know: correct it") from None
    return client


class RedisLocks:
    """Locks across machines: first come, first served, and who is next is woken at once."""

    def __init__(self, client: Any) -> None:
        """Use a client of `connect`."""
        self._client = client
        self._take, self._leave, self._keep = map(client.register_script, (_TAKE, _LEAVE, _KEEP))
        self._local = LocalLocks()

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """See `Locks.hold`; a process that dies frees its locks after `HELD_SECONDS`."""
        keys = [f"reinstate:turn:{name}", f"reinstate:queue:{name}"]
        token = uuid.uuid4().hex
        async with self._local.hold(name):
            try:
                # Who leaves hands the lock on, so that one which is free has no queue.
                taken = await self._client.set(keys[0], token, nx=True, ex=HELD_SECONDS)
                while not (taken or await self._take(keys, [token, HELD_SECONDS * 1000])):
                    await self._client.blpop(f"reinstate:call:{token}", timeout=_ASK_SECONDS)
                keeping = asyncio.create_task(self._hold_on(keys[0], token))
                try:
                    yield
                finally:
                    keeping.cancel()
            finally:
                # Where asking for it failed or was cancelled, it may have been had all the same.
                await self._give_back(keys, token)

    async def _hold_on(self, key: str, token: str) -> None:
        while True:
            await asyncio.sleep(HELD_SECONDS / 3)
            with contextlib.suppress(RedisError):
                await self._keep([key], [token, HELD_SECONDS * 1000])

    async def _give_back(self, keys: list[str], token: str) -> None:
        """Free a lock. What was done under it stays done, so that a failure is no failed turn."""
        try:
            await self._leave(keys, [token, HANDED_SECONDS * 1000])
        except RedisError as error:
            name = type(error).__name__
            logger.warning("a lock could not be given back and ends by itself soon: %s", name)

    async def check(self) -> None:
        """See `Locks.check`; locking is writing."""
        await self._client.set("reinstate:pulse", 1, ex=HELD_SECONDS)


class RedisRate:
    """A limit (`reinstate.channels.rates.Limit`) that all processes on one Redis share."""

    def __init__(self, client: Any, name: str, per_minute: int, burst: int) -> None:
        """Begin with full buckets.

        Args:
            client: of `connect`.
            name: of the limit.
            per_minute: how often in the long run.
            burst: how often at once.
        """
        self._spend = client.register_script(_SPEND)
        self._name, self._interval = name, 60 / per_minute
        self._slack = (burst - 1) * self._interval

    async def take(self, key: str) -> float:
        """Take one token; 0 if there was one, otherwise the seconds until there will be."""
        return float(await self._spend([f"reinstate:rate:{self._name}:{key}"], [self._interval, self._slack]))
