"""The web door: the page, the widget, and plain HTTP whose reply is a line for each message (NDJSON).

The contract stands in `openapi.yml` beside the assets. Conversation ids are made here, signed
into a token, and never chosen by a client.
"""

from __future__ import annotations

import json
import logging
import math
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from itsdangerous import BadData, BadSignature, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import SanicException
from sanic.response import empty, raw, redirect

from reinstate.channels.assets import Assets
from reinstate.channels.gate import (
    LONGEST_ID,
    LONGEST_TEXT,
    Gate,
    Inbound,
    Reason,
    Refused,
    TurnFailedError,
)
from reinstate.channels.service import Rarely
from reinstate.server.settings import Settings, session_secret
from reinstate.stores.lines import Line

LARGEST_BODY = 64 * 1024
RENEW_SECONDS = 24 * 3600
MOST_TURNS = 16
MOST_TURNS_IN_ALL = 1000
METHODS = "GET, POST, DELETE"
HEADERS = "authorization, content-type"
logger = logging.getLogger(__name__)
_FOREIGN = (
    "a page of %.200s was refused the chat: list that site in WEB_ALLOWED_ORIGINS; if it is the bot's own, "
    "let the proxy before it pass on the Host that the browser asked for, not %.200s"
)
_UNKNOWN_PROXY = (
    "new sessions were refused because many come from one address, which says of itself that it is a "
    "proxy: if it is yours, name it in TRUSTED_PROXIES"
)
# An address as proxies tell it, with the port that some of them add.
_HOP = re.compile(r"(?P<v4>[0-9.]+)(?::\d+)?|\[?(?P<v6>[0-9a-fA-F:]+(?:%\w+|[0-9.]+)?)(?:\](?::\d+)?)?")
_CONVERSATION = re.compile(r"web-[0-9a-f]{32}")


class HttpError(Exception):
    """An answer other than success, in the shape of the contract."""

    def __init__(self, status: int, code: str, wait: float = 0.0) -> None:
        """Name the status and the code; `wait` becomes `Retry-After`."""
        super().__init__(code)
        self.status, self.code, self.wait = status, code, wait


_REFUSED = {
    Reason.BLANK: (400, "blank"),
    Reason.TOO_LONG: (413, "too_long"),
    Reason.UNKNOWN_BUTTON: (400, "unknown_button"),
    Reason.TOO_MANY: (429, "too_many"),
    Reason.GONE: (401, "unauthorized"),
}


class Tokens:
    """Signs conversation ids and reads them back."""

    def __init__(self, secret: str) -> None:
        """Sign with a secret that all replicas share."""
        self._serializer = URLSafeTimedSerializer(secret, salt="reinstate-web-session")

    def issue(self, conversation: str) -> str:
        """A token for a conversation; how long it counts is the session's matter."""
        return str(self._serializer.dumps(conversation))

    def read(self, token: str) -> tuple[str, float]:
        """The conversation of a token, and how many seconds it was signed from now.

        Clocks of replicas differ, and are set: they tell no more than whether to sign it anew. A signature
        counts as it is written only: base64 reads over characters that are none of its own.

        Raises:
            HttpError: 401 for a forged one.
        """
        try:
            conversation, signed = self._serializer.loads(token, return_timestamp=True)
            signature = token.rpartition(".")[2]
            if base64_encode(base64_decode(signature)).decode() != signature:
                raise BadSignature("written otherwise")
        except (BadData, UnicodeError):
            raise HttpError(401, "unauthorized") from None
        if not (isinstance(conversation, str) and _CONVERSATION.fullmatch(conversation)):
            raise HttpError(401, "unauthorized")
        return conversation, abs(time.time() - signed.timestamp())


