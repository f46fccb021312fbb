"""Starts the real bot for tests and benchmarks, and talks to it over the web door."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.warm import Fork, Warm

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
WAIT_SECONDS = 60
# `make soak` sets it: what `make test` tries a little is tried at length.
SOAK = bool(os.environ.get("SOAK"))


def until(what: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Wait until something holds; what it gave."""
    ends = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)
    return found


def bytes_of(database: Path) -> bytes:
    """All bytes of a database and its side files, which may go while they are read.

    What moves, moves from the side file into the database: in this order, nothing is missed on its way.
    """
    found = []
    for file in sorted(database.parent.glob(database.name + "*"), reverse=True):
        with contextlib.suppress(FileNotFoundError):
            found.append(file.read_bytes())
    return b"".join(found)


def tool(name: str) -> str:
    """The path of a program that a locked package brought."""
    return str(Path(sys.executable).parent / name)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@functools.cache
def _warm() -> Warm | None:
    """The warm process of this run; None where servers start as `make run` starts them.

    Tests and benchmarks are many starts. On macOS, a process that has imported TensorFlow cannot fork.
    """
    many = "pytest" in sys.modules or "bench" in sys.modules
    return Warm() if many and sys.platform == "linux" else None


class Server:
    """The bot on a free port, with its files in a folder of its own.

    A start is a fork of the run's warm process (`tests.warm`), or with `start(plain=True)`, and outside of
    tests and benchmarks, just what `make run` starts.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        """Prepare; `start` starts it."""
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "data.db"
        self._environment = {
            **{k: v for k, v in os.environ.items() if k.split("_")[0] not in ("SLACK", "TELEGRAM")},
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SESSION_SECRET": "a secret for tests only",
            "RASA_TELEMETRY_ENABLED": "false",
            "RATE_PER_MINUTE": "0",
            # Each chat of the tests comes from an address of its own, as people do.
            "TRUSTED_PROXIES": "127.0.0.1",
            **settings,
        }
        self.log = folder / f"log-{self.port}.txt"
        self._process: subprocess.Popen[bytes] | Fork | None = None

    def start(self, *, plain: bool = False) -> Server:
        """Start and wait until a message can be answered."""
        self.log.write_bytes(b"")
        warm = None if plain else _warm()
        self._process = warm.fork(self._environment, self.log) if warm else self._plain()
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return self
            except OSError:
                time.sleep(0.1)
        self.kill()
        raise RuntimeError("the bot did not start:\n" + self.log.read_text(encoding="utf-8")[-4000:])

    def _plain(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "reinstate.server.app"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def files(self) -> bytes:
        """All bytes of the database and its side files."""
        return bytes_of(self.database)

    @property
    def pid(self) -> int:
        """Id of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        assert self._process is not None
        return self._process.returncode

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end and wait until it has."""
        self._end(signal.SIGTERM)

    def restart(self) -> Server:
        """Stop and start on the same port with the same files."""
        self.stop()
        return self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def request(
    method: str, url: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 60
) -> Answer:
    """One HTTP request; `body` is sent as JSON unless it is bytes already."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})} if data is not None else headers or {}
    asked = urllib.request.Request(url, data=data, method=method, headers=sent)
    try:
        with urllib.request.urlopen(asked, timeout=timeout) as answer:
            return Answer(answer.status, _headers(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, _headers(error.headers), error.read())


def _headers(found: Any) -> dict[str, str]:
    return {k.casefold(): v for k, v in found.items()}


@dataclass
class Chat:
    """One person's conversation over the web door."""

    url: str
    token: str = ""
    conversation: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)

    def open(self) -> Chat:
        """Open a session."""
        address = ".".join(["10", *(str(byte) for byte in uuid.uuid4().bytes[:3])])
        answer = request("POST", f"{self.url}/chat/session", {}, {"X-Forwarded-For": address})
        assert answer.status == 201, answer
        self.token, self.conversation = answer.json["token"], answer.json["conversation"]
        return self

    @property
    def authorization(self) -> dict[str, str]:
        """The header that carries the token."""
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, body: dict[str, Any]) -> Answer:
        """Send a message as it is."""
        return request("POST", f"{self.url}/chat/messages", body, self.authorization)

    def begin(self, body: dict[str, Any]) -> http.client.HTTPConnection:
        """Send a message and wait for no answer; the connection on which it comes."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=WAIT_SECONDS)
        headers = {**self.authorization, "Content-Type": "application/json"}
        connection.request("POST", "/chat/messages", json.dumps(body), headers)
        return connection

    def say(self, text: str) -> list[dict[str, Any]]:
        """Write a text; the lines of the reply."""
        return self._reply(self.post({"id": uuid.uuid4().hex, "text": text}))

    def press(self, title_or_payload: str) -> list[dict[str, Any]]:
        """Press a button that was offered, by its title or payload; the lines of the reply."""
        for line in reversed(self.lines):
            for button in line.get("buttons") or []:
                if title_or_payload in (button["title"], button["payload"]):
                    return self._reply(self.post({"id": uuid.uuid4().hex, "button": button["payload"]}))
        raise AssertionError(f"no button {title_or_payload!r} was offered: {self.lines[-3:]}")

    def _reply(self, answer: Answer) -> list[dict[str, Any]]:
        assert answer.status == 200, (answer.status, answer.body[:500])
        lines = [json.loads(line) for line in answer.body.decode().splitlines()]
        assert lines[-1] == {"type": "done"}, lines
        self.lines += lines[:-1]
        return lines[:-1]

    def history(self) -> list[dict[str, Any]]:
        """What the server says was said."""
        answer = request("GET", f"{self.url}/chat/history", headers=self.authorization)
        assert answer.status == 200, answer
        return list(answer.json["messages"])

    def slots(self, database: Path) -> dict[str, Any]:
        """The slots as the stored events have them."""
        import sqlite3

        with sqlite3.connect(database) as connection:
            rows = connection.execute(
                "SELECT data FROM events WHERE sender_id = ? AND type_name IN ('slot', 'restart') "
                "ORDER BY id",
                (self.conversation,),
            ).fetchall()
        slots: dict[str, Any] = {}
        for (data,) in rows:
            event = json.loads(data)
            slots = {} if event["event"] == "restart" else {**slots, event["name"]: event["value"]}
        return slots
