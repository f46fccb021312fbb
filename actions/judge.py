"""Judging: everything that tells something of the case leads here."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.common import (
    another,
    ask_again,
    asked_of,
    case_of,
    case_slots,
    heard,
    in_form,
    needless,
    open_question,
    question_id,
    say,
    set_slots,
    verdict_slots,
)
from reinstate.core.case import Case
from reinstate.core.letter import added, statements
from reinstate.core.parsed import Heard
from reinstate.core.update import hear
from reinstate.core.verdict import decide
from reinstate.knowledge import Knowledge, knowledge
from reinstate.replies.compose import (
    Button,
    Message,
    after_verdict_message,
    choice_message,
    lookalike_messages,
    question_message,
    taken_in_messages,
    titled_buttons,
    unchanged_message,
    verdict_messages,
)

_STORY_WORDS, _STORY_LENGTH = 5, 1000
_WHEN = re.compile(r"^(in|on|last|yesterday)\b|\bago$", re.IGNORECASE)


class ActionJudge(Action):
    """Takes in what was said, gives the verdict, and asks the one question that could change it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_judge"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Hear, decide, say, ask."""
        facts, message, before = knowledge(), heard(tracker), case_of(tracker)
        if tracker.get_slot("requested_slot") == "lately" and message.clears:
            message = replace(message, readings=(), choices=())
        if message.choices:
            say(dispatcher, tracker, [_which(message, facts)])
            return set_slots({"asked": None, **_story(message, before, before, tracker)}, tracker)
        if message.acknowledges and asked_of(tracker):
            say(dispatcher, tracker, [Message(another("utter_take_your_time", tracker))])
            ask_again(dispatcher, tracker)
            return []
        case = hear(before, message, asked_of(tracker), facts)
        if in_form(tracker) and not message.readings:
            say(dispatcher, tracker, [Message(another("utter_noted", tracker))] if case != before else [])
            return set_slots(case_slots(case, tracker), tracker)
        if not (case.causes or case.disputed or case.notice or case.appealed):
            causes = titled_buttons(message.alternatives, facts)
            say(dispatcher, tracker, [Message("utter_nothing_to_answer", {}, causes)])
            return set_slots(case.to_slots(), tracker)
        alone = _asked_about(before, case, message)
        if alone:
            say(dispatcher, tracker, verdict_messages(alone, decide(alone, facts), facts))
            ask_again(dispatcher, tracker)
            return set_slots(case_slots(case, tracker), tracker)
        explain = changed_topic(before, case)
        first = taken_in_messages(message, case, facts) if explain or message.pasted else []
        named = message.readings[0].id if message.readings else None
        rather = message.alternatives if named and named == decide(case, facts).cause else ()
        events = tell(
            dispatcher,
            tracker,
            case,
            explain=explain,
            first=first,
            alternatives=rather,
            brief=message.pasted,
            told=[r.id for r in message.readings] if message.pasted else (),
        )
        slots = {**_story(message, before, case, tracker), **needless(case, tracker)}
        return [*events, *set_slots(slots, tracker)]


class ActionUnanswered(ActionJudge):
    """Judges where the open question stays without an answer, which is as good as any.

    A name of its own, because its rules depend on whether a question is left to ask.
    """

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_unanswered"


class ActionLookalike(Action):
    """Tells what looks like a suspension and is none."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_lookalike"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Look the look-alike up by its intent."""
        message = heard(tracker)
        if message.choices:
            say(dispatcher, tracker, [_which(message, knowledge())])
            return set_slots({"asked": None}, tracker)
        lookalike = knowledge().lookalikes[message.intent.partition("_")[2]]
        say(dispatcher, tracker, lookalike_messages(lookalike, knowledge()))
        case = case_of(tracker).with_notice("not_suspended")
        slots = {"path": lookalike.path, "odds": lookalike.odds, "rows": None, "asked": None}
        return set_slots({**case.to_slots(), **slots}, tracker)


