"""What a turn needs of the turns before it, so that the thousandth costs what the fifth does.

Kept of a conversation: its slots and its active form as they were before the last turns, those turns,
and of all before them what an action may still ask for: which responses were said, what was asked for,
how many messages in a row were not understood. RulePolicy matches a rule against the latest turn only
(tests/storage/test_memory.py holds it to that), so that it decides as it would with all events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from operator import is_
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    LoopInterrupted,
    SlotSet,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.utils.common import all_subclasses

Dict = dict[str, Any]

# A new number makes all memories be made anew from the events.
VERSION = 1
_TURNS = 2
_LISTEN = "action_listen"
# Of a message before the latest, only this is read; the ranking alone is thousands of bytes.
_PARSED = ("intent", "entities", "text")
# Two more misses in a row change nothing from here on: answers to them alternate.
_MOST_MISSES = 8
# Slots that say what was asked for, intents that say what was not understood, as actions read them.
_ASKING = ("asked", "requested_slot")
MISSES = ("nlu_fallback", "out_of_scope")
# Of a response, so many wordings are remembered; one with longer values only by its name.
_WORDINGS, _LONGEST_VALUES = 2, 200
# As Rasa does, the first class of a type counts.
_CLASSES: dict[str, type[Event]] = {
    getattr(kind, "type_name", ""): kind for kind in reversed(all_subclasses(Event))
}


def event_from(parameters: Dict) -> Event | None:
    """The event of a dictionary; Rasa's own looks through all classes for each."""
    kind = _CLASSES.get(parameters.get("event", ""))
    return kind._from_parameters(parameters) if kind else None


@dataclass(frozen=True)
class Memory:
    """See the module.

    Attributes:
        slots: those that were set before the kept turns.
        loop: the form that was active then, as Rasa has it, or None.
        older: events before the kept turns, as far as actions may ask for them.
        turns: events of the latest turns.
    """

    slots: Dict = field(default_factory=dict)
    loop: Dict | None = None
    older: Sequence[Dict] = ()
    turns: Sequence[Sequence[Dict]] = ()

    @classmethod
    def read(cls, state: str) -> Memory | None:
        """A memory as `write` wrote it; None for one of another version."""
        value = json.loads(state)
        return cls(**value) if value.pop("version", None) == VERSION else None

    @classmethod
    def of(cls, events: Iterable[Dict], slots: Sequence[Slot]) -> Memory:
        """The memory of a whole conversation."""
        memory, turn, spoken = cls(), list[Dict](), False
        for event in events:
            if event["event"] == "user" and spoken:
                memory, turn = memory.after(turn, slots), list[Dict]()
            spoken = spoken or event["event"] == "user"
            turn.append(event)
        return memory.after(turn, slots)

    def write(self) -> str:
        """As text."""
        return json.dumps({"version": VERSION, **vars(self)})

    def after(self, events: Sequence[Dict], slots: Sequence[Slot]) -> Memory:
        """The memory when more has happened.

        Args:
            events: what happened: a turn, or what is added to the last one.
            slots: of the domain, with their initial values.
        """
        turns = [list(turn) for turn in self.turns]
        if turns and not any(event["event"] == "user" for event in events):
            turns[-1] += map(_short, events)
        else:
            turns.append([_short(event) for event in events])
        gone = [event for turn in turns[:-_TURNS] for event in turn]
        if not gone:
            return Memory(self.slots, self.loop, self.older, turns)
        before = DialogueStateTracker("", slots)
        for event in [*self._base(), *map(event_from, gone)]:
            if event is not None:
                before.update(event)
        initial = {slot.name: slot.initial_value for slot in slots}
        values = before.current_slot_values()
        return Memory(
            slots={name: value for name, value in values.items() if value != initial[name]},
            loop=_loop(before),
            older=_digest([*self.older, *gone]),
            turns=turns[-_TURNS:],
        )

    def tracker(self, conversation: str, slots: Iterable[Slot]) -> RememberingTracker:
        """The conversation as Rasa works on it."""
        made = RememberingTracker(conversation, slots, self)
        for event in self._base():
            made.update(event)
        made.base = len(made.events)
        for parameters in (event for turn in self.turns for event in turn):
            event = event_from(parameters)
            if event is not None:
                made.update(event)
        made.kept = len(made.events)
        return made

    def lines(self) -> list[Dict]:
        """Events of the bot since the latest message."""
        said: list[Dict] = []
        for event in self.turns[-1] if self.turns else ():
            if event["event"] == "user":
                said = []
            elif event["event"] == "bot":
                said.append(event)
        return said

    def _base(self) -> list[Event]:
        """Events that lead to where the kept turns begin; none for a whole conversation."""
        if not (self.older or self.slots or self.loop):
            return []
        made: list[Event] = [SlotSet(name, value) for name, value in self.slots.items()]
        if self.loop:
            name = self.loop["name"]
            made += [ActionExecuted(name), ActiveLoop(name)]
            made += [ActionExecutionRejected(name)] if self.loop["rejected"] else []
            made += [LoopInterrupted(True)] if self.loop["is_interrupted"] else []
        return [*made, ActionExecuted(_LISTEN)]


