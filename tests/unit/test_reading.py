"""Clauses, questions, and what rows of probabilities add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reinstate.knowledge import knowledge
from reinstate.understanding.head import Probabilities
from reinstate.understanding.labels import Labels
from reinstate.understanding.mentions import refuses
from reinstate.understanding.reading import NOT_UNDERSTOOD, Result, Seen, read
from reinstate.understanding.segments import LONGEST_CLAUSE, MOST_CLAUSES, clauses, pieces, questions
from reinstate.understanding.thresholds import Thresholds

FACTS = knowledge()
LABELS = (
    "cause_paid_outside",
    "deny_paid_outside",
    "cause_inactivity",
    "deny_inactivity",
    "ask_funds",
    "cause_client_harassment",
    "circumstance_threatened",
    "circumstance_moved_country",
    "inform_notice",
    "out_of_scope",
)
SURE = Thresholds()

CLAUSES = [
    ("it was not spam but i used a bot", 2),
    ("i was ill. then i came back", 2),
    ("i took paypal and my brother uses the same wifi", 2),
    ("one clause only", 1),
    ("", 0),
]


@pytest.mark.parametrize(("text", "count"), CLAUSES)
def test_clauses_are_found_without_punctuation_too(text: str, count: int) -> None:
    """Stops and the words that begin a new thought part clauses."""
    assert count == len(clauses(text))


def test_pieces_are_cut_where_another_cause_may_begin() -> None:
    """Two causes told in one breath stand in two pieces."""
    assert ["412 proposals", "all of them the same text"] == pieces(
        "412 proposals, all of them the same text"
    )
    assert ["i lent my login", "while i was in Calgary"] == pieces("i lent my login while i was in Calgary")


@pytest.mark.parametrize("cut", [clauses, pieces])
@given(text=st.text(max_size=5000))
def test_splitting_is_bounded_and_loses_no_word(cut: Callable[[str], list[str]], text: str) -> None:
    """At most so many parts of so many words each, whatever the text."""
    parts = cut(text)
    assert len(parts) <= MOST_CLAUSES
    assert all(part.strip() for part in parts)
    assert all(len(part.split()) <= LONGEST_CLAUSE + 3 * MOST_CLAUSES for part in parts)


QUESTIONS = [
    ("They closed it. How long does an appeal take?", ["How long does an appeal take?"]),
    ("They closed it. And now?", ["They closed it. And now?"]),
    ("how long does an appeal take?", []),
    ("They closed it. I am sad.", []),
]


@pytest.mark.parametrize(("text", "asked"), QUESTIONS)
def test_what_is_asked_is_found(text: str, asked: list[str]) -> None:
    """The sentences that ask; one too short to be understood comes with the sentence before it."""
    assert asked == questions(text)


def row(**probabilities: float) -> list[float]:
    """A row of probabilities in the order of the labels; the rest is out of scope."""
    rest = 1 - sum(probabilities.values())
    return [probabilities.get(label, rest if label == "out_of_scope" else 0.0) for label in LABELS]


def said(
    text: str,
    told: Sequence[str],
    rows: Probabilities,
    names: Sequence[str] = LABELS,
    thresholds: Thresholds = SURE,
) -> Result:
    """What a message and its parts are read as; it asks nothing beside."""
    return read(Seen(text, told, rows, rows[:0]), Labels(names, FACTS), thresholds)


def test_topic_first_then_polarity() -> None:
    """A cause and its denial are weighed together before one of them is chosen."""
    rows = np.array([row(cause_paid_outside=0.25, deny_paid_outside=0.3, ask_funds=0.35)])
    assert "deny_paid_outside" == said("i never did", [], rows).ranking[0][0]


def test_what_is_out_of_scope_is_rejected() -> None:
    """Without any in-scope intent that is likely, nothing is understood."""
    rows = np.array([row(cause_paid_outside=0.25, cause_inactivity=0.25, ask_funds=0.25)])
    assert NOT_UNDERSTOOD == said("x", [], rows, thresholds=Thresholds(understood=0.3)).ranking[0][0]


def test_not_x_but_y_is_led_by_y() -> None:
    """Clauses know better than the whole message which cause is denied."""
    rows = np.array(
        [
            row(cause_paid_outside=0.6, cause_inactivity=0.2),
            row(deny_paid_outside=0.95),
            row(cause_inactivity=0.9),
        ]
    )
    result = said("not x but y", ["not x", "but y"], rows)
    assert "cause_inactivity" == result.ranking[0][0]
    assert {"inactivity": "admits", "paid_outside": "denies"} == {c.id: c.stance for c in result.causes}


def test_two_causes_in_one_breath_are_both_named() -> None:
    """What the first cause leaves of one clause is weighed by itself: most of it is the second's."""
    rows = np.array([row(cause_paid_outside=0.7, cause_inactivity=0.28)])
    assert ["paid_outside", "inactivity"] == [c.id for c in said("x", [], rows).causes]


