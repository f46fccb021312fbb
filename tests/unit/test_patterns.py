"""Patterns are found as by searching for each of them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest

from bench.figures import OPEN, read_set
from reinstate.knowledge import Pattern, says
from reinstate.knowledge.loader import ROOT
from reinstate.knowledge.patterns import needed

NEEDED = [
    (r"\bpaypal\b", ("paypal",)),
    (r"\b(?:bank|wise)\b account", (" account",)),
    (r"(?:cats?|dogs)", ("cat", "dogs")),
    (r"(?i:VPN)", ("vpn",)),
    (r"my (?:own )?(?!old)[a-z]+", ("my ",)),
    (r"(?:wise)+", ("wise",)),
    (r"(?:wise)?", ("",)),
    (r"\d{1,2}|one", ("",)),
    (r"(?<=to )x", ("",)),
    (r"", ("",)),
]


@pytest.mark.parametrize(("pattern", "groups"), NEEDED)
def test_what_a_pattern_needs_is_known(pattern: str, groups: tuple[str, ...]) -> None:
    """Of what has to stand there the part that tells most; nothing where nothing has to."""
    assert groups == needed(pattern)


def test_every_pattern_of_the_knowledge_base_is_found_as_by_a_search() -> None:
    """In each of five hundred messages, in any case of letters."""
    texts = [line["text"] for line in read_set(OPEN)][::4]
    found = {match for file in ROOT.rglob("*.yml") for match in _patterns(file.read_text(encoding="utf-8"))}
    assert len(found) > 500
    for pattern in found:
        search = re.compile(pattern, re.IGNORECASE).search
        for text in texts:
            assert says((pattern,), text) == bool(search(text)), (pattern, text)


def _patterns(text: str) -> Iterator[Pattern]:
    """The quoted strings of a file that are regular expressions."""
    for quoted in re.findall(r"(?<![\w'])'((?:[^'\n]|'')+)'", text):
        pattern = quoted.replace("''", "'")
        with contextlib.suppress(re.error):
            re.compile(pattern)
            if "\\" in pattern or "(?" in pattern:
                yield Pattern(pattern)
