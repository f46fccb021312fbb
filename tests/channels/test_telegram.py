"""The Telegram door's contract, over real HTTP between the running bot and a fake Bot API."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import itertools
import json
import random
import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from reinstate.channels.service import Watch
from reinstate.channels.telegram_text import keyboard
from reinstate.knowledge import knowledge
from reinstate.server.app import LARGEST_REQUEST
from reinstate.server.settings import ROOT
from tests.channels.fake_telegram import BOT, TOKEN, ApiError, FakeTelegram, buttons
from tests.channels.large import post_large
from tests.channels.telegram_people import (
    SECRET,
    USERS,
    WEBHOOK,
    Person,
    events,
    heard,
    settings,
    webhook_settings,
    words,
)
from tests.running import Chat, Server, request

GROUPS = itertools.count(-100_500_000, -1)
CAUSE = "they suspended me for having two accounts, it was a mistake"
PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
FILE = {"file_id": "f", "file_unique_id": "u"}
MOVED, STAYED = -100_900_001, -900_001


@pytest.fixture(scope="module")
def fake(telegram: FakeTelegram) -> FakeTelegram:
    """The Bot API of the module's bot."""
    return telegram


@pytest.fixture(scope="module")
def door(fake: FakeTelegram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A bot behind a webhook."""
    running = Server(tmp_path_factory.mktemp("telegram"), **webhook_settings(fake)).start()
    fake.wait(lambda: fake.named("setMyCommands"))
    yield running
    running.stop()


@pytest.fixture
def person(fake: FakeTelegram, door: Server) -> Person:
    """Somebody new in a private chat."""
    return Person(fake, door)


@pytest.fixture
def member(fake: FakeTelegram, door: Server) -> Person:
    """Somebody new in a new group."""
    return Person(fake, door, group=next(GROUPS))


@pytest.fixture
def own_fake() -> Iterator[FakeTelegram]:
    """A Bot API for one test."""
    running = FakeTelegram().start()
    yield running
    running.stop()


# --- setting up ------------------------------------------------------------------------------


@pytest.mark.usefixtures("door")
def test_the_webhook_is_set_with_secret_and_only_what_is_handled(fake: FakeTelegram) -> None:
    """The address is given as it is, with the secret, asking for messages and presses only."""
    values = fake.named("setWebhook")[0].values
    assert (WEBHOOK, SECRET) == (values["url"], values["secret_token"])
    assert ["message", "callback_query"] == json.loads(values["allowed_updates"])


@pytest.mark.usefixtures("door")
def test_the_commands_are_registered(fake: FakeTelegram) -> None:
    """The menu shows the four commands with words of the domain."""
    commands = json.loads(fake.named("setMyCommands")[0].values["commands"])
    assert ["start", "help", "restart", "forget"] == [c["command"] for c in commands]
    assert words("telegram_command_help") == commands[1]["description"]


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET.upper(), "é"])
def test_without_the_secret_nothing_happens(fake: FakeTelegram, door: Server, secret: str) -> None:
    """A missing or wrong secret is 403, and no turn runs."""
    update = fake.message(next(USERS), "hello")
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    answer = request("POST", f"{door.url}/webhooks/telegram/webhook", update, headers)
    user = update["message"]["from"]["id"]
    assert (403, []) == (answer.status, events(door.database, f"telegram-{user}"))


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "without"])
def test_a_body_beyond_a_megabyte_is_refused(person: Person, door: Server, *, chunked: bool) -> None:
    """With the secret or without: it is not even read to its end, and no turn runs."""
    body = json.dumps(person.fake.message(person.user, "x" * LARGEST_REQUEST)).encode()
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
    assert 413 == post_large(f"{door.url}/webhooks/telegram/webhook", body, headers, chunked=chunked)
    assert person.ask("hello")
    assert ["hello"] == heard(door.database, person.conversation)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b"3", b"\xff", b"[" * 30000],
    ids=["empty", "open", "list", "number", "bytes", "deep"],
)
def test_what_is_no_update_is_refused(fake: FakeTelegram, door: Server, body: bytes) -> None:
    """A body that is no JSON object is 400, never 500."""
    assert 400 == fake.post(door.url, body).status


@pytest.mark.parametrize("path", ["set_webhook", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_else_can_set_the_webhook(fake: FakeTelegram, door: Server, method: str, path: str) -> None:
    """There is no address that makes the bot call setWebhook."""
    before = len(fake.named("setWebhook"))
    body = None if method == "GET" else {}
    assert 404 == request(method, f"{door.url}/webhooks/telegram/{path}", body).status
    assert before == len(fake.named("setWebhook"))


def test_between_two_tries_there_is_at_most_a_minute() -> None:
    """What Telegram does not accept is tried again after twice the time, up to sixty seconds."""
    watch = Watch("Telegram did not accept setWebhook (%s)")
    waits = [watch.wait_after("away") for _ in range(9)]
    assert [1, 2, 4, 8, 16, 32, 60, 60, 60] == waits
    watch.over()
    assert 1 == watch.wait_after("away")


CHANNEL = {
    "message_id": 1,
    "date": 1,
    "chat": {"id": -7, "type": "channel", "title": "C"},
    "text": "hi",
}
ODD_UPDATES: list[tuple[str, dict[str, Any]]] = [
    ("empty", {}),
    ("no id", {"message": CHANNEL}),
    ("id only", {"update_id": 1}),
    ("unknown kind", {"update_id": 2, "something_new": {"a": 1}}),
    ("channel post", {"update_id": 3, "channel_post": CHANNEL}),
    ("edited channel post", {"update_id": 4, "edited_channel_post": CHANNEL}),
    ("member", {"update_id": 5, "my_chat_member": {"chat": {"id": 1, "type": "private"}}}),
    ("message is a list", {"update_id": 6, "message": []}),
    ("no chat", {"update_id": 7, "message": {"message_id": 1, "date": 1, "text": "hi"}}),
    (
        "text is a number",
        {"update_id": 8, "message": {**CHANNEL, "chat": {"id": 1, "type": "private"}, "text": 5}},
    ),
    ("press without sender", {"update_id": 9, "callback_query": {"id": "1"}}),
    ("deep", {"update_id": 10, "message": json.loads('{"a":' * 300 + "1" + "}" * 300)}),
]


@pytest.mark.parametrize("update", [u[1] for u in ODD_UPDATES], ids=[u[0] for u in ODD_UPDATES])
def test_odd_updates_are_taken_and_dropped(fake: FakeTelegram, door: Server, update: dict[str, Any]) -> None:
    """An update that is not handled is 200, so that Telegram does not send it for ever."""
    assert 200 == fake.post(door.url, update).status


# --- messages --------------------------------------------------------------------------------


def test_a_message_is_answered(person: Person, door: Server) -> None:
    """A private message is a turn of telegram-<user>, with typing shown, buttons one a row."""
    reply = person.ask(CAUSE)
    assert any(
        "two accounts" in m["text"].casefold() or "more than one" in m["text"].casefold() for m in reply
    )
    assert [CAUSE] == heard(door.database, person.conversation)
    rows = [row for m in reply for row in m.get("reply_markup", {}).get("inline_keyboard", [])]
    assert rows
    assert all(1 == len(row) for row in rows)
    assert any(int(c.values["chat_id"]) == person.user for c in person.fake.named("sendChatAction"))


def test_what_identifies_is_masked(person: Person, door: Server) -> None:
    """An e-mail address reaches neither the conversation nor the inbox."""
    person.ask("they suspended me, write to jane.roe@example.org please")
    assert "[email]" in heard(door.database, person.conversation)[0]
    assert b"jane.roe@example.org" not in door.files()


@pytest.mark.parametrize(
    ("intent", "command"),
    [
        ("/greet", "/start"),
        ("/greet", "/start ref-from-an-ad"),
        ("/greet", "/START"),
        ("/greet", "/start@Reinstate_Test_Bot"),
        ("/ask_capabilities", "/help"),
        ("/ask_capabilities", "/help@reinstate_test_bot now"),
        ("/restart", "/restart"),
    ],
)
def test_commands_are_understood(person: Person, door: Server, intent: str, command: str) -> None:
    """A command runs, with or without the bot's name; what follows it is not read as words."""
    assert person.ask(command)
    assert [intent] == heard(door.database, person.conversation)


def test_restart_starts_a_new_case(person: Person, door: Server) -> None:
    """After /restart nothing of the case before is left."""
    person.ask(CAUSE)
    assert person.ask("/restart")
    assert events(door.database, person.conversation, "restart")
    latest = {e["name"]: e["value"] for e in events(door.database, person.conversation, "slot")}
    with contextlib.closing(sqlite3.connect(door.database)) as connection:
        kinds = connection.execute(
            "SELECT type_name FROM events WHERE sender_id = ? ORDER BY id", (person.conversation,)
        ).fetchall()
    after = kinds[max(n for n, k in enumerate(kinds) if k[0] == "restart") :]
    assert ("slot",) not in after or not latest.get("causes")


@pytest.mark.parametrize("how", ["/forget", "/forget@Reinstate_Test_Bot", "forget me"])
def test_forget_leaves_no_byte(person: Person, door: Server, how: str) -> None:
    """After /forget neither words nor the conversation's name are in the database's files."""
    person.ask("they suspended me because of xylophonic reasons")
    person.send(person.fake.message(person.user, how))
    name, word = person.conversation.encode(), b"xylophonic"

    ends = time.monotonic() + 10
    while time.monotonic() < ends and (name in (stored := door.files()) or word in stored):
        time.sleep(0.05)
    stored = door.files()
    assert (False, False) == (name in stored, word in stored)


@pytest.mark.parametrize(
    "text",
    [
        "/frobnicate",
        "/",
        "/ hello",
        '/inform_notice{"id":"permanent"}',
        "/cause_inactivity",
        "/start@Other_Bot",
    ],
)
def test_an_unknown_command_gets_one_line(person: Person, door: Server, text: str) -> None:
    """What begins with / and is no command is answered in one line and never read as an intent."""
    assert [words("unknown_command")] == [m["text"] for m in person.ask(text)]
    assert [] == heard(door.database, person.conversation)


def test_no_letters_are_cut_out_of_a_text(person: Person, door: Server) -> None:
    """A text is read as it is, also where it holds "/bot" or the bot's own name."""
    text = "my account/bot was suspended, I asked @Reinstate_Test_Bot"
    person.ask(text)
    assert [text] == heard(door.database, person.conversation)


SHOWN: list[tuple[str, dict[str, Any]]] = [
    ("photo", {"photo": PHOTO}),
    ("voice", {"voice": {**FILE, "duration": 1}}),
    ("document", {"document": FILE}),
    ("video", {"video": {**FILE, "width": 1, "height": 1, "duration": 1}}),
    ("audio", {"audio": {**FILE, "duration": 1}}),
]


@pytest.mark.parametrize("content", [c[1] for c in SHOWN], ids=[c[0] for c in SHOWN])
def test_what_cannot_be_read_is_asked_for_as_text(person: Person, content: dict[str, Any]) -> None:
    """A photo, voice message or file gets a kind word that asks for text."""
    assert [words("telegram_no_text")] == [m["text"] for m in person.ask(**content)]


@pytest.mark.parametrize("content", [c[1] for c in SHOWN[:3]], ids=[c[0] for c in SHOWN[:3]])
def test_captions_are_read(person: Person, door: Server, content: dict[str, Any]) -> None:
    """What is written under a photo or file is a message."""
    assert words("telegram_no_text") not in [m["text"] for m in person.ask(caption=CAUSE, **content)]
    assert [CAUSE] == heard(door.database, person.conversation)


SMALL: list[tuple[str, dict[str, Any]]] = [
    (
        "sticker",
        {
            "sticker": {
                **FILE,
                "width": 1,
                "height": 1,
                "type": "regular",
                "is_animated": False,
                "is_video": False,
            }
        },
    ),
    ("location", {"location": {"latitude": 1, "longitude": 2}}),
    ("contact", {"contact": {"phone_number": "1", "first_name": "A"}}),
    ("dice", {"dice": {"value": 3, "emoji": "🎲"}}),
    ("blank", {"text": "  \n "}),
    ("pinned", {"pinned_message": {**CHANNEL, "chat": {"id": 1, "type": "private"}}}),
]


@pytest.mark.parametrize("content", [c[1] for c in SMALL], ids=[c[0] for c in SMALL])
def test_small_things_get_at_most_a_word(person: Person, door: Server, content: dict[str, Any]) -> None:
    """A sticker, a place, a contact, dice or nothing is no reason to speak."""
    assert len(person.ask(**content)) <= 1
    assert [] == heard(door.database, person.conversation)


@pytest.mark.parametrize("content", [{"text": "changed"}, {"caption": "changed", "photo": PHOTO}])
def test_edits_are_met_with_silence(person: Person, door: Server, content: dict[str, Any]) -> None:
    """An edited message or caption is neither answered nor read."""
    message = person.fake.message(person.user, **content)["message"]
    edited = person.fake.update(edited_message={**message, "edit_date": 2})
    assert [] == person.replies_to(edited)
    assert [] == heard(door.database, person.conversation)


def test_a_text_beyond_4000_characters_gets_a_polite_sentence(person: Person) -> None:
    """Telegram lets 4,096 through; the gate 4,000."""
    person.send(person.fake.message(person.user, "x" * 4050))
    person.fake.wait(lambda: person.received)
    assert [words("too_long")] == [m["text"] for m in person.received]


@pytest.mark.parametrize(
    "text", ["<b>bold & <i>", "&lt; *x* _y_ `z` [a](b)", "\u0000nul", "😀" * 900, "ﷺ ‮ abc"]
)
def test_any_text_gets_an_answer(person: Person, text: str) -> None:
    """Markup, control characters and emoji of a person break nothing."""
    assert person.ask(text)


def test_a_burst_is_answered_in_order(person: Person, door: Server) -> None:
    """Messages of one conversation are worked on in the order of arrival."""
    texts = [f"they suspended me, part {n} of my story" for n in range(6)]
    for text in texts[:-1]:
        person.send(person.fake.message(person.user, text))
    person.ask(texts[-1])
    assert texts == heard(door.database, person.conversation)


def test_a_repeated_update_is_one_turn(person: Person, door: Server) -> None:
    """Telegram repeats what it thinks was lost; an update id counts once, also at the same time."""
    update = person.fake.message(person.user, CAUSE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(person.send, [update] * 4))
    person.until_marker(0)
    person.send(update)
    again = person.until_marker(len(person.received))
    assert [] == again
    assert [CAUSE] == heard(door.database, person.conversation)
    spoken = [e["text"] for e in events(door.database, person.conversation, "bot") if e["text"]]
    marker = words("too_long")
    assert len(spoken) == len([m for m in person.received if m["text"] != marker])


def test_the_same_person_in_two_doors_at_once_has_two_conversations(person: Person, door: Server) -> None:
    """Each door answers what was said in it, in order, and forgetting in one leaves the other as it is."""
    chat = Chat(door.url).open()
    texts = {"web": ["a client paid me over paypal", "it was only once"], "telegram": [CAUSE, "in may"]}
    with ThreadPoolExecutor(2) as pool:
        web = pool.submit(lambda: [chat.say(text) for text in texts["web"]])
        telegram = pool.submit(lambda: [person.ask(text) for text in texts["telegram"]])
        assert all(web.result()) and all(telegram.result())
    assert texts["web"] == heard(door.database, chat.conversation)
    of_telegram = Chat(door.url, conversation=person.conversation)
    assert ["paid_outside"] == chat.slots(door.database)["causes"]
    assert ["multiple_accounts"] == of_telegram.slots(door.database)["causes"]
    assert 204 == request("DELETE", f"{door.url}/chat/session", None, chat.authorization).status
    assert [] == heard(door.database, chat.conversation)
    assert texts["telegram"] == heard(door.database, person.conversation)


def test_a_repeated_line_of_the_door_is_said_once(person: Person) -> None:
    """Also what is no turn, such as the word about a photo, is not repeated."""
    update = person.fake.message(person.user, photo=PHOTO)
    person.send(update)
    person.send(update)
    assert 1 == len(person.until_marker(0))


# --- buttons ---------------------------------------------------------------------------------


def asked(person: Person) -> dict[str, Any]:
    """A message of the bot with buttons."""
    return next(m for m in person.ask("hello") if buttons(m))


def test_a_press_is_answered_and_the_keyboard_replaced(person: Person, door: Server) -> None:
    """A press is answered before its turn, runs the turn, and leaves the choice in words."""
    message = asked(person)
    text, choice = message["text"], buttons(message)[0]
    assert person.press(dict(message))
    shown = next(m for m in person.received if m["message_id"] == message["message_id"])
    assert f"{text}\n\n▸ {choice['text']}" == shown["text"]
    assert [] == buttons(shown)
    assert choice["callback_data"] == heard(door.database, person.conversation)[-1]
    calls = [c for c in person.fake.calls if c.method in ("answerCallbackQuery", "editMessageText")]
    assert ["answerCallbackQuery", "editMessageText"] == [c.method for c in calls[-2:]]


FORGED = [
    "/restart",
    "/forget_me",
    '/inform_notice{"id":"permanent"}',
    "hello",
    "x" * 64,
    "\u0000",
    "%_%",
]


@pytest.mark.parametrize("data", FORGED)
def test_a_forged_press_is_answered_and_does_nothing(person: Person, door: Server, data: str) -> None:
    """Data that was never offered gets one polite line; the conversation stays as it was."""
    message = asked(person)
    before = heard(door.database, person.conversation)
    answered = len(person.fake.named("answerCallbackQuery"))
    assert [words("unknown_button")] == [m["text"] for m in person.press(message, data)]
    person.fake.wait(lambda: len(person.fake.named("answerCallbackQuery")) == answered + 1)
    assert before == heard(door.database, person.conversation)


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (None, "/cause_unknown"),
        (None, None),
        ({"message_id": 4, "date": 0}, "/cause_unknown"),
        ({"message_id": 4, "date": 1, "text": "old"}, None),
    ],
    ids=["no message", "a game", "too old to be seen", "no data"],
)
def test_stale_presses_are_answered(person: Person, message: Any, data: str | None) -> None:
    """Every press is answered, so that no button waits for ever, and says at most one line."""
    if message:
        message = {**message, "chat": {"id": person.user, "type": "private"}}
    update = person.fake.tap(person.user, message, data)
    assert len(person.replies_to(update)) <= 1
    person.fake.wait(lambda: person.fake.queries[update["callback_query"]["id"]])


