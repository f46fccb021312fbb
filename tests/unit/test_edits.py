"""A letter that is sent back, and what is put in by one press."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reinstate.core.edits import edited
from reinstate.core.fulfilled import edits_of
from reinstate.core.letter import Letter, draft
from reinstate.core.own_words import STORY
from reinstate.core.returned import returned
from reinstate.core.review import left_out, put_in
from reinstate.core.spelling import spelled
from reinstate.core.statements import OUT, Statement
from reinstate.core.wishes import Wish
from tests.unit.test_letter import FACTS, admitting

WRITTEN = (
    "In May a client paid me by Wise.",
    "He asked for it because his card was declined.",
    "I did not know the rule.",
    "It was $200 for one milestone.",
)


def story(*texts: str) -> tuple[Statement, ...]:
    """What was written for a letter."""
    return tuple(Statement("happened", text, place=STORY) for text in texts)


def letter_of(*texts: str) -> Letter:
    """The letter with it."""
    return draft(admitting("paid_outside"), (), story(*texts), "formal", FACTS)


def sent_back(letter: Letter, text: str) -> Letter:
    """The letter after a text."""
    edit = returned(text, letter, FACTS)
    assert edit is not None
    return edited(letter, (edit,))


def test_a_letter_that_is_sent_back_is_the_letter() -> None:
    """Words changed, a sentence out, one more, two in another order: it stands as it was sent, framed as before."""
    letter = letter_of(*WRITTEN)
    text = letter.text.replace(" I did not know the rule.", " I knew it and did it all the same.")
    text = text.replace(f" {WRITTEN[3]}", "").replace("In May a client", "Last May a client from Oslo")
    assert sent_back(letter, text).text == text
    turned = letter.text.replace(f"{WRITTEN[0]} {WRITTEN[1]}", f"{WRITTEN[1]} {WRITTEN[0]}")
    assert turned != letter.text
    assert sent_back(letter, turned).text == turned


def test_a_letter_may_be_sent_back_without_its_frame() -> None:
    """Some copy its middle alone, and some write their name beneath."""
    letter = letter_of(*WRITTEN)
    middle = "\n".join(s.text for s in letter.sentences if s.text != WRITTEN[2])
    without = sent_back(letter, middle)
    before, behind = letter.text.split(letter.sentences[0].text)[0], letter.text.split("\n\n")[-1]
    assert without.text == f"{before}{middle}\n\n{behind}"
    signed = letter.text.replace("[your name as on your Upwork profile]", "Ana")
    assert sent_back(letter, signed).text == signed


def test_a_letter_may_be_sent_back_with_other_letters_and_signs() -> None:
    """A capital, a space or a semicolon is a change as well."""
    letter = letter_of(*WRITTEN)
    text = letter.text.replace("by Wise.", "by WISE; it was once.").replace(
        "I did not know", "i did NOT know"
    )
    assert sent_back(letter, text).text == text


def test_a_letter_may_be_written_anew() -> None:
    """It has a greeting, and no sentence of the one that stands."""
    letter = letter_of(*WRITTEN)
    anew = "Dear Upwork team,\n\nThe account is mine. The payout account was my wife's. I have one of my own now.\n\nAna"
    text = sent_back(letter, anew).text
    assert "The account is mine. The payout account was my wife's. I have one of my own now." in text
    assert "Wise" not in text


@pytest.mark.parametrize(
    "text", ["leave out 3", "He asked for it because his card was declined.", "", "ok thanks"]
)
def test_what_is_no_letter_is_not_taken_for_one(text: str) -> None:
    """A sentence of it alone says something of it."""
    assert returned(text, letter_of(*WRITTEN), FACTS) is None


@given(st.permutations(WRITTEN), st.sets(st.sampled_from(WRITTEN), max_size=2), st.booleans())
def test_whatever_is_sent_back_stands(order: list[str], gone: set[str], more: bool) -> None:
    """In any order, with some of it and more of it."""
    letter = letter_of(*WRITTEN)
    kept = [text for text in order if text not in gone]
    if more:
        kept.insert(len(kept) // 2, "My landlord can confirm it.")
    text = letter.text.replace(" ".join(WRITTEN), " ".join(kept))
    assert sent_back(letter, text).text == text


SENT = """Subject: Please look at my account (case 12)

Dear Ms. Hale and team,
My account was closed in May.  A client paid me by Wise.
He asked for it, and I said yes.

I have:
- the chat
- the receipt

Please open it again. I thank you for your time, and wait for your answer.

