"""The three doors say the same: twelve scenarios through the web, Slack and Telegram, on one bot.

What a door does to a text for its service (Slack's marks and entities, Telegram's HTML) is undone by
the fakes, which hold what a person sees.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

import pytest
import yaml

from reinstate.channels import slack_text
from reinstate.stores.lines import bot_line, sources_last
from tests.channels import slack_people, telegram_people
from tests.channels.fake_slack import FakeSlack, Message
from tests.channels.fake_telegram import FakeTelegram, buttons, without_sources
from tests.channels.slack_people import Kept
from tests.running import ROOT, Chat, Server, request, until

SCENARIOS = (
    "invalid_input/markup is not carried out",
    "negations/a denied cause can be admitted later",
    "corrections/something else takes the cause back and offers groups",
    "triage/something else in a group leads back to the groups",
    "letter/a letter is made of what was told",
    "feedback/an opinion can be written",
    "digressions/a question during the letter comes back to the letter",
    "evasion/a refusal leaves the case and its question open",
    "several_causes/a second cause told later is added",
    "privacy/an e-mail address does not come back in the summary",
    "fallbacks/a group from the way out leads to a verdict",
    "fallbacks/out of scope twice shows the way out",
)
COUNTING = "counting"
# In the page its footer says it.
INTRODUCTION = telegram_people.RESPONSES["utter_introduce"][0]["text"].strip()
MAIL = re.compile(r"[\w.]+@[\w.]+\w")
PLACEHOLDER = re.compile(r"\\{\w+\\}")


class Said(NamedTuple):
    """One message of the bot, as a person sees it; the sources of a reply are one of their own, its last."""

    text: str
    titles: tuple[str, ...]


class Door(Protocol):
    """A new person at one of the doors."""

    def says(self, text: str) -> list[Said]:
        """Write; the reply."""

    def presses(self, title: str) -> list[Said]:
        """Press the latest button with a title; the reply."""


class Web:
    """Somebody on the chat page."""

    def __init__(self, server: Server) -> None:
        self._chat = Chat(server.url).open()

    def says(self, text: str) -> list[Said]:
        return self._said(self._chat.say(text))

    def presses(self, title: str) -> list[Said]:
        return self._said(self._chat.press(title))

    def _said(self, lines: list[dict[str, Any]]) -> list[Said]:
        reply = [bot_line(line["text"], {**line, "custom": line}) for line in lines]
        found = [source.title for line in sources_last(reply) for source in line.sources]
        said = [Said(line.text, tuple(b["title"] for b in line.buttons)) for line in reply if line.text]
        return _with_sources(said, " · ".join(found))


class Slack:
    """Somebody who writes to the Slack app alone; Slack escapes what they write, and links addresses."""

    def __init__(self, server: Server, fake: FakeSlack) -> None:
        self._person = slack_people.Person(fake, server)
        self._reply: list[Message] = []

    def says(self, text: str) -> list[Said]:
        written = MAIL.sub(r"<mailto:\g<0>|\g<0>>", html.escape(text, quote=False))
        return self._said(self._person.says(written))

    def presses(self, title: str) -> list[Said]:
        return self._said(self._person.presses(_with(title, self._reply, lambda m: m.titles), title))

    def _said(self, reply: list[Message]) -> list[Said]:
        self._reply += reply
        said = [Said(m.shown, tuple(m.titles)) for m in reply if m.shown]
        return _with_sources(said, "".join(m.sources for m in reply))


class Telegram:
    """Somebody in a private chat with the Telegram bot."""

    def __init__(self, server: Server, fake: FakeTelegram) -> None:
        self._person, self._kept = telegram_people.Person(fake, server), Kept(server.database)

    def says(self, text: str) -> list[Said]:
        return self._after(self._person.fake.message(self._person.user, text))

    def presses(self, title: str) -> list[Said]:
        message = _with(title, self._person.received, lambda m: [b["text"] for b in buttons(m)])
        data = next(b["callback_data"] for b in buttons(message) if b["text"] == title)
        return self._after(self._person.fake.tap(self._person.user, dict(message), data))

    def _after(self, update: dict[str, Any]) -> list[Said]:
        before = len(self._person.received)
        self._person.send(update)
        self._kept.settle()
        new = self._person.received[before:]
        said = [Said(without_sources(m), tuple(b["text"] for b in buttons(m))) for m in new]
        found = [m["text"].removeprefix(without_sources(m)).strip() for m in new]
        return _with_sources([s for s in said if s.text], "".join(found))


def _with_sources(said: list[Said], titles: str) -> list[Said]:
    return [*said, Said(titles, ())] if titles else said


def _with(title: str, messages: list[Any], titles: Any) -> Any:
    """The latest message that has a button with a title."""
    return next(m for m in reversed(messages) if title in titles(m))


@pytest.fixture(scope="module")
def bot(
    slack: FakeSlack, telegram: FakeTelegram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One bot with all its doors open."""
    doors = {**slack_people.settings(slack), **telegram_people.webhook_settings(telegram)}
    given = {**doors, "METRICS_TOKEN": COUNTING}
    running = Server(tmp_path_factory.mktemp("doors"), **given).start()
    telegram.wait(lambda: telegram.named("setMyCommands"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def varied() -> re.Pattern[str]:
    """The responses of which Rasa picks one of several wordings by chance."""
    responses = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    by_chance = ([w for w in r if "condition" not in w] for r in responses.values())
    wordings = [w["text"].strip() for several in by_chance if len(several) > 1 for w in several]
    return re.compile("|".join(PLACEHOLDER.sub(".+", re.escape(w)) for w in wordings))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_door_says_the_same(
    scenario: str, bot: Server, slack: FakeSlack, telegram: FakeTelegram, varied: re.Pattern[str]
) -> None:
    """The same turns lead to the same texts, with the same buttons in the same order."""
    file = (ROOT / "tests" / "conversations" / scenario).with_suffix(".yml")
    turns = yaml.safe_load(file.read_text(encoding="utf-8"))
    doors: tuple[Door, ...] = (Web(bot), Slack(bot, slack), Telegram(bot, telegram))
    web, in_slack, in_telegram = ([_take(door, turn) for turn in turns] for door in doors)
    assert not [said for reply in web for said in reply if varied.search(said.text)]
    assert all(web)
    assert web == in_slack
    assert web == in_telegram


def test_a_letter_that_is_too_long_for_one_piece_comes_whole(
    bot: Server, slack: FakeSlack, telegram: FakeTelegram
) -> None:
    """What a service's limit cuts is put together again to the same words."""
    doors: tuple[Door, ...] = (Web(bot), Slack(bot, slack), Telegram(bot, telegram))
    turns = [
        "i have two upwork accounts because i forgot the old one",
        "write an appeal for me",
        "that's all",
    ]
    turns += [f"change sentence {number} to I went {'on &&< ' * 90}" for number in (1, 2, 3)]
    web, in_slack, in_telegram = ([_take(door, {"says": text}) for text in turns][-1] for door in doors)
    letter = max((said.text for said in web), key=len)
    assert 1 < len(slack_text.parts(slack_text.mrkdwn(letter)))
    assert _words(web) == _words(in_slack)
    assert _words(web) == _words(in_telegram)


@pytest.mark.parametrize("kind", [Slack, Telegram], ids=["slack", "telegram"])
def test_who_this_is_is_said_once_after_the_first_answer(
    kind: Any, bot: Server, slack: FakeSlack, telegram: FakeTelegram
) -> None:
    """In one line, where the door has no footer that says it; the answer comes first."""
    door = kind(bot, slack if kind is Slack else telegram)
    first, *later = (
        [said.text for said in door.says(text)]
        for text in (
            "my account was suspended because I have two accounts",
            "how long does it take",
            "thank you",
        )
    )
    assert 1 == first.count(INTRODUCTION)
    assert 0 < first.index(INTRODUCTION)
    assert "\n" not in INTRODUCTION
    assert not [reply for reply in later if INTRODUCTION in reply]


@pytest.mark.parametrize(
    ("kind", "writes"), [(Web, 1), (Slack, 3), (Telegram, 3)], ids=["web", "slack", "telegram"]
)
def test_a_turn_reads_once_and_writes_once(
    kind: Any, writes: int, bot: Server, slack: FakeSlack, telegram: FakeTelegram
) -> None:
    """A door that acknowledges before it answers writes twice more: what came, and that it was answered.

    What several bots do in the background (leases, retention) is not of a turn: the least of some counts.
    """
    services = {Web: (), Slack: (slack,), Telegram: (telegram,)}
    door = kind(bot, *services[kind])
    door.says("hello")
    spent = []
    for _ in range(4):
        before = _store_uses(bot)
        assert 1 == len(door.says("thank you"))
        until(lambda before=before: _store_uses(bot)["write"] >= before["write"] + writes)
        spent.append({what: count - before[what] for what, count in _store_uses(bot).items()})
    assert {"read": 1, "write": writes} == {what: min(s[what] for s in spent) for what in ("read", "write")}


def _store_uses(bot: Server) -> dict[str, float]:
    """How often the store has read and written."""
    page = request("GET", f"{bot.url}/metrics", headers={"Authorization": f"Bearer {COUNTING}"}).body.decode()
    return {what: float(n) for what, n in re.findall(r'store_seconds_count\{.*?="(\w+)"\} (\S+)', page)}


def _words(reply: list[Said]) -> tuple[list[str], list[str]]:
    """All words, and all titles, of a reply."""
    return " ".join(said.text for said in reply).split(), [t for said in reply for t in said.titles]


def _take(door: Door, turn: dict[str, Any]) -> list[Said]:
    reply = door.presses(turn["presses"]) if "presses" in turn else door.says(turn["says"])
    return [said for said in reply if said.text != INTRODUCTION]


def test_one_person_at_three_doors_at_once_has_three_conversations(
    bot: Server, slack: FakeSlack, telegram: FakeTelegram
) -> None:
    """Nobody is known from another door: each story is answered where it was told, and kept there alone."""
    chat, kept = Chat(bot.url).open(), Kept(bot.database)
    in_slack, in_telegram = slack_people.Person(slack, bot), telegram_people.Person(telegram, bot)
    doors: dict[str, Callable[[str], object]] = {
        chat.conversation: chat.say,
        in_slack.conversation: lambda text: in_slack.send(in_slack.direct(text)),
        in_telegram.conversation: lambda text: in_telegram.send(telegram.message(in_telegram.user, text)),
    }
    stories = (
        "a client paid me outside of upwork and i was suspended",
        "i have two accounts and was suspended for it",
        "i sent the same proposal hundreds of times and was suspended",
    )
    together = threading.Barrier(len(doors))

    def tell(story: str, say: Callable[[str], object]) -> None:
        together.wait(30)
        say(story)

    with ThreadPoolExecutor(len(doors)) as people:
        list(people.map(tell, stories, doors.values()))
    kept.settle()
    assert [[story] for story in stories] == [kept.said(one) for one in doors]
    causes = [set(_slots(bot, one)["causes"]) for one in doors]
    assert [{"paid_outside"}, {"multiple_accounts"}, {"proposal_spam"}] == causes
    shown = (
        " ".join(line["text"] for line in chat.lines),
        " ".join(message.shown for message in slack.in_channel(in_slack.channel)),
        " ".join(message["text"] for message in in_telegram.received),
    )
    for conversation, text in zip(doors, shown):
        said = kept.said(conversation, "bot")
        assert said
        assert all(_words_of(line) <= _words_of(text) for line in said)


def _slots(bot: Server, conversation: str) -> dict[str, Any]:
    return Chat(bot.url, conversation=conversation).slots(bot.database)


def _words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def test_the_scenarios_are_twelve_of_twelve_kinds() -> None:
    """No part of the bot speaks through one door only."""
    assert 12 == len(set(SCENARIOS))
