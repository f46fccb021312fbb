"""The Telegram door: by webhook where there is a public address, otherwise by long polling.

Nothing here waits for Telegram before the bot starts, and no update is answered before it is kept.
How an update is read and shown is in `telegram_text`, the Bot API in `telegram_api`, the work on
an update in `telegram_turns`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import empty
from telegram import BotCommand, CallbackQuery, Update
from telegram.error import Conflict, InvalidToken, TelegramError

from reinstate.channels.gate import Gate
from reinstate.channels.telegram_api import Api
from reinstate.channels.telegram_text import Me, is_anothers, needs_name, read
from reinstate.channels.telegram_turns import Turns
from reinstate.server.commands import COMMANDS
from reinstate.server.settings import Secret, Settings

logger = logging.getLogger(__name__)

UPDATES = [Update.MESSAGE, Update.CALLBACK_QUERY]
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name
MOST_SECONDS_BETWEEN_TRIES = 60
NAME_SECONDS = 5
_Result = TypeVar("_Result")


class NotReadyError(Exception):
    """An update cannot be taken now; Telegram keeps it."""


class TelegramDoor(InputChannel):
    """Serves `/webhooks/telegram/webhook`, or polls; see the module."""

    def __init__(self, settings: Settings) -> None:
        """Stay closed without a token."""
        self._settings = settings
        self._secret = webhook_secret(settings)
        self._session: _Session | None = None

    @classmethod
    def name(cls) -> str:
        """The channel's name, and the prefix of its conversations."""
        return "telegram"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TelegramDoor:
        """Settings come from the environment, so that credentials.yml holds no secret."""
        return cls(Settings.load())

    def blueprint(self, on_new_message: Callable[..., Awaitable[Any]]) -> Blueprint:
        """The route and what starts and stops with the server; nothing without a token."""
        door = Blueprint("telegram_door")
        if self._settings.telegram_bot_token is None:
            logger.info("the Telegram door is closed: TELEGRAM_BOT_TOKEN is not set")
            return door
        if self._settings.telegram_webhook_url:
            door.add_route(self._webhook_route(), "/webhook", methods=["POST"], name="webhook")
            if self._settings.telegram_webhook_secret is None:
                logger.info("the secret of Telegram's webhook is derived from the bot token")
        door.listener("after_server_start")(self._start)
        door.listener("before_server_stop")(self._stop)
        return door

    async def _start(self, app: Sanic, _loop: Any) -> None:
        self._session = _Session(app.ctx.gate, self._settings, self._secret)
        await self._session.start()

    async def _stop(self, _app: Sanic, _loop: Any) -> None:
        session, self._session = self._session, None
        if session:
            await session.stop()

    def _webhook_route(self) -> Callable[[Request], Awaitable[HTTPResponse]]:
        async def webhook(request: Request) -> HTTPResponse:
            given = request.headers.get(SECRET_HEADER, "")
            if self._secret is None or not given.isascii() or not self._secret.equals(given):
                return empty(403)
            try:
                raw = json.loads(request.body)
            except (ValueError, RecursionError):
                return empty(400)
            if not isinstance(raw, dict):
                return empty(400)
            try:
                if self._session is None:
                    raise NotReadyError
                await self._session.take(raw)
            except NotReadyError:
                return empty(503)
            return empty(200)

        return webhook


