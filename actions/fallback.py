"""When a message is not understood, or is not about suspensions: a bounded way out."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.common import ask_again, asked_of, case_of, heard, in_form, say
from reinstate.core.transcript import guesses, misses
from reinstate.knowledge import knowledge
from reinstate.replies.compose import Message, choice_message, groups_message


class ActionNotUnderstood(Action):
    """First asks for other words with the likeliest guesses, then shows the causes."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_not_understood"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Answer by how often in a row nothing was understood."""
        count = misses(tracker.events)
        if count > 1:
            say(dispatcher, tracker, [_exit(count)])
            return []
        if count and (in_form(tracker) or asked_of(tracker)):
            say(dispatcher, tracker, [Message("utter_not_understood")])
            ask_again(dispatcher, tracker)
            return []
        ranking = tracker.latest_message.get("intent_ranking") or []
        likely = guesses(ranking, knowledge())
        say(dispatcher, tracker, [choice_message(likely, knowledge(), "utter_rephrase")])
        if count:
            return []
        # Rasa comes here for want of a rule, and would again until its circuit breaker trips.
        return [FollowupAction((tracker.active_loop or {}).get("name") or "action_listen")]


class ActionOutside(Action):
    """Says what this bot is for; the second time in a row shows the way out."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_outside"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Answer by how often in a row."""
        count = misses(tracker.events)
        alternatives = heard(tracker).alternatives
        if count > 1:
            say(dispatcher, tracker, [_exit(count)])
        elif alternatives and not case_of(tracker).causes:
            say(dispatcher, tracker, [choice_message(alternatives, knowledge(), "utter_outside_or")])
        else:
            say(dispatcher, tracker, [Message("utter_outside")])
        ask_again(dispatcher, tracker)
        return []


def _exit(count: int) -> Message:
    return groups_message(knowledge(), "utter_exit" if count % 2 == 0 else "utter_exit_again")
