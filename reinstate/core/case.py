"""The Case: what is known of one person's situation, read from and written to slots."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reinstate.knowledge import APPEALED, NOTICES, Appealed, Knowledge, Stance

HAPPENED = "happened"  # how the question begins whether a cause happened at all
ASKED = ("notice", "appealed")  # what is asked beside circumstances


@dataclass(frozen=True)
class CauseMention:
    """One cause named in a message, as the NLU read it."""

    id: str
    confidence: float
    stance: Stance
    text: str


@dataclass(frozen=True)
class Case:
    """What is known of one person's situation.

    Attributes:
        causes: ids of the causes named and not denied, latest first.
        disputed: ids of the causes that the person denies.
        unsure: those of `causes` that the person only suspects.
        circumstances: ids of what changes the path, in the order they came up.
        denied_circumstances: ids of circumstances the person said do not hold.
        notice: kind of restriction, one of `knowledge.NOTICES`, or None.
        appealed: how far an appeal has come, or None where it was not said.
        heard: questions that the person answered somewhere in their own words, whatever was understood of
            it, and that are not asked: "notice" (what it says), "appealed" and ids of circumstances.
    """

    causes: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    circumstances: tuple[str, ...] = ()
    denied_circumstances: tuple[str, ...] = ()
    notice: str | None = None
    appealed: Appealed | None = None
    heard: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_slots(cls, slots: Mapping[str, Any], knowledge: Knowledge) -> Case:
        """Read a case from slots; what has an unexpected shape counts as not said.

        Conversations outlive releases, so a stored slot may hold an id that is gone or a
        value of another type.
        """
        causes = _ids(slots.get("causes"), knowledge.causes)
        disputed = _ids(slots.get("disputed"), knowledge.causes)
        notice, appealed = slots.get("notice"), slots.get("appealed")
        return cls(
            causes=tuple(c for c in causes if c not in disputed),
            disputed=disputed,
            unsure=tuple(c for c in _ids(slots.get("unsure"), knowledge.causes) if c in causes),
            circumstances=_ids(slots.get("circumstances"), knowledge.circumstances),
            denied_circumstances=_ids(slots.get("denied_circumstances"), knowledge.circumstances),
            notice=notice if isinstance(notice, str) and notice in NOTICES else None,
            appealed=next((a for a in APPEALED if a == appealed), None),
            heard=_ids(slots.get("heard"), {*ASKED, *knowledge.circumstances}),
        )

    def to_slots(self) -> dict[str, Any]:
        """The slots that say the same as this case."""
        return {
            "causes": list(self.causes),
            "disputed": list(self.disputed),
            "unsure": list(self.unsure),
            "circumstances": list(self.circumstances),
            "denied_circumstances": list(self.denied_circumstances),
            "notice": self.notice,
            "appealed": self.appealed,
            "heard": list(self.heard),
        }

    def stance(self, cause: str) -> Stance:
        """How the person stands to a cause."""
        if cause in self.disputed:
            return "denies"
        return "unsure" if cause in self.unsure else "admits"

    def read(self, mentions: Iterable[CauseMention]) -> Case:
        """Take in the causes that a message names, the best reading first in the result."""
        case = self
        for reading in reversed(list(mentions)):
            case = case.name(reading.id, reading.stance)
        return case

    def name(self, cause: str, stance: Stance) -> Case:
        """Take in one cause with a stance; the latest word on a cause counts."""
        others = _without(self.causes, cause)
        named = stance != "denies"
        return replace(
            self,
            causes=(cause, *others) if named else others,
            disputed=_without(self.disputed, cause) if named else (cause, *_without(self.disputed, cause)),
            unsure=(cause, *_without(self.unsure, cause))
            if stance == "unsure"
            else _without(self.unsure, cause),
        )

    def correct(self, cause: str, stance: Stance = "admits") -> Case:
        """Put one cause in the place of the latest one, with what was said about that."""
        return replace(self, causes=self.causes[1:], circumstances=(), denied_circumstances=()).name(
            cause, stance
        )

    def drop_latest(self) -> Case:
        """Take out the latest cause and what was said about it ("that is not it")."""
        return replace(self, causes=self.causes[1:], circumstances=(), denied_circumstances=())

    def with_circumstance(self, circumstance: str, holds: bool) -> Case:
        """Note that a circumstance holds, or that it does not."""
        yes, no = (_without(ids, circumstance) for ids in (self.circumstances, self.denied_circumstances))
        return replace(
            self,
            circumstances=(*yes, circumstance) if holds else yes,
            denied_circumstances=no if holds else (*no, circumstance),
        )

    @property
    def first_cause(self) -> str | None:
        """The cause that is talked about: the latest named, else the latest denied."""
        return next(iter((*self.causes, *self.disputed)), None)

    def without_answer(self, asked: str) -> Case:
        """Take back the answer to a question; `asked` as `question_id` names it."""
        kind, _, what = asked.partition(":")
        if kind == HAPPENED:
            return self.name(what, "unsure")
        if kind == "circumstance":
            yes, no = (_without(ids, what) for ids in (self.circumstances, self.denied_circumstances))
            return replace(self, circumstances=yes, denied_circumstances=no)
        return replace(self, notice=None) if kind == "notice" else replace(self, appealed=None)

    def with_notice(self, notice: str | None) -> Case:
        """Note the kind of restriction; None where it is open again."""
        return replace(self, notice=notice)

    def hears(self, questions: Iterable[str]) -> Case:
        """Note which questions were answered somewhere."""
        return replace(self, heard=tuple(dict.fromkeys((*self.heard, *questions))))

    def with_appealed(self, appealed: Appealed) -> Case:
        """Note how far an appeal has come."""
        return replace(self, appealed=appealed)


def _ids(value: Any, known: Container[str]) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(dict.fromkeys(v for v in value if isinstance(v, str) and v in known))


def _without(ids: tuple[str, ...], unwanted: str) -> tuple[str, ...]:
    return tuple(i for i in ids if i != unwanted)
