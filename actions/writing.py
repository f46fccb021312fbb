"""What an action of the letter meets, and the letter as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from actions.turn import Said, since_restart, since_set, was_said
from reinstate.core import statements
from reinstate.core.case import Case
from reinstate.core.cleaning import is_sentence, put_well
from reinstate.core.edits import RETURNED, Edit, edited, is_returned
from reinstate.core.facts import Fact, from_slot, gathered, to_slot
from reinstate.core.letter import (
    APPEAL,
    CLIENTS,
    HAPPENED,
    PEOPLE,
    REPLY,
    Letter,
    as_owner,
    draft,
    next_question,
    story_of,
)
from reinstate.core.own_words import TOLD
from reinstate.core.parsed import ParsedMessage
from reinstate.core.review import agreed, left_out
from reinstate.core.statements import Statement
from reinstate.core.verdict import decide
from reinstate.knowledge import TONES, Tone, knowledge
from reinstate.replies.letter import LEFT_OUT, in_short, letter_messages, story_message
from reinstate.replies.message import Message

# By the fact that is asked for, the kind of sentence that answers it; how sure it has to be, and how many.
_SUGGESTED = {"changed": "changed", "evidence": "proof"}
_SURE, _MOST = 0.9, 2
_EDIT_ROW = 7  # which letter it is of, and the fields of an edit


@dataclass(frozen=True)
class Writing(Said):
    """What an action of the letter meets."""

    @cached_property
    def case(self) -> Case:
        """What was known before, with the cause first by which it was judged: the letter is about that."""
        case = Case.from_slots(self.tracker.slots, knowledge())
        cause = decide(case, knowledge()).cause
        first = sorted(case.causes, key=lambda other: other != cause)
        return replace(case, causes=tuple(first))

    @property
    def kind(self) -> str:
        """Which letter it is."""
        return kind_of(self.tracker.get_slot("letter_kind")) or APPEAL

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What was told."""
        return from_slot(self.tracker.get_slot("facts"), knowledge())

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
        return tone_of(self.tracker.get_slot("tone")) or "formal"

    @property
    def nothing_to_appeal(self) -> bool:
        """Whether the person told that nothing is wrong with the account, and no notice says otherwise."""
        known = self.case.notice not in (None, "unknown", "not_suspended", "warning")
        return not known and any(map(knowledge().patterns["not_restricted"].found, self._lately))

    @property
    def _no_trouble(self) -> bool:
        """Whether nothing is known of a case, and nothing was told of an account in trouble."""
        known = self.case.causes or self.case.disputed or self.case.notice or self.case.appealed
        return not (known or any(map(knowledge().patterns["trouble"].found, self._lately)))

    @property
    def _lately(self) -> tuple[str, ...]:
        """What the person wrote lately, and their sentences that are kept."""
        events = since_restart(self.tracker)
        written = (str(e.get("text")) for e in events if e.get("event") == "user")
        return (self.message.text, *written, *(statement.text for statement in self.told))

    def _feeling(self) -> list[Message]:
        """None beside a letter that stands: what is said of it is rarely said in distress."""
        return [] if self.tracker.get_slot("letter_done") else super()._feeling()

    @property
    def wanted(self) -> str | None:
        """The kind of letter that the message asks for; where nothing is restricted, clients get a reply."""
        kind = kind_asked_for(self.message)
        if kind in (CLIENTS, PEOPLE):
            kind = PEOPLE if self.role == "client" else CLIENTS
        return REPLY if kind == CLIENTS and (self.nothing_to_appeal or self._no_trouble) else kind

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What the person changed in the letter, which lasts."""
        return self.edits_of(self.kind)

    def edits_of(self, kind: str) -> tuple[Edit, ...]:
        """What the person changed in a letter of a kind about this cause."""
        return tuple(Edit(*row[1:]) for row in self._edit_rows() if row[0] == self._letter_id(kind))

    def edits_of_own(self, kind: str) -> tuple[Edit, ...]:
        """What the person changed in their own sentences, which a letter of another kind may hold as well."""
        holds = any(TOLD in names for names in knowledge().letters[kind].paragraphs)
        return tuple(e for e in self.edits if holds and (e.key or not e.old) and e.part != RETURNED)

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
        return draft(self.case, *self._as_owner(), tone, knowledge(), kind)

    def _as_owner(self) -> tuple[tuple[Fact, ...], tuple[Statement, ...]]:
        """Facts and statements, of a helper without what could not be put as the owner would say it."""
        if self.role == "client":  # what the patterns say of a deed, a freelancer says
            return tuple(f for f in self.facts if not knowledge().facts[f.kind].causes), self.told
        told = self.facts, self.told
        return as_owner(*told, knowledge()) if self.role == "helper" and not self.of_several else told

    def following(
        self, case: Case, facts: Sequence[Fact], told: Sequence[Statement], asked: Sequence[str], kind: str
    ) -> str | None:
        """The next question for the letter; a client is not asked what only a freelancer can answer."""
        if self.role == "client":
            case, facts = replace(case, causes=(), disputed=()), [replace(f, cause="") for f in facts]
        return next_question(case, facts, told, asked, knowledge(), kind)

    def going_on(self, **slots: Any) -> list[EventType]:
        """The slots after an answer: the next question, or that there is none."""
        case, facts = slots.pop("case", self.case), slots.pop("facts", self.facts)
        told, asked = slots.pop("told", self.told), self.asked_for
        following = self.following(case, facts, told, asked, self.kind)
        after = {**case.to_slots(), **self.followed(case), **kept(facts, told), **slots}
        next_ = {"letter_asked": [*asked, following]} if following else {"letter_done": True}
        return [*self.set(after), *(SlotSet(name, value) for name, value in next_.items())]

    def of_talk(self, more: Iterable[Statement] = (), **slots: Any) -> list[EventType]:
        """The slots where the letter is to be made of what was told, and of some more."""
        facts, told = agreed(self.letter, slots.pop("facts", self.facts), self.told)
        return self.going_on(facts=facts, told=(*told, *more), **slots)

    @property
    def named_out(self) -> list[str]:
        """What was named in this draft as not in the letter, a text for each time, the latest first."""
        said = (event.get("metadata") or {} for event in since_set(self.tracker, "letter_asked"))
        return [str(line.get("sentences")) for line in said if line.get("utter_action") == LEFT_OUT]

    @property
    def suggested(self) -> tuple[Statement, ...]:
        """What was told in talk that answers the open question, so that it need not be told again."""
        wanted = _SUGGESTED.get(self.open_fact)
        own_deed = knowledge().patterns["own_deed"]
        talk = (s for s in self.told if s.kind == wanted and not s.place and s.sure >= _SURE)
        found = (s for s in talk if own_deed.found(s.text))
        return tuple(s for s in found if is_sentence(put_well(s.text, knowledge()), knowledge()))[:_MOST]

    def asks_story(self) -> Message:
        """The question for what happened; in other words where it was asked in this draft."""
        first = Message("utter_letter_story")  # of a long talk, it is no longer among what was said lately
        again = was_said(first, since_set(self.tracker, "letter_asked")) or self.asked_story_again()
        return story_message(story_of(self.case, knowledge(), self.kind), knowledge(), again=again)

    def asked_story_again(self) -> bool:
        """Whether what happened was asked for in both wordings in this draft."""
        again = story_message("", knowledge(), again=True)
        return was_said(again, since_set(self.tracker, "letter_asked"))


def going_on_unasked(said: Writing) -> list[EventType]:
    """The slots where the letter's open question was asked in both wordings, and not answered: it is left."""
    if (said.tracker.active_loop or {}).get("name") != "letter_form":
        return []
    if said.open_fact == HAPPENED:
        return said.of_talk() if said.asked_story_again() else []
    again = Message("utter_question", {"question": str(knowledge().facts[said.open_fact].again)})
    return said.going_on() if was_said(again, since_restart(said.tracker)) else []


