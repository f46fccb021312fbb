"""Token buckets: so many messages a minute, with a burst."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

_MOST_KEYS = 50_000


class Rate:
    """Limits how often something may happen for each key.

    Args:
        per_minute: how often in the long run; 0 switches the limit off.
        burst: how often at once.
        clock: seconds, never going back.
    """

    def __init__(self, per_minute: int, burst: int, clock: Callable[[], float]) -> None:
        """Start with every bucket full."""
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token; 0 if there was one, otherwise the seconds until there will be."""
        if not self._per_second:
            return 0.0
        now = self._clock()
        tokens, since = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._per_second
        self._buckets[key] = (tokens - 1 if wait == 0 else tokens, now)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        return wait
