"""What is done of a wish for a letter that stands: what goes, what comes, and who the sentences speak of."""

from __future__ import annotations

import pytest

from reinstate.core.cutting import cut, without
from reinstate.core.edits import edited
from reinstate.core.fulfilled import edits_of
from reinstate.core.letter import Letter, Sentence
from reinstate.core.persons import as_owner_he, in_person
from reinstate.core.wishes import Wish, parse_wishes
from reinstate.knowledge import knowledge

FACTS = knowledge()
OWNED = "I knew it was not allowed and I did it anyway because the rent was late."


def letter_of(*texts: str) -> Letter:
    """A letter of a person's own sentences."""
    return Letter(tuple(Sentence(text, "told", words=text) for text in texts), (("told",),))


def after(letter: Letter, text: str) -> list[str]:
    """The sentences of a letter after a message."""
    for wish in parse_wishes(text, FACTS).wishes:
        letter = edited(letter, edits_of(wish, letter, FACTS))
    return [s.text for s in letter.sentences]


LEFT = [
    (OWNED, "the rent", "I knew it was not allowed and I did it anyway."),
    (
        "I did it anyway, the rent was late and he asked me.",
        "the rent",
        "I did it anyway and he asked me.",
    ),
    ("Because the rent was late, I took the money.", "rent", "I took the money."),
    ("I took it, which was wrong, and I paid it back.", "wrong", "I took it, and I paid it back."),
    ("I paid him as the rent was due.", "rent", "I paid him."),
    ("I was suspended last Thursday, 19 November.", "last Thursday", "I was suspended on 19 November."),
    ("I was suspended on 19 November for spam.", "19 November", "I was suspended for spam."),
    ("The client, Bob, paid me outside.", "Bob", "The client paid me outside."),
    ("I have a passport, a licence, and a bill.", "licence", "I have a passport, and a bill."),
    ("I needed money for the rent.", "the rent", ""),
    ("I work as a designer.", "designer", ""),
]


@pytest.mark.parametrize(("text", "what", "left"), LEFT)
def test_only_what_is_meant_goes_and_what_is_left_reads(text: str, what: str, left: str) -> None:
    """A clause, a time, or a name between commas; where no sentence would be left, all of it."""
    assert left == without(text, what, FACTS)


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        ("I wrote him about the old contract.", "I wrote him", ""),
        (OWNED, "the rent", "I knew it was not allowed and I did it anyway."),
        ("My current rent was paid in May.", "in May", "My current rent was paid."),
        ("The current price is fine with me.", "rent", "The current price is fine with me."),
    ],
)
def test_quoted_words_leave_a_sentence(text: str, words: str, left: str) -> None:
    """What would be left without who does something goes with its clause; words are whole words."""
    assert left == cut(text, words, FACTS)


SPOKEN = [
    ("He never asked anyone for money outside.", "I never asked anyone for money outside."),
    ("He has his own laptop and he uses it.", "I have my own laptop and I use it."),
    ("He told the client that it is his; he tries.", "I told the client that it is mine; I try."),
]


@pytest.mark.parametrize(("text", "spoken"), SPOKEN)
def test_a_sentence_speaks_of_another_person(text: str, spoken: str) -> None:
    """With what they do and what is theirs."""
    assert spoken == in_person(text, "he", "i", FACTS)


def test_what_a_helper_dictates_of_a_man_is_the_owners() -> None:
    """Unless the owner is a woman, somebody else is told of, or they write as the owner already."""
    said = "he never asked anyone for money outside"
    own = "I never asked anyone for money outside"
    assert own == as_owner_he(said, ["im asking for my brother, he got suspended", said], FACTS)
    assert said == as_owner_he(said, ["im asking for my sister, she got suspended, her account", said], FACTS)
    assert said == as_owner_he(said, ["he got suspended", "his cousin used it", said], FACTS)
    mine = "he did three jobs with my permission"
    assert mine == as_owner_he(mine, ["he got suspended", mine], FACTS)


def test_a_record_in_a_few_words_is_led_in() -> None:
    """ "214 jobs, 6 years" is no sentence."""
    wish = Wish("add", sentence="top rated plus, 214 jobs, 6 years", part="record")
    (edit,) = edits_of(wish, letter_of("I paid."), FACTS)
    assert edit.new == "My record: Top Rated Plus, 214 jobs, 6 years."


def test_a_reason_is_no_part_of_what_goes_out() -> None:
    """ "the printer, nobody cares" names the printer; the last sentence is the last one of their own."""
    letter = letter_of("I paid last Thursday.", "We share a printer.", "I am sorry.")
    assert ["I paid last Thursday.", "I am sorry."] == after(letter, "take out the printer, nobody cares")
    assert ["I paid last Thursday.", "We share a printer."] == after(letter, "drop the last sentence")


GIVEN = [
    ("change sentence 1 to: I did not open the second one to get round anything.", "the second one"),
    (
        "1 should be: From now on I watch the video first and say which part. And it belongs after 2",
        "first and say",
    ),
    ("change 1 to: I attach the contract of two people. and in 2 write than not then", "of two people."),
]


@pytest.mark.parametrize(("text", "kept"), GIVEN)
def test_words_that_are_given_stand_as_they_are(text: str, kept: str) -> None:
    """Whatever in them sounds like a number or a wish; what is wanted beside them does not stand in the letter."""
    first, *others = after(letter_of("I live here.", "I work here."), text)
    assert kept in first
    assert "belongs" not in first
    assert "than not then" not in first
    assert ["I work here."] == others
