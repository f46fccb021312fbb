"""When the cause is not known: what does the notice say, which group, and corrections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.common import case_of, heard, say, set_slots
from reinstate.knowledge import knowledge
from reinstate.message import hear
from reinstate.reply import groups_message, question_message, verdict_messages
from reinstate.verdict import decide


class ActionTriage(Action):
    """Answers "no idea why": what the notice says, then the groups of causes."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_triage"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Say what can be said from the notice, and ask for what is missing."""
        case = hear(replace(case_of(tracker), causes=(), unsure=()), heard(tracker), None, knowledge())
        verdict = decide(case, knowledge())
        messages = verdict_messages(case, verdict, knowledge())
        if case.notice is None:
            asked = "notice"
            messages.append(question_message("notice", knowledge()))
        else:
            asked = "group"
            messages.append(groups_message(knowledge(), "utter_triage_groups"))
        say(dispatcher, messages)
        slots = {"path": verdict.path if verdict.odds else None, "odds": verdict.odds, "rows": list(verdict.rows)}
        return set_slots({**case.to_slots(), **slots, "asked": asked}, tracker)


class ActionSomethingElse(Action):
    """Takes the latest cause back and offers the groups."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_something_else"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Drop, then ask."""
        case = case_of(tracker).drop_latest()
        say(dispatcher, [groups_message(knowledge(), "utter_which_instead")])
        return set_slots({**case.to_slots(), "path": None, "odds": None, "rows": None, "asked": "group"}, tracker)
