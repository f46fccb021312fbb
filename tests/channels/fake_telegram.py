"""A Bot API server that keeps Telegram's limits and records what it is asked."""

from __future__ import annotations

import html.parser
import itertools
import json
import re
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.running import Answer, free_port, request

TOKEN = "7001:test-token-of-the-fake"
BOT = {"id": 7001, "is_bot": True, "first_name": "Reinstate", "username": "Reinstate_Test_Bot"}
LONGEST_TEXT, LONGEST_DATA, LONGEST_TOAST = 4096, 64, 200
WAIT_SECONDS = 30
_TAGS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "a",
    "code",
    "pre",
    "blockquote",
}
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)")


class ApiError(Exception):
    """What the Bot API answers when it refuses a call."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@dataclass(frozen=True)
class Call:
    """One call of the Bot API; `code` is 200 where it was accepted."""

    method: str
    values: dict[str, Any]
    code: int
    at: float


@dataclass
class Refusal:
    """Refuses the next calls of a method."""

    method: str
    error: ApiError
    times: int
    chat: int | None = None


@dataclass
class Foreign:
    """An answer that something between the bot and Telegram gives in its place.

    Attributes:
        taken: whether the call reaches Telegram all the same.
        late: seconds until it comes.
    """

    method: str
    times: int = 1
    status: int = 403
    body: bytes = b"<html>Access denied by the firewall</html>"
    chat: int | None = None
    taken: bool = False
    late: float = 0


def units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


class _Html(html.parser.HTMLParser):
    """Strict where Telegram is: known tags, closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.open = "", list[str]()
        self.entities: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS or (attrs and tag != "a"):
            raise ApiError(400, f'Bad Request: can\'t parse entities: unsupported start tag "{tag}"')
        self.open.append(tag)
        if tag == "a":
            url = dict(attrs).get("href") or ""
            self.entities.append({"type": "text_link", "offset": units(self.text), "length": 0, "url": url})

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ApiError(400, "Bad Request: can't parse entities: unexpected end tag")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise ApiError(400, "Bad Request: can't parse entities: unclosed start tag")
        self.text += data.replace("\x00", "<")
        if "a" in self.open:
            self.entities[-1]["length"] += units(data)


def parsed(text: str, mode: str | None) -> str:
    """The text as a person sees it, or `ApiError`."""
    return read_html(text, mode)[0]


