"""Token buckets: so many messages a minute, with a burst.

A bucket is one number: when it will be full again. Processes that share the numbers share the limits:
those of one machine by memory (`Times`), all by Redis where there is one.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray
from typing import Any, Protocol

from reinstate.server.settings import Settings
from reinstate.stores.in_redis import RedisRate

BURST = 15
SESSIONS_PER_MINUTE = 60
# Keys that share a place share a limit. A place is in use for the seconds until its bucket is full again.
_PLACES = 65_536


class Limit(Protocol):
    """Limits how often something may happen for each key."""

    async def take(self, key: str) -> float:
        """Take one token; 0 if there was one, otherwise the seconds until there will be."""
        ...


class Unlimited:
    """No limit."""

    async def take(self, _key: str) -> float:
        """See `Limit.take`."""
        return 0.0


class Times:
    """When each bucket is full again, in memory that child processes share with their parent.

    Two processes that take from the same bucket within the same microseconds may take one token; of one
    conversation, that cannot be: its turns come one after another.
    """

    def __init__(self) -> None:
        """Every bucket is full."""
        self.at: Any = RawArray("d", _PLACES)
        self._key = secrets.token_bytes(16)  # nobody can choose whose place they share

    def place(self, name: str) -> int:
        """Where the time of a bucket is."""
        digest = hashlib.blake2b(name.encode(), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big") % _PLACES


class Rate:
    """A limit by the times of this machine."""

    def __init__(
        self, times: Times, name: str, per_minute: int, burst: int, clock: Callable[[], float]
    ) -> None:
        """Begin with full buckets.

        Args:
            times: of the buckets.
            name: of the limit.
            per_minute: how often in the long run.
            burst: how often at once.
            clock: seconds, never going back, the same for all processes.
        """
        self._times, self._name, self._clock = times, name, clock
        self._interval = 60 / per_minute
        self._slack = (burst - 1) * self._interval

    async def take(self, key: str) -> float:
        """See `Limit.take`."""
        place, now = self._times.place(f"{self._name}:{key}"), self._clock()
        full = max(self._times.at[place], now)
        wait: float = full - now - self._slack
        if wait > 0:
            return wait
        self._times.at[place] = full + self._interval
        return 0.0


@dataclass(frozen=True)
class Limits:
    """How often what may happen: messages of one person, messages of all, new sessions of one address."""

    person: Limit
    total: Limit
    sessions: Limit


def limits(settings: Settings, times: Times, redis: Any = None) -> Limits:
    """The limits of the settings, kept in Redis where there is a client for it, otherwise in `times`."""

    def limit(name: str, per_minute: int, burst: int) -> Limit:
        if not per_minute:
            return Unlimited()
        if redis:
            return RedisRate(redis, name, per_minute, burst)
        return Rate(times, name, per_minute, burst, time.monotonic)

    total = settings.rate_total_per_minute
    return Limits(
        limit("person", settings.rate_per_minute, BURST),
        limit("total", total, max(1, total // 2)),
        limit("sessions", SESSIONS_PER_MINUTE, SESSIONS_PER_MINUTE),
    )
