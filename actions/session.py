"""The first words of a conversation, and starting over."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted
from rasa_sdk.executor import CollectingDispatcher

from actions.common import say, was_said
from reinstate.replies.compose import Message


class ActionSessionStart(Action):
    """Introduces itself and says what is stored, once a conversation."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_session_start"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Open the session; who starts over with the first words has just read them."""
        if not _just_introduced(tracker):
            say(dispatcher, tracker, [Message("utter_introduce")])
        return [SessionStarted(), ActionExecuted("action_listen")]


def _just_introduced(tracker: Tracker) -> bool:
    """Whether at most one message of the person came after the introduction."""
    came: int = 0
    for event in reversed(tracker.events):
        came += event.get("event") == "user"
        if was_said(Message("utter_introduce"), [event]):
            return bool(came <= 1)
    return False
