"""The Slack door's contract, over real HTTP between the running bot and a strict fake Slack."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from reinstate.channels.slack import SlackDoor
from reinstate.server.app import LARGEST_REQUEST
from reinstate.server.settings import ROOT, Settings
from tests.channels.fake_slack import (
    APP_TOKEN,
    BOT,
    TEAM,
    TOKEN,
    FakeSlack,
    Message,
    direct,
    event,
    form,
    has_bare_entity,
    shown,
    signed,
)
from tests.channels.large import post_large
from tests.channels.slack_people import Person, settings
from tests.running import Chat, Server, request, until

STORY = "My account was suspended because I have two accounts"
FORGOTTEN = "is being deleted now"
WEBHOOK = "/webhooks/slack/webhook"
_channels = iter(f"C7{number:05d}" for number in range(10_000))


@pytest.fixture(scope="module")
def bot(slack: FakeSlack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The bot, connected to the fake, with the usual rates."""
    folder = tmp_path_factory.mktemp("slack")
    running = Server(folder, **settings(slack, RATE_PER_MINUTE="30")).start()
    yield running
    running.stop()


@pytest.fixture
def ann(slack: FakeSlack, bot: Server) -> Person:
    """Somebody new in the workspace."""
    return Person(slack, bot)


@pytest.fixture
def ben(slack: FakeSlack, bot: Server) -> Person:
    """Somebody else."""
    return Person(slack, bot)


@pytest.fixture
def channel() -> str:
    """A channel where nobody has said anything."""
    return next(_channels)


def buttons_of(reply: list[Message]) -> Message:
    """The message of a reply that has buttons."""
    return next(m for m in reversed(reply) if m.titles)


def text_of(reply: list[Message]) -> str:
    """All that a reply says."""
    return "\n".join(m.shown for m in reply)


def forget(person: Person) -> Message:
    """Tell a story and let it be forgotten; the message that had buttons."""
    question = buttons_of(person.says(STORY))
    person.send(person.direct("forget me"))
    person.slack.wait_for(lambda: FORGOTTEN in text_of(person.slack.in_channel(person.channel)))
    return question


