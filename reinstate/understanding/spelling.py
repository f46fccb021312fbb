"""Puts misspelt words right, by the words of the training examples.

Only a word that is neither one of those nor English is changed, to the nearest of them: one slip in
a short word, two in a long one.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files

from symspellpy import SymSpell, Verbosity

_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
_FEWEST = 2
_SHORTEST, _LONG = 4, 7


def vocabulary(texts: Iterable[str]) -> dict[str, int]:
    """The words that stand at least twice in the texts, with how often."""
    counts = Counter(word.casefold() for text in texts for word in _WORD.findall(text))
    return {word: count for word, count in counts.items() if count >= _FEWEST}


class Speller:
    """Corrects by one vocabulary."""

    def __init__(self, words: Mapping[str, int]) -> None:
        """Take the words that a correction may lead to, with how often they are used."""
        self._near = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        for word, count in words.items():
            self._near.create_dictionary_entry(word, count)

    def correct(self, text: str) -> str:
        """The text with its misspelt words put right; everything else as it is."""
        return _WORD.sub(lambda found: self._word(found[0]), text)

    def _word(self, written: str) -> str:
        word = written.casefold()
        if len(word) < _SHORTEST or word in self._near.words or word in _english():
            return written
        slips = 1 if len(word) < _LONG else 2
        found = self._near.lookup(word, Verbosity.TOP, max_edit_distance=slips)
        return str(found[0].term) if found else written


@functools.cache
def _english() -> frozenset[str]:
    """English words, from the list that comes with symspellpy."""
    listed = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    lines = listed.read_text(encoding="utf-8-sig").splitlines()
    return frozenset(line.split()[0] for line in lines)
