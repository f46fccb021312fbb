"""Works on what Telegram's updates ask for: runs the turn, shows the choice, sends the reply."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace

import sqlalchemy as sa
from telegram import CallbackQuery
from telegram.error import ChatMigrated, Forbidden, TelegramError

from reinstate.channels.backlog import Backlog, Entry
from reinstate.channels.gate import Gate, Inbound, Reason, Refused, TurnFailedError
from reinstate.channels.service import TOLD_SECONDS, Told, Trouble
from reinstate.channels.telegram_api import Api
from reinstate.channels.telegram_text import ANONYMOUS, Job
from reinstate.server.settings import Settings
from reinstate.stores.inbox import Inbox
from reinstate.stores.lines import Line

logger = logging.getLogger(__name__)

MOST_WAITING = 2000
ANSWER_SECONDS = 1
MARK_SECONDS = 3
REMOTE_TURNS_AT_ONCE = 8
BREATH_SECONDS = 0.005
_TOLD_NOBODY_SECONDS = 3600.0

_Button = tuple[int, int | None, str | None]


@dataclass(frozen=True)
class _Press:
    """A press of a button while it is worked on, and the call that answers it."""

    query: CallbackQuery
    answer: asyncio.Task[object]


class Turns:
    """Takes jobs and answers them."""

    def __init__(self, gate: Gate, api: Api, settings: Settings) -> None:
        """Start with nothing to do.

        Args:
            gate: where every message passes.
            api: where replies go.
            settings: say whether other processes are on the database, and where actions run.
        """
        self._gate, self._api = gate, api
        inbox = Inbox(gate.store.database, f"telegram-{api.id}")
        self.backlog = Backlog(inbox, self._do, gate.locks, alone=settings.alone)
        api.wait = self.backlog.wait
        self._presses: dict[str, _Press] = {}
        self._pressed: set[_Button] = set()
        self._told = Told()
        self._chats: dict[int, int] = {}
        self._bot_name = ""
        # A turn does not let go of the event loop unless its actions run elsewhere. One at a time,
        # with a breath between two, updates are acknowledged while many conversations are busy.
        self._room = asyncio.Semaphore(REMOTE_TURNS_AT_ONCE if settings.action_server_url else 1)

    @property
    def full(self) -> bool:
        """Whether more would only wait; Telegram keeps what it cannot deliver."""
        return len(self.backlog) >= MOST_WAITING

    def name(self, bot_name: str) -> None:
        """The bot's name, for the way from a group to a private chat."""
        self._bot_name = bot_name

    async def move(self, old: int, new: int) -> None:
        """Follow a group to its new id: its members' conversations go on there.

        Raises:
            SQLAlchemyError: if the database cannot be used now.
        """
        if old != new:
            store = self._gate.store
            await store.database.aside(store.move, f"telegram-{old}-", f"telegram-{new}-")
            self._chats[old] = new

    async def take(self, id: str, job: Job | None, query: CallbackQuery | None, toast: str | None) -> None:
        """Keep an update and work on it, unless it came before; a double tap counts once.

        Args:
            id: of the update.
            job: what it asks for, if anything.
            query: the press of a button to answer, if it is one.
            toast: what to answer the press with, if anything.
        """
        button = _button(job) if job and query else None
        if job is None or (button and button in self._pressed):
            new, job, button = await self.backlog.take_id(id), None, None
        else:
            if button:
                self._pressed.add(button)
            new = await self.backlog.take(id, job.conversation, job.body())
        if not new:
            if button:
                self._pressed.discard(button)
            return
        if query:
            answer = self.backlog.spawn(self._api.answer(query, toast))
            if job:
                self._presses[id] = _Press(query, answer)
        if job and not job.say:
            self.backlog.spawn(self._api.show_typing(job))

    async def _do(self, entry: Entry) -> None:
        job = self._where_it_is(Job(id=entry.id, conversation=entry.conversation, **entry.body))
        press = self._presses.pop(entry.id, None)
        try:
            if press:
                await asyncio.wait({press.answer}, timeout=ANSWER_SECONDS)
            if job.conversation.endswith(ANONYMOUS) and not self._told.is_news(
                job.conversation, _TOLD_NOBODY_SECONDS
            ):
                lines = []
            elif job.say:
                lines = [Line("bot", self._gate.words(job.say))]
            else:
                lines = await self._turn(job, press.query if press else None)
            await self._send(job, entry, lines)
        finally:
            self._pressed.discard(_button(job))

    async def _turn(self, job: Job, query: CallbackQuery | None) -> list[Line]:
        """The lines of the reply."""
        inbound = Inbound(job.conversation, job.id, "telegram", job.text, job.button)
        try:
            async with self._room:
                await asyncio.sleep(BREATH_SECONDS)
                self.backlog.check()
                new = job.owner is not None and not await self._gate.knows(job.conversation)
                lines, _ = await self._gate.reply_to(inbound)
        except Refused as refused:
            return self._refusal(job, refused)
        except (TurnFailedError, sa.exc.SQLAlchemyError):
            return [Line("bot", self._gate.words("failed"))]
        if job.keyboard is not None:
            closing = self.backlog.spawn(self._api.close_keyboard(job, query))
            await asyncio.wait({closing}, timeout=MARK_SECONDS)
        if new:
            words = self._gate.words("telegram_group").format(name=self._bot_name)
            lines.append(Line("bot", words))
        return lines

    def _refusal(self, job: Job, refused: Refused) -> list[Line]:
        """What to say to a message that does not pass; a flood is told once."""
        if refused.reason is Reason.BLANK:
            return []
        if refused.reason is Reason.TOO_MANY and not self._told.is_news(
            job.conversation, max(refused.wait, TOLD_SECONDS)
        ):
            return []
        return [Line("bot", self._gate.words(refused.reason.value))]

    def _where_it_is(self, job: Job) -> Job:
        """The job, in the chat that its group has become."""
        new = self._chats.get(job.chat)
        if new is None:
            return job
        conversation = job.conversation.replace(f"telegram-{job.chat}-", f"telegram-{new}-", 1)
        return replace(job, chat=new, conversation=conversation)

    async def _send(self, job: Job, entry: Entry, lines: list[Line]) -> None:
        """Send what was not sent before; what cannot be sent stays in the conversation.

        The lines after one that cannot be delivered are not: they would tell half of it.
        """
        for line in lines[entry.sent :]:
            try:
                try:
                    job = await self._api.send(job, line)
                except ChatMigrated as moved:
                    await self.move(job.chat, moved.new_chat_id)
                    job = await self._api.send(self._where_it_is(job), line)
            except Forbidden:
                logger.info("a reply was kept but not sent: the person has blocked the bot")
                return
            except (TelegramError, Trouble) as error:
                reason = self._api.reason(error)
                logger.warning("a reply was kept but could not be sent over telegram: %s", reason)
                await self._apologize(job)
                return
            await self.backlog.count_sent(entry)

    async def _apologize(self, job: Job) -> None:
        """Say that a reply did not arrive, if that much gets through."""
        with contextlib.suppress(TelegramError, Trouble):
            words = self._gate.words("undelivered")
            await self._api.call(lambda: self._api.bot.send_message(job.chat, words))


def _button(job: Job) -> _Button:
    """What a second tap on the same button has in common with the first."""
    return (job.chat, job.keyboard, job.button)
