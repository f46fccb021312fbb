"""Whether a message could be answered and kept now: found out by writing, as a turn does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from reinstate.stores.database import aside

logger = logging.getLogger(__name__)

_REST_SECONDS = 1.0
_ANSWER_SECONDS = 4.0


class Probe:
    """Asks the database and the locks; however many ask it, it asks once a second at most."""

    def __init__(self, store: Callable[[], None], locks: Callable[[], Awaitable[None]]) -> None:
        """Ask nothing yet.

        Args:
            store: writes to the database, in a thread of its own, so that no queue of turns delays it.
            locks: writes to where locks are.
        """
        self._store, self._locks = store, locks
        # Names of hosts are looked up in the loop's own threads, and may take all of them for a minute.
        self._thread = ThreadPoolExecutor(1, "health")
        self._asking: asyncio.Task[None] | None = None
        self._began = float("-inf")
        self._told = ""

    async def well(self) -> bool:
        """Whether both took a write; False where they refuse, or do not answer in time."""
        if self._asking is None or (self._asking.done() and time.monotonic() - self._began > _REST_SECONDS):
            self._began = time.monotonic()
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._asking}, timeout=_ANSWER_SECONDS)
        error = self._asking.exception() if done else asyncio.TimeoutError()
        reason = type(error).__name__ if error else ""
        if reason != self._told:
            self._told = reason
            if error:
                logger.error("no message can be kept: the database or Redis refuses", exc_info=error)
            else:
                logger.warning("messages can be kept again")
        return error is None

    async def _ask(self) -> None:
        await aside(self._thread, self._store)
        await self._locks()
