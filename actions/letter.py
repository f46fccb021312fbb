"""The letter: its questions and the draft."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.letter_answers import answered, story, tells
from actions.standing import ALWAYS_INTERRUPT, OrOfLetter, of_letter
from actions.turn import Said, last_turns, since_restart, since_set, verdict_slots, was_said
from actions.writing import (
    Writing,
    kept,
    kind_of,
    not_needed,
    shown,
    with_message,
    with_slots,
)
from reinstate.core.cleaning import put_well
from reinstate.core.letter import APPEAL, HAPPENED, QUESTIONS, nothing_new, tells_nothing
from reinstate.core.update import update_case
from reinstate.core.verdict import decide
from reinstate.knowledge import knowledge
from reinstate.replies.letter import fact_messages, nothing_new_message, understood_message
from reinstate.replies.message import Message

_SOUND_LIKE_STOPS = ("cancel", "go_back")
_PARTING = ("thank", "goodbye")


class ActionLetterStart(OrOfLetter, Action):
    """Says what was understood, and takes over what the person already told."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter_start"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Begin a letter."""
        return begin(Writing(dispatcher, tracker))


def begin(said: Writing) -> list[EventType]:
    """The slots of a letter that begins; where one stands, or none is needed, that is said."""
    kind = said.wanted or (QUESTIONS if said.case.appealed == "asked" else APPEAL)
    if _stands(said, kind):
        return [*shown(said, said.tone, kind, said.edits), FollowupAction("action_listen")]
    said = with_message(said)
    if kind == APPEAL and said.nothing_to_appeal:
        return [*not_needed(said), FollowupAction("action_listen")]
    first = said.following(said.case, said.facts, said.told, (), kind)
    start = understood_message(  # what else was told is shown with the first question
        said.case, (), (), said.another("utter_letter_start"), "utter_letter_start_nothing", knowledge()
    )
    of_another = [Message("utter_letter_of_another")] if said.role == "helper" else []
    said.say([*([start] if first else []), *of_another])  # where nothing is asked, all is shown next
    return [
        SlotSet("letter_asked", [first] if first else []),
        SlotSet("letter_done", None if first else True),
        *said.set({"letter_kind": kind, "tone": None, **kept(said.facts, said.told)}),
    ]


def _understood(said: Writing, response: str, nothing: str) -> Message:
    return understood_message(said.case, said.facts, said.told, response, nothing, knowledge())


def _stands(said: Writing, kind: str) -> bool:
    """Whether the letter that is asked for in words stands, about this case, and no new one is wanted."""
    if not said.tracker.get_slot("letter_done") or said.message.pressed or kind != said.kind:
        return False
    since = since_set(said.tracker, "letter_done")
    changed = any(event.get("name") in ("causes", "disputed") for event in since)
    return not (changed or knowledge().wishes["anew"].found(said.message.text))


class ActionKnown(Action):
    """Says what is known so far, where the person asks for it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_known"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """List it; nothing changes."""
        said = Writing(dispatcher, tracker)
        said.say([_understood(said, "utter_known", "utter_known_nothing")])
        return []


class ValidateLetterForm(Action):
    """Takes any text as the answer, unless it asks something else or wants to stop."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "validate_letter_form"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Take the facts out of the answer; a skipped question has none."""
        said = Writing(dispatcher, tracker)
        message = said.message
        if tracker.get_slot("requested_slot") != "letter_done":  # it begins; another form may have asked
            return []
        # "removed it. wont" sounds like a stop, "we will use different computers" like getting round a ban
        sounds = (*_SOUND_LIKE_STOPS, "help_evade") if _promises(said) else _SOUND_LIKE_STOPS
        interrupts = message.intent in ALWAYS_INTERRUPT and not (tells(said) and message.intent in sounds)
        if interrupts or message.upwork_answer:
            return []
        if knowledge().patterns["not_restricted"].found(message.text):
            return [SlotSet("notice", message.notice), SlotSet("letter_done", True)]
        if knowledge().patterns["enough"].found(message.text):
            return [SlotSet("letter_done", True)]
        return story(said) if said.open_fact == HAPPENED else answered(said)


