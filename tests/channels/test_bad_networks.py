"""The doors to Slack and Telegram when what lies between fails, or the service does."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.channels import slack_people, telegram_people
from tests.channels.fake_slack import APP_TOKEN, TEAM, FakeSlack, Sender, direct, event, signed
from tests.channels.fake_slack import Foreign as SlackForeign
from tests.channels.fake_telegram import ApiError, FakeTelegram
from tests.channels.fake_telegram import Foreign as TelegramForeign
from tests.channels.slack_people import Kept
from tests.relay import Relay
from tests.running import SOAK, Chat, Server, request, until

STORY = "i have two accounts because i forgot about the old one"
# What a firewall, a proxy, a captive portal and a load balancer answer: status, type, body.
PAGES = [
    (503, "text/plain", "upstream connect error"),
    (403, "text/html", "<html>Blocked</html>"),
    (200, "text/html", "<html>Sign in</html>"),
    (502, "application/json", '{"message": "Endpoint request timed out"}'),
    (200, "application/json", '{"ok": false}'),
    (200, "application/json", "[" * 100_000),
]
# What the services say themselves when they cannot, for a while.
SLACK_LATER = [
    (429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "soon"}),
    (429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "-1"}),
    (429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    (500, '{"ok": false, "error": "unheard_of"}', {}),
    (200, '{"ok": false, "error": "team_added_to_org"}', {}),
]
TELEGRAM_LATER: list[tuple[int, dict[str, Any]]] = [
    (429, {"parameters": {"retry_after": "soon"}}),
    (429, {"parameters": {"retry_after": None}}),
    (429, {"parameters": {"retry_after": -1}}),
    (429, {"parameters": None}),
    (429, {}),
    (500, {}),
    (400, {"parameters": {"migrate_to_chat_id": "elsewhere"}}),
]
_groups = iter(range(-900_000, -800_000))


@pytest.fixture(scope="module")
def bot(
    slack: FakeSlack, telegram: FakeTelegram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One bot at both services; the first answers of each are not theirs."""
    slack.between.append(SlackForeign("auth.test"))
    telegram.between += [TelegramForeign("setWebhook"), TelegramForeign("getMe", status=401)]
    given = {**slack_people.settings(slack), **telegram_people.webhook_settings(telegram)}
    running = Server(tmp_path_factory.mktemp("networks"), **given).start()
    telegram.wait(lambda: telegram.named("setMyCommands"))
    slack.wait_for(lambda: slack.called("auth.test"))
    yield running
    running.stop()


@pytest.fixture
def ann(slack: FakeSlack, bot: Server) -> slack_people.Person:
    """Somebody in Slack."""
    return slack_people.Person(slack, bot)


@pytest.fixture
def ben(telegram: FakeTelegram, bot: Server) -> telegram_people.Person:
    """Somebody in Telegram, who has said hello."""
    person = telegram_people.Person(telegram, bot)
    assert person.ask("hello")
    return person


def said(bot: Server, conversation: str) -> list[str]:
    """What the bot said in a conversation."""
    return Kept(bot.database).said(conversation, "bot")


def read(messages: list[dict[str, Any]], lines: list[str]) -> list[str]:
    """Telegram's messages, without the sources below those lines of the bot that have some."""
    texts = [message["text"] for message in messages]
    return [line if text.startswith(f"{line}\n\n") else text for text, line in zip(texts, lines)] + texts[
        len(lines) :
    ]


def log(bot: Server) -> str:
    """The log."""
    return bot.log.read_text(encoding="utf-8")


def test_the_doors_open_although_the_first_answers_were_not_theirs(bot: Server) -> None:
    """A 401 of a proxy says nothing of the token."""
    assert "the Slack door is open in Tests" in log(bot)
    assert "refuses" not in log(bot)


# --- replies -----------------------------------------------------------------------------------


def test_a_reply_in_slack_comes_whole_whatever_answers_in_its_place(slack: FakeSlack, bot: Server) -> None:
    """Every line, in order, once."""
    people = [slack_people.Person(slack, bot) for _ in PAGES]
    for person, (status, kind, body) in zip(people, PAGES):
        slack.between.append(SlackForeign("chat.postMessage", 3, status, body, kind, person.channel))
        person.send(person.direct(STORY))
    people[0].kept.settle()
    for person in people:
        assert said(bot, person.conversation) == [m.shown for m in slack.in_channel(person.channel)]


