"""How surely a message names each cause, and how surely it denies it.

Two small logistic models over what the heads make of a message and of its clauses. A head gives a
message one intent, so of two causes told in one breath the second gets only what the first leaves:
here each is weighed by itself, the second against what is left.

The weights are fitted on the open sets by `python -m bench.weights`, which prints them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reinstate.message import NEGATES
from reinstate.nlu.head import Probabilities

CAUSE, DENY, UNKNOWN = "cause_", "deny_", "cause_unknown"
NAMED_BY = ("whole", "whole beside the first", "surest clause", "first of a clause", "has clauses")
DENIED_BY = ("whole denies", "clauses deny", "clause has a negation", "message has a negation")
NAMED = np.array([0.2, 0.57, 0.49, 0.42, -0.87, 1.36])  # weights of NAMED_BY, then the constant
DENIED = np.array([0.4, 0.72, 0.44, 0.31, -0.3])  # weights of DENIED_BY, then the constant
_LEAST, _LITTLE, _CONTRADICTED = 1e-4, 3e-3, 0.6


@dataclass(frozen=True)
class Evidence:
    """What speaks for one cause.

    Attributes:
        id: of the cause.
        named: how likely it is named, whatever its stance.
        denied: how likely it is denied, if it is named.
        whole: probability of the cause and its denial by the whole message.
        surest: the same by the clause that has most of it.
        clause: that clause, or None where the message is one clause.
    """

    id: str
    named: float
    denied: float
    whole: float
    surest: float
    clause: str | None


def weigh(text: str, clauses: Sequence[str], rows: Probabilities, labels: Sequence[str]) -> list[Evidence]:
    """The evidence for every cause; arguments as in `reinstate.nlu.reading.read`."""
    if not (ids := causes(labels)):
        return []
    named = _logistic(named_by(rows, labels), NAMED)
    denied = _logistic(denied_by(text, clauses, rows, labels), DENIED)
    whole, parts = _topics(rows, labels)
    best = parts.argmax(axis=0)
    return [
        Evidence(
            cause,
            float(named[n]),
            float(denied[n]),
            float(whole[n]),
            float(parts[best[n], n]) if clauses else 0.0,
            clauses[best[n]] if clauses else None,
        )
        for n, cause in enumerate(ids)
    ]


def named_by(rows: Probabilities, labels: Sequence[str]) -> NDArray[np.float64]:
    """(causes, `NAMED_BY`): what tells whether a cause is named."""
    whole, parts = _topics(rows, labels)
    first = whole.argmax()
    rest = whole / max(1.0 - whole[first], _LEAST)
    rest[first] = whole[first]
    columns = [
        _logit(whole),
        _logit(rest),
        _logit(parts.max(axis=0)),
        np.isin(np.arange(len(whole)), parts.argmax(axis=1)),
        np.full(len(whole), len(rows) > 1),
    ]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def denied_by(
    text: str, clauses: Sequence[str], rows: Probabilities, labels: Sequence[str]
) -> NDArray[np.float64]:
    """(causes, `DENIED_BY`): what tells whether a cause that is named is denied."""
    admits, denies = _both(rows, labels)
    clause_of = (admits + denies)[1:].argmax(axis=0) if len(rows) > 1 else np.zeros(admits.shape[1], int)
    yes, no = (said[1:].max(axis=0) if len(rows) > 1 else said[0] for said in (admits, denies))
    agreed = np.minimum(yes, no) < _CONTRADICTED  # of "suspended for spam, but I never" only the whole tells
    negated = np.array([bool(NEGATES.search(clause)) for clause in clauses or [text]])
    columns = [
        _balance(denies[0], admits[0]),
        np.where(agreed, _balance(no, yes), 0.0),
        negated[clause_of],
        np.full(len(yes), bool(NEGATES.search(text))),
    ]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def causes(labels: Sequence[str]) -> tuple[str, ...]:
    """The ids of the causes among intents, in the order of all rows here."""
    return _columns(tuple(labels))[0]


def _topics(rows: Probabilities, labels: Sequence[str]) -> tuple[Probabilities, Probabilities]:
    """Probabilities of each cause with its denial: by the whole, and by its clauses or, for want, again."""
    admits, denies = _both(rows, labels)
    said = admits + denies
    return said[0], said[1:] if len(rows) > 1 else said


def _both(rows: Probabilities, labels: Sequence[str]) -> tuple[Probabilities, Probabilities]:
    """Probabilities (texts, causes) of admissions and of denials; a cause without denials has none."""
    _, admits, denies = _columns(tuple(labels))
    rows = np.pad(rows, ((0, 0), (0, 1)))
    return rows[:, admits], rows[:, denies]


@functools.cache
def _columns(labels: tuple[str, ...]) -> tuple[tuple[str, ...], list[int], list[int]]:
    """The causes, and the columns of their intents and of their denials, -1 for none."""
    ids = tuple(x.removeprefix(CAUSE) for x in labels if x.startswith(CAUSE) and x != UNKNOWN)
    at = {label: n for n, label in enumerate(labels)}
    return ids, [at[CAUSE + i] for i in ids], [at.get(DENY + i, -1) for i in ids]


def _balance(one: Probabilities, other: Probabilities) -> Probabilities:
    """How much likelier one is than the other; about nothing where both are hardly likely."""
    return np.asarray(np.log((one + _LITTLE) / (other + _LITTLE)))


def _logit(p: Probabilities) -> Probabilities:
    clipped = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _logistic(features: Probabilities, weights: Probabilities) -> Probabilities:
    return np.asarray(1 / (1 + np.exp(-(features @ weights[:-1] + weights[-1]))))
