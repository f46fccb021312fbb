"""Whatever tells something of a case or asks something: policy decides, replies finds the words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import NOTHING, Said
from reinstate.core.case import Case
from reinstate.core.cleaning import sentences
from reinstate.core.facts import from_slot, gathered, to_slot
from reinstate.core.letter import added
from reinstate.core.policy import Plan, changed_topic, plan
from reinstate.core.verdict import decide
from reinstate.knowledge import knowledge
from reinstate.replies.message import Message
from reinstate.replies.questions import question_message
from reinstate.replies.verdict import why_message

_STORY_WORDS, _STORY_LENGTH = 5, 1000


class ActionRespond(Action):
    """Answers what is asked, takes in what is told, judges it, asks what could change the verdict."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_respond"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Decide, say, keep."""
        said = Said(dispatcher, tracker)
        turn = said.turn
        if tracker.get_slot("requested_slot") == "lately" and turn.message.clears:
            turn = replace(turn, message=replace(turn.message, mentions=(), choices=()))
        decided = plan(turn, knowledge())
        slots = {**_story(said, decided), **_facts(said, decided), **needless(decided.case, tracker)}
        return [*said.plan(decided), *said.set(slots)]


class ActionUnanswered(ActionRespond):
    """Judges where the open question stays without an answer, which is as good as any.

    A name of its own, because its rules depend on whether a question is left to ask.
    """

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_unanswered"


class ActionWrongNotice(Action):
    """Takes back what was read from a notice, and asks what it says."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_wrong_notice"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Forget the notice, ask with buttons."""
        said = Said(dispatcher, tracker)
        said.say([question_message("notice", knowledge(), again=True, alone=True)])
        return said.set({**replace(said.case, notice=None).to_slots(), "asked": "notice"})


class ActionWhy(Action):
    """Tells which rows of the table led to the last verdict, and where they come from."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_why"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Judge again; the case has not changed since."""
        said = Said(dispatcher, tracker)
        judged = tracker.get_slot("rows")
        message = (
            why_message(decide(said.case, knowledge()), knowledge())
            if judged
            else Message("utter_why_nothing")
        )
        said.say([message])
        return []


def needless(case: Case, tracker: Tracker) -> dict[str, Any]:
    """The slots of triage that need no asking, while it asks.

    Whether the person can log in matters only where the notice tells nothing; what happened lately,
    only where no cause is known.
    """
    if (tracker.active_loop or {}).get("name") != "triage_form":
        return {}
    login = {"login": False} if case.notice not in (None, "unknown") else {}
    return {**login, "lately": NOTHING} if case.causes else login


def _story(said: Said, decided: Plan) -> dict[str, Any]:
    """What the person told of the cause in their own words; kept for the letter.

    More about the same cause, or about one that is not clear yet, is added; another cause begins anew.
    """
    message, before = said.message, said.case
    story, more = said.tracker.get_slot("story"), message.intent == "inform_detail"
    text = _statements(message.text)
    told = message.told and len(text.split()) >= _STORY_WORDS
    if message.pasted or message.pressed or not (told or (story and more)):
        return {}
    same = not changed_topic(before, decided.case) or not (before.causes or before.disputed)
    if not story or not same or len(story) + len(text) > _STORY_LENGTH:
        return {"story": text}
    return {"story": added(story, text)}


def _statements(text: str) -> str:
    """What a text tells, without the sentences that only ask."""
    asks = knowledge().patterns["asks_something"]
    return " ".join(sentence for sentence in sentences(text) if not asks.found(sentence))


def _facts(said: Said, decided: Plan) -> dict[str, Any]:
    """What a letter can say of what was told."""
    known = from_slot(said.tracker.get_slot("facts"), knowledge())
    return {"facts": to_slot(gathered(known, said.message, said.case, decided.case, knowledge()))}