class _Session:
    """The door while the server runs."""

    def __init__(self, gate: Gate, settings: Settings, secret: Secret | None) -> None:
        assert settings.telegram_bot_token is not None  # noqa: S101 - the door is closed otherwise
        self._gate, self._settings, self._secret = gate, settings, secret
        self._api = Api(settings.telegram_bot_token, settings.telegram_api_url)
        self._me = Me(self._api.id)
        self._named = asyncio.Event()
        self._turns = Turns(gate, self._api, settings)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Go on with what was left, and set all else up in the background."""
        await self._api.open()
        await self._turns.backlog.resume()
        self._background(self._turns.backlog.keep())
        self._background(self._set_up())

    async def stop(self) -> None:
        """Take nothing more, and finish what is in work."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._turns.backlog.stop()
        await self._api.close()

    async def take(self, raw: dict[str, Any]) -> None:
        """Take one update in, as it came.

        Raises:
            NotReadyError: if Telegram should send it again later.
        """
        if self._turns.full:
            raise NotReadyError
        try:
            update = Update.de_json(raw, self._api.bot)
            if needs_name(update) and not self._named.is_set():
                await self._wait_for_name()
            job = read(update, self._me)
        except NotReadyError:
            raise
        except Exception as error:
            logger.warning("an update has an unexpected shape: %s", type(error).__name__)
            return
        query = update.callback_query
        if job is None and query is None:
            return
        toast = self._toast(query) if query and query.data is not None and job is None else None
        await self._turns.take(str(update.update_id), job, query, toast)

    def _toast(self, query: CallbackQuery) -> str:
        """What a press is answered with that leads to no turn."""
        return self._gate.words("telegram_not_yours" if is_anothers(query) else "unknown_button")

    async def _wait_for_name(self) -> None:
        try:
            await asyncio.wait_for(self._named.wait(), NAME_SECONDS)
        except asyncio.TimeoutError:
            raise NotReadyError from None

    async def _set_up(self) -> None:
        """Tell Telegram how to reach the bot, learn its name, register the commands."""
        bot, url = self._api.bot, self._settings.telegram_webhook_url
        secret = self._secret.reveal() if self._secret else None
        if url:
            await self._insist(
                "setWebhook",
                lambda: bot.set_webhook(url, allowed_updates=UPDATES, secret_token=secret),
            )
        else:
            await self._insist("deleteWebhook", bot.delete_webhook)
            self._background(self._poll())
        me = await self._insist("getMe", bot.get_me)
        self._me = Me(me.id, me.username)
        self._turns.name(me.username or "")
        self._named.set()
        commands = [BotCommand(c, self._gate.words(f"telegram_command_{c}")) for c in COMMANDS]
        await self._insist("setMyCommands", lambda: bot.set_my_commands(commands))
        how = "by webhook" if url else "by long polling"
        logger.info("the Telegram door is open as @%s, %s", me.username, how)

    async def _insist(self, what: str, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """Call until Telegram agrees, more and more rarely."""
        trouble = _Trouble(self._api, what)
        while True:
            try:
                return await call()
            except TelegramError as error:
                await asyncio.sleep(trouble.wait_after(error))

    async def _poll(self) -> None:
        """Fetch updates; asking for the next ones confirms those that were taken in."""
        offset: int | None = None
        trouble = _Trouble(self._api, "getUpdates")
        while True:
            try:
                updates = await self._api.updates(offset, UPDATES)
            except TelegramError as error:
                await asyncio.sleep(trouble.wait_after(error))
                continue
            trouble.over()
            for raw in updates:
                await self._take_polled(raw)
                offset = int(raw["update_id"]) + 1

    async def _take_polled(self, raw: dict[str, Any]) -> None:
        while True:
            try:
                return await self.take(raw)
            except NotReadyError:
                await asyncio.sleep(1)

    def _background(self, work: Awaitable[None]) -> None:
        async def guarded() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                try:
                    await work
                except Exception:
                    logger.exception("the Telegram door has stopped working")

        self._tasks.append(asyncio.create_task(guarded()))


class _Trouble:
    """How long to wait after failed calls, and what to log: a reason once, until it changes."""

    def __init__(self, api: Api, what: str) -> None:
        self._api, self._what = api, what
        self.over()

    def over(self) -> None:
        self._reason, self._wait = "", 0.5

    def wait_after(self, error: TelegramError) -> float:
        self._wait = min(self._wait * 2, MOST_SECONDS_BETWEEN_TRIES)
        reason = self._api.reason(error)
        if reason != self._reason:
            self._reason = reason
            logger.log(*self._complaint(error, reason))
        return self._wait

    def _complaint(self, error: TelegramError, reason: str) -> tuple[Any, ...]:
        if isinstance(error, InvalidToken):
            text = "Telegram refuses the token (%s: %s): check TELEGRAM_BOT_TOKEN, TELEGRAM_API_URL"
            return logging.ERROR, text, self._what, reason
        if isinstance(error, Conflict):
            return logging.WARNING, "another process fetches this bot's updates (%s)", reason
        return logging.WARNING, "Telegram did not accept %s (%s); trying on", self._what, reason


def webhook_secret(settings: Settings) -> Secret | None:
    """What Telegram sends with each update: TELEGRAM_WEBHOOK_SECRET, or made from the bot token."""
    token = settings.telegram_bot_token
    if settings.telegram_webhook_secret or token is None:
        return settings.telegram_webhook_secret
    made = hmac.new(token.reveal().encode(), b"reinstate telegram webhook", hashlib.sha256)
    return Secret(made.hexdigest())
