"""Feedback on a verdict, and handing over to people."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.common import ask_again, case_of, heard, say, set_slots
from reinstate.knowledge import knowledge
from reinstate.replies.compose import Message, summary_message, topic_messages
from reinstate.server.settings import Settings


class ActionFeedback(Action):
    """Keeps what the person thinks of the last verdict, with the rows that led to it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_feedback"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Note and thank."""
        opinion = heard(tracker).intent.removeprefix("feedback_")
        say(dispatcher, tracker, [Message(f"utter_feedback_{opinion}")] if opinion != "wrong_cause" else [])
        given = {"opinion": opinion, "rows": tracker.get_slot("rows") or []}
        return set_slots({"feedback": [*(tracker.get_slot("feedback") or []), given]}, tracker)


class ActionHuman(Action):
    """Names the official way, and gives a summary of the case to copy."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_human"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Say the way, the operator's own contact where there is one, and the summary."""
        case = case_of(tracker)
        messages = topic_messages(knowledge().topics["human"], case, knowledge())
        contact = Settings.load().handover_url
        if contact:
            messages.append(Message("utter_handover", {"contact": contact}))
        if case.causes or case.disputed or case.notice:
            story = tracker.get_slot("story") or ""
            messages.append(summary_message(case, str(story), knowledge()))
        say(dispatcher, tracker, messages)
        ask_again(dispatcher, tracker)
        return []
