"""From probabilities to what a message says: intent, causes with stance, and what is unclear.

Pure: rows of probabilities in, a `Result` out. Thresholds are measured (`make evaluate`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reinstate.case import Reading
from reinstate.knowledge import Stance
from reinstate.message import NEGATES
from reinstate.nlu.head import Probabilities

NOT_UNDERSTOOD = "nlu_fallback"
OUTSIDE = ("out_of_scope", "platform_question")
_DRASTIC = ("forget_me", "restart")
_DETAIL = "inform_detail"
_CAUSE, _DENY, _LOOKALIKE = "cause_", "deny_", "lookalike_"
ABOUT = (_CAUSE, _DENY, _LOOKALIKE)
_UNKNOWN = "cause_unknown"
_OFFERED = 2
_LEAST = 1e-3
_NAMED = re.compile(r"^(cause|deny)_(?!unknown$)")

_HEDGE = re.compile(
    r"\b(maybe|perhaps|probably|possibly|might|could (it|this|that) be"
    r"|is (it|this|that) (because|coz|cuz|cause|due)"
    r"|i (think|guess|suspect|suppose|wonder)|not sure|do you think|either|can (they|upwork)|what if"
    r"|would (they|upwork)|if i)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Thresholds:
    """When a reading counts. All are probabilities.

    Attributes:
        understood: below this best in-scope probability nothing is understood.
        certain: the same for what cannot be undone.
        lookalike: the same for what is said to be no suspension at all.
        margin: two causes closer than this are asked about.
        sure: above this, nothing is asked.
        polarity: below this share of the better polarity, the stance is unsure.
        whole: a cause named by the whole message counts from here.
        clause: a cause named by one clause counts from here.
        also_whole, also_clause: the same for a cause beside the surest one; a clause by itself
            sounds like more than its message tells.
        plain: from this stated confidence on, no other cause is offered beside the one that was read.
        rival: how likely another cause must be to be offered.
        hint: the same beside what is no case at all.
        slope, offset: make the stated confidence out of the probability of what leads; fitted on
            the open set, since held-out training examples are harder than what people write.
    """

    understood: float = 0.25
    certain: float = 0.9
    lookalike: float = 0.6
    margin: float = 0.2
    sure: float = 0.6
    polarity: float = 0.75
    whole: float = 0.25
    clause: float = 0.6
    also_whole: float = 0.3
    also_clause: float = 0.7
    plain: float = 0.93
    rival: float = 0.01
    hint: float = 0.05
    slope: float = 0.42
    offset: float = 1.14

    def needed(self, label: str) -> float:
        """The least probability at which an intent counts as understood."""
        if label in _DRASTIC:
            return self.certain
        return self.lookalike if label.startswith(_LOOKALIKE) else self.understood

    def stated(self, probability: float) -> float:
        """How sure a reading is said to be: right about as often as it says."""
        p = min(max(probability, _LEAST), 1 - _LEAST)
        return 1 / (1 + math.exp(-(self.slope * math.log(p / (1 - p)) + self.offset)))


@dataclass(frozen=True)
class Result:
    """What one message says.

    Attributes:
        ranking: intents with their probability, best first; the first is the intent.
        causes: every cause named, best first.
        choices: intents (causes or look-alikes) between which the reading is too close to call.
        alternatives: those that it may be instead, while the reading is sure enough to be answered.
    """

    ranking: tuple[tuple[str, float], ...]
    causes: tuple[Reading, ...]
    choices: tuple[str, ...]
    alternatives: tuple[str, ...] = ()


def read(
    text: str,
    clauses: Sequence[str],
    rows: Probabilities,
    labels: Sequence[str],
    thresholds: Thresholds,
) -> Result:
    """Add up what the whole message and its clauses say.

    Args:
        text: the message.
        clauses: its clauses; empty where the message is one clause.
        rows: probabilities, the whole message first, then one row for each clause.
        labels: the intents, in the order of the columns.
        thresholds: when a reading counts.
    """
    whole = dict(zip(labels, rows[0].tolist()))
    parts = [dict(zip(labels, row.tolist())) for row in rows[1:]]
    causes = _causes(text, clauses, whole, parts, thresholds)
    ranking = _ranking(whole, causes, thresholds)
    understood = _in_scope(whole)
    best = ranking[0][0]
    asks_back = best == _DETAIL and text.rstrip().endswith("?")
    if asks_back or (best not in OUTSIDE and understood < thresholds.needed(best)):
        ranking = ((NOT_UNDERSTOOD, thresholds.stated(1.0 - understood)), *ranking)
        return Result(ranking, (), ())
    choices = _choices(whole, best, causes, thresholds)
    return Result(
        ranking, causes, choices, () if choices else _alternatives(whole, ranking[0], causes, thresholds)
    )


def _ranking(
    whole: Mapping[str, float], causes: Sequence[Reading], thresholds: Thresholds
) -> tuple[tuple[str, float], ...]:
    """Topic first, then polarity: a cause and its denial are weighed together.

    The clauses may know better: where they deny what the whole message seems to admit, and name
    another cause, that one leads.
    """
    topics = {label: whole[label] + whole.get(_twin(label), 0.0) for label in whole if _leads(label, whole)}
    order = sorted(topics, key=lambda label: -topics[label])
    best = order[0]
    named = [c for c in causes if c.stance != "denies" and c.confidence >= thresholds.clause]
    if _NAMED.match(best) and named and named[0].id != best.partition("_")[2]:
        if any(c.stance == "denies" and c.id == best.partition("_")[2] for c in causes):
            best = _CAUSE + named[0].id
    elif _NAMED.match(best) and causes and causes[0].id == best.partition("_")[2]:
        polarity = {"denies": _DENY, "admits": _CAUSE}.get(causes[0].stance)
        best = polarity + causes[0].id if polarity else best
    rest = sorted((label for label in whole if label != best), key=lambda label: -whole[label])
    lead = max(topics.get(best, 0.0), topics.get(_twin(best), 0.0), whole[best])
    return ((best, thresholds.stated(lead)), *((label, whole[label]) for label in rest))


def _causes(
    text: str,
    clauses: Sequence[str],
    whole: Mapping[str, float],
    parts: Sequence[Mapping[str, float]],
    thresholds: Thresholds,
) -> tuple[Reading, ...]:
    """Causes named by the whole message or by a clause, the surest first."""
    found: list[Reading] = []
    also: set[str] = set()
    for label in (label for label in whole if label.startswith(_CAUSE) and _NAMED.match(label)):
        cause = label[len(_CAUSE) :]
        admits, denies = whole[label], whole.get(_DENY + cause, 0.0)
        topic = admits + denies
        best_text, best_topic = text, 0.0
        clause_admits, clause_denies = 0.0, 0.0
        for clause, part in zip(clauses, parts):
            a, d = part[label], part.get(_DENY + cause, 0.0)
            if a + d > best_topic:
                best_text, best_topic = clause, a + d
            clause_admits, clause_denies = max(clause_admits, a), max(clause_denies, d)
        if topic < thresholds.whole and best_topic < thresholds.clause:
            continue
        if best_topic < thresholds.clause or min(clause_admits, clause_denies) >= thresholds.clause:
            best_text = text  # of "suspended for spam, but I never" only the whole tells
        else:
            admits, denies = admits + 2 * clause_admits**2, denies + 2 * clause_denies**2
        stance = _stance(best_text, admits, denies, thresholds)
        found.append(Reading(cause, min(1.0, max(topic, best_topic)), stance, best_text))
        denied = stance == "denies" and NEGATES.search(best_text)
        if denied or topic >= thresholds.also_whole or best_topic >= thresholds.also_clause:
            also.add(cause)
    found.sort(key=lambda r: -r.confidence)
    return tuple(r for r in found if r is found[0] or r.id in also)


def _stance(text: str, admits: float, denies: float, thresholds: Thresholds) -> Stance:
    share = admits / max(admits + denies, 1e-9)
    if share <= 1 - thresholds.polarity:
        return "denies"
    unclear = share < thresholds.polarity and NEGATES.search(text)
    if unclear or _HEDGE.search(text):
        return "unsure"
    return "admits"


def _choices(
    whole: Mapping[str, float], best: str, causes: Sequence[Reading], thresholds: Thresholds
) -> tuple[str, ...]:
    """Two or three causes or look-alikes that are too close to call, best first.

    Or one cause and its denial, where the words do not tell which: a hedge is an answer of its own.
    """
    if not (_NAMED.match(best) or best.startswith(_LOOKALIKE)):
        return ()
    first = causes[0] if causes else None
    if first and first.stance == "unsure" and len(causes) == 1 and not _HEDGE.search(first.text):
        return (_CAUSE + first.id, _DENY + first.id)
    if best.startswith(_DENY):
        return ()
    if any(c.stance != "denies" and c.confidence >= thresholds.clause for c in causes):
        return ()
    denied = {_CAUSE + c.id for c in causes if c.stance == "denies"}
    rivals = [(p, label) for p, label in _topics(whole) if label not in denied][:3]
    top = rivals[0][0]
    if top >= thresholds.sure or len(rivals) < 2 or top - rivals[1][0] >= thresholds.margin:
        return ()
    return tuple(label for p, label in rivals if top - p < 2 * thresholds.margin)


def _alternatives(
    whole: Mapping[str, float],
    first: tuple[str, float],
    causes: Sequence[Reading],
    thresholds: Thresholds,
) -> tuple[str, ...]:
    """The next likely causes or look-alikes, where what was read of a case is not sure."""
    best, stated = first
    if stated >= thresholds.plain or not (best in OUTSIDE or best.startswith(ABOUT)):
        return ()
    answered = () if best in OUTSIDE else causes
    named = {_CAUSE + c.id for c in answered} | {best, _twin(best)}
    least = thresholds.hint if best in OUTSIDE else thresholds.rival
    rivals = [label for p, label in _topics(whole) if label not in named and p >= least]
    return tuple(rivals[:_OFFERED])


def _topics(whole: Mapping[str, float]) -> list[tuple[float, str]]:
    """Causes, each with its denial, and look-alikes, the likeliest first."""
    topics = (label for label in whole if label.startswith((_CAUSE, _LOOKALIKE)) and label != _UNKNOWN)
    return sorted(((whole[label] + whole.get(_twin(label), 0.0), label) for label in topics), reverse=True)


def _in_scope(whole: Mapping[str, float]) -> float:
    """The highest probability of an in-scope intent, a cause and its denial weighed together."""
    return max(whole[label] + whole.get(_twin(label), 0.0) for label in whole if label not in OUTSIDE)


def _twin(label: str) -> str:
    """The other polarity of a cause's intent, or the label itself where there is none."""
    kind, _, cause = label.partition("_")
    return {"cause": _DENY, "deny": _CAUSE}.get(kind, "none_") + cause if _NAMED.match(label) else ""


def _leads(label: str, whole: Mapping[str, float]) -> bool:
    return whole[label] >= whole.get(_twin(label), 0.0)


def strongest(rows: Probabilities, labels: Sequence[str]) -> Probabilities:
    """Put a row for the whole first: causes and look-alikes as strongly as any clause says them.

    For texts that are read clause by clause only; a mean would drown the one clause that tells.
    """
    about = np.array([label.startswith(ABOUT) for label in labels])
    return np.vstack([np.where(about, rows.max(axis=0), rows.mean(axis=0)), rows])


def without(label: str, rows: Probabilities, labels: Sequence[str]) -> Probabilities:
    """The rows given that they do not say one label."""
    rest = np.where(np.array(labels) == label, 0.0, rows)
    return np.asarray(rest / rest.sum(axis=1, keepdims=True))
