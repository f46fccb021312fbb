"""Greetings, thanks, anger, and what needs care: answered by the response that the intent names."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.common import another, ask_again, case_of, heard, say
from reinstate.knowledge import knowledge
from reinstate.replies.compose import Message, titled_buttons


class ActionReply(Action):
    """Says `utter_<intent>`, in its second wording where the first was just said."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_reply"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Reply; then the open question again, unless the person needs other help than ours."""
        message, case = heard(tracker), case_of(tracker)
        intent = message.intent
        known = "_known" if intent == "vent" and (case.causes or case.disputed or case.notice) else ""
        causes = () if known else titled_buttons(message.alternatives, knowledge())
        say(dispatcher, tracker, [Message(another(f"utter_{intent}{known}", tracker), {}, causes)])
        if intent != "crisis":
            ask_again(dispatcher, tracker)
        return []