def test_a_reply_in_telegram_comes_whole_whatever_answers_in_its_place(
    telegram: FakeTelegram, bot: Server
) -> None:
    """Every line, in order, once."""
    pages = [
        (502, b"<html>"),
        (403, b"<html>Blocked</html>"),
        (401, b"Proxy login"),
        (200, b"<html>Hi</html>"),
        (200, b""),
        (200, b'{"ok": true}'),
        (200, b'{"ok": false, "error_code": 502, "description": "Bad Gateway"}'),
        (502, b"\xff\xfe{"),
        (200, '{"ok": true, "result": 1}'.encode("utf-16")),
    ]
    people = [telegram_people.Person(telegram, bot) for _ in pages]
    for person, (status, body) in zip(people, pages):
        telegram.between.append(TelegramForeign("sendMessage", 3, status, body, person.user))
        person.send(telegram.message(person.user, STORY))
    Kept(bot.database).settle()
    for person in people:
        lines = said(bot, person.conversation)
        assert lines == read(person.received, lines)


@pytest.mark.parametrize(("status", "body", "headers"), SLACK_LATER)
def test_a_slack_that_cannot_now_gets_the_reply_later(
    ann: slack_people.Person, bot: Server, status: int, body: str, headers: dict[str, str]
) -> None:
    """However it says so; a pause that is no number of seconds is none."""
    later = SlackForeign(
        "chat.postMessage", 2, status, body, "application/json", channel=ann.channel, headers=headers
    )
    ann.slack.between.append(later)
    ann.says("hello")
    assert 0 == later.times
    assert said(bot, ann.conversation) == [m.shown for m in ann.slack.in_channel(ann.channel)]


@pytest.mark.parametrize(("status", "more"), TELEGRAM_LATER)
def test_a_telegram_that_cannot_now_gets_the_reply_later(
    telegram: FakeTelegram, bot: Server, status: int, more: dict[str, Any]
) -> None:
    """However it says so; a pause that is no number of seconds is none."""
    person = telegram_people.Person(telegram, bot)
    body = json.dumps({"ok": False, "error_code": status, "description": "Later", **more}).encode()
    telegram.between.append(TelegramForeign("sendMessage", 2, status, body, person.user))
    person.send(telegram.message(person.user, "hello"))
    Kept(bot.database).settle()
    lines = said(bot, person.conversation)
    assert lines
    assert lines == read(person.received, lines)


def test_a_telegram_that_is_away_for_a_while_gets_the_reply_when_it_is_back(
    ben: telegram_people.Person, bot: Server
) -> None:
    """Seven failures are half a minute; not one line is left out."""
    before = len(ben.received), len(said(bot, ben.conversation))
    ben.fake.refuse("sendMessage", ApiError(502, "Bad Gateway"), times=7, chat=ben.user)
    ben.send(ben.fake.message(ben.user, STORY))
    Kept(bot.database).settle()
    lines = said(bot, ben.conversation)[before[1] :]
    assert lines
    assert lines == read(ben.received[before[0] :], lines)


@pytest.mark.parametrize("error", ["msg_too_long", "restricted_action"])
def test_after_a_line_that_slack_refuses_comes_no_other(ann: slack_people.Person, error: str) -> None:
    """Half a reply says something else; the person is told that it did not arrive."""
    ann.says("hello")
    ann.slack.refuse("chat.postMessage", error, channel=ann.channel)
    assert [slack_words("undelivered")] == [m.shown for m in ann.says(STORY)]


def test_after_a_line_that_telegram_refuses_comes_no_other(ben: telegram_people.Person) -> None:
    """The person is told that it did not arrive."""
    ben.fake.refuse("sendMessage", ApiError(400, "Bad Request: message is too long"), chat=ben.user)
    assert [telegram_people.words("undelivered")] == [m["text"] for m in ben.ask(STORY)]