def test_a_repeated_press_is_one_turn(person: Person, door: Server) -> None:
    """The same press sent again, and a double tap in the same moment, are one choice."""
    message = dict(asked(person))
    data = buttons(message)[0]["callback_data"]
    first = person.fake.tap(person.user, message, data)
    second = person.fake.tap(person.user, message, data)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(person.send, [first, second, first]))
    person.until_marker(len(person.received))
    person.fake.wait(lambda: person.fake.queries[second["callback_query"]["id"]])
    person.fake.wait(lambda: data in heard(door.database, person.conversation))
    assert heard(door.database, person.conversation).count(data) <= 2
    mine = first["callback_query"]["id"]
    answers = [c for c in person.fake.calls if c.values.get("callback_query_id") == mine]
    assert 1 == len(answers)


def test_every_payload_fits_in_a_group_too() -> None:
    """Whatever button the bot makes, its data has at most 64 bytes with the largest id of a member."""
    facts = knowledge()
    values = {
        "deny_circumstance": facts.circumstances,
        "inform_notice": facts.notices,
        "inform_appealed": facts.appeals,
        "inform_group": facts.groups,
    }
    payloads = [f'/{intent}{{"id":"{id}"}}' for intent, ids in values.items() for id in ids]
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    payloads += [f"/{i if isinstance(i, str) else next(iter(i))}" for i in domain["intents"]]
    offered = [{"title": "x", "payload": p} for p in payloads]
    assert len(payloads) == len(keyboard(offered, 2**52))


