"""Plays messages of real people to the running bot, and tells what each first reply answers or offers.

Two forms of a line are read: `{"text", "label", "also": [labels]}`, and
`{"text", "lang", "intents": [intents], "causes": [{"id", "stance"}], "good_answer"}`.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reinstate.knowledge import knowledge
from tests.running import Chat, Server

# Labels of the first form that are not named like an intent of ours, and the intents that answer them.
LABELS: dict[str, tuple[str, ...]] = {
    "agency_linked": ("cause_unknown", "cause_multiple_accounts", "cause_account_sharing"),
    "plagiarism_ip": ("cause_misrepresentation",),
    "direct_contracts_own_clients": ("cause_paid_outside", "deny_paid_outside"),
    "bots_automation": ("cause_automation_tools",),
    "location_vpn": ("cause_location_mismatch",),
    "profile_photo": ("cause_misrepresentation", "cause_identity_verification"),
    "compromised_account": ("cause_account_compromised",),
    "dispute_arbitration": ("cause_payment_dispute",),
    "unknown_cause": ("cause_unknown",),
    "denial": ("cause_unknown",),
    "ask_status_or_time": ("ask_timeline",),
    "not_suspension": ("platform_question", "ask_prevention", "lookalike_profile_private"),
    "ask_permanent": ("ask_permanent", "inform_notice"),
    "ask_appeal": ("ask_appeal", "draft_appeal"),
    "out_of_scope": ("out_of_scope", "nlu_fallback", "help_evade"),
}
# Whether something is allowed was labelled before `ask_rule` had a name of its own.
SAME = {"ask_prevention": ("ask_rule",), "out_of_scope": ("nlu_fallback",)}


@dataclass(frozen=True)
class Heard:
    """One message and the first reply to it.

    Attributes:
        voice: the line of the file.
        parsed: what the NLU made of it.
        lines: the messages of the reply.
        read: what was read, as intents: the intent, the answer's topic, the causes that were named.
        offered: what the buttons of the reply stand for, as intents.
    """

    voice: Mapping[str, Any]
    parsed: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    read: frozenset[str]
    offered: frozenset[str]

    @property
    def kind(self) -> str:
        """What the line is labelled first."""
        return str(self.voice.get("label") or self.voice["intents"][0])

    @property
    def language(self) -> str:
        """Two letters; the first form of a line is English."""
        return str(self.voice.get("lang", "en"))

    @property
    def right(self) -> bool:
        """Whether what was read is what the line asks for."""
        return bool(self.read & wanted(self.voice))

    @property
    def served(self) -> bool:
        """Whether it was read, or is offered as a button."""
        return bool((self.read | self.offered) & wanted(self.voice))


def read_voices(file: Path) -> list[dict[str, Any]]:
    """The lines of a file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def wanted(voice: Mapping[str, Any]) -> set[str]:
    """The intents that answer a line."""
    if "label" not in voice:
        named = {_of_stance(c["id"], c["stance"]) for c in voice["causes"]}
        return _with_same({*voice["intents"], *named})
    labels = (voice["label"], *voice["also"])
    found = {i for label in labels for i in LABELS.get(label, (f"cause_{label}", f"deny_{label}", label))}
    if voice["label"] == "denial":
        found |= {f"deny_{label}" for label in voice["also"]}
    return _with_same(found)


def _with_same(intents: set[str]) -> set[str]:
    return intents | {other for intent in intents for other in SAME.get(intent, ())}


def _of_stance(cause: str, stance: str) -> str:
    return f"{'deny' if stance == 'denies' else 'cause'}_{cause}"


def play(voices: Sequence[Mapping[str, Any]]) -> Iterator[Heard]:
    """Say each line as the first message of a conversation of its own."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            for voice in voices:
                chat = Chat(server.url).open()
                lines = chat.say(voice["text"])
                parsed = _parsed(server.database, chat.conversation)
                yield Heard(voice, parsed, lines, _read(parsed), _offered(lines))
        finally:
            server.stop()


def _parsed(database: Path, conversation: str) -> dict[str, Any]:
    with sqlite3.connect(database) as connection:
        (data,) = connection.execute(
            "SELECT data FROM events WHERE sender_id = ? AND type_name = 'user' ORDER BY id DESC",
            (conversation,),
        ).fetchone()
    return dict(json.loads(data)["parse_data"])


def _read(parsed: Mapping[str, Any]) -> frozenset[str]:
    """The intent, the intents that the answers serve, and the causes with their stance."""
    causes = {_of_stance(c["id"], c["stance"]) for c in parsed["causes"]}
    answers = [knowledge().answers[a["id"]] for a in parsed.get("answers") or []]
    served = {intent for answer in answers for intent in answer.serves}
    return frozenset({parsed["intent"]["name"], *causes, *served})


def _offered(lines: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(
        intent
        for line in lines
        for button in line.get("buttons") or []
        for intent in _means(button["payload"])
    )


def _means(payload: str) -> tuple[str, ...]:
    """The intents that a button stands for: of "not that, but ...", the cause that takes its place."""
    intent, _, data = payload[1:].partition("{")
    value = json.loads("{" + data).get("id") if data else None
    if intent == "faq" and value:
        return knowledge().answers[value].serves
    return (f"cause_{value}",) if value and intent == "feedback_wrong_cause" else (intent,)
