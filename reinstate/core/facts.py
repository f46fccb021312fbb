"""What a person told that a letter may say, each fact with the words it came from. Pure.

Which facts there are, and how they are found, is data: `knowledge/facts.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reinstate.core.case import Case
from reinstate.core.cleaning import capitalised, phrase, sentences
from reinstate.core.parsed import CORRECTS, ParsedMessage
from reinstate.knowledge import FactKind, Knowledge, Pattern, matches, put, says

MOST_FACTS, _LONGEST, _ROW = 40, 700, 5
_SHORT = 8  # words of an answer whose every fact answers
_BARE = 3  # words of an answer that tells nothing else
_SURE_BESIDE = 0.7  # how surely what tells a fact has to be said to us to tell none
_STEM = 3  # letters by which a word is known again
_WORD, _SMALL = re.compile(r"[^\W_]+"), {"a", "an", "the", "in", "on", "at", "of", "my", "and", "about"}
ASKED_FOR = "asked_for"
_QUOTED = re.compile(r"[\"“„](?P<words>[^\"“”„]{12,})[\"”]|(?<!\w)['‘](?P<single>[^\n]{12,}?)['’](?!\w)")
_GROUNDS, _WHEN, _MOST_QUOTED = "notice_words", "when", 40


@dataclass(frozen=True)
class Fact:
    """One fact.

    Attributes:
        kind: id of its `FactKind`.
        value: id of one of the kind's values, or the text as it stands in a letter.
        words: what the person wrote, or the button they pressed.
        cause: id of the cause that was talked about, empty where none was known.
        answers: whether it is the answer to its question, or a button.
    """

    kind: str
    value: str
    words: str
    cause: str = ""
    answers: bool = False

    def in_letter(self, knowledge: Knowledge) -> str:
        """What stands for it in a letter."""
        value = knowledge.facts[self.kind].values.get(self.value)
        return value.letter if value else self.value


def from_slot(value: Any, knowledge: Knowledge) -> tuple[Fact, ...]:
    """The facts of a slot; what has an unexpected shape counts as not told."""
    if not isinstance(value, list):
        return ()
    rows = [row for row in value if isinstance(row, list) and len(row) == _ROW]
    facts = [
        Fact(str(row[0]), str(row[1]), str(row[2]), str(row[3]), row[4] is True)
        for row in rows
        if row[0] in knowledge.facts
    ]
    return tuple(f for f in facts if not knowledge.facts[f.kind].values or _is_value(f, knowledge))


def to_slot(facts: Iterable[Fact]) -> list[list[Any]]:
    """What a slot keeps of them."""
    return [[f.kind, f.value, f.words, f.cause, f.answers] for f in facts]


def gathered(
    known: tuple[Fact, ...],
    message: ParsedMessage,
    before: Case,
    after: Case,
    knowledge: Knowledge,
    asked: str | None = None,
    *,
    anew: bool = False,
) -> tuple[Fact, ...]:
    """The facts after a message.

    What was told first stays, unless a message answers the question for it, corrects or denies it.
    Whoever reads a letter of it means this: `anew`.

    Args:
        known: the facts before it.
        message: what was written or pressed.
        before: the case before it.
        after: the case after it.
        knowledge: which facts there are.
        asked: the fact that was asked for.
        anew: whether what is told stands in place of what was told before.
    """
    cause = after.first_cause or ""
    corrects = corrects_facts(message, knowledge)
    short = asked is not None and len(message.text.split()) <= _SHORT
    sought = {f.kind for f in of_cause(known, cause, knowledge)} if corrects else set()
    told = [
        *_of_circumstances(message, before, after, knowledge),
        *_told(message, asked, cause, sought, knowledge),
    ]
    facts = [fact for fact in known if not _denies(message, fact, knowledge)]
    for kind, value, words in told:
        definition = knowledge.facts[kind]
        # What can only be told of some causes is kept for them, whichever is talked about now.
        owner = "" if definition.causes else cause
        same = [f for f in facts if f.kind == kind and f.cause in ("", owner)]
        if definition.several:
            if any(f.value == value for f in same):
                continue
        elif same and not (kind == asked or corrects or anew or message.pressed or message.pasted):
            continue
        else:
            facts = [f for f in facts if f not in same]
        answers = kind == asked or short or anew or message.pressed
        facts.append(Fact(kind, value, words[:_LONGEST], owner, answers))
    return tuple(facts[-MOST_FACTS:])


def corrects_facts(message: ParsedMessage, knowledge: Knowledge) -> bool:
    """Whether a message puts right what was told before ("no, it was in May", "not PayPal but Wise")."""
    own = not (message.pressed or message.pasted)
    return own and (
        bool(CORRECTS.search(message.text)) or knowledge.patterns["puts_right"].found(message.text)
    )


def _denies(message: ParsedMessage, fact: Fact, knowledge: Knowledge) -> bool:
    """Whether a message says that a fact is not so, and nowhere that it is."""
    kind = knowledge.facts[fact.kind]
    if message.pressed or message.pasted or kind.own:
        return False
    value = kind.values.get(fact.value)
    found = [
        denied(sentence[:start], knowledge)
        for sentence in sentences(message.text)
        for start in _places(value.says if value else (), fact.value if not value else "", sentence)
    ]
    return bool(found) and all(found)


def denied(before: str, knowledge: Knowledge) -> bool:
    """Whether what comes after some words is denied by them; the no of "no, it was in May" denies nothing."""
    before = put(knowledge.patterns["leads_no"].says[0], "", before)
    return knowledge.patterns["denied_before"].found(before)


def _places(patterns: Iterable[Pattern], text: str, sentence: str) -> Iterator[int]:
    """Where a sentence holds what patterns find, or a text."""
    yield from (found.start() for found in matches(patterns, sentence))
    if text and (start := sentence.casefold().find(text.casefold())) >= 0:
        yield start


def outdated(known: Sequence[Fact], facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Those known before that are no longer."""
    return tuple(f for f in known if f not in facts)


