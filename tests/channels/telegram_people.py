"""People who talk to the running bot through a fake Telegram, and what the bot has kept of it."""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.channels.fake_telegram import FakeTelegram, buttons
from tests.running import ROOT, Server

WEBHOOK = "https://bot.example/webhooks/telegram/webhook"
SECRET = "a-secret_for-tests"
RESPONSES = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
USERS = itertools.count(500_000)


def words(name: str) -> str:
    """What the domain says for a door's response."""
    return str(RESPONSES[f"utter_door_{name}"][0]["text"])


def settings(fake: FakeTelegram, **more: str) -> dict[str, str]:
    """Settings of a bot that speaks to the fake."""
    return {"TELEGRAM_BOT_TOKEN": fake.token, "TELEGRAM_API_URL": fake.url, **more}


def webhook_settings(fake: FakeTelegram) -> dict[str, str]:
    """Settings of a bot with a public address."""
    return settings(fake, TELEGRAM_WEBHOOK_URL=WEBHOOK, TELEGRAM_WEBHOOK_SECRET=SECRET)


def events(database: Path, conversation: str, kind: str = "user") -> list[dict[str, Any]]:
    """Stored events of a conversation."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT data FROM events WHERE sender_id = ? AND type_name = ? ORDER BY id",
            (conversation, kind),
        ).fetchall()
    return [json.loads(row[0]) for row in rows]


def heard(database: Path, conversation: str) -> list[str]:
    """What Rasa was given of a conversation, session start left out."""
    return [e["text"] for e in events(database, conversation) if e["text"] != "/session_start"]


@dataclass
class Person:
    """Somebody who writes to the bot through the webhook, in private or in a group."""

    fake: FakeTelegram
    server: Server
    group: int | None = None
    user: int = field(default_factory=lambda: next(USERS))

    @property
    def chat(self) -> int:
        """Where replies arrive."""
        return self.user if self.group is None else self.group

    @property
    def conversation(self) -> str:
        """The id of the conversation, as the contract has it."""
        middle = "" if self.group is None else f"{self.group}-"
        return f"telegram-{middle}{self.user}"

    @property
    def received(self) -> list[dict[str, Any]]:
        """All that the bot has sent to the chat."""
        return self.fake.sent(self.chat)

    def send(self, update: dict[str, Any]) -> dict[str, Any]:
        """Deliver an update."""
        answer = self.fake.post(self.server.url, update)
        assert 200 == answer.status, answer
        return update

    def ask(self, text: str | None = None, **more: Any) -> list[dict[str, Any]]:
        """Write, and return what the bot says to it."""
        return self.replies_to(self.fake.message(self.user, text, self.group, **more))

    def press(self, message: dict[str, Any], data: str | None = None) -> list[dict[str, Any]]:
        """Press the first button of a message, or one with other data."""
        data = buttons(message)[0]["callback_data"] if data is None else data
        return self.replies_to(self.fake.tap(self.user, message, data))

    def replies_to(self, update: dict[str, Any]) -> list[dict[str, Any]]:
        """Deliver, and return what comes before the reply to a message sent right after it."""
        before = len(self.received)
        self.send(update)
        return self.until_marker(before)

    def until_marker(self, before: int) -> list[dict[str, Any]]:
        """What was sent after `before` messages, until a message sent now that is too long is answered."""
        self.send(self.fake.message(self.user, f"@Reinstate_Test_Bot {'x' * 4050}", self.group))
        marker = words("too_long")
        seen = {m["message_id"] for m in self.received[:before]}

        def arrived() -> bool:
            return any(m["text"] == marker for m in self.received if m["message_id"] not in seen)

        self.fake.wait(arrived)
        new = [m for m in self.received if m["message_id"] not in seen]
        last = max(n for n, m in enumerate(new) if m["text"] == marker)
        return new[:last]
