"""A Slack that keeps the real one's limits, records what it is asked, and sends signed requests."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

from tests.running import Answer, free_port, request

TOKEN, APP_TOKEN, SECRET = "xoxb-test-1", "xapp-test-1", "a signing secret of tests"
TEAM, APP, BOT, BOT_ID = "T0TEST", "A0TEST", "U0BOT", "B0BOT"
LONGEST_TEXT, LONGEST_SECTION, LONGEST_TITLE, LONGEST_VALUE = 40_000, 3000, 75, 2000
MOST_BLOCKS, MOST_HOME_BLOCKS, MOST_BUTTONS, MOST_CONTEXT = 50, 100, 25, 10
LONGEST_NAME, LONGEST_URL = 255, 3000
WAIT_SECONDS = 60
CHOSEN = "✓"
TICKET_SECONDS = 4  # The real one gives thirty.
_CHANNEL = re.compile(r"[CDGU][A-Z0-9]+")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_MARK = re.compile(r"<([^<>]*)>")


class ApiError(Exception):
    """What Slack answers to a call it refuses: `ok: false` with a word."""

    def __init__(self, word: str, wait: int = 0, *, planned: bool = False) -> None:
        super().__init__(word)
        self.word, self.wait, self.planned = word, wait, planned


@dataclass(frozen=True)
class Call:
    """One call of the Web API.

    Attributes:
        error: None where it was accepted.
        planned: whether it was refused because a test asked for it.
    """

    method: str
    values: dict[str, Any]
    error: str | None
    planned: bool


@dataclass
class Foreign:
    """An answer that something between the bot and Slack gives in its place.

    Attributes:
        taken: whether the call reaches Slack all the same.
        late: seconds until it comes.
    """

    method: str
    times: int = 1
    status: int = 503
    body: str = "upstream connect error or disconnect/reset before headers"
    kind: str = "text/plain"
    channel: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    taken: bool = False
    late: float = 0


@dataclass
class _Refusal:
    method: str
    error: str
    times: int
    wait: int
    channel: str | None
    thread: str | None


def shown(text: str) -> str:
    """Marked-up text as a person sees it."""
    text = _MARK.sub(lambda m: m.group(1).partition("|")[2] or m.group(1), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@dataclass
class Message:
    """A message as it stands in a channel now."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread: str | None
    only_for: str | None = None

    @property
    def shown(self) -> str:
        """What is read, without the sources: the blocks where there are any, as Slack does it."""
        pieces = [b["text"]["text"] for b in self.blocks if b["type"] == "section"]
        marks = [line for line in self.quiet if line.startswith(CHOSEN)]
        return shown("\n".join([*pieces, *marks]) if self.blocks else self.text)

    @property
    def quiet(self) -> list[str]:
        """The small lines below, with their marks."""
        return [e["text"] for b in self.blocks if b["type"] == "context" for e in b["elements"]]

    @property
    def sources(self) -> str:
        """The small line of sources as it is read; empty where there is none."""
        return shown("\n".join(line for line in self.quiet if not line.startswith(CHOSEN)))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The buttons that stand below it, with the id of their block."""
        rows = [b for b in self.blocks if b["type"] == "actions"]
        return [{**e, "block_id": b["block_id"]} for b in rows for e in b["elements"]]

    @property
    def titles(self) -> list[str]:
        """The titles of its buttons."""
        return [b["text"]["text"] for b in self.buttons]


def check_blocks(blocks: Any, most: int) -> list[dict[str, Any]]:
    """Blocks as Slack keeps them, or `ApiError`."""
    if not isinstance(blocks, list) or len(blocks) > most:
        raise ApiError("invalid_blocks")
    kept: list[dict[str, Any]] = []
    for number, block in enumerate(blocks):
        kind = block.get("type")
        if kind == "section":
            _check_text(block.get("text"), LONGEST_SECTION)
        elif kind == "context":
            if not 1 <= len(block.get("elements", [])) <= MOST_CONTEXT:
                raise ApiError("invalid_blocks")
            for element in block["elements"]:
                _check_text(element, LONGEST_SECTION)
        elif kind == "actions":
            _check_actions(block.get("elements"))
        else:
            raise ApiError("invalid_blocks")
        name = block.get("block_id", f"b{number}{uuid.uuid4().hex[:4]}")
        if len(name) > LONGEST_NAME or name in [b["block_id"] for b in kept]:
            raise ApiError("invalid_blocks")
        kept.append({**block, "block_id": name})
    return kept


def _check_text(text: Any, longest: int) -> None:
    if not isinstance(text, dict) or text.get("type") not in ("mrkdwn", "plain_text"):
        raise ApiError("invalid_blocks")
    if not 1 <= len(text.get("text", "")) <= longest:
        raise ApiError("invalid_blocks")
    if "emoji" in text and text["type"] != "plain_text":
        raise ApiError("invalid_blocks")
    if "verbatim" in text and text["type"] != "mrkdwn":
        raise ApiError("invalid_blocks")


def _check_actions(elements: Any) -> None:
    if not isinstance(elements, list) or not 1 <= len(elements) <= MOST_BUTTONS:
        raise ApiError("invalid_blocks")
    names = [e.get("action_id") for e in elements]
    if len(set(names)) < len(names):
        raise ApiError("invalid_blocks")
    for element in elements:
        text = element.get("text", {})
        fits = len(element.get("value", "")) <= LONGEST_VALUE and len(element.get("url", "")) <= LONGEST_URL
        if element.get("type") != "button" or text.get("type") != "plain_text" or not fits:
            raise ApiError("invalid_blocks")
        _check_text(text, LONGEST_TITLE)


@dataclass
class FakeSlack:
    """The server; start it with `start`, and see `calls` and `messages`."""

    port: int = field(default_factory=free_port)
    calls: list[Call] = field(default_factory=list)
    messages: dict[tuple[str, str], Message] = field(default_factory=dict)
    acknowledged: dict[str, Any] = field(default_factory=dict)
    every_nth_429: int = 0

    def __post_init__(self) -> None:
        self._change = threading.Condition()
        self._stamps = itertools.count(1)
        self._posts = itertools.count(1)
        self._refusals: list[_Refusal] = []
        self.between: list[Foreign] = []
        self.tickets: dict[str, float] = {}
        self.handshakes: list[str] = []
        self.broken_handshakes = 0
        self._loop = asyncio.new_event_loop()
        self._sockets: list[web.WebSocketResponse] = []
        self._thread: threading.Thread | None = None

    # --- running -----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """What SLACK_API_URL is set to."""
        return f"http://127.0.0.1:{self.port}/api/"

    def start(self) -> FakeSlack:
        """Answer from now on."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        runner = web.AppRunner(app, shutdown_timeout=1)

        async def serve() -> None:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self.port).start()

        self._loop.run_until_complete(serve())
        self._runner = runner
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        if self._thread:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def wait_for(self, what: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """Wait until something holds; what it gave."""
        with self._change:
            return self._change.wait_for(what, seconds) or _fail("waited in vain", self.calls[-5:])

    def refuse(
        self,
        method: str,
        error: str,
        times: int = 1,
        wait: int = 0,
        channel: str | None = None,
        thread: str | None = None,
    ) -> None:
        """Refuse the next calls of a method; "ratelimited" is a 429 with `wait` as Retry-After."""
        self._refusals.append(_Refusal(method, error, times, wait, channel, thread))

    def called(self, method: str) -> list[dict[str, Any]]:
        """The values of the accepted calls of a method."""
        return [c.values for c in list(self.calls) if c.method == method and c.error is None]

    def in_channel(self, channel: str) -> list[Message]:
        """Messages of a channel in the order they were posted."""
        return [m for m in list(self.messages.values()) if m.channel == channel]

    # --- the Web API ---------------------------------------------------------------------------

    async def _api(self, asked: web.Request) -> web.Response:
        method = asked.match_info["method"]
        values = await asked.json() if "json" in asked.content_type else dict(await asked.post())
        foreign = self._between(method, values)
        if foreign and not foreign.taken:
            return await _in_its_place(foreign)
        error, answer = None, {}
        try:
            self._check_token(method, asked)
            self._refuse_as_planned(method, values)
            answer = {"ok": True, **self._do(method, values)}
        except ApiError as refused:
            error, answer = refused, {"ok": False, "error": refused.word}
        with self._change:
            word, planned = (error.word, error.planned) if error else (None, False)
            self.calls.append(Call(method, values, word, planned))
            self._change.notify_all()
        if foreign:
            return await _in_its_place(foreign)
        if error and error.word == "ratelimited":
            return web.json_response(answer, status=429, headers={"Retry-After": str(error.wait)})
        return web.json_response(answer)

    def _between(self, method: str, values: dict[str, Any]) -> Foreign | None:
        for foreign in self.between:
            here = foreign.channel in (None, values.get("channel"))
            if foreign.method == method and here and foreign.times > 0:
                foreign.times -= 1
                return foreign
        return None

    def _check_token(self, method: str, asked: web.Request) -> None:
        right = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if asked.headers.get("Authorization") != f"Bearer {right}":
            raise ApiError("invalid_auth")

    def _refuse_as_planned(self, method: str, values: dict[str, Any]) -> None:
        counts = method == "chat.postMessage" and self.every_nth_429
        if counts and next(self._posts) % self.every_nth_429 == 0:
            raise ApiError("ratelimited", 1, planned=True)
        for refusal in self._refusals:
            here = refusal.channel in (None, values.get("channel"))
            here &= refusal.thread in (None, values.get("thread_ts"))
            if refusal.method == method and here and refusal.times > 0:
                refusal.times -= 1
                raise ApiError(refusal.error, refusal.wait, planned=True)

    def _do(self, method: str, values: dict[str, Any]) -> dict[str, Any]:
        known: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "auth.test": lambda _: {"team": "Tests", "team_id": TEAM, "user_id": BOT, "bot_id": BOT_ID},
            "apps.connections.open": lambda _: {"url": self._new_address()},
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "views.publish": self._publish,
        }
        if method not in known:
            raise ApiError("unknown_method")
        return known[method](values)

    def _new_address(self) -> str:
        ticket = uuid.uuid4().hex
        self.tickets[ticket] = time.monotonic()
        return f"ws://127.0.0.1:{self.port}/link?ticket={ticket}"

    def _post(self, values: dict[str, Any], only_for: str | None = None) -> dict[str, Any]:
        channel, text = str(values.get("channel")), values.get("text") or ""
        if not _CHANNEL.fullmatch(channel):
            raise ApiError("channel_not_found")
        blocks = self._content(text, values.get("blocks"))
        channel = channel if channel[0] != "U" else f"D{channel[1:]}"
        ts = self.stamp()
        self.messages[channel, ts] = Message(channel, ts, text, blocks, values.get("thread_ts"), only_for)
        return {"channel": channel, "ts": ts}

    def _post_ephemeral(self, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("user"):
            raise ApiError("user_not_in_channel")
        return {"message_ts": self._post(values, values["user"])["ts"]}

    def _update(self, values: dict[str, Any]) -> dict[str, Any]:
        found = self.messages.get((values.get("channel", ""), values.get("ts", "")))
        if found is None or found.only_for:
            raise ApiError("message_not_found")
        found.blocks = self._content(values.get("text") or "", values.get("blocks"))
        found.text = values.get("text") or found.text
        return {"channel": found.channel, "ts": found.ts}

    def _publish(self, values: dict[str, Any]) -> dict[str, Any]:
        view = values.get("view", {})
        if view.get("type") != "home" or not values.get("user_id"):
            raise ApiError("invalid_arguments")
        check_blocks(view.get("blocks"), MOST_HOME_BLOCKS)
        return {"view": view}

    def _content(self, text: str, blocks: Any) -> list[dict[str, Any]]:
        if not text and not blocks:
            raise ApiError("no_text")
        if len(text) > LONGEST_TEXT:
            raise ApiError("msg_too_long")
        return check_blocks(blocks, MOST_BLOCKS) if blocks else []

    def stamp(self) -> str:
        """A fresh message's `ts`."""
        return f"{int(time.time())}.{next(self._stamps):06d}"

    # --- socket mode ------------------------------------------------------------------------------

    async def _link(self, asked: web.Request) -> web.StreamResponse:
        issued = self.tickets.get(asked.query.get("ticket", ""), time.monotonic())
        self.handshakes.append("failed" if self.broken_handshakes else "made")
        if self.broken_handshakes:
            self.broken_handshakes -= 1
            return web.Response(status=503)
        if time.monotonic() - issued > TICKET_SECONDS:
            self.handshakes[-1] = "expired"
            return web.Response(status=408)
        socket = web.WebSocketResponse()
        await socket.prepare(asked)
        await socket.send_json({"type": "hello", "num_connections": 1})
        with self._change:
            self._sockets.append(socket)
            self._change.notify_all()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                answer = json.loads(message.data)
                with self._change:
                    self.acknowledged[answer["envelope_id"]] = answer.get("payload")
                    self._change.notify_all()
        with self._change:
            self._sockets.remove(socket)
        return socket

    def send_by_socket(self, kind: str, payload: dict[str, Any]) -> str:
        """Send an envelope; its id, by which it is acknowledged."""
        self.wait_for(lambda: self._sockets)
        envelope = {"type": kind, "envelope_id": uuid.uuid4().hex, "payload": payload}
        sending = self._sockets[-1].send_json({**envelope, "accepts_response_payload": True})
        asyncio.run_coroutine_threadsafe(sending, self._loop).result(10)
        return str(envelope["envelope_id"])

    def announce_the_end(self) -> None:
        """Say that the connection will be replaced, as Slack does before it closes one."""
        for socket in list(self._sockets):
            sending = socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
            asyncio.run_coroutine_threadsafe(sending, self._loop).result(10)

    @property
    def sockets(self) -> int:
        """How many connections are open."""
        return len(self._sockets)

    def close_sockets(self) -> None:
        """Break the connection, as Slack does every few hours."""
        for socket in list(self._sockets):
            asyncio.run_coroutine_threadsafe(socket.close(), self._loop).result(10)


async def _in_its_place(foreign: Foreign) -> web.Response:
    await asyncio.sleep(foreign.late)
    return web.Response(
        status=foreign.status, text=foreign.body, content_type=foreign.kind, headers=foreign.headers
    )


def _fail(*what: Any) -> Any:
    raise AssertionError(*what)


# --- what Slack sends -----------------------------------------------------------------------------


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a request that Slack signed."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def event(inner: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    """An event as it arrives: the envelope around what happened."""
    return {
        "type": "event_callback",
        "token": "unused",
        "team_id": TEAM,
        "api_app_id": APP,
        "event": inner,
        "event_id": f"Ev{uuid.uuid4().hex[:12].upper()}",
        "event_time": int(time.time()),
        "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        **envelope,
    }


def direct(user: str, text: str, ts: str, **more: Any) -> dict[str, Any]:
    """What happened: a person wrote to the bot alone."""
    return {
        "type": "message",
        "channel": direct_channel(user),
        "channel_type": "im",
        "user": user,
        "text": text,
        "ts": ts,
        "client_msg_id": str(uuid.uuid4()),
        "team": TEAM,
        **more,
    }


def mention(user: str, text: str, ts: str, channel: str, **more: Any) -> dict[str, Any]:
    """What happened: a person named the bot in a channel."""
    return {
        "type": "app_mention",
        "channel": channel,
        "user": user,
        "text": text,
        "ts": ts,
        "client_msg_id": str(uuid.uuid4()),
        "team": TEAM,
        **more,
    }


def click(message: Message, button: dict[str, Any], user: str, **more: Any) -> dict[str, Any]:
    """A click on a button of a message."""
    body: dict[str, Any] = {
        "type": "block_actions",
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": "tests"},
        "user": {"id": user, "username": user.lower(), "team_id": TEAM},
        "channel": {
            "id": message.channel,
            "name": "directmessage" if message.channel[0] == "D" else "general",
        },
        "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
        "message": {
            "type": "message",
            "ts": message.ts,
            "user": BOT,
            "bot_id": BOT_ID,
            "text": message.text,
            "blocks": message.blocks,
            **({"thread_ts": message.thread} if message.thread else {}),
        },
        "trigger_id": f"{uuid.uuid4().int % 10**12}.{uuid.uuid4().hex}",
        "response_url": "https://hooks.slack.example/actions/1",
        "actions": [{**button, "type": "button", "action_ts": f"{time.time():.6f}"}],
    }
    return {**body, **more}


def direct_channel(user: str) -> str:
    """The channel of a person's direct message with the bot."""
    return f"D{user[1:]}"


def form(payload: dict[str, Any]) -> bytes:
    """An interaction as its request carries it."""
    return urlencode({"payload": json.dumps(payload)}).encode()


@dataclass
class Sender:
    """Sends what Slack would send to the running bot."""

    url: str
    secret: str = SECRET

    def post(
        self, body: bytes, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> Answer:
        """A signed request."""
        given = {"Content-Type": kind, **signed(body, self.secret), **(headers or {})}
        return request("POST", f"{self.url}/webhooks/slack/webhook", body, given)

    def event(self, body: dict[str, Any], **headers: str) -> Answer:
        """An event."""
        return self.post(
            json.dumps(body).encode(), headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    def interaction(self, payload: dict[str, Any]) -> Answer:
        """A click."""
        return self.post(form(payload), "application/x-www-form-urlencoded")

    def command(self, user: str, text: str, **more: str) -> Answer:
        """A slash command."""
        values = {
            "command": "/reinstate",
            "text": text,
            "team_id": TEAM,
            "user_id": user,
            "channel_id": "C0GENERAL",
            "channel_name": "general",
            "api_app_id": APP,
            "trigger_id": f"{time.time_ns()}.{uuid.uuid4().hex}",
            "response_url": "https://hooks.slack.example/commands/1",
            **more,
        }
        return self.post(urlencode(values).encode(), "application/x-www-form-urlencoded")


def has_bare_entity(text: str) -> bool:
    """Whether text to Slack holds an `&` that is no entity."""
    return bool(_ENTITY.search(text))
