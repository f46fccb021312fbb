"""From probabilities to what a message says: intent, causes with stance, and what is unclear.

Pure: rows of probabilities in, a `Result` out. Thresholds are measured (`make evaluate`).
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reinstate.core.case import Reading
from reinstate.core.parsed import NEGATES
from reinstate.knowledge import Stance
from reinstate.understanding import evidence
from reinstate.understanding.evidence import Evidence
from reinstate.understanding.head import Probabilities

NOT_UNDERSTOOD = "nlu_fallback"
OUTSIDE = ("out_of_scope", "platform_question")
_DRASTIC, _EVASION = ("forget_me", "restart"), "help_evade"
_DETAIL = "inform_detail"
_VAGUE = (*OUTSIDE, _DETAIL, "vent")  # they tell of no case, and may hide one
_CAUSE, DENY, _LOOKALIKE = evidence.CAUSE, evidence.DENY, "lookalike_"
ABOUT = (_CAUSE, DENY, _LOOKALIKE)
_UNKNOWN = evidence.UNKNOWN
_OFFERED = 2
_LEAST = 1e-3
_NAMED = re.compile(r"^(cause|deny)_(?!unknown$)")

_HEDGE = re.compile(
    r"\b(maybe|perhaps|probably|possibly|might|could (it|this|that) be"
    r"|is (it|this|that) (because|coz|cuz|cause|due)"
    r"|i (think|guess|suspect|suppose|wonder)|not sure|do you think|either|can (they|upwork)|what if"
    r"|would (they|upwork)|if i|(can|may|could|should) i|am i allowed|is it (okay?|allowed|fine) (if|to))\b",
    re.IGNORECASE,
)
# What Upwork is said to say; in a few words there is none of one's own beside it.
_REPORTED = re.compile(
    r"\b(they|upwork|(e-?mail|mail|notice|message|banner)) (\w+ )?"
    r"(say|says|said|claims?|claimed|accuses?|accused|calls?|called|thinks?|believes?|tells?|told|wrote|writes?)\b"
    r"|\baccused of\b",
    re.IGNORECASE,
)
_FEW_WORDS, _BARE = 12, 4


@dataclass(frozen=True)
class Thresholds:
    """When a reading counts. All are probabilities.

    Attributes:
        understood: below this best in-scope probability nothing is understood.
        certain: the same for what cannot be undone.
        lookalike: the same for what is said to be no suspension at all.
        evasion: the same for what is refused; nobody is to be taken for a cheat on a guess.
        margin: two causes closer than this are asked about.
        sure: above this, nothing is asked.
        least: a cause with less, by the whole message and by each part, is not named; the
            likeliest one of the whole message is from here.
        named: another one is from this evidence on.
        clause: what one clause says of a cause counts from here.
        denied: a cause that is named is denied from here.
        unclear: between this and `denied`, beside a word of denial, the stance is unsure.
        plain: from this stated confidence on, no other cause is offered beside the one that was read.
        rival: how likely another cause must be to be offered.
        hint: the same beside what tells of no case, and of a cause beside its denial.
        slope, offset: make the stated confidence out of the probability of what leads; fitted on
            the open set, since held-out training examples are harder than what people write.
    """

    understood: float = 0.25
    certain: float = 0.9
    lookalike: float = 0.6
    evasion: float = 0.5
    margin: float = 0.2
    sure: float = 0.6
    least: float = 0.25
    named: float = 0.35
    clause: float = 0.6
    denied: float = 0.45
    unclear: float = 0.3
    plain: float = 0.93
    rival: float = 0.01
    hint: float = 0.05
    slope: float = 0.49
    offset: float = 0.94

    def needed(self, label: str) -> float:
        """The least probability at which an intent counts as understood."""
        if label in _DRASTIC:
            return self.certain
        if label == _EVASION:
            return self.evasion
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
        rows: probabilities, the whole message first, then one row for each clause, then one for each
            smaller piece.
        labels: the intents, in the order of the columns.
        thresholds: when a reading counts.
    """
    whole = dict(zip(labels, rows[0].tolist()))
    causes = _causes(text, evidence.weigh(text, clauses, rows, labels), thresholds)
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

    The clauses may know better: where they deny what the whole message seems to admit, or it seems to
    tell no cause, and name another one, that one leads.
    """
    topics = {label: whole[label] + whole.get(_twin(label), 0.0) for label in whole if _leads(label, whole)}
    order = sorted(topics, key=lambda label: -topics[label])
    best = order[0]
    named = [c for c in causes if c.stance != "denies" and c.confidence >= thresholds.clause]
    if _NAMED.match(best) and named and named[0].id != best.partition("_")[2]:
        if any(c.stance == "denies" and c.id == best.partition("_")[2] for c in causes):
            best = _CAUSE + named[0].id
    elif best == _UNKNOWN and named:  # who wonders why, or a notice that only adds which rule it is
        best = _CAUSE + named[0].id
    elif _NAMED.match(best) and causes and causes[0].id == best.partition("_")[2]:
        polarity = {"denies": DENY, "admits": _CAUSE}.get(causes[0].stance)
        best = polarity + causes[0].id if polarity else best
    rest = sorted((label for label in whole if label != best), key=lambda label: -whole[label])
    leading = max(topics.get(best, 0.0), topics.get(_twin(best), 0.0), whole[best])
    return ((best, thresholds.stated(leading)), *((label, whole[label]) for label in rest))


def _causes(text: str, found: Sequence[Evidence], thresholds: Thresholds) -> tuple[Reading, ...]:
    """Causes named by the whole message or by a clause, the surest first."""
    first = max(found, key=lambda e: e.whole, default=None)
    bare = len(text.split()) <= _BARE and not NEGATES.search(text)  # "vpn?" names it and denies nothing
    causes = [
        Reading(
            e.id,
            min(1.0, max(e.whole, e.surest)),
            _stance(
                said := e.clause if e.clause and e.told >= thresholds.clause else text,
                e.denied,
                thresholds,
                bare=bare,
            ),
            said,
        )
        for e in found
        if max(e.whole, e.surest) >= thresholds.least
        and (e.named >= thresholds.named or (e is first and e.whole >= thresholds.least))
    ]
    return tuple(sorted(causes, key=lambda r: -r.confidence))


def _stance(text: str, denied: float, thresholds: Thresholds, *, bare: bool) -> Stance:
    if denied >= thresholds.denied:
        return "unsure" if bare else "denies"
    unclear = denied > thresholds.unclear and NEGATES.search(text)
    return "unsure" if unclear or _wonders(text) else "admits"


def _wonders(text: str) -> bool:
    """Whether a person guesses or asks, or only tells what they are accused of."""
    told = _REPORTED.search(text) or text.rstrip().endswith("?")
    return bool(_HEDGE.search(text) or (told and len(text.split()) <= _FEW_WORDS))


def _choices(
    whole: Mapping[str, float], best: str, causes: Sequence[Reading], thresholds: Thresholds
) -> tuple[str, ...]:
    """Two or three causes or look-alikes that are too close to call, best first.

    Or one cause and its denial, where the words do not tell which: a hedge is an answer of its own.
    """
    if not (_NAMED.match(best) or best.startswith(_LOOKALIKE)):
        return ()
    first = causes[0] if causes else None
    if first and first.stance == "unsure" and len(causes) == 1 and not _wonders(first.text):
        return (_CAUSE + first.id, DENY + first.id)
    if best.startswith(DENY):
        return ()
    if any(c.stance != "denies" and c.confidence >= thresholds.clause for c in causes):
        return ()
    denied = {_CAUSE + c.id for c in causes if c.stance == "denies"}
    topics = _topics(whole)
    rivals = [(p, label) for p, label in topics if label not in denied and p >= thresholds.rival][:3]
    top = rivals[0][0] if rivals else 0.0
    if top >= thresholds.sure or len(rivals) < 2 or top - rivals[1][0] >= thresholds.margin:
        return ()
    return tuple(label for p, label in rivals if top - p < 2 * thresholds.margin)


def _alternatives(
    whole: Mapping[str, float],
    first: tuple[str, float],
    causes: Sequence[Reading],
    thresholds: Thresholds,
) -> tuple[str, ...]:
    """The next likely causes or look-alikes, where what was read of a case is not sure.

    First the cause itself, where it is read as denied and may be admitted.
    """
    best, stated = first
    admitted = _twin(best) if best.startswith(DENY) else ""
    other = (admitted,) if whole.get(admitted, 0.0) >= thresholds.hint else ()
    if stated >= thresholds.plain or not (best in _VAGUE or best.startswith(ABOUT)):
        return other
    answered = () if best in _VAGUE else causes
    named = {_CAUSE + c.id for c in answered} | {best, _twin(best)}
    least = thresholds.hint if best in _VAGUE else thresholds.rival
    rivals = [label for p, label in _topics(whole) if label not in named and p >= least]
    return (*other, *rivals[:_OFFERED])


def _topics(whole: Mapping[str, float]) -> list[tuple[float, str]]:
    """Causes, each with its denial, and look-alikes, the likeliest first."""
    topics = (label for label in whole if label.startswith((_CAUSE, _LOOKALIKE)) and label != _UNKNOWN)
    return sorted(((whole[label] + whole.get(_twin(label), 0.0), label) for label in topics), reverse=True)


def _in_scope(whole: Mapping[str, float]) -> float:
    """The highest probability of an intent in scope, a cause and its denial weighed together."""
    return max(p + whole.get(_twin(label), 0.0) for label, p in whole.items() if label not in OUTSIDE)


@functools.cache
def _twin(label: str) -> str:
    """The other polarity of a cause's intent, or the label itself where there is none."""
    kind, _, cause = label.partition("_")
    return {"cause": DENY, "deny": _CAUSE}.get(kind, "none_") + cause if _NAMED.match(label) else ""


def _leads(label: str, whole: Mapping[str, float]) -> bool:
    return whole[label] >= whole.get(_twin(label), 0.0)


def strongest(rows: Probabilities, labels: Sequence[str]) -> Probabilities:
    """A row for the whole of a text by those of its parts: causes and look-alikes as strongly as any says.

    A mean would drown the one part that tells.
    """
    about = np.array([label.startswith(ABOUT) for label in labels])
    return np.asarray(np.where(about, rows.max(axis=0), rows.mean(axis=0)))