def of_cause(facts: Iterable[Fact], cause: str | None, knowledge: Knowledge) -> tuple[Fact, ...]:
    """The facts that were told of a cause, or before any was known, and can be told of it."""
    kinds = knowledge.facts
    fitting = (f for f in facts if not kinds[f.kind].causes or cause in kinds[f.kind].causes)
    return tuple(f for f in fitting if f.cause in ("", cause or ""))


def _is_value(fact: Fact, knowledge: Knowledge) -> bool:
    kind = knowledge.facts[fact.kind]
    return fact.value in kind.values or bool(kind.free or kind.says or kind.entity)


def _of_circumstances(
    message: ParsedMessage, before: Case, after: Case, knowledge: Knowledge
) -> Iterator[tuple[str, str, str]]:
    """What a new circumstance of the case tells, in the message's words or the button's.

    Not what was only read off a sentence: a letter claims nothing that was not said.
    """
    read = {c for c in message.holds if c not in message.circumstances}
    told = [(case.circumstances, case.denied_circumstances) for case in (before, after)]
    if told[0] == told[1]:
        return
    for kind in knowledge.facts.values():
        for id_, value in kind.values.items():
            holds = value.circumstance in after.circumstances and value.circumstance not in read
            held = value.circumstance in before.circumstances
            denied = value.denied in after.denied_circumstances
            was_denied = value.denied in before.denied_circumstances
            if (holds and not held) or (denied and not was_denied):
                circumstance = value.circumstance if holds and not held else value.denied
                yield kind.id, id_, _words(message, str(circumstance), knowledge, holds=holds)


def _words(message: ParsedMessage, circumstance: str, knowledge: Knowledge, *, holds: bool) -> str:
    if not message.pressed:
        told = knowledge.circumstances[circumstance]
        stated = sentences(message.text)
        return next((s for s in stated if says((*told.says, *told.says_not), s)), message.text)
    questions = (q for cause in knowledge.causes.values() for q in cause.ask)
    asked = next((q for q in questions if q.circumstance == circumstance), None)
    if asked is None:
        return knowledge.circumstances[circumstance].title
    return f"{asked.question} {asked.if_yes if holds else asked.if_no}"


