"""The first words of a conversation, and starting over."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted
from rasa_sdk.executor import CollectingDispatcher

from actions.common import say
from reinstate.reply import Message


class ActionSessionStart(Action):
    """Introduces itself and says what is stored, once a conversation."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_session_start"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Open the session."""
        say(dispatcher, tracker, [Message("utter_introduce")])
        return [SessionStarted(), ActionExecuted("action_listen")]
