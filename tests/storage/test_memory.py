"""What is remembered of a conversation answers as all of its events would."""

from __future__ import annotations

import asyncio
import json
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    Restarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from reinstate.core.transcript import MISSES, misses
from reinstate.server.settings import MODEL, ROOT
from reinstate.stores import memory
from reinstate.stores.conversations import ConversationStore
from reinstate.stores.memory import Memory, RememberingTracker
from reinstate.stores.tables import memories, offers, replies, sessions

DOMAIN = Domain.load(str(ROOT / "domain.yml"))
RESPONSES = ["utter_introduce", "utter_feeling", "utter_noted", "utter_exit"]


def a_turn(chance: random.Random, number: int) -> list[Event]:
    """What may happen in a turn."""
    intent = chance.choice(["greet", "affirm", "nlu_fallback", "nlu_fallback", "out_of_scope"])
    made: list[Event] = [UserUttered(f"text {number}", {"name": intent}, message_id=str(number))]
    made.append(ActionExecuted(chance.choice(["action_reply", "triage_form"])))
    for _ in range(chance.randrange(3)):
        made.append(BotUttered("said", metadata={"utter_action": chance.choice(RESPONSES)}))
    if chance.random() < 0.4:
        made.append(SlotSet("asked", chance.choice([None, "notice", "appealed", "circumstance:repeated"])))
    if chance.random() < 0.3:
        made.append(SlotSet("requested_slot", chance.choice(["notice", "login", None])))
    if chance.random() < 0.2:
        made.append(ActiveLoop(chance.choice(["triage_form", None])))
    if chance.random() < 0.05:
        made.append(Restarted())
    return [*made, ActionExecuted("action_listen")]


def asked(events: list[dict[str, Any]]) -> list[str]:
    """What was asked for since the restart, latest first, each once: what actions go back by."""
    found: dict[str, None] = {}
    for event in reversed(events):
        if event["event"] == "restart":
            break
        if event["event"] == "slot" and event["name"] in ("asked", "requested_slot") and event["value"]:
            found[f"{event['name']}={event['value']}"] = None
    return list(found)


def said(events: list[dict[str, Any]]) -> set[str]:
    """Which responses were said."""
    metadata = (event.get("metadata") or {} for event in events if event["event"] == "bot")
    return {values["utter_action"] for values in metadata if "utter_action" in values}


@pytest.mark.parametrize("seed", range(20))
def test_what_is_remembered_answers_as_all_events_would(seed: int) -> None:
    """Slots, form, latest action, what was said, asked for and not understood: after each of many turns."""
    chance, kept = random.Random(seed), Memory()
    whole = DialogueStateTracker("web-1", DOMAIN.slots)
    for number in range(30):
        new = a_turn(chance, number)
        for event in new:
            whole.update(event)
        kept = Memory.read(kept.after([event.as_dict() for event in new], DOMAIN.slots).write()) or Memory()
        tracker = kept.tracker("web-1", DOMAIN.slots).copy()
        full = whole.current_state(EventVerbosity.ALL)
        seen = tracker.current_state(EventVerbosity.ALL)
        for name in ("slots", "latest_action_name", "paused", "latest_input_channel", "followup_action"):
            assert full[name] == seen[name], (number, name)
        assert (full["active_loop"] or {}).get("name") == (seen["active_loop"] or {}).get("name")
        assert said(full["events"]) == said(seen["events"])
        assert asked(full["events"]) == asked(seen["events"])
        count = misses(full["events"])
        assert misses(seen["events"]) == (count if count <= 8 else misses(seen["events"]))
        assert misses(seen["events"]) % 2 == count % 2
        assert len(seen["events"]) < 90


def test_rules_look_at_the_latest_turn_only() -> None:
    """So that RulePolicy decides from the latest turns as it would from all: each rule begins with the
    person's message or the form, and none holds a second message.
    """
    with tarfile.open(MODEL) as model:
        file = model.extractfile("components/train_RulePolicy0/rule_policy.json")
        assert file
        lookup = json.loads(file.read())["lookup"]
    for key in lookup["rules"]:
        states = json.loads(key)
        listens = [(state.get("prev_action") or {}).get("action_name") == "action_listen" for state in states]
        assert not any(listens[1:]), key


def test_misses_are_those_of_the_actions() -> None:
    """The store cannot import the core; this keeps the two together."""
    assert MISSES == memory.MISSES


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_conversation_of_an_earlier_version_goes_on(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Kept in Rasa's table alone: its slots, replies and buttons count, and the next turn remembers them."""
    url = f"sqlite:///{tmp_path / 'data.db'}" if kind == "sqlite" else request.getfixturevalue("postgres")
    store = ConversationStore(DOMAIN, host=url)
    button = {"title": "Yes", "payload": "/affirm"}
    for number in range(5):
        tracker = asyncio.run(store.retrieve("web-1")) or DialogueStateTracker("web-1", DOMAIN.slots)
        tracker.update(UserUttered(f"text {number}", {"name": "greet"}, message_id=str(number)))
        tracker.update(SlotSet("asked", f"question {number}"))
        tracker.update(BotUttered(f"answer {number}", {"buttons": [button]} if number == 0 else {}))
        asyncio.run(store.save(tracker))
    history = store.history("web-1")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX events_in_order")
        for table in (memories, replies, offers, sessions):
            table.drop(connection)
    store = ConversationStore(DOMAIN, host=url)
    for _ in range(2):  # from the events, then from what was written with the next turn
        met = asyncio.run(store.meet("web-1", "1", "/affirm"))
        assert (["answer 1"], True) == ([line.text for line in met.reply or []], met.offered)
        tracker = asyncio.run(store.retrieve("web-1"))
        assert isinstance(tracker, RememberingTracker)
        assert "question" in str(tracker.get_slot("asked"))
        tracker.update(UserUttered("more", {"name": "greet"}))
        asyncio.run(store.save(tracker))
    assert [*history, "more"] == [*store.history("web-1")[: len(history)], "more"]
    assert len(store.history("web-1")) == len(history) + 2


def test_a_turn_reads_once_and_writes_once(tmp_path: Path) -> None:
    """One question by keys, one transaction; no connection is opened anew."""
    import sqlalchemy as sa

    store = ConversationStore(DOMAIN, host=f"sqlite:///{tmp_path / 'data.db'}")
    seen: list[str] = []
    sa.event.listen(store.engine, "commit", lambda _connection: seen.append("commit"))
    sa.event.listen(store.engine, "connect", lambda *_: seen.append("connect"))
    sa.event.listen(
        store.engine, "before_cursor_execute", lambda _c, _u, statement, *_: seen.append(statement.split()[0])
    )
    for number in range(3):
        seen.clear()

        async def turn(number: int = number) -> None:
            await store.meet("web-1", str(number))
            tracker = await store.retrieve("web-1") or DialogueStateTracker("web-1", DOMAIN.slots)
            tracker.update(UserUttered("text", {"name": "greet"}, message_id=str(number)))
            await store.save(tracker)

        asyncio.run(turn())
    assert "connect" not in seen
    assert 1 == seen.count("commit")
    assert 1 == seen.count("SELECT"), seen
    assert 3 == seen.count("INSERT"), seen
