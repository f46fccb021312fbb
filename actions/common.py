"""What every action needs: the case from the tracker, and messages to the dispatcher."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from reinstate.case import Case
from reinstate.knowledge import Question, knowledge
from reinstate.message import Heard
from reinstate.reply import Message, question_message
from reinstate.verdict import next_question


def case_of(tracker: Tracker) -> Case:
    """What is known so far."""
    return Case.from_slots(tracker.slots, knowledge())


def heard(tracker: Tracker) -> Heard:
    """The latest message."""
    return Heard.from_parse(tracker.latest_message, knowledge())


def say(dispatcher: CollectingDispatcher, messages: Iterable[Message]) -> None:
    """Hand messages to Rasa's response generator, which fills the domain's words in."""
    for message in messages:
        buttons = [{"title": b.title, "payload": b.payload} for b in message.buttons]
        dispatcher.utter_message(response=message.response, buttons=buttons, **message.values)


def set_slots(values: dict[str, Any], tracker: Tracker) -> list[EventType]:
    """Events for those slots whose value changes."""
    return [SlotSet(name, value) for name, value in values.items() if tracker.get_slot(name) != value]


def open_question(case: Case) -> Question | str | None:
    """The question whose answer could change the verdict; see `next_question`."""
    return next_question(case, knowledge())


def question_id(question: Question | str | None) -> str | None:
    """How the slot `asked` names a question."""
    return f"circumstance:{question.circumstance}" if isinstance(question, Question) else question


def ask_again(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """After a digression: the open question in other words, with its buttons."""
    asked = tracker.get_slot("asked")
    if not isinstance(asked, str):
        return
    case = case_of(tracker)
    if asked in ("notice", "appealed"):
        say(dispatcher, [question_message(asked, knowledge(), again=True)])
    for cause in (*case.causes, *case.disputed):
        for question in knowledge().causes[cause].ask:
            if f"circumstance:{question.circumstance}" == asked:
                say(dispatcher, [question_message(question, knowledge(), again=True)])
                return


def asked_before(tracker: Tracker, slot: str) -> bool:
    """Whether the form asked for a slot before in this session."""
    asked = [e for e in tracker.events if e.get("event") == "slot" and e.get("name") == "requested_slot"]
    return sum(e.get("value") == slot for e in asked) > 1 or (
        tracker.get_slot("requested_slot") == slot and any(e.get("value") == slot for e in asked)
    )
