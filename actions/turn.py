"""What every action needs: what a message meets, read from the tracker, and messages to the dispatcher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from reinstate.core.asked import TOPIC
from reinstate.core.case import HAPPENED, Case
from reinstate.core.cleaning import in_first_person
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import Plan, Turn
from reinstate.core.statements import Statement, about, from_slot
from reinstate.core.verdict import Verdict, decide, question_of
from reinstate.knowledge import ROLES, Role, knowledge
from reinstate.replies.message import MOST_BUTTONS, Message
from reinstate.replies.questions import question_message
from reinstate.replies.render import render

NOTHING = "nothing"
PAGE = "web"  # its page introduces the bot by itself
ANSWERED_KINDLY = ("vent", "crisis", "greet", "thank", "goodbye")
ASKING = ("utter_question", "utter_ask_", "utter_did_that_happen", "utter_which_closer")
REWORDED = ("utter_answer", "utter_unchanged", "utter_nothing_to_answer", "utter_perhaps")
_TURNS = 2


@dataclass(frozen=True)
class Said:
    """What an action meets, and how it speaks."""

    dispatcher: CollectingDispatcher
    tracker: Tracker

    @cached_property
    def case(self) -> Case:
        """What was known before."""
        return Case.from_slots(self.tracker.slots, knowledge())

    @cached_property
    def message(self) -> ParsedMessage:
        """The latest message, as far as it is sure enough beside what is known."""
        parsed = ParsedMessage.from_parse(self.tracker.latest_message, knowledge())
        return parsed.beside(self.case, knowledge())

    @property
    def asked(self) -> str | None:
        """The open question, as `question_id` names it."""
        asked = self.tracker.get_slot("asked")
        return asked if isinstance(asked, str) else None

    @property
    def role(self) -> Role | None:
        """Who writes: as they tell now, or told before."""
        return self.message.role or next((r for r in ROLES if r == self.tracker.get_slot("role")), None)

    def voice(self, text: str) -> str:
        """What is told, as the owner of the account would say it, where it can only be of them."""
        if self.role != "helper":
            return text
        return in_first_person(text, knowledge(), of_several=self.of_several)

    @property
    def of_several(self) -> bool:
        """Whether a helper tells of somebody beside the owner of the account."""
        words = (self.message.text, *(statement.text for statement in self.told))
        return any(knowledge().patterns["another_person"].found(text) for text in words)

    @cached_property
    def told(self) -> tuple[Statement, ...]:
        """What was told before in the person's own sentences."""
        return from_slot(self.tracker.get_slot("told"))

    @property
    def says(self) -> tuple[Statement, ...]:
        """The sentences of the message, as the owner of the account would say them."""
        voiced = (replace(s, text=self.voice(s.text)) for s in self.message.statements)
        return about((s for s in voiced if s.text), self.message.told)

    @property
    def in_form(self) -> bool:
        """Whether a form is asking; it asks its question again by itself."""
        return bool((self.tracker.active_loop or {}).get("name"))

    @property
    def turn(self) -> Turn:
        """All of it as the policy takes it."""
        rows, answered = self.tracker.get_slot("rows"), self.tracker.get_slot("answered")
        return Turn(
            message=self.message,
            case=self.case,
            asked=None if self.tracker.get_slot("letter_done") else self.asked,  # a letter is talked about
            rows=tuple(rows) if isinstance(rows, list) else None,
            answered=tuple(i for i in answered or () if i in knowledge().answers or i.startswith(TOPIC)),
            role=self.role,
            in_form=self.in_form,
            just_asked=self._just_asked(),
            asked_again=self._asked_again(),
            letter=bool(self.tracker.get_slot("letter_done")),
        )

    def plan(self, plan: Plan) -> list[EventType]:
        """Say a plan; the events that keep what it leaves."""
        self.say(render(plan, self.turn, knowledge()))
        verdict = verdict_slots(plan.judged) if plan.judged else self.followed(plan.case)
        if plan.lookalike:
            lookalike = knowledge().lookalikes[plan.lookalike]
            verdict = {"path": lookalike.path, "odds": lookalike.odds, "rows": None}
        return self.set(
            {
                **plan.case.to_slots(),
                **verdict,
                "asked": plan.asked,
                "answered": list(plan.answered),
                "role": self.role,
                "language": self.message.language or self.tracker.get_slot("language"),
            }
        )

    def _just_asked(self) -> bool:
        """Whether the turn before asked something."""
        said = responses(last_turns(self.tracker)[1])
        asking = (*ASKING, "utter_verdict") if (self.asked or "").startswith(HAPPENED) else ASKING
        return any(name.startswith(asking) for name in said)

    def _asked_again(self) -> bool:
        """Whether the turn before asked the open question in other words."""
        question = question_of(self.case, self.asked, knowledge())
        if not question:
            return False
        return was_said(question_message(question, knowledge(), again=True), last_turns(self.tracker)[1])

    def followed(self, case: Case) -> dict[str, Any]:
        """The slots of a verdict that was told before, where the case has changed since."""
        if case == self.case or not self.tracker.get_slot("rows"):
            return {}
        return verdict_slots(decide(case, knowledge()))

    @cached_property
    def spoken(self) -> int:
        """How many characters the actions before this one said in the turn."""
        return sum(len(line.get("text") or "") for line in last_turns(self.tracker)[0])

    @cached_property
    def room(self) -> int:
        """How many buttons a turn has room for beside those that an action before this one showed."""
        lines = last_turns(self.tracker)[0]
        shown = sum(len((line.get("data") or {}).get("buttons") or ()) for line in lines)
        return max(0, MOST_BUTTONS - shown)

    def say(self, messages: Sequence[Message]) -> None:
        """Hand messages to Rasa's response generator, which fills the domain's words in.

        What stood there in the turn before is said in other words. A sentence in the person's language
        goes before the first of them, once a conversation; who this is and what is kept goes after it,
        once, where the channel does not say it itself.
        """
        if not messages:
            return
        opening = [*self._in_english(), *self._feeling()]
        for message in [*opening, *map(self._reworded, messages), *self._introduction()]:
            self.dispatcher.utter_message(
                response=message.response,
                buttons=[{"title": b.title, "payload": b.payload} for b in message.buttons[: self.room]],
                json_message=message.custom(),
                **message.values,
            )

    def _reworded(self, message: Message) -> Message:
        """A message, or its second wording where the very same one stood in the turn before."""
        if message.response not in REWORDED or not was_said(message, last_turns(self.tracker)[1]):
            return message
        return replace(message, response=f"{message.response}_again")

    def another(self, response: str) -> str:
        """A response, or its second wording where the first one stood in the turn before."""
        return f"{response}_again" if was_said(Message(response), last_turns(self.tracker)[1]) else response

    def set(self, values: dict[str, Any]) -> list[EventType]:
        """Events for those slots whose value changes."""
        return [
            SlotSet(name, value) for name, value in values.items() if self.tracker.get_slot(name) != value
        ]

    def _in_english(self) -> list[Message]:
        """For a message in another language, a sentence in it: answers are in English."""
        language = knowledge().languages.get(self.message.language or "")
        if not language or not language.sentence:
            return []
        return self._once(Message("utter_in_english", {"sentence": language.sentence}))

    def _feeling(self) -> list[Message]:
        """One human sentence where the message shows distress, not twice in a conversation."""
        felt = self.message.distressed and self.message.intent not in ANSWERED_KINDLY
        return self._once(Message("utter_feeling")) if felt else []

    def _introduction(self) -> list[Message]:
        if self.tracker.get_latest_input_channel() == PAGE:
            return []
        return self._once(Message("utter_introduce"))

    def _once(self, message: Message) -> list[Message]:
        just_said = any(line.get("response") == message.response for line in self.dispatcher.messages)
        return [] if just_said or was_said(message, self.tracker.events) else [message]