def _promises(said: Writing) -> bool:
    """Whether a message tells what has changed or will."""
    return said.open_fact == "changed" and any(s.kind == "changed" for s in said.says)


class AskForFact(Action):
    """Asks for the fact that is missing, with buttons where the answers are few."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_letter_done"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask; the second time in other words."""
        said = Writing(dispatcher, tracker)
        if said.message.intent in _PARTING and last_turns(tracker)[0]:  # not at once after thanks
            return []
        if said.open_fact == HAPPENED:
            said.say([said.asks_story()])
            return []
        if other := _needed_instead(said):
            said = Writing(dispatcher, with_slots(tracker, {"letter_asked": other}))
        kind = knowledge().facts[said.open_fact]
        asked = Message("utter_question", {"question": str(kind.ask)})
        again = was_said(asked, since_restart(tracker))
        told = [put_well(s.text, knowledge()) for s in said.suggested]
        said.say(fact_messages(kind, told, knowledge(), again=again, most=said.room))
        return Said(dispatcher, tracker).set({"letter_asked": other}) if other else []


def _needed_instead(said: Writing) -> list[str]:
    """The facts asked for with another one at the end, where the open one was told beside a question."""
    *before, asked = said.asked_for or [HAPPENED]
    following = said.following(said.case, said.facts, said.told, before, said.kind)
    return [*before, asked, following] if following not in (None, asked) else []


class ActionLetter(Action):
    """Shows the draft: in another tone, of another kind, or changed, where that was asked for."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Draft from the slots."""
        said = Writing(dispatcher, tracker)
        message, asks = said.message, said.message.intent == "draft_appeal"
        other = said.wanted if asks else kind_of(message.value)
        if tracker.get_slot("path") == "none" and (other or said.kind) == APPEAL:
            return _where_no_path(said)
        if said.in_form:
            said.say([Message("utter_letter_soon")])
            return []
        if not tracker.get_slot("letter_done") and not other:
            said.say([Message("utter_letter_none")])
            return []
        kind = other or (APPEAL if asks else said.kind)
        if kind == APPEAL and said.nothing_to_appeal:
            return not_needed(said)
        if kind == APPEAL and nothing_new(said.case, said.told) and not said.edits:
            said.say([nothing_new_message(said.case, said.another("utter_letter_nothing_new"), knowledge())])
            return said.set({"letter_done": None})
        if kind == APPEAL and tells_nothing(said.case, said.draft(said.tone, kind)):
            said.say([Message(said.another("utter_letter_empty"))])
            return said.set({"letter_asked": [], "letter_done": None})
        events = None if other or asks or _has_answered(tracker) else of_letter(said)
        if events is not None:
            return events
        return shown(said, said.tone, kind, said.edits_of(kind) or (said.edits_of_own(kind) if other else ()))


def _where_no_path(said: Writing) -> list[EventType]:
    """No appeal where none is expected to succeed; one begins where the message tells what opens a path."""
    case = update_case(said.case, said.message, None, knowledge())
    verdict = decide(case, knowledge())
    if said.message.intent != "draft_appeal" or verdict.path == "none":
        said.say([Message("utter_letter_final" if case.appealed == "final" else "utter_letter_no_path")])
        return []
    slots = {**case.to_slots(), **verdict_slots(verdict)}
    begun = begin(Writing(said.dispatcher, with_slots(said.tracker, slots)))
    return [*said.set(slots), *begun, FollowupAction("letter_form")]


def _has_answered(tracker: Tracker) -> bool:
    """Whether the message answered the last question for the letter."""
    turn = takewhile(lambda event: event.get("event") != "user", reversed(tracker.events))
    return any(event.get("event") == "active_loop" for event in turn)
