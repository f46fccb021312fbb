"""What is looked through before a letter is written, and what of a person's words stays out."""

from __future__ import annotations

from dataclasses import replace

from reinstate.core.case import Case
from reinstate.core.edits import edited
from reinstate.core.fulfilled import edits_of
from reinstate.core.letter import draft
from reinstate.core.review import agreed, left_out
from reinstate.core.statements import Statement
from reinstate.core.wishes import Wish
from tests.unit.test_letter import FACTS, admitting, told


def test_what_is_not_in_the_letter_is_named() -> None:
    """What was written for it, or told of what usually belongs there; not what was taken out by an edit."""
    rude = Statement("happened", "I was ill all of May and you idiots closed it", place="out")
    record = Statement("record", "i have been on upwork since 2017 with 90 jobs", 0.95)
    talk = Statement("happened", "i was ill in may and so on")
    gone = Statement("happened", "He paid me by Wise in June.", place="story")
    letter = draft(admitting("paid_outside"), (), (rude, gone, record, talk), "formal", FACTS)
    without = edited(letter, edits_of(Wish("leave_out", what="wise in june"), letter, FACTS))
    assert "Wise" not in without.text
    assert (rude, record) == left_out((letter, without), (rude, gone, record, talk), FACTS)


def test_a_note_to_clients_leaves_nothing_out() -> None:
    """What happened has no place in it, and is not offered to be put there."""
    said = Statement("happened", "I sent one text to sixty jobs in October.", place="story")
    letter = draft(admitting("paid_outside"), (), (said,), "formal", FACTS, "clients")
    assert not left_out((letter,), (said,), FACTS)


def test_what_is_used_of_talk_counts_as_said_for_the_letter() -> None:
    """Where nothing is written for a letter, what is told after it does not come in by itself."""
    case, facts, said = told(
        admitting("paid_outside"), "a client paid me over paypal in may", "client asked me"
    )
    letter = draft(case, facts, said, "formal", FACTS)
    facts, said = agreed(letter, facts, (*said, Statement("aside", "i did a logo for him", 0.95)))
    later = Statement("happened", "i am in cebu by the way")
    assert letter.text == draft(case, facts, (*said, later), "formal", FACTS).text


def test_what_stands_in_other_words_is_not_left_out() -> None:
    """Who added a sentence is not told that it does not stand there."""
    said = Statement("changed", "camilla and i have read the payment rules together")
    letter = draft(Case(causes=("paid_outside",)), (), (replace(said, place="changed"),), "formal", FACTS)
    assert not left_out((letter,), (said,), FACTS)