def words(response: str) -> str:
    """What the domain says for the door."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return str(domain["responses"][f"utter_door_{response}"][0]["text"]).strip()


# --- who is believed -------------------------------------------------------------------------------

FORGED: dict[str, Callable[[bytes], dict[str, str]]] = {
    "no signature": lambda _: {},
    "another secret": lambda body: signed(body, "another"),
    "six minutes old": lambda body: signed(body, at=time.time() - 360),
    "six minutes ahead": lambda body: signed(body, at=time.time() + 360),
    "another body": lambda body: signed(body + b" "),
    "no time": lambda body: {"X-Slack-Signature": signed(body)["X-Slack-Signature"]},
    "a time in words": lambda body: {**signed(body), "X-Slack-Request-Timestamp": "now"},
    "an older scheme": lambda body: {
        **signed(body),
        "X-Slack-Signature": signed(body)["X-Slack-Signature"].replace("v0=", "v1="),
    },
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_without_a_good_signature_nothing_happens(
    ann: Person, forge: Callable[[bytes], dict[str, str]]
) -> None:
    """Bad, old or missing signatures are 401, and nothing is taken in."""
    before = ann.kept.taken()
    body = json.dumps(ann.direct(STORY)).encode()
    answer = request("POST", f"{ann.server.url}{WEBHOOK}", body, forge(body))
    assert (401, before) == (answer.status, ann.kept.taken())


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "without"])
def test_a_body_beyond_a_megabyte_is_refused(ann: Person, *, chunked: bool) -> None:
    """Signed or not: it is not even read to its end, and nothing is taken in."""
    before = ann.kept.taken()
    body = json.dumps(ann.direct("x" * LARGEST_REQUEST)).encode()
    assert 413 == post_large(f"{ann.server.url}{WEBHOOK}", body, signed(body), chunked=chunked)
    assert before == ann.kept.taken()
    assert ann.says("hello")


def test_slacks_first_question_is_answered(ann: Person) -> None:
    """Slack verifies an address by a challenge that has to come back."""
    body = {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB"}
    assert {"challenge": "3eZbrw1aB"} == ann.sender.event(body).json


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_a_charset_does_not_matter(ann: Person, kind: str) -> None:
    """The body counts, not how its type is written."""
    body = json.dumps(ann.direct("hello")).encode()
    assert ann.gets(lambda: ann.sender.post(body, kind))


def odd_bodies() -> dict[str, bytes]:
    """Signed requests with nothing in them for the bot."""
    message = direct("U9ODD", STORY, "1.1")
    events: dict[str, Any] = {
        "no event": {"type": "event_callback", "team_id": TEAM},
        "event is null": event({}, event=None),
        "event is a list": event({}, event=[1]),
        "event of unknown kind": event({"type": "reaction_added", "user": "U9ODD"}),
        "unknown envelope": {"type": "something_new", "event": message},
        "no type": {"event": message},
        "no person": event({**message, "user": None}),
        "no channel": event({**message, "channel": None}),
        "channel is an object": event({**message, "channel": {"id": "D1"}}),
        "text is a number": event({**message, "text": 17}),
        "no text": event({k: v for k, v in message.items() if k != "text"}),
        "no team": event(message, team_id=None),
        "home without a person": event({"type": "app_home_opened", "tab": "home"}),
        "authorizations are words": event({**message, "text": None}, authorizations="x"),
        "app rate limited": {"type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": 1},
    }
    clicks: dict[str, Any] = {
        "click without actions": {"type": "block_actions", "user": {"id": "U9"}, "team": {"id": TEAM}},
        "click with words as actions": {"type": "block_actions", "actions": ["x"], "user": {"id": "U9"}},
        "click on nothing": {"type": "block_actions", "actions": [{"type": "button", "value": "/greet"}]},
        "a view": {"type": "view_submission", "view": {"id": "V1"}, "user": {"id": "U9"}},
        "a shortcut": {"type": "shortcut", "callback_id": "x", "user": {"id": "U9"}},
    }
    return {
        **{name: json.dumps(body).encode() for name, body in events.items()},
        **{name: form(body) for name, body in clicks.items()},
        "nothing": b"",
        "no JSON": b"{",
        "a list": b"[1, 2]",
        "a word": b'"x"',
        "deep JSON": b"[" * 30_000,
        "deep object": b'{"a":' * 9000,
        "not UTF-8": b'{"type": "event_callback", "event": "\xff\xfe"}',
        "payload is no JSON": b"payload=%7B",
        "payload is a list": b"payload=%5B1%5D",
        "command without a person": b"command=%2Freinstate&text=help",
    }


@pytest.mark.parametrize("body", odd_bodies().values(), ids=odd_bodies())
def test_signed_requests_of_any_shape_are_acknowledged(ann: Person, body: bytes) -> None:
    """What is unknown or malformed is 2xx, so that Slack does not repeat it, and does nothing."""
    before = ann.kept.taken()
    kind = "application/json" if body[:1] in (b"{", b"[", b'"') else "application/x-www-form-urlencoded"
    assert (200, before) == (ann.sender.post(body, kind).status, ann.kept.taken())


# --- direct messages ---------------------------------------------------------------------------------


def test_a_direct_message_is_answered(ann: Person) -> None:
    """The reply stands in the direct message, outside a thread, with buttons as blocks."""
    reply = ann.says(STORY)
    assert "more than one Upwork account" in text_of(reply)
    assert {None} == {m.thread for m in reply}
    assert buttons_of(reply).titles


def test_a_person_has_one_conversation_in_the_direct_message(ann: Person) -> None:
    """All messages go to `slack-<team>-<user>`, a threaded one too, which is answered in its thread."""
    ann.says("hello")
    reply = ann.says("how long does it take?", thread_ts="1600000000.000100")
    assert {"1600000000.000100"} == {m.thread for m in reply}
    assert ["hello", "how long does it take?"] == ann.kept.said(f"slack-{TEAM}-{ann.user}")


def test_acknowledged_before_it_is_answered(ann: Person) -> None:
    """Slack has its 200 while the reply still waits; a 429 is waited out, and nothing is lost."""
    ann.slack.refuse("chat.postMessage", "ratelimited", wait=2, channel=ann.channel)
    ann.send(ann.direct("hello"))
    assert [] == ann.slack.in_channel(ann.channel)
    ann.kept.settle()
    assert ann.kept.said(ann.conversation, "bot") == [m.shown for m in ann.slack.in_channel(ann.channel)]


def test_one_who_waits_does_not_hold_up_others(ann: Person, ben: Person) -> None:
    """A 429 in one conversation leaves the others alone."""
    ann.slack.refuse("chat.postMessage", "ratelimited", wait=4, channel=ann.channel)
    ann.send(ann.direct("hello"))
    ben.send(ben.direct("hello"))
    ben.slack.wait_for(lambda: ben.slack.in_channel(ben.channel))
    assert [] == ann.slack.in_channel(ann.channel)
    ann.kept.settle()
    assert ann.slack.in_channel(ann.channel)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("fees &amp; taxes &lt;b&gt;", "fees & taxes <b>"),
        ("<https://upwork.com/x|my profile> is gone", "my profile is gone"),
        ("<http://a.example> | <http://b.example|b> gone", "http://a.example | b gone"),
        ("my brother <@U777> used it", "my brother used it"),
        ("<!channel> look here", "look here"),
        ("write <mailto:ann@mail.example|ann@mail.example>", "write [email]"),
        ("call <tel:+4915112345670|+49 151 12345670>", "call [phone]"),
    ],
)
def test_what_was_written_is_cleaned_and_masked(ann: Person, written: str, stored: str) -> None:
    """The conversation holds plain text, and nothing private."""
    ann.says(written)
    assert [stored] == ann.kept.said(ann.conversation)


def test_nothing_private_touches_the_disk(ann: Person) -> None:
    """What is masked was never written, not even before its turn."""
    ann.slack.refuse("chat.postMessage", "ratelimited", wait=1, channel=ann.channel)
    ann.send(ann.direct("my mail is hidden.person@mail.example"))
    stored = ann.server.files()
    ann.kept.settle()
    stored += ann.server.files()
    assert b"hidden.person" not in stored
    assert b"hidden.person" not in ann.server.log.read_bytes()


def test_a_burst_goes_through_in_order(ann: Person) -> None:
    """A dozen messages at once are all answered, one after another as they came."""
    sent = [f"number {n} how long does it take?" for n in range(12)]
    reply = ann.gets(lambda: [ann.send(ann.direct(text)) for text in sent])
    assert sent == ann.kept.said(ann.conversation)
    assert len(reply) == len(ann.kept.said(ann.conversation, "bot"))


def test_a_flood_is_told_once(ann: Person) -> None:
    """Beyond the rate a polite line comes once, not for each message."""
    reply = ann.gets(lambda: [ann.send(ann.direct(f"hello {n}")) for n in range(25)])
    assert 1 == [m.shown for m in reply].count(words("too_many"))
    assert 15 <= len(ann.kept.said(ann.conversation)) < 25


@pytest.mark.parametrize(
    ("length", "refused"), [(4000, False), (4001, True), (39_000, True)], ids=["4000", "4001", "39000"]
)
def test_a_text_has_at_most_4000_characters(ann: Person, length: int, refused: bool) -> None:
    """Longer ones get a polite sentence; an entity counts as the character it is."""
    text = ("&" + " word" * length)[: length - 1] + "x"
    reply = ann.says(text.replace("&", "&amp;"))
    stored = ann.kept.said(ann.conversation)
    assert refused == (words("too_long") in text_of(reply))
    assert [] == stored if refused else [length] == [len(text) for text in stored]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (" /help", "I cannot see your account"),
        (" /nonsense", None),
        (' /cause_paid_outside{"id": "x"}', None),
        ("/restart", "start over"),
    ],
)
def test_a_typed_slash_is_a_command_or_none(ann: Person, text: str, answer: str | None) -> None:
    """The four commands work; everything else gets one line and is never read as an intent."""
    reply = text_of(ann.says(text))
    if answer is None:
        assert words("unknown_command") == reply
        assert [] == ann.kept.said(ann.conversation)
    else:
        assert answer in reply


SILENT: dict[str, dict[str, Any]] = {
    "a bot": {"bot_id": "B9"},
    "a bot of old": {"subtype": "bot_message", "bot_id": "B9"},
    "the bot itself": {"user": BOT},
    "Slackbot": {"user": "USLACKBOT"},
    "an edit": {"subtype": "message_changed", "message": {"text": STORY}, "hidden": True},
    "a deletion": {"subtype": "message_deleted", "hidden": True},
    "a join": {"subtype": "channel_join"},
    "a topic": {"subtype": "channel_topic"},
    "a group direct message": {"channel_type": "mpim", "channel": "G5GROUP"},
    "talk in a channel": {"channel_type": "channel", "channel": "C5TALK"},
    "talk in a thread": {"channel_type": "channel", "channel": "C5TALK", "thread_ts": "1.1"},
    "talk in a private channel": {"channel_type": "group", "channel": "G5TALK"},
    "an edited mention": {"type": "app_mention", "channel": "C5TALK", "edited": {"user": "U1", "ts": "1"}},
    "a mention by a bot": {"type": "app_mention", "channel": "C5TALK", "bot_id": "B9"},
    "only blanks": {"text": " \n "},
    "only a mention": {"text": "<@U777>"},
}


@pytest.mark.parametrize("more", SILENT.values(), ids=SILENT)
def test_silence_where_nobody_asked(ann: Person, more: dict[str, Any]) -> None:
    """Bots, edits, joins, group messages and talk without a mention are left alone."""
    before = ann.kept.taken()
    body = ann.direct(STORY)
    ann.send({**body, "event": {**body["event"], **more}})
    assert before == ann.kept.taken()


def test_a_picture_gets_a_kind_word(ann: Person) -> None:
    """A file cannot be read, and the bot says so; words beside it are read."""
    files = {"subtype": "file_share", "files": [{"id": "F1", "name": "notice.png"}]}
    assert words("slack_no_text") == text_of(ann.says("", **files))
    assert "more than one Upwork account" in text_of(ann.says(STORY, **files))


# --- the same again -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["http_timeout", "http_error", "connection_failed", "too_many_redirects"])
def test_a_retry_of_what_was_taken_is_dropped(ann: Person, reason: str) -> None:
    """An event seen before does nothing, whatever the reason Slack gives, also after the reply."""
    body = ann.direct("hello")
    retry = {"X_Slack_Retry_Num": "1", "X_Slack_Retry_Reason": reason}

    def twice() -> None:
        ann.send(body)
        ann.send(body, **retry)

    assert len(ann.gets(twice)) == len(ann.kept.said(ann.conversation, "bot"))
    assert [] == ann.gets(lambda: ann.send(body, **retry))
    assert ["hello"] == ann.kept.said(ann.conversation)


def test_a_retry_of_what_never_came_is_answered(ann: Person) -> None:
    """The header alone drops nothing."""
    retry = {"X_Slack_Retry_Num": "2", "X_Slack_Retry_Reason": "http_timeout"}
    assert ann.gets(lambda: ann.send(ann.direct("hello"), **retry))


def test_the_same_words_twice_are_two_messages(ann: Person) -> None:
    """Only the event counts, not the text."""
    ann.says("hello")
    ann.says("hello")
    assert ["hello", "hello"] == ann.kept.said(ann.conversation)


def test_copies_at_the_same_moment_are_one_turn(ann: Person) -> None:
    """Ten deliveries side by side lead to one reply."""
    body = ann.direct("hello")
    with ThreadPoolExecutor(10) as crowd:
        reply = ann.gets(lambda: list(crowd.map(ann.send, [body] * 10)))
    assert ["hello"] == ann.kept.said(ann.conversation)
    assert len(reply) == len(ann.kept.said(ann.conversation, "bot"))


@pytest.mark.parametrize("first", ["app_mention", "message"])
def test_a_mention_and_its_twin_are_one_turn(ann: Person, channel: str, first: str) -> None:
    """Where the app also hears channels, a mention comes twice, in either order."""
    one = ann.mention(f"<@{BOT}> {STORY}", channel)
    two = event({**one["event"], "type": "message", "channel_type": "channel"})
    order = [one, two] if first == "app_mention" else [two, one]
    ann.gets(lambda: [ann.send(body) for body in order], channel)
    assert 1 == len(ann.kept.said(f"{ann.conversation}-{channel}-{one['event']['ts']}"))


def test_a_mention_in_the_direct_message_is_one_turn(ann: Person) -> None:
    """The twin of a direct message is dropped as well."""
    one = ann.direct(f"<@{BOT}> hello")
    two = event({**one["event"], "type": "app_mention"})
    ann.gets(lambda: [ann.send(body) for body in (one, two)])
    assert ["hello"] == ann.kept.said(ann.conversation)


# --- buttons ------------------------------------------------------------------------------------------------


def test_a_button_is_a_turn_and_its_choice_stays(ann: Person) -> None:
    """The payload is worked on; the buttons make place for the title that was pressed."""
    question = buttons_of(ann.says(STORY))
    title, payload = question.titles[0], question.buttons[0]["value"]
    before = question.shown
    assert ann.presses(question, title)
    assert payload == ann.kept.said(ann.conversation)[-1]
    assert ([], f"{before}\n✓ {title}") == (question.titles, question.shown)


def test_buttons_of_earlier_replies_stay_valid(ann: Person) -> None:
    """As long as it was not used, a button can be pressed later."""
    question = buttons_of(ann.says(STORY))
    ann.says("how long does it take?")
    assert words("unknown_button") not in text_of(ann.presses(question, question.titles[0]))
    assert question.titles == []


def test_a_double_click_counts_once(ann: Person) -> None:
    """Two clicks before the answer are one turn, without a word about it."""
    question = buttons_of(ann.says(STORY))
    one, two = (ann.click(question, title) for title in question.titles[:2])
    reply = ann.gets(lambda: [ann.deliver(body) for body in (one, two)])
    assert 2 == len(ann.kept.said(ann.conversation))
    assert words("unknown_button") not in text_of(reply)


def test_a_click_that_slack_repeats_is_dropped(ann: Person) -> None:
    """The same click again does nothing, during the turn or after it."""
    question = buttons_of(ann.says(STORY))
    body = ann.click(question, question.titles[0])
    ann.gets(lambda: [ann.deliver(body) for _ in range(3)])
    assert [] == ann.gets(lambda: ann.deliver(body))
    assert 2 == len(ann.kept.said(ann.conversation))


def test_a_used_button_leads_to_one_polite_line(ann: Person) -> None:
    """A click on what was answered before has no effect."""
    question = buttons_of(ann.says(STORY))
    late = ann.click(question, question.titles[1])
    ann.presses(question, question.titles[0])
    assert words("unknown_button") == text_of(ann.gets(lambda: ann.deliver(late)))
    assert 2 == len(ann.kept.said(ann.conversation))


@pytest.mark.parametrize(
    "payload",
    ["/restart", "/cause_paid_outside", '/inform_notice{"id":"permanent"}', "hello", "/" + "x" * 1999],
)
def test_a_forged_button_leads_to_one_polite_line(ann: Person, payload: str) -> None:
    """A payload that was never offered has no effect."""
    question = buttons_of(ann.says(STORY))
    body = ann.click(question, question.titles[0])
    body["actions"][0]["value"] = payload
    assert words("unknown_button") == text_of(ann.gets(lambda: ann.deliver(body)))
    assert 1 == len(ann.kept.said(ann.conversation))
    assert question.titles


def test_a_button_of_a_forgotten_conversation_is_stale(ann: Person) -> None:
    """What was deleted cannot be continued."""
    question = forget(ann)
    assert words("unknown_button") == text_of(ann.presses(question, question.titles[0]))
    assert [] == ann.kept.said(ann.conversation)


def test_a_button_of_somebody_else_has_no_effect(ann: Person, ben: Person, channel: str) -> None:
    """In a channel, only who was asked can answer; others are told so, alone."""
    question = buttons_of(ann.names_it(f"<@{BOT}> {STORY}", channel))
    ben.names_it(f"<@{BOT}> {STORY}", channel, thread_ts=question.thread)
    before = ann.kept.taken()
    body = {**ben.click(question, question.titles[0])}
    (answer,) = ann.gets(lambda: ben.deliver(body), channel)
    assert (words("slack_not_yours"), ben.user) == (answer.shown, answer.only_for)
    assert (question.thread, before + 1) == (answer.thread, ann.kept.taken())
    assert question.titles
    assert 1 == len(ben.kept.said(f"{ben.conversation}-{channel}-{question.thread}"))


def test_a_click_in_a_thread_is_answered_there(ann: Person, channel: str) -> None:
    """A thread's buttons continue its conversation, not the private one."""
    question = buttons_of(ann.names_it(f"<@{BOT}> {STORY}", channel))
    reply = ann.presses(question, question.titles[0])
    assert {question.thread} == {m.thread for m in reply}
    assert 2 == len(ann.kept.said(f"{ann.conversation}-{channel}-{question.thread}"))
    assert ann.conversation not in ann.kept.conversations()