def slack_words(response: str) -> str:
    """What the domain says for a door."""
    return telegram_people.words(response).strip()


def test_a_click_is_answered_though_its_mark_cannot_be_set(ann: slack_people.Person) -> None:
    """The choice is shown when Slack takes it; the reply does not wait for that."""
    question = next(m for m in reversed(ann.says(STORY)) if m.titles)
    mark = SlackForeign("chat.update", 4, channel=ann.channel)
    ann.slack.between.append(mark)
    started = time.monotonic()
    assert ann.presses(question, question.titles[0])
    assert time.monotonic() - started < 7
    ann.slack.wait_for(lambda: not question.titles)


def test_an_answer_that_is_late_is_no_reason_to_say_it_twice(telegram: FakeTelegram, bot: Server) -> None:
    """Telegram took the line and was slow to say so; meanwhile it answers to all else."""
    slow = telegram_people.Person(telegram, bot)
    telegram.between.append(TelegramForeign("sendMessage", 1, 200, b"", slow.user, taken=True, late=25))
    slow.send(telegram.message(slow.user, "hello"))
    Kept(bot.database).settle()
    lines = said(bot, slow.conversation)
    assert lines == read(slow.received, lines)


@pytest.mark.parametrize("error", ["message_not_found", "restricted_action_thread_locked"])
def test_where_a_thread_is_gone_slack_gets_the_reply_without_it(ann: slack_people.Person, error: str) -> None:
    """Rather beside the thread than silence."""
    gone = "1700000000.000001"
    ann.slack.refuse("chat.postMessage", error, times=99, channel=ann.channel, thread=gone)
    reply = ann.says(STORY, thread_ts=gone)
    assert said(ann.server, ann.conversation) == [m.shown for m in reply]
    assert {None} == {m.thread for m in reply}


@pytest.mark.parametrize("error", ["message thread not found", "TOPIC_CLOSED", "the chat is not a forum"])
def test_where_a_topic_is_gone_telegram_gets_the_reply_without_it(
    telegram: FakeTelegram, bot: Server, error: str
) -> None:
    """Topics are switched off, closed or pruned."""
    member = telegram_people.Person(telegram, bot, group=next(_groups))
    telegram.refuse("sendMessage", ApiError(400, f"Bad Request: {error}"), chat=member.chat)
    asked = telegram.message(
        member.user, f"@Reinstate_Test_Bot {STORY}", member.group, message_thread_id=77, is_topic_message=True
    )
    member.send(asked)
    Kept(bot.database).settle()
    assert len(said(bot, member.conversation)) <= len(member.received)
    assert {asked["message"]["message_id"]} == {m["answers"] for m in member.received}


@pytest.mark.parametrize("error", ["message to be replied not found", "REPLY_MESSAGE_ID_INVALID"])
def test_where_what_is_answered_is_gone_telegram_gets_the_reply_alone(
    telegram: FakeTelegram, bot: Server, error: str
) -> None:
    """A member has deleted their message meanwhile."""
    member = telegram_people.Person(telegram, bot, group=next(_groups))
    telegram.refuse("sendMessage", ApiError(400, f"Bad Request: {error}"), chat=member.chat)
    member.send(telegram.message(member.user, f"@Reinstate_Test_Bot {STORY}", member.group))
    Kept(bot.database).settle()
    lines = said(bot, member.conversation)
    assert lines == read(member.received, lines)[: len(lines)]
    assert "answers" not in member.received[0]


# --- who somebody is ---------------------------------------------------------------------------


def test_a_supergroup_goes_on_with_the_case_of_its_group(telegram: FakeTelegram, bot: Server) -> None:
    """The members' cases move, what waits is answered in the new chat, and forgetting reaches all."""
    old, new = next(_groups), next(_groups) - 10**12
    before = telegram_people.Person(telegram, bot, group=old)
    assert before.ask("@Reinstate_Test_Bot I took a payment via PayPal, secretmarker")
    for chat, told in ((old, {"migrate_to_chat_id": new}), (new, {"migrate_from_chat_id": old})):
        before.send(telegram.message(before.user, None, chat, **told))
    member = telegram_people.Person(telegram, bot, group=new, user=before.user)
    reply = member.ask("@Reinstate_Test_Bot how long does it take?")
    assert reply
    assert not any("What you write is kept" in m["text"] for m in reply)
    late = telegram.message(before.user, "@Reinstate_Test_Bot and my money?", old)
    assert member.replies_to(late)
    member.send(telegram.message(member.user, "/forget@Reinstate_Test_Bot", new))
    until(lambda: not rows(bot, f"%{member.user}"))
    until(lambda: b"secretmarker" not in bot.files())


