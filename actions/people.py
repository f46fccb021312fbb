"""Feedback on a verdict, and handing over to people."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.standing import OrOfLetter
from actions.turn import Said
from reinstate.knowledge import knowledge
from reinstate.replies.answers import topic_message
from reinstate.replies.letter import summary_message
from reinstate.replies.message import Message
from reinstate.server.settings import Settings


class ActionFeedback(OrOfLetter, Action):
    """Keeps what the person thinks of the last verdict, with the rows that led to it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_feedback"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Note and thank."""
        said = Said(dispatcher, tracker)
        opinion = said.message.intent.removeprefix("feedback_")
        said.say([Message(f"utter_feedback_{opinion}")] if opinion != "wrong_cause" else [])
        given = {"opinion": opinion, "rows": tracker.get_slot("rows") or []}
        return said.set({"feedback": [*(tracker.get_slot("feedback") or []), given]})


class ActionHuman(Action):
    """Names the official way, and gives a summary of the case to copy."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_human"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Say the way, the operator's own contact where there is one, and the summary."""
        said = Said(dispatcher, tracker)
        case = said.case
        messages = [topic_message(knowledge().topics["human"], case, knowledge())]
        contact = Settings.load().handover_url
        if contact:
            messages.append(Message("utter_handover", {"contact": contact}))
        if case.causes or case.disputed or case.notice:
            messages.append(summary_message(case, said.told, knowledge()))
        said.say(messages)
        return []
