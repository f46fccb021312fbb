"""Which of the languages of `knowledge/languages.yml` a message is written in. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from reinstate.knowledge import Language

ENGLISH = "en"
_FOREIGN_SHARE = 0.3
_FEWEST_WORDS = 2
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def find(text: str, languages: Mapping[str, Language]) -> str:
    """The id of a message's language; English where nothing tells another.

    A language with letters of its own is known by them, once three of ten letters are not Latin
    (platform words are English everywhere); the others by at least two of their frequent words,
    more than English ones.
    """
    letters = [c for c in text if c.isalpha()]
    foreign = sum(c > "\u036f" for c in letters)
    if letters and foreign >= _FOREIGN_SHARE * len(letters):
        return next((i for i, one in languages.items() if _any_of(one.letters, text)), ENGLISH)
    words = {word.replace("’", "'") for word in _WORD.findall(text.casefold())}
    counts = {i: len(words.intersection(one.words)) for i, one in languages.items()}
    best = max(counts, key=lambda i: counts[i])
    return best if counts[best] >= _FEWEST_WORDS and counts[best] > counts[ENGLISH] else ENGLISH


def _any_of(letters: str, text: str) -> bool:
    return bool(letters) and _compiled(letters).search(text) is not None


@functools.cache
def _compiled(letters: str) -> re.Pattern[str]:
    return re.compile(f"[{letters}]")
