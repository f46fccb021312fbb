"""The Slack door: by webhook, or by socket mode where there is no public address.

Nothing here waits for Slack before the bot starts, and everything is acknowledged as soon as it
is kept. How events are read is in `slack_events`, how texts are shown in `slack_text`, the work on
a message in `slack_turns`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import empty
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from reinstate.channels.gate import Gate
from reinstate.channels.slack_events import Job, is_signed, parse, read_click, read_command, read_event
from reinstate.channels.slack_turns import Turns, reason_of
from reinstate.server.settings import Secret, Settings
from reinstate.stores.inbox import Inbox

logger = logging.getLogger(__name__)
# Bolt logs whole requests at its warnings.
_library = logging.getLogger("reinstate.slack_bolt")
_library.setLevel(logging.ERROR)

CALL_SECONDS = 30
MOST_SECONDS_BETWEEN_TRIES = 60
_WAITED_OUT = 90
_MOST_REMEMBERED = 10_000
_BAD_TOKEN = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired")


class SlackDoor(InputChannel):
    """Serves `/webhooks/slack/webhook`, or opens a socket; see the module."""

    def __init__(self, settings: Settings) -> None:
        """Stay closed without a token."""
        self._settings = settings
        self._session: _Session | None = None

    @classmethod
    def name(cls) -> str:
        """The channel's name, and the prefix of its conversations."""
        return "slack"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> SlackDoor:
        """Settings come from the environment, so that credentials.yml holds no secret."""
        return cls(Settings.load())

    def blueprint(self, on_new_message: Callable[..., Awaitable[Any]]) -> Blueprint:
        """The route and what starts and stops with the server; nothing without a token."""
        door = Blueprint("slack_door")
        settings = self._settings
        if settings.slack_bot_token is None:
            logger.info("the Slack door is closed: SLACK_BOT_TOKEN is not set")
            return door
        if settings.slack_signing_secret is None and settings.slack_app_token is None:
            logger.info("the Slack door is closed: set SLACK_SIGNING_SECRET, or SLACK_APP_TOKEN")
            return door
        if settings.slack_signing_secret:
            route = self._webhook_route(settings.slack_signing_secret)
            door.add_route(route, "/webhook", methods=["POST"], name="webhook")
        door.listener("after_server_start")(self._start)
        door.listener("before_server_stop")(self._stop)
        return door

    async def _start(self, app: Sanic, _loop: Any) -> None:
        session = _Session(app.ctx.gate, self._settings)
        await session.start()
        self._session = session

    async def _stop(self, _app: Sanic, _loop: Any) -> None:
        session, self._session = self._session, None
        if session:
            await session.stop()

    def _webhook_route(self, secret: Secret) -> Callable[[Request], Awaitable[HTTPResponse]]:
        async def webhook(request: Request) -> HTTPResponse:
            if not is_signed(secret.reveal(), request.headers, request.body, time.time()):
                return empty(401)
            if self._session is None:
                return empty(503)
            return await self._session.answer(request.body)

        return webhook


