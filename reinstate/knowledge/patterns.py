"""Regular expressions of the knowledge base, and looking for them in texts.

A turn looks for some six hundred, of which two or three find something. Most need letters that a text does
not hold, and that is known in a quarter of the time of a search. Both searches are loops without calls of
their own: a generator for each pattern took as long as the look.
"""

from __future__ import annotations

import functools
import re
import sre_parse
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

_LEAST = 2  # letters by which it is worth while to look first
_ANYTHING = ("",)  # stands in every text
_BRANCHES = 10  # of so many letters each more is worth as much as one letter


class Pattern(str):
    """A regular expression that finds something in a message, in upper or lower case."""

    @classmethod
    def __get_validators__(cls) -> Iterator[Callable[[str], str]]:
        yield cls._check

    @staticmethod
    def _check(text: str) -> str:
        try:
            _prepared(cast("Pattern", text))  # once, and not in the first turn that looks for it
        except re.error as error:
            raise ValueError(f"'{text}' is no regular expression: {error}") from error
        return text


def says(patterns: Iterable[Pattern], text: str) -> bool:
    """Whether one of the patterns finds something in a text."""
    small = text.lower()
    for pattern in patterns:
        compiled, groups = _prepared(pattern)
        for group in groups:
            if group in small:
                if compiled.search(text):
                    return True
                break
    return False


def matches(patterns: Iterable[Pattern], text: str) -> Iterator[re.Match[str]]:
    """Where the patterns find something in a text; most find nothing, as one search tells soonest."""
    small = text.lower()
    for pattern in patterns:
        compiled, groups = _prepared(pattern)
        for group in groups:
            if group in small:
                if compiled.search(text):
                    yield from compiled.finditer(text)
                break


def put(pattern: Pattern, instead: str, text: str) -> str:
    r"""A text with something else in place of all that a pattern finds; "\1" is its first group."""
    return _prepared(pattern)[0].sub(instead, text)


def needed(pattern: str) -> tuple[str, ...]:
    """Small letters, of which at least one group stands in every text in which a pattern finds something.

    One empty group, which stands in every text, where nothing is needed for certain.
    """
    return _needed(sre_parse.parse(pattern)) or _ANYTHING


@functools.cache
def _prepared(pattern: Pattern) -> tuple[re.Pattern[str], tuple[str, ...]]:
    return re.compile(pattern, re.IGNORECASE), needed(pattern)


def _needed(parsed: Any) -> tuple[str, ...]:
    """Of what stands in a row, the part that tells most; none where no part is needed."""
    found: list[tuple[str, ...]] = [()]
    row = ""
    for kind, value in parsed:
        if kind is sre_parse.LITERAL:
            row += chr(value).lower()
            continue
        found.append((row,))
        row = ""
        if kind is sre_parse.SUBPATTERN:
            found.append(_needed(value[-1]))
        elif kind is sre_parse.BRANCH:
            branches = [_needed(branch) for branch in value[1]]
            found.append(tuple(group for branch in branches for group in branch) if all(branches) else ())
        elif kind in (sre_parse.MAX_REPEAT, sre_parse.MIN_REPEAT) and value[0]:
            found.append(_needed(value[2]))
    best = max((*found, (row,)), key=_worth)
    return best if _worth(best) else ()


def _worth(groups: tuple[str, ...]) -> float:
    shortest = min(map(len, groups), default=0)
    return max(0.0, shortest - len(groups) / _BRANCHES) if shortest >= _LEAST else 0.0
