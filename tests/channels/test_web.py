"""The web door's contract, over real HTTP to the running bot."""

from __future__ import annotations

import http.client
import json
import re
import socket
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.running import Chat, Server, request, until

ALLOWED, FORBIDDEN = "https://help.example", "https://evil.example"


# Enough digits in a row would be masked as a card's.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A bot with one allowed origin, metrics and the usual rates."""
    settings = {"WEB_ALLOWED_ORIGINS": ALLOWED, "METRICS_TOKEN": "counting", "RATE_PER_MINUTE": "30"}
    running = Server(tmp_path_factory.mktemp("door"), **settings).start()
    yield running
    running.stop()


@pytest.fixture
def talk(door: Server) -> Chat:
    """A fresh conversation at that door."""
    return Chat(door.url).open()


def test_a_session_is_opened_by_the_server_only(door: Server) -> None:
    """The conversation id is made by the server; a client that sends one is refused."""
    answer = request("POST", f"{door.url}/chat/session", {})
    assert 201 == answer.status
    assert re.fullmatch(r"web-[0-9a-f]{32}", answer.json["conversation"])
    assert 400 == request("POST", f"{door.url}/chat/session", {"conversation": "web-1"}).status


def test_a_message_brings_lines_and_then_done(talk: Chat) -> None:
    """The reply is NDJSON: message lines, then one done."""
    answer = talk.post({"id": "1", "text": "hello"})
    assert "application/x-ndjson" == answer.headers["content-type"].split(";")[0]
    kinds = [json.loads(line)["type"] for line in answer.body.splitlines()]
    assert ["message", "done"] == [kinds[0], kinds[-1]]
    assert 1 == kinds.count("done")


BAD_BODIES: list[tuple[str, Any, int, str]] = [
    ("no id", {"text": "hi"}, 400, "bad_id"),
    ("empty id", {"id": "", "text": "hi"}, 400, "bad_id"),
    ("long id", {"id": "x" * 65, "text": "hi"}, 400, "bad_id"),
    ("id of another type", {"id": 7, "text": "hi"}, 400, "bad_id"),
    ("neither text nor button", {"id": "1"}, 400, "bad_request"),
    ("both text and button", {"id": "1", "text": "hi", "button": "/greet"}, 400, "bad_request"),
    ("text is a number", {"id": "1", "text": 5}, 400, "bad_request"),
    ("text is null", {"id": "1", "text": None}, 400, "bad_request"),
    ("blank", {"id": "1", "text": " \n\t "}, 400, "blank"),
    ("NUL only", {"id": "1", "text": "\u0000\u0000"}, 400, "blank"),
    ("lone surrogates only", b'{"id": "1", "text": "\\ud83d\\ud83d"}', 400, "blank"),
    ("too long", {"id": "1", "text": "x" * 4001}, 413, "too_long"),
    ("not JSON", b"{", 400, "bad_request"),
    ("not an object", [1], 400, "bad_request"),
    ("JSON that is deep", b"[" * 30000, 400, "bad_request"),
    ("deep object", b'{"a":' * 9000, 400, "bad_request"),
    ("not UTF-8", b'{"id": "1", "text": "\xff\xfe"}', 400, "bad_request"),
    ("body too large", b'{"id": "1", "text": "' + b"x" * 70_000 + b'"}', 413, "too_long"),
    ("a button never offered", {"id": "1", "button": "/restart"}, 400, "unknown_button"),
    ("an invented payload", {"id": "1", "button": '/inform_notice{"id":"x"}'}, 400, "unknown_button"),
]


@pytest.mark.parametrize(
    ("body", "status", "code"), [b[1:] for b in BAD_BODIES], ids=[b[0] for b in BAD_BODIES]
)
def test_bad_messages_get_an_error_in_words(talk: Chat, body: Any, status: int, code: str) -> None:
    """What a client sends wrongly is answered with a code and words, never with a 500."""
    answer = request("POST", f"{talk.url}/chat/messages", body, talk.authorization)
    assert (status, code) == (answer.status, answer.json["error"]["code"])
    assert len(answer.json["error"]["message"].split()) > 3


GOOD_TEXTS = [
    "\u0000hello",
    "\ud83d hello",
    "x" * 4000,
    "؟" * 200,
    "😀" * 50,
    "\u202emoc.live\u202c hi",
    "ok\x07",
]


