"""Text as a pattern should see it: the same letters, digits, dashes and spaces, however they were typed.

Phones, web pages and keyboards of other scripts put in what looks the same and is not: dashes that do
not break, spaces without width, marks of direction, digits of other scripts, wide letters. Every
pattern that protects somebody looks at the plain text; what a person wrote stays as they wrote it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Nothing is seen of them: formats (zero width, direction), marks on what stands before, fillers.
_UNSEEN = ("Cf", "Mn", "Me")
_FILLERS = "\u115f\u1160\u3164\uffa0"
_MINUS = "\u2212\u02d7\u2043\u30fc\uff70"
_DOTS = "\u3002\uff61\u2024\u06d4\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65"
_LONGEST = 3


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character.isascii():
        return character
    kind = unicodedata.category(character)
    if kind in _UNSEEN or character in _FILLERS:
        return ""
    if kind == "Pd" or character in _MINUS:
        return "-"
    if kind in ("Zs", "Zl", "Zp") or character == "\u2800":
        return " "
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if character in _DOTS:
        return "."
    normal = unicodedata.normalize("NFKC", character)
    if not 1 <= len(normal) <= _LONGEST:
        return character
    return "".join("-" if unicodedata.category(c) == "Pd" or c in _MINUS else c for c in normal)


def plain(text: str) -> str:
    """The text as a pattern should see it."""
    return text if text.isascii() else "".join(map(_plain, text))


class Shadow:
    """A text beside its plain form; what is found in the plain form is replaced in the text."""

    def __init__(self, text: str) -> None:
        """Remember which character of the text each plain one comes from."""
        self._text = text
        pieces = [_plain(character) for character in text]
        self.plain = "".join(pieces)
        self._from = [place for place, piece in enumerate(pieces) for _ in piece] + [len(text)]

    def replace(self, spans: list[tuple[int, int, str]]) -> str:
        """The text with spans of the plain form replaced.

        Args:
            spans: begin, end and what stands there instead; of two that overlap, the first's stands for both.
        """
        made, done = [], 0
        for begin, end, instead in sorted(spans, key=lambda span: span[:2]):
            # What is not seen after the last character, such as a key cap's frame, goes with it.
            start, stop = self._from[begin], max(self._from[end], self._from[end - 1] + 1)
            if start >= done:
                made += [self._text[done:start], instead]
            done = max(done, stop)
        return "".join([*made, self._text[done:]])
