"""When the cause is not known: the triage form, its end, and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.common import (
    NOTHING,
    asked_before,
    asked_of,
    case_of,
    case_slots,
    heard,
    needless,
    question_of,
    say,
    set_slots,
    was_said,
)
from actions.judge import tell
from reinstate.core.parsed import Heard
from reinstate.core.update import hear
from reinstate.knowledge import knowledge
from reinstate.replies.compose import (
    Message,
    group_message,
    groups_message,
    question_message,
    yes_no_message,
)

# As in domain.yml, which actions in this process are not handed.
FORMS = {
    "triage_form": ("notice", "login", "lately", "appealed"),
    "letter_form": ("letter_happened", "letter_when", "letter_changed", "letter_evidence"),
}
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
        message, asked = heard(tracker), tracker.get_slot("requested_slot")
        if asked == "lately" and message.clears:
            return [SlotSet("lately", NOTHING)]
        if message.readings or message.choices:
            return []
        case = hear(case_of(tracker), message, asked, knowledge())
        events = set_slots({**case_slots(case, tracker), **needless(case, tracker)}, tracker)
        if not asked or any(event["name"] == asked for event in events):
            return events
        answer = _answer(str(asked), message)
        return [*events, SlotSet(asked, answer)] if answer is not None else []


class AskNotice(Action):
    """Asks what the notice says; the second time in other words."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_triage_form_notice"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask with buttons."""
        again = asked_before(tracker, "notice")
        say(dispatcher, tracker, [question_message("notice", knowledge(), again=again)])
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
        say(dispatcher, tracker, [yes_no_message(f"utter_ask_login{again}", knowledge())])
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
        if heard(tracker).intent in _LISTED:
            return []
        again = "_again" if asked_before(tracker, "lately") else ""
        say(dispatcher, tracker, [groups_message(knowledge(), f"utter_ask_lately{again}")])
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
        say(dispatcher, tracker, [question_message("appealed", knowledge(), again=again)])
        return []


class ActionTriageVerdict(Action):
    """Ends the triage in a verdict, or in an honest "we can't tell" and what to ask Upwork."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_triage_verdict"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Judge by what the notice says."""
        case = case_of(tracker)
        if tracker.get_slot("login") and case.notice == "unknown":
            case = case.with_notice("hold")
        events = tell(dispatcher, tracker, case, explain=not tracker.get_slot("rows"))
        return [*events, *set_slots({"lately": None, "login": None}, tracker)]


class ActionSomethingElse(Action):
    """Takes the latest cause back; answers the one that was pressed instead, or offers the groups."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_something_else"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Drop, then judge or ask."""
        instead = heard(tracker).value
        if instead in knowledge().causes:
            return tell(dispatcher, tracker, case_of(tracker).correct(str(instead)), explain=True)
        case = case_of(tracker).drop_latest()
        again = "_again" if _offered_groups(tracker) else ""
        say(dispatcher, tracker, [groups_message(knowledge(), f"utter_which_instead{again}")])
        nothing = {"path": None, "odds": None, "rows": None, "asked": None, "story": None, "when": None}
        return set_slots({**case.to_slots(), **nothing}, tracker)


class ActionGoBack(Action):
    """Takes the latest answer back and asks its question again."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_go_back"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """In a form, empty the slot before; else ask what was asked before the open question."""
        form = str((tracker.active_loop or {}).get("name") or "")
        if form:
            before = _slot_before(tracker, FORMS[form])
            say(dispatcher, tracker, [Message("utter_go_back")] if before else [])
            also = ("login",) if before == "notice" else ()
            return [SlotSet(slot, None) for slot in (before, *also) if slot]
        asked = _asked_before(tracker)
        question = question_of(case_of(tracker), asked)
        if not asked or not question:
            say(dispatcher, tracker, [groups_message(knowledge(), "utter_go_back_nowhere")])
            return []
        say(dispatcher, tracker, [question_message(question, knowledge(), again=True)])
        case = case_of(tracker).without_answer(asked)
        return set_slots({**case_slots(case, tracker), "asked": asked}, tracker)


class ActionListCauses(Action):
    """Lists the causes: all by group, or those of a group whose button was pressed."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_list_causes"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Show a group or the groups."""
        group = heard(tracker).value
        if group in knowledge().groups:
            say(dispatcher, tracker, [group_message(str(group), knowledge())])
        else:
            say(dispatcher, tracker, [groups_message(knowledge(), "utter_ask_groups")])
        return []


def _slot_before(tracker: Tracker, slots: Sequence[str]) -> str | None:
    """The latest filled slot of a form before the one that is asked for."""
    asked = tracker.get_slot("requested_slot")
    earlier = slots[: slots.index(asked)] if asked in slots else slots
    answered = [slot for slot in earlier if slot not in needless(case_of(tracker), tracker)]
    return next((slot for slot in reversed(answered) if tracker.get_slot(slot) is not None), None)


def _asked_before(tracker: Tracker) -> str | None:
    """The question that was asked before the open one, since the start of the case."""
    seen: list[str] = []
    for event in reversed(tracker.events):
        if event.get("event") == "restart":
            break
        if event.get("event") == "slot" and event.get("name") == "asked" and event.get("value"):
            seen.append(str(event["value"]))
    now = asked_of(tracker)
    return next((asked for asked in seen if asked != now), None)


def _offered_groups(tracker: Tracker) -> bool:
    """Whether the groups were offered before in the place of a wrong cause."""
    return was_said(Message("utter_which_instead"), tracker.events)


def _answer(asked: str, message: Heard) -> Any:
    """The value a message gives to the asked slot where the case itself does not take it in."""
    if asked == "login" and message.intent in ("affirm", *_NO_IDEA):
        return message.intent == "affirm"
    if message.intent not in _NO_IDEA:
        return None
    return {"notice": "unknown", "lately": NOTHING, "appealed": "no"}.get(asked)
