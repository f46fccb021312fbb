"""The decision table: FACTS.md's path cells one by one, and every combination for contradictions."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reinstate.core.case import Case
from reinstate.core.verdict import decide, fits, next_question
from reinstate.knowledge import APPEALED, NOTICES, Question, Stance, knowledge

FACTS = knowledge()
PATHS = ("appeal", "support", "fix", "wait", "none")
TOLD: tuple[Stance, ...] = ("admits", "denies", "unsure")  # what is only asked about enters no case

# What FACTS.md §3 and §4 say of each cause: circumstances -> path and odds.
CELLS = [
    ("multiple_accounts", ["by_mistake"], "support", "possible"),
    ("multiple_accounts", ["relative_same_connection"], "support", "possible"),
    ("multiple_accounts", ["after_suspension"], "none", "none"),
    ("paid_outside", ["false_alarm"], "appeal", "possible"),
    ("paid_outside", ["met_before_upwork"], "appeal", "possible"),
    ("paid_outside", ["conversion_fee_paid"], "appeal", "possible"),
    ("paid_outside", ["older_than_two_years"], "appeal", "possible"),
    ("paid_outside", [], "appeal", "unlikely"),
    ("paid_outside", ["first_time"], "appeal", "possible"),
    ("paid_outside", ["asked_only"], "appeal", "possible"),
    ("paid_outside", ["repeated"], "none", "none"),
    ("proposal_spam", [], "appeal", "possible"),
    ("low_hire_rate", [], "appeal", "possible"),
    ("poor_feedback", [], "appeal", "possible"),
    ("client_harassment", [], "appeal", "unlikely"),
    ("client_harassment", ["first_time"], "appeal", "possible"),
    ("client_harassment", ["threatened"], "none", "none"),
    ("inactivity", [], "support", "likely"),
    ("identity_verification", [], "fix", "likely"),
    ("identity_verification", ["different_person"], "appeal", "unlikely"),
    ("account_sharing", [], "appeal", "possible"),
    ("account_sharing", ["rented_account"], "none", "none"),
    ("contact_sharing", [], "appeal", "likely"),
    ("automation_tools", [], "appeal", "possible"),
    ("location_mismatch", [], "fix", "likely"),
    ("payment_dispute", [], "fix", "likely"),
    ("payment_fraud", [], "appeal", "possible"),
    ("misrepresentation", [], "appeal", "possible"),
    ("misrepresentation", ["invented_identity"], "none", "none"),
    ("feedback_manipulation", [], "appeal", "unlikely"),
    ("forbidden_work", [], "appeal", "unlikely"),
    ("account_compromised", [], "support", "likely"),
    ("restricted_country", ["moved_country"], "appeal", "possible"),
]


def all_asked(case: Case) -> Case:
    """The case once everything was asked: what is not said to hold does not."""
    return replace(case, denied_circumstances=tuple(set(FACTS.circumstances) - set(case.circumstances)))


@pytest.mark.parametrize(("cause", "circumstances", "path", "odds"), CELLS)
def test_a_plain_case_follows_the_facts(cause: str, circumstances: list[str], path: str, odds: str) -> None:
    """Each cause has the path and the odds of its cell in FACTS.md."""
    case = Case(causes=(cause,), circumstances=tuple(circumstances))
    verdict = decide(all_asked(case), FACTS)
    assert (path, odds) == (verdict.path, verdict.odds)


STATES = [
    ({"appealed": "final"}, "none", "none"),
    ({"appealed": "refused"}, "appeal", "unlikely"),
    ({"appealed": "waiting"}, "wait", "possible"),
    ({"notice": "permanent"}, "appeal", "unlikely"),
    ({"notice": "timed"}, "wait", "likely"),
    ({"notice": "warning"}, "fix", "likely"),
    ({"notice": "identity_hold"}, "fix", "likely"),
    ({"notice": "payment_hold"}, "fix", "likely"),
    ({"notice": "not_suspended"}, "fix", "likely"),
]


@pytest.mark.parametrize(("state", "path", "odds"), STATES)
def test_a_notice_or_an_appeal_decides_for_a_minor_cause(state: dict[str, str], path: str, odds: str) -> None:
    """What Upwork already said decides before the cause does."""
    verdict = decide(Case(causes=("proposal_spam",), **state), FACTS)  # type: ignore[arg-type]
    assert (path, odds) == (verdict.path, verdict.odds)


def test_nothing_known_is_said_to_be_unknown() -> None:
    """Without a cause and a notice nobody can tell, and no odds are given."""
    assert decide(Case(), FACTS).odds is None


def test_the_gravest_cause_governs_and_the_others_are_named() -> None:
    """With several causes the worst outcome counts; the lesser ones are listed."""
    case = Case(causes=("inactivity", "paid_outside"), circumstances=("repeated",))
    verdict = decide(all_asked(case), FACTS)
    assert ("paid_outside", ("inactivity",), "none") == (verdict.cause, verdict.lesser, verdict.path)


def test_a_denied_cause_does_not_govern_beside_an_admitted_one() -> None:
    """ "Not X but Y" is judged by Y."""
    verdict = decide(Case(causes=("inactivity",), disputed=("paid_outside",)), FACTS)
    assert ("inactivity", "support") == (verdict.cause, verdict.path)


@functools.cache
def counts_for(cause: str | None) -> tuple[str, ...]:
    """The circumstances that a row for a cause asks about, and one that none does: others are like it."""
    rows = [
        row.when for row in FACTS.table.rows if not row.when.cause or (cause or "unknown") in row.when.cause
    ]
    asked = {c for when in rows for c in (*when.any, *when.all)}
    other = next((c for c in FACTS.circumstances if c not in asked), None)
    return tuple(c for c in FACTS.circumstances if c in asked or c == other)


def combinations() -> Iterator[tuple[Case, str | None, Stance]]:
    """Cause x notice x circumstances (up to two, with the rest denied or not said) x stance x appealed."""
    for cause, stance, notice, appealed in itertools.product(
        (None, *FACTS.causes), TOLD, (None, *NOTICES), (None, *APPEALED)
    ):
        counting = counts_for(cause)
        for circumstances in (c for size in range(3) for c in itertools.combinations(counting, size)):
            case = Case(
                causes=(cause,) if cause and stance != "denies" else (),
                disputed=(cause,) if cause and stance == "denies" else (),
                unsure=(cause,) if cause and stance == "unsure" else (),
                circumstances=circumstances,
                notice=notice,
                appealed=appealed,
            )
            yield all_asked(case), cause, stance
            if cause and stance != "denies" and len(circumstances) == 1 and FACTS.causes[cause].ask:
                yield case, cause, stance


@functools.cache
def walked() -> tuple[list[object], set[str]]:
    """What of all combinations is judged against the house rules, and the rows that decide any."""
    wrong: list[object] = []
    deciding = set()
    for case, cause, stance in combinations():
        verdict = decide(case, FACTS)
        deciding.add(verdict.rows[0])
        serious = cause is not None and FACTS.causes[cause].severity == "serious"
        problems = [
            len(verdict.rows) != 1,
            (verdict.path == "none") != (verdict.odds == "none"),
            verdict.path not in PATHS,
            serious and stance != "denies" and verdict.odds == "likely",
            stance == "denies" and verdict.path == "none" and case.appealed != "final",
            case.appealed in ("refused", "final")
            and verdict.odds == "likely"
            and case.notice != "not_suspended",
            case.appealed == "final" and verdict.path != "none" and "something_new" not in case.circumstances,
            case.appealed == "waiting" and verdict.path != "wait" and case.notice != "not_suspended",
            not verdict.sources and cause is not None,
        ]
        if any(problems):
            wrong.append((case, verdict, problems))
    return wrong, deciding


def test_every_combination_has_one_verdict_without_contradiction() -> None:
    """The table is total, and no combination is judged against the house rules."""
    assert [] == walked()[0][:5]


def test_every_row_of_the_table_decides_some_case() -> None:
    """A row that never decides is dead and has to go."""
    assert set() == {row.id for row in FACTS.table.rows} - walked()[1]


HOPELESS = [
    (row.when.cause[0], circumstance)
    for row in FACTS.table.rows
    if row.path == "none" and row.when.cause
    for circumstance in (*row.when.any, *row.when.all)
]


@pytest.mark.parametrize(("cause", "deed"), HOPELESS)
def test_no_path_waits_until_every_exception_was_asked_about(cause: str, deed: str) -> None:
    """Who was paid outside repeatedly is first asked whether they knew the client before."""
    case, asked = Case(causes=(cause,), circumstances=(deed,)), []
    while isinstance(question := next_question(case, FACTS), Question):
        assert "none" != decide(case, FACTS).path
        excused = decide(case.with_circumstance(question.circumstance, holds=True), FACTS)
        assert "none" != excused.path
        asked.append(question.circumstance)
        case = case.with_circumstance(question.circumstance, holds=False)
    assert ("none", None) == (decide(case, FACTS).path, question)
    if cause == "paid_outside":
        assert "met_before_upwork" == asked[0]


def test_a_question_is_asked_only_if_its_answer_could_change_the_verdict() -> None:
    """Whatever is asked, at least one answer leads to another path or other odds."""
    for cause in FACTS.causes:
        case = Case(causes=(cause,))
        question = next_question(case, FACTS)
        if question is None or isinstance(question, str):
            continue
        now, then = (
            decide(case, FACTS),
            decide(case.with_circumstance(question.circumstance, holds=True), FACTS),
        )
        assert (now.path, now.odds) != (then.path, then.odds)


def test_what_was_answered_somewhere_is_not_asked() -> None:
    """Every question goes away once its answer was heard, and no other; only a hold or a block is asked all the same."""
    for cause in FACTS.causes:
        case, asked = Case(causes=(cause,)), []
        while (question := next_question(case, FACTS)) is not None:
            what = question if isinstance(question, str) else question.circumstance
            assert what not in asked
            asked.append(what)
            assert case.hears([what]) == case  # what was heard is no news of the case
            case = case.with_notice("unknown") if what == "notice" else case.hears([what])


def test_a_row_fits_only_if_all_its_conditions_hold() -> None:
    """`fits` is what `decide` trusts."""
    row = next(r for r in FACTS.table.rows if r.id == "duplicate_after_suspension")
    case = Case(causes=("multiple_accounts",))
    assert not fits(row, "multiple_accounts", "admits", case, FACTS)
    assert fits(
        row, "multiple_accounts", "admits", case.with_circumstance("after_suspension", holds=True), FACTS
    )