@pytest.mark.parametrize("text", GOOD_TEXTS, ids=range(len(GOOD_TEXTS)))
def test_odd_text_is_answered(talk: Chat, text: str) -> None:
    """Control characters, surrogates, long and foreign text: an answer, no exception."""
    body = json.dumps({"id": "1", "text": text}).encode()
    assert 200 == request("POST", f"{talk.url}/chat/messages", body, talk.authorization).status


@pytest.mark.parametrize(
    ("kind", "status"),
    [("application/json; charset=utf-8", 200), ("APPLICATION/JSON", 200), ("text/plain", 415), ("", 415)],
)
def test_the_content_type_is_json(talk: Chat, kind: str, status: int) -> None:
    """application/json with or without a charset is right; anything else is 415."""
    headers = {**talk.authorization, "Content-Type": kind}
    body = json.dumps({"id": "1", "text": "hello"}).encode()
    assert status == request("POST", f"{talk.url}/chat/messages", body, headers).status


def test_a_large_body_without_a_length_is_refused(door: Server, talk: Chat) -> None:
    """64 kB is the limit with and without Content-Length."""
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=30)
    headers = {**talk.authorization, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    connection.request(
        "POST", "/chat/messages", body=iter([b"x" * 8192] * 12), headers=headers, encode_chunked=True
    )
    assert 413 == connection.getresponse().status
    connection.close()


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer nonsense", "Basic abc", "Bearer a.b.c"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "messages"), ("GET", "history"), ("DELETE", "session")]
)
def test_without_a_good_token_nothing_is_told(door: Server, token: str, method: str, path: str) -> None:
    """No, forged or broken tokens: 401."""
    body = {"id": "1", "text": "hi"} if method == "POST" else None
    answer = request(method, f"{door.url}/chat/{path}", body, {"Authorization": token})
    assert (401, "unauthorized") == (answer.status, answer.json["error"]["code"])


def test_a_token_opens_its_own_conversation_only(door: Server) -> None:
    """Nobody reads, continues or deletes what another wrote, whatever id they name."""
    ann, ben = Chat(door.url).open(), Chat(door.url).open()
    ann.say("the zebra paid me outside of upwork")
    named = {"conversation": ann.conversation, "sender_id": ann.conversation, "token": ann.token}
    assert 200 == ben.post({"id": "1", "text": "hello", **named}).status
    path = f"{door.url}/chat/history?conversation={ann.conversation}&token={ann.token}"
    assert "zebra" not in str(request("GET", path, headers=ben.authorization).json)
    assert 204 == request("DELETE", f"{door.url}/chat/session", named, ben.authorization).status
    assert ["the zebra paid me outside of upwork"] == [
        m["text"] for m in ann.history() if m["from"] == "person"
    ]


@pytest.mark.parametrize("change", ["another end", "```", "/", "=", "A", "é,"])
def test_a_changed_token_is_forged(door: Server, talk: Chat, change: str) -> None:
    """A token for another conversation cannot be made from one's own, nor is it written in another way."""
    other = talk.token[:-3] + ("aaa" if not talk.token.endswith("aaa") else "bbb")
    token = other if change == "another end" else talk.token + change
    assert (
        401 == request("GET", f"{door.url}/chat/history", headers={"Authorization": f"Bearer {token}"}).status
    )


def test_the_same_id_again_returns_the_same_reply(talk: Chat) -> None:
    """A retry runs no second turn."""
    first, second = (talk.post({"id": "again", "text": "hello"}).body for _ in range(2))
    assert first == second
    assert 1 == sum(m["from"] == "person" for m in talk.history())


def test_simultaneous_copies_are_one_turn(talk: Chat) -> None:
    """Five copies at once: five equal replies, one turn."""
    with ThreadPoolExecutor(5) as pool:
        bodies = list(pool.map(lambda _: talk.post({"id": "copy", "text": "hello"}).body, range(5)))
    assert 1 == len(set(bodies))
    assert 1 == sum(m["from"] == "person" for m in talk.history())


def test_ids_count_within_their_conversation(door: Server) -> None:
    """Two people may use the same message id."""
    for _ in range(2):
        assert 200 == Chat(door.url).open().post({"id": "same", "text": "hello"}).status


