"""Works on what Telegram's updates ask for: shows the choice, sends the reply, follows groups."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from telegram import CallbackQuery
from telegram.error import ChatMigrated, Forbidden, TelegramError

from reinstate.channels.backlog import Entry
from reinstate.channels.gate import Gate
from reinstate.channels.service import Trouble
from reinstate.channels.telegram_api import Api
from reinstate.channels.telegram_text import ANONYMOUS, TelegramJob
from reinstate.channels.turns import Turns
from reinstate.server.settings import Settings
from reinstate.stores.inbox import Inbox
from reinstate.stores.lines import Line

logger = logging.getLogger(__name__)

MOST_WAITING = 2000
ANSWER_SECONDS = 1
_TOLD_NOBODY_SECONDS = 3600.0


@dataclass(frozen=True)
class _Press:
    """A press of a button while it is worked on, and the call that answers it."""

    query: CallbackQuery
    answer: asyncio.Task[object]


class TelegramTurns(Turns[TelegramJob]):
    """Takes jobs and answers them."""

    door = "telegram"
    kind = TelegramJob
    failures = (TelegramError, Trouble)

    def __init__(self, gate: Gate, api: Api, settings: Settings) -> None:
        """As `Turns`; replies go to `api`, and settings say whether other processes are on the database."""
        super().__init__(gate, Inbox(gate.store.database, f"telegram-{api.id}"), alone=settings.alone)
        self._api = api
        api.wait = self.backlog.wait
        self._presses: dict[str, _Press] = {}
        self._chats: dict[int, int] = {}
        self._bot_name = ""

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

    async def take(
        self, id: str, job: TelegramJob | None, query: CallbackQuery | None, toast: str | None
    ) -> None:
        """Keep an update and work on it, unless it came before; a double tap counts once.

        Args:
            id: of the update.
            job: what it asks for, if anything.
            query: the press of a button to answer, if it is one.
            toast: what to answer the press with, if anything.
        """
        job = job and self._where_it_is(job)
        if job and self._pressed.get(job.press) == id:
            return  # the same update once more, before the first is kept: its id must stay free
        if job and (job.press in self._pressed or self._was_told(job)):
            job = None
        if not await (self._keep(id, job) if job else self.backlog.take_id(id)):
            return
        if query:
            answer = self.backlog.spawn(self._api.answer(query, toast))
            if job:
                self._presses[id] = _Press(query, answer)
        if job and not job.say:
            self.backlog.spawn(self._api.show_typing(job))

    def _was_told(self, job: TelegramJob) -> bool:
        """Whether the anonymous ones of a group had their word a while ago."""
        nobody = job.conversation.endswith(ANONYMOUS)
        return nobody and not self._told.is_news(job.conversation, _TOLD_NOBODY_SECONDS)

    def _job(self, entry: Entry) -> TelegramJob:
        return self._where_it_is(super()._job(entry))

    def _where_it_is(self, job: TelegramJob) -> TelegramJob:
        """The job, in the chat that its group has become."""
        new = self._chats.get(job.chat)
        if new is None:
            return job
        conversation = job.conversation.replace(f"telegram-{job.chat}-", f"telegram-{new}-", 1)
        return replace(job, chat=new, conversation=conversation)

    async def _do(self, entry: Entry) -> None:
        try:
            await super()._do(entry)
        finally:
            self._presses.pop(entry.id, None)

    def _reason(self, error: Exception) -> str:
        return self._api.reason(error)

    async def _turn(self, job: TelegramJob, *, resumed: bool) -> str | list[Line]:
        if press := self._presses.get(job.id):
            await asyncio.wait({press.answer}, timeout=ANSWER_SECONDS)
        new = job.owner is not None and await self._is_new(job)
        said = await super()._turn(job, resumed=resumed)
        if new and not isinstance(said, str):
            words = self._gate.words("telegram_group").format(name=self._bot_name)
            return [*said, Line("bot", words)]
        return said

    async def _show_choice(self, job: TelegramJob) -> None:
        press = self._presses.get(job.id)
        await self._api.close_keyboard(job, press.query if press else None)

    async def _send(self, job: TelegramJob, line: Line) -> TelegramJob:
        try:
            return await self._api.send(job, line)
        except ChatMigrated as moved:
            await self.move(job.chat, moved.new_chat_id)
            return await self._api.send(self._where_it_is(job), line)

    async def _give_up(self, job: TelegramJob, error: Exception) -> None:
        if isinstance(error, Forbidden):
            logger.info("a reply was kept but not sent: the person has blocked the bot")
        else:
            await super()._give_up(job, error)

    async def _apologize(self, job: TelegramJob, words: str) -> None:
        await self._api.call(lambda: self._api.bot.send_message(job.chat, words))