Kind regards, Ana
www.example.org/ana"""
ONE_LINE = f"Dear Upwork team, {' '.join(WRITTEN)} It was once. Please open it. Regards, Ana"
LINES = "I appeal\n\nHello,\n\nin May he paid me.\nI said yes.\nI am sorry.\n\n\nPlease look at it.\n\nYours,\nAna Ruiz"


@pytest.mark.parametrize("text", [SENT, ONE_LINE, LINES])
def test_a_letter_stands_as_it_was_sent(text: str) -> None:
    """With its own subject, its greeting, its paragraphs and lines, and its ending."""
    letter = letter_of(*WRITTEN)
    assert text == sent_back(letter, text).text
    assert SENT == sent_back(letter, f"here it is:\n\n{SENT}").text


@given(
    st.text(alphabet="aB1 .,\n!-:", min_size=20),
    st.sampled_from(["", "Dear Upwork team,\n", "Appeal\n\nHello,\n\n"]),
)
def test_any_letter_stands_as_it_was_sent(text: str, greeting: str) -> None:
    """Whatever its lines and signs are; only blanks that nobody sees go."""
    letter = letter_of(*WRITTEN)
    text = "\n".join(line.rstrip() for line in f"{greeting}{text}\n\nRegards,\nAna".split("\n")).strip()
    edit = returned(text, letter, FACTS)
    assert edit is None or edited(letter, (edit,)).text == text


def test_a_letter_that_was_sent_back_is_changed_by_its_numbers() -> None:
    """Its paragraphs stay: what is added joins the longest of them, no sentence of the frame has a number."""
    letter = sent_back(letter_of(*WRITTEN), SENT)
    assert "My account was closed in May." == letter.sentences[0].text
    assert "I thank you for your time, and wait for your answer." == letter.sentences[-1].text

    def after(wish: Wish) -> str:
        return edited(letter, edits_of(wish, letter, FACTS)).text

    assert SENT.replace("  A client paid me by Wise.", "") == after(Wish("leave_out", (2,)))
    assert SENT.replace("My account was closed in May.  A", "A") == after(Wish("leave_out", (1,)))
    assert SENT.replace("- the receipt", "The invoice.") == after(
        Wish("change", (6,), sentence="the invoice")
    )
    more = after(Wish("add", sentence="I have told him the rule"))
    assert SENT.replace("said yes.", "said yes. I have told him the rule.") == more
    turned = after(Wish("move", (7,), to=1))
    assert "closed in May. Please open it again.  A client" in turned
    assert "\n\nI thank you" in turned


def test_a_letter_is_sent_back_again() -> None:
    """The later one stands; its middle alone is framed as the one before was."""
    letter = sent_back(letter_of(*WRITTEN), SENT)
    middle = SENT.split("team,\n")[1].split("\n\nKind")[0].replace("in May", "in June")
    text = sent_back(letter, middle).text
    assert text == SENT.replace("team,\n", "team,\n\n").replace("in May", "in June")


def test_what_was_left_out_is_put_in_where_it_was_written() -> None:
    """By one press, each sentence behind the one before it; what is all rude is not offered."""
    doubted = Statement("aside", "i dont know which job it was", 0.8, place=OUT)
    rude = Statement("happened", "those idiots never answered me", place=OUT)
    partly = Statement("happened", "I was ill all of May and you idiots closed it", place=OUT)
    told = (*story(WRITTEN[0]), doubted, *story(WRITTEN[3]), rude, partly)
    letter = draft(admitting("paid_outside"), (), told, "formal", FACTS)
    out = left_out((letter,), told, FACTS)
    assert out == (doubted, partly)
    whole = edited(letter, put_in(letter, out, told, FACTS))
    assert f"{WRITTEN[0]} I do not know which job it was. {WRITTEN[3]} I was ill all of May." in whole.text
    assert "idiots" not in whole.text
    assert not left_out((letter, whole), told, FACTS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("I recieved it at my old adress", "I received it at my old address"),
        ("my pasport, alowed by nobody", "my passport, allowed by nobody"),
        ('the notice said "recieved"', 'the notice said "recieved"'),
        ("paid by venmo and fiverr, saw Derlis in Brno", "paid by venmo and fiverr, saw Derlis in Brno"),
        ("my neighbour apologised, colour and centre", "my neighbour apologised, colour and centre"),
    ],
)
def test_slips_are_put_right_and_nothing_else(written: str, meant: str) -> None:
    """Names, brands, British spelling and other people's words stay."""
    assert spelled(written) == meant


def test_scraps_of_proof_are_one_list() -> None:
    """ "and the work diary" stands with the screenshot."""
    told = (
        *story(WRITTEN[0]),
        Statement("proof", "screenshot of the message to the client, and his answer", place="proof"),
        Statement("proof", "and the work diary", place="proof"),
    )
    text = draft(admitting("paid_outside"), (), told, "formal", FACTS).text
    assert (
        "As evidence I can attach: screenshot of the message to the client, and his answer, and the work diary."
        in text
    )