# --- groups ----------------------------------------------------------------------------------


def test_in_a_group_only_what_is_addressed_is_answered(member: Person, door: Server) -> None:
    """Talk, other bots' commands and others' mentions get silence; a mention gets an answer."""
    for text in ("my account was suspended", "/ban him", "/help@Other_Bot", "@Other_Bot hello"):
        assert [] == member.ask(text)
    assert member.ask("my account was suspended, what now @REINSTATE_test_bot ?")
    assert ["my account was suspended, what now ?"] == heard(door.database, member.conversation)


def test_in_a_group_the_reply_answers_the_member(member: Person) -> None:
    """The reply quotes the member's message, and says once where to write in private."""
    update = member.fake.message(member.user, "/start", member.group)
    reply = member.replies_to(update)
    assert {update["message"]["message_id"]} == {m["answers"] for m in reply}
    hint = words("telegram_group").format(name=BOT["username"])
    assert hint == reply[-1]["text"]
    assert hint not in [m["text"] for m in member.ask("/help")]


def test_in_a_group_a_reply_to_the_bot_counts(member: Person, door: Server) -> None:
    """Who quotes the bot speaks to it."""
    quoted = member.ask("/start")[0]
    assert member.ask(CAUSE, reply_to_message={k: v for k, v in quoted.items() if k != "answers"})
    assert CAUSE == heard(door.database, member.conversation)[-1]


