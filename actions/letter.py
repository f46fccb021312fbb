"""The appeal letter: its form, the draft, other tones and single sentences."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Said, asked_before
from reinstate.core.letter import Answers, Letter, added, draft, edited, parse_edit
from reinstate.core.parsed import ParsedMessage
from reinstate.knowledge import TONES, Tone, knowledge
from reinstate.replies.letter import change_message, letter_messages, skip_message
from reinstate.replies.message import Message

_SLOTS = ("letter_happened", "letter_when", "letter_changed", "letter_evidence")
_QUESTIONS = ("ask_", "platform_question", "out_of_scope")
_TALK = ("greet", "thank", "goodbye", "vent", "draft_appeal", "letter_", "feedback_")
_TALK_WORDS = 5
_ENOUGH = re.compile(
    r"\W*(?:(?:i['’]?m |i am |all )?done|finish(?:ed| it)?|that['’]?s (?:all|it|everything)|enough|no more"
    r"|nothing (?:else|more)|(?:just )?write (?:it|the letter)(?: now)?)\W*",
    re.IGNORECASE,
)
# What one will do differently ("we will use different computers") sounds like getting round a ban.
_PROMISES = re.compile(
    r"\W*(?:i|we)(?:['’]?(?:ll|ve)| will| have| now|(?:['’]m|['’]re| am| are) going to)\b", re.IGNORECASE
)
_ALWAYS_INTERRUPT = ("forget_me", "restart", "crisis", "help_evade", "cancel")


class ActionLetterStart(Action):
    """Says what will be asked, and takes over what the person already told."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter_start"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Begin a fresh letter."""
        said, story = Said(dispatcher, tracker), tracker.get_slot("story")
        said.say([Message("utter_letter_start_known" if story else "utter_letter_start")])
        fresh: dict[str, Any] = dict.fromkeys(_SLOTS)
        known = {"letter_happened": story, "letter_when": tracker.get_slot("when"), "letter_edits": None}
        return said.set({**fresh, **known})


class ValidateLetterForm(Action):
    """Takes any text as the answer, unless it asks something else or wants to stop."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "validate_letter_form"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Keep the person's words; a skipped question has none."""
        message, asked = Said(dispatcher, tracker).message, tracker.get_slot("requested_slot")
        promises = asked == "letter_changed" and _PROMISES.match(message.text)
        if not asked or (message.intent in _ALWAYS_INTERRUPT and not promises):
            return []
        if _ENOUGH.fullmatch(message.text):
            return [SlotSet(slot, "") for slot in _SLOTS if tracker.get_slot(slot) is None]
        if message.intent == "skip":
            return [SlotSet(asked, "")]
        pressed = message.text.startswith("/")
        if message.intent in ("deny", "cause_unknown") and (pressed or asked != "letter_happened"):
            return [SlotSet(asked, "")]
        if pressed or _is_no_answer(message):
            return []
        if asked == "letter_when" and not _tells_when(message):
            told = added(tracker.get_slot("letter_happened") or "", message.text)
            return [SlotSet("letter_happened", told), SlotSet(asked, "")]
        return [SlotSet(asked, message.text)]


def _tells_when(message: ParsedMessage) -> bool:
    """Whether an answer is a time; a sentence without one tells more of what happened."""
    return len(message.text.split()) <= _TALK_WORDS or any(kind == "time" for kind, _ in message.mentioned)


def _is_no_answer(message: ParsedMessage) -> bool:
    """Whether a text asks something else, or is a few words that only keep the talk going."""
    if message.intent.startswith(_QUESTIONS) and not message.tells:
        return True
    return message.intent.startswith(_TALK) and len(message.text.split()) <= _TALK_WORDS


class _AskLetter(Action):
    """Asks for one part of the letter, which may be skipped."""

    slot = ""

    def name(self) -> str:
        """The action's name in the domain."""
        return f"action_ask_{self.slot}"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask; the second time in other words."""
        again = "_again" if asked_before(tracker, self.slot) else ""
        Said(dispatcher, tracker).say([skip_message(f"utter_ask_{self.slot}{again}", knowledge())])
        return []


class AskHappened(_AskLetter):
    """What happened."""

    slot = "letter_happened"


class AskWhen(_AskLetter):
    """When it was."""

    slot = "letter_when"


class AskChanged(_AskLetter):
    """What has changed since."""

    slot = "letter_changed"


class AskEvidence(_AskLetter):
    """What can be attached."""

    slot = "letter_evidence"


class ActionLetter(Action):
    """Shows the draft: in another tone, or with a sentence changed, where that was asked for."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Draft from the slots."""
        said = Said(dispatcher, tracker)
        message = said.message
        if tracker.get_slot("letter_happened") is None:
            said.say([Message("utter_letter_none")])
            return []
        tone = _tone(message.intent.removeprefix("letter_")) or _tone(tracker.get_slot("tone")) or "formal"
        edits = list(tracker.get_slot("letter_edits") or [])
        if edits and tone != tracker.get_slot("tone"):
            edits = []
            said.say([Message("utter_letter_edits_gone")])
        if message.intent == "letter_change":
            edit = parse_edit(message.text)
            if edit is None:
                said.say([change_message(_letter(said, tone, edits))])
                return []
            edits.append([edit.number, edit.sentence])
        letter = _letter(said, tone, edits)
        said.say(letter_messages(letter, tone, knowledge()))
        return said.set({"tone": tone, "letter_edits": edits, "asked": None})


def _tone(value: Any) -> Tone | None:
    return next((t for t in TONES if t == value), None)


def _letter(said: Said, tone: Tone, edits: list[Any]) -> Letter:
    happened, when, changed, evidence = (said.tracker.get_slot(slot) or "" for slot in _SLOTS)
    answers = Answers(happened=happened, when=when, changed=changed, evidence=evidence)
    return edited(draft(said.case, answers, tone, knowledge()), edits)
