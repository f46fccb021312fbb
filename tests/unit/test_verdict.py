"""The decision table: FACTS.md's path cells one by one, and every combination for contradictions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from reinstate.core.case import Case
from reinstate.core.verdict import decide, fits, next_question
from reinstate.knowledge import APPEALED, NOTICES, STANCES, Stance, knowledge

FACTS = knowledge()
PATHS = ("appeal", "support", "fix", "wait", "none")

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


@pytest.mark.parametrize(("cause", "circumstances", "path", "odds"), CELLS)
def test_a_plain_case_follows_the_facts(cause: str, circumstances: list[str], path: str, odds: str) -> None:
    """Each cause has the path and the odds of its cell in FACTS.md."""
    verdict = decide(Case(causes=(cause,), circumstances=tuple(circumstances)), FACTS)
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
    verdict = decide(Case(causes=("inactivity", "paid_outside"), circumstances=("repeated",)), FACTS)
    assert ("paid_outside", ("inactivity",), "none") == (verdict.cause, verdict.lesser, verdict.path)


def test_a_denied_cause_does_not_govern_beside_an_admitted_one() -> None:
    """ "Not X but Y" is judged by Y."""
    verdict = decide(Case(causes=("inactivity",), disputed=("paid_outside",)), FACTS)
    assert ("inactivity", "support") == (verdict.cause, verdict.path)


def combinations() -> Iterator[tuple[Case, str | None, Stance]]:
    """Cause x notice x circumstances (up to two) x stance x appealed."""
    sets = [c for size in range(3) for c in itertools.combinations(FACTS.circumstances, size)]
    for cause, stance, notice, appealed in itertools.product(
        (None, *FACTS.causes), STANCES, (None, *NOTICES), (None, *APPEALED)
    ):
        for circumstances in sets:
            yield (
                Case(
                    causes=(cause,) if cause and stance != "denies" else (),
                    disputed=(cause,) if cause and stance == "denies" else (),
                    unsure=(cause,) if cause and stance == "unsure" else (),
                    circumstances=circumstances,
                    notice=notice,
                    appealed=appealed,
                ),
                cause,
                stance,
            )


def test_every_combination_has_one_verdict_without_contradiction() -> None:
    """The table is total, and no combination is judged against the house rules."""
    wrong = []
    for case, cause, stance in combinations():
        verdict = decide(case, FACTS)
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
            case.appealed == "final" and verdict.path != "none",
            case.appealed == "waiting" and verdict.path != "wait" and case.notice != "not_suspended",
            not verdict.sources and cause is not None,
        ]
        if any(problems):
            wrong.append((case, verdict, problems))
    assert [] == wrong[:5]


def test_every_row_of_the_table_decides_some_case() -> None:
    """A row that never decides is dead and has to go."""
    deciding = {decide(case, FACTS).rows[0] for case, _, _ in combinations()}
    assert set() == {row.id for row in FACTS.table.rows} - deciding


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


def test_a_row_fits_only_if_all_its_conditions_hold() -> None:
    """`fits` is what `decide` trusts."""
    row = next(r for r in FACTS.table.rows if r.id == "duplicate_after_suspension")
    case = Case(causes=("multiple_accounts",))
    assert not fits(row, "multiple_accounts", "admits", case, FACTS)
    assert fits(
        row, "multiple_accounts", "admits", case.with_circumstance("after_suspension", holds=True), FACTS
    )
