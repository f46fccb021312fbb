"""What people want of a letter that stands, in their own words, and what is done of it."""

from __future__ import annotations

import pytest

from reinstate.core.cutting import cut, without
from reinstate.core.edits import Edit, edited
from reinstate.core.last_change import amended, spoils
from reinstate.core.letter import Letter, Sentence
from reinstate.core.persons import as_owner_he, in_person
from reinstate.core.wishes import Wish, edits_of, parse_wishes
from reinstate.knowledge import knowledge

FACTS = knowledge()
OWNED = "I knew it was not allowed and I did it anyway because the rent was late."


def letter_of(*texts: str) -> Letter:
    """A letter of a person's own sentences."""
    return Letter(tuple(Sentence(text, "told", words=text) for text in texts), (("told",),))


def after(letter: Letter, *texts: str) -> list[str]:
    """The sentences of a letter after messages, one after another."""
    edits: tuple[Edit, ...] = ()
    for text in texts:
        before = edits
        for wish in parse_wishes(text, FACTS).wishes:
            stands = edited(letter, edits)
            all_ = amended(wish, edits, before[:-1] if edits == before else edits[:-1], stands, FACTS)
            edits = (*edits, *edits_of(wish, stands, FACTS)) if all_ is None else all_
    return [s.text for s in edited(letter, edits).sentences]


NOT_REWORDED = [
    "sentence 5 say it better please",
    "write it nicer, full sentences",
    "correct my english, its not good",
    "say it softer",
    "make it proper sentences",
    "sounds like a telegram",
    "6 is too long, split it",
    "3 should be softer",
    "sentence 5: make it better",
    "change sentence 5 to be more polite",
    "replace sentence 1 with something simpler",
    "change the sentence about the laptop to something nicer",
    "can you polish it a little",
    "proper english please",
]


@pytest.mark.parametrize("text", NOT_REWORDED)
def test_what_should_read_otherwise_takes_no_sentence_away(text: str) -> None:
    """How words should read are none: it is known as what is not done."""
    heard = parse_wishes(text, FACTS)
    assert heard.reworded
    assert not heard.wishes


@pytest.mark.parametrize(
    "text",
    [
        "it looks good, only too many sorry",
        "my english is bad so I write simple",
        "sentence 3 is wrong",
        "I want a human to look at it",
        "write that I was nice to him",
        "put it all together",
    ],
)
def test_other_words_are_not_wanted_by_everything(text: str) -> None:
    """Praise, a story, and what is to be put right are something else."""
    assert not parse_wishes(text, FACTS).reworded


def test_what_is_not_done_is_known_beside_what_is() -> None:
    """The one is done, the other named."""
    for text in ("make it short and in proper english", "can you write the letter again but better?"):
        assert parse_wishes(text, FACTS).reworded
    assert not parse_wishes("make it warmer and friendlier", FACTS).reworded
    heard = parse_wishes("leave out 5 and write it in full sentences please", FACTS)
    assert heard.wishes == (Wish("change", (5,)),)
    assert heard.reworded == ("write it in full sentences please",)


GIVEN = [
    ("sentence 3 to say: I was paid once", "I was paid once"),
    ("sentence 3, make it: I was paid once", "I was paid once"),
    ("sentence 3 should say that he paid me once", "he paid me once"),
    ("change sentence 3 to Clients paid me outside", "Clients paid me outside"),
    ('sentence 3 say "Nicer than ever."', "Nicer than ever."),
    ("sentence 3 is wrong. say instead: I did it once", "I did it once"),
    ("leave out 3, say instead: I did it once", "I did it once"),
]


@pytest.mark.parametrize(("text", "sentence"), GIVEN)
def test_given_words_take_the_place_of_a_sentence(text: str, sentence: str) -> None:
    """Behind a colon, in quotation marks, or as a sentence of their own."""
    assert parse_wishes(text, FACTS).wishes == (Wish("change", (3,), sentence=sentence),)


