"""When the cause is not known: the triage form, its end, and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.respond import needless
from actions.standing import OrOfLetter
from actions.turn import NOTHING, Said, asked_before, last_turns, responses, since_restart, was_said
from reinstate.core.case import Case
from reinstate.core.doubt import NO_REASON
from reinstate.core.letter import without_answer
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import AnswerPart, Plan, VerdictPart
from reinstate.core.statements import to_slot
from reinstate.core.update import update_case
from reinstate.core.verdict import decide, question_of
from reinstate.knowledge import knowledge
from reinstate.replies.message import Message
from reinstate.replies.questions import group_message, groups_message, question_message, yes_no_message

# As in domain.yml, which actions in this process are not handed.
FORMS = {
    "triage_form": ("notice", "login", "lately", "appealed"),
    "letter_form": ("letter_done",),
}
_NOT_UNDERSTOOD = "utter_not_understood"
_PARTING = ("thank", "goodbye")
_LISTED = ("inform_group", "ask_causes")
_NO_IDEA = ("deny", "cause_unknown", "something_else", "skip")


class ValidateTriageForm(Action):
    """Takes in the answer to the form's question; anything else is left to its own rule."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "validate_triage_form"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Fill what the message answers; no event means that it answers nothing."""
        said = Said(dispatcher, tracker)
        message, asked = said.message, tracker.get_slot("requested_slot")
        if message.upwork_answer:
            return []
        if asked == "lately" and message.clears:
            return [SlotSet("lately", NOTHING)]
        answers_it = (asked == "notice" and message.notice) or (asked == "appealed" and message.appealed)
        if not answers_it and (message.told or message.choices or message.answers):
            return []
        case = update_case(said.case, message, asked, knowledge())
        events = said.set({**case.to_slots(), **said.followed(case), **needless(case, tracker)})
        if not asked or any(event["name"] == asked for event in events):
            return events
        answer = _answer(str(asked), message)
        return [*events, SlotSet(asked, answer)] if answer is not None else []


class AskNotice(Action):
    """Asks what the notice says, or only how Upwork calls it where that was told; then in other words."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_triage_form_notice"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask with buttons."""
        said, again = Said(dispatcher, tracker), asked_before(tracker, "notice")
        heard = "notice" in said.case.heard
        _ask(said, question_message("notice", knowledge(), again=again, alone=True, heard=heard))
        return []


class AskLogin(Action):
    """Asks whether the person can still log in."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_triage_form_login"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask with buttons."""
        again = "_again" if asked_before(tracker, "login") else ""
        _ask(Said(dispatcher, tracker), yes_no_message(f"utter_ask_login{again}", knowledge()))
        return []


class AskLately(Action):
    """Asks what changed lately, in groups of causes."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_triage_form_lately"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask with buttons; a group that was picked shows its causes."""
        said = Said(dispatcher, tracker)
        if said.message.intent in _LISTED:
            return []
        again = "_again" if asked_before(tracker, "lately") else ""
        _ask(said, groups_message(knowledge(), f"utter_ask_lately{again}"))
        return []


class AskAppealed(Action):
    """Asks how far an appeal has come."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_triage_form_appealed"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask with buttons."""
        again = asked_before(tracker, "appealed")
        _ask(Said(dispatcher, tracker), question_message("appealed", knowledge(), again=again, alone=True))
        return []


def _ask(said: Said, question: Message) -> None:
    """Ask, but not after thanks, not without room for its buttons, nor twice running under something else."""
    if not said.room:
        return
    now, before = (responses(turn) for turn in last_turns(said.tracker))
    first = question.response.removesuffix("_again")
    beside = now and _NOT_UNDERSTOOD not in now  # which says to answer it
    said_before = {first, f"{first}_again"} & set(before) or was_said(question, since_restart(said.tracker))
    if beside and (said_before or said.message.intent in _PARTING):
        return
    said.say([question])


class ActionTriageVerdict(Action):
    """Ends the triage in a verdict, or in an honest "we can't tell" and what to ask Upwork."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_triage_verdict"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Judge by what the notice says."""
        said = Said(dispatcher, tracker)
        case = said.case
        if tracker.get_slot("login") and case.notice == "unknown":
            case = case.with_notice("hold")
        judged = _judged(said, case, explain=not tracker.get_slot("rows"))
        return [*judged, *said.set({"lately": None, "login": None})]


