"""Whatever tells something of a case or asks something: policy decides, replies finds the words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.standing import OrOfLetter
from actions.turn import NOTHING, Said
from actions.writing import Writing, going_on_unasked, with_slots
from reinstate.core.asked import FAQ
from reinstate.core.case import Case
from reinstate.core.facts import Fact, corrects_facts, from_slot, gathered, outdated
from reinstate.core.facts import to_slot as facts_slot
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import Plan, Turn
from reinstate.core.policy import EVADE, plan
from reinstate.core.statements import added, to_slot, without
from reinstate.core.update import update_case
from reinstate.core.verdict import decide
from reinstate.knowledge import knowledge
from reinstate.replies.letter import understood_message
from reinstate.replies.message import Message
from reinstate.replies.questions import question_message
from reinstate.replies.why import why_messages

_CORRECTION = 15  # words up to which what puts something right may be nothing else
_WHOLE = 7  # words from which on a message tells something by itself


class ActionRespond(OrOfLetter, Action):
    """Answers what is asked, takes in what is told, judges it, asks what could change the verdict."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_respond"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Decide, say, keep."""
        said = Said(dispatcher, tracker)
        turn = said.turn
        if turn.message.intent == EVADE:  # here, for of a letter that stands anything may be wanted
            said.say([Message("utter_help_evade")])
        if tracker.get_slot("requested_slot") == "lately" and turn.message.clears:
            turn = replace(turn, message=replace(turn.message, mentions=(), choices=()))
        if (tracker.active_loop or {}).get("name") == "letter_form" and not turn.message.pressed:
            turn = replace(turn, message=_within_letter(turn.message))  # the letter stays about its cause
        if tracker.get_slot("letter_done"):
            turn = replace(turn, message=_beside_letter(turn))
        facts = from_slot(tracker.get_slot("facts"), knowledge())
        alone = replace(turn.message, mentions=(), choices=())
        if put_right := _put_right(turn, alone, facts):
            turn = replace(turn, message=alone, asked=None)
            if _only_corrects(alone) and update_case(turn.case, alone, None, knowledge()) == turn.case:
                return _said_again(said, facts, put_right)
        decided = plan(turn, knowledge())
        slots = needless(decided.case, tracker)
        if not tracker.get_slot("letter_done"):  # beside a letter, only what is wanted in it is taken
            slots |= {**_told(said), **_facts(said, decided)}
        after = with_slots(tracker, {**decided.case.to_slots(), **slots})
        return [
            *said.plan(decided),
            *said.set(slots),
            *going_on_unasked(Writing(dispatcher, after)),
        ]


class ActionUnanswered(ActionRespond):
    """Judges where the open question stays without an answer, which is as good as any.

    A name of its own, because its rules depend on whether a question is left to ask.
    """

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_unanswered"


class ActionWrongNotice(Action):
    """Takes back what was read from a notice or an answer, and asks what it says."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_wrong_notice"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Forget the notice, or how far the appeal is where that is named; ask with buttons."""
        said = Said(dispatcher, tracker)
        asked = "appealed" if said.message.value == "appealed" else "notice"
        said.say([question_message(asked, knowledge(), again=True, alone=True)])
        return said.set({**said.case.without_answer(asked).to_slots(), "asked": asked})


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
        if _follows_up(said.turn):
            return said.plan(plan(replace(said.turn, message=replace(said.message, intent=FAQ)), knowledge()))
        judged = tracker.get_slot("rows")
        verdict = decide(said.case, knowledge())
        why = why_messages(verdict, knowledge(), in_form=said.in_form)
        said.say(why if judged else [Message("utter_why_nothing")])
        return []


def _follows_up(turn: Turn) -> bool:
    """Whether a short "and where is it" goes on from the last answer, and asks for no reason."""
    follows, asks = knowledge().patterns["follows_up"], knowledge().patterns["asks_why"]
    text = turn.message.text
    return bool(turn.answered) and not turn.message.pressed and follows.found(text) and not asks.found(text)


def _within_letter(message: ParsedMessage) -> ParsedMessage:
    """A message between the questions for a letter: it opens no other case."""
    tells = message.intent.startswith(("cause_", "deny_")) and message.intent != "cause_unknown"
    return replace(message, intent="inform_detail" if tells else message.intent, mentions=(), choices=())


def _beside_letter(turn: Turn) -> ParsedMessage:
    """A message beside a letter: a few words ("proposal! not in letter") open no other case."""
    message = turn.message
    if message.pressed or message.pasted or len(message.text.split()) >= _WHOLE:
        return message
    known = (*turn.case.causes, *turn.case.disputed)
    return replace(message, mentions=tuple(m for m in message.mentions if m.id in known), choices=())


def _put_right(turn: Turn, alone: ParsedMessage, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The facts after a message that puts some of them right; none where it tells none, or more than those.

    "It was not PayPal but Wise" denies no cause, though it sounds like that.
    """
    named = {mention.id for mention in turn.message.told}
    if not corrects_facts(alone, knowledge()) or named - {*turn.case.causes, *turn.case.disputed}:
        return ()
    case = update_case(turn.case, alone, None, knowledge())
    after = gathered(facts, alone, turn.case, case, knowledge())
    adds = after != facts and update_case(turn.case, turn.message, turn.answerable, knowledge()) == turn.case
    return after if outdated(facts, after) or adds else ()


def _only_corrects(message: ParsedMessage) -> bool:
    """Whether a message puts something right and neither asks nor tells much: what is known answers it."""
    asks = knowledge().patterns["asks_something"]
    few = len(message.text.split()) <= _CORRECTION
    return few and not any(asks.found(text) for text in (message.text, *(s.text for s in message.statements)))


def _said_again(said: Said, known: tuple[Fact, ...], facts: tuple[Fact, ...]) -> list[EventType]:
    """Say what is known after a correction, and keep it; the sentences that it puts right are forgotten."""
    response = said.another("utter_put_right")
    gone = outdated(known, facts)
    told = without(said.told, ((f.words, f.value) for f in gone)) if gone else added(said.told, said.says)
    said.say([understood_message(said.case, facts, told, response, "utter_known_nothing", knowledge())])
    return said.set({"facts": facts_slot(facts), "told": to_slot(told) or None})


def needless(case: Case, tracker: Tracker) -> dict[str, Any]:
    """The slots of triage that need no asking, while it asks.

    Whether the person can log in matters only where the notice tells nothing; what happened lately,
    only where no cause is known.
    """
    if (tracker.active_loop or {}).get("name") != "triage_form":
        return {}
    login = {"login": False} if case.notice not in (None, "unknown") else {}
    return {**login, "lately": NOTHING} if case.causes else login


def _told(said: Said) -> dict[str, Any]:
    """What the person told in their own sentences, kept for the letter."""
    if said.message.pasted or said.message.pressed:
        return {}
    return {"told": to_slot(added(said.told, said.says)) or None}


def _facts(said: Said, decided: Plan) -> dict[str, Any]:
    """What a letter can say of what was told."""
    known = from_slot(said.tracker.get_slot("facts"), knowledge())
    message = replace(said.message, text=said.voice(said.message.text))
    return {"facts": facts_slot(gathered(known, message, said.case, decided.case, knowledge()))}