# --- channels -----------------------------------------------------------------------------------------------


def test_a_mention_is_answered_in_a_thread(ann: Person, channel: str) -> None:
    """A first word points to the direct message, by a link, before anything personal is said."""
    body = ann.mention(f"<@{BOT}> {STORY}", channel)
    reply = ann.gets(lambda: ann.send(body), channel)
    assert {body["event"]["ts"]} == {m.thread for m in reply}
    assert words("slack_channel") == reply[0].shown
    assert "more than one Upwork account" in text_of(reply[1:])
    button = next(e for b in reply[0].blocks if b["type"] == "actions" for e in b["elements"])
    assert re.fullmatch(r"https://slack\.com/app_redirect\?app=\w+&team=\w+", button["url"])
    assert STORY == ann.kept.said(f"{ann.conversation}-{channel}-{body['event']['ts']}")[0]


def test_the_invitation_comes_once_for_a_thread(ann: Person, channel: str) -> None:
    """Going on in the same thread is the same conversation."""
    thread = ann.names_it(f"<@{BOT}> {STORY}", channel)[0].thread
    again = ann.names_it(f"<@{BOT}> how long does it take?", channel, thread_ts=thread)
    assert words("slack_channel") not in text_of(again)
    assert 2 == len(ann.kept.said(f"{ann.conversation}-{channel}-{thread}"))


