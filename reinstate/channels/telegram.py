"""The Telegram door: by webhook where there is a public address, otherwise by long polling.

Nothing here waits for Telegram before the bot starts, and no update is answered before it is kept.
How an update is read and shown is in `telegram_text`, the Bot API in `telegram_api`, the work on
an update in `telegram_turns`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import empty
from telegram import BotCommand, CallbackQuery, Update
from telegram.error import Conflict, InvalidToken, TelegramError

from reinstate.channels.gate import Gate
from reinstate.channels.service import Background, Rarely, Trouble, Watch, proxy_for
from reinstate.channels.telegram_api import Api
from reinstate.channels.telegram_text import Me, is_anothers, migration, needs_name, read
from reinstate.channels.telegram_turns import TelegramTurns
from reinstate.server.commands import COMMANDS
from reinstate.server.settings import Secret, Settings

logger = logging.getLogger(__name__)

UPDATES = [Update.MESSAGE, Update.CALLBACK_QUERY]
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name
NAME_SECONDS = 5
LOOK_EVERY_SECONDS = 3600
_FORGED = (
    "an update for the Telegram door was refused: it does not carry the secret of setWebhook; if it came "
    "from Telegram, another process has set the webhook with another TELEGRAM_WEBHOOK_SECRET or token"
)
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
        proxy_for(self._settings.telegram_api_url)  # one that cannot be used ends the start here
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
        rarely = Rarely()

        async def webhook(request: Request) -> HTTPResponse:
            given = request.headers.get(SECRET_HEADER, "")
            if self._secret is None or not given.isascii() or not self._secret.equals(given):
                rarely.warn(_FORGED)
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
        self._turns = TelegramTurns(gate, self._api, settings)
        self._background = Background("Telegram")

    async def start(self) -> None:
        """Go on with what was left, and set all else up in the background."""
        await self._api.open()
        await self._turns.backlog.resume()
        self._background.start(self._turns.backlog.keep)
        self._background.start(self._set_up)
        if not self._settings.telegram_webhook_url:
            self._background.start(self._poll)

    async def stop(self) -> None:
        """Take nothing more, and finish what is in work."""
        await self._background.stop()
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
            if moved := migration(update):
                await self._turns.move(*moved)
            job = read(update, self._me)
        except NotReadyError:
            raise
        except sa.exc.SQLAlchemyError as error:
            logger.warning("a group could not be followed to its new id: %s", type(error).__name__)
            raise NotReadyError from None
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
        await self._learn_name()
        commands = [BotCommand(c, self._gate.words(f"telegram_command_{c}")) for c in COMMANDS]
        await self._insist("setMyCommands", lambda: bot.set_my_commands(commands))
        how = "by webhook" if url else "by long polling"
        logger.info("the Telegram door is open as @%s, %s", self._me.name, how)
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await self._learn_name()

    async def _learn_name(self) -> None:
        """Ask for the bot's name, by which groups address it; its owner can change it any time."""
        me = await self._insist("getMe", self._api.bot.get_me)
        self._me = Me(me.id, me.username)
        self._turns.name(me.username or "")
        self._named.set()

    async def _insist(self, what: str, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """Call until Telegram agrees, more and more rarely."""
        watch = Watch(f"Telegram did not accept {what} (%s); trying on")
        while True:
            try:
                return await self._api.call(call)
            except (TelegramError, Trouble) as error:
                await asyncio.sleep(_wait_after(watch, error, self._api.reason(error)))

    async def _poll(self) -> None:
        """Fetch updates, in one process at a time, for Telegram allows no more."""
        while True:
            async with self._gate.locks.hold(f"poll:telegram-{self._api.id}"):
                await self._fetch()

    async def _fetch(self) -> None:
        """Fetch updates until another does; asking for the next ones confirms those that were taken in."""
        await self._insist("deleteWebhook", self._api.bot.delete_webhook)
        offset: int | None = None
        watch = Watch("Telegram did not accept getUpdates (%s); trying on")
        while True:
            try:
                updates = await self._api.call(lambda: self._api.updates(offset, UPDATES))  # noqa: B023
            except (TelegramError, Trouble) as error:
                await asyncio.sleep(_wait_after(watch, error, self._api.reason(error)))
                if isinstance(error, Conflict):  # another process, or somebody has set a webhook again
                    return
                await self._api.renew_polling()
                continue
            watch.over()
            for raw in updates:
                await self._take_polled(raw)
                offset = int(raw["update_id"]) + 1

    async def _take_polled(self, raw: dict[str, Any]) -> None:
        while True:
            try:
                return await self.take(raw)
            except NotReadyError:
                await asyncio.sleep(1)


def _wait_after(watch: Watch, error: Exception, reason: str) -> float:
    """Tell the operator of a failed call; seconds until the next try."""
    if isinstance(error, InvalidToken):
        text = "Telegram refuses the token (%s): check TELEGRAM_BOT_TOKEN, TELEGRAM_API_URL"
        return watch.wait_after(reason, text, logging.ERROR)
    if isinstance(error, Conflict):
        return watch.wait_after(reason, "another process fetches this bot's updates (%s)")
    wait = error.wait if isinstance(error, Trouble) and error.wait else 0.0
    return max(watch.wait_after(reason), wait)


def webhook_secret(settings: Settings) -> Secret | None:
    """What Telegram sends with each update: TELEGRAM_WEBHOOK_SECRET, or made from the bot token."""
    token = settings.telegram_bot_token
    if settings.telegram_webhook_secret or token is None:
        return settings.telegram_webhook_secret
    made = hmac.new(token.reveal().encode(), b"reinstate telegram webhook", hashlib.sha256)
    return Secret(made.hexdigest())
