"""The quick way through a turn leaves the events that Rasa's own way leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from copy import copy
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from reinstate import inprocess, quick_rules, quick_turns
from reinstate.server.settings import MODEL, ROOT
from reinstate.stores.conversations import ConversationStore
from reinstate.stores.memory import RememberingTracker

TALK = (
    (
        "hello",
        "a client paid me over paypal",
        "it was only once",
        "why?",
        "how long does it take",
        "thank you",
    ),
    ("my account is suspended", "/notice{}", "they say it is permanent", "yes", "no", "what?", "qwe rty"),
    ("I have two accounts", "write the letter", "my brother made it", "stop", "/restart", "hello", "bye"),
    ("they suspended me", "no", "how long does it take", "I do not know", "yes", "asdf", "zxcv", "uiop"),
)


@pytest.fixture(scope="module")
def agent() -> Iterator[Any]:
    """The trained bot, with its actions in the process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inprocess.RemoteAction, "run", inprocess.RemoteAction.run)
        inprocess.install()
        yield Agent.load(MODEL)


def events(agent: Any, texts: tuple[str, ...]) -> list[dict[str, Any]]:
    """All events of a conversation but for their times, and what was said."""

    async def talk() -> list[dict[str, Any]]:
        said = []
        for number, text in enumerate(texts):
            message = UserMessage(text, CollectingOutputChannel(), "web-1", message_id=str(number))
            await agent.processor.handle_message(message)
            said.append(message.output_channel.messages)
        tracker = await agent.processor.tracker_store.retrieve_full_tracker("web-1")
        return [event.as_dict() for event in tracker.events] + [{"said": said}]

    return [{k: v for k, v in event.items() if k != "timestamp"} for event in asyncio.run(talk())]


@pytest.mark.parametrize("texts", TALK)
def test_the_events_are_the_same(agent: Any, texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is said, and what is read."""
    agent.processor.tracker_store = ConversationStore(agent.domain)
    with monkeypatch.context() as patch:
        for method in ("copy", "past_states"):
            patch.setattr(RememberingTracker, method, getattr(DialogueStateTracker, method))
        found = events(agent, texts)
    quick = copy(agent)
    quick.processor = copy(agent.processor)
    quick.processor.tracker_store = ConversationStore(agent.domain)
    quick_turns.install(quick)
    monkeypatch.setattr(RulePolicy, "_get_possible_keys", quick_rules.possible_keys)
    monkeypatch.setattr(RulePolicy, "_find_action_from_rules", quick_rules.find_action)
    assert found == events(quick, texts)
    assert len(found) > 3 * len(texts)


def test_nodes_run_after_those_they_need() -> None:
    """Those that a target does not need do not run."""
    needs = {"d": ["b", "c"], "c": ["a"], "b": ["a", "__message__"], "a": [], "z": ["d"]}
    schema: Any = SimpleNamespace(
        nodes={name: SimpleNamespace(needs={n: n for n in of}) for name, of in needs.items()}
    )
    assert ["a", "b", "c", "d"] == quick_turns.order(schema, "d")


def test_whether_messages_fill_slots() -> None:
    """They do not here; where a slot is filled from a text, they do."""
    ours = Domain.load(str(ROOT / "domain.yml"))
    filled = "slots: {mood: {type: text, mappings: [{type: from_text}]}}"
    assert not quick_turns.fills_slots(ours)
    assert quick_turns.fills_slots(Domain.from_yaml(f'version: "3.1"\n{filled}'))