def test_a_cause_may_be_named_by_a_smaller_piece_alone() -> None:
    """Rows after those of the clauses are of pieces; one that is a notice adds nothing."""
    whole, other = row(cause_paid_outside=0.9, cause_inactivity=0.05), row(cause_paid_outside=0.95)
    told = np.array([whole, other, row(cause_inactivity=0.95)])
    assert {"paid_outside", "inactivity"} == {c.id for c in said("x", [], told).causes}
    flagged = np.array([whole, other, row(inform_notice=0.7, cause_inactivity=0.05)])
    assert ["paid_outside"] == [c.id for c in said("x", [], flagged).causes]


def test_few_words_without_a_no_deny_nothing() -> None:
    """A bare "vpn?" names it; whether it was so is asked."""
    rows = np.array([row(deny_paid_outside=0.95)])
    assert "unsure" == said("that paypal thing", [], rows).causes[0].stance
    assert "denies" == said("no paypal", [], rows).causes[0].stance


def test_who_knows_no_cause_and_names_one_is_read_as_naming_it() -> None:
    """ "Suspended, no reason given, it says more than one account" is led by the account."""
    labels = ("cause_inactivity", "deny_inactivity", "cause_unknown", "out_of_scope")
    rows = np.array([[0.25, 0.0, 0.7, 0.05], [0.95, 0.0, 0.0, 0.05]])
    assert "cause_inactivity" == said("x. y", ["y"], rows, labels).ranking[0][0]


def test_of_a_second_cause_told_in_one_breath_the_piece_gives_the_polarity() -> None:
    """The whole, which is about the first, says next to nothing of the second."""
    rows = np.array(
        [
            row(cause_inactivity=0.98, deny_paid_outside=0.01),
            row(cause_paid_outside=0.95, deny_paid_outside=0.02),
            row(cause_inactivity=0.99),
        ]
    )
    causes = said("i was paid and away", [], rows).causes
    assert {("inactivity", "admits"), ("paid_outside", "admits")} == {(c.id, c.stance) for c in causes}


def test_a_circumstance_that_is_a_deed_of_its_own_admits_its_cause() -> None:
    """A threat is what clients are harassed by; who has moved has not thereby broken a rule."""
    told = ["he would not pay", "i said i would ruin him", "i live in spain now"]
    rows = np.array(
        [
            row(cause_paid_outside=0.5, cause_client_harassment=0.2),
            row(cause_paid_outside=0.9),
            row(circumstance_threatened=0.8, cause_client_harassment=0.15),
            row(circumstance_moved_country=0.9),
        ]
    )
    causes = said(". ".join(told), told, rows).causes
    assert {("paid_outside", "admits"), ("client_harassment", "admits")} == {(c.id, c.stance) for c in causes}


def test_a_notice_names_what_it_tells_beside_being_one() -> None:
    """Every clause of a notice says that it is one; what is left is the cause."""
    rows = np.array([row(inform_notice=0.9, cause_inactivity=0.08)])
    result = said("x", [], rows)
    assert ("inform_notice", ["inactivity"]) == (result.ranking[0][0], [c.id for c in result.causes])


def test_an_accusation_that_is_denied_at_once_is_a_denial() -> None:
    """Of clauses that contradict each other only the whole tells."""
    rows = np.array(
        [
            row(deny_paid_outside=0.9, cause_paid_outside=0.05),
            row(cause_paid_outside=0.9),
            row(deny_paid_outside=0.9),
        ]
    )
    result = said("paid outside? i never was", ["paid outside?", "i never was"], rows)
    assert ("deny_paid_outside", "denies") == (result.ranking[0][0], result.causes[0].stance)


def test_a_cause_without_denials_and_no_cause_at_all_can_be_read() -> None:
    """An operator's own cause may have no examples of its denial yet."""
    labels = ("cause_paid_outside", "ask_funds", "out_of_scope")
    assert "admits" == said("x", [], np.array([[0.9, 0.05, 0.05]]), labels).causes[0].stance
    assert () == said("x", [], np.array([[0.9, 0.1]]), labels[1:]).causes


def test_two_close_causes_are_asked_about() -> None:
    """Where the margin is small, both are offered."""
    rows = np.array([row(cause_paid_outside=0.34, cause_inactivity=0.3, ask_funds=0.2)])
    assert ("cause_paid_outside", "cause_inactivity") == said("x", [], rows).choices


@pytest.mark.parametrize(
    "text",
    [
        "is it because of that",
        "maybe i was paid",
        "i think it was paypal",
        "they say i was paid outside",
        "the email says circumvention",
        "can i take the money directly",
        "so paid outside?",
    ],
)
def test_a_suspicion_is_unsure(text: str) -> None:
    """Whoever wonders neither admits nor denies."""
    rows = np.array([row(cause_paid_outside=0.9)])
    assert "unsure" == said(text, [], rows).causes[0].stance


