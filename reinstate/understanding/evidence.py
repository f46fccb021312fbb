"""How surely a message names each cause, and how surely it denies it.

Two small logistic models over what the head makes of a message and of its parts. It gives a
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

from reinstate.core.parsed import NEGATES, refuses
from reinstate.knowledge import knowledge
from reinstate.understanding.head import Probabilities

CAUSE, DENY, UNKNOWN, NOTICE = "cause_", "deny_", "cause_unknown", "inform_notice"
NAMED_BY = (
    "whole",
    "whole beside the first",
    "surest clause",
    "first of a clause",
    "has clauses",
    "surest piece",
    "first of a piece",
    "has pieces",
)
DENIED_BY = (
    "whole denies",
    "clauses deny",
    "clause has a negation",
    "message has a negation",
    "message refuses",
)
# Weights of NAMED_BY and of DENIED_BY, then the constant of each.
NAMED = np.array([0.16, 0.41, 0.22, -0.25, -0.86, 0.33, 0.38, 0.15, 0.41])
DENIED = np.array([0.4, 0.65, 0.29, 0.3, 2.87, 0.06])
_LEAST, _LITTLE, _LEFT, _CONTRADICTED = 1e-4, 3e-3, 0.2, 0.6
_NEXT = 120  # characters, about a sentence


@dataclass(frozen=True)
class Evidence:
    """What speaks for one cause.

    Attributes:
        id: of the cause.
        named: how likely it is named, whatever its stance.
        denied: how likely it is denied, if it is named.
        whole: probability of the cause, its denial and its deeds by the whole message.
        surest: the same by the clause or the piece that has most of it.
        told: the same by the clause that has most of it.
        clause: that clause, or None where the message is one clause.
    """

    id: str
    named: float
    denied: float
    whole: float
    surest: float
    told: float
    clause: str | None


def weigh(text: str, clauses: Sequence[str], rows: Probabilities, labels: Sequence[str]) -> list[Evidence]:
    """The evidence for every cause; arguments as in `reinstate.understanding.reading.read`."""
    if not (ids := causes(labels)):
        return []
    admits, denies = said(clauses, rows, labels)
    named = _logistic(named_by(clauses, admits, denies), NAMED)
    denied = _logistic(denied_by(text, clauses, admits, denies, labels), DENIED)
    whole, parts, small = _whole_and_parts(clauses, admits + denies)
    best = parts.argmax(axis=0)
    surest = np.vstack([parts, small]).max(axis=0) if len(admits) > 1 else np.zeros(len(ids))
    return [
        Evidence(
            cause,
            float(named[n]),
            float(denied[n]),
            float(whole[n]),
            float(surest[n]),
            float(parts[best[n], n]) if clauses else 0.0,
            clauses[best[n]] if clauses else None,
        )
        for n, cause in enumerate(ids)
    ]


def causes(labels: Sequence[str]) -> tuple[str, ...]:
    """The ids of the causes among intents, in the order of all columns here."""
    return _sums(tuple(labels))[0]


def said(
    clauses: Sequence[str], rows: Probabilities, labels: Sequence[str]
) -> tuple[Probabilities, Probabilities]:
    """Probabilities (rows, causes) that a cause is admitted, and that it is denied.

    A circumstance that is a deed of its own, such as a threat, admits its cause. That a text or a
    clause is a notice says nothing of causes, so they are what is left beside that; of a text of one
    clause, if enough is ("it says under review"). A smaller piece that is one ("and got flagged")
    has nothing beside it.
    """
    _, admits, denies, notice, _ = _sums(tuple(labels))
    rest = np.maximum(1.0 - rows @ notice, _LEFT if len(rows) == 1 else _LEAST)
    rest[1 + len(clauses) :] = 1.0
    scaled = rows / rest[:, None]
    return scaled @ admits, scaled @ denies


def named_by(clauses: Sequence[str], admits: Probabilities, denies: Probabilities) -> NDArray[np.float64]:
    """(causes, `NAMED_BY`): what tells whether a cause is named; arguments from `said`."""
    whole, parts, small = _whole_and_parts(clauses, admits + denies)
    first = whole.argmax()
    rest = whole / max(1.0 - whole[first], _LEAST)
    rest[first] = whole[first]
    columns = [
        _logit(whole),
        _logit(rest),
        *_by_parts(parts, many=bool(clauses)),
        *_by_parts(small, many=len(small) > 1),
    ]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def _by_parts(parts: Probabilities, *, many: bool) -> list[Probabilities]:
    """How surely one part names each cause, whether it is the first of one, and whether there are several."""
    causes = parts.shape[1]
    return [
        _logit(parts.max(axis=0)),
        np.isin(np.arange(causes), parts.argmax(axis=1)).astype(float),
        np.full(causes, float(many)),
    ]


def denied_by(
    text: str,
    clauses: Sequence[str],
    admits: Probabilities,
    denies: Probabilities,
    labels: Sequence[str],
) -> NDArray[np.float64]:
    """(causes, `DENIED_BY`): what tells whether a cause that is named is denied."""
    *_, offered = _sums(tuple(labels))
    clause_of = _whole_and_parts(clauses, admits + denies)[1].argmax(axis=0)
    told_by = 1 if clauses else 2  # of a message of one clause, its pieces
    yes, no = (_whole_and_parts(clauses, told)[told_by].max(axis=0) for told in (admits, denies))
    parts = clauses or [text]
    # The clause of the offer alone sounds like a deed.
    refused = offered & np.array([refuses(_with_next(text, part)) for part in parts])[clause_of]
    # Of "suspended for spam, but I never" only the whole tells.
    agreed = ~refused & (np.minimum(yes, no) < _CONTRADICTED)
    negated = np.array([bool(NEGATES.search(clause)) for clause in parts])
    columns = [
        _balance(denies[0], admits[0]),
        np.where(agreed, _balance(no, yes), 0.0),
        negated[clause_of],
        np.full(len(yes), bool(NEGATES.search(text))),
        refused,
    ]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def _with_next(text: str, clause: str) -> str:
    """A clause and what follows it, where an offer is refused."""
    start = max(text.find(clause), 0)
    return text[start : start + len(clause) + _NEXT]


def _whole_and_parts(
    clauses: Sequence[str], told: Probabilities
) -> tuple[Probabilities, Probabilities, Probabilities]:
    """The row of the message, those of its clauses, and those of its pieces.

    For want of pieces the clauses stand for them, and for want of those the message.
    """
    parts, small = told[1 : 1 + len(clauses)], told[1 + len(clauses) :]
    parts = parts if len(parts) else told[:1]
    return told[0], parts, small if len(small) else parts


@functools.cache
def _sums(
    labels: tuple[str, ...],
) -> tuple[tuple[str, ...], Probabilities, Probabilities, Probabilities, NDArray[np.bool_]]:
    """The causes, which intents add up to an admission and a denial of each, and which is the notice.

    And which of the causes others can ask a person for.
    """
    ids = tuple(x.removeprefix(CAUSE) for x in labels if x.startswith(CAUSE) and x != UNKNOWN)
    circumstances = knowledge().circumstances.values()
    deeds = {f"circumstance_{c.id}": c.tells_of for c in circumstances if not c.excuses}
    admits = np.array([[label == CAUSE + i or deeds.get(label) == i for i in ids] for label in labels], float)
    denies = np.array([[label == DENY + i for i in ids] for label in labels], float)
    facts = knowledge().causes
    offered = np.array([i in facts and facts[i].offered for i in ids], bool)
    return ids, admits, denies, np.array([label == NOTICE for label in labels], float), offered


def _balance(one: Probabilities, other: Probabilities) -> Probabilities:
    """How much likelier one is than the other; about nothing where both are hardly likely."""
    return np.asarray(np.log((one + _LITTLE) / (other + _LITTLE)))


def _logit(p: Probabilities) -> Probabilities:
    clipped = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _logistic(features: Probabilities, weights: Probabilities) -> Probabilities:
    return np.asarray(1 / (1 + np.exp(-(features @ weights[:-1] + weights[-1]))))
