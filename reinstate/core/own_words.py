"""Which of a person's own sentences stand in a letter, and in which part of it. Pure.

What was written for the letter stands as it was written, in its order. Of what was only said in talk stands
what can be put well, once, as much as there is room for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reinstate.core.case import Case
from reinstate.core.cleaning import is_sentence, mend, put_well, stems, written_well
from reinstate.core.facts import Fact, tells
from reinstate.core.spelling import is_word
from reinstate.core.statements import Statement
from reinstate.knowledge import Knowledge, Tone

# Parts of a letter: what happened, as it was told in talk, and as it was written for the letter; what is new.
TOLD, STORY, NEW = "told", "story", "new"
# The parts of a person's own sentences by their kind, and how many words stand there: formal or warm, brief.
PARTS: Mapping[str, tuple[str, int, int]] = {
    "happened": (TOLD, 140, 45),
    "record": ("record", 35, 0),
    "regret": ("regret", 25, 10),
    "changed": ("changed", 60, 25),
    NEW: (NEW, 60, 50),
    "proof": ("proof", 40, 15),
    "wish": ("wish", 40, 0),
}
_WRITTEN, _WRITTEN_BRIEF = 330, 140  # words of what was written for the letter: formal or warm, brief
_NEARLY = 0.7  # share of the telling words of a sentence that stand in another one
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")  # a capital within a sentence
_BARE = 6  # words of an answer that is no sentence


@dataclass(frozen=True)
class Own:
    """A sentence of a person's for a letter.

    Attributes:
        text: as it stands in the letter.
        part: where it stands.
        words: as it was written.
        sure: how likely it belongs into a letter.
    """

    text: str
    part: str
    words: str
    sure: float


def part_of(kind: str) -> str:
    """The part of a letter in which statements of a kind stand; what happened, where they have none."""
    return PARTS.get(kind, PARTS["happened"])[0]


def own_words(
    told: Iterable[Statement],
    case: Case,
    facts: Sequence[Fact],
    tone: Tone,
    knowledge: Knowledge,
    *,
    disputes: bool,
) -> list[Own]:
    """A person's sentences for a letter, in their order.

    Args:
        told: what they wrote.
        case: what was read of another of its causes stays out.
        facts: what is known by itself; a short answer that tells one is put by its pattern.
        tone: brief leaves room for less.
        knowledge: how sentences are mended.
        disputes: whether what tells the deed stays out.
    """
    told = tuple(told)
    if any(s.place for s in told):
        written = (s for s in told if s.place == STORY or (s.place and not _is_told_by(s, facts, knowledge)))
        return _with_names(_written(written, _WRITTEN_BRIEF if tone == "brief" else _WRITTEN, knowledge))
    others = {*case.causes, *case.disputed} - {case.first_cause}
    deeds = [f for f in facts if disputes and knowledge.facts[f.kind].deed]
    found: dict[str, Own] = {}
    for statement in told:
        text = put_well(statement.text, knowledge)
        of_another = statement.cause in others or any(tells(f, statement.text, knowledge) for f in deeds)
        told_otherwise = of_another or _is_told_by(statement, facts, knowledge)
        if text and statement.kind in PARTS and not told_otherwise:
            own = Own(text, part_of(statement.kind), statement.text, statement.sure)
            found.setdefault(text.casefold(), own)
    once = _said_once(list(found.values()), knowledge)
    room = {part: brief if tone == "brief" else formal for part, formal, brief in PARTS.values()}
    kept = {own for part, most in room.items() for own in _surest(once, part, most)}
    return [own for own in once if own in kept]


def _is_told_by(statement: Statement, facts: Iterable[Fact], knowledge: Knowledge) -> bool:
    """Whether a short answer is no sentence, but tells a fact, which is put by its pattern."""
    bare = len(statement.text.split()) <= _BARE and not is_sentence(
        mend(statement.text, knowledge), knowledge
    )
    return bare and any(f.answers and f.words == statement.text for f in facts)


def _written(told: Iterable[Statement], most: int, knowledge: Knowledge) -> Iterator[Own]:
    """What was written for the letter, up to so many words of each part."""
    words: dict[str, int] = {}
    for statement in told:
        text = (written_well if statement.place == STORY else mend)(statement.text, knowledge)
        words[statement.place] = words.get(statement.place, 0) + len(text.split())
        if text and words[statement.place] <= most:
            yield Own(text, statement.place, statement.text, statement.sure)


def _with_names(sentences: Iterable[Own]) -> list[Own]:
    """Sentences in which a name has its capital everywhere that it has once ("to dato", "my cousin Dato")."""
    own = list(sentences)
    found = {name for one in own for name in _NAME.findall(one.text) if not is_word(name.lower())}
    if not found:
        return own
    small = re.compile(rf"\b(?:{'|'.join(name.lower() for name in sorted(found))})\b")
    return [replace(one, text=small.sub(lambda match: match[0].capitalize(), one.text)) for one in own]


def _said_once(sentences: Sequence[Own], knowledge: Knowledge) -> list[Own]:
    """Sentences without those that another one nearly says, or the others of their part say wholly.

    Of two alike the later one stays. Figures are said by the same figures only, and what denies something
    by what denies something.
    """
    left, denies = list(sentences), knowledge.patterns["negates"]
    for sentence in sorted(sentences, key=lambda own: len(stems(own.text, knowledge))):
        words = set(stems(sentence.text, knowledge))
        others = [own for own in left if own is not sentence]
        if denies.found(sentence.text):
            others = [own for own in others if denies.found(own.text)]
        said = {own: set(stems(own.text, knowledge)) for own in others}
        beside = set().union(*(more for own, more in said.items() if own.part == sentence.part))
        if words and (words <= beside or any(nearly_says(more, words) for more in said.values())):
            left.remove(sentence)
    return left


def nearly_says(more: set[str], words: set[str], share: float = _NEARLY) -> bool:
    """Whether a `share` of a sentence's telling words, `words`, stands among `more`, with every figure."""
    figures = {word for word in words if any(sign.isdigit() for sign in word)}
    return len(words & more) >= share * len(words) and figures <= more


def _surest(sentences: Iterable[Own], part: str, most: int) -> Iterator[Own]:
    """Those of a part that are surest to belong into the letter, as many words as there is room for."""
    words = 0
    for own in sorted(sentences, key=lambda own: -own.sure):
        length = len(own.text.split())
        if own.part == part and words + length <= most:
            words += length
            yield own
