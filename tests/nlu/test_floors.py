"""Accuracy on closed sets does not fall below what was measured, less a little."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bench.evaluate import OPEN, Judged, figures, judge, read_set
from reinstate.settings import MODEL

FLOORS = {
    "causes right": 0.80,
    "causes right or offered": 0.90,
    "intents right": 0.80,
    "macro F1": 0.78,
    "stance right": 0.86,
    "far rejected": 0.88,
    "near rejected": 0.70,
    "several precision": 0.70,
    "several recall": 0.62,
}
MOST_WRONGLY_REJECTED = 0.05
HARD = [
    "",
    " ",
    "😀😀😀",
    "x",
    "x" * 4000,
    "‮abc‬ ‏ def",
    "?" * 200,
    "a\u0007b\u0000c",
    "word " * 800,
    "и" * 300,
    "no. " * 500,
]


@pytest.fixture(scope="module")
def agent() -> Any:
    """The trained model, without a server."""
    from rasa.core.agent import Agent

    return Agent.load(MODEL)


@pytest.fixture(scope="module")
def judged(agent: Any) -> list[Judged]:
    """The open set, read."""
    return asyncio.run(judge(agent, read_set(OPEN)))


@pytest.mark.parametrize("name", FLOORS)
def test_the_open_set_is_read_as_well_as_before(judged: list[Judged], name: str) -> None:
    """Each figure stays above its floor."""
    assert figures(judged)[name] >= FLOORS[name]


def test_few_messages_in_scope_are_rejected(judged: list[Judged]) -> None:
    """Whoever speaks of a suspension is rarely told that it is out of scope."""
    assert figures(judged)["wrongly rejected"] <= MOST_WRONGLY_REJECTED


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_hard_text_is_read_without_an_exception(agent: Any, text: str) -> None:
    """Empty, endless, foreign or broken text gives an intent."""
    assert asyncio.run(agent.parse_message(text))["intent"]["name"]