def test_members_and_chats_have_conversations_of_their_own(member: Person, door: Server) -> None:
    """One person in private, in a group, and another member: three conversations."""
    other = Person(member.fake, door, member.group)
    private = Person(member.fake, door, user=member.user)
    for who, text in ((member, "/start"), (other, "/help"), (private, "/restart")):
        assert who.ask(text)
    assert ["/greet"] == heard(door.database, member.conversation)
    assert ["/ask_capabilities"] == heard(door.database, other.conversation)
    assert ["/restart"] == heard(door.database, private.conversation)


def test_another_members_press_never_enters_mine(member: Person, door: Server) -> None:
    """It is answered, changes neither conversation, and leaves my keyboard alone."""
    other = Person(member.fake, door, member.group)
    mine = next(m for m in member.ask("/start") if buttons(m))
    other.ask("/start")
    before = heard(door.database, member.conversation), heard(door.database, other.conversation)
    update = member.fake.tap(other.user, mine, buttons(mine)[0]["callback_data"])
    assert [] == other.replies_to(update)
    query = update["callback_query"]["id"]
    answers = [c for c in member.fake.calls if c.values.get("callback_query_id") == query]
    assert [words("telegram_not_yours")] == [c.values["text"] for c in answers]
    assert before == (
        heard(door.database, member.conversation),
        heard(door.database, other.conversation),
    )
    assert member.press(mine)


