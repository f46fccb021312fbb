"""The beginning of a conversation."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted
from rasa_sdk.executor import CollectingDispatcher


class ActionSessionStart(Action):
    """Opens the session without a word: what the person asks goes first, the introduction after it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_session_start"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Begin."""
        return [SessionStarted(), ActionExecuted("action_listen")]
