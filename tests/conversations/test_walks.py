"""Random walks: whatever the order of messages and buttons, the conversation never breaks.

Each walk is a person who writes and presses at random. The gate runs in this process, as in
`reinstate.server.app`, so that ten thousand turns take minutes. Every run walks elsewhere and says from
which seed; the same seed gives the same walks: `WALKS=500 WALK_SEED=7 pytest tests/conversations/test_walks.py`.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import multiprocessing
import os
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reinstate.channels.gate import Gate, Inbound, Reason, Refused, TurnFailedError
from reinstate.stores.lines import LETTER, Line
from tests.running import SOAK

WALKS = int(os.environ.get("WALKS", "500" if SOAK else "60"))
TURNS = 20
WORKERS = min(2, os.cpu_count() or 1)
CLOSED = Path(__file__).parents[1] / "nlu" / "closed_1.jsonl"
LONGEST, LONGEST_LETTER, MOST_BUTTONS, LONGEST_PAYLOAD = 900, 3000, 5, 64  # of a whole reply

MOST_REPEATED = 2  # one question in two ways ("/ask_why", then "why?") may get one answer; then it is a loop

TYPED = """
    yes | no | maybe | ok | I don't know | nothing | stop | skip | not yet | it was refused | only once
    by mistake | no, that's not it | actually it was something else | wrong cause | this helped
    hi | thanks | bye | why? | what should I do now? | how do I appeal? | draft an appeal | make it shorter
    change a sentence | remove sentence 2 | can I talk to a human? | what about my money? | how long?
    is it permanent? | can I open a new account? | what do you store? | which causes are there?
    I have no idea why
    they say it is permanent | the decision is final | it is only a warning | I am waiting for their answer
    asdf qwer zxcv | ???? | 12345 | what is the weather in Paris? | suspended | help
    I am so angry I could scream | help me hide behind a VPN | /start | /help | /restart | /nonsense
    I have two accounts | I was never paid outside | my profile says private | a client paid me on PayPal
