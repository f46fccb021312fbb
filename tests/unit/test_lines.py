"""Lines of the bot as Rasa hands them over, and a reply's sources gathered below it."""

from __future__ import annotations

from typing import Any

import pytest

from reinstate.stores.lines import LETTER, Line, Source, bot_line, sources_last

A, B, TITLE = Source("A", "https://a.example"), Source("B", "https://b.example"), Source("The guide")


def said(text: str, *sources: Source, kind: str | None = None) -> Line:
    """A line of the bot without buttons."""
    return Line("bot", text, (), sources, kind)


@pytest.mark.parametrize(
    ("custom", "expected"),
    [
        (None, said("x")),
        ({}, said("x")),
        ("text", said("x")),
        ({"sources": [{"title": "A", "address": "https://a.example"}]}, said("x", A)),
        (
            {"sources": [{"title": "The\nguide ", "address": None}, {"title": "The guide"}]},
            said("x", TITLE, TITLE),
        ),
        ({"sources": [{"title": ""}, {"address": "https://a.example"}, 7, None]}, said("x")),
        ({"sources": {"title": "A"}}, said("x")),
        ({"kind": "letter"}, said("x", kind=LETTER)),
        ({"kind": ["letter"]}, said("x")),
        ({"more": 1}, said("x")),
    ],
)
def test_what_an_action_adds_is_read(custom: Any, expected: Line) -> None:
    """Both keys may be missing; what has another shape counts as missing."""
    assert expected == bot_line("x", {"custom": custom})


@pytest.mark.parametrize(
    ("reply", "gathered"),
    [
        ([], []),
        ([said("1"), said("2")], [said("1"), said("2")]),
        ([said("1", A), said("2", B)], [said("1"), said("2", A, B)]),
        (
            [said("1", A, TITLE), said("2"), said("3", A, TITLE, B)],
            [said("1"), said("2"), said("3", A, TITLE, B)],
        ),
        ([said("1"), said("", A)], [said("1"), said("", A)]),
        ([said("", A), said("2")], [said("2", A)]),
        ([said("1", A), said("L", kind=LETTER)], [said("1"), said("L", kind=LETTER), said("", A)]),
        ([said("L", A, kind=LETTER), said("2")], [said("L", kind=LETTER), said("2", A)]),
    ],
)
def test_sources_are_gathered_below_a_reply(reply: list[Line], gathered: list[Line]) -> None:
    """Each stands once, under the last line, or on its own where that is a letter to copy."""
    assert gathered == sources_last(reply)


def test_one_page_under_two_titles_is_one_source() -> None:
    """The address tells, and the title only where there is none."""
    renamed = Source("A, again", A.address)
    assert 1 == len(sources_last([said("1", A), said("2", renamed)])[-1].sources)
