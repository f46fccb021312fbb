"""The web door under odd and heavy use: fuzzed by its own OpenAPI file, many people, slow people."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import openapi
from schemathesis.checks import CHECKS, load_all_checks

from reinstate.channels.web import MOST_TURNS
from tests.running import Answer, Chat, Server, request, until

SCHEMA = Path(__file__).resolve().parents[2] / "reinstate" / "channels" / "assets" / "openapi.yml"
PEOPLE = 200
load_all_checks()
schema = openapi.from_path(str(SCHEMA))
ALLOWED = {200, 201, 204, 400, 401, 405, 413, 415, 429}


@pytest.fixture(scope="module")
def sessions(server: Server) -> Chat:
    """One open conversation for all fuzzing."""
    return Chat(server.url).open()


def test_the_description_is_served(server: Server) -> None:
    """/chat/openapi.yml is the file that the door is fuzzed by."""
    answer = request("GET", f"{server.url}/chat/openapi.yml")
    assert yaml.safe_load(SCHEMA.read_text(encoding="utf-8")) == yaml.safe_load(answer.body)


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_described_request_gets_a_described_answer(case: Any, server: Server, sessions: Chat) -> None:
    """Whatever the description allows or forbids: never a 500, and only described shapes."""
    if case.method.upper() == "DELETE":
        case.headers = {"Authorization": "Bearer forged"}
    else:
        case.headers = {**(case.headers or {}), **sessions.authorization}
    response = case.call(base_url=server.url)
    case.validate_response(response, checks=[CHECKS.get_one("not_a_server_error")])
    assert response.status_code in ALLOWED, response.text


@given(st.binary(max_size=400))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_any_bytes_are_survived(server: Server, sessions: Chat, body: bytes) -> None:
    """A body of any bytes is a client's mistake, never a server error."""
    answer = request("POST", f"{server.url}/chat/messages", body, sessions.authorization)
    assert answer.status in (400, 413)


@given(st.text(min_size=1, max_size=300))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_any_text_is_answered_or_blank(server: Server, sessions: Chat, text: str) -> None:
    """Any text gets a reply that ends in done, unless nothing is left of it."""
    answer = sessions.post({"id": str(abs(hash(text)))[:20], "text": text})
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert {"type": "done"} == json.loads(answer.body.splitlines()[-1])


@pytest.mark.soak
def test_two_hundred_people_at_once(tmp_path: Path) -> None:
    """Everybody gets their own reply; nobody gets another's."""
    running = Server(tmp_path, TRUSTED_PROXIES="127.0.0.1").start()
    try:
        chats = []
        for number in range(PEOPLE):  # one address may open sixty a minute, so each has their own
            headers = {"X-Forwarded-For": f"10.1.{number // 50}.{number % 50}"}
            opened = request("POST", f"{running.url}/chat/session", {}, headers).json
            chats.append(Chat(running.url, opened["token"], opened["conversation"]))
        with ThreadPoolExecutor(40) as pool:
            replies = list(pool.map(lambda chat: chat.say("how long does it take"), chats))
        assert PEOPLE == sum(bool(reply) for reply in replies)
        assert [1] * PEOPLE == [sum(m["from"] == "person" for m in chat.history()) for chat in chats]
    finally:
        running.stop()


def test_open_turns_are_limited(server: Server) -> None:
    """Who begins messages without end is told to wait, and goes on once they are over."""
    greedy = Chat(server.url).open()
    head = (
        "POST /chat/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: 500\r\nAuthorization: {greedy.authorization['Authorization']}\r\n\r\n{{"
    )
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_TURNS):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            half.sendall(head.encode())
        answer = until(lambda: _says(greedy, 429))
        assert "1" == answer.headers["retry-after"]
        assert Chat(server.url).open().say("hello")
    until(lambda: _says(greedy, 200))


def _says(chat: Chat, status: int) -> Answer | None:
    answer = chat.post({"id": secrets.token_hex(8), "text": "hello"})
    return answer if answer.status == status else None


def test_a_slow_person_holds_nobody_up(server: Server) -> None:
    """Who sends half a request, or does not read the reply, slows only themselves."""
    slow = Chat(server.url).open()
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(b"POST /chat/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n")
        unread = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        body = json.dumps({"id": "1", "text": "hello"})
        unread.request(
            "POST", "/chat/messages", body, {**slow.authorization, "Content-Type": "application/json"}
        )
        assert Chat(server.url).open().say("hello")
        unread.close()
    assert slow.say("are you still there")
