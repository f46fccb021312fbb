"""Calls of the Bot API, insistent where something must arrive, and replies cut to what it takes."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
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
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning, PTBUserWarning

from reinstate.channels.service import GIVE_UP_SECONDS, Courier, Trouble, proxy_for
from reinstate.channels.telegram_text import (
    LONGEST_MESSAGE,
    Piece,
    TelegramJob,
    chosen,
    keyboard,
    pieces,
    units,
)
from reinstate.server.settings import Secret
from reinstate.stores.lines import Line

logger = logging.getLogger(__name__)

POLL_SECONDS = 25
MARK_PATIENCE_SECONDS = 60
_READ_SECONDS, _CONNECT_SECONDS, _POOL_SECONDS = 20, 10, 60
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_CHOSEN = "{}\n\n▸ {}"
# What Telegram says of a part of a message without which it takes the rest.
_THREAD = ("thread not found", "topic_closed", "topic_deleted", "topic_id_invalid", "not a forum")
_QUOTE = ("replied not found", "reply message", "to reply not found", "reply_message")
_MARKUP, _FORMAT = ("button_", "reply markup", "reply_markup"), ("parse",)
_Result = TypeVar("_Result")

# How it gives the seconds of a 429 is said to change, and both ways are read here; updates are
# asked for as they came, so that one of an unknown shape cannot hold up the others.
warnings.filterwarnings("ignore", category=PTBDeprecationWarning, message=".*retry_after.*")
warnings.filterwarnings("ignore", category=PTBUserWarning, message="Please use 'Bot.get_updates'")


class _Request(HTTPXRequest):
    """Tells Telegram's answers from those of a firewall, a proxy or a captive portal.

    The library is not left to read the environment: an IPv6 address in NO_PROXY or a SSL_CERT_FILE that is
    not there would end it. Certificates of the system and of SSL_CERT_FILE count beside its own.
    """

    def __init__(self, connections: int, proxy: str | None) -> None:
        """Keep up to so many connections."""
        trusted = httpx.create_ssl_context(trust_env=False)
        trusted.set_default_verify_paths()
        super().__init__(
            connections,
            read_timeout=_READ_SECONDS,
            connect_timeout=_CONNECT_SECONDS,
            pool_timeout=_POOL_SECONDS,
            proxy=proxy,
            httpx_kwargs={"trust_env": False, "verify": trusted},
        )

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Status and body.

        Raises:
            NetworkError: if the body is not of the Bot API's shape, whatever the status.
        """
        code, body = await super().do_request(*args, **kwargs)
        if not _is_telegrams(code, body):
            raise NetworkError(f"an answer that is not Telegram's ({code})")
        return code, body