class WebDoor(InputChannel):
    """Serves `/chat/…`; see the module."""

    def __init__(self, settings: Settings) -> None:
        """Read tokens with the settings' secret."""
        self._settings = settings
        self._assets = Assets()
        self._tokens = Tokens(session_secret(settings).reveal())
        self._turns: Counter[str] = Counter()
        self._refused, self._crowded = Rarely(), Rarely()

    @classmethod
    def name(cls) -> str:
        """The channel's name, and the prefix of its conversations."""
        return "web"

    def url_prefix(self) -> str:
        """Where the routes hang."""
        return "/chat"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebDoor:
        """Settings come from the environment, so that credentials.yml holds no secret."""
        return cls(Settings.load())

    def blueprint(self, on_new_message: Callable[..., Awaitable[Any]]) -> Blueprint:
        """The routes."""
        door = Blueprint("web_door")
        door.add_route(_function(self._page), "/", methods=["GET", "HEAD"], name="page")
        door.add_route(_function(self._asset), "/<name:[a-z.]+>", methods=["GET", "HEAD"], name="asset")
        door.add_route(self._guard(self._open), "/session", methods=["POST"], name="open", stream=True)
        door.add_route(self._guard(self._forget), "/session", methods=["DELETE"], name="forget")
        door.add_route(self._guard(self._say), "/messages", methods=["POST"], name="say", stream=True)
        door.add_route(self._guard(self._history), "/history", methods=["GET"], name="history")
        for path in ("/session", "/messages", "/history"):
            door.add_route(
                _function(self._preflight), path, methods=["OPTIONS"], name=f"preflight_{path[1:]}"
            )
        return door

    # --- page and assets ---------------------------------------------------------------------

    async def _page(self, request: Request) -> HTTPResponse:
        if not request.path.endswith("/"):
            return redirect(f"{request.path}/")
        return self._assets.page(request)

    async def _asset(self, request: Request, name: str) -> HTTPResponse:
        return self._assets.file(request, name)

    # --- the conversation ---------------------------------------------------------------------

    async def _open(self, request: Request) -> HTTPResponse:
        body = await _json_body(request)
        if body:
            raise HttpError(400, "bad_request")
        wait = await _gate(request).limits.sessions.take(_address(request, self._settings))
        if wait:
            if "x-forwarded-for" in request.headers and not self._settings.trusts(str(request.ip)):
                self._crowded.warn(_UNKNOWN_PROXY)
            raise HttpError(429, "too_many", wait)
        conversation = f"web-{secrets.token_hex(16)}"
        store = _gate(request).store
        await store.database.aside(store.open_session, conversation)
        return _json({"token": self._tokens.issue(conversation), "conversation": conversation}, 201)

    async def _say(self, request: Request) -> HTTPResponse:
        # Whether the session is open is asked when the turn comes, with all else.
        conversation, renewed = await self._authorize(request, ask=False)
        if self._turns[conversation] >= MOST_TURNS or self._turns.total() >= MOST_TURNS_IN_ALL:
            raise HttpError(429, "too_many", 1.0)
        self._turns[conversation] += 1
        try:
            lines = await self._answer(request, conversation)
        finally:
            self._turns[conversation] -= 1
            self._turns += Counter()  # drops those at zero
        said = [*({"type": "message", **_shown(line)} for line in lines), {"type": "done"}]
        body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in said)
        return raw(body.encode(), headers=renewed, content_type="application/x-ndjson")

    async def _answer(self, request: Request, conversation: str) -> list[Line]:
        """All that is said to a message."""
        inbound = _inbound(conversation, await _json_body(request))
        gate = _gate(request)
        try:
            lines, _ = await gate.handle(inbound, session=True)
        except Refused as refused:
            if refused.reason is Reason.UNKNOWN_COMMAND:
                return [Line("bot", gate.words("unknown_command"))]
            status, code = _REFUSED[refused.reason]
            raise HttpError(status, code, refused.wait) from None
        except TurnFailedError:
            raise HttpError(503, "failed") from None
        return lines

    async def _history(self, request: Request) -> HTTPResponse:
        conversation, renewed = await self._authorize(request)
        store = _gate(request).store
        lines = await store.database.aside(store.history, conversation)
        return _json({"messages": [{"from": line.sender, **_shown(line)} for line in lines]}, headers=renewed)

    async def _forget(self, request: Request) -> HTTPResponse:
        conversation, _ = await self._authorize(request)
        await _gate(request).forget(conversation)
        return empty(204)

    async def _authorize(self, request: Request, *, ask: bool = True) -> tuple[str, dict[str, str]]:
        """The conversation of a request, and the header that renews an ageing token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token:
            raise HttpError(401, "unauthorized")
        conversation, age = self._tokens.read(token.strip())
        store = _gate(request).store
        if ask and not await store.database.aside(store.is_open, conversation):
            raise HttpError(401, "unauthorized")
        if age < RENEW_SECONDS:
            return conversation, {}
        await store.database.aside(store.touch_session, conversation)
        return conversation, {"x-session-token": self._tokens.issue(conversation)}

    # --- origins and errors ---------------------------------------------------------------------

    def _guard(self, handler: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Any]]:
        """Checks the origin, adds its headers, and gives errors their shape."""

        async def guarded(request: Request) -> HTTPResponse | None:
            try:
                self._check_origin(request)
                response: HTTPResponse | None = await handler(request)
            except Exception as failure:  # a database that is down, say: the error shape, too
                error = _as_http_error(failure)
                words = _gate(request).words(error.code)
                headers = {"retry-after": str(max(1, math.ceil(error.wait)))} if error.wait else {}
                body = {"error": {"code": error.code, "message": words}}
                response = _json(body, error.status, headers)
            if response is not None:
                response.headers.update(self._cors(request))
            return response

        return guarded

    async def _preflight(self, request: Request) -> HTTPResponse:
        if not self._allowed(request):
            return empty(403, headers={"vary": "Origin"})
        allow = {
            "access-control-allow-methods": METHODS,
            "access-control-allow-headers": HEADERS,
            "access-control-max-age": "600",
        }
        return empty(204, headers={**self._cors(request), **allow})

    def _allowed(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        return origin is None or origin in self._settings.web_allowed_origins or _is_own(request, origin)

    def _check_origin(self, request: Request) -> None:
        if not self._allowed(request):
            self._refused.warn(_FOREIGN, request.headers.get("origin"), request.headers.get("host"))
            raise HttpError(403, "forbidden_origin")

    def _cors(self, request: Request) -> dict[str, str]:
        headers = {"vary": "Origin", "x-content-type-options": "nosniff", "cache-control": "no-store"}
        origin = request.headers.get("origin")
        if origin and self._allowed(request):
            headers["access-control-allow-origin"] = origin
            headers["access-control-expose-headers"] = "retry-after, x-session-token"
        return headers


def _as_http_error(failure: Exception) -> HttpError:
    """The error that a person is told of; what is not theirs is logged.

    Raises:
        SanicException: as it is, for Sanic answers it.
    """
    if isinstance(failure, HttpError):
        return failure
    if isinstance(failure, SanicException):
        raise failure
    logger.error("a request of the web door failed", exc_info=failure)
    return HttpError(503, "failed")


def _function(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A plain function around a method; Sanic notes the blueprint's name on it."""

    async def route(*arguments: Any, **named: Any) -> Any:
        return await method(*arguments, **named)

    return route


