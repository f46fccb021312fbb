"""What the doors to other services share: what counts as their word, patience, and telling the operator.

Only an answer in a service's own shape means what it says. Everything else – a firewall's page, a
proxy's 503, silence – is the network (`Trouble`): tried again in growing pauses, within bounds.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from reinstate.server import addresses
from reinstate.server.settings import SettingsError

logger = logging.getLogger(__name__)

MOST_SECONDS_BETWEEN_TRIES = 60
MOST_SECONDS_BETWEEN_SENDS = 8
# How long a line is tried while nothing gets through; and where others do, so that it is the line.
GIVE_UP_SECONDS = 3600
GIVE_UP_ALONE_SECONDS = 300
# For how long it is not said again that there is too much of somebody, at least.
TOLD_SECONDS = 10.0
_Result = TypeVar("_Result")


class Trouble(Exception):
    """A call did not get through.

    Attributes:
        reason: for the log, without secrets.
        wait: seconds that the service asks for, if it does.
        unclear: whether the service may have done what was asked all the same.
    """

    def __init__(self, reason: str, wait: float | None = None, *, unclear: bool = False) -> None:
        """Say what happened."""
        super().__init__(reason)
        self.reason, self.wait, self.unclear = reason, wait, unclear


class Pauses:
    """Seconds to wait: twice as long each time, up to a bound, from the start again after success."""

    def __init__(self, first: float = 1.0, most: float = MOST_SECONDS_BETWEEN_TRIES) -> None:
        """Begin with `first`."""
        self._first, self._most = first, most
        self.over()

    def over(self) -> None:
        """It worked."""
        self._next = self._first

    def next(self) -> float:
        """The next pause."""
        pause, self._next = self._next, min(self._next * 2, self._most)
        return pause


class Watch:
    """Pauses after failed calls, and a line of the log for each reason, once until it changes."""

    def __init__(self, what: str) -> None:
        """Watch over calls of one kind.

        Args:
            what: the log's sentence, with one `%s` for the reason.
        """
        self._what, self._pauses, self._told = what, Pauses(), ""

    def over(self) -> None:
        """It worked."""
        self._pauses.over()
        self._told = ""

    def wait_after(self, reason: str, complaint: str | None = None, level: int = logging.WARNING) -> float:
        """Seconds until the next try.

        Args:
            reason: of the failure, without secrets.
            complaint: what to say in place of the usual sentence, with one `%s`, too.
            level: how loud.
        """
        if reason != self._told:
            logger.log(level, complaint or self._what, reason)
        self._told = reason
        return self._pauses.next()


class Told:
    """Who was told something a short while ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody was."""
        self._clock = clock
        self._until: dict[str, float] = {}

    def is_news(self, whom: str, seconds: float) -> bool:
        """Whether somebody was not told; from now on, and for so long, they were."""
        now = self._clock()
        self._until = {name: until for name, until in self._until.items() if until > now}
        news = whom not in self._until
        self._until.setdefault(whom, now + seconds)
        return news


class Rarely:
    """A warning that is said at most once a minute, whatever happens."""

    def __init__(self, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing has been said yet."""
        self._seconds, self._told = seconds, Told(clock)

    def warn(self, text: str, *values: object) -> None:
        """Say it, unless something was said just before."""
        if self._told.is_news("", self._seconds):
            logger.warning(text, *values)


class Courier:
    """Brings a service what it should take, in order, for as long as there is hope."""

    def __init__(
        self,
        wait: Callable[[float], Awaitable[None]],
        alive: Callable[[], Awaitable[object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing has been taken yet.

        Args:
            wait: lets seconds pass; it raises where there is no time left.
            alive: a call that changes nothing, to find out whether the service answers.
            clock: seconds, never going back.
        """
        self._wait, self._alive, self._clock = wait, alive, clock
        self._taken = float("-inf")

    async def deliver(
        self, call: Callable[[], Awaitable[_Result]], patience: float = GIVE_UP_SECONDS
    ) -> _Result | None:
        """Call until the service takes it; None where it probably did and only did not say so.

        A call that was made and never acknowledged, by a service that answers, is not made again:
        it has arrived. By a service that does not answer, it has not.

        Raises:
            Trouble: if it did not get through in time.
        """
        pauses = Pauses(0.5, MOST_SECONDS_BETWEEN_SENDS)
        began = self._clock()
        while True:
            try:
                result = await call()
            except Trouble as trouble:
                if trouble.unclear and await self._answers():
                    return None
                if trouble.wait is None and self._taken > began:
                    patience = min(patience, GIVE_UP_ALONE_SECONDS)
                pause = max(pauses.next() * random.uniform(1, 1.2), trouble.wait or 0)
                if self._clock() - began + pause > patience:
                    raise
                await self._wait(pause)
            else:
                self._taken = self._clock()
                return result

    async def _answers(self) -> bool:
        try:
            await self._alive()
        except Trouble:
            return False
        return True


class Background:
    """What a door does beside its requests."""

    def __init__(self, door: str) -> None:
        """Do nothing yet."""
        self._door = door
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do some work; where it fails in a way that nobody thought of, begin it anew after a while."""
        self._tasks.append(asyncio.create_task(self._persist(work)))

    async def stop(self) -> None:
        """Stop it all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _persist(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        pauses = Pauses()
        while True:
            try:
                return await work()
            except Exception:
                logger.exception("the %s door fails at something; it begins anew", self._door)
                await asyncio.sleep(pauses.next())


def proxy_for(address: str) -> str | None:
    """The proxy that the environment names for an address, if any.

    Raises:
        SettingsError: if it cannot be used.
    """
    parts, proxies = urlsplit(address), getproxies()
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    name = scheme if scheme in proxies else "all"
    if name not in proxies or proxy_bypass(parts.netloc):
        return None
    try:
        return addresses.proxy(proxies[name])
    except ValueError as error:
        raise SettingsError(f"{name.upper()}_PROXY {error}") from None
