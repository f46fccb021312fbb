"""What of a person's words would stand in a letter and what would stay out, to be looked through. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reinstate.core.cleaning import is_sentence, put_well, stems
from reinstate.core.facts import Fact
from reinstate.core.letter import Letter
from reinstate.core.own_words import nearly_says
from reinstate.core.parsed import CORRECTS
from reinstate.core.statements import Statement, belonging
from reinstate.knowledge import Knowledge

_REQUEST = ("request", "questions")
_MOST_BESIDE = 4  # sentences that are offered beside a letter
_SURE_OUT = 0.9  # what surely does not belong there is not offered
_NOT_ASKED_FOR = ("rude", "asks_something", "addresses_the_bot")  # nobody is asked to put it better
_SHORTEST = 4  # words of what is said to be left out


@dataclass(frozen=True)
class Review:
    """What is looked through before a letter is written; its numbers are those of the letter's sentences.

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
    """What is to be looked through before a letter is written."""
    own = tuple(n for n, s in enumerate(letter.sentences, 1) if s.words or s.facts)
    beside = _beside(letter, told, knowledge)
    return Review(checked(letter), own, tuple((s, put_well(s.text, knowledge)) for s in beside))


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
    """What a person told that cannot be put well and is no known fact, as it was written."""
    stands = [*(s.words for s in letter.all if s.words), *(f.words for f in facts)]
    return tuple(
        s.text
        for s in belonging(told)
        if len(s.text.split()) >= _SHORTEST
        and not any(knowledge.patterns[p].found(s.text) for p in _NOT_ASKED_FOR)
        and not CORRECTS.search(s.text)
        and not is_sentence(put_well(s.text, knowledge), knowledge)
        and not any(s.text in words or words in s.text for words in stands)
    )