def test_the_link_of_the_invitation_is_no_turn(ann: Person, channel: str) -> None:
    """Slack reports a click on a link button too."""
    invitation = ann.names_it(f"<@{BOT}> hello", channel)[0]
    before = ann.kept.taken()
    ann.deliver(ann.click(invitation, words("slack_direct")))
    assert before == ann.kept.taken()


def test_a_channel_does_not_continue_the_private_conversation(ann: Person, channel: str) -> None:
    """What was said alone is not known in a channel."""
    ann.says(STORY)
    thread = ann.names_it(f"<@{BOT}> what should I do now?", channel)[0].thread
    assert "more than one" not in text_of(ann.slack.in_channel(channel))
    assert {ann.conversation, f"{ann.conversation}-{channel}-{thread}"} <= ann.kept.conversations()


def test_two_people_in_a_thread_have_two_conversations(ann: Person, ben: Person, channel: str) -> None:
    """Each is answered for themselves."""
    thread = ann.names_it(f"<@{BOT}> {STORY}", channel)[0].thread
    ben.names_it(f"<@{BOT}> hello", channel, thread_ts=thread)
    said = [p.kept.said(f"{p.conversation}-{channel}-{thread}") for p in (ann, ben)]
    assert [[STORY], ["hello"]] == said


def test_a_mention_alone_is_a_greeting(ann: Person, channel: str) -> None:
    """Who only names the bot gets a first word."""
    assert "Tell me in your own words" in text_of(ann.names_it(f"<@{BOT}>", channel))