def test_a_reply_that_finds_a_new_chat_takes_the_case_with_it(telegram: FakeTelegram, bot: Server) -> None:
    """Telegram told nobody but who sent there."""
    old, new = next(_groups), next(_groups) - 10**12
    before = telegram_people.Person(telegram, bot, group=old)
    assert before.ask("@Reinstate_Test_Bot I took a payment via PayPal")
    error = ApiError(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=new)
    telegram.refuse("sendMessage", error, times=1, chat=old)
    before.send(telegram.message(before.user, "@Reinstate_Test_Bot how long does it take?", old))
    telegram.wait(lambda: telegram.sent(new))
    Kept(bot.database).settle()
    assert [f"telegram-{new}-{before.user}"] == rows(bot, f"%{before.user}")


def rows(bot: Server, like: str) -> list[str]:
    """Conversations whose ids are like that."""
    with sqlite3.connect(bot.database) as connection:
        found = connection.execute("SELECT DISTINCT sender_id FROM events WHERE sender_id LIKE ?", (like,))
        return [row[0] for row in found]


def test_an_anonymous_admin_gets_one_polite_word(telegram: FakeTelegram, bot: Server) -> None:
    """Not silence, not a conversation that all anonymous admins would share, and not twice."""
    group = next(_groups)
    admin = telegram_people.Person(telegram, bot, group=group)
    nobody = {
        "from": {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
        "sender_chat": {"id": group, "type": "supergroup", "title": "G"},
    }
    for _ in range(2):
        admin.send(telegram.message(admin.user, f"@Reinstate_Test_Bot {STORY}", group, **nobody))
    Kept(bot.database).settle()
    assert [slack_words("telegram_anonymous")] == [m["text"] for m in telegram.sent(group)]
    assert [] == rows(bot, f"telegram-{group}%")


def test_who_writes_from_another_workspace_is_known_by_their_click(slack: FakeSlack, bot: Server) -> None:
    """In a channel shared with others, and through another workspace of an Enterprise Grid."""
    guest = slack_people.Person(slack, bot)
    body = guest.mention(f"<@U0BOT> {STORY}", "C0SHARED")
    reply = guest.gets(lambda: guest.send({**body, "team_id": "T9OTHER"}), "C0SHARED")
    question = next(m for m in reversed(reply) if m.titles)
    pressed = guest.click(question, question.titles[0])
    pressed["user"]["team_id"] = "T9OTHER"
    answer = guest.gets(lambda: guest.deliver(pressed), "C0SHARED")
    assert answer
    assert slack_words("unknown_button") not in [m.shown for m in answer]
    roaming = slack_people.Person(slack, bot)
    told: list[dict[str, Any]] = [{"team_id": None, "enterprise_id": "E1", "is_bot": True}]
    for team in ("T1GRID", "T2GRID"):
        roaming.send({**roaming.direct("hello"), "team_id": team, "authorizations": told})
        roaming.kept.settle()
    assert [f"slack-{TEAM}-{roaming.user}"] == rows(bot, f"%{roaming.user}")


# --- what the operator is told -----------------------------------------------------------------


def test_a_wrong_secret_or_clock_is_said_once_a_minute(slack: FakeSlack, tmp_path: Path) -> None:
    """Refused, and one line of the log names the setting, without what was sent."""
    fake = FakeTelegram().start()
    given = {**slack_people.settings(slack), **telegram_people.webhook_settings(fake)}
    running = Server(tmp_path, **given).start()
    try:
        body = event(direct("U1X", "a private story", slack.stamp()))
        for _ in range(3):
            assert 401 == Sender(running.url, "another secret").event(body).status
            assert 403 == fake.post(running.url, fake.message(1, "hi"), "another secret").status
        assert 1 == log(running).count("SLACK_SIGNING_SECRET;")
        assert 1 == log(running).count("TELEGRAM_WEBHOOK_SECRET")
        assert "private story" not in log(running)
        assert "another secret" not in log(running)
    finally:
        running.stop()
        fake.stop()


def test_a_wrong_clock_is_told_apart_from_a_wrong_secret(bot: Server, slack: FakeSlack) -> None:
    """How far it is off stands there, too."""
    late = signed(b"{}", at=time.time() - 400)
    answer = request("POST", f"{bot.url}/webhooks/slack/webhook", b"{}", late)
    assert 401 == answer.status
    assert "signed 400 seconds from now" in log(bot) or "signed 401 seconds from now" in log(bot)


# --- socket mode -------------------------------------------------------------------------------


def test_a_socket_is_opened_at_a_new_address_each_time(tmp_path: Path) -> None:
    """A page in Slack's place, a failed handshake, a break and a replacement: it is open again."""
    fake = FakeSlack().start()
    fake.between.append(SlackForeign("apps.connections.open"))
    fake.broken_handshakes = 2
    given = slack_people.settings(fake, SLACK_APP_TOKEN=APP_TOKEN, SLACK_SIGNING_SECRET="")
    running = Server(tmp_path, **given).start()
    try:
        ann = slack_people.Person(fake, running)
        fake.wait_for(lambda: fake.sockets)
        assert ["failed", "failed", "made"] == fake.handshakes
        fake.announce_the_end()
        until(lambda: fake.sockets == 2)  # The old one stays until Slack closes it.
        assert ann.gets(lambda: fake.send_by_socket("events_api", ann.direct(STORY)) and fake_taken(ann))
        fake.close_sockets()
        fake.wait_for(lambda: not fake.sockets)
        fake.wait_for(lambda: fake.sockets)
        assert len(fake.handshakes) == len(fake.tickets)
        assert "ticket=" not in log(running)
        assert not any(ticket in log(running) for ticket in fake.tickets)
        assert Chat(running.url).open().say("hello")
    finally:
        running.stop()
        fake.stop()


@pytest.mark.skipif(not SOAK, reason="silence is noticed after half a minute")
def test_a_socket_that_falls_silent_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A firewall forgets the connection without a word; nothing is heard of it, and a new one is opened."""
    fake = FakeSlack().start()
    way, address = Relay(fake.port), fake._new_address
    monkeypatch.setattr(fake, "_new_address", lambda: address().replace(f":{fake.port}/", f":{way.port}/"))
    given = slack_people.settings(fake, SLACK_APP_TOKEN=APP_TOKEN, SLACK_SIGNING_SECRET="")
    running = Server(tmp_path, **given).start()
    try:
        ann = slack_people.Person(fake, running)
        fake.wait_for(lambda: fake.sockets)
        way.silent.set()
        until(lambda: way.opened > 1)
        way.silent.clear()
        fake.wait_for(lambda: len(fake.handshakes) > 1)
        assert ann.gets(lambda: fake.send_by_socket("events_api", ann.direct(STORY)) and fake_taken(ann))
    finally:
        running.stop()
        way.close()
        fake.stop()


def fake_taken(person: slack_people.Person) -> bool:
    """Wait until something was taken in."""
    return bool(until(person.kept.taken))


def test_a_socket_that_closes_at_once_is_not_opened_at_full_speed(tmp_path: Path) -> None:
    """Each time the pause is longer."""
    fake = FakeSlack().start()
    given = slack_people.settings(fake, SLACK_APP_TOKEN=APP_TOKEN, SLACK_SIGNING_SECRET="")
    running = Server(tmp_path, **given).start()
    try:
        ends, breaks = time.monotonic() + 8, 0
        while time.monotonic() < ends:
            if fake.sockets:
                fake.close_sockets()
                breaks += 1
                fake.wait_for(lambda: not fake.sockets)
            time.sleep(0.02)
        assert 2 <= breaks <= 5
    finally:
        running.stop()
        fake.stop()