def _is_telegrams(code: int, body: bytes) -> bool:
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict) or value.get("ok") is not (200 <= code < 300):
        return False
    if value["ok"]:
        return "result" in value
    told = value.get("parameters", {})
    numbers = isinstance(told, dict) and all(isinstance(each, int) for each in told.values())
    return numbers and isinstance(value.get("description"), str)


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
        proxy = proxy_for(root)
        self._requests = (_Request(1, proxy), _Request(64, proxy))
        polling, others = self._requests
        self.bot = Bot(token.reveal(), f"{root}/bot", request=others, get_updates_request=polling)
        self._courier = Courier(lambda seconds: self.wait(seconds), self._alive)

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

    async def renew_polling(self) -> None:
        """Ask for updates by new connections: one that a network broke may hold its place for ever."""
        polling, _ = self._requests
        await polling.shutdown()
        await polling.initialize()

    def reason(self, error: Exception) -> str:
        """Why a call failed, without the token."""
        reason = error.reason if isinstance(error, Trouble) else f"{type(error).__name__}: {error}"
        return reason.replace(self._token.reveal(), "…")

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
        """One try.

        Raises:
            TelegramError: if Telegram refuses.
            Trouble: if it is not Telegram that answers, or nobody, or it says "later".
        """
        try:
            return await method()
        except RetryAfter as error:
            raise Trouble(self.reason(error), _seconds(error.retry_after)) from None
        except NetworkError as error:
            if isinstance(error, BadRequest):
                raise
            raise Trouble(self.reason(error), unclear=_may_have_arrived(error)) from None

    async def insist(
        self, method: Callable[[], Awaitable[_Result]], patience: float = GIVE_UP_SECONDS
    ) -> _Result | None:
        """Call until Telegram takes it; see `Courier.deliver`.

        Raises:
            TelegramError: if Telegram refuses it.
            Trouble: if it stays out of reach.
        """
        return await self._courier.deliver(lambda: self.call(method), patience)

    async def _alive(self) -> None:
        try:
            await self.call(self.bot.get_me)
        except TelegramError:
            return

    async def send(self, job: TelegramJob, line: Line) -> TelegramJob:
        """Send one line of a reply, in parts if it is long, its buttons under the last.

        Returns:
            The job, with the place where the rest of the reply goes.

        Raises:
            TelegramError: if it cannot be sent; Forbidden where the person has blocked the bot,
                ChatMigrated where the group has another id now.
            Trouble: if Telegram stays out of reach.
        """
        rows = keyboard(line.buttons, job.owner)
        if len(rows) < len(line.buttons):
            logger.error("a button was left out: its payload is longer than Telegram takes")
        found = pieces(line)
        markup = InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=d)] for t, d in rows])
        for number, piece in enumerate(found, 1):
            job = await self._send_piece(job, piece, markup if rows and number == len(found) else None)
        return job

    async def _send_piece(
        self, job: TelegramJob, piece: Piece, markup: InlineKeyboardMarkup | None
    ) -> TelegramJob:
        """Send a message; where Telegram refuses a part of it, without that part."""
        quote = ReplyParameters(job.reply_to, allow_sending_without_reply=True) if job.reply_to else None
        message: dict[str, Any] = {
            "chat_id": job.chat,
            "text": piece.html,
            "parse_mode": ParseMode.HTML,
            "reply_markup": markup,
            "reply_parameters": quote,
            "message_thread_id": job.thread,
            "link_preview_options": _NO_PREVIEW,
        }
        while True:
            try:
                await self.insist(partial(self.bot.send_message, **message))
                thread, quote = message["message_thread_id"], message["reply_parameters"]
                return replace(job, thread=thread, reply_to=job.reply_to if quote else None)
            except BadRequest as error:
                lesser = _without_what_is_refused(message, piece, str(error).casefold())
                if lesser is None:
                    raise
                logger.warning("a reply goes out without what was refused: %s", error)
                message = lesser

    async def show_typing(self, job: TelegramJob) -> None:
        """Show that a reply is being written; nothing depends on it."""
        try:
            await self.bot.send_chat_action(job.chat, ChatAction.TYPING, message_thread_id=job.thread)
        except TelegramError as error:
            logger.debug("typing could not be shown: %s", self.reason(error))

    async def answer(self, query: CallbackQuery, words: str | None) -> None:
        """Take the waiting mark from a pressed button, with a word if there is one."""
        try:
            await self.insist(lambda: self.bot.answer_callback_query(query.id, words), MARK_PATIENCE_SECONDS)
        except (TelegramError, Trouble) as error:
            logger.info("a press of a button could not be answered: %s", self.reason(error))

    async def close_keyboard(self, job: TelegramJob, query: CallbackQuery | None) -> None:
        """Replace the buttons of a message by the choice that was made."""
        try:
            if not (query and await self._show_choice(query)):
                await self.insist(
                    lambda: self.bot.edit_message_reply_markup(job.chat, job.keyboard, reply_markup=None),
                    MARK_PATIENCE_SECONDS,
                )
        except (TelegramError, Trouble) as error:
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
            await self.insist(
                lambda: self.bot.edit_message_text(
                    text,
                    message.chat.id,
                    message.message_id,
                    entities=message.entities,
                    link_preview_options=_NO_PREVIEW,
                ),
                MARK_PATIENCE_SECONDS,
            )
        except BadRequest:
            return False
        return True


def _without_what_is_refused(message: dict[str, Any], piece: Piece, said: str) -> dict[str, Any] | None:
    """The message without the part that Telegram complains of; None where there is no such part left."""
    if message["parse_mode"] and any(mark in said for mark in _FORMAT):
        return {**message, "text": piece.plain, "parse_mode": None}
    parts = (("message_thread_id", _THREAD), ("reply_parameters", _QUOTE), ("reply_markup", _MARKUP))
    for part, marks in parts:
        if message[part] and any(mark in said for mark in marks):
            return {**message, part: None}
    return None


def _seconds(wait: int | datetime.timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, datetime.timedelta) else float(wait)


def _may_have_arrived(error: NetworkError) -> bool:
    """Whether the request was out when the line broke."""
    early = (httpx.ConnectTimeout, httpx.PoolTimeout)
    return isinstance(error, TimedOut) and not isinstance(error.__cause__, early)