def read_html(text: str, mode: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The text as a person sees it and its links, or `ApiError`."""
    if mode is None:
        return text, []
    if mode != "HTML" or _ENTITY.search(text):
        raise ApiError(400, "Bad Request: can't parse entities: unknown entity")
    reader = _Html()
    reader.feed(text.replace("&lt;", "\x00"))
    reader.close()
    if reader.open:
        raise ApiError(400, f"Bad Request: can't parse entities: can't find end tag of {reader.open[-1]}")
    return reader.text, reader.entities


class _Quiet(ThreadingHTTPServer):
    """Says nothing of connections that the bot broke off when it was killed."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@dataclass
class FakeTelegram:
    """The server; start it with `start`, and see `calls`, `sent` and `messages`."""

    token: str = TOKEN
    port: int = field(default_factory=free_port)
    calls: list[Call] = field(default_factory=list)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)
    every_nth_429: int = 0
    pending: list[dict[str, Any]] = field(default_factory=list)
    most_fetching: int = 0
    _fetching: int = 0
    queries: dict[str, bool] = field(default_factory=dict)
    between: list[Foreign] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._change = threading.Condition()
        self._ids = itertools.count(1000)
        self._updates = itertools.count(int(time.time() * 1000) % 10**9)
        self._sends = itertools.count(1)
        self._waits: dict[int, float] = {}
        self._server: ThreadingHTTPServer | None = None

    # --- running -----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """What TELEGRAM_API_URL is set to."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> FakeTelegram:
        """Answer from now on."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:  # The bot was killed meanwhile: this call was never made.
                    self.close_connection = True
                    return
                kind = self.headers.get("content-type", "")
                foreign = fake.foreign(self.path, body, kind)
                if foreign is None or foreign.taken:
                    status, value = fake.answer(self.path, body, kind)
                    data = json.dumps(value).encode()
                if foreign:
                    time.sleep(foreign.late)
                    status, data = foreign.status, foreign.body
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = _Quiet(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def wait(self, condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """Wait until a condition on what was recorded holds, and return its value."""
        with self._change:
            found = self._change.wait_for(condition, seconds)
        assert found, f"waited in vain; the last calls were {self.calls[-5:]}"
        return found

    # --- what was recorded -------------------------------------------------------------------

    def named(self, method: str) -> list[Call]:
        """Accepted calls of a method."""
        return [c for c in list(self.calls) if c.method == method and c.code == 200]

    def sent(self, chat: int) -> list[dict[str, Any]]:
        """Messages of the bot in a chat, oldest first."""
        return [m for (c, _), m in sorted(self.messages.copy().items()) if c == chat]

    def refuse(self, method: str, error: ApiError, times: int = 1, chat: int | None = None) -> None:
        """Refuse the next calls of a method, in one chat or in all."""
        self.refusals.append(Refusal(method, error, times, chat))

    # --- updates -----------------------------------------------------------------------------

    def update(self, **content: Any) -> dict[str, Any]:
        """An update with an id of its own."""
        return {"update_id": next(self._updates), **content}

    def message(
        self, user: int, text: str | None = None, chat: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """A message of a person, in private or in a group."""
        kind = {"id": user, "type": "private", "first_name": "P"}
        if chat is not None:
            kind = {"id": chat, "type": "supergroup", "title": "A group"}
        content = {
            "message_id": next(self._ids),
            "date": int(time.time()),
            "chat": kind,
            "from": {"id": user, "is_bot": False, "first_name": "P"},
            **({} if text is None else {"text": text}),
            **more,
        }
        return self.update(message=content)

    def tap(self, user: int, message: dict[str, Any] | None, data: str | None) -> dict[str, Any]:
        """A press of a button."""
        query = f"query-{next(self._ids)}"
        self.queries[query] = False
        content = {
            "id": query,
            "from": {"id": user, "is_bot": False, "first_name": "P"},
            "chat_instance": "1",
            **({} if message is None else {"message": message}),
            **({} if data is None else {"data": data}),
        }
        return self.update(callback_query=content)

    def post(self, url: str, update: Any, secret: str | None = None) -> Answer:
        """Deliver an update to a webhook, with the secret that setWebhook was given."""
        secret = self.webhook.get("secret_token") if secret is None else secret
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        return request("POST", f"{url}/webhooks/telegram/webhook", update, headers)

    def queue(self, update: dict[str, Any]) -> dict[str, Any]:
        """Keep an update for getUpdates."""
        with self._change:
            self.pending.append(update)
            self._change.notify_all()
        return update

    # --- the API -----------------------------------------------------------------------------

    def foreign(self, path: str, body: bytes, kind: str) -> Foreign | None:
        """What answers a call in Telegram's place, if anything does."""
        method, chat = path.rpartition("/")[2], int(_values(body, kind).get("chat_id", 0))
        for foreign in self.between:
            if foreign.method == method and foreign.times > 0 and foreign.chat in (None, chat):
                foreign.times -= 1
                return foreign
        return None

    def answer(self, path: str, body: bytes, kind: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON for one call."""
        token, _, method = path.removeprefix("/bot").partition("/")
        values = _values(body, kind)
        try:
            if token != self.token:
                raise ApiError(401, "Unauthorized")
            name = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", method)
            handler = getattr(self, f"_{name}", None)
            if handler is None:
                raise ApiError(404, "Not Found")
            result, code, error = None, 200, None
            with self._change:
                self._refuse_if_asked(method, values)
                result = handler(values)
        except ApiError as refused:
            code, error = refused.code, refused
        with self._change:
            self.calls.append(Call(method, values, code, time.monotonic()))
            self._change.notify_all()
        if error:
            answer: dict[str, Any] = {
                "ok": False,
                "error_code": code,
                "description": error.description,
            }
            return code, {
                **answer,
                **({"parameters": error.parameters} if error.parameters else {}),
            }
        return 200, {"ok": True, "result": result}

    def _refuse_if_asked(self, method: str, values: dict[str, Any]) -> None:
        chat = int(values.get("chat_id", 0))
        if method == "sendMessage" and time.monotonic() < self._waits.get(chat, 0):
            raise ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
        for refusal in self.refusals:
            if refusal.method == method and refusal.times > 0 and refusal.chat in (None, chat):
                refusal.times -= 1
                self._note_wait(chat, refusal.error)
                raise refusal.error
        if method == "sendMessage" and self.every_nth_429 and next(self._sends) % self.every_nth_429 == 0:
            error = ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
            self._note_wait(chat, error)
            raise error

    def _note_wait(self, chat: int, error: ApiError) -> None:
        """Who comes back before their time is sent away again."""
        if "retry_after" in error.parameters:
            self._waits[chat] = time.monotonic() + error.parameters["retry_after"]

    def _get_me(self, _values: dict[str, Any]) -> Any:
        return BOT

    def _set_webhook(self, values: dict[str, Any]) -> Any:
        if not values.get("url", "").startswith("https://"):
            raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", values.get("secret_token", "x")):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = values
        return True

    def _delete_webhook(self, _values: dict[str, Any]) -> Any:
        self.webhook = {}
        return True

    def _set_my_commands(self, values: dict[str, Any]) -> Any:
        for command in json.loads(values["commands"]):
            good = re.fullmatch(r"[a-z0-9_]{1,32}", command["command"])
            if not good or not 1 <= len(command["description"]) <= 256:
                raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        return True

    def _get_updates(self, values: dict[str, Any]) -> Any:
        if self.webhook:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(values.get("offset", 0))
        self.pending = [u for u in self.pending if u["update_id"] >= offset]
        self._fetching += 1
        self.most_fetching = max(self.most_fetching, self._fetching)
        self._change.wait_for(lambda: self.pending or self.webhook, min(float(values.get("timeout", 0)), 5))
        self._fetching -= 1
        return self.pending[: int(values.get("limit", 100))]

    def _send_chat_action(self, values: dict[str, Any]) -> Any:
        self._chat(values)
        return True

    def _send_message(self, values: dict[str, Any]) -> Any:
        chat = self._chat(values)
        message = {
            "message_id": next(self._ids),
            "date": int(time.time()),
            "chat": {
                "id": chat,
                "type": "private" if chat > 0 else "supergroup",
                "title": "A group",
            },
            "from": BOT,
            **self._content(values),
        }
        if "reply_parameters" in values:
            message["answers"] = json.loads(values["reply_parameters"])["message_id"]
        self.messages[chat, message["message_id"]] = message
        return {k: v for k, v in message.items() if k != "answers"}

    def _edit_message_text(self, values: dict[str, Any]) -> Any:
        message = self._known(values)
        message.pop("reply_markup", None)
        message.update(self._content(values))
        return {k: v for k, v in message.items() if k != "answers"}

    def _edit_message_reply_markup(self, values: dict[str, Any]) -> Any:
        message = self._known(values)
        if "reply_markup" not in message and "reply_markup" not in values:
            raise ApiError(400, "Bad Request: message is not modified")
        message.pop("reply_markup", None)
        return {k: v for k, v in message.items() if k != "answers"}

    def _answer_callback_query(self, values: dict[str, Any]) -> Any:
        query = values["callback_query_id"]
        if self.queries.get(query, True):
            raise ApiError(400, "Bad Request: query is too old and response timeout expired")
        if units(values.get("text", "")) > LONGEST_TOAST:
            raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
        self.queries[query] = True
        return True

    def _chat(self, values: dict[str, Any]) -> int:
        chat = int(values["chat_id"])
        if chat in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def _known(self, values: dict[str, Any]) -> dict[str, Any]:
        key = (self._chat(values), int(values["message_id"]))
        if key not in self.messages:
            raise ApiError(400, "Bad Request: message to edit not found")
        return self.messages[key]

    def _content(self, values: dict[str, Any]) -> dict[str, Any]:
        text, entities = read_html(values.get("text", ""), values.get("parse_mode"))
        if not text.strip():
            raise ApiError(400, "Bad Request: message text is empty")
        if units(text) > LONGEST_TEXT:
            raise ApiError(400, "Bad Request: message is too long")
        entities = json.loads(values["entities"]) if "entities" in values else entities
        content: dict[str, Any] = {"text": text, **({"entities": entities} if entities else {})}
        if "reply_markup" in values:
            content["reply_markup"] = json.loads(values["reply_markup"])
            for row in content["reply_markup"].get("inline_keyboard", []):
                for button in row:
                    if not 1 <= len(button["callback_data"].encode()) <= LONGEST_DATA:
                        raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
                    if not button["text"]:
                        raise ApiError(400, "Bad Request: text buttons are unallowed to be empty")
        return content


def _values(body: bytes, kind: str) -> dict[str, Any]:
    if kind.startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))


def buttons(message: dict[str, Any]) -> list[dict[str, str]]:
    """The buttons under a message, one list for all rows."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def links(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Titles and addresses of the links in a message."""
    text = message["text"].encode("utf-16-le")
    found = [e for e in message.get("entities", []) if e["type"] == "text_link"]
    return [
        (text[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le"), e["url"]) for e in found
    ]


def without_sources(message: dict[str, Any]) -> str:
    """What a message says, without the line of sources below."""
    text, _, last = message["text"].rpartition("\n\n")
    return str(text if any(title in last for title, _ in links(message)) else message["text"])
