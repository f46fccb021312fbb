"""Questions that are not a cause: topics, the list of causes, "why?"."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.common import ask_again, asked_of, case_of, case_slots, heard, in_form, say, set_slots
from actions.judge import changed_topic, tell
from reinstate.core.update import hear
from reinstate.core.verdict import decide
from reinstate.knowledge import knowledge
from reinstate.replies.compose import Message, topic_messages, verdict_messages, why_messages


class ActionTopic(Action):
    """Answers a question, with the known cause and notice in mind."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_topic"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Find the topic by the intent, and take in what the question tells on the way."""
        message, before, asked = heard(tracker), case_of(tracker), asked_of(tracker)
        plans = message.intent == "help_evade" or (message.intent == "ask_new_account" and message.asks)
        case = before if plans else hear(before, message, None, knowledge())
        answers = asked in ("notice", "appealed") and getattr(case, asked) != getattr(before, asked)
        tells = case != before and not in_form(tracker)
        if not answers:
            topic = knowledge().topic_of(message.intent) or knowledge().topics["capabilities"]
            say(dispatcher, tracker, topic_messages(topic, case, knowledge(), brief=tells))
        if tells:
            return tell(dispatcher, tracker, case, explain=changed_topic(before, case), brief=True)
        ask_again(dispatcher, tracker)
        return set_slots(case_slots(case, tracker), tracker)


class ActionWhy(Action):
    """Tells which rows of the table led to the last verdict, and where they come from."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_why"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Judge again; the case has not changed since."""
        case = case_of(tracker)
        if not tracker.get_slot("rows"):
            say(dispatcher, tracker, [Message("utter_why_nothing")])
        else:
            say(dispatcher, tracker, why_messages(decide(case, knowledge()), knowledge()))
        ask_again(dispatcher, tracker)
        return []


class ActionNextStep(Action):
    """Answers "what do I do now?" with the verdict, or with a question where nothing is known."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_next_step"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Say the verdict again, without the explanation."""
        case = case_of(tracker)
        if case.causes or case.disputed or case.notice:
            say(
                dispatcher,
                tracker,
                verdict_messages(case, decide(case, knowledge()), knowledge(), explain=False),
            )
            ask_again(dispatcher, tracker)
            return []
        say(dispatcher, tracker, [Message("utter_nothing_to_answer")])
        return []