class ActionSomethingElse(OrOfLetter, Action):
    """Takes the latest cause back; answers the one that was pressed instead, or offers the groups."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_something_else"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Drop, then judge or ask."""
        said = Said(dispatcher, tracker)
        adds_nothing = knowledge().patterns["has_nothing"].found(said.message.text)
        if adds_nothing and not said.message.pressed and tracker.get_slot("letter_done"):
            said.say([Message(said.another("utter_skip"))])
            return []
        if not said.message.pressed and knowledge().patterns["complains"].found(said.message.text):
            said.say([Message("utter_not_what_asked")])
            return []
        if not said.message.pressed and said.case == Case() and not _offered_groups(tracker):
            return said.plan(Plan((AnswerPart(NO_REASON),), said.case, None, said.turn.answered))
        instead = said.message.value
        if instead in knowledge().causes:
            return _judged(said, said.case.correct(str(instead)), explain=True)
        case = said.case.drop_latest()
        again = "_again" if _offered_groups(tracker) else ""
        said.say([groups_message(knowledge(), f"utter_which_instead{again}")])
        nothing = {"path": None, "odds": None, "rows": None, "asked": None, "facts": None}
        return said.set({**case.to_slots(), **nothing})


class ActionGoBack(OrOfLetter, Action):
    """Takes the latest answer back and asks its question again."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_go_back"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """In a form, empty the slot before; else ask what was asked before the open question."""
        said = Said(dispatcher, tracker)
        form = str((tracker.active_loop or {}).get("name") or "")
        if form == "letter_form":
            return _back_in_letter(said)
        if form:
            before = _slot_before(said, FORMS[form])
            said.say([Message("utter_go_back")] if before else [])
            also = ("login",) if before == "notice" else ()
            return [SlotSet(slot, None) for slot in (before, *also) if slot]
        asked = _asked_before(said)
        question = question_of(said.case, asked, knowledge())
        if not asked or not question:
            said.say([groups_message(knowledge(), "utter_go_back_nowhere")])
            return []
        said.say([question_message(question, knowledge(), again=True, alone=True)])
        return said.set({**said.case.without_answer(asked).to_slots(), "asked": asked})


class ActionListCauses(Action):
    """Lists the causes: all by group, or those of a group whose button was pressed."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_list_causes"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Show a group or the groups."""
        said = Said(dispatcher, tracker)
        group = said.message.value
        if group in knowledge().groups:
            said.say([group_message(str(group), knowledge())])
        else:
            said.say([groups_message(knowledge(), "utter_ask_groups")])
        return []


def _back_in_letter(said: Said) -> list[EventType]:
    """The question before the open one again, without what was told for it."""
    *earlier, _ = said.tracker.get_slot("letter_asked") or [None]
    said.say([Message("utter_go_back")] if earlier else [])
    if not earlier:
        return []
    facts = [fact for fact in said.tracker.get_slot("facts") or () if fact[0] != earlier[-1]]
    told = to_slot(without_answer(said.told, earlier[-1])) or None
    return said.set({"letter_asked": earlier, "facts": facts, "told": told})


def _judged(said: Said, case: Case, *, explain: bool) -> list[EventType]:
    """Say the verdict of a case, with no question after it; briefly, where the turn has said something."""
    verdict = decide(case, knowledge())
    part = VerdictPart(case, verdict, explain=explain, brief=bool(last_turns(said.tracker)[0]))
    return said.plan(Plan((part,), case, None, said.turn.answered, judged=verdict))


def _slot_before(said: Said, slots: Sequence[str]) -> str | None:
    """The latest filled slot of a form before the one that is asked for."""
    tracker = said.tracker
    asked = tracker.get_slot("requested_slot")
    earlier = slots[: slots.index(asked)] if asked in slots else slots
    answered = [slot for slot in earlier if slot not in needless(said.case, tracker)]
    return next((slot for slot in reversed(answered) if tracker.get_slot(slot) is not None), None)


def _asked_before(said: Said) -> str | None:
    """The question that was asked before the open one, since the start of the case."""
    slots = (event for event in since_restart(said.tracker) if event.get("event") == "slot")
    seen = (str(slot["value"]) for slot in slots if slot.get("name") == "asked" and slot.get("value"))
    return next((asked for asked in seen if asked != said.asked), None)


def _offered_groups(tracker: Tracker) -> bool:
    """Whether the groups were offered before in the place of a wrong cause."""
    return was_said(Message("utter_which_instead"), tracker.events)


def _answer(asked: str, message: ParsedMessage) -> Any:
    """The value a message gives to the asked slot where the case itself does not take it in."""
    if asked == "login" and message.intent in ("affirm", *_NO_IDEA):
        return message.intent == "affirm"
    if message.intent not in _NO_IDEA:
        return None
    return {"notice": "unknown", "lately": NOTHING, "appealed": "no"}.get(asked)
