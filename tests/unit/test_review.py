"""What is looked through before a letter is written, and what of a person's words stays out."""

from __future__ import annotations

from dataclasses import replace

from reinstate.core.case import Case
from reinstate.core.letter import draft
from reinstate.core.review import agreed, left_out
from reinstate.core.statements import Statement
from tests.unit.test_letter import FACTS, admitting, told


def test_what_cannot_be_put_well_is_named() -> None:
    """The person is told which of their sentences do not stand in the letter."""
    case, facts, statements = told(
        admitting("paid_outside"), "see my files at www.files.example", "i was ill then"
    )
    letter = draft(case, facts, statements, "formal", FACTS)
    assert ("see my files at www.files.example",) == left_out((letter,), statements, FACTS)


def test_what_is_used_of_talk_counts_as_said_for_the_letter() -> None:
    """Where nothing is written for a letter, what is told after it does not come in by itself."""
    case, facts, said = told(
        admitting("paid_outside"), "a client paid me over paypal in may", "client asked me"
    )
    letter = draft(case, facts, said, "formal", FACTS)
    facts, said = agreed(letter, facts, (*said, Statement("aside", "i did a logo for him", 0.95)))
    later = Statement("happened", "i am in cebu by the way")
    assert letter.text == draft(case, facts, (*said, later), "formal", FACTS).text
    assert (later.text,) == left_out((letter,), (*said, later), FACTS)


def test_what_stands_in_other_words_is_not_left_out() -> None:
    """Who added a sentence is not told that it does not stand there."""
    said = Statement("changed", "camilla and i have read the payment rules together")
    letter = draft(Case(causes=("paid_outside",)), (), (replace(said, place="changed"),), "formal", FACTS)
    assert not left_out((letter,), (said,), FACTS)
