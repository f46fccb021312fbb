"""The letter: its questions and the draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.standing import ALWAYS_INTERRUPT, OrOfLetter, answers, of_letter
from actions.turn import Said, since_restart, was_said
from actions.writing import (
    Writing,
    kept,
    kind_asked_for,
    kind_of,
    not_needed,
    reviewed,
    shown,
    with_message,
    with_slots,
)
from reinstate.core import statements
from reinstate.core.cleaning import is_sentence
from reinstate.core.facts import Fact, corrects_facts, gathered, outdated
from reinstate.core.letter import APPEAL, HAPPENED, QUESTIONS, nothing_new, tells_nothing
from reinstate.core.parsed import ParsedMessage
from reinstate.core.statements import Statement
from reinstate.core.update import update_case
from reinstate.core.wishes import parse_wishes
from reinstate.knowledge import knowledge
from reinstate.replies.letter import fact_message, nothing_new_message, understood_message
from reinstate.replies.message import Message

_SOUND_LIKE_STOPS = ("cancel", "go_back")
_FEW = 4  # words of an answer that may be one though no sentence of it belongs into a letter
_NOT_OF_LETTER = 0.7  # an answer's sentence is kept out of the letter only if it surely does not belong there


class ActionLetterStart(OrOfLetter, Action):
    """Says what was understood, and takes over what the person already told."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter_start"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Begin a letter."""
        said = Writing(dispatcher, tracker)
        kind = kind_asked_for(said.message) or (QUESTIONS if said.case.appealed == "asked" else APPEAL)
        said = with_message(said)
        if kind == APPEAL and said.nothing_to_appeal:
            return [*not_needed(said), FollowupAction("action_listen")]
        first = said.following(said.case, said.facts, said.told, (), kind)
        start = _understood(said, said.another("utter_letter_start"), "utter_letter_start_nothing")
        of_another = [Message("utter_letter_of_another")] if said.role == "helper" else []
        said.say([*([start] if first else []), *of_another])  # where nothing is asked, all is shown next
        return [
            SlotSet("letter_asked", [first] if first else []),
            SlotSet("letter_done", None if first else True),
            *Said(dispatcher, tracker).set(
                {"letter_kind": kind, "tone": None, **kept(said.facts, said.told)}
            ),
        ]


def _understood(said: Writing, response: str, nothing: str) -> Message:
    return understood_message(said.case, said.facts, said.told, response, nothing, knowledge())


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
        if not tracker.get_slot("requested_slot"):
            return []
        asked = said.open_fact
        tells = any(s.for_letter and s.sure >= _NOT_OF_LETTER for s in said.says)
        # "removed it. wont" sounds like a stop, "we will use different computers" like getting round a ban
        sounds = (*_SOUND_LIKE_STOPS, "help_evade") if _promises(said) else _SOUND_LIKE_STOPS
        interrupts = message.intent in ALWAYS_INTERRUPT and not (tells and message.intent in sounds)
        if interrupts or message.upwork_answer:
            return []
        if knowledge().patterns["not_restricted"].found(message.text):
            return [SlotSet("notice", message.notice), SlotSet("letter_done", True)]
        if knowledge().patterns["enough"].found(message.text):
            return [SlotSet("letter_done", True)]
        nothing = knowledge().patterns["has_nothing"].found(message.text)
        declines = message.pressed and message.intent in ("deny", "cause_unknown")
        if nothing or declines or message.intent == "skip":
            return said.going_on()
        aside = not tells and len(message.text.split()) > _FEW and not message.pressed
        if not (answers(message) and not aside) and not _tells(said, message, asked):
            return []
        wishes = parse_wishes(message.text, knowledge()).wishes
        if any(wish.kind != "add" for wish in wishes):
            return []
        if wishes:  # "add that ..." tells what stands behind it
            message = replace(message, text=". ".join(wish.sentence for wish in wishes))
        return _taken(said, message, asked)


def _tells(said: Writing, message: ParsedMessage, asked: str) -> bool:
    """Whether a text tells the fact that was asked for, whatever it sounds like ("may")."""
    if message.pressed or knowledge().facts[asked].free:
        return False
    facts = gathered(said.facts, message, said.case, said.case, knowledge(), asked)
    return any(fact.kind == asked and fact not in said.facts for fact in facts)


def _taken(said: Writing, message: ParsedMessage, asked: str) -> list[EventType]:
    """The slots after an answer: its facts and its sentences."""
    # A fragment of an answer opens no other case and denies none; "it is X, not Y" of two known ones does.
    known = {*said.case.causes, *said.case.disputed} if corrects_facts(message, knowledge()) else set()
    named = tuple(m for m in message.mentions if m.id in known)
    heard = replace(message, mentions=named, choices=())
    if not message.pressed and message.intent.removeprefix("circumstance_") not in _circumstances(asked):
        heard = replace(heard, intent="inform_detail")  # "never again" does not tell how often it was
    case = update_case(said.case, heard, None, knowledge())
    message = replace(message, text=said.voice(message.text))
    facts = gathered(said.facts, message, said.case, case, knowledge(), asked)
    new = {fact.kind for fact in facts if fact not in said.facts}
    gone = outdated(said.facts, facts)
    told = statements.without(said.told, ((fact.words, fact.value) for fact in gone))
    if not (message.pressed or message.pasted):
        others = [f for f in facts if f.kind in new - {asked}]
        says = [s for s in said.says if not _only_tells(s, others)]
        told = statements.added(told, statements.answering(says, asked, _NOT_OF_LETTER))
    if asked not in new and (new or gone) and corrects_facts(message, knowledge()):
        return said.set({**case.to_slots(), **said.followed(case), **kept(facts, told)})
    return said.going_on(case=case, facts=facts, told=told)


def _only_tells(statement: Statement, facts: Iterable[Fact]) -> bool:
    """Whether words that are no sentence tell one of some facts ("last week of October") and nothing else."""
    told = any(statement.text in f.words and statement.tells_only(f.value) for f in facts)
    return told and not is_sentence(statement.text, knowledge())


def _promises(said: Writing) -> bool:
    """Whether a message tells what has changed or will."""
    return said.open_fact == "changed" and any(s.kind == "changed" for s in said.says)


def _circumstances(fact: str) -> set[str | None]:
    """The circumstances that the answers to a question tell."""
    return {value.circumstance for value in knowledge().facts[fact].values.values()}


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
        if other := _needed_instead(said):
            said = Writing(dispatcher, with_slots(tracker, {"letter_asked": other}))
        kind = knowledge().facts[said.open_fact]
        asked = Message("utter_question", {"question": str(kind.ask)})
        again = was_said(asked, since_restart(tracker))
        said.say([fact_message(kind, knowledge(), again=again, most=said.room)])
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
        other = kind_asked_for(message) if asks else kind_of(message.value)
        if tracker.get_slot("path") == "none" and (other or said.kind) == APPEAL:
            said.say([Message("utter_letter_no_path")])
            return []
        if not tracker.get_slot("letter_done") and not other:
            said.say([Message("utter_letter_soon" if said.in_form else "utter_letter_none")])
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
        if said.reviewing and kind == said.kind and not said.edits:
            return reviewed(said)
        return shown(said, said.tone, kind, said.edits_of(kind))


def _has_answered(tracker: Tracker) -> bool:
    """Whether the message answered the last question for the letter."""
    turn = takewhile(lambda event: event.get("event") != "user", reversed(tracker.events))
    return any(event.get("event") == "active_loop" for event in turn)