# --- the slash command and the home ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (STORY, "more than one Upwork account"),
        ("", "Tell me in your own words"),
        ("help", "I cannot see your account"),
        ("my payload of work was held", ""),
    ],
)
def test_the_command_is_answered_in_the_direct_message(ann: Person, text: str, answer: str) -> None:
    """The channel shows one line to the person alone; the words are a direct message."""
    line: list[Any] = []
    reply = ann.gets(lambda: line.append(ann.sender.command(ann.user, text)))
    assert {"response_type": "ephemeral", "text": words("slack_command")} == line[0].json
    assert reply
    assert answer in text_of(reply)
    assert 1 == len(ann.kept.said(ann.conversation))


def test_the_command_can_forget(ann: Person) -> None:
    """`/reinstate forget` deletes the conversation."""
    ann.says(STORY)
    ann.sender.command(ann.user, "forget")
    ann.slack.wait_for(lambda: FORGOTTEN in text_of(ann.slack.in_channel(ann.channel)))
    assert [] == ann.kept.said(ann.conversation)


def test_the_home_introduces_the_bot(ann: Person) -> None:
    """Opening the home shows who this is and what is kept; the messages tab shows nothing new."""
    ann.send(event({"type": "app_home_opened", "user": ann.user, "channel": ann.channel, "tab": "messages"}))
    ann.send(event({"type": "app_home_opened", "user": ann.user, "channel": ann.channel, "tab": "home"}))
    own: list[dict[str, Any]] = ann.slack.wait_for(
        lambda: [v for v in ann.slack.called("views.publish") if v["user_id"] == ann.user]
    )
    read = "\n\n".join(shown(b["text"]["text"]) for b in own[0]["view"]["blocks"])
    assert [words("slack_home")] == [re.sub(r"\n{2,}", "\n\n", read)]