# --- what can go wrong -----------------------------------------------------------------------


def test_formatting_that_telegram_refuses_goes_out_plain(person: Person) -> None:
    """A reply is not lost because of its looks."""
    error = ApiError(400, "Bad Request: can't parse entities: unexpected end of name token")
    person.fake.refuse("sendMessage", error, chat=person.user)
    assert person.ask("hello")
    calls = [c for c in person.fake.calls if c.values.get("chat_id") == str(person.user)]
    sends = [c for c in calls if c.method == "sendMessage"]
    assert ("HTML", None) == tuple(c.values.get("parse_mode") for c in sends[:2])
    assert (400, 200) == tuple(c.code for c in sends[:2])


def test_a_blocked_bot_is_quiet(person: Person, door: Server) -> None:
    """Who has blocked the bot costs one line of the log, no error, and not the turn."""
    person.fake.blocked.add(person.user)
    person.send(person.fake.message(person.user, CAUSE))
    person.fake.wait(lambda: any(c.code == 403 and c.method == "sendMessage" for c in person.fake.calls))
    person.fake.blocked.remove(person.user)
    assert person.ask("hello")
    assert [CAUSE, "hello"] == heard(door.database, person.conversation)
    refused = [c for c in person.fake.calls if c.code == 403 and c.values["chat_id"] == str(person.user)]
    assert 1 == len([c for c in refused if c.method == "sendMessage"])
    assert "Traceback" not in door.log.read_text(encoding="utf-8")