"""


@dataclass
class Walker:
    """One person who wanders through a conversation, and what went wrong on the way."""

    gate: Gate
    conversation: str
    chance: random.Random
    texts: list[str]
    offered: list[dict[str, str]] = field(default_factory=list)
    earlier: list[dict[str, str]] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)
    over: bool = False
    last: str = ""
    repeated: int = 0
    before: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def walk(self) -> str | None:
        """Walk; the first thing that went wrong with its transcript, or None."""
        for turn in range(TURNS):
            wrong = await self._turn(turn)
            if wrong:
                return "\n".join([wrong, *self.transcript[-12:]])
            if self.over:
                break
        return None

    async def _turn(self, turn: int) -> str | None:
        text, button = self._choose()
        self.transcript.append(f"> {text or button}")
        inbound = Inbound(self.conversation, f"m{turn}", "web", text=text, button=button)
        try:
            lines, _ = await self.gate.handle(inbound)
        except TurnFailedError as error:
            return f"a turn failed: {error.__cause__!r}"
        except Refused as refused:
            fine = refused.reason is Reason.UNKNOWN_COMMAND and text == "/nonsense"
            return None if fine else f"refused: {refused.reason.value}"
        self.transcript += [f"  {line.text[:150]!r} {[b['title'] for b in line.buttons]}" for line in lines]
        self.over = "being deleted now" in " ".join(line.text for line in lines)
        again, self.last = (text or button) == self.last, text or str(button)
        return self._seen(lines, text, again=again) or self._kept()

    def _choose(self) -> tuple[str | None, str | None]:
        if self.offered and self.chance.random() < 0.5:
            return None, self.chance.choice(self.offered)["payload"]
        if self.earlier and self.chance.random() < 0.15:
            return None, self.chance.choice(self.earlier)["payload"]
        return self.chance.choice(self.texts), None

    def _seen(self, lines: list[Line], text: str | None, *, again: bool) -> str | None:
        if not lines or not any(line.text.strip() for line in lines):
            return "silence"
        if any(line.text == self.gate.words("failed") for line in lines):
            return "an action failed"
        told = sum(len(line.text) for line in lines)
        if told > (LONGEST_LETTER if any(line.kind == LETTER for line in lines) else LONGEST):
            return f"{told} characters"
        buttons = sum(len(line.buttons) for line in lines)
        if buttons > MOST_BUTTONS:
            return f"{buttons} buttons"
        for line in lines:
            if any(len(b["payload"].encode()) > LONGEST_PAYLOAD for b in line.buttons):
                return "a payload is too long"
            if "{" in line.text or "utter_" in line.text:
                return f"a placeholder is left: {line.text!r}"
        if any("we start over" in line.text for line in lines):
            self.before = []
        said = [(line.text, tuple(b["title"] for b in line.buttons)) for line in lines]
        if len(set(said)) < len(said):
            return "the same line twice in one turn"
        self.repeated = self.repeated + 1 if said == self.before and not again else 0
        if self.repeated == MOST_REPEATED:
            return "the same turn again and again"
        self.before = said
        self.offered = [b for line in lines for b in line.buttons]
        self.earlier += self.offered
        if text == "/restart":
            self.offered, self.earlier = [], []
        return None

    def _kept(self) -> str | None:
        """The stored path and odds are those of the table for the stored case."""
        from reinstate.core.case import Case
        from reinstate.core.verdict import decide
        from reinstate.knowledge import knowledge

        slots = _slots(self.gate, self.conversation)
        if not slots.get("rows"):
            return None
        verdict = decide(Case.from_slots(slots, knowledge()), knowledge())
        path = verdict.path if verdict.odds else None
        if (slots.get("path"), slots.get("odds")) != (path, verdict.odds):
            return f"kept {slots.get('path')}/{slots.get('odds')}, the table says {path}/{verdict.odds}"
        return None


@pytest.mark.longer
@pytest.mark.timeout(1200)
def test_no_order_of_messages_breaks_the_conversation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No walk ends in silence, a failure, a repetition, a dead button or a verdict off the table."""
    seed = int(os.environ.get("WALK_SEED") or random.randrange(1_000_000))
    with capsys.disabled():
        print(f"\nWALKS={WALKS} WALK_SEED={seed}", end=" ", flush=True)
    shares = [range(worker, WALKS, WORKERS) for worker in range(WORKERS)]
    folders = [tmp_path / str(worker) for worker in range(WORKERS)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        wrong = [
            found for share in pool.map(_walk_share, shares, folders, [seed] * WORKERS) for found in share
        ]
    assert not wrong, f"{len(wrong)} of {WALKS} walks from {seed} went wrong:\n\n" + "\n\n".join(wrong[:5])


def _walk_share(numbers: range, folder: Path, seed: int) -> list[str]:
    """Some of the walks, in a process of their own; what went wrong in each."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        _remember_what_is_slow(patch)
        return asyncio.run(_walk_all(numbers, folder, seed))


def _slots(gate: Gate, conversation: str) -> dict[str, Any]:
    """The slots as the stored events have them."""
    stored = gate.store.SQLEvent
    query = sa.select(stored.data).where(stored.sender_id == conversation).order_by(stored.id)
    slots: dict[str, Any] = {}
    with gate.store.engine.connect() as connection:
        kinds = query.where(stored.type_name.in_(("slot", "restart")))
        for event in (json.loads(row.data) for row in connection.execute(kinds)):
            slots = {} if event["event"] == "restart" else {**slots, event["name"]: event["value"]}
    return slots


async def _walk_all(numbers: range, folder: Path, seed: int) -> list[str]:
    gate, texts = await _gate(folder), _texts(seed)
    wrong = []
    for number in numbers:
        walker = Walker(gate, f"web-walk-{number}", random.Random(seed + number), texts)
        found = await walker.walk()
        if found:
            wrong.append(f"walk {number}: {found}")
        gate.store.forget(walker.conversation)
    return wrong


def _remember_what_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of the pool is read once; Rasa looks its classes of events up once."""
    from rasa.shared.utils import common

    from reinstate.understanding.classifier import MessageReader

    read = functools.lru_cache(MessageReader.read)
    monkeypatch.setattr(MessageReader, "read", lambda self, text, found, _encoded: read(self, text, found))
    monkeypatch.setattr(common, "all_subclasses", functools.lru_cache(common.all_subclasses))


def _texts(seed: int) -> list[str]:
    """What a walker may type: short answers, questions, nonsense, and real stories."""
    typed = [piece.strip() for line in TYPED.split("\n") for piece in line.split("|") if piece.strip()]
    stories = [json.loads(line)["text"] for line in CLOSED.read_text(encoding="utf-8").splitlines()]
    return [*typed, *random.Random(seed).sample(stories, 50)]


async def _gate(folder: Path) -> Gate:
    """The gate as `reinstate.server.app` builds it, with a database of its own."""
    import structlog
    from rasa.core.agent import Agent

    from reinstate import inprocess
    from reinstate.channels.rates import Times, limits
    from reinstate.server.settings import MODEL, Settings
    from reinstate.stores.conversations import ConversationStore
    from reinstate.stores.locks import LocalLocks

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    inprocess.install()
    agent = Agent.load(MODEL)
    store = ConversationStore(agent.domain, f"sqlite:///{folder / 'walks.db'}")
    agent.tracker_store = agent.processor.tracker_store = store
    settings = Settings.from_environment({"RATE_PER_MINUTE": "0"})
    return Gate(agent, store, LocalLocks(), limits(settings, Times()))