def kept(facts: Iterable[Fact], told: Iterable[Statement]) -> dict[str, Any]:
    """The slots of what a letter is made of."""
    return {"facts": to_slot(facts), "told": statements.to_slot(told) or None}


def with_slots(tracker: Tracker, slots: dict[str, Any]) -> Tracker:
    """The tracker as it will be after some slots are set."""
    after = copy(tracker)
    after.slots = {**tracker.slots, **slots}
    return after


def shown(said: Writing, tone: Tone, kind: str, edits: tuple[Edit, ...]) -> list[EventType]:
    """Show a letter, and once what of the person's words is not in it; one that was sent back is theirs."""
    unchanged = said.draft(tone, kind)
    letter, own = edited(unchanged, edits), is_returned(edits)
    found = () if own else left_out((unchanged, letter), said.told, knowledge())
    out = [s for s in found if not any(in_short(s) in text for text in said.named_out)]
    said.say(letter_messages(letter, tone, kind, said.case, said.role, out, knowledge(), own=own))
    edits_kept = said.kept_edits(kind, edits)
    done = {"tone": tone, "letter_kind": kind, "letter_edits": edits_kept, "letter_done": True, "asked": None}
    return said.set(done)


def not_needed(said: Writing) -> list[EventType]:
    """No letter, where there is nothing to appeal."""
    said.say([Message("utter_letter_not_needed")])
    return said.set({"letter_done": None})


def with_message(said: Writing) -> Writing:
    """The same with what the message tells."""
    if said.message.pressed:
        return said
    message = replace(said.message, text=said.voice(said.message.text))
    facts = gathered(said.facts, message, said.case, said.case, knowledge())
    told = statements.added(said.told, said.says)
    return Writing(said.dispatcher, with_slots(said.tracker, kept(facts, told)))


def tone_of(value: Any) -> Tone | None:
    """A tone by its name."""
    return next((t for t in TONES if t == value), None)


def kind_of(value: Any) -> str | None:
    """A kind of letter: what has paragraphs of its own and is no cause's."""
    kinds = (i for i, letter in knowledge().letters.items() if letter.paragraphs)
    return next((i for i in kinds if i == value), None)


def kind_asked_for(message: ParsedMessage) -> str | None:
    """The kind of letter that a text asks for, or a button."""
    kinds = knowledge().letters
    named = (
        i
        for i, letter in kinds.items()
        if any(re.search(p, message.text, re.IGNORECASE) for p in letter.says)
    )
    return kind_of(message.value) or next(named, None)