def test_a_429_is_waited_out(person: Person) -> None:
    """The webhook is acknowledged at once, and the reply comes when Telegram takes it."""
    error = ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
    person.fake.refuse("sendMessage", error, times=2, chat=person.user)
    person.send(person.fake.message(person.user, "hello"))
    assert [] == person.received
    first = person.fake.wait(lambda: person.received)[0]
    calls = [c for c in person.fake.calls if c.values.get("chat_id") == str(person.user)]
    sends = [c for c in calls if c.method == "sendMessage"]
    assert [429, 429, 200] == [c.code for c in sends[:3]]  # Too early would be a third 429.
    assert first["text"]


def test_one_persons_429_holds_up_nobody_else(person: Person, fake: FakeTelegram, door: Server) -> None:
    """While one reply waits, others are answered."""
    slow = Person(fake, door)
    fake.refuse("sendMessage", ApiError(429, "Too Many Requests", retry_after=8), chat=slow.user)
    slow.send(fake.message(slow.user, "hello"))
    assert person.ask("hello")
    assert [] == slow.received


@pytest.mark.parametrize(
    "error",
    [ApiError(400, "Bad Request: chat not found"), ApiError(401, "Unauthorized")],
    ids=["refused", "unauthorized"],
)
def test_a_reply_that_cannot_be_sent_does_not_lose_the_turn(
    person: Person, door: Server, error: ApiError
) -> None:
    """It is logged with the reason and stays in the conversation."""
    person.fake.refuse("sendMessage", error, times=9, chat=person.user)
    person.send(person.fake.message(person.user, "hello"))
    person.fake.wait(
        lambda: [
            c
            for c in person.fake.calls
            if c.code == error.code and c.values.get("chat_id") == str(person.user)
        ]
    )
    person.fake.refusals.clear()
    person.until_marker(0)
    assert ["hello"] == heard(door.database, person.conversation)
    assert [e for e in events(door.database, person.conversation, "bot") if e["text"]]
    reason = "Chat not found" if error.code == 400 else "InvalidToken"
    log = door.log.read_text(encoding="utf-8")
    assert any("could not be sent over telegram" in line and reason in line for line in log.splitlines())


def test_a_reply_follows_a_group_that_became_a_supergroup(fake: FakeTelegram, door: Server) -> None:
    """Telegram names the new chat; the reply goes there."""
    member = Person(fake, door, group=STAYED)
    error = ApiError(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=MOVED)
    fake.refuse("sendMessage", error, times=1, chat=STAYED)
    member.send(fake.message(member.user, "/help", STAYED))
    assert fake.wait(lambda: fake.sent(MOVED))


