"""The Slack door: by webhook, or by socket mode where there is no public address.

Nothing here waits for Slack before the bot starts, and everything is acknowledged as soon as it
is kept. How events are read is in `slack_events`, how texts are shown in `slack_text`, the work on
a message in `slack_turns`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import empty
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from reinstate.channels.gate import Gate
from reinstate.channels.service import Background, Rarely, Trouble, Watch, proxy_for
from reinstate.channels.slack_api import Api, SlackError
from reinstate.channels.slack_events import (
    Signature,
    SlackJob,
    check,
    parse,
    read_click,
    read_command,
    read_event,
)
from reinstate.channels.slack_socket import SocketMode
from reinstate.channels.slack_turns import SlackTurns
from reinstate.server.settings import Secret, Settings
from reinstate.stores.inbox import Inbox

logger = logging.getLogger(__name__)
# Bolt logs whole requests at its warnings.
_library = logging.getLogger("reinstate.slack_bolt")
_library.setLevel(logging.ERROR)

GREETING_SECONDS = 2
_MOST_REMEMBERED = 10_000
_BAD_TOKEN = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired")
_FORGED = {
    Signature.WRONG: (
        "a request to the Slack door was refused: it is not signed with SLACK_SIGNING_SECRET; "
        "if it came from Slack, compare the secret with the app's (Basic Information)"
    ),
    Signature.LATE: (
        "a request of Slack was refused: it was signed %d seconds from now by this machine's clock; "
        "set the clock right"
    ),
}


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
        proxy_for(settings.slack_api_url)  # one that cannot be used ends the start here
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
        rarely = {signature: Rarely() for signature in _FORGED}

        async def webhook(request: Request) -> HTTPResponse:
            signature, seconds = check(secret.reveal(), request.headers, request.body, time.time())
            if signature is not Signature.GOOD:
                rarely[signature].warn(
                    _FORGED[signature], *([seconds] if signature is Signature.LATE else [])
                )
                return empty(401)
            if self._session is None:
                return empty(503)
            response = await self._session.answer(request.body)
            if response is None or not response.body:
                return empty(200)
            return HTTPResponse(response.body, 200, content_type="application/json")

        return webhook


class _Session:
    """The door while the server runs."""

    def __init__(self, gate: Gate, settings: Settings) -> None:
        assert settings.slack_bot_token is not None  # noqa: S101 - the door is closed otherwise
        self._gate, self._settings = gate, settings
        self._token = settings.slack_bot_token
        self._api = Api(self._token, settings.slack_api_url)
        inbox = Inbox(gate.store.database, "slack")
        self._turns = SlackTurns(gate, self._api, inbox, alone=settings.alone)
        self._bolt = self._new_bolt()
        self._home: str | None = None
        self._greeted = asyncio.Event()
        self._events: dict[str, None] = {}
        self._background = Background("Slack")

    async def start(self) -> None:
        """Go on with what was left, and set all else up in the background."""
        await self._turns.backlog.resume()
        self._background.start(self._turns.backlog.keep)
        self._background.start(self._greet)
        if self._settings.slack_app_token:
            socket = SocketMode(
                self._api, self._settings.slack_app_token, self._answer_envelope, _refused_app
            )
            self._background.start(socket.run)

    async def stop(self) -> None:
        """Take nothing more, and finish what is in work."""
        await self._background.stop()
        await self._turns.backlog.stop()
        await self._api.close()

    async def answer(self, body: bytes) -> BoltResponse | None:
        """Take in a signed request; what it asks for is done later, or is nothing."""
        try:
            return await self._dispatch(parse(body))
        except Exception as error:
            logger.warning("a request of Slack has an unexpected shape: %s", type(error).__name__)
            return None

    async def _answer_envelope(self, payload: dict[str, Any]) -> Any:
        try:
            response = await self._dispatch(payload)
            return json.loads(response.body) if response and response.body else None
        except Exception as error:
            logger.warning("an envelope of Slack has an unexpected shape: %s", type(error).__name__)
            return None

    async def _dispatch(self, payload: dict[str, Any]) -> BoltResponse | None:
        # Whose the bot is tells apart who writes; Slack waits three seconds for an acknowledgement.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._greeted.wait(), GREETING_SECONDS)
        response = await self._bolt.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode"))
        return response if response.status == 200 else None

    # --- what Slack sends ---------------------------------------------------------------------

    def _new_bolt(self) -> AsyncApp:
        """Slack's own dispatcher; it answers after our listeners, which only take things in."""

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=enterprise_id, team_id=team_id, bot_token=self._token.reveal()
            )

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
        await self._take(read_event(body, self._home), body)

    async def _on_click(self, body: dict[str, Any], ack: AsyncAck) -> None:
        await self._take(read_click(body, self._home), body)
        await ack()

    async def _on_command(self, body: dict[str, Any], ack: AsyncAck) -> None:
        await self._take(read_command(body, self._home), body)
        await ack(text=self._gate.words("slack_command"), response_type="ephemeral")

    async def _on_home(self, body: dict[str, Any]) -> None:
        event = body["event"]
        if event.get("tab") == "home" and isinstance(event.get("user"), str):
            self._turns.show_home(event["user"])

    async def _take(self, job: SlackJob | None, body: dict[str, Any]) -> None:
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

    async def _greet(self) -> None:
        """Find out whether the token is right, and whose it is."""
        watch = Watch("Slack cannot be reached (%s); trying on")
        while True:
            try:
                answer = await self._api.call("auth.test", {})
            except SlackError as error:
                await asyncio.sleep(_complain(watch, "SLACK_BOT_TOKEN", error.word))
            except Trouble as trouble:
                await asyncio.sleep(max(watch.wait_after(trouble.reason), trouble.wait or 0))
            else:
                self._home = answer.get("team_id")
                self._greeted.set()
                logger.info("the Slack door is open in %s", answer.get("team"))
                return


def _refused_app(watch: Watch, word: str) -> float:
    return _complain(watch, "SLACK_APP_TOKEN", word)


def _complain(watch: Watch, setting: str, word: str) -> float:
    """Tell the operator that Slack refuses a token, or a call; seconds until the next try."""
    if word in _BAD_TOKEN:
        return watch.wait_after(
            word, f"Slack refuses {setting} (%s): correct it and start again", logging.ERROR
        )
    return watch.wait_after(word)
