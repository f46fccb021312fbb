"""Calls of the Bot API that wait where Telegram says so, and replies cut to what it takes."""

from __future__ import annotations

import asyncio
import datetime
import logging
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
from telegram import (
    Bot,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning, PTBUserWarning

from reinstate.channels.telegram_text import (
    LONGEST_MESSAGE,
    Job,
    Piece,
    chosen,
    keyboard,
    pieces,
    units,
)
from reinstate.server.settings import Secret
from reinstate.stores.lines import Line

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 300
POLL_SECONDS = 25
_TRIES = 6
_READ_SECONDS = 20
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_CHOSEN = "{}\n\n▸ {}"
_Result = TypeVar("_Result")

# How it gives the seconds of a 429 is said to change, and both ways are read here; updates are
# asked for as they came, so that one of an unknown shape cannot hold up the others.
warnings.filterwarnings("ignore", category=PTBDeprecationWarning, message=".*retry_after.*")
warnings.filterwarnings("ignore", category=PTBUserWarning, message="Please use 'Bot.get_updates'")


class Api:
    """One bot account."""

    def __init__(
        self, token: Secret, root: str, wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Speak for a token to the Bot API at `root`.

        Args:
            token: of the bot.
            root: address, without `/bot`.
            wait: how to let seconds pass; it may raise where there is no time left.
        """
        self._token, self.wait = token, wait
        self._requests = (
            HTTPXRequest(1, read_timeout=_READ_SECONDS, connect_timeout=10),
            HTTPXRequest(64, read_timeout=_READ_SECONDS, connect_timeout=10, pool_timeout=60),
        )
        polling, others = self._requests
        self.bot = Bot(token.reveal(), f"{root}/bot", request=others, get_updates_request=polling)

    @property
    def id(self) -> int | None:
        """The account's id, which its token begins with."""
        number = self._token.reveal().partition(":")[0]
        return int(number) if number.isascii() and number.isdecimal() else None

    async def open(self) -> None:
        """Make ready to call."""
        for request in self._requests:
            await request.initialize()

    async def close(self) -> None:
        """Close all connections."""
        for request in self._requests:
            await request.shutdown()

    def reason(self, error: Exception) -> str:
        """Why a call failed, without the token."""
        return f"{type(error).__name__}: {error}".replace(self._token.reveal(), "…")

    async def updates(self, offset: int | None, kinds: list[str]) -> list[Any]:
        """Wait for updates from `offset` on, which confirms those before it; as they came."""
        asked = {"timeout": POLL_SECONDS, "allowed_updates": kinds}
        return list(
            await self.bot.do_api_request(
                "get_updates",
                api_kwargs=asked if offset is None else {**asked, "offset": offset},
                read_timeout=POLL_SECONDS + _READ_SECONDS,
            )
        )

    async def call(self, method: Callable[[], Awaitable[_Result]]) -> _Result:
        """Call until it succeeds: 429 is waited out, a broken line tried again.

        A reply that was sent but not acknowledged in time is not sent again: it may have arrived.

        Raises:
            TelegramError: if Telegram refuses it or stays out of reach.
        """
        waited, broken = 0.0, 0
        while True:
            try:
                return await method()
            except RetryAfter as error:
                wait = _seconds(error.retry_after)
                if waited + wait > LONGEST_WAIT_SECONDS:
                    raise
            except NetworkError as error:
                if isinstance(error, BadRequest) or _may_have_arrived(error) or broken == _TRIES:
                    raise
                wait = 0.5 * 2**broken
                broken += 1
            waited += wait
            await self.wait(wait)

    async def send(self, job: Job, line: Line) -> None:
        """Send one line of a reply, in parts if it is long, its buttons under the last.

        Raises:
            TelegramError: if it cannot be sent; Forbidden where the person has blocked the bot.
        """
        rows = keyboard(line.buttons, job.owner)
        if len(rows) < len(line.buttons):
            logger.error("a button was left out: its payload is longer than Telegram takes")
        found = pieces(line)
        markup = InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=d)] for t, d in rows])
        for number, piece in enumerate(found, 1):
            await self._send_piece(job, piece, markup if rows and number == len(found) else None)

    async def _send_piece(self, job: Job, piece: Piece, markup: InlineKeyboardMarkup | None) -> None:
        reply = None
        if job.reply_to:
            reply = ReplyParameters(job.reply_to, allow_sending_without_reply=True)
        chat, text = job.chat, piece.html
        mode: str | None = ParseMode.HTML

        def message() -> Awaitable[Message]:
            return self.bot.send_message(
                chat,
                text,
                parse_mode=mode,
                reply_markup=markup,
                reply_parameters=reply,
                message_thread_id=job.thread,
                link_preview_options=_NO_PREVIEW,
            )

        try:
            await self.call(message)
        except ChatMigrated as moved:
            chat = moved.new_chat_id
            await self.call(message)
        except BadRequest as error:
            if "parse" not in str(error).casefold():
                raise
            logger.warning("a reply goes out plain, its formatting was refused: %s", error)
            text, mode = piece.plain, None
            await self.call(message)

    async def show_typing(self, job: Job) -> None:
        """Show that a reply is being written; nothing depends on it."""
        try:
            await self.bot.send_chat_action(job.chat, ChatAction.TYPING, message_thread_id=job.thread)
        except TelegramError as error:
            logger.debug("typing could not be shown: %s", self.reason(error))

    async def answer(self, query: CallbackQuery, words: str | None) -> None:
        """Take the waiting mark from a pressed button, with a word if there is one."""
        try:
            await self.call(lambda: self.bot.answer_callback_query(query.id, words))
        except TelegramError as error:
            logger.info("a press of a button could not be answered: %s", self.reason(error))

    async def close_keyboard(self, job: Job, query: CallbackQuery | None) -> None:
        """Replace the buttons of a message by the choice that was made."""
        try:
            if not (query and await self._show_choice(query)):
                await self.call(
                    lambda: self.bot.edit_message_reply_markup(job.chat, job.keyboard, reply_markup=None)
                )
        except TelegramError as error:
            level = logging.DEBUG if isinstance(error, BadRequest | Forbidden) else logging.WARNING
            logger.log(level, "a pressed button could not be taken away: %s", self.reason(error))

    async def _show_choice(self, query: CallbackQuery) -> bool:
        """Write the chosen title under the message; False where that cannot be."""
        message, title = query.message, chosen(query)
        if not isinstance(message, Message) or not message.text or title is None:
            return False
        text = _CHOSEN.format(message.text, title)
        if units(text) > LONGEST_MESSAGE:
            return False
        try:
            await self.call(
                lambda: self.bot.edit_message_text(
                    text,
                    message.chat.id,
                    message.message_id,
                    entities=message.entities,
                    link_preview_options=_NO_PREVIEW,
                )
            )
        except BadRequest:
            return False
        return True


def _seconds(wait: int | datetime.timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, datetime.timedelta) else float(wait)


def _may_have_arrived(error: NetworkError) -> bool:
    """Whether the request was out when the line broke."""
    early = (httpx.ConnectTimeout, httpx.PoolTimeout)
    return isinstance(error, TimedOut) and not isinstance(error.__cause__, early)
