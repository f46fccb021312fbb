"""The letter: its questions, the draft, other tones and kinds, and plain wishes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Said, since_restart, was_said
from reinstate.core.facts import Fact, corrects_facts, from_slot, gathered, outdated, to_slot
from reinstate.core.letter import (
    APPEAL,
    HAPPENED,
    LONGEST,
    QUESTIONS,
    Letter,
    added,
    as_owner,
    draft,
    next_question,
    nothing_new,
    tells_nothing,
    without,
)
from reinstate.core.parsed import ParsedMessage
from reinstate.core.update import update_case
from reinstate.core.wishes import Edit, edited, edits_of, parse_wish
from reinstate.knowledge import TONES, Tone, knowledge
from reinstate.replies.letter import (
    change_message,
    fact_message,
    letter_messages,
    nothing_new_message,
    understood_message,
)
from reinstate.replies.message import Message

_QUESTIONS = ("ask_", "platform_question", "out_of_scope")
_TALK = ("greet", "thank", "goodbye", "vent", "draft_appeal", "letter_", "feedback_")
_TALK_WORDS = 5
# What one will do differently ("we will use different computers") sounds like getting round a ban.
_PROMISES = re.compile(
    r"\W*(?:i|we)(?:['’]?(?:ll|ve)| will| have| now|(?:['’]m|['’]re| am| are) going to)\b", re.IGNORECASE
)
_ALWAYS_INTERRUPT = ("forget_me", "restart", "crisis", "help_evade", "cancel", "go_back")
_WRONG_CAUSE = ("something_else", "feedback_wrong_cause")


@dataclass(frozen=True)
class Writing(Said):
    """What an action of the letter meets."""

    @property
    def kind(self) -> str:
        """Which letter it is."""
        return _kind(self.tracker.get_slot("letter_kind")) or APPEAL

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What was told."""
        return from_slot(self.tracker.get_slot("facts"), knowledge())

    @property
    def story(self) -> str:
        """What was told, as it was written."""
        return str(self.tracker.get_slot("story") or "")

    @property
    def asked_for(self) -> list[str]:
        """The facts that the form asked for, the open one last."""
        return [fact for fact in self.tracker.get_slot("letter_asked") or () if fact in knowledge().facts]

    @property
    def open_fact(self) -> str:
        """The fact that the form asks for."""
        return self.asked_for[-1] if self.asked_for else HAPPENED

    @property
    def tone(self) -> Tone:
        """The tone of the draft."""
        return _tone(self.tracker.get_slot("tone")) or "formal"

    def draft(self, tone: Tone, kind: str) -> Letter:
        """The letter without the person's changes."""
        facts, story = self.facts, self.story
        if self.role == "helper":
            facts, story = as_owner(facts, story, knowledge())
        return draft(self.case, facts, story, tone, knowledge(), kind)

    def going_on(self, **slots: Any) -> list[EventType]:
        """The slots after an answer: the next question, or that there is none."""
        case, facts = slots.pop("case", self.case), slots.pop("facts", self.facts)
        story = slots.get("story", self.story)
        asked = self.asked_for
        following = next_question(case, facts, story, asked, knowledge(), self.kind)
        told = {**case.to_slots(), **self.followed(case), "facts": to_slot(facts), **slots}
        next_ = {"letter_asked": [*asked, following]} if following else {"letter_done": True}
        return [*self.set(told), *(SlotSet(name, value) for name, value in next_.items())]


class ActionLetterStart(Action):
    """Says what was understood, and takes over what the person already told."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter_start"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Begin a fresh letter."""
        said = Writing(dispatcher, tracker)
        kind = _kind_asked_for(said.message) or (QUESTIONS if said.case.appealed == "asked" else APPEAL)
        start = _understood(said, said.another("utter_letter_start"), "utter_letter_start_nothing")
        said.say([start, Message("utter_letter_of_another")] if said.role == "helper" else [start])
        first = next_question(said.case, said.facts, said.story, (), knowledge(), kind)
        return [
            SlotSet("letter_asked", [first] if first else []),
            SlotSet("letter_done", None if first else True),
            *said.set({"letter_edits": None, "letter_kind": kind, "tone": None}),
        ]