def test_messages_are_handled_in_the_order_of_arrival(server: Server) -> None:
    """Ten messages in flight at once stand in the history in the order they were sent."""
    chat = Chat(server.url).open()
    connections = [chat.begin({"id": str(n), "text": f"hello number {n}"}) for n in range(10)]
    for connection in connections:
        response = connection.getresponse()
        assert 200 == response.status and response.read()
    said = [m["text"] for m in chat.history() if m["from"] == "person"]
    assert [f"hello number {n}" for n in range(10)] == said


def test_a_killed_server_forgets_no_turn(tmp_path: Path) -> None:
    """After kill -9 the same id returns the stored reply, and the history is whole."""
    running = Server(tmp_path).start()
    try:
        chat = Chat(running.url).open()
        first = chat.post({"id": "kept", "text": "they suspended me and i have no idea why"})
        running.kill()
        running.start()
        again = chat.post({"id": "kept", "text": "they suspended me and i have no idea why"})
        assert first.body == again.body
        assert 1 == sum(m["from"] == "person" for m in chat.history())
    finally:
        running.stop()


def test_a_pressed_button_stands_as_its_title(chat: Chat) -> None:
    """The history shows what a person saw."""
    chat.say("hello")
    chat.press("Show me the causes")
    person = [m["text"] for m in chat.history() if m["from"] == "person"]
    assert ["hello", "Show me the causes"] == person
    assert any(m["buttons"] for m in chat.history() if m["from"] == "bot")


@pytest.mark.parametrize("text", ["/restart", "/forget", "/start", "/help"])
def test_commands_work_when_typed(chat: Chat, text: str) -> None:
    """The four commands are answered, also in the page, and stand in the history as typed."""
    assert chat.say(text)
    if text in ("/start", "/help"):
        assert text in [line["text"] for line in chat.history()]


def test_a_reader_of_the_database_holds_nobody_up(server: Server) -> None:
    """While another program reads the file, forgetting ends at once, and the bytes go when it is done."""
    chat = Chat(server.url).open()
    chat.say("a client wanted to pay zanzibar by crypto")
    reader = sqlite3.connect(server.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    assert 204 == request("DELETE", f"{chat.url}/chat/session", headers=chat.authorization).status
    assert Chat(server.url).open().say("hello")
    reader.execute("COMMIT")
    reader.close()
    until(lambda: chat.conversation.encode() not in server.files())


@pytest.mark.parametrize("header", ["Bearer \xff\xfe", "Bearer", "\xff", "Bearer " + "x" * 5000])
def test_an_odd_token_is_no_token(door: Server, header: str) -> None:
    """Bytes that are no text are a 401 like any other wrong token."""
    assert 401 == request("GET", f"{door.url}/chat/history", headers={"Authorization": header}).status


def test_a_button_longer_than_any_is_refused(talk: Chat) -> None:
    """What cannot have been offered is a 400, however long."""
    assert 400 == talk.post({"id": "1", "button": "/" + "ж" * 9000}).status


def test_a_length_that_is_no_number_is_a_bad_request(door: Server) -> None:
    """What is no request gets a 400, and the next one an answer."""
    host, _, port = door.url.rpartition("//")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"POST /chat/session HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n")
        assert b" 400 " in raw.recv(100).splitlines()[0] + b" "
    assert [200, 200] == [request(how, f"{door.url}/health").status for how in ("GET", "HEAD")]


def test_the_page_is_found_without_its_last_slash(door: Server) -> None:
    """The page's own addresses are relative, so it has to be asked for with the slash."""
    assert b"<reinstate-chat" in request("GET", f"{door.url}/chat").body


@pytest.mark.parametrize("text", ['/cause_paid_outside{"id":"x"}', "/inform_notice", "/", "/etc/passwd"])
def test_typed_intents_never_reach_the_reader(chat: Chat, server: Server, text: str) -> None:
    """A typed slash is a command or "I don't know that command"."""
    lines = chat.say(text)
    assert "don't know that command" in lines[0]["text"]
    assert {} == chat.slots(server.database)