ALTERNATIVES = [
    ("what is read surely stands alone", {"cause_inactivity": 0.98, "cause_paid_outside": 0.01}, ()),
    (
        "what is not so sure is offered with the next",
        {"cause_inactivity": 0.75, "deny_paid_outside": 0.1},
        ("cause_paid_outside",),
    ),
    (
        "a denial that may be an admission is offered as one, however sure the topic is",
        {"deny_inactivity": 0.9, "cause_inactivity": 0.1},
        ("cause_inactivity",),
    ),
    ("a plain denial is not", {"deny_inactivity": 0.98, "cause_inactivity": 0.01}, ()),
    ("a question is no case", {"ask_funds": 0.8, "cause_inactivity": 0.1}, ()),
    (
        "what is no case offers one that it may be",
        {"cause_inactivity": 0.1},
        ("cause_inactivity",),
    ),
]


@pytest.mark.parametrize(("rule", "probabilities", "offered"), ALTERNATIVES)
def test_other_causes_are_offered_beside_an_unsure_reading(
    rule: str, probabilities: dict[str, float], offered: tuple[str, ...]
) -> None:
    """The next likely cause, denied or not, can be pressed in the place of the one that was read."""
    denies = max(probabilities, key=lambda intent: probabilities[intent]).startswith("deny_")
    text = "i never did that" if denies else "it happened"
    assert offered == said(text, [], np.array([row(**probabilities)])).alternatives, rule


SUFFERED = [
    ("the client threatened me with a bad review", "denies"),
    ("i am being blackmailed by a buyer", "denies"),
    ("she said she wants free work or she leaves a one star review", "denies"),
    ("he insulted me so i insulted him back", "admits"),
    ("i threatened the client", "admits"),
    ("i kept asking for a good review", "admits"),
    ("the client sent me disgusting messages and now i am suspended", "denies"),
    ("a client threatened me with bad reviews, i reported him", "denies"),
    ("the client asked me to fix it and i begged him for five stars", "admits"),
    ("el cliente me insultaba todos los días", "denies"),
]


@pytest.mark.parametrize(("text", "stance"), SUFFERED)
def test_what_was_done_to_a_person_is_not_their_deed(text: str, stance: str) -> None:
    """A client who threatens is told of like one who is threatened; the words for it are knowledge."""
    rows = np.array([row(cause_client_harassment=0.9)])
    assert [("client_harassment", stance)] == [(c.id, c.stance) for c in said(text, [], rows).causes]


def stances(text: str, **probabilities: float) -> list[tuple[str, str]]:
    """How each cause is meant in a message of one clause whose intents are that likely."""
    causes = [name.partition("_")[2] for name in probabilities]
    names = [*(kind + cause for cause in causes for kind in ("cause_", "deny_")), "out_of_scope"]
    rest = 1 - sum(probabilities.values())
    rows = np.array([[probabilities.get(n, rest if n == "out_of_scope" else 0.0) for n in names]])
    return [(c.id, c.stance) for c in said(text, [], rows, names).causes]


NOT_SHARED = [
    ("someone used my account without me knowing", "denies"),
    ("my cousin stole my password and worked as me", "denies"),
    ("someone used it without my permission and now upwork says i rented it", "denies"),
    ("i gave him my password and he used it without asking me", "admits"),
    ("my brother used my account", "admits"),
]


@pytest.mark.parametrize(("text", "stance"), NOT_SHARED)
def test_who_was_robbed_of_an_account_has_not_shared_it(text: str, stance: str) -> None:
    """Nor who did not know of it."""
    assert [("account_sharing", stance)] == stances(text, cause_account_sharing=0.9)


def test_what_was_refused_is_not_the_pressing_too() -> None:
    """ "He wanted to rent my account, I said no" is about renting alone."""
    text = "a client wanted me to rent him my account, i said no"
    read_as = stances(text, cause_client_harassment=0.5, cause_account_sharing=0.4)
    assert [("account_sharing", "denies")] == read_as


def test_what_somebody_was_threatened_with_is_no_cause() -> None:
    """ "He threatened me with bad reviews" tells of no poor feedback."""
    text = "he threatened me with bad reviews, i reported him"
    read_as = stances(text, cause_client_harassment=0.6, cause_poor_feedback=0.35)
    assert [("client_harassment", "denies")] == read_as


REASONS = [("no. telegram is the reason", "admits"), ("no, telegram is not the reason", "denies")]


@pytest.mark.parametrize(("text", "stance"), REASONS)
def test_a_no_before_the_reason_denies_something_else(text: str, stance: str) -> None:
    """What is said to be the reason is affirmed."""
    assert [("contact_sharing", stance)] == stances(text, deny_contact_sharing=0.95)


REFUSED = [
    ("client asked me to pay on wise, i said no but i got banned anyway", True),
    ("A guy offered to buy reviews, I refused.", True),
    ("someone wanted to rent my account and i told him no", True),
    ("he begged for my whatsapp. Didn't give it", True),
    ("he offered paypal, first i said no, then i took it", False),
    ("she asked for my number, i refused twice and gave in", False),
    ("client paid me over paypal", False),
    ("i never logged in", False),
    ("", False),
]


@pytest.mark.parametrize(("text", "refused"), REFUSED)
def test_a_refusal_is_of_what_another_wanted(text: str, refused: bool) -> None:
    """Somebody else wanted it, the person did not do it, nor gave in later."""
    assert refused == refuses(text, FACTS)
