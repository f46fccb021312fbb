"""What the workers of Slack and Telegram share: a job becomes a turn, and its reply goes out in order."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace
from typing import ClassVar, Generic, TypeVar

import sqlalchemy as sa

from reinstate.channels.backlog import Backlog, Entry
from reinstate.channels.gate import Gate, Inbound, Reason, Refused, TurnFailedError
from reinstate.channels.jobs import Job
from reinstate.channels.service import TOLD_SECONDS, Pauses, Told
from reinstate.stores.inbox import Inbox
from reinstate.stores.lines import Line, sources_last

logger = logging.getLogger(__name__)

# The reply does not wait longer until the choice stands in the place of the buttons.
MARK_SECONDS = 3
TRIES = 3
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")
_Job = TypeVar("_Job", bound=Job)


class Turns(abc.ABC, Generic[_Job]):
    """Takes jobs of one door and answers them.

    Attributes:
        door: its name.
        kind: of its jobs.
        failures: what sending raises where it has not arrived.
    """

    door: ClassVar[str]
    kind: type[_Job]
    failures: ClassVar[tuple[type[Exception], ...]]

    def __init__(self, gate: Gate, inbox: Inbox, *, alone: bool) -> None:
        """Start with nothing to do.

        Args:
            gate: where every message passes.
            inbox: what outlives this process.
            alone: whether this is the only process on the database.
        """
        self._gate = gate
        self.backlog = Backlog(inbox, self._do, gate.locks, alone=alone)
        self._pressed: dict[Hashable, str] = {}  # buttons that are worked on, with the press that came first
        self._told = Told()

    @abc.abstractmethod
    async def _send(self, job: _Job, line: Line) -> _Job:
        """Send one line of a reply, for as long as there is hope.

        Returns:
            The job, with the place where the rest of the reply goes.
        """

    @abc.abstractmethod
    async def _apologize(self, job: _Job, words: str) -> None:
        """Say in one try that a reply did not arrive."""

    @abc.abstractmethod
    async def _show_choice(self, job: _Job) -> None:
        """Put the choice in the place of the buttons; what goes wrong is logged."""

    def _job(self, entry: Entry) -> _Job:
        """The job that was kept."""
        return self.kind(**{"id": entry.id, **entry.body, "conversation": entry.conversation})

    def _reason(self, error: Exception) -> str:
        """Why a reply could not be sent, without secrets."""
        return str(error)

    async def _keep(self, key: str, job: _Job) -> bool:
        """Keep a job and work on it later; False where it came before, or its button is being worked on."""
        if job.press in self._pressed:
            return False
        if job.press is not None:
            self._pressed[job.press] = key
        new = await self.backlog.take(key, job.conversation, job.body())
        if not new:
            self._pressed.pop(job.press, None)
        return new

    async def _do(self, entry: Entry) -> None:
        job = self._job(entry)
        press = job.press
        try:
            said = job.say or await self._answer(job, resumed=entry.resumed)
            if isinstance(said, str):
                job, said = replace(job, say=said), [Line("bot", self._gate.words(said))]
            for number, line in enumerate(said[entry.sent :], entry.sent + 1):
                job = await self._send(job, line)
                if number < len(said):  # after the last one it is noted that all is done
                    await self.backlog.count_sent(entry)
        except self.failures as error:
            await self._give_up(job, error)
        finally:
            self._pressed.pop(press, None)

    async def _give_up(self, job: _Job, error: Exception) -> None:
        """Leave out what follows a line that cannot be delivered: it would tell half. Say so, if possible."""
        logger.warning("a reply was kept but could not be sent over %s: %s", self.door, self._reason(error))
        with contextlib.suppress(*self.failures):
            await self._apologize(job, self._gate.words("undelivered"))

    async def _answer(self, job: _Job, *, resumed: bool) -> str | list[Line]:
        """The lines of the reply, or which response of the domain is said in its place."""
        try:
            return await self._turn(job, resumed=resumed)
        except Refused as refused:
            return refused.reason.value if self._is_worth_telling(job, refused) else []
        except (TurnFailedError, sa.exc.SQLAlchemyError):
            return "failed"

    async def _turn(self, job: _Job, *, resumed: bool) -> str | list[Line]:
        """As `_answer`; raises as `Gate.handle`."""
        inbound = Inbound(job.conversation, job.id, self.door, job.text, job.button)
        lines, ran = await self._insist(self._gate.handle, inbound)
        if not (ran or resumed):
            return [] if job.press is None else "unknown_button"
        if job.press is not None:
            marking = self.backlog.spawn(self._show_choice(job))
            await asyncio.wait({marking}, timeout=MARK_SECONDS)
        return sources_last(lines)

    async def _insist(self, ask: Callable[[_Asked], Awaitable[_Answer]], asked: _Asked) -> _Answer:
        """Ask what may fail while a database is replaced, a few times before the person hears of it."""
        pauses = Pauses()
        for _ in range(TRIES - 1):
            try:
                return await ask(asked)
            except (TurnFailedError, sa.exc.SQLAlchemyError):
                await self.backlog.wait(pauses.next())
        return await ask(asked)

    async def _is_new(self, job: _Job) -> bool:
        """Whether nothing was said in the job's conversation."""
        return not await self._insist(self._gate.knows, job.conversation)

    def _is_worth_telling(self, job: _Job, refused: Refused) -> bool:
        """A flood is told once; of a blank message nothing is said."""
        if refused.reason is not Reason.TOO_MANY:
            return refused.reason is not Reason.BLANK
        return self._told.is_news(job.conversation, max(refused.wait, TOLD_SECONDS))
