"""The letter: its questions, the draft, other tones and kinds, and plain wishes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Said, last_turns, since_restart, was_said
from reinstate.core.cleaning import clean, phrase, sentences
from reinstate.core.facts import Fact, corrects_facts, from_slot, gathered, outdated, to_slot
from reinstate.core.letter import (
    APPEAL,
    EVIDENCE,
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
from reinstate.core.parsed import CORRECTS, ParsedMessage
from reinstate.core.policy import SURE_ALONE, SURE_TOLD
from reinstate.core.update import update_case
from reinstate.core.wishes import Edit, Wishes, edited, edits_of, is_said, parse_wishes
from reinstate.knowledge import TONES, Tone, knowledge, says
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
_EDIT_ROW = 5  # which letter it is of, and the fields of an edit
# What one will do differently ("we will use different computers") sounds like getting round a ban.
_PROMISES = re.compile(
    r"\W*(?:i|we)(?:['’]?(?:ll|ve)| will| have| now|(?:['’]m|['’]re| am| are) going to)\b", re.IGNORECASE
)
_SAYS_LITTLE = ("affirm", "deny", "vent", "out_of_scope", "nlu_fallback", "platform_question", "faq")
_NEVER_OF_LETTER = ("forget_me", "ask_forget", "restart", "crisis")
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

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What the person changed in the letter, which lasts."""
        return self.edits_of(self.kind)

    def edits_of(self, kind: str) -> tuple[Edit, ...]:
        """What the person changed in a letter of a kind about this cause."""
        return tuple(Edit(*row[1:]) for row in self._edit_rows() if row[0] == self._letter_id(kind))

    def kept_edits(self, kind: str, edits: Iterable[Edit]) -> list[list[str]]:
        """What the slot keeps where these are the edits of one kind."""
        letter = self._letter_id(kind)
        others = [row for row in self._edit_rows() if row[0] != letter]
        return [*others, *([letter, *astuple(edit)] for edit in edits)]

    def _edit_rows(self) -> list[list[str]]:
        rows = [row for row in self.tracker.get_slot("letter_edits") or () if isinstance(row, list)]
        return [[str(value) for value in row] for row in rows if len(row) == _EDIT_ROW]

    def _letter_id(self, kind: str) -> str:
        return f"{kind} {self.case.first_cause or ''}"

    @property
    def letter(self) -> Letter:
        """The letter as it stands."""
        return edited(self.draft(self.tone, self.kind), self.edits)

    def draft(self, tone: Tone, kind: str) -> Letter:
        """The letter without the person's changes."""
        facts, story = self.facts, self.story
        if self.role == "helper":  # what could not be put as the owner would say it
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


