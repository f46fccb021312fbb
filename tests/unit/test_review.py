"""What is looked through before a letter is written, and what of a person's words stays out."""

from __future__ import annotations

from reinstate.core.case import Case
from reinstate.core.letter import draft
from reinstate.core.review import left_out, review
from reinstate.core.statements import Statement
from tests.unit.test_letter import FACTS, admitting, told


def test_what_cannot_be_put_well_is_named() -> None:
    """The person is told which of their sentences do not stand in the letter."""
    case, facts, statements = told(
        admitting("paid_outside"), "see my files at www.files.example", "i was ill then"
    )
    letter = draft(case, facts, statements, "formal", FACTS)
    assert ("see my files at www.files.example",) == left_out(letter, (), statements, FACTS)


def test_what_would_stand_in_a_letter_is_looked_through() -> None:
    """All but the request is listed, and what was told and stays out, which its number means."""
    said = (
        Statement("happened", "a client paid me over paypal in may"),
        Statement("aside", "i did three covers for him", 0.6),
        Statement("aside", "i did a logo for him", 0.95),
        Statement("aside", "can you help me please?", 0.6),
    )
    letter = draft(Case(causes=("paid_outside",)), (), said, "formal", FACTS)
    seen = review(letter, said, FACTS)
    assert "A client paid me over PayPal in May." in seen.stands
    assert seen.stands == tuple(s.text for s in letter.sentences)[: len(seen.stands)]
    assert 1 == len(seen.own)
    assert "A client paid me over PayPal in May." == seen.stands[seen.own[0] - 1]
    assert ["I did three covers for him."] == [text for _, text in seen.beside]
    assert seen.beside[0] == seen.more(len(seen.stands) + 1)
    assert seen.more(len(seen.stands)) is None is seen.more(len(seen.stands) + 2)