def test_a_broken_line_is_tried_again(person: Person) -> None:
    """A 502 of Telegram does not lose the reply."""
    person.fake.refuse("sendMessage", ApiError(502, "Bad Gateway"), chat=person.user)
    assert person.ask("hello")


def test_the_account_is_asked_for_once(fake: FakeTelegram, person: Person) -> None:
    """No update leads to a call of getMe."""
    person.ask("hello")
    assert 1 == len(fake.named("getMe"))


def test_neither_token_nor_secret_is_logged(door: Server) -> None:
    """The log never holds what opens the door."""
    log = door.log.read_text(encoding="utf-8")
    assert TOKEN.partition(":")[2] not in log
    assert SECRET not in log


# --- other settings --------------------------------------------------------------------------


def test_without_a_token_the_door_is_closed(server: Server) -> None:
    """404, and one line in the log says why."""
    assert 404 == request("POST", f"{server.url}/webhooks/telegram/webhook", {}).status
    assert 1 == server.log.read_text(encoding="utf-8").count("Telegram door is closed")


def test_a_wrong_token_closes_only_this_door(own_fake: FakeTelegram, tmp_path: Path) -> None:
    """The log says so without the token, and the web door lives."""
    given = settings(own_fake, TELEGRAM_BOT_TOKEN="7001:wrong", TELEGRAM_WEBHOOK_URL=WEBHOOK)
    wrong = Server(tmp_path, **given).start()
    try:
        own_fake.wait(lambda: [c for c in own_fake.calls if c.code == 401])
        assert Chat(wrong.url).open().say("hello")
        log = wrong.log.read_text(encoding="utf-8")
        assert "refuses the token" in log
        assert "7001:wrong" not in log
    finally:
        wrong.stop()


@pytest.fixture
def late(tmp_path: Path) -> Iterator[tuple[FakeTelegram, Server]]:
    """A bot whose Telegram cannot be reached at first, with a derived secret and usual rates."""
    fake = FakeTelegram()
    given = settings(fake, TELEGRAM_WEBHOOK_URL=WEBHOOK, RATE_PER_MINUTE="30")
    server = Server(tmp_path, **given).start()
    yield fake, server
    server.stop()
    fake.stop()


def test_start_up_does_not_wait_for_telegram(late: tuple[FakeTelegram, Server]) -> None:
    """Healthy without Telegram; when it comes back the webhook is set, with a derived secret.

    The same bot shows that a turn that fails is said and can be repeated, and a flood told once.
    """
    fake, server = late
    assert 200 == request("GET", f"{server.url}/health").status
    assert Chat(server.url).open().say("hello")
    fake.start()
    fake.wait(lambda: fake.named("setMyCommands"), 90)
    derived = hmac.new(TOKEN.encode(), b"reinstate telegram webhook", hashlib.sha256).hexdigest()
    assert derived == fake.webhook["secret_token"]
    log = server.log.read_text(encoding="utf-8")
    assert "derived from the bot token" in log
    assert derived not in log
    _a_turn_that_fails_is_said(Person(fake, server))
    _a_flood_is_told_once(Person(fake, server))


def _a_turn_that_fails_is_said(person: Person) -> None:
    def rename(old: str, new: str) -> None:
        with contextlib.closing(sqlite3.connect(person.server.database)) as connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")

    rename("events", "events_away")
    try:
        person.send(person.fake.message(person.user, CAUSE))
        person.fake.wait(lambda: [words("failed")] == [m["text"] for m in person.received])
    finally:
        rename("events_away", "events")
    person.send(person.fake.message(person.user, CAUSE))
    person.fake.wait(lambda: len(person.received) > 2)
    assert [CAUSE] == heard(person.server.database, person.conversation)
    rename("inbox", "inbox_away")
    try:
        before = len(person.received)
        update = person.send(person.fake.message(person.user, "hello"))
        person.fake.wait(lambda: len(person.received) > before)
        person.send(update)
    finally:
        rename("inbox_away", "inbox")
    person.send(person.fake.message(person.user, "thank you"))
    person.fake.wait(lambda: "thank you" in heard(person.server.database, person.conversation))
    assert [CAUSE, "hello", "thank you"] == heard(person.server.database, person.conversation)


def _a_flood_is_told_once(person: Person) -> None:
    for n in range(30):
        person.send(person.fake.message(person.user, f"they suspended me, number {n}"))
    person.fake.wait(lambda: words("too_many") in [m["text"] for m in person.received])
    other = Person(person.fake, person.server)
    other.send(person.fake.message(other.user, "hello"))
    person.fake.wait(lambda: other.received)
    assert 15 <= len(heard(person.server.database, person.conversation)) <= 20
    assert 1 == [m["text"] for m in person.received].count(words("too_many"))


