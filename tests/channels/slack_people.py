"""People who talk to the running bot through a fake Slack, and what the bot has kept of it."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.channels.fake_slack import (
    SECRET,
    TEAM,
    TOKEN,
    FakeSlack,
    Message,
    Sender,
    click,
    direct,
    direct_channel,
    event,
    mention,
)
from tests.running import Server, until

SETTLE_SECONDS = 240
_people = itertools.count(1)


def settings(slack: FakeSlack, **more: str) -> dict[str, str]:
    """What connects the bot to the fake."""
    given = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": slack.url}
    return {**given, **more}


@dataclass
class Kept:
    """What stands in the bot's database."""

    database: Path

    def rows(self, query: str, *values: str) -> list[Any]:
        """The rows of a query."""
        with sqlite3.connect(self.database, timeout=30) as connection:
            return connection.execute(query, values).fetchall()

    def taken(self) -> int:
        """How many messages were ever taken in."""
        return int(self.rows("SELECT count(*) FROM inbox")[0][0])

    def settle(self) -> None:
        """Wait until everything that was taken in is answered."""
        until(lambda: not self.rows("SELECT 1 FROM inbox WHERE body != '' LIMIT 1"), SETTLE_SECONDS)

    def said(self, conversation: str, who: str = "user") -> list[str]:
        """Texts of the person ("user") or the bot in a conversation, in order."""
        query = "SELECT data FROM events WHERE sender_id = ? AND type_name = ? ORDER BY id"
        found = [json.loads(row[0]) for row in self.rows(query, conversation, who)]
        return [e["text"] for e in found if e.get("text")]

    def conversations(self) -> set[str]:
        """All conversations."""
        return {row[0] for row in self.rows("SELECT DISTINCT sender_id FROM events")}


@dataclass
class Person:
    """Somebody in the workspace."""

    slack: FakeSlack
    server: Server
    user: str = field(default_factory=lambda: f"U1P{next(_people):05d}")

    def __post_init__(self) -> None:
        self.sender, self.kept = Sender(self.server.url), Kept(self.server.database)

    @property
    def conversation(self) -> str:
        """The id of the conversation in the direct message."""
        return f"slack-{TEAM}-{self.user}"

    @property
    def channel(self) -> str:
        """The direct message with the bot."""
        return direct_channel(self.user)

    def direct(self, text: str, **more: Any) -> dict[str, Any]:
        """The event of a message written to the bot alone, not yet sent."""
        return event(direct(self.user, text, self.slack.stamp(), **more))

    def mention(self, text: str, channel: str, **more: Any) -> dict[str, Any]:
        """The event of a mention, not yet sent."""
        return event(mention(self.user, text, self.slack.stamp(), channel, **more))

    def send(self, body: dict[str, Any], **headers: str) -> None:
        """Let Slack deliver an event."""
        answer = self.sender.event(body, **headers)
        assert (200, b"") == (answer.status, answer.body)

    def gets(self, what: Callable[[], object], channel: str | None = None) -> list[Message]:
        """The new messages in a channel, once all that follows from `what` is done."""
        place = channel or self.channel
        before = len(self.slack.in_channel(place))
        what()
        self.kept.settle()
        return self.slack.in_channel(place)[before:]

    def says(self, text: str, **more: Any) -> list[Message]:
        """Write to the bot alone; its reply."""
        return self.gets(lambda: self.send(self.direct(text, **more)))

    def names_it(self, text: str, channel: str, **more: Any) -> list[Message]:
        """Mention the bot in a channel; its reply."""
        return self.gets(lambda: self.send(self.mention(text, channel, **more)), channel)

    def click(self, message: Message, title: str, **more: Any) -> dict[str, Any]:
        """The click on a button, not yet sent."""
        button = next(b for b in message.buttons if b["text"]["text"] == title)
        return click(message, button, self.user, **more)

    def presses(self, message: Message, title: str) -> list[Message]:
        """Press a button; the reply."""
        body = self.click(message, title)
        return self.gets(lambda: self.deliver(body), message.channel)

    def deliver(self, body: dict[str, Any]) -> None:
        """Let Slack deliver a click."""
        answer = self.sender.interaction(body)
        assert (200, b"") == (answer.status, answer.body)