def _told(
    message: ParsedMessage, asked: str | None, cause: str, sought: Container[str], knowledge: Knowledge
) -> Iterator[tuple[str, str, str]]:
    """Kind, value and words of each fact that a message tells; of those that are sought, in few words too."""
    if message.pressed:
        kind_id, _, value = (message.value or "").partition(".")
        kind = knowledge.facts.get(kind_id)
        if kind and value in kind.values:
            yield kind.id, value, f"{kind.ask} {kind.values[value].title}"
        return
    if message.pasted:
        yield from quoted(message.text, knowledge)
        return
    for said in matches(knowledge.patterns["quotes_notice"].says, message.text):
        if _is_theirs(said["value"], knowledge):
            value = said["value"].strip(" .")
            yield _GROUNDS, value.lower() if value.isupper() else value, said[0]
    asks = knowledge.patterns["asks_something"]
    stated = [sentence for sentence in sentences(message.text) if not asks.found(sentence)]
    asked_kind = knowledge.facts.get(asked or "")
    left_out: set[str] = set()
    if asked_kind and asked_kind.free == "phrase":
        own = [s for s in stated if not _tells(s, asked_kind.id, message, knowledge)]
        answers = tuple(_freely(asked_kind, own, knowledge))
        if answers and not _tells_other(asked_kind, stated, message, cause, knowledge):
            left_out = {asked_kind.id}
            yield from ((asked_kind.id, value, words) for value, words in answers)
    elif asked_kind and any(_read(asked_kind, s, message, True, knowledge) for s in stated):
        left_out = set(asked_kind.instead_of)
    bare = {
        s
        for s in stated
        if asked_kind and len(s.split()) <= _BARE and _answers(asked_kind, s, message, knowledge)
    }
    telling = [s for s in stated if s not in bare and not _is_beside(s, message)]
    for kind in (k for k in knowledge.facts.values() if k.id not in left_out):
        for sentence in stated if kind is asked_kind else telling:  # "one time" answers just what was asked
            for value in _read(kind, sentence, message, kind.id == asked, knowledge, sought):
                if kind.id != _WHEN or _is_sure_of_time(sentence, message, knowledge):
                    yield kind.id, value, sentence


def _is_theirs(words: str, knowledge: Knowledge) -> bool:
    """Whether quoted words can be Upwork's, and say more than what happened to the account."""
    patterns = knowledge.patterns
    speaks = (*knowledge.facts[_GROUNDS].says, *patterns["to_person"].says)
    return says(speaks, words) and not patterns["bare_measure"].found(words)


def _answers(kind: FactKind, sentence: str, message: ParsedMessage, knowledge: Knowledge) -> bool:
    return bool(_read(kind, sentence, message, True, knowledge))


def _is_beside(sentence: str, message: ParsedMessage) -> bool:
    """Whether surely nothing of a sentence belongs into a letter."""
    found = [s for s in message.statements if s.text in sentence or sentence in s.text]
    return bool(found) and not any(s.for_letter or s.sure < _SURE_BESIDE for s in found)


def _is_sure_of_time(sentence: str, message: ParsedMessage, knowledge: Knowledge) -> bool:
    """Whether it is clear what a time belongs to: of two times for several matters nobody knows."""
    if knowledge.patterns["since_then"].found(sentence):
        return False
    times = {written for name, written in message.mentioned if name == "time" and written in sentence}
    return len(times) < 2 or len({mention.id for mention in message.told}) < 2


def _tells(sentence: str, instead_of: str, message: ParsedMessage, knowledge: Knowledge) -> bool:
    """Whether a sentence tells a fact that goes before another ("I know it was wrong" changes nothing)."""
    before = (k for k in knowledge.facts.values() if instead_of in k.instead_of)
    return any(_read(kind, sentence, message, False, knowledge) for kind in before)


def _tells_other(
    asked: FactKind, stated: Sequence[str], message: ParsedMessage, cause: str, knowledge: Knowledge
) -> bool:
    """Whether an answer tells other facts than the one asked for ("I have only one account")."""
    others = (
        k
        for k in knowledge.facts.values()
        if k.id != asked.id and not (k.free or k.several) and (not k.causes or cause in k.causes)
    )
    return any(_read(kind, sentence, message, False, knowledge) for kind in others for sentence in stated)


