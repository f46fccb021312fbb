"""What of a person's words stands in a letter, and what does not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reinstate.core.cleaning import stems, written_well
from reinstate.core.edits import Edit
from reinstate.core.facts import Fact
from reinstate.core.letter import HAPPENED, Letter
from reinstate.core.own_words import TOLD, nearly_says, part_of
from reinstate.core.parsed import CORRECTS
from reinstate.core.statements import DRAFT, Statement
from reinstate.knowledge import Knowledge

_REQUEST = ("request", "questions")
_USUAL, _SURE = ("record", "changed", "proof"), 0.9  # kinds of sentences, and how surely they are that
_SHORTEST = 4  # words of what is said to be left out
_SHORTEST_OF_TALK = 6
_WRITTEN, _TOLD = 0.7, 0.5  # shares of its telling words that stand in a letter which says it already
_SURELY_ASIDE = 0.99
MOST_LEFT_OUT = 3


def agreed(
    letter: Letter, facts: Iterable[Fact], told: Iterable[Statement]
) -> tuple[tuple[Fact, ...], tuple[Statement, ...]]:
    """Facts and statements where a letter is made of talk: what stands in it counts as said for it."""
    places = [(s.words, s.part) for s in letter.sentences if s.words]
    stands = {fact for s in letter.sentences for fact in s.facts}
    return (
        tuple(replace(f, answers=True) if f in stands else f for f in facts),
        tuple(
            replace(s, place=next((part for words, part in places if s.text in words), s.place)) for s in told
        ),
    )


def checked(letter: Letter) -> tuple[str, ...]:
    """The sentences of a letter up to what it asks for, which is always the same."""
    return tuple(s.text for s in letter.sentences if s.words or s.facts or s.part not in _REQUEST)


def left_out(
    letters: Sequence[Letter], told: Iterable[Statement], knowledge: Knowledge
) -> tuple[Statement, ...]:
    """What a person wrote for a letter, or told that usually belongs there, and does not stand in it.

    Of a letter that has no place for it, such as a note to clients, nothing is left out.

    Args:
        letters: the letter as it was drafted, and with its edits: what was taken out is no news.
        told: what was told; given as it was written, unless a letter nearly says it, or it is all rude.
        knowledge: which words tell something.
    """
    if not any(TOLD in names for names in letters[0].frame):
        return ()
    sentences = (sentence for letter in letters for sentence in letter.all)
    says = {stem for s in sentences for stem in stems(f"{s.text} {s.words}", knowledge)}
    out = (
        s
        for s in told
        if _belongs(s)
        and (clean := written_well(s.text, knowledge))
        and len(clean.split()) >= (_SHORTEST if s.place else _SHORTEST_OF_TALK)
        and not CORRECTS.search(s.text)
        and not nearly_says(says, set(stems(clean, knowledge)), _WRITTEN if s.place else _TOLD)
    )
    return tuple(out)[:MOST_LEFT_OUT]


def _belongs(statement: Statement) -> bool:
    """Whether a person may miss it: what they wrote for a letter, and what surely is of the usual kinds.

    Or what happened, with a figure: when it was, or how much.
    """
    if statement.place:
        return statement.kind not in (DRAFT, "aside") or statement.sure < _SURELY_ASIDE
    whole = statement.text.count("(") == statement.text.count(")")
    dated = statement.kind == HAPPENED and any(sign.isdigit() for sign in statement.text)
    return (statement.kind in _USUAL or dated) and statement.sure >= _SURE and whole


def put_in(
    letter: Letter, out: Iterable[Statement], told: Iterable[Statement], knowledge: Knowledge
) -> tuple[Edit, ...]:
    """The edits by which what was left out stands in a letter, each sentence where it was written.

    What is rude stays out.
    """
    wanted, edits, before = set(out), [], ""
    stands = {s.words: s.text for s in letter.sentences if s.words}
    for statement in told:
        if statement in wanted and (text := written_well(statement.text, knowledge)):
            edits.append(Edit("", text, part_of(statement.kind), after=before))
            before = text
        else:
            before = stands.get(statement.text, before)
    return tuple(edits)
