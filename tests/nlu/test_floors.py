"""Accuracy on closed sets does not fall below what was measured, less a little."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bench.figures import LANGUAGES, OPEN, REFUSALS, Judged, figures, judge, read_set
from reinstate.core import policy
from reinstate.core.case import Case
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import Turn
from reinstate.core.statements import NOT_OF_LETTER, from_slot
from reinstate.knowledge import knowledge
from reinstate.server.settings import MODEL

# Thousands of messages are read, also on a machine that does other things.
pytestmark = pytest.mark.timeout(1200)

# Causes are lower than for the readers before this one, denials and several causes higher: what writers in
# front of the intents wrote is read a little worse by one that also knows three hundred answers, as real
# people write them. Real people are read and served better by it (bench/reports/tried.md). Far and near were
# told apart by .94 before fees, tax papers and the like, which are near, had answers of their own, and by .925
# before 14,000 more messages; of real people more were read right for them (.79 -> .82). One denial in 178 went
# for 600 messages on borders that talks had shown; of real people .887 -> .896 were read or offered right for them.
FLOORS = {
    "causes right": 0.855,
    "causes right or offered": 0.95,
    "intents right": 0.855,
    "macro F1": 0.86,
    "denials right": 0.93,
    "stance right": 0.955,
    "far rejected": 0.8,
    "near rejected": 0.95,
    "far and near AUROC": 0.915,
    "several precision": 0.91,
    "several recall": 0.835,
}
LANGUAGES_FLOOR = 0.83
REFUSALS_FLOOR = 0.45
WITHIN_FLOOR, KIND_FLOOR = 0.8, 0.7
PLEAS_FLOOR = 0.7
HEARD = Path(__file__).with_name("heard.jsonl")
HEARD_FLOOR, FALSELY_HEARD = 0.75, 0.2
STATEMENTS = Path(__file__).with_name("statements.jsonl")
PLEAS = Path(__file__).with_name("pleas.jsonl")
CEILINGS = {"wrongly rejected": 0.03, "calibration error": 0.1}
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


@pytest.mark.parametrize("name", CEILINGS)
def test_few_are_rejected_and_confidence_is_true(judged: list[Judged], name: str) -> None:
    """Whoever speaks of a suspension is heard, and what is called sure is right about as often."""
    assert figures(judged)[name] <= CEILINGS[name]


def test_other_languages_are_read_as_well_as_before(agent: Any) -> None:
    """The right intent is said or offered for most messages that are not English."""
    judged = asyncio.run(judge(agent, read_set(LANGUAGES)))
    assert figures(judged)["languages right or offered"] >= LANGUAGES_FLOOR


def test_a_refused_offer_is_read_as_a_denial_as_often_as_before(agent: Any) -> None:
    """What others wanted and the person did not do is held against nobody too often."""
    judged = asyncio.run(judge(agent, read_set(REFUSALS)))
    assert figures(judged)["denials right"] >= REFUSALS_FLOOR


def test_sentences_find_their_place_in_a_letter_as_often_as_before(agent: Any) -> None:
    """Whether a sentence of the personas' talks belongs into a letter at all, and into which part of it."""
    lines = [json.loads(line) for line in STATEMENTS.read_text(encoding="utf-8").splitlines()]
    read = [from_slot(asyncio.run(agent.parse_message(line["text"]))["statements"]) for line in lines]
    within = [
        any(s.for_letter for s in said) == (line["kind"] not in NOT_OF_LETTER)
        for line, said in zip(lines, read)
    ]
    same = [
        any(s.kind.replace("draft", "aside") == line["kind"] for s in said) for line, said in zip(lines, read)
    ]
    assert sum(within) >= WITHIN_FLOOR * len(read)
    assert sum(same) >= KIND_FLOOR * len(read)


def test_what_was_told_is_heard_as_often_as_before(agent: Any) -> None:
    """Of the personas' talks, what each question was asked after, labelled by a reader who saw only that."""
    lines = [json.loads(line) for line in HEARD.read_text(encoding="utf-8").splitlines()]
    heard = [any(line["question"] in _heard(agent, text) for text in line["said"]) for line in lines]
    told = [found for line, found in zip(lines, heard) if line["told"]]
    left_open = [found for line, found in zip(lines, heard) if not line["told"]]
    assert sum(told) >= HEARD_FLOOR * len(told)
    assert sum(left_open) <= FALSELY_HEARD * len(left_open)


def _heard(agent: Any, text: str) -> list[str]:
    parsed: dict[str, list[str]] = asyncio.run(agent.parse_message(text))
    return parsed["heard"]


def test_plain_cases_are_judged_as_often_as_before(agent: Any) -> None:
    """Who tells what happened and asks what to do gets a verdict on that, and as denied where they deny it."""
    lines = [json.loads(line) for line in PLEAS.read_text(encoding="utf-8").splitlines()]
    told = [line for line in lines if line["intent"] != "cause_unknown"]
    right = [_is_judged(asyncio.run(agent.parse_message(line["text"])), line["intent"]) for line in told]
    assert sum(right) >= PLEAS_FLOOR * len(told)


def _is_judged(parsed: dict[str, Any], intent: str) -> bool:
    message = ParsedMessage.from_parse(parsed, knowledge())
    plan = policy.plan(Turn(message=message, case=Case(), role=message.role), knowledge())
    kind, _, cause = intent.partition("_")
    denies = kind == "deny"
    return (
        plan.judged is not None
        and plan.case.first_cause == cause
        and (plan.case.stance(cause) == "unsure" or denies == (cause in plan.case.disputed))
    )


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_hard_text_is_read_without_an_exception(agent: Any, text: str) -> None:
    """Empty, endless, foreign or broken text gives an intent."""
    assert asyncio.run(agent.parse_message(text))["intent"]["name"]