def _understood(said: Writing, response: str, nothing: str) -> Message:
    return understood_message(said.case, said.facts, response, nothing, knowledge())


class ActionKnown(Action):
    """Says what is known so far, where the person asks for it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_known"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """List it; nothing changes."""
        said = Writing(dispatcher, tracker)
        said.say([_understood(said, "utter_known", "utter_known_nothing")])
        return []


class ValidateLetterForm(Action):
    """Takes any text as the answer, unless it asks something else or wants to stop."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "validate_letter_form"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Take the facts out of the answer; a skipped question has none."""
        said = Writing(dispatcher, tracker)
        message = said.message
        if not tracker.get_slot("requested_slot"):
            return []
        asked = said.open_fact
        promises = asked == "changed" and _PROMISES.match(message.text)
        if (message.intent in _ALWAYS_INTERRUPT and not promises) or message.upwork_answer:
            return []
        if knowledge().patterns["enough"].found(message.text):
            return [SlotSet("letter_done", True)]
        nothing = knowledge().patterns["has_nothing"].found(message.text)
        declines = message.pressed and message.intent in ("deny", "cause_unknown")
        if nothing or declines or message.intent == "skip":
            return said.going_on()
        if not (_answers(message) or _tells(said, message, asked)):
            return []
        wish = parse_wish(message.text, knowledge())
        if wish and wish.kind != "add":
            return []
        return _taken(said, message, asked)


def _answers(message: ParsedMessage) -> bool:
    """Whether a text can answer, or asks something else, or is a few words that only keep the talk going."""
    if message.pressed:
        return message.intent.startswith(("inform_detail", "circumstance_", "deny_circumstance"))
    if message.intent in _WRONG_CAUSE and not message.told and len(message.text.split()) <= _TALK_WORDS:
        return False
    if message.intent.startswith(_QUESTIONS) and not message.tells:
        return False
    return not (message.intent.startswith(_TALK) and len(message.text.split()) <= _TALK_WORDS)


def _tells(said: Writing, message: ParsedMessage, asked: str) -> bool:
    """Whether a text tells the fact that was asked for, whatever it sounds like ("may")."""
    if message.pressed or knowledge().facts[asked].free:
        return False
    facts = gathered(said.facts, message, said.case, said.case, knowledge(), asked)
    return any(fact.kind == asked and fact not in said.facts for fact in facts)


def _taken(said: Writing, message: ParsedMessage, asked: str) -> list[EventType]:
    """The slots after an answer: its facts, and its text where it tells something else."""
    case = update_case(said.case, replace(message, mentions=(), choices=()), None, knowledge())
    facts = gathered(said.facts, message, said.case, case, knowledge(), asked)
    new = {fact.kind for fact in facts if fact not in said.facts}
    story = without(said.story, (fact.words for fact in outdated(said.facts, facts)))
    if asked not in new and new and corrects_facts(message, knowledge()):
        put_right = {**case.to_slots(), **said.followed(case), "story": story or None}
        return [*said.set(put_right), SlotSet("facts", to_slot(facts))]
    if not (message.pressed or message.pasted) and (asked == "happened" or asked not in new):
        story = added(story, message.text)
    return said.going_on(case=case, facts=facts, story=story)


class AskForFact(Action):
    """Asks for the fact that is missing, with buttons where the answers are few."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_ask_letter_done"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask; the second time in other words."""
        said = Writing(dispatcher, tracker)
        kind = knowledge().facts[said.open_fact]
        asked = Message("utter_question", {"question": str(kind.ask)})
        again = was_said(asked, since_restart(tracker))
        said.say([fact_message(kind, knowledge(), again=again, most=said.room)])
        return []


