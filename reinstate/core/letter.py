"""Drafts a letter from what a person told. Pure.

Sentence patterns of `knowledge/letters/` turn facts into sentences; a person's own sentences stand in it
only after cleaning. Nothing is said that was not told: a sentence carries the facts that it was made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reinstate.core.case import Case
from reinstate.core.cleaning import capital, clean, sentences
from reinstate.core.facts import Fact, of_cause
from reinstate.knowledge import Knowledge, LetterPatterns, LetterRow, LetterStance, Tone

LONGEST = 3000
APPEAL, QUESTIONS, NEW = "appeal", "questions", "new"
MOST_QUESTIONS = 4
_FRAME = ("subject", "greeting", "ending")
HAPPENED = "happened"  # the fact that only asks what happened
_TOLD, _DETAIL, _POSITION = "told", "detail", "position"
_DOCUMENT, EVIDENCE = "document", "evidence"  # a document that can be shown is named once
_REQUEST, _QUESTIONS = "request", "questions"
_ONCE = (
    "removed",
    "unaware",
    "evidence",
)  # parts that say nothing new where the person's own words stand beside them
_MOST_TOLD: Mapping[Tone, int] = {"formal": 110, "warm": 110, "brief": 60}
_OPTIONAL, _PLACE = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]"), re.compile(r"\{(\w+)\}")
_EXCUSED = "hold"  # a severity: whose check failed has broken no rule
_OWNS = "knew"  # the fact that the person says themselves that it was wrong


@dataclass(frozen=True)
class Sentence:
    """One sentence, its place, and the facts that it was made of; `words` where it is the person's own."""

    text: str
    part: str
    facts: tuple[Fact, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Letter:
    """A draft: paragraphs of sentences, from the subject to the name."""

    paragraphs: tuple[tuple[Sentence, ...], ...]

    @property
    def text(self) -> str:
        """The letter as one text to copy."""
        return "\n\n".join(" ".join(s.text for s in paragraph) for paragraph in self.paragraphs)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Those between greeting and ending, which can be changed one by one."""
        return tuple(s for paragraph in self.paragraphs for s in paragraph if s.part not in _FRAME)


def draft(
    case: Case, facts: Sequence[Fact], story: str, tone: Tone, knowledge: Knowledge, kind: str = APPEAL
) -> Letter:
    """Write a letter.

    Args:
        case: tells which cause it is about, and what the notice says.
        facts: what the person told.
        story: their own words, as they were written.
        tone: brief, formal or warm.
        knowledge: the sentence patterns.
        kind: which letter: an id of `knowledge/letters/` that is no cause's.
    """
    cause = case.first_cause
    known, frame = of_cause(facts, cause, knowledge), knowledge.letters[kind]
    stance = stance_of(case, facts, story, knowledge)
    rows = _Rows(
        (*_own(cause, knowledge).rows, *frame.rows), case, stance, tone, _values(known, cause, knowledge)
    )
    parts = [part for paragraph in frame.paragraphs for part in paragraph if part not in (_TOLD, _DETAIL)]
    found = {part: sentence for part in parts if (sentence := rows.first(part, known))}
    found = {part: s for part, s in found.items() if part not in _ONCE or not _is_said(s, found, knowledge)}
    used = [f.words for s in found.values() for f in s.facts if not knowledge.facts[f.kind].aside]
    if stance == "disputes":
        used += [f.words for f in known if knowledge.facts[f.kind].deed]
    told = tuple(_told(story, used, _MOST_TOLD[tone], knowledge))
    own = knowledge.patterns["own_deed"]
    if cause is None and any(own.found(s.text) for s in told):  # who tells their deed knows which rule it is
        rows = replace(rows, stance="explains")
        found |= {p: s for p in (_REQUEST, _QUESTIONS) if p in parts and (s := rows.first(p, known))}
    if told and cause is None and not found.get("accused", told[0]).facts:
        found.pop("accused", None)  # who tells what happened need not say that they do not know what it is
    untold = [f for f in known if not any(_same(f.words, sentence.words) for sentence in told)]
    detail = rows.first(_DETAIL, untold)
    if stance == "admits" and not _tells_deed(known, told, cause, knowledge):
        found.pop(_POSITION, None)  # nothing is admitted that was not told
    groups: dict[str, tuple[Sentence, ...]] = {part: (sentence,) for part, sentence in found.items()}
    groups |= {_TOLD: told, _DETAIL: (detail,) if detail else ()}
    paragraphs = (tuple(s for part in names for s in groups.get(part, ())) for names in frame.paragraphs)
    return Letter(tuple(paragraph for paragraph in paragraphs if paragraph))


@dataclass(frozen=True)
class _Rows:
    """The rows of a letter, a cause's own first, and what decides which of them fits."""

    rows: tuple[LetterRow, ...]
    case: Case
    stance: LetterStance
    tone: Tone
    values: Mapping[str, str]

    def first(self, part: str, facts: Sequence[Fact]) -> Sentence | None:
        """The sentence of the first row of a part that fits, and that needs no other than these facts."""
        rows = (row for row in self.rows if row.part == part)
        fitting = (row for row in rows if _fits(row, self.case, self.stance, self.tone, facts))
        return next(filter(None, (_sentence(row, self.values, facts) for row in fitting)), None)


def _is_said(sentence: Sentence, found: Mapping[str, Sentence], knowledge: Knowledge) -> bool:
    """Whether the person's own words, which stand in the letter, say it already."""
    free = [f for s in found.values() for f in s.facts if knowledge.facts[f.kind].free == "sentences"]
    return all(f not in free and any(f.words == own.words for own in free) for f in sentence.facts)


def stance_of(case: Case, facts: Sequence[Fact], story: str, knowledge: Knowledge) -> LetterStance:
    """How the letter takes the accusation: only who broke a rule, and says so, does not dispute it.

    Whose check failed, or whose client was theirs before, has admitted nothing; nor is anything admitted
    for a person whose own words deny a part of it.
    """
    cause = case.first_cause
    owns = any(f.kind == _OWNS for f in of_cause(facts, cause, knowledge))
    if cause in case.disputed and not owns:
        return "disputes"
    if cause is None or case.stance(cause) == "unsure":
        return "asks"
    told = (knowledge.facts[f.kind].values.get(f.value) for f in of_cause(facts, cause, knowledge))
    circumstances = {*case.circumstances, *(v.circumstance for v in told if v and v.circumstance)}
    excused = any(_excuses(c, cause, knowledge) for c in circumstances)
    words = " ".join([story, *(f.words for f in of_cause(facts, cause, knowledge))])
    denies = any(knowledge.patterns[p].found(words) for p in ("protests", "defends"))
    return (
        "explains"
        if excused or (denies and not owns) or knowledge.causes[cause].severity == _EXCUSED
        else "admits"
    )


def _tells_deed(
    facts: Iterable[Fact], told: Iterable[Sentence], cause: str | None, knowledge: Knowledge
) -> bool:
    """Whether a person tells the deed: that reviews were poor, or what the notice says, is none."""
    if any(f.kind == _OWNS for f in facts):
        return True
    own = knowledge.patterns["own_deed"]
    tells = any(knowledge.facts[f.kind].deed for f in facts) or any(own.found(s.text) for s in told)
    return tells and cause in knowledge.letters


def _excuses(circumstance: str, cause: str, knowledge: Knowledge) -> bool:
    """Whether a circumstance speaks for a person in a cause, and not in another one that they told of."""
    found = knowledge.circumstances[circumstance]
    asked = (question.circumstance for question in knowledge.causes[cause].ask)
    return found.excuses and (found.tells_of in (None, cause) or circumstance in asked)


def next_question(
    case: Case,
    facts: Sequence[Fact],
    story: str,
    asked: Sequence[str],
    knowledge: Knowledge,
    kind: str = APPEAL,
) -> str | None:
    """The fact that is missing and matters most, if one is left to ask for; at most four are asked.

    Args:
        case: as for `draft`.
        facts: as for `draft`.
        story: as for `draft`.
        asked: the facts that were asked for already.
        knowledge: as for `draft`.
        kind: as for `draft`.
    """
    if len(asked) >= MOST_QUESTIONS:
        return None
    cause = case.first_cause
    known = {f.kind for f in of_cause(facts, cause, knowledge)}
    stance = stance_of(case, facts, story, knowledge)
    asks = (_own(cause, knowledge) if kind == APPEAL else knowledge.letters[kind]).asks.get(stance, ())
    if case.appealed == "refused" and kind == APPEAL:
        asks = (NEW, *asks)
    if HAPPENED in asks and _tells_what(case, facts, story, knowledge, kind):
        known.add(HAPPENED)
    missing = (knowledge.facts[fact] for fact in asks if fact not in known and fact not in asked)
    return next((fact.id for fact in missing if not known & set(fact.unless)), None)


def nothing_new(case: Case, facts: Sequence[Fact]) -> bool:
    """Whether an appeal was refused and nothing has been told that is new since."""
    return case.appealed == "refused" and not any(f.kind == NEW for f in facts)


def tells_nothing(case: Case, letter: Letter) -> bool:
    """Whether no cause is known and nothing stands in a letter that the person told."""
    return case.first_cause is None and not any(s.facts or s.words for s in letter.sentences)


def _tells_what(case: Case, facts: Sequence[Fact], story: str, knowledge: Knowledge, kind: str) -> bool:
    """Whether the letter says already what happened."""
    letter = draft(case, facts, story, "formal", knowledge, kind)
    return any(s.part in (_TOLD, "what") for s in letter.sentences)


def _own(cause: str | None, knowledge: Knowledge) -> LetterPatterns:
    """The patterns of a cause, of those that have none the general ones."""
    return knowledge.letters.get(cause or "", knowledge.letters["generic"])


def _values(facts: Iterable[Fact], cause: str | None, knowledge: Knowledge) -> dict[str, str]:
    """What stands for each fact that was told, and for the cause's name."""
    grouped: dict[str, list[str]] = {}
    shown = {f.value for f in facts if f.kind == _DOCUMENT}
    for fact in facts:
        if fact.kind != EVIDENCE or fact.value.removeprefix("my ") not in shown:
            grouped.setdefault(fact.kind, []).append(fact.in_letter(knowledge))
    values = {kind: _listed(found) for kind, found in grouped.items()}
    return {**values, "phrase": knowledge.causes[cause].in_letter} if cause else values


def _listed(found: Sequence[str]) -> str:
    """Things as a list, without those that another one names with more words."""
    whole = [one for one in found if not any(one != other and one in other for other in found)]
    *first, last = whole
    return f"{', '.join(first)} and {last}" if first else last


def _fits(row: LetterRow, case: Case, stance: LetterStance, tone: Tone, facts: Sequence[Fact]) -> bool:
    told = {f.kind for f in facts} | {f"{f.kind}={f.value}" for f in facts}
    conditions: tuple[tuple[Sequence[str], str], ...] = (
        (row.stance, stance),
        (row.notice, case.notice or "unknown"),
        (row.appealed, case.appealed or "no"),
        (row.tone, tone),
    )
    holds = all(not wanted or value in wanted for wanted, value in conditions)
    return holds and all(n in told for n in row.needs) and not any(n in told for n in row.lacks)


def _sentence(row: LetterRow, values: Mapping[str, str], facts: Sequence[Fact]) -> Sentence | None:
    """A row with its facts in their places; None where one outside brackets was not told."""

    def optional(match: re.Match[str]) -> str:
        return match[1] if all(name in values for name in _PLACE.findall(match[1])) else ""

    say = _OPTIONAL.sub(optional, row.say)
    names = _PLACE.findall(say)
    if any(name not in values for name in names):
        return None
    text = _PLACE.sub(lambda match: values[match[1]], say)
    needed = {*names, *(need.partition("=")[0] for need in row.needs)}
    return Sentence(capital(text), row.part, tuple(f for f in facts if f.kind in needed))


def _told(story: str, used: Sequence[str], most: int, knowledge: Knowledge) -> Iterator[Sentence]:
    """The person's own sentences that no fact of the letter came from, as far as they are clean."""
    words, matter = 0, knowledge.patterns["matter"]
    for written in dict.fromkeys(sentences(story)):
        if any(_same(written, other) for other in used):
            continue
        for text in clean(written, knowledge) if matter.found(written) else ():
            words += len(text.split())
            if words <= most:
                yield Sentence(text, _TOLD, words=written)


def _same(one: str, other: str) -> bool:
    """Whether one of two texts holds the other, whatever stop it ends with."""
    one, other = one.rstrip(" .!"), other.rstrip(" .!")
    return one in other or other in one


def as_owner(facts: Sequence[Fact], story: str, knowledge: Knowledge) -> tuple[tuple[Fact, ...], str]:
    """The facts and the words of who helps somebody, without sentences that speak of the owner as "she"."""
    of_another = knowledge.patterns["of_another"]
    free = (f for f in facts if knowledge.facts[f.kind].free == "sentences" and of_another.found(f.value))
    left_out = set(free)
    kept = " ".join(s for s in sentences(story) if not of_another.found(s))
    return tuple(f for f in facts if f not in left_out), kept


def without(told: str, words: Iterable[str]) -> str:
    """What was told, without the sentences that were put right since."""
    gone = set(words)
    return " ".join(sentence for sentence in sentences(told) if sentence not in gone)


def added(told: str, more: str) -> str:
    """What was told, and what was told later, as sentences after each other."""
    if not told:
        return more
    return f"{told} {more}" if told[-1] in ".!?" else f"{told}. {more}"