def quoted(text: str, knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    """Of what Upwork wrote, word for word: what is held against the person, and what they are asked for.

    Yields:
        The kind of fact, the sentence without its stop, and the sentence; at most one of a kind.
    """
    for kind in (knowledge.facts[_GROUNDS], knowledge.facts[ASKED_FOR]):
        short = (s for s in _theirs(text, knowledge) if len(s.split()) <= _MOST_QUOTED)
        fitting = sorted((s for s in short if says(kind.says, s)), key=lambda s: not _is_precise(s, kind))
        if found := next(iter(fitting), None):
            said = put(knowledge.patterns["lead_in"].says[0], "", found)
            yield kind.id, said.strip(" \"'“”").rstrip(".").strip(" \"'“”"), found


def _is_precise(sentence: str, kind: FactKind) -> bool:
    """Whether a sentence says what is asked for, as a question or a request does; "we need more" does not."""
    return kind.id != ASKED_FOR or any(says((pattern,), sentence) for pattern in kind.says[:2])


def _theirs(text: str, knowledge: Knowledge) -> tuple[str, ...]:
    """The sentences of Upwork's in a text: those in quotation marks, or all that do not speak of oneself."""
    marked = [found["words"] or found["single"] for found in _QUOTED.finditer(text)]
    if marked:
        return tuple(s for words in marked for s in sentences(words))
    own = knowledge.patterns["of_oneself"]
    return tuple(s for s in sentences(text) if not own.found(s))


def _read(
    kind: FactKind,
    sentence: str,
    message: ParsedMessage,
    answers: bool,
    knowledge: Knowledge,
    sought: Container[str] = (),
) -> list[str]:
    """The values of a fact in a sentence; the guards are for what was not asked for."""
    bare = answers or kind.id in sought
    if kind.id in (_GROUNDS, ASKED_FOR) or (kind.beside and not bare and not says(kind.beside, sentence)):
        return []
    values = list(_values(kind, sentence, answers, knowledge)) if kind.values else []
    if (kind.says or kind.answers or kind.entity) and (kind.several or not values):
        values += _texts(kind, sentence, message, answers, bare, knowledge)
    return values if kind.several else values[:1]


def _values(kind: FactKind, sentence: str, answers: bool, knowledge: Knowledge) -> Iterator[str]:
    for id_, value in kind.values.items():
        for found in matches((*value.says, *(value.answers if answers else ())), sentence):
            if _holds(kind, sentence, found.start(), found.end(), answers, knowledge):
                yield id_
                break


def _texts(
    kind: FactKind, sentence: str, message: ParsedMessage, answers: bool, bare: bool, knowledge: Knowledge
) -> Iterator[str]:
    """The texts that a sentence holds for a fact; `bare` where it may stand alone."""
    sentence = capitalised(sentence, knowledge)
    spans = [(m.start("value"), m.end("value")) for m in matches(kind.says, sentence)]
    if bare:
        spans += [(m.start("value"), m.end("value")) for m in matches(kind.answers, sentence)]
    for name, written in message.mentioned:
        start = sentence.casefold().find(written.casefold())
        if name == kind.entity and start >= 0:
            spans.append((start, start + len(written)))
    for start, end in sorted(set(spans)):
        if any(a <= start and end <= b and (a, b) != (start, end) for a, b in spans):
            continue
        text = sentence[start:end]
        if kind.fits and not bare and not says((kind.fits,), text):
            continue
        if not _holds(kind, sentence, start, end, answers, knowledge):
            continue
        for pattern, instead in kind.fixes:
            text = put(pattern, instead, text)
        if text := " ".join(text.split()).strip(" ,.;"):
            yield text


def _holds(kind: FactKind, sentence: str, start: int, end: int, answers: bool, knowledge: Knowledge) -> bool:
    """Whether what was found is meant: not denied, and not said of something else."""
    before, behind = sentence[:start], sentence[end:]
    if not kind.own and denied(before, knowledge):
        return False
    return answers or not (says(kind.not_after, before) or says(kind.not_before, behind))


def _freely(kind: FactKind, stated: Sequence[str], knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """An answer as its own text, as far as it names a thing, with the words that it came from."""
    for sentence in stated:
        thing = phrase(sentence, knowledge)
        for pattern, instead in kind.fixes:
            thing = put(pattern, instead, thing)
        if thing and not knowledge.patterns["has_nothing"].found(thing):
            yield thing, sentence


def tells(fact: Fact, text: str, knowledge: Knowledge) -> bool:
    """Whether a text tells a fact in words of its own."""
    value = knowledge.facts[fact.kind].values.get(fact.value)
    if value is None:
        words = (w for w in _WORD.findall(fact.value.casefold()) if w not in _SMALL)
        bare = text.casefold().replace(",", "")
        return all((w if w.isdigit() else w[:_STEM]) in bare for w in words)
    circumstance = knowledge.circumstances.get(value.circumstance or value.denied or "")
    patterns = (*value.says, *((*circumstance.says, *circumstance.says_not) if circumstance else ()))
    return says(patterns, text) or (not patterns and fact.words.strip(" .") in text)
