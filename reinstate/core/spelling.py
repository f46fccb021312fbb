"""Slips of the pen in what a person wrote, put right where there is no doubt. Pure.

Only small words of English letters are touched, so no name and no brand: what is in no dictionary and becomes
a word by one letter more or less of a pair ("adress"), by two vowels that change places ("recieved"), or by
another vowel within a long word ("calender").
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from spellchecker import SpellChecker

_WORD = re.compile(r"(?<![\w.@/'’-])[A-Za-z]?[a-z]{4,}(?![\w@/'’-])")
_VOWELS = "aeiou"
_LONG = 7  # letters from which on another vowel makes no other word
_COMMON = 200  # how often a word stands in the package's corpus before it is what was meant


def spelled(text: str) -> str:
    """A text with such slips put right; what stands in quotation marks is somebody else's and stays."""
    parts = re.split(r'("[^"]*"|“[^”]*”)', text)
    return "".join(part if n % 2 else _WORD.sub(_right, part) for n, part in enumerate(parts))


def is_word(word: str) -> bool:
    """Whether a word in small letters is a common one of English, and hardly a name."""
    return word in _dictionary() and _dictionary()[word] >= _COMMON


def _right(found: re.Match[str]) -> str:
    word, known = found[0].lower(), _dictionary()
    if word in known or (found[0] != word and found.start()):  # a capital within a sentence begins a name
        return found[0]
    meant = [near for near in _near(word) if near in known and known[near] >= _COMMON]
    return found[0][0] + max(meant, key=lambda near: known[near])[1:] if meant else found[0]


def _near(word: str) -> Iterator[str]:
    """The words with the same first letter from which a word differs by one such slip."""
    for n in range(1, len(word) - 1):
        yield word[:n] + word[n] + word[n:]
        if word[n] == word[n - 1]:
            yield word[:n] + word[n + 1 :]
        if word[n] in _VOWELS and word[n + 1] in _VOWELS:
            yield word[:n] + word[n + 1] + word[n] + word[n + 2 :]
        if word[n] in _VOWELS and len(word) >= _LONG:
            yield from (word[:n] + vowel + word[n + 1 :] for vowel in _VOWELS if vowel != word[n])


@functools.cache
def _dictionary() -> SpellChecker:
    return SpellChecker(distance=1)