class RememberingTracker(DialogueStateTracker):
    """Rasa's tracker of the latest turns; actions see of earlier ones what is remembered.

    Attributes:
        memory: what it was made from.
        base: how many of its events stand for what is not kept.
        kept: how many of its events are in the store.
        old: all events of a conversation that was kept without a memory.
    """

    old: Sequence[Dict] = ()

    def __init__(self, conversation: str, slots: Iterable[Slot], memory: Memory) -> None:
        """Start empty; see `Memory.tracker`."""
        super().__init__(conversation, ())
        self.slots = {slot.name: _twin(slot) for slot in slots}
        self._reset_slots()
        self.memory, self.base, self.kept = memory, 0, 0
        self._replay: tuple[list[Event], DialogueStateTracker, list[Dict]] | None = None

    @classmethod
    def of(cls, tracker: DialogueStateTracker) -> RememberingTracker:
        """A tracker of Rasa's own, of which nothing is kept."""
        made = cls(tracker.sender_id, tracker.slots.values(), Memory())
        made.events.extend(tracker.events)
        return made

    def copy(self) -> RememberingTracker:
        """One that is as this one, without a replay of all events."""
        made = copy(self)
        made.events = self.events.copy()
        made.slots = {name: _twin(slot) for name, slot in self.slots.items()}
        made.active_loop, made._replay = copy(self.active_loop), None
        return made

    def init_copy(self) -> RememberingTracker:
        """An empty one that remembers the same; Rasa copies trackers for policies and actions."""
        made = RememberingTracker(self.sender_id, self.slots.values(), self.memory)
        made.base, made.kept = self.base, self.kept
        return made

    def past_states(self, domain: Domain, *others: Any, **named: Any) -> list[Dict]:
        """As Rasa's, of rules; it goes on from where it was, unless something was taken back since.

        Each prediction asks for all of them, and with each the latest event is new.
        """
        if others or named.get("omit_unset_slots") or named.get("ignore_rule_only_turns"):
            return list(super().past_states(domain, *others, **named))
        events = self.applied_events()
        seen, replay, states = self._replay or ([], self.init_copy(), [])
        if len(seen) > len(events) or not all(map(is_, seen, events)):
            seen, replay, states = [], self.init_copy(), []
        for event in events[len(seen) :]:
            if isinstance(event, ActionExecuted):
                states.append(domain.get_active_state(replay))
            replay.update(event)
        self._replay = events, replay, states
        # Who asked may change them.
        return [
            *({part: dict(of) for part, of in s.items()} for s in states),
            domain.get_active_state(replay),
        ]

    def current_state(self, event_verbosity: EventVerbosity = EventVerbosity.NONE) -> Dict:
        """See Rasa's; among all events, those that are only remembered come first."""
        state: Dict = super().current_state(event_verbosity)
        if event_verbosity is EventVerbosity.ALL:
            state["events"] = [*self.memory.older, *state["events"][self.base :]]
        return state


def _twin(slot: Slot) -> Slot:
    """A copy of a slot; a turn makes some four hundred."""
    made: Slot = object.__new__(type(slot))
    made.__dict__.update(slot.__dict__)
    return made


def _short(event: Dict) -> Dict:
    if event["event"] != "user":
        return event
    parsed = event.get("parse_data") or {}
    return {**event, "parse_data": {name: parsed[name] for name in _PARSED if name in parsed}}


def _loop(tracker: DialogueStateTracker) -> Dict | None:
    loop = tracker.active_loop
    if loop is None:
        return None
    return {"name": loop.name, "rejected": loop.rejected, "is_interrupted": loop.is_interrupted}


def _digest(events: Sequence[Dict]) -> list[Dict]:
    """What actions may still ask for, oldest first.

    Of the bot's lines, which responses with which values were said; since the latest restart, the
    latest time that each value of a slot that asks was set; and the messages at the end that were not
    understood, with the one before them.
    """
    said: dict[str, list[Dict]] = {}
    asked: dict[tuple[str, str], Dict] = {}
    messages: list[Dict] = []
    restarts: list[Dict] = []
    for event in events:
        kind = event["event"]
        if kind == "restart":
            asked, restarts = {}, [{"event": "restart"}]
        elif kind == "bot" and (event.get("metadata") or {}).get("utter_action"):
            stub = {"event": "bot", "metadata": _values(event["metadata"])}
            others = [other for other in said.get(event["metadata"]["utter_action"], []) if other != stub]
            said[event["metadata"]["utter_action"]] = [*others, stub][-_WORDINGS:]
        elif kind == "slot" and event.get("name") in _ASKING and event.get("value"):
            name, value = event["name"], str(event["value"])
            asked.pop((name, value), None)
            asked[name, value] = {"event": "slot", "name": name, "value": value}
        elif kind == "user":
            intent = _intent(event)
            stub = {"event": "user", "parse_data": {"intent": {"name": intent}}}
            messages = [*messages, stub] if intent in MISSES else [stub]
    if len(messages) > _MOST_MISSES:
        first = [] if _intent(messages[0]) in MISSES else messages[:1]
        messages = [*first, *messages[len(first) + 2 :]]
    return [*(stub for stubs in said.values() for stub in stubs), *restarts, *asked.values(), *messages]


def _intent(event: Dict) -> str | None:
    return ((event.get("parse_data") or {}).get("intent") or {}).get("name")


def _values(metadata: Dict) -> Dict:
    kept = {name: value for name, value in metadata.items() if name not in ("model_id", "assistant_id")}
    long = len(json.dumps(kept)) > _LONGEST_VALUES
    return {"utter_action": kept["utter_action"]} if long else kept