READ = [
    (
        "sentence 2 and 3 are what I said to YOU. take them out. and put in top rated plus, 214 jobs, 6 years",
        [Wish("change", (2, 3)), Wish("add", sentence="top rated plus, 214 jobs, 6 years")],
    ),
    ("emails bit out. never said that", [Wish("leave_out", what="emails bit")]),
    ("it should not say 200 dollars, take it out", [Wish("leave_out", what="200 dollars")]),
    ("the part about the tax is for you. take it out", [Wish("leave_out", what="the tax")]),
    (
        'put "I did it once." back in after sentence 6',
        [Wish("keep", what="I did it once.", sentence="I did it once.", to=6)],
    ),
    ("put that back", [Wish("keep")]),
    ("Put back: I did it once", [Wish("keep", what="I did it once", sentence="I did it once")]),
    (
        "no that threw out too much, keep that i knew it was not allowed, only the rent out",
        [Wish("keep", what="i knew it was not allowed"), Wish("leave_out", what="rent")],
    ),
    ("leave out the thief thing fine", [Wish("leave_out", what="thief thing")]),
    ("take muppet out haha", [Wish("leave_out", what="muppet")]),
    ("drop the last sentence", [Wish("change", (0,))]),
    ("take the first one out, leave the rest", [Wish("change", (1,))]),
    ("take that out", [Wish("leave_out", what="that")]),
    ("drop it", []),
    ("took it down for one hour and put it back", []),
    ('it should say "I" not "he"', [Wish("person", what="he", sentence="i")]),
    ("make 3 you, not they", [Wish("person", (3,), what="they", sentence="you")]),
    ("it was me not him who did it", []),
]


@pytest.mark.parametrize(("text", "wishes"), READ)
def test_wishes_are_read_in_peoples_own_words(text: str, wishes: list[Wish]) -> None:
    """What is pointed at was named just before; what is no part of what is meant is none."""
    assert wishes == list(parse_wishes(text, FACTS).wishes)


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


def test_what_was_thrown_out_too_much_comes_back() -> None:
    """Where a clause is given as to be kept, its sentence stands again, and only the other clause goes."""
    letter = letter_of(OWNED, "I am sorry.")
    assert ["I am sorry."] == after(letter, "leave out sentence 1")
    kept = after(
        letter,
        "leave out sentence 1",
        "no that threw out too much, keep that i knew it was not allowed, only the rent out",
    )
    assert ["I knew it was not allowed and I did it anyway.", "I am sorry."] == kept


def test_what_is_to_be_kept_is_not_taken_out() -> None:
    """Whatever else is wanted of its sentence."""
    edit = Edit(OWNED, "")
    assert spoils(edit, ["I knew it was not allowed"], FACTS)
    assert not spoils(Edit(OWNED, "I knew it was not allowed."), ["I knew it was not allowed"], FACTS)


def test_the_last_change_can_be_changed() -> None:
    """ "that" is what was taken out last; words "instead" stand for it, or for what was added."""
    letter = letter_of("I paid.", "He asked me for it.", "I am sorry.")
    whole = [s.text for s in letter.sentences]
    assert whole == after(letter, "leave out 2", "put that back")
    assert ["I paid.", "I am sorry.", "He asked me for it."] == after(
        letter, "leave out 2", 'put "He asked me for it." back in after sentence 2'
    )
    assert ["I paid.", "He wanted it so.", "I am sorry."] == after(
        letter, "leave out 2", "say instead: he wanted it so"
    )
    assert [*whole, "It was once."] == after(letter, "add: it was twice", "say instead: it was once")
    assert whole == after(letter, "add: it was twice", "take that out")
    assert [*whole, "It was once."] == after(letter, "put back: it was once")
    assert whole == after(letter, "put that back")


SPOKEN = [
    ("He never asked anyone for money outside.", "he", "i", "I never asked anyone for money outside."),
    ("He has his own laptop and he uses it.", "he", "i", "I have my own laptop and I use it."),
    ("He told the client that it is his; he tries.", "he", "i", "I told the client that it is mine; I try."),
    ("They closed it and kept their word.", "they", "you", "You closed it and kept your word."),
    ("I told them that they are wrong.", "they", "you", "I told you that you are wrong."),
    ("She does it with her mother.", "she", "i", "I do it with my mother."),
    ("I am late.", "i", "we", "We are late."),
]


@pytest.mark.parametrize(("text", "old", "new", "spoken"), SPOKEN)
def test_a_sentence_speaks_of_another_person(text: str, old: str, new: str, spoken: str) -> None:
    """With what they do and what is theirs."""
    assert spoken == in_person(text, old, new, FACTS)


def test_a_person_is_put_right_in_the_last_sentence_or_in_the_one_that_is_meant() -> None:
    """By its number, or as the only one that speaks of them."""
    letter = letter_of("They closed it in May.", "I told them the truth.")
    closed = ["You closed it in May.", "I told them the truth."]
    assert closed == after(letter, "make it you, not they")
    assert closed == after(letter, "make 1 you, not they")
    last = after(letter, "add: he never asked for it", "it should say I not he")
    assert "I never asked for it." == last[-1]


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