class _Session:
    """The door while the server runs."""

    def __init__(self, gate: Gate, settings: Settings) -> None:
        assert settings.slack_bot_token is not None  # noqa: S101 - the door is closed otherwise
        self._gate, self._settings = gate, settings
        self._token = settings.slack_bot_token.reveal()
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        self._client = self._new_client(
            AsyncConnectionErrorRetryHandler(max_retry_count=4),
            AsyncServerErrorRetryHandler(max_retry_count=4),
        )
        self._hasty = self._new_client()
        inbox = Inbox(gate.store.database, "slack")
        self._turns = Turns(gate, self._client, inbox, alone=settings.redis_url is None)
        self._bolt = self._new_bolt()
        self._socket: AsyncSocketModeHandler | None = None
        self._events: dict[str, None] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Go on with what was left, and set all else up in the background."""
        await self._turns.backlog.resume()
        self._background(self._turns.backlog.keep())
        self._background(self._greet())
        if self._settings.slack_app_token:
            self._background(self._connect(self._settings.slack_app_token))

    async def stop(self) -> None:
        """Take nothing more, and finish what is in work."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket:
            await self._socket.close_async()  # type: ignore[no-untyped-call]
        await self._turns.backlog.stop()
        await self._http.close()

    async def answer(self, body: bytes) -> HTTPResponse:
        """Acknowledge a signed request; what it asks for is done later, or is nothing."""
        try:
            request = AsyncBoltRequest(body=parse(body), mode="socket_mode")
            response = await self._bolt.async_dispatch(request)
        except Exception as error:
            logger.warning("a request of Slack has an unexpected shape: %s", type(error).__name__)
            return empty(200)
        if response.status != 200 or not response.body:
            return empty(200)
        return HTTPResponse(response.body, 200, content_type="application/json")

    # --- what Slack sends ---------------------------------------------------------------------

    def _new_bolt(self) -> AsyncApp:
        """Slack's own dispatcher; it answers after our listeners, which only take things in."""

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=self._token)

        bolt = AsyncApp(
            name=_library.name,  # Bolt sets the level of the logger of this name.
            logger=_library,
            client=AsyncWebClient(token=None, base_url=self._settings.slack_api_url),
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
        )
        bolt.event(re.compile("^(message|app_mention)$"))(self._on_message)
        bolt.event("app_home_opened")(self._on_home)
        bolt.action(re.compile(""))(self._on_click)
        bolt.command(re.compile(""))(self._on_command)
        return bolt

    async def _on_message(self, body: dict[str, Any]) -> None:
        await self._take(read_event(body), body)

    async def _on_click(self, body: dict[str, Any], ack: AsyncAck) -> None:
        await self._take(read_click(body), body)
        await ack()

    async def _on_command(self, body: dict[str, Any], ack: AsyncAck) -> None:
        await self._take(read_command(body), body)
        await ack(text=self._gate.words("slack_command"), response_type="ephemeral")

    async def _on_home(self, body: dict[str, Any]) -> None:
        event = body["event"]
        if event.get("tab") == "home" and isinstance(event.get("user"), str):
            self._turns.show_home(event["user"])

    async def _take(self, job: Job | None, body: dict[str, Any]) -> None:
        if job and self._is_new(body.get("event_id")):
            await self._turns.take(job)

    def _is_new(self, event: object) -> bool:
        """Whether an event id was not seen; the inbox knows its message across restarts."""
        if not isinstance(event, str):
            return True
        if event in self._events:
            return False
        self._events[event] = None
        if len(self._events) > _MOST_REMEMBERED:
            del self._events[next(iter(self._events))]
        return True

    # --- the way to Slack -----------------------------------------------------------------------

    def _new_client(self, *patience: AsyncRetryHandler) -> AsyncWebClient:
        """Calls Slack and waits out its limits."""
        client = AsyncWebClient(
            token=self._token,
            base_url=self._settings.slack_api_url,
            session=self._http,
            logger=_library,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=_WAITED_OUT), *patience],
        )
        if proxy_bypass(urlsplit(client.base_url).netloc):
            client.proxy = None
        return client

    async def _greet(self) -> None:
        """Find out whether the token is right."""
        answer = await self._insist("SLACK_BOT_TOKEN", self._hasty.auth_test)
        if answer is not None:
            logger.info("the Slack door is open in %s", answer.get("team"))

    async def _connect(self, token: Secret) -> None:
        """Open the socket; the library keeps it open from then on."""
        self._socket = AsyncSocketModeHandler(
            self._bolt, token.reveal(), logger=_library, web_client=self._hasty
        )
        socket = self._socket.client
        if await self._insist("SLACK_APP_TOKEN", self._new_address) is not None:
            await socket.connect()  # type: ignore[no-untyped-call]
            logger.info("the Slack door listens in socket mode")

    async def _new_address(self) -> str:
        assert self._socket is not None  # noqa: S101 - set before
        address = await self._socket.client.issue_new_wss_url()
        self._socket.client.wss_uri = address
        return str(address)

    async def _insist(self, setting: str, call: Callable[[], Awaitable[Any]]) -> Any:
        """Call until Slack answers, more and more rarely; None where it refuses the token."""
        wait, told = 1.0, ""
        while True:
            try:
                return await call()
            except (SlackApiError, aiohttp.ClientError, asyncio.TimeoutError) as error:
                reason = reason_of(error)
            if reason in _BAD_TOKEN:
                logger.error("Slack refuses %s (%s): correct it and start again", setting, reason)
                return None
            if reason != told:
                logger.warning("Slack cannot be reached (%s); trying on", reason)
            told = reason
            await asyncio.sleep(wait)
            wait = min(wait * 2, MOST_SECONDS_BETWEEN_TRIES)

    def _background(self, work: Awaitable[None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception:
                logger.exception("the Slack door has stopped working")

        self._tasks.append(asyncio.create_task(guarded()))