class OrOfLetter:
    """Once a letter stands, what a person writes is about it, unless it plainly asks something else."""

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Change the letter, or else answer."""
        said = Writing(dispatcher, tracker)
        events = None if last_turns(tracker)[0] else of_letter(said)
        # What the rule of the intent says after this would be about something else.
        return (
            self.answer(dispatcher, tracker) if events is None else [*events, FollowupAction("action_listen")]
        )

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """What is said where it is not about a letter."""
        raise NotImplementedError


class ActionLetterStart(OrOfLetter, Action):
    """Says what was understood, and takes over what the person already told."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_letter_start"

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Begin a letter."""
        said = Writing(dispatcher, tracker)
        kind = _kind_asked_for(said.message) or (QUESTIONS if said.case.appealed == "asked" else APPEAL)
        start = _understood(said, said.another("utter_letter_start"), "utter_letter_start_nothing")
        said.say([start, Message("utter_letter_of_another")] if said.role == "helper" else [start])
        first = next_question(said.case, said.facts, said.story, (), knowledge(), kind)
        return [
            SlotSet("letter_asked", [first] if first else []),
            SlotSet("letter_done", None if first else True),
            *said.set({"letter_kind": kind, "tone": None}),
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
        wishes = parse_wishes(message.text, knowledge()).wishes
        if any(wish.kind != "add" for wish in wishes):
            return []
        if wishes:  # "add that ..." tells what stands behind it
            message = replace(message, text=". ".join(wish.sentence for wish in wishes))
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
    message = replace(message, text=said.voice(message.text))
    facts = gathered(said.facts, message, said.case, case, knowledge(), asked)
    new = {fact.kind for fact in facts if fact not in said.facts}
    gone = outdated(said.facts, facts)
    story = without(said.story, (fact.words for fact in gone))
    if asked not in new and (new or gone) and corrects_facts(message, knowledge()):
        put_right = {**case.to_slots(), **said.followed(case), "story": story or None}
        return [*said.set(put_right), SlotSet("facts", to_slot(facts))]
    if not (message.pressed or message.pasted):
        answers = [f.words for f in facts if f not in said.facts and knowledge().facts[f.kind].free]
        own = [] if asked == HAPPENED else answers
        story = added(story, " ".join(s for s in sentences(message.text) if not any(s in w for w in own)))
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
        if tracker.get_slot("path") == "none" and (other or said.kind) == APPEAL:
            said.say([Message("utter_letter_no_path")])
            return []
        if not tracker.get_slot("letter_done") and not other:
            said.say([Message("utter_letter_none")])
            return []
        kind = other or (APPEAL if asks else said.kind)
        if kind == APPEAL and nothing_new(said.case, said.facts) and not said.edits:
            said.say([nothing_new_message(said.case, said.another("utter_letter_nothing_new"), knowledge())])
            return said.set({"letter_done": None})
        if kind == APPEAL and tells_nothing(said.case, said.draft(said.tone, kind)):
            said.say([Message(said.another("utter_letter_empty"))])
            return said.set({"letter_asked": [], "letter_done": None})
        events = None if other or asks or _has_answered(tracker) else of_letter(said)
        return _shown(said, said.tone, kind, said.edits_of(kind)) if events is None else events


def _has_answered(tracker: Tracker) -> bool:
    """Whether the message answered the last question for the letter."""
    turn = takewhile(lambda event: event.get("event") != "user", reversed(tracker.events))
    return any(event.get("event") == "active_loop" for event in turn)


def of_letter(said: Writing) -> list[EventType] | None:
    """What a message changes in the letter that stands; None where it is about something else."""
    message, tracker = said.message, said.tracker
    if not tracker.get_slot("letter_done") or said.in_form or message.pasted or message.upwork_answer:
        return None
    no_path = said.kind == APPEAL and tracker.get_slot("path") == "none"
    if message.intent in _NEVER_OF_LETTER or no_path:
        return None
    if message.pressed:
        return _pressed(said) if message.intent.startswith("letter_") else None
    heard = parse_wishes(message.text, knowledge())
    if _kind_asked_for(message) and not heard.wishes:
        return None
    tone = _tone(message.intent.removeprefix("letter_")) if not heard.wishes else None
    heard = replace(heard, tone=heard.tone or tone)
    if heard:
        return _fulfilled(said, heard)
    if message.intent in ("affirm", "deny") and not said.asked:
        return _how(said)
    if message.intent == "letter_change":
        retold = _retold(said, message.text)
        return _how(said) if retold is None else retold
    return None if _is_other(message) else _retold(said, message.text)


def _pressed(said: Writing) -> list[EventType] | None:
    tone = _tone(said.message.intent.removeprefix("letter_"))
    if tone:
        return _fulfilled(said, Wishes(tone=tone))
    return _how(said)


def _is_other(message: ParsedMessage) -> bool:
    """Whether a message asks something, only keeps the talk going, or names another cause instead."""
    asks = knowledge().patterns["asks_something"]
    if message.intent in (*_ALWAYS_INTERRUPT, "ask_forget", "keep", "ask_human", "draft_appeal"):
        return True
    if any(asks.found(sentence) for sentence in sentences(message.text)) or not message.tells:
        return True
    return not _answers(message)


def _retold(said: Writing, text: str) -> list[EventType] | None:
    """The letter after facts that were put right or added; None where nothing in it is told otherwise."""
    told = _after(said, text)
    if told.get("path") == "none" and said.kind == APPEAL:
        return None
    changed = Writing(said.dispatcher, _with(said.tracker, told))
    if changed.letter.text == said.letter.text:
        if said.message.intent in _SAYS_LITTLE or _names_other(said):
            return None
        said.say([change_message(said.letter, said.another("utter_letter_unchanged"))])
        return said.set(told)
    return [*said.set(told), *_shown(changed, said.tone, said.kind, said.edits)]


def _after(said: Writing, text: str) -> dict[str, Any]:
    """The slots after what is told beside a letter: it adds facts or puts them right, and names no cause.

    Words of it go into the letter only where that is asked for ("add ..."): they may be said to us.
    """
    message = replace(said.message, text=said.voice(text), mentions=(), choices=())
    if text != said.message.text:  # what stands in a wish is no detail of the case
        message = replace(message, intent="inform_detail", circumstances=(), denied_circumstances=())
    case = update_case(said.case, message, None, knowledge())
    named = says(knowledge().facts[EVIDENCE].says, text) and phrase(text, knowledge())
    facts = gathered(
        said.facts, message, said.case, case, knowledge(), EVIDENCE if named else None, anew=True
    )
    if facts == said.facts and (right := _taken_back(said)):
        return right
    story = without(said.story, (fact.words for fact in outdated(said.facts, facts)))
    return {**case.to_slots(), **said.followed(case), "facts": to_slot(facts), "story": story or None}


def _how(said: Writing) -> list[EventType]:
    """How a sentence is changed."""
    said.say([change_message(said.letter, said.another("utter_letter_how_to_change"))])
    return []


def _names_other(said: Writing) -> bool:
    """Whether a whole sentence surely tells of a cause that is not the case's."""
    message, known = said.message, (*said.case.causes, *said.case.disputed)
    sure = message.intent.startswith("cause_") and message.confidence >= SURE_ALONE
    told = (m for m in message.told if m.stance != "denies" and m.confidence >= SURE_TOLD)
    return sure and bool(clean(message.text, knowledge())) and any(m.id not in known for m in told)


