"""Why a verdict is so and what not to do; what stays in reach of a verdict; where a second letter goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from reinstate.core.case import Case
from reinstate.core.letter import APPEAL, draft
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import Plan, QuestionPart, Turn, VerdictPart
from reinstate.core.verdict import decide
from reinstate.knowledge import STANCES, Appealed, Stance, knowledge
from reinstate.replies.letter import letter_messages
from reinstate.replies.message import FORM, MOST_BUTTONS, Message
from reinstate.replies.render import render
from reinstate.replies.verdict import verdict_message
from reinstate.replies.why import why_messages

FACTS = knowledge()
LONGEST = 900
RESPONSES = yaml.safe_load((Path(__file__).parents[2] / "domain.yml").read_text(encoding="utf-8"))[
    "responses"
]


def said(message: Message) -> str:
    """The words of a message as Rasa fills them in."""
    return str(RESPONSES[message.response][0]["text"]).format(**message.values)


@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("cause", sorted(FACTS.causes))
def test_why_names_proof_and_what_not_to_do(cause: str, stance: Stance) -> None:
    """All that one should not do, the pages' view, and the proof unless the verdict names it; in one turn."""
    case = Case().name(cause, stance)
    verdict = decide(case, FACTS)
    messages = why_messages(verdict, FACTS)
    text = "\n".join(map(said, messages))
    known = FACTS.causes[cause]
    assert all(line in text for line in (known.policy, *known.avoid))
    card = said(verdict_message(case, verdict, FACTS))
    assert (known.evidence[0] in text) is (known.evidence[0] not in card)
    assert len(text) <= LONGEST
    assert messages[-1].buttons
    assert messages[0].sources


@pytest.mark.parametrize("appealed", [None, "waiting", "refused", "final"])
@pytest.mark.parametrize("stance", STANCES)
@pytest.mark.parametrize("cause", sorted(FACTS.causes))
def test_why_leaves_room_for_the_question_of_a_form(
    cause: str, stance: Stance, appealed: Appealed | None
) -> None:
    """In the middle of a letter the rules stay, and its question still fits into the turn."""
    verdict = decide(replace(Case().name(cause, stance), appealed=appealed), FACTS)
    text = "".join(map(said, why_messages(verdict, FACTS, in_form=True)))
    assert FACTS.causes[cause].policy in text
    assert len(text) <= LONGEST - FORM


def test_why_of_an_unknown_cause_says_the_row() -> None:
    """Where no cause is known there is nothing else to say."""
    verdict = decide(Case(notice="hold"), FACTS)
    assert [verdict.say] == [message.values["say"] for message in why_messages(verdict, FACTS)]


@pytest.mark.parametrize("notice", ["notice", "circumstance:met_before_upwork"])
def test_the_rules_stay_in_reach_beside_a_question(notice: str) -> None:
    """A question takes as many buttons as it needs and leaves the letter, "Not right?" and the rules."""
    case = Case().name("paid_outside", "admits")
    plan = Plan((VerdictPart(case, decide(case, FACTS)), QuestionPart(notice)), case, notice, ())
    buttons = [
        b for m in render(plan, Turn(ParsedMessage("cause_paid_outside", ""), case), FACTS) for b in m.buttons
    ]
    assert {"/draft_appeal", "/feedback_wrong_cause", "/ask_why"} <= {b.payload for b in buttons}
    assert len(buttons) <= MOST_BUTTONS


@pytest.mark.parametrize(
    ("appealed", "footer"),
    [
        (None, "utter_letter_use"),
        ("no", "utter_letter_use"),
        ("waiting", "utter_letter_use_ticket"),
        ("refused", "utter_letter_use_ticket"),
        ("final", "utter_letter_use_ticket"),
    ],
)
def test_a_second_letter_goes_into_the_same_ticket(appealed: Appealed | None, footer: str) -> None:
    """Whoever has appealed already is not sent to the link of the first email."""
    case = Case(appealed=appealed).name("multiple_accounts", "denies")
    letter = draft(case, (), (), "formal", FACTS)
    assert footer == letter_messages(letter, "formal", APPEAL, case, None, (), FACTS)[-1].response
