"""Works on what a door has acknowledged: kept in the inbox first, then in order, in background.

The entries of one conversation are worked on one after another in the order of arrival, those of
different conversations side by side, also where several processes work for one door. What is not
finished when the process ends, or dies, is finished by the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from reinstate.stores.inbox import LEASE_SECONDS, Inbox, Turn
from reinstate.stores.locks import LocalLocks, Locks

logger = logging.getLogger(__name__)

STOP_SECONDS = 6
LINE_SECONDS = 3
_PAUSE_SECONDS = 0.1
_MOST_REMEMBERED = 10_000
_PRUNE_EVERY = 100
# Well before another process could have taken an entry over.
_FIRST_SECONDS = LEASE_SECONDS / 3


class ClosingError(Exception):
    """The process ends before an entry is finished; what is left of it is for the next one."""


@dataclass
class Entry:
    """Something to work on.

    Attributes:
        id: by which repetitions are known.
        conversation: within which order is kept.
        body: what to do, as JSON can hold it.
        sent: how many lines of the reply have gone out.
        resumed: whether another process has begun with it.
        worked: whether it was worked on, and only that has still to be noted.
        first_until: until when, by this process's clock, it is known that nothing comes before it.
    """

    id: str
    conversation: str
    body: dict[str, Any]
    sent: int = 0
    resumed: bool = False
    worked: bool = False
    first_until: float = 0.0


class Backlog:
    """What is left to do for one door in one process."""

    def __init__(
        self, inbox: Inbox, work: Callable[[Entry], Awaitable[None]], locks: Locks, *, alone: bool
    ) -> None:
        """Start with nothing to do.

        Args:
            inbox: keeps entries until they are done.
            work: does one entry.
            locks: keep processes apart that work on entries of one conversation.
            alone: whether this is the only process on the database.
        """
        self._inbox, self._work, self._locks, self._alone = inbox, work, locks, alone
        self._queues: dict[str, deque[Entry]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._unkept: dict[str, None] = {}
        self._taking = LocalLocks()
        self._stopping = False
        self.closing = asyncio.Event()

    def __len__(self) -> int:
        """How many entries wait or are worked on."""
        return sum(map(len, self._queues.values()))

    async def take(self, id: str, conversation: str, body: dict[str, Any]) -> bool:
        """Keep an entry and work on it later; False where its id was taken before."""
        async with self._taking.hold(conversation):  # one by one, so that they are queued as they came
            turn = await self._keep(id, conversation, json.dumps(body))
            if turn and not self._stopping:
                first = time.monotonic() + _FIRST_SECONDS if turn is Turn.NOW else 0.0
                self._enqueue(Entry(id, conversation, body, first_until=first))
        return turn is not None

    async def take_id(self, id: str) -> bool:
        """Keep only an id, of something that asks for no work; False where it was taken before."""
        return await self._keep(id, "", "") is not None

    def spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        """Do something in the background that `stop` waits for."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        return task

    async def count_sent(self, entry: Entry) -> None:
        """Note that one more line of the reply went out, and that others follow.

        Raises:
            ClosingError: if the process ends, so that no further line is begun.
        """
        entry.sent += 1
        await self._note(self._inbox.count_sent, entry)
        self.check()

    def check(self) -> None:
        """Raise `ClosingError` if the process ends; to be called before what cannot be repeated."""
        if self.closing.is_set():
            raise ClosingError

    async def wait(self, seconds: float) -> None:
        """Sleep.

        Raises:
            ClosingError: if the process ends meanwhile.
        """
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.closing.wait(), seconds)
        self.check()

    async def resume(self) -> None:
        """Go on with what a process before this one, or one that died, has left."""
        try:
            for left in await self._inbox.claim(alone=self._alone):
                body = json.loads(left.body)
                self._enqueue(Entry(left.id, left.conversation, body, left.sent, resumed=True))
        except sa.exc.SQLAlchemyError:
            logger.exception("the inbox cannot be read")

    async def keep(self) -> None:
        """Hold what is in work and take over what others left, until cancelled."""
        rounds = 0
        while True:
            try:
                if rounds % _PRUNE_EVERY == 0:
                    await self._inbox.prune()
                await self._inbox.renew()
            except sa.exc.SQLAlchemyError:
                logger.exception("the inbox cannot be written")
            await asyncio.sleep(LEASE_SECONDS / 4)
            rounds += 1
            if not self._alone:
                await self.resume()

    async def stop(self) -> None:
        """Finish what can be finished soon; the rest is left in the inbox.

        A line that is on its way is waited for, so that the next process does not send it again.
        """
        self._stopping = True
        late = self._tasks
        for seconds in (STOP_SECONDS, LINE_SECONDS):
            if late:
                _, late = await asyncio.wait(late, timeout=seconds)
            self.closing.set()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        try:
            await self._inbox.release()
        except sa.exc.SQLAlchemyError:
            logger.exception("unanswered messages wait until their lease ends")

    def _end(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, ClosingError):
            logger.error("something in the background failed", exc_info=error)

    async def _keep(self, id: str, conversation: str, text: str) -> Turn | None:
        try:
            return None if id in self._unkept else await self._inbox.take(id, conversation, text)
        except sa.exc.SQLAlchemyError:
            # Its turn will fail at the gate, and the person is told.
            logger.exception("a message could not be kept before its turn")
            return Turn.NOW if self._remember(id) else None

    def _remember(self, id: str) -> bool:
        if id in self._unkept:
            return False
        self._unkept[id] = None
        if len(self._unkept) > _MOST_REMEMBERED:
            del self._unkept[next(iter(self._unkept))]
        return True

    def _enqueue(self, entry: Entry) -> None:
        if entry.conversation in self._queues:
            self._queues[entry.conversation].append(entry)
        else:
            self._queues[entry.conversation] = deque([entry])
            self.spawn(self._run(entry.conversation))

    async def _run(self, conversation: str) -> None:
        queue = self._queues[conversation]
        try:
            while queue and not self.closing.is_set():
                if await self._settle(queue[0]):
                    queue.popleft()
                else:
                    # What an earlier one waits for may stand behind it here, taken over from another process.
                    queue.rotate(-1)
                    await self.wait(_PAUSE_SECONDS)
        except ClosingError:
            pass
        finally:
            del self._queues[conversation]

    async def _settle(self, entry: Entry) -> bool:
        """Work on an entry if it is its turn; whether nothing is left to do about it."""
        async with self._in_order(entry.conversation):
            turn = await self._turn_of(entry)
            if turn is Turn.NOW and not entry.worked:
                try:
                    await self._work(entry)
                except ClosingError:
                    raise
                except Exception:
                    logger.exception("a message could not be worked on")
                entry.worked = True
            if turn is Turn.NOW:
                return await self._note(self._inbox.done, entry) or self._alone
        return turn is Turn.TAKEN

    async def _turn_of(self, entry: Entry) -> Turn:
        if self._alone or entry.id in self._unkept or time.monotonic() < entry.first_until:
            return Turn.NOW
        try:
            return await self._inbox.turn_of(entry.id)
        except sa.exc.SQLAlchemyError as error:
            logger.warning("an entry is worked on without knowing its place: %s", type(error).__name__)
            return Turn.NOW

    @contextlib.asynccontextmanager
    async def _in_order(self, conversation: str) -> AsyncIterator[None]:
        """Wait until other processes are done with earlier entries; where none can tell, go on.

        What stands in the way of this lock stands in that of the turn, and the person is told.
        """
        async with contextlib.AsyncExitStack() as held:
            try:
                await held.enter_async_context(self._locks.hold(f"reply:{conversation}"))
            except Exception as error:
                logger.warning("an entry is worked on without its lock: %s", type(error).__name__)
            yield

    async def _note(self, what: Callable[[str], Awaitable[None]], entry: Entry) -> bool:
        """Note progress; whether it could be. Without it a restart would only repeat."""
        try:
            await what(entry.id)
        except sa.exc.SQLAlchemyError as error:
            logger.warning("progress could not be noted: %s", type(error).__name__)
            return False
        return True