@pytest.mark.parametrize("how", ["typed", "command", "endpoint"])
def test_forgetting_leaves_no_byte(server: Server, how: str) -> None:
    """Typed, as a command or by the endpoint: no row, no byte, and the token is dead."""
    chat = Chat(server.url).open()
    secret = "zanzibar" + uuid.uuid4().hex.translate(_LETTERS)
    chat.say(f"my client {secret} wanted to pay with crypto outside upwork")
    assert secret.encode() in server.files()
    if how == "endpoint":
        assert 204 == request("DELETE", f"{chat.url}/chat/session", headers=chat.authorization).status
    else:
        chat.say("forget me" if how == "typed" else "/forget")
    until(
        lambda: (
            (data := server.files())
            and secret.encode() not in data
            and chat.conversation.encode() not in data
        )
    )
    with sqlite3.connect(server.database) as connection:
        query = "SELECT count(*) FROM events WHERE sender_id = ?"
        assert 0 == connection.execute(query, (chat.conversation,)).fetchone()[0]
    assert 401 == chat.post({"id": "2", "text": "hello"}).status


def test_a_running_turn_does_not_bring_a_forgotten_conversation_back(server: Server) -> None:
    """Messages in flight while it is deleted leave nothing behind."""
    chat = Chat(server.url).open()
    threads = [
        threading.Thread(target=chat.post, args=({"id": str(n), "text": f"message {n}"},)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    request("DELETE", f"{chat.url}/chat/session", headers=chat.authorization)
    for thread in threads:
        thread.join()
    until(lambda: chat.conversation.encode() not in server.files())


def test_private_numbers_are_never_stored(server: Server) -> None:
    """E-mail, phone and card numbers are masked before anything is kept."""
    chat = Chat(server.url).open()
    chat.say(
        "my mail is jo.hn@example.org, phone +380 67 123 45 67, card 4111 1111 1111 1111, paid $1200 in 2023"
    )
    data = server.files()
    assert [False] * 3 == [part in data for part in (b"jo.hn@example.org", b"123 45 67", b"4111 1111")]
    assert b"$1200 in 2023" in data


def test_a_flood_is_told_when_to_go_on(door: Server) -> None:
    """Fifteen at once pass, then 429 with a true Retry-After; another person is not held up."""
    chat, other = Chat(door.url).open(), Chat(door.url).open()
    answers = [chat.post({"id": str(n), "text": "hello"}) for n in range(20)]
    refused = [a for a in answers if a.status == 429]
    assert answers[0].status == 200
    assert refused
    assert all(re.fullmatch(r"[1-9]\d*", a.headers["retry-after"]) for a in refused)
    assert 200 == other.post({"id": "1", "text": "hello"}).status


def test_sessions_are_limited_by_address(tmp_path: Path) -> None:
    """One address opens some sixty sessions a minute; X-Forwarded-For of strangers does not help.

    The operator, whose proxy it may be, is told once.
    """
    running = Server(tmp_path, TRUSTED_PROXIES="").start()
    try:
        statuses = open_many(running, [f"10.0.0.{n}" for n in range(90)])
    finally:
        running.stop()
    assert 201 == statuses[0]
    assert 429 in statuses
    assert 1 == running.log.read_text(encoding="utf-8").count("TRUSTED_PROXIES")


def open_many(bot: Server, addresses: Iterable[str]) -> list[int]:
    """The statuses of requests for sessions from addresses, as a proxy tells them."""
    asked = (
        request("POST", f"{bot.url}/chat/session", {}, {"X-Forwarded-For": address}) for address in addresses
    )
    return [answer.status for answer in asked]


@pytest.mark.parametrize("spelt", ["10.77.0.1:{}", "[2001:db8::77]:{}", "10.77.0.2, unknown:{}"])
def test_an_address_is_one_whatever_port_a_proxy_tells_with_it(door: Server, spelt: str) -> None:
    """Some add the port that a person's machine has just chosen; that is nobody new."""
    assert 429 in open_many(door, (spelt.format(40_000 + n) for n in range(70)))


def test_all_together_are_limited_too(tmp_path: Path) -> None:
    """RATE_TOTAL_PER_MINUTE counts the messages of all conversations."""
    running = Server(tmp_path, RATE_TOTAL_PER_MINUTE="4").start()
    try:
        answers = [Chat(running.url).open().post({"id": "1", "text": "hello"}) for _ in range(3)]
    finally:
        running.stop()
    assert [200, 200, 429] == [answer.status for answer in answers]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 15


ORIGINS = [
    (None, 201, None),
    (ALLOWED, 201, ALLOWED),
    ("own", 201, "own"),
    (FORBIDDEN, 403, None),
    ("null", 403, None),
    (ALLOWED + ".evil.example", 403, None),
]


def test_our_own_page_may_talk_behind_a_proxy_that_changes_the_host(door: Server) -> None:
    """The browser says that it is our own, which no page can say falsely."""
    headers = {"Origin": FORBIDDEN, "Sec-Fetch-Site": "same-origin"}
    assert 201 == request("POST", f"{door.url}/chat/session", {}, headers).status
    assert (
        403
        == request("POST", f"{door.url}/chat/session", {}, {**headers, "Sec-Fetch-Site": "same-site"}).status
    )


def test_a_site_that_is_refused_is_told_to_the_operator(tmp_path: Path) -> None:
    """Once a minute at most, with what to do."""
    running = Server(tmp_path).start()
    try:
        for _ in range(3):
            request("POST", f"{running.url}/chat/session", {}, {"Origin": FORBIDDEN})
    finally:
        running.stop()
    told = running.log.read_text(encoding="utf-8")
    assert 1 == told.count(
        f"a page of {FORBIDDEN} was refused the chat: list that site in WEB_ALLOWED_ORIGINS"
    )


@pytest.mark.parametrize(("origin", "status", "echoed"), ORIGINS)
def test_only_allowed_origins_may_talk(
    door: Server, origin: str | None, status: int, echoed: str | None
) -> None:
    """The exact origin is echoed if it is allowed, on errors too; others get 403."""
    origin, echoed = (door.url if value == "own" else value for value in (origin, echoed))
    headers = {"Origin": origin} if origin else {}
    answer = request("POST", f"{door.url}/chat/session", {}, headers)
    assert (status, echoed) == (answer.status, answer.headers.get("access-control-allow-origin"))
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["session", "messages", "history"])
def test_a_preflight_is_answered_for_allowed_origins(door: Server, path: str) -> None:
    """204 with methods and headers for an allowed origin, none for another."""
    asking = {"Access-Control-Request-Method": "POST"}
    answer = request("OPTIONS", f"{door.url}/chat/{path}", headers={"Origin": ALLOWED, **asking})
    assert (204, ALLOWED) == (answer.status, answer.headers["access-control-allow-origin"])
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "DELETE" in answer.headers["access-control-allow-methods"]
    refused = request("OPTIONS", f"{door.url}/chat/{path}", headers={"Origin": FORBIDDEN, **asking})
    assert "access-control-allow-origin" not in refused.headers


def test_an_error_for_an_allowed_origin_can_be_read_by_it(door: Server) -> None:
    """A 401 carries the origin too."""
    answer = request("GET", f"{door.url}/chat/history", headers={"Origin": ALLOWED})
    assert (401, ALLOWED) == (answer.status, answer.headers["access-control-allow-origin"])


@pytest.mark.parametrize("path", ["/chat/", "/chat/widget.js"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_and_the_widget_are_served(door: Server, path: str, method: str) -> None:
    """200, a strict policy, nosniff, and an ETag that saves the second download."""
    answer = request(method, door.url + path)
    assert 200 == answer.status
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert bool(answer.body) == (method == "GET")
    assert 304 == request(method, door.url + path, headers={"If-None-Match": answer.headers["etag"]}).status


def test_what_the_page_refers_to_may_be_kept_for_ever(server: Server) -> None:
    """Its address carries its version; without one, or with an old one, it is asked for anew."""
    page = request("GET", f"{server.url}/chat/")
    assert "no-cache" == page.headers["cache-control"]
    named = re.findall(r'(?:src|href|data-chat)="([a-z.]+\?v=[0-9a-f]+)"', page.body.decode())
    assert 3 == len(named)
    for address in named:
        answer = request("GET", f"{server.url}/chat/{address}")
        assert 200 == answer.status
        assert "immutable" in answer.headers["cache-control"]
    assert "no-cache" == request("GET", f"{server.url}/chat/widget.js?v=old").headers["cache-control"]


def test_a_reply_comes_as_a_whole_and_is_kept_by_nobody(door: Server, talk: Chat) -> None:
    """Its length is said, so that proxies may collect it and who gets half of it knows; none may store it."""
    headers = {**talk.authorization, "Content-Type": "application/json"}
    body = json.dumps({"id": "1", "text": "hello"}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)
    connection.request("POST", "/chat/messages", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert said.endswith(b'{"type": "done"}\n')
    assert str(len(said)) == answer.getheader("content-length")
    assert "no-store" == answer.getheader("cache-control")


def test_the_widget_may_be_embedded(door: Server) -> None:
    """widget.js may be loaded from another site."""
    answer = request("GET", f"{door.url}/chat/widget.js")
    assert "cross-origin" == answer.headers["cross-origin-resource-policy"]


NOTHING = [
    "/version",
    "/status",
    "/model",
    "/webhooks/rest/webhook",
    "/conversations/x/tracker",
    "/chat/page.html",
]


@pytest.mark.parametrize("path", [*NOTHING, "/chat/../../etc/passwd", "/chat/%2e%2e/config.yml", "/docs"])
def test_nothing_else_answers(door: Server, path: str) -> None:
    """No other route of Rasa's is there, and no version is told."""
    answer = request("GET", door.url + path)
    assert 404 == answer.status
    assert b"3.6" not in answer.body


@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/widget.js", "/chat/messages", "/health", "/nothing"])
def test_no_answer_tells_what_runs_here(door: Server, path: str) -> None:
    """Neither the server's name nor its version, whether a page is there or not."""
    for answer in (request("GET", door.url + path), request("POST", door.url + path, {})):
        assert not {"server", "x-powered-by", "via"} & set(answer.headers)


def test_the_root_leads_to_the_chat(door: Server) -> None:
    """/ is a redirect."""
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert (302, "/chat/") == (answer.status, answer.getheader("location"))


COUNTED = (
    *("turns_total", "turn_seconds_count", "stage_seconds_bucket", "store_seconds_count", "intents_total"),
    *("causes_total", "verdicts_total"),
)


@pytest.mark.parametrize(("token", "status"), [("Bearer counting", 200), ("Bearer wrong", 401), ("", 401)])
def test_metrics_need_their_token(door: Server, talk: Chat, token: str, status: int) -> None:
    """Counted without ids or texts, and told only to who has the token."""
    talk.post({"id": "1", "text": "my account was suspended because I have two accounts"})
    answer = request("GET", f"{door.url}/metrics", headers={"Authorization": token})
    assert status == answer.status
    for name in COUNTED:
        assert (re.search(rf"^reinstate_{name}\{{", answer.body.decode(), re.MULTILINE) is not None) == (
            status == 200
        )
    assert talk.conversation.encode() not in answer.body


def test_metrics_are_not_there_without_a_token(server: Server) -> None:
    """404 when METRICS_TOKEN is unset."""
    assert 404 == request("GET", f"{server.url}/metrics").status


def test_a_turn_that_cannot_be_stored_says_so_and_can_be_repeated(tmp_path: Path) -> None:
    """With the database locked the turn fails in words; the same id works afterwards."""
    running = Server(tmp_path).start()
    try:
        chat = Chat(running.url).open()
        with sqlite3.connect(running.database, isolation_level=None) as blocker:
            blocker.execute("BEGIN EXCLUSIVE")
            failed = chat.post({"id": "1", "text": "hello"})
            blocker.execute("ROLLBACK")
        assert failed.status == 503 or b"went wrong" in failed.body
        assert 200 == chat.post({"id": "1", "text": "hello"}).status
        assert ["hello"] == [m["text"] for m in chat.history() if m["from"] == "person"]
    finally:
        running.stop()


def test_a_stored_slot_of_an_odd_shape_is_survived(server: Server) -> None:
    """A conversation from another release still gets an answer."""
    chat = Chat(server.url).open()
    chat.say("hello")
    with sqlite3.connect(server.database) as connection:
        for name, value in (("causes", {"a": 1}), ("notice", 7), ("circumstances", "x"), ("asked", [1])):
            event = {"event": "slot", "timestamp": 9e9, "name": name, "value": value}
            connection.execute(
                "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, 'slot', 9e9, ?)",
                (chat.conversation, json.dumps(event)),
            )
    assert chat.say("i took payment through paypal")


def test_nothing_private_is_logged(server: Server, chat: Chat) -> None:
    """The log holds neither texts nor conversation ids, and one name for the turns of a conversation."""
    begins = len(server.log.read_text(encoding="utf-8"))
    chat.say("the elephant paid me outside of upwork")
    chat.say("thank you")
    log = server.log.read_text(encoding="utf-8")
    assert (False, False) == ("elephant" in log, chat.conversation in log)
    turns = re.findall(r": a turn conversation=(\w{12}) door=web outcome=answered seconds=\d", log[begins:])
    assert (2, 1) == (len(turns), len(set(turns)))