class ActionWrongNotice(Action):
    """Takes back what was read from a notice, and asks what it says."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_wrong_notice"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Forget the notice, ask with buttons."""
        say(dispatcher, tracker, [question_message("notice", knowledge(), again=True)])
        slots = case_slots(replace(case_of(tracker), notice=None), tracker)
        return set_slots({**slots, "asked": "notice"}, tracker)


def tell(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    case: Case,
    *,
    explain: bool,
    first: Sequence[Message] = (),
    alternatives: Sequence[str] = (),
    brief: bool = False,
    told: Collection[str] = (),
) -> list[EventType]:
    """Say the verdict of a case, after what goes first, and ask what could change it.

    For `alternatives`, `brief` and `told` see `verdict_messages`.

    Returns:
        The events that keep case, verdict and question.
    """
    verdict = decide(case, knowledge())
    if not explain and list(verdict.rows) == tracker.get_slot("rows"):
        unchanged = unchanged_message(verdict, knowledge())
        messages = [replace(unchanged, response=another(unchanged.response, tracker))]
    else:
        messages = [] if explain else [Message(another("utter_noted", tracker))]
        messages += verdict_messages(
            case, verdict, knowledge(), explain=explain, alternatives=alternatives, brief=brief, told=told
        )
    messages = [*first, *messages]
    question = None if in_form(tracker) else open_question(case)
    asked = question_id(question)
    if question:
        again = asked == asked_of(tracker)
        messages.append(question_message(question, knowledge(), again=again))
    elif not in_form(tracker):
        messages.append(after_verdict_message(verdict, knowledge()))
    say(dispatcher, tracker, messages)
    return set_slots({**case.to_slots(), **verdict_slots(verdict), "asked": asked}, tracker)


def _story(message: Heard, before: Case, case: Case, tracker: Tracker) -> dict[str, Any]:
    """What the person told of the cause in their own words, and when it was; kept for the letter.

    More about the same cause, or about one that is not clear yet, is added; another cause begins anew.
    """
    story, more = tracker.get_slot("story"), message.intent == "inform_detail"
    text = statements(message.text)
    told = message.readings and len(text.split()) >= _STORY_WORDS
    if message.pasted or not (told or (story and more)):
        return {}
    times = (value for kind, value in message.mentioned if kind == "time" and _WHEN.search(value))
    when = next(times, None)
    same = not changed_topic(before, case) or not (before.causes or before.disputed)
    if not story or not same or len(story) + len(text) > _STORY_LENGTH:
        return {"story": text, "when": when}
    return {"story": added(story, text), "when": when or tracker.get_slot("when")}


def changed_topic(before: Case, after: Case) -> bool:
    """Whether the cause, or the notice where none is known, is not the one told about before."""
    if after.causes:
        return before.causes != after.causes
    if after.disputed:
        return bool(before.causes) or before.disputed[:1] != after.disputed[:1]
    return before.notice != after.notice


def _asked_about(before: Case, case: Case, message: Heard) -> Case | None:
    """The case with that cause alone that a message names again beside a graver one, if it does."""
    named = message.readings[0].id if len(message.readings) == 1 else None
    if named not in before.causes or replace(case, causes=before.causes) != before:
        return None
    return None if decide(case, knowledge()).cause == named else replace(case, causes=(named,))


def _which(message: Heard, facts: Knowledge) -> Message:
    """Ask between readings that are too close to call."""
    first, *rest = message.choices
    cause = facts.causes.get(first.partition("_")[2])
    if cause and rest and rest[0] == f"deny_{cause.id}":
        yes = Button(facts.table.wording.happened, f"/cause_{cause.id}")
        no = Button(facts.table.wording.did_not_happen, f"/deny_{cause.id}")
        values = {"phrase": cause.phrase, "happened": cause.happened}
        return Message("utter_did_that_happen", values, (yes, no))
    return choice_message(message.choices, facts, "utter_which_closer")
