"""Judges a case by the decision table of `knowledge/verdicts.yml`.

Pure: no Rasa, clock, network or randomness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reinstate.core.case import HAPPENED, Case
from reinstate.knowledge import APPEALED, Knowledge, Odds, Path_, Question, Row, Stance

UNKNOWN_CAUSE = "unknown"
SOMETHING_NEW = "something_new"  # the circumstance that opens a decision which is called final
_ASKED_NOTICES = ("warning", "hold", "timed", "permanent")
_GRAVITY: dict[Odds | None, int] = {"none": 0, "unlikely": 1, None: 2, "possible": 3, "likely": 4}
_SEVERITY = {"serious": 0, "hold": 1, "minor": 2}


class NoRuleError(Exception):
    """No row of the decision table fits; `check-knowledge` lets no such table pass."""


@dataclass(frozen=True)
class Verdict:
    """What a person can realistically do, and why we think so.

    Attributes:
        cause: id of the cause that decided, None where none is known.
        stance: how the person stands to that cause.
        path: what is realistic.
        odds: how realistic, in a word; None where nobody can tell.
        rows: ids of the decision rows that matched, the deciding one first.
        say: the deciding row's sentences.
        sources: ids of the sources of the rows and of the causes.
        lesser: ids of the other causes of the case, judged less grave.
    """

    cause: str | None
    stance: Stance
    path: Path_
    odds: Odds | None
    rows: tuple[str, ...]
    say: str
    sources: tuple[str, ...]
    lesser: tuple[str, ...] = ()


def decide(case: Case, knowledge: Knowledge) -> Verdict:
    """Judge a case by the first matching row of its gravest cause.

    Causes that the person does not deny go before denied ones; a case with neither is judged
    by what the notice says.

    Raises:
        NoRuleError: never for a checked knowledge base, whose last row fits everything.
    """
    candidates = case.causes or case.disputed[:1]
    if not candidates:
        return _judge(None, case, knowledge)
    verdicts = sorted(
        (_judge(cause, case, knowledge) for cause in candidates),
        key=lambda v: (_GRAVITY[v.odds], _SEVERITY[knowledge.causes[v.cause].severity] if v.cause else 9),
    )
    gravest, *others = verdicts
    return replace(
        gravest,
        rows=_unique(row for v in verdicts for row in v.rows),
        sources=_unique(source for v in verdicts for source in v.sources),
        lesser=tuple(v.cause for v in others if v.cause),
    )


def next_question(case: Case, knowledge: Knowledge, *, doubts: bool = True) -> Question | str | None:
    """The one question whose answer could change the verdict.

    Args:
        case: what is known.
        knowledge: for the questions and the table.
        doubts: whether somebody who only suspects a cause is asked if it happened at all. How it happened
            is asked only of who says that it did.

    Returns:
        A `Question` about a circumstance of the deciding cause, "happened:<cause>", the word "notice" or
        "appealed", or None where no answer would change anything.
    """
    now = decide(case, knowledge)
    if now.path == "none":
        return None
    if now.cause and now.stance != "denies":
        for question in knowledge.causes[now.cause].ask:
            told = (*case.circumstances, *case.denied_circumstances, *case.heard)
            if question.circumstance in told or question.otherwise in told:
                continue
            if _differs(now, decide(case.with_circumstance(question.circumstance, holds=True), knowledge)):
                if now.stance == "admits":
                    return question
                if doubts:
                    return f"{HAPPENED}:{now.cause}"
    if case.notice is None and any(
        _differs(now, decide(case.with_notice(notice), knowledge)) for notice in _ASKED_NOTICES
    ):
        return "notice"
    if (
        case.appealed is None
        and "appealed" not in case.heard
        and any(_differs(now, decide(case.with_appealed(state), knowledge)) for state in APPEALED)
    ):
        return "appealed"
    return None


def question_id(question: Question | str | None) -> str | None:
    """How an open question is remembered: "circumstance:<id>", "happened:<cause>", "notice" or "appealed"."""
    return f"circumstance:{question.circumstance}" if isinstance(question, Question) else question


def question_of(case: Case, asked: str | None, knowledge: Knowledge) -> Question | str | None:
    """The question about a case that `question_id` names so."""
    kind, _, cause = (asked or "").partition(":")
    if kind in ("notice", "appealed") or (kind == HAPPENED and cause in (*case.causes, *case.disputed)):
        return asked
    own = (q for cause in (*case.causes, *case.disputed) for q in knowledge.causes[cause].ask)
    return next((q for q in own if question_id(q) == asked), None)


def _judge(cause: str | None, case: Case, knowledge: Knowledge) -> Verdict:
    """The first row that fits; one without a path waits until every exception has been asked about."""
    stance = case.stance(cause) if cause else "unsure"
    waits = _exception_unasked(cause, stance, case, knowledge) if cause else False
    for row in knowledge.table.rows:
        if fits(row, cause, stance, case, knowledge) and not (
            waits and row.path == "none" and row.when.cause
        ):
            own = knowledge.causes[cause].sources if cause else ()
            notice = knowledge.notice_of(case.notice)
            return Verdict(
                cause=cause,
                stance=stance,
                path=row.path,
                odds=row.odds,
                rows=(row.id,),
                say=row.say,
                sources=_unique((*own, *row.sources, *(notice.sources if notice and not own else ()))),
            )
    raise NoRuleError(f"no row of verdicts.yml fits {cause=} {case=}: end it with a row without 'when'")


def _exception_unasked(cause: str, stance: Stance, case: Case, knowledge: Knowledge) -> bool:
    """Whether something not said yet would open a path where there is none without it."""
    told = (*case.circumstances, *case.denied_circumstances)
    open_ = [q.circumstance for q in knowledge.causes[cause].ask if q.circumstance not in told]
    if not open_ or _first_row(cause, stance, case, knowledge).path != "none":
        return False
    holding = (case.with_circumstance(c, holds=True) for c in open_)
    return any(_first_row(cause, stance, held, knowledge).path != "none" for held in holding)


def _first_row(cause: str, stance: Stance, case: Case, knowledge: Knowledge) -> Row:
    return next(row for row in knowledge.table.rows if fits(row, cause, stance, case, knowledge))


def fits(row: Row, cause: str | None, stance: Stance, case: Case, knowledge: Knowledge) -> bool:
    """Whether every condition of a row holds for one cause of a case."""
    when = row.when
    return (
        (not when.cause or (cause or UNKNOWN_CAUSE) in when.cause)
        and (not when.severity or (cause is not None and knowledge.causes[cause].severity in when.severity))
        and (not when.stance or stance in when.stance)
        and (not when.notice or (case.notice or "unknown") in when.notice)
        and (not when.appealed or (case.appealed or "no") in when.appealed)
        and (not when.any or any(c in case.circumstances for c in when.any))
        and all(c in case.circumstances for c in when.all)
    )


def _differs(a: Verdict, b: Verdict) -> bool:
    return (a.path, a.odds) != (b.path, b.odds)


def _unique(ids: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
