"""When a message is not understood, or is not about suspensions: a bounded way out."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.respond import ActionRespond
from actions.standing import OrOfLetter
from actions.turn import Said
from reinstate.core.asked import offered, perhaps
from reinstate.core.case import Case
from reinstate.core.doubt import DETAIL
from reinstate.core.plan import AnswerPart, GuessesPart
from reinstate.core.policy import answered
from reinstate.core.transcript import guesses, misses
from reinstate.core.verdict import question_of
from reinstate.knowledge import knowledge
from reinstate.replies.message import Message, sources
from reinstate.replies.questions import choice_message, groups_message, question_message


class ActionNotUnderstood(OrOfLetter, Action):
    """First asks for other words with the likeliest guesses, then shows the causes."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_not_understood"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Answer by how often in a row nothing was understood."""
        said, count = Said(dispatcher, tracker), misses(tracker.events)
        if _is_detail(said) or said.message.role == "client":  # whom one thing is always told
            return ActionRespond().answer(dispatcher, tracker)
        if count > 1:
            said.say([_exit(count)])
            return []
        if count and (said.in_form or said.asked):
            said.say([Message("utter_not_understood"), *_open_question(said)])
            return []
        ranking = tracker.latest_message.get("intent_ranking") or []
        events: list[EventType] = []
        part = perhaps(said.message, knowledge())
        if isinstance(part, AnswerPart | GuessesPart) and not said.in_form:
            events = said.plan(answered(said.turn, part))
        else:
            likely = guesses(ranking, knowledge())
            said.say([choice_message(likely, knowledge(), "utter_perhaps" if likely else "utter_rephrase")])
        if count:
            return events
        # Rasa comes here for want of a rule, and would again until its circuit breaker trips.
        return [*events, FollowupAction((tracker.active_loop or {}).get("name") or "action_listen")]


class ActionOutside(OrOfLetter, Action):
    """Says what this bot is for; the second time in a row shows the way out."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_outside"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Answer by how often in a row."""
        said, count = Said(dispatcher, tracker), misses(tracker.events)
        if _is_detail(said):
            return ActionRespond().answer(dispatcher, tracker)
        alternatives = [*offered(said.message), *said.message.alternatives]
        if count > 1:
            said.say([_exit(count)])
        elif alternatives and not said.case.causes:
            said.say([choice_message(alternatives, knowledge(), "utter_outside_or")])
        else:
            pages = sources(knowledge().topics["platform"].sources, knowledge())
            outside = Message("utter_outside", sources=pages)
            said.say([outside, *_open_question(said, alone=False)])
        return []


def _is_detail(said: Said) -> bool:
    """Whether a few words beside a known case tell when it was, or how much ("on oct 12")."""
    few = len(said.message.text.split()) <= DETAIL and not said.message.pressed
    return few and said.case != Case() and bool(said.message.mentioned) and not said.in_form


def _open_question(said: Said, *, alone: bool = True) -> list[Message]:
    """The open question in other words, if no form asks it anyway; `alone` as in `question_message`."""
    question = None if said.in_form else question_of(said.case, said.asked, knowledge())
    return [question_message(question, knowledge(), again=True, alone=alone)] if question else []


def _exit(count: int) -> Message:
    return groups_message(knowledge(), "utter_exit" if count % 2 == 0 else "utter_exit_again")