# --- when something goes wrong ---------------------------------------------------------------------------------


def test_a_turn_that_fails_is_said(ann: Person) -> None:
    """Without a database the person is told; afterwards all goes on."""
    ann.says("hello")
    with sqlite3.connect(ann.server.database) as connection:
        connection.execute("ALTER TABLE events RENAME TO elsewhere")
    try:
        assert words("failed") == text_of(ann.says(STORY))
    finally:
        with sqlite3.connect(ann.server.database) as connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO events")
    assert "more than one Upwork account" in text_of(ann.says(STORY))


def test_a_message_that_cannot_be_kept_first_is_still_answered(ann: Person) -> None:
    """The inbox is a safety net, not a condition."""
    with sqlite3.connect(ann.server.database) as connection:
        connection.execute("ALTER TABLE inbox RENAME TO elsewhere")
    try:
        body = ann.direct(STORY)
        ann.send(body)
        ann.send(body)
        until(lambda: ann.kept.said(ann.conversation))
    finally:
        with sqlite3.connect(ann.server.database) as connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO inbox")
    ann.says("how long does it take?")
    assert [STORY, "how long does it take?"] == ann.kept.said(ann.conversation)


def test_a_button_can_be_pressed_again_after_a_failed_turn(ann: Person) -> None:
    """The buttons stay until their turn has been run."""
    question = buttons_of(ann.says(STORY))
    with sqlite3.connect(ann.server.database) as connection:
        connection.execute("ALTER TABLE events RENAME TO elsewhere")
    try:
        assert words("failed") == text_of(ann.presses(question, question.titles[0]))
    finally:
        with sqlite3.connect(ann.server.database) as connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO events")
    assert words("unknown_button") not in text_of(ann.presses(question, question.titles[0]))
    assert [] == question.titles


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "msg_too_long", "fatal_error"])
def test_a_reply_that_cannot_be_sent_is_kept(ann: Person, error: str) -> None:
    """The reason is logged, the turn stands in the conversation, and the next one goes on from it."""
    ann.slack.refuse("chat.postMessage", error, times=20, channel=ann.channel)
    assert [] == ann.says(STORY)
    until(lambda: f"chat.postMessage, {error}" in ann.server.log.read_text(encoding="utf-8"))
    assert "more than one" in "\n".join(ann.kept.said(ann.conversation, "bot"))
    for refusal in ann.slack._refusals:
        refusal.times = 0
    assert ann.says("how long does it take?")
    assert [STORY, "how long does it take?"] == ann.kept.said(ann.conversation)


def test_blocks_that_slack_refuses_are_sent_as_text(ann: Person) -> None:
    """Rather words without buttons than silence."""
    ann.says(STORY)
    ann.slack.refuse("chat.postMessage", "invalid_blocks", channel=ann.channel)
    ann.says("forget it, start over")
    ann.slack.refuse("chat.postMessage", "invalid_blocks", times=0)
    reply = ann.gets(lambda: ann.sender.command(ann.user, "restart"))
    assert reply


def test_a_choice_that_cannot_be_shown_is_still_answered(ann: Person) -> None:
    """A message that was deleted meanwhile does not stop the turn."""
    question = buttons_of(ann.says(STORY))
    ann.slack.refuse("chat.update", "message_not_found", channel=ann.channel)
    assert ann.presses(question, question.titles[0])


def test_slack_being_away_for_a_moment_loses_nothing(ann: Person) -> None:
    """Short failures of Slack are tried again."""
    ann.slack.refuse("chat.postMessage", "ratelimited", times=2, wait=0, channel=ann.channel)
    reply = ann.says("hello")
    assert ann.kept.said(ann.conversation, "bot") == [m.shown for m in reply]


# --- forgetting ---------------------------------------------------------------------------------------------------


def test_forget_me_leaves_nothing(ann: Person) -> None:
    """Typed, it deletes every row and byte; a repetition of it brings nothing back."""
    secret_word = f"zebra{uuid.uuid4().hex}"
    ann.says(f"thank you {secret_word}")
    assert secret_word in ann.kept.said(ann.conversation)[0]
    body = ann.direct("forget me")
    ann.send(body)
    ann.slack.wait_for(lambda: FORGOTTEN in text_of(ann.slack.in_channel(ann.channel)))
    until(lambda: ann.conversation.encode() not in ann.server.files())
    assert secret_word.encode() not in ann.server.files()
    assert [] == ann.gets(lambda: ann.send(body))
    assert ann.conversation not in ann.kept.conversations()


def test_after_forgetting_a_new_conversation_begins(ann: Person) -> None:
    """The next message is a first message."""
    forget(ann)
    reply = text_of(ann.says("what should I do now?"))
    assert "I'm Reinstate" in reply
    assert "more than one" not in reply


# --- what a person wrote, coming back ---------------------------------------------------------------------------------


