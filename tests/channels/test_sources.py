"""Sources and the kind of a line, from an action to a person, through every door of the running bot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.channels import slack_people, telegram_people
from tests.channels.fake_actions import FakeActions
from tests.channels.fake_slack import FakeSlack, Message
from tests.channels.fake_slack import shown as as_read
from tests.channels.fake_telegram import FakeTelegram, links
from tests.channels.slack_people import Kept
from tests.running import Chat, Server

GUIDE = {"title": "The guide", "address": None}
PAGE = {"title": "Terms & <use>", "address": "https://a.example/?x=1&y=2"}
OTHER = {"title": "Help", "address": "https://b.example/help"}
BUTTONS = [{"title": "Yes", "payload": "/affirm"}]
OPENING = [{"text": "I am a program."}]
VERDICT: list[dict[str, Any]] = [
    {"text": "First.", "custom": {"sources": [PAGE, GUIDE]}},
    {"text": "Last.", "buttons": BUTTONS, "custom": {"sources": [PAGE, OTHER]}},
]
LETTER: list[dict[str, Any]] = [
    {"text": "Here it is.", "custom": {"sources": [OTHER]}},
    {"text": "Dear reader:\n" + "word & word " * 240, "custom": {"kind": "letter"}},
]
ONLY_SOURCES: list[dict[str, Any]] = [{"custom": {"sources": [PAGE]}}]
ODD: list[dict[str, Any]] = [
    {
        "text": "Said.",
        "custom": {"sources": [{"title": 7}, "x", {"address": "https://a.example"}], "kind": 3},
    },
    {"text": "And said.", "custom": {"sources": "none"}},
]


@pytest.fixture(scope="module")
def actions() -> Iterator[FakeActions]:
    """What the bot's actions say."""
    fake = FakeActions(opening=OPENING).start()
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def bot(
    actions: FakeActions,
    slack: FakeSlack,
    telegram: FakeTelegram,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """One bot with all its doors open, whose actions are the fake's."""
    given = {**slack_people.settings(slack), **telegram_people.webhook_settings(telegram)}
    running = Server(tmp_path_factory.mktemp("sources"), ACTION_SERVER_URL=actions.url, **given).start()
    telegram.wait(lambda: telegram.named("setMyCommands"))
    yield running
    running.stop()


def line(text: str, **more: Any) -> dict[str, Any]:
    """A line of the web door."""
    return {"type": "message", "text": text, "buttons": [], **more}


WEB: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = [
    (
        VERDICT,
        [line("First.", sources=[PAGE, GUIDE]), line("Last.", buttons=BUTTONS, sources=[PAGE, OTHER])],
    ),
    (LETTER, [line("Here it is.", sources=[OTHER]), line(LETTER[1]["text"], kind="letter")]),
    (ONLY_SOURCES, [line("", sources=[PAGE])]),
    (ODD, [line("Said."), line("And said.")]),
]


@pytest.mark.parametrize(("said", "expected"), WEB, ids=["verdict", "letter", "only sources", "odd"])
def test_the_page_gets_sources_and_kind(
    bot: Server, actions: FakeActions, said: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    """Each line carries its own; a repeated message and the history tell the same, in the order seen."""
    chat = Chat(bot.url).open()
    actions.reply = said
    first = chat.post({"id": "1", "text": "i got paid by paypal outside upwork"})
    assert first.body == chat.post({"id": "1", "text": "i got paid by paypal outside upwork"}).body
    opening = line(OPENING[0]["text"])
    assert [opening, *expected, {"type": "done"}] == [*map(json.loads, first.body.splitlines())]
    told = chat.history()
    assert {"from": "person", "text": "i got paid by paypal outside upwork", "buttons": []} == told[0]
    assert [opening, *expected] == [{"type": "message", **_without(entry, "from")} for entry in told[1:]]


def test_a_line_with_nothing_to_show_is_no_silence(bot: Server, actions: FakeActions) -> None:
    """Where all that an action gives is a kind, the person is told that it failed, and that stays."""
    chat = Chat(bot.url).open()
    actions.reply = [{"custom": {"kind": "letter"}}]
    actions.opening = []
    try:
        (said,) = chat.say("i got paid by paypal outside upwork")
    finally:
        actions.opening = OPENING
    assert telegram_people.words("failed") == said["text"]
    assert ["person", "bot"] == [entry["from"] for entry in chat.history()]


def test_a_restart_is_the_beginning_of_the_history(bot: Server, actions: FakeActions) -> None:
    """After "start over" it begins with the bot's answer to that, as in the page."""
    chat = Chat(bot.url).open()
    actions.reply = [{"text": "old"}]
    chat.say("i got paid by paypal outside upwork")
    seen = [said["text"] for said in chat.say("/restart")]
    actions.reply = [{"text": "new"}]
    seen += ["how long does it take", *(said["text"] for said in chat.say("how long does it take"))]
    assert seen == [entry["text"] for entry in chat.history()]
    assert {"old", "/restart"}.isdisjoint(seen)


def in_slack(bot: Server, slack: FakeSlack) -> list[Message]:
    """The reply that a new person gets in Slack, without the opening."""
    person = slack_people.Person(slack, bot)
    return person.says("i got paid by paypal outside upwork")[1:]


LINKED = "<https://a.example/?x=1&amp;y=2|Terms &amp; &lt;use&gt;>"


def test_slack_shows_all_sources_once_below_the_reply(
    bot: Server, slack: FakeSlack, actions: FakeActions
) -> None:
    """One quiet block under the last line; it stays when a button was pressed."""
    actions.reply = VERDICT
    person = slack_people.Person(slack, bot)
    first, last = person.says("i got paid by paypal outside upwork")[1:]
    quiet = f"{LINKED} · The guide · <https://b.example/help|Help>"
    assert ([], [quiet]) == (first.quiet, last.quiet)
    assert ("First.", ["Yes"]) == (first.shown, last.titles)
    person.presses(last, "Yes")
    assert quiet in last.quiet
    assert ("Last.\n✓ Yes", as_read(quiet)) == (last.shown, last.sources)


def test_slack_gets_a_letter_as_one_message(bot: Server, slack: FakeSlack, actions: FakeActions) -> None:
    """Nothing but the letter is in it; the sources follow."""
    actions.reply = LETTER
    _, letter, sources = in_slack(bot, slack)
    assert LETTER[1]["text"].split() == letter.shown.split()
    assert ([], ["<https://b.example/help|Help>"]) == (letter.quiet, sources.quiet)


def test_slack_shows_sources_alone(bot: Server, slack: FakeSlack, actions: FakeActions) -> None:
    """A line without words is a message of its sources."""
    actions.reply = ONLY_SOURCES
    assert [[LINKED]] == [message.quiet for message in in_slack(bot, slack)]


def in_telegram(bot: Server, telegram: FakeTelegram, group: int | None = None) -> list[dict[str, Any]]:
    """The reply that a new person gets in Telegram, without the opening."""
    person = telegram_people.Person(telegram, bot, group=group)
    name = "" if group is None else "@Reinstate_Test_Bot "
    person.send(telegram.message(person.user, f"{name}i got paid by paypal outside upwork", group))
    Kept(bot.database).settle()
    return person.received[1:]


ALL = "Terms & <use> · The guide · Help"
ADDRESSES = [("Terms & <use>", PAGE["address"]), ("Help", OTHER["address"])]


def test_telegram_shows_all_sources_once_as_the_last_line(
    bot: Server, telegram: FakeTelegram, actions: FakeActions
) -> None:
    """Titles link in the last message, also once a button below it was pressed."""
    actions.reply = VERDICT
    person = telegram_people.Person(telegram, bot)
    first, last = person.ask("i got paid by paypal outside upwork")[1:]
    assert ("First.", f"Last.\n\n{ALL}") == (first["text"], last["text"])
    assert ([], ADDRESSES) == (links(first), links(last))
    person.press({k: v for k, v in last.items() if k != "answers"})
    assert ADDRESSES == links(telegram.messages[person.user, last["message_id"]])


def test_telegram_gets_a_letter_as_one_message(
    bot: Server, telegram: FakeTelegram, actions: FakeActions
) -> None:
    """Nothing but the letter is in it; the sources follow."""
    actions.reply = LETTER
    _, letter, sources = in_telegram(bot, telegram)
    assert LETTER[1]["text"].strip() == letter["text"]
    assert ("Help", [("Help", OTHER["address"])]) == (sources["text"], links(sources))


def test_telegram_shows_sources_alone(bot: Server, telegram: FakeTelegram, actions: FakeActions) -> None:
    """A line without words is a message of its sources, in a group too."""
    actions.reply = ONLY_SOURCES
    assert ["Terms & <use>"] == [message["text"] for message in in_telegram(bot, telegram)]
    assert "Terms & <use>" == in_telegram(bot, telegram, group=-100_777)[0]["text"]


def _without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if k != key}