def last_turns(tracker: Tracker) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the bot said in this turn so far, and what it said in the one before."""
    turns: list[list[dict[str, Any]]] = [[]]
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            if len(turns) == _TURNS:
                break
            turns.append([])
        elif event.get("event") == "bot":
            turns[-1].append(event)
    return turns[0], turns[1] if len(turns) > 1 else []


def responses(lines: Iterable[dict[str, Any]]) -> list[str]:
    """The names of the responses that lines came from."""
    return [str((line.get("metadata") or {}).get("utter_action")) for line in lines]


def was_said(message: Message, lines: Iterable[dict[str, Any]]) -> bool:
    """Whether one of the lines came from the same response with the same values."""
    said = [line.get("metadata") or {} for line in lines]
    wanted = dict(message.values, utter_action=message.response)
    # Rasa keeps no empty value.
    return any(all((line.get(name) or "") == value for name, value in wanted.items()) for line in said)


def since_restart(tracker: Tracker) -> Iterator[dict[str, Any]]:
    """The events of this case, the latest first."""
    return takewhile(lambda event: event.get("event") != "restart", reversed(tracker.events))


def since_set(tracker: Tracker, slot: str) -> list[dict[str, Any]]:
    """The events of this case since a slot was set last, the latest first."""
    return list(takewhile(lambda event: event.get("name") != slot, since_restart(tracker)))


def verdict_slots(verdict: Verdict) -> dict[str, Any]:
    """The slots that hold a verdict; path and odds are empty where nobody can tell."""
    path = verdict.path if verdict.odds else None
    return {"path": path, "odds": verdict.odds, "rows": list(verdict.rows)}


def asked_before(tracker: Tracker, slot: str) -> bool:
    """Whether a form asked for a slot before in this case."""
    return any(
        event.get("name") == "requested_slot" and event.get("value") == slot
        for event in since_restart(tracker)
    )
