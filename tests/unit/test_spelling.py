"""Misspelt words are put right by the words of the training examples."""

from __future__ import annotations

import pytest

from reinstate.understanding.spelling import Speller, vocabulary

SPELLER = Speller({"suspended": 90, "account": 300, "paypal": 40, "proposal": 60, "upwork": 200})
WRITTEN = [
    ("my acount was suspnded", "my account was suspended"),
    ("he paid by payapl", "he paid by paypal"),
    ("a propsal of mine", "a proposal of mine"),
    ("nothing is wrong here", "nothing is wrong here"),
    ("Karachi and Lviv", "Karachi and Lviv"),
    ("акаунт заблокований", "акаунт заблокований"),
    ("ok??? 1234", "ok??? 1234"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
def test_a_slip_is_put_right(written: str, meant: str) -> None:
    """English words, names and other alphabets stay as they are."""
    assert meant == SPELLER.correct(written)


def test_the_vocabulary_has_words_that_stand_twice() -> None:
    """One of a kind may be a slip itself."""
    assert {"paid": 2, "twice": 3} == vocabulary(["paid once", "Paid twice", "twice, twice"])
