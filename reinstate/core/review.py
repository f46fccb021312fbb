"""What of a person's words would stand in a letter, looked through before anything else is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reinstate.core.cleaning import is_sentence, put_well, stems
from reinstate.core.facts import Fact
from reinstate.core.letter import Letter
from reinstate.core.own_words import nearly_says
from reinstate.core.parsed import CORRECTS
from reinstate.core.statements import Statement
from reinstate.knowledge import Knowledge

_OF_NOTICE = ("account", "accused")
_REQUEST = ("request", "questions")
_MOST_BESIDE = 4  # sentences that are offered beside a letter
_SURE_OUT = 0.9  # what surely does not belong there is not offered
_NOT_ASKED_FOR = ("rude", "asks_something", "addresses_the_bot")  # nobody is asked to put it better
_SHORTEST = 4  # words of what is said to be left out


@dataclass(frozen=True)
class Review:
    """What is looked through; its numbers are those of the letter's sentences.

    Attributes:
        stands: the letter's sentences up to what it asks for.
        own: the numbers of those that the person told.
        beside: what was told and does not stand in it, with how it would be put; its numbers go on.
    """

    stands: tuple[str, ...]
    own: tuple[int, ...]
    beside: tuple[tuple[Statement, str], ...]

    def more(self, number: int) -> tuple[Statement, str] | None:
        """What a number means of what does not stand in the letter."""
        place = number - 1 - len(self.stands)
        return self.beside[place] if 0 <= place < len(self.beside) else None


def review(letter: Letter, told: Iterable[Statement], knowledge: Knowledge) -> Review:
    """What is to be looked through of a letter."""
    own = tuple(
        n for n, s in enumerate(letter.sentences, 1) if (s.words or s.facts) and s.part not in _OF_NOTICE
    )
    beside = _beside(letter, told, knowledge)
    return Review(checked(letter), own, tuple((s, put_well(s.text, knowledge)) for s in beside))


def agreed(
    letter: Letter, facts: Iterable[Fact], told: Iterable[Statement]
) -> tuple[tuple[Fact, ...], tuple[Statement, ...]]:
    """Facts and statements after a letter was looked through: what stands in it was said for it."""
    places = {s.words: s.part for s in letter.sentences if s.words}
    stands = {fact for s in letter.sentences for fact in s.facts}
    return (
        tuple(replace(f, answers=True) if f in stands else f for f in facts),
        tuple(replace(s, place=places[s.text]) for s in told if s.text in places),
    )


def checked(letter: Letter) -> tuple[str, ...]:
    """The sentences of a letter up to what it asks for, which is always the same."""
    return tuple(s.text for s in letter.sentences if s.words or s.facts or s.part not in _REQUEST)


def _beside(letter: Letter, told: Iterable[Statement], knowledge: Knowledge) -> tuple[Statement, ...]:
    """What a person told that may belong into a letter and does not stand in it, likeliest first."""
    stands = [set(stems(f"{s.text} {s.words}", knowledge)) for s in letter.all]

    def is_news(statement: Statement) -> bool:
        words = set(stems(statement.text, knowledge))
        return bool(words) and not any(nearly_says(more, words) for more in stands)

    found = [
        s
        for s in told
        if len(s.text.split()) >= _SHORTEST
        and (s.for_letter or s.sure < _SURE_OUT)
        and not CORRECTS.search(s.text)
        and is_sentence(put_well(s.text, knowledge), knowledge)
        and not knowledge.patterns["addresses_the_bot"].found(s.text)
        and is_news(s)
    ]
    return tuple(sorted(found, key=lambda s: -s.sure if s.for_letter else s.sure)[:_MOST_BESIDE])


def left_out(
    letter: Letter, facts: Iterable[Fact], told: Iterable[Statement], knowledge: Knowledge
) -> tuple[str, ...]:
    """What a person told for a letter and does not stand in it, as it was written, and is no known fact."""
    stands = [*(s.words for s in letter.all if s.words), *(f.words for f in facts)]
    return tuple(
        s.text
        for s in told
        if (s.for_letter or s.place)
        and len(s.text.split()) >= _SHORTEST
        and (s.place or not any(knowledge.patterns[p].found(s.text) for p in _NOT_ASKED_FOR))
        and not CORRECTS.search(s.text)
        and not any(s.text in words or words in s.text for words in stands)
    )