class ActionLetter(Action):
    """Shows the draft: in another tone, of another kind, or changed, where that was asked for."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Draft from the slots."""
        said = Writing(dispatcher, tracker)
        message, asks = said.message, said.message.intent == "draft_appeal"
        other = _kind_asked_for(message) if asks else _kind(message.value)
        if asks and tracker.get_slot("path") == "none" and (other or said.kind) == APPEAL:
            said.say([Message("utter_letter_no_path")])
            return []
        if not tracker.get_slot("letter_done") and not other:
            said.say([Message("utter_letter_none")])
            return []
        kind = other or said.kind
        if kind == APPEAL and nothing_new(said.case, said.facts):
            said.say([nothing_new_message(said.case, said.another("utter_letter_nothing_new"), knowledge())])
            return []
        if kind == APPEAL and tells_nothing(said.case, said.draft(said.tone, kind)):
            said.say([Message(said.another("utter_letter_empty"))])
            return said.set({"letter_asked": [], "letter_done": None})
        wanted = _tone(message.intent.removeprefix("letter_"))
        if wanted == said.tone:
            said.say([change_message(_edited(said)[0], said.another("utter_letter_same"))])
            return []
        if message.intent == "letter_change" and not other:
            return _fulfilled(said)
        tone = wanted or said.tone
        return _shown(said, tone, kind, () if other else _edits(said))


def _fulfilled(said: Writing) -> list[EventType]:
    """The draft with one more wish in it, or why it cannot be."""
    letter, _ = _edited(said)
    wish = parse_wish(said.message.text, knowledge())
    if wish is None:
        said.say([change_message(letter, said.another("utter_letter_how_to_change"))])
        return []
    more = edits_of(wish, letter, knowledge())
    if not more:
        response = said.another("utter_letter_not_clean" if wish.kind == "add" else "utter_letter_not_found")
        said.say([change_message(letter, response)])
        return []
    edits = (*_edits(said), *more)
    if len(edited(said.draft(said.tone, said.kind), edits)[0].text) > LONGEST:
        said.say([Message(said.another("utter_letter_too_long"))])
        return []
    return _shown(said, said.tone, said.kind, edits)


def _shown(said: Writing, tone: Tone, kind: str, edits: tuple[Edit, ...]) -> list[EventType]:
    letter, lost = edited(said.draft(tone, kind), edits)
    gone = [Message("utter_letter_edits_gone")] if lost else []
    said.say([*gone, *letter_messages(letter, tone, kind, knowledge())])
    kept = [[edit.old, edit.new] for edit in edits if edit not in lost]
    done = {"tone": tone, "letter_kind": kind, "letter_edits": kept, "letter_done": True, "asked": None}
    return said.set(done)


def _edits(said: Writing) -> tuple[Edit, ...]:
    rows = said.tracker.get_slot("letter_edits") or ()
    return tuple(Edit(str(row[0]), str(row[1])) for row in rows if isinstance(row, list) and len(row) == 2)


def _edited(said: Writing) -> tuple[Letter, tuple[Edit, ...]]:
    return edited(said.draft(said.tone, said.kind), _edits(said))


def _tone(value: Any) -> Tone | None:
    return next((t for t in TONES if t == value), None)


def _kind(value: Any) -> str | None:
    """A kind of letter: what has paragraphs of its own and is no cause's."""
    kinds = (i for i, letter in knowledge().letters.items() if letter.paragraphs)
    return next((i for i in kinds if i == value), None)


def _kind_asked_for(message: ParsedMessage) -> str | None:
    """The kind of letter that a text asks for, or a button."""
    kinds = knowledge().letters
    named = (
        i
        for i, letter in kinds.items()
        if any(re.search(p, message.text, re.IGNORECASE) for p in letter.says)
    )
    return _kind(message.value) or next(named, None)