def test_what_a_person_wrote_cannot_ping_others(ann: Person) -> None:
    """A letter repeats the person's words; in Slack they are words only."""
    ann.says(STORY)
    ann.says("please draft an appeal letter")
    trap = (
        "I told &lt;!channel&gt; &amp; &lt;@U777&gt; that it was *a mistake* at http://x.example/?a=1&amp;b=2"
    )
    ann.says("that's all")
    reply = ann.says(f"change sentence 2 to {trap}")
    assert "<!channel> & <@U777>" in text_of(reply)
    raw = json.dumps([c.values for c in ann.slack.calls if c.values.get("channel") == ann.channel])
    assert "<!channel" not in raw
    assert "<@U777" not in raw


# --- closed, wrong and unreachable --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "x"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": TOKEN}, "SLACK_SIGNING_SECRET"),
    ],
)
def test_without_its_settings_the_door_is_closed(
    given: dict[str, str], missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No route, and one line in the log that names what is missing."""
    caplog.set_level(logging.INFO, "reinstate")
    door = SlackDoor(Settings.from_environment(given))
    assert set() == door.blueprint(lambda _: None)._future_routes  # type: ignore[arg-type,return-value]
    assert [missing in r.getMessage() for r in caplog.records] == [True]


def test_a_closed_door_is_404(server: Server) -> None:
    """Without a token nothing answers at the address."""
    body = json.dumps(event(direct("U1", "hi", "1.1"))).encode()
    assert 404 == request("POST", f"{server.url}{WEBHOOK}", body, signed(body)).status
    assert 1 == server.log.read_text(encoding="utf-8").count("the Slack door is closed")


def test_the_address_takes_only_post(bot: Server) -> None:
    """Looking at it in a browser shows nothing."""
    assert 405 == request("GET", f"{bot.url}{WEBHOOK}").status


def test_a_wrong_token_closes_only_this_door(slack: FakeSlack, tmp_path: Path) -> None:
    """The log says so once, without the token; the web door answers; Slack gets its 200."""
    wrong = settings(slack, SLACK_BOT_TOKEN="xoxb-wrong", SLACK_APP_TOKEN="xapp-wrong")
    running = Server(tmp_path, **wrong).start()
    try:
        log = until(lambda: _log_with(running, "refuses SLACK_BOT_TOKEN", "refuses SLACK_APP_TOKEN"))
        assert 1 == log.count("refuses SLACK_BOT_TOKEN (invalid_auth)")
        assert "xoxb-wrong" not in log
        assert "xapp-wrong" not in log
        assert Chat(running.url).open().say("hello")
        lost = Person(slack, running)
        lost.send(lost.direct(STORY))
        until(lambda: "chat.postMessage, invalid_auth" in running.log.read_text(encoding="utf-8"))
        assert [STORY] == lost.kept.said(lost.conversation)
    finally:
        running.stop()


def _log_with(server: Server, *pieces: str) -> str:
    log = server.log.read_text(encoding="utf-8")
    return log if all(piece in log for piece in pieces) else ""


# --- socket mode ---------------------------------------------------------------------------------------------------------


def test_socket_mode_needs_no_public_address(tmp_path: Path) -> None:
    """Messages, clicks and commands come over the socket, also after it broke; no route is open."""
    fake = FakeSlack().start()
    given = settings(fake, SLACK_APP_TOKEN=APP_TOKEN, SLACK_SIGNING_SECRET="")
    running = Server(tmp_path, **given).start()
    try:
        ann = Person(fake, running)
        body = ann.direct(STORY)
        reply = ann.gets(lambda: _by_socket(fake, "events_api", body))
        question = buttons_of(reply)
        assert [] == ann.gets(lambda: _by_socket(fake, "events_api", body))
        click = ann.click(question, question.titles[0])
        assert ann.gets(lambda: _by_socket(fake, "interactive", click))
        assert [] == question.titles
        words_of_command = {"command": "/reinstate", "text": "help", "team_id": TEAM}
        command = {**words_of_command, "user_id": ann.user, "trigger_id": "1.2", "channel_id": "C1"}
        line = _by_socket(fake, "slash_commands", command)
        assert words("slack_command") == line["text"]
        ann.kept.settle()
        fake.close_sockets()
        assert ann.gets(lambda: _by_socket(fake, "events_api", ann.direct("how long does it take?")))
        assert 404 == request("POST", f"{running.url}{WEBHOOK}", b"{}", signed(b"{}")).status
    finally:
        running.stop()
        fake.stop()


def _by_socket(fake: FakeSlack, kind: str, payload: dict[str, Any]) -> Any:
    envelope = fake.send_by_socket(kind, payload)
    fake.wait_for(lambda: envelope in fake.acknowledged)
    return fake.acknowledged[envelope]


# --- dying and coming back --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeSlack, Server]]:
    """A bot that tests may end, started while Slack could not be reached."""
    fake = FakeSlack()
    running = Server(tmp_path_factory.mktemp("mortal"), **settings(fake)).start()
    assert Chat(running.url).open().say("hello")
    until(lambda: _log_with(running, "Slack cannot be reached"))
    yield fake.start(), running
    running.stop()
    fake.stop()


def test_slack_need_not_be_there_at_the_start(mortal: tuple[FakeSlack, Server]) -> None:
    """The bot answers elsewhere meanwhile, and the door opens when Slack can be reached."""
    fake, running = mortal
    log = until(lambda: _log_with(running, "the Slack door is open in Tests"))
    assert 1 == log.count("Slack cannot be reached")
    assert fake.called("auth.test")


@pytest.mark.parametrize("end", [Server.stop, Server.kill], ids=["TERM", "KILL"])
def test_what_was_acknowledged_outlives_the_process(
    mortal: tuple[FakeSlack, Server], end: Callable[[Server], None]
) -> None:
    """Messages and lines not yet sent are answered by the next process, each once; retries drop."""
    fake, running = mortal
    people = [Person(fake, running) for _ in range(6)]
    for person in people[:3]:
        fake.refuse("chat.postMessage", "ratelimited", wait=120, channel=person.channel)
    bodies = [p.direct(f"{text} {n}") for p in people for n, text in enumerate([STORY, "how long?"])]
    for body in bodies:
        people[0].send(body)
    end(running)
    running.start()
    for body in bodies:
        people[0].send(body, X_Slack_Retry_Num="1")
    people[0].kept.settle()
    for number, person in enumerate(people):
        assert [f"{STORY} 0", "how long? 1"] == person.kept.said(person.conversation)
        seen = [m.shown for m in fake.in_channel(person.channel)]
        if end is Server.kill and number >= 3:
            # A line that Slack had taken just before may come twice; it is never missing.
            seen = [line for line, before in zip(seen, ["", *seen]) if line != before]
        assert person.kept.said(person.conversation, "bot") == seen


CONVERSATIONS, ROUNDS, SENDERS = 50, 6, 8


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_fifty_busy_conversations_lose_and_double_nothing(
    mortal: tuple[FakeSlack, Server], capsys: pytest.CaptureFixture[str]
) -> None:
    """300 messages, 10 % repeated, 5 % of the replies refused with 429, one restart: each once."""
    fake, running = mortal
    fake.every_nth_429 = 20
    people = [Person(fake, running) for _ in range(CONVERSATIONS)]
    texts = [f"how long does it take? {number}" for number in range(ROUNDS)]
    took: list[float] = []

    def send(person: Person, body: dict[str, Any]) -> None:
        started = time.monotonic()
        person.send(body)
        took.append(time.monotonic() - started)

    with ThreadPoolExecutor(SENDERS) as crowd:
        for number, text in enumerate(texts):
            if number == ROUNDS // 2:
                running.restart()
            bodies = [person.direct(text) for person in people]
            again = bodies[number % 10 :: 10]
            list(crowd.map(send, people, bodies))
            list(crowd.map(send, people, again))
    people[0].kept.settle()
    fake.every_nth_429 = 0
    for person in people:
        assert texts == person.kept.said(person.conversation)
        seen = [m.shown for m in fake.in_channel(person.channel)]
        assert person.kept.said(person.conversation, "bot") == seen
    took.sort()
    with capsys.disabled():
        middle, late = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.95))
        print(f"\n{len(took)} acknowledged: p50 {middle:.0f} ms, p95 {late:.0f} ms")


# --- as a whole ----------------------------------------------------------------------------------------------------------


def test_the_manifest_asks_for_what_the_door_uses() -> None:
    """Events, scopes, command and addresses of the ready manifest fit the code."""
    manifest = yaml.safe_load((ROOT / "deploy" / "slack-manifest.yml").read_text(encoding="utf-8"))
    heard = manifest["settings"]["event_subscriptions"]
    assert {"app_mention", "message.im", "app_home_opened"} == set(heard["bot_events"])
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    assert {"app_mentions:read", "im:history", "chat:write", "commands"} == scopes
    (command,) = manifest["features"]["slash_commands"]
    assert "/reinstate" == command["command"]
    addresses = [heard["request_url"], manifest["settings"]["interactivity"]["request_url"], command["url"]]
    assert all(address.endswith(WEBHOOK) for address in addresses)
    home = manifest["features"]["app_home"]
    assert (True, False) == (home["messages_tab_enabled"], home["messages_tab_read_only_enabled"])


def test_the_manifest_without_its_addresses_is_for_socket_mode() -> None:
    """Its first comment is true: three lines go, one changes, and nothing asks for an address."""
    text = (ROOT / "deploy" / "slack-manifest.yml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    kept = [line for line in lines if "https://reinstate.example/" not in line]
    manifest = yaml.safe_load(
        "\n".join(kept).replace("socket_mode_enabled: false", "socket_mode_enabled: true")
    )
    assert (3, True) == (len(lines) - len(kept), manifest["settings"]["socket_mode_enabled"])
    assert manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {"is_enabled": True} == manifest["settings"]["interactivity"]
    assert "http" not in "\n".join(kept)


def test_slack_refused_nothing_and_nothing_was_left_bare(slack: FakeSlack) -> None:
    """In all that these tests said, every call kept Slack's limits and its escaping."""
    unplanned = [c for c in slack.calls if c.error and not c.planned and c.error != "invalid_auth"]
    assert [] == [(c.method, c.error) for c in unplanned]
    sent = [m for m in slack.messages.values() if has_bare_entity(m.text)]
    assert [] == [m.text for m in sent]