def test_a_token_alone_is_enough(own_fake: FakeTelegram, tmp_path: Path) -> None:
    """Without a webhook address the old webhook goes, polling runs, and a kill -9 loses nothing."""
    own_fake.webhook = {"url": "https://old.example/"}
    server = Server(tmp_path, **settings(own_fake)).start()
    try:
        own_fake.wait(lambda: own_fake.named("deleteWebhook"))
        assert 404 == request("POST", f"{server.url}/webhooks/telegram/webhook", {}).status
        user = next(USERS)
        own_fake.queue(own_fake.message(user, "hello"))
        own_fake.wait(lambda: own_fake.sent(user))
        asked = own_fake.named("getUpdates")[0].values
        assert ["message", "callback_query"] == json.loads(asked["allowed_updates"])
        users = [next(USERS) for _ in range(8)]
        own_fake.queue(own_fake.update(message={"message_id": 1}))  # of no known shape: skipped
        for user in users:
            own_fake.queue(own_fake.message(user, CAUSE))
        own_fake.wait(lambda: own_fake.sent(users[0]))
        server.kill()
        server.start()
        own_fake.wait(lambda: all(own_fake.sent(user) for user in users))
        own_fake.wait(lambda: not own_fake.pending)
        for user in users:
            assert [CAUSE] == heard(server.database, f"telegram-{user}")
        own_fake.refuse("getUpdates", ApiError(409, "Conflict: terminated by other getUpdates request"))
        own_fake.queue(own_fake.message(users[0], "thank you"))
        own_fake.wait(lambda: any(c.code == 409 for c in own_fake.calls))
        own_fake.queue(own_fake.message(users[0], "thanks again"))
        own_fake.wait(lambda: "thanks again" in heard(server.database, f"telegram-{users[0]}"))
    finally:
        server.stop()


# --- load ------------------------------------------------------------------------------------

TALKERS, TURNS_EACH, REPEATED = 50, 6, 0.1


@pytest.mark.soak
def test_nothing_is_lost_or_doubled(own_fake: FakeTelegram, tmp_path: Path) -> None:
    """50 busy talks, 10 % repeats, 5 % 429s and a restart: each message is one turn."""
    own_fake.every_nth_429 = 20
    server = Server(tmp_path, **webhook_settings(own_fake)).start()
    try:
        own_fake.wait(lambda: own_fake.named("setMyCommands"))
        users = [next(USERS) for _ in range(TALKERS)]
        times = _talk(own_fake, server, users)
        wanted = [f"hello, this is number {n}" for n in range(TURNS_EACH)]
        ends = time.monotonic() + 120
        while time.monotonic() < ends and _open_rows(server.database):
            time.sleep(0.2)
        assert 0 == _open_rows(server.database)
        for user in users:
            assert wanted == heard(server.database, f"telegram-{user}")
            spoken = [e["text"] for e in events(server.database, f"telegram-{user}", "bot") if e["text"]]
            assert spoken == [m["text"] for m in own_fake.sent(user)]
        refused = len([c for c in own_fake.calls if c.code == 429])
        p95 = statistics.quantiles(times, n=20)[-1]
        print(
            f"\n{len(times)} updates, {refused} replies refused with 429, "
            f"acknowledged in p95 {p95 * 1000:.0f} ms"
        )
    finally:
        server.stop()


def _talk(fake: FakeTelegram, server: Server, users: list[int]) -> list[float]:
    """Everybody writes at once, a restart in the middle; seconds of each acknowledgement."""
    times: list[float] = []
    halfway = threading.Barrier(len(users) + 1)

    def deliver(update: dict[str, Any]) -> None:
        """As Telegram does: again until it is acknowledged."""
        while True:
            started = time.monotonic()
            with contextlib.suppress(OSError):
                if fake.post(server.url, update).status == 200:
                    times.append(time.monotonic() - started)
                    return
            time.sleep(0.2)

    def talk(user: int) -> None:
        chance = random.Random(user)
        for n in range(TURNS_EACH):
            update = fake.message(user, f"hello, this is number {n}")
            deliver(update)
            if n == TURNS_EACH // 2:
                halfway.wait()
            if chance.random() < REPEATED:
                deliver(update)

    with ThreadPoolExecutor(len(users) + 1) as pool:
        done = [pool.submit(talk, user) for user in users]
        halfway.wait()
        server.restart()
        for future in done:
            future.result()
    return times


def _open_rows(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM inbox WHERE body != ''").fetchone()[0])
