"""What every action needs: the case from the tracker, and messages to the dispatcher."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from reinstate.core.case import Case
from reinstate.core.parsed import Heard
from reinstate.core.verdict import Verdict, decide, next_question
from reinstate.knowledge import Question, knowledge
from reinstate.replies.compose import Message, question_message

NOTHING = "nothing"
_TURNS = 2


def case_of(tracker: Tracker) -> Case:
    """What is known so far."""
    return Case.from_slots(tracker.slots, knowledge())


def heard(tracker: Tracker) -> Heard:
    """The latest message, as far as it is sure enough beside what is known."""
    return Heard.from_parse(tracker.latest_message, knowledge()).beside(case_of(tracker))


def say(dispatcher: CollectingDispatcher, tracker: Tracker, messages: Sequence[Message]) -> None:
    """Hand messages to Rasa's response generator, which fills the domain's words in.

    Where they are the first of this action and all of the turn stood in the turn before, a sentence
    that says so goes first: no turn of the bot is the same as the one before it.
    """
    now, before = _last_turns(tracker)
    same = {line.get("text") for line in now} <= {line.get("text") for line in before}
    first = messages and not dispatcher.messages
    if first and same and all(was_said(message, before) for message in messages):
        messages = [Message(another("utter_repeat", tracker)), *messages]
    for message in [*_in_english(dispatcher, tracker), *messages]:
        buttons = [{"title": b.title, "payload": b.payload} for b in message.buttons]
        dispatcher.utter_message(response=message.response, buttons=buttons, **message.values)


def _in_english(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Message]:
    """For a message in another language, once a conversation, a sentence in it: answers are in English."""
    language = knowledge().languages.get(heard(tracker).language or "")
    if not language or not language.sentence:
        return []
    message = Message("utter_in_english", {"sentence": language.sentence})
    just_said = any(line.get("response") == message.response for line in dispatcher.messages)
    return [] if just_said or was_said(message, tracker.events) else [message]


def another(response: str, tracker: Tracker) -> str:
    """A response, or its second wording where the first one stood in the turn before."""
    _, before = _last_turns(tracker)
    return f"{response}_again" if was_said(Message(response), before) else response


def _last_turns(tracker: Tracker) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the bot said in this turn so far, and what it said in the one before."""
    turns: list[list[dict[str, Any]]] = [[]]
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            if len(turns) == _TURNS:
                break
            turns.append([])
        elif event.get("event") == "bot":
            turns[-1].append(event)
    return turns[0], turns[1] if len(turns) > 1 else []


def was_said(message: Message, lines: Iterable[dict[str, Any]]) -> bool:
    """Whether one of the lines came from the same response with the same values."""
    said = [line.get("metadata") or {} for line in lines]
    wanted = dict(message.values, utter_action=message.response)
    # Rasa keeps no empty value.
    return any(all((line.get(name) or "") == value for name, value in wanted.items()) for line in said)


def set_slots(values: dict[str, Any], tracker: Tracker) -> list[EventType]:
    """Events for those slots whose value changes."""
    return [SlotSet(name, value) for name, value in values.items() if tracker.get_slot(name) != value]


def case_slots(case: Case, tracker: Tracker) -> dict[str, Any]:
    """The slots of a case that is not told about now; a verdict that was told follows it."""
    if not tracker.get_slot("rows"):
        return case.to_slots()
    return {**case.to_slots(), **verdict_slots(decide(case, knowledge()))}


def verdict_slots(verdict: Verdict) -> dict[str, Any]:
    """The slots that hold a verdict; path and odds are empty where nobody can tell."""
    path = verdict.path if verdict.odds else None
    return {"path": path, "odds": verdict.odds, "rows": list(verdict.rows)}


def in_form(tracker: Tracker) -> bool:
    """Whether a form is asking; it asks its question again by itself."""
    return bool((tracker.active_loop or {}).get("name"))


def needless(case: Case, tracker: Tracker) -> dict[str, Any]:
    """The slots of triage that need no asking, while it asks.

    Whether the person can log in matters only where the notice tells nothing; what happened lately,
    only where no cause is known.
    """
    if (tracker.active_loop or {}).get("name") != "triage_form":
        return {}
    login = {"login": False} if case.notice not in (None, "unknown") else {}
    return {**login, "lately": NOTHING} if case.causes else login


def open_question(case: Case) -> Question | str | None:
    """The question whose answer could change the verdict; see `next_question`."""
    return next_question(case, knowledge())


def question_id(question: Question | str | None) -> str | None:
    """How the slot `asked` names a question."""
    return f"circumstance:{question.circumstance}" if isinstance(question, Question) else question


def asked_of(tracker: Tracker) -> str | None:
    """The open question, as `question_id` names it."""
    asked = tracker.get_slot("asked")
    return asked if isinstance(asked, str) else None


def ask_again(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """After a digression: the open question in other words, with its buttons.

    Who went on to something else when it was asked again is left alone for a turn.
    """
    asked = asked_of(tracker)
    if in_form(tracker) or not asked:
        return
    question = question_of(case_of(tracker), asked)
    if question is None:
        return
    message = question_message(question, knowledge(), again=True)
    _, before = _last_turns(tracker)
    if not (dispatcher.messages and was_said(message, before)):
        say(dispatcher, tracker, [message])


def question_of(case: Case, asked: str | None) -> Question | str | None:
    """The question about a case that `question_id` names so."""
    if asked in ("notice", "appealed"):
        return asked
    own = (q for cause in (*case.causes, *case.disputed) for q in knowledge().causes[cause].ask)
    return next((q for q in own if question_id(q) == asked), None)


def asked_before(tracker: Tracker, slot: str) -> bool:
    """Whether a form asked for a slot before in this case."""
    for event in reversed(tracker.events):
        if event.get("event") == "restart":
            return False
        if event.get("name") == "requested_slot" and event.get("value") == slot:
            return True
    return False