def _taken_back(said: Writing) -> dict[str, Any]:
    """The slots where a message denies the cause that the letter is about, and another was named before.

    What was told and changed goes with the other one.
    """
    wrong, *others = said.case.causes or ("",)
    denied = any(m.id == wrong and m.stance == "denies" for m in said.message.told)
    denied = denied and CORRECTS.search(said.message.text) is not None
    if not (others and denied) or parse_wishes(said.message.text, knowledge()).wishes:
        return {}
    case = said.case.name(wrong, "denies")
    facts = (replace(f, cause=str(case.first_cause)) if f.cause == wrong else f for f in said.facts)
    right = Writing(said.dispatcher, _with(said.tracker, case.to_slots()))
    edits = right.kept_edits(said.kind, (edit for edit in said.edits if not edit.old))
    return {**case.to_slots(), **said.followed(case), "facts": to_slot(facts), "letter_edits": edits}


def _with(tracker: Tracker, slots: dict[str, Any]) -> Tracker:
    """The tracker as it will be after some slots are set."""
    after = copy(tracker)
    after.slots = {**tracker.slots, **slots}
    return after


def _fulfilled(said: Writing, heard: Wishes) -> list[EventType]:
    """The letter with what was wanted of it, and what cannot be done."""
    slots = _after(said, heard.rest) if heard.rest else {}
    asked = Writing(said.dispatcher, _with(said.tracker, slots))
    letter, edits, failed = asked.letter, asked.edits, []
    for wish in (replace(w, sentence=said.voice(w.sentence)) for w in heard.wishes):
        if wish.kind == "undo" and edits:
            edits = edits[:-1]
            letter = edited(asked.draft(said.tone, said.kind), edits)
            continue
        more = edits_of(wish, asked.letter if wish.numbers else letter, knowledge())  # as it was numbered
        failed += [] if more or is_said(wish, letter, knowledge()) else [wish]
        edits, letter = (*edits, *more), edited(letter, more)
    tone = heard.tone or said.tone
    if len(letter.text) > LONGEST:
        said.say([Message(said.another("utter_letter_too_long"))])
        return []
    if failed and letter.text == said.letter.text and not (heard.tone or heard.shows):
        response = "utter_letter_not_clean" if failed[0].kind == "add" else "utter_letter_not_found"
        said.say([change_message(letter, said.another(response))])
        return said.set(slots)
    if failed:
        what = failed[0].what or failed[0].sentence
        said.say([Message(said.another("utter_letter_undone"), {"what": what})])
    elif heard.tone == said.tone and not heard.wishes:
        said.say([change_message(letter, said.another("utter_letter_same"))])
        return said.set(slots)
    return [*said.set(slots), *_shown(asked, tone, said.kind, edits)]


def _shown(said: Writing, tone: Tone, kind: str, edits: tuple[Edit, ...]) -> list[EventType]:
    letter = edited(said.draft(tone, kind), edits)
    said.say(letter_messages(letter, tone, kind, knowledge()))
    kept = said.kept_edits(kind, edits)
    done = {"tone": tone, "letter_kind": kind, "letter_edits": kept, "letter_done": True, "asked": None}
    return said.set(done)


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
