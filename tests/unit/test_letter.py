"""The letter says what the person said, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reinstate.core.case import Case
from reinstate.core.letter import LONGEST, Answers, Edit, draft, edited, parse_edit, statements, tidy
from reinstate.knowledge import knowledge

FACTS = knowledge()
TONES = ("brief", "formal", "warm")
answers = st.builds(Answers, *[st.text(max_size=4000)] * 4)
cases = st.builds(
    Case,
    causes=st.lists(st.sampled_from(sorted(FACTS.causes)), max_size=1).map(tuple),
)


@given(cases, answers, st.sampled_from(TONES))
def test_any_answers_make_a_letter_that_fits(case: Case, given_answers: Answers, tone: str) -> None:
    """No answer breaks the draft or makes it longer than a message may be."""
    letter = draft(case, given_answers, tone, FACTS)  # type: ignore[arg-type]
    assert len(letter.text) <= LONGEST
    assert letter.text.startswith("Subject:")


@pytest.mark.parametrize("tone", TONES)
def test_the_persons_own_words_stand_in_it(tone: str) -> None:
    """What happened, when, what changed and the evidence are theirs."""
    told = Answers("my cousin borrowed my laptop", "in march", "i changed the password", "chat screenshots")
    text = draft(Case(causes=("account_sharing",)), told, tone, FACTS).text  # type: ignore[arg-type]
    for piece in (
        "My cousin borrowed my laptop.",
        "in march",
        "I changed the password.",
        "Chat screenshots.",
    ):
        assert piece in text


@pytest.mark.parametrize("tone", TONES)
def test_what_was_not_said_is_not_claimed(tone: str) -> None:
    """Skipped answers leave no sentence, and a disputed cause is not admitted."""
    words = FACTS.letters[tone]
    text = draft(Case(disputed=("paid_outside",)), Answers("nothing of it is true"), tone, FACTS).text  # type: ignore[arg-type]
    assert words.disputes in text
    for sentence in (words.admits, words.asks, words.changed.format(""), words.evidence.format("")):
        assert sentence not in text


def test_a_suspected_cause_is_neither_admitted_nor_disputed() -> None:
    """Whoever only suspects a cause asks which event it is about."""
    case = Case(causes=("location_mismatch",), unsure=("location_mismatch",))
    text = draft(case, Answers("i travel"), "formal", FACTS).text
    words = FACTS.letters["formal"]
    assert (True, False) == (words.asks in text, words.admits in text)


EDITS = [
    ("change sentence 3 to I paid the fee in March", Edit(3, "I paid the fee in March")),
    ("sentence 2: it was in May", Edit(2, "it was in May")),
    ("remove sentence 4", Edit(4, "")),
    ('replace sentence 1 with "My account is blocked"', Edit(1, "My account is blocked")),
    ("make it nicer", None),
]


@pytest.mark.parametrize(("text", "edit"), EDITS)
def test_a_change_is_read(text: str, edit: Edit | None) -> None:
    """A person names a sentence by its number and says how it should read."""
    assert edit == parse_edit(text)


def test_one_sentence_changes_and_the_others_stay() -> None:
    """Changing a sentence changes that one only; a number that is not there changes nothing."""
    letter = draft(Case(causes=("inactivity",)), Answers("I was ill. I had no internet."), "formal", FACTS)
    changed = edited(letter, [(2, "i was in hospital")])
    assert [1] == [
        n for n, (a, b) in enumerate(zip(letter.sentences, changed.sentences, strict=True)) if a != b
    ]
    assert "I was in hospital." == changed.sentences[1]
    assert letter == edited(letter, [(99, "x")])
    assert len(letter.sentences) - 1 == len(edited(letter, [(2, "")]).sentences)


@pytest.mark.parametrize(("said", "written"), [("  i did it ", "I did it."), ("Why?", "Why?"), ("", "")])
def test_words_are_tidied_at_the_edges_only(said: str, written: str) -> None:
    """A capital first, a stop last, nothing in between but spaces and the word I."""
    assert written == tidy(said)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Oh wait, could it be that I gave him my number?", ""),
        (
            "I gave him my number. Is that so bad? It was one client.",
            "I gave him my number. It was one client.",
        ),
        ("i took paypal from a client, can i appeal?", "i took paypal from a client, can i appeal?"),
        ("So what now? they closed it", "they closed it"),
        ("Can you believe it. They closed it!", "Can you believe it. They closed it!"),
    ],
)
def test_what_only_asks_is_no_part_of_what_happened(written: str, told: str) -> None:
    """Questions that stand alone are left out; one at the end of a story stays with it."""
    assert told == statements(written)
