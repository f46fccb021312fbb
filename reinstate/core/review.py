"""What of a person's words stands in a letter, and what does not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reinstate.core.cleaning import stems
from reinstate.core.facts import Fact
from reinstate.core.letter import Letter
from reinstate.core.own_words import nearly_says
from reinstate.core.parsed import CORRECTS
from reinstate.core.statements import Statement
from reinstate.knowledge import Knowledge

_REQUEST = ("request", "questions")
_NOT_ASKED_FOR = ("rude", "asks_something", "addresses_the_bot")  # nobody is asked to put it better
_SHORTEST = 4  # words of what is said to be left out


def agreed(
    letter: Letter, facts: Iterable[Fact], told: Iterable[Statement]
) -> tuple[tuple[Fact, ...], tuple[Statement, ...]]:
    """Facts and statements where a letter is made of talk: what stands in it counts as said for it."""
    places = {s.words: s.part for s in letter.sentences if s.words}
    stands = {fact for s in letter.sentences for fact in s.facts}
    return (
        tuple(replace(f, answers=True) if f in stands else f for f in facts),
        tuple(replace(s, place=places.get(s.text, s.place)) for s in told),
    )


def checked(letter: Letter) -> tuple[str, ...]:
    """The sentences of a letter up to what it asks for, which is always the same."""
    return tuple(s.text for s in letter.sentences if s.words or s.facts or s.part not in _REQUEST)


def left_out(
    letter: Letter, facts: Iterable[Fact], told: Iterable[Statement], knowledge: Knowledge
) -> tuple[str, ...]:
    """What a person told that belongs into a letter and nothing in it nearly says, as it was written."""
    stands = [*(s.words for s in letter.all if s.words), *(f.words for f in facts)]
    says = [set(stems(s.text, knowledge)) for s in letter.all]
    return tuple(
        s.text
        for s in told
        if (s.for_letter or s.place)
        and len(s.text.split()) >= _SHORTEST
        and (s.place or not any(knowledge.patterns[p].found(s.text) for p in _NOT_ASKED_FOR))
        and not CORRECTS.search(s.text)
        and not any(s.text in words or words in s.text for words in stands)
        and not any(nearly_says(more, set(stems(s.text, knowledge))) for more in says)
    )
