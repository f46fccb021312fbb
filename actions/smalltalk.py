"""Greetings, thanks, anger, and what needs care: answered by the response that the intent names."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.standing import OrOfLetter
from actions.turn import Said
from reinstate.knowledge import knowledge
from reinstate.replies.message import Button, Message, titled_buttons

_ENDS = ("thank", "goodbye")


class ActionReply(OrOfLetter, Action):
    """Says `utter_<intent>`, in its second wording where the first was just said."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_reply"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Reply; at the end of a talk with a verdict, ask once whether it helped."""
        said = Said(dispatcher, tracker)
        intent, case = said.message.intent, said.case
        known = "_known" if intent == "vent" and (case.causes or case.disputed or case.notice) else ""
        buttons = () if known else titled_buttons(said.message.alternatives, knowledge())
        # what a form asks goes on: that is no end
        ends = intent in _ENDS and tracker.get_slot("rows") and not said.in_form
        ends = ends and not tracker.get_slot("feedback_asked")
        said.say([Message(said.another(f"utter_{intent}{known}"), {}, _opinions() if ends else buttons)])
        return said.set({"feedback_asked": True}) if ends else []


def _opinions() -> tuple[Button, ...]:
    wording = knowledge().table.wording
    return (
        Button(wording.helpful, "/feedback_helpful"),
        Button(wording.not_helpful, "/feedback_not_helpful"),
    )