def _shown(line: Line) -> dict[str, Any]:
    """A line as the contract has it; sources and kind are missing where there are none."""
    shown: dict[str, Any] = {"text": line.text, "buttons": list(line.buttons)}
    if line.sources:
        shown["sources"] = [asdict(source) for source in line.sources]
    if line.kind:
        shown["kind"] = line.kind
    return shown


def _inbound(conversation: str, body: dict[str, Any]) -> Inbound:
    message_id, text, button = body.get("id"), body.get("text"), body.get("button")
    if not isinstance(message_id, str) or not 1 <= len(message_id) <= LONGEST_ID:
        raise HttpError(400, "bad_id")
    if (text is None) == (button is None) or not isinstance(text if button is None else button, str):
        raise HttpError(400, "bad_request")
    if text is not None and len(text) > LONGEST_TEXT:
        raise HttpError(413, "too_long")
    return Inbound(conversation, message_id, "web", text, button)


async def _json_body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind != "application/json":
        raise HttpError(415, "not_json")
    body = b""
    while True:
        part = await request.stream.read()
        if not part:
            break
        body += part
        if len(body) > LARGEST_BODY:
            raise HttpError(413, "too_long")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HttpError(400, "bad_request") from None
    if not isinstance(value, dict):
        raise HttpError(400, "bad_request")
    return value


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    return raw(json.dumps(value, ensure_ascii=False).encode(), status, headers, "application/json")


def _gate(request: Request) -> Gate:
    return request.app.ctx.gate  # type: ignore[no-any-return]


def _is_own(request: Request, origin: str) -> bool:
    """Whether a request comes from our own page: the browser says so, or the origin is where it was sent.

    A proxy that does not pass on the Host leaves only the former; no page can say it falsely.
    """
    if request.headers.get("sec-fetch-site") == "same-origin":
        return True
    return bool(origin.partition("://")[2] == request.headers.get("host", ""))


def _address(request: Request, settings: Settings) -> str:
    """Who opens a session: the peer, or what a trusted proxy says of it."""
    peer = str(request.ip)
    if settings.trusts(peer):
        for hop in reversed(",".join(request.headers.getall("x-forwarded-for", [])).split(",")):
            found = _HOP.fullmatch(hop.strip())
            if found and not settings.trusts(address := found["v6"] or found["v4"]):
                return str(address)
    return peer
