"""Which causes a message names, and how each is meant: admitted, denied, unsure, or only asked about.

Two small logistic models over what the head makes of a message and of its parts. It gives a
message one intent, so of two causes told in one breath the second gets only what the first leaves:
here each is weighed by itself, the second against what is left. This is the one place where a
stance is decided.

The weights are fitted on the open sets by `python -m bench.weights`, which prints them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reinstate.core.case import CauseMention
from reinstate.core.parsed import LEADS
from reinstate.knowledge import Knowledge, Stance, says
from reinstate.understanding.head import Probabilities
from reinstate.understanding.labels import NOTICE, Labels
from reinstate.understanding.thresholds import Thresholds

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
NAMED = np.array([0.1, 0.35, 0.16, -0.22, -0.53, 0.28, 0.53, -0.03, -0.4])
DENIED = np.array([0.37, 0.52, 0.47, 0.35, 3.03, -0.46])
_LEAST, _LITTLE, _LEFT, _CONTRADICTED = 1e-4, 3e-3, 0.2, 0.6
_NEXT = 120  # characters, about a sentence
_FEW_WORDS, _BARE = 12, 4
_STORY = 40  # words from which on what was done to somebody may stand beside what they did
_IN_SO_MANY_WORDS = 0.9


@dataclass(frozen=True)
class Evidence:
    """What speaks for one cause.

    Attributes:
        id: of the cause.
        named: how likely it is named, whatever its stance.
        denied: how likely it is denied, if it is named.
        asked: how much of what speaks for it only asks about the rule, by its surest part.
        whole: probability of the cause, its denial and its deeds by the whole message.
        surest: the same by the clause or the piece that has most of it.
        told: the same by the clause that has most of it.
        clause: that clause, or None where the message is one clause.
        owned: how surely a clause admits it that is no accusation: beside what Upwork says of a person stands
            what they say themselves.
        disowned: how surely a clause denies it.
    """

    id: str
    named: float
    denied: float
    asked: float
    whole: float
    surest: float
    told: float
    clause: str | None
    owned: float = 0.0
    disowned: float = 0.0


def find(
    text: str, clauses: Sequence[str], rows: Probabilities, labels: Labels, thresholds: Thresholds
) -> tuple[CauseMention, ...]:
    """The causes that a message names, the surest first.

    Args:
        text: the message.
        clauses: its clauses; empty where the message is one clause.
        rows: probabilities, the whole message first, then one row for each clause, then one for each
            smaller piece.
        labels: what the columns stand for.
        thresholds: when evidence counts.
    """
    found = weigh(text, clauses, rows, labels)
    first = max(found, key=lambda e: e.whole, default=None)
    phrases = labels.knowledge.patterns
    bare = len(text.split()) <= _BARE and not phrases["negates"].found(text)  # "vpn?" denies nothing
    disowns = any(map(phrases["disputes"].found, clauses))  # "never did it!", of what stands before it
    mentions = []
    for e in found:
        sure = max(e.whole, e.surest)
        counts = e.named >= thresholds.named or (e is first and e.whole >= thresholds.least)
        if sure < thresholds.least or not counts:
            continue
        said = e.clause if e.clause and e.told >= thresholds.clause else text
        if _is_suffered(e.id, text if len(text.split()) <= _STORY else said, labels.knowledge):
            stance: Stance = "denies"
        else:
            stance = _stance(e, said, labels.knowledge, thresholds, bare=bare)
        protests = phrases["protests"].found(text)
        if stance in ("admits", "unsure") and disowns and accuses(said, labels.knowledge):
            stance = "denies"
        elif stance == "admits" and e.clause and accuses(said, labels.knowledge):
            stance = "denies" if protests else _beside_accusation(e, thresholds)
        elif stance == "admits" and protests and len(text.split()) <= _FEW_WORDS:
            stance = "unsure"
        mentions.append(CauseMention(e.id, min(1.0, sure), stance, said))
    mentions = _without_echoes(mentions, text, labels.knowledge)
    if not mentions:
        mentions = _reported([e for e in found if e.asked < thresholds.asked], labels.knowledge)
    return tuple(sorted(mentions, key=lambda m: -m.confidence))


def _reported(found: Sequence[Evidence], knowledge: Knowledge) -> list[CauseMention]:
    """What one clause surely says that Upwork names ("they say I send the same text")."""
    said = (
        CauseMention(e.id, e.told, "unsure", e.clause)
        for e in found
        if e.clause and e.told >= _IN_SO_MANY_WORDS and knowledge.patterns["reports"].found(e.clause)
    )
    return sorted(said, key=lambda mention: -mention.confidence)[:1]


def _without_echoes(mentions: list[CauseMention], text: str, knowledge: Knowledge) -> list[CauseMention]:
    """The causes without those that only the words sound like in which something was done to the person.

    Of what was wanted of them and refused, that is the pressing itself; else what it was done with ("he
    threatened me with bad reviews").
    """
    short = len(text.split()) <= _STORY
    denied = (m for m in mentions if m.stance == "denies")
    suffered = {
        m.id: knowledge.causes[m.id].suffered
        for m in denied
        if _is_suffered(m.id, text if short else m.text, knowledge)
    }
    if refuses(text, knowledge) and any(m.stance == "denies" and m.id not in suffered for m in mentions):
        return [m for m in mentions if m.id not in suffered]
    words = [pattern for told in suffered.values() if told for pattern in told.says]
    sure = max((m.confidence for m in mentions if m.id in suffered), default=0.0)
    others = {c.id for c in knowledge.causes.values() if c.by_others}  # what was done may be just that
    kept = {m.id for m in mentions if m.stance == "denies" or (m.id in others and m.confidence >= sure)}
    return [m for m in mentions if m.id in kept or not says(words, m.text)]


def named(text: str, knowledge: Knowledge) -> tuple[CauseMention, ...]:
    """The causes that a notice names in Upwork's own terms (`other_names` of a cause): accused, not told."""
    words = text.casefold()
    found = (c.id for c in knowledge.causes.values() if any(n.casefold() in words for n in c.other_names))
    return tuple(CauseMention(cause, _IN_SO_MANY_WORDS, "unsure", text) for cause in found)


def _stance(e: Evidence, text: str, knowledge: Knowledge, thresholds: Thresholds, *, bare: bool) -> Stance:
    if e.asked >= thresholds.asked:
        return "asks"
    if knowledge.patterns["owns_up"].found(text):
        return "admits"
    if e.denied >= thresholds.denied:
        affirms = knowledge.patterns["is_reason"].found(text)  # its "no" was for something else
        if affirms and not knowledge.patterns["negates"].found(LEADS.sub("", text)):
            return "unsure" if wonders(text, knowledge) else "admits"
        return "unsure" if bare else "denies"
    unclear = e.denied > thresholds.unclear and knowledge.patterns["negates"].found(text)
    return "unsure" if unclear or wonders(text, knowledge) else "admits"


def _is_suffered(cause: str, text: str, knowledge: Knowledge) -> bool:
    """Whether a text tells that it was done to the person, and nowhere that they did it."""
    suffered = knowledge.causes[cause].suffered if cause in knowledge.causes else None
    return bool(suffered and says(suffered.says, text) and not says(suffered.says_not, text))


def accuses(text: str, knowledge: Knowledge) -> bool:
    """Whether a clause tells what Upwork holds against a person, and no deed of theirs."""
    phrases = knowledge.patterns
    reported = phrases["trouble"].found(text) or phrases["reports"].found(text)
    return reported and not phrases["own_deed"].found(text)


def _beside_accusation(e: Evidence, thresholds: Thresholds) -> Stance:
    """How a person stands to what they are accused of, by the rest of what they tell."""
    if e.disowned >= max(thresholds.unclear, e.owned):
        return "denies"
    return "admits" if e.owned >= thresholds.clause else "unsure"


def wonders(text: str, knowledge: Knowledge) -> bool:
    """Whether a person guesses, or only tells what they are accused of."""
    told = knowledge.patterns["reports"].found(text) or text.rstrip().endswith("?")
    return bool(knowledge.patterns["hedges"].found(text) or (told and len(text.split()) <= _FEW_WORDS))


def weigh(text: str, clauses: Sequence[str], rows: Probabilities, labels: Labels) -> list[Evidence]:
    """The evidence for every cause; arguments as in `find`."""
    if not labels.causes:
        return []
    admits, denies = said(clauses, rows, labels)
    named = _logistic(named_by(clauses, admits, denies), NAMED)
    denied = _logistic(denied_by(text, clauses, admits, denies, labels), DENIED)
    whole, parts, small = _whole_and_parts(clauses, admits + denies)
    best = parts.argmax(axis=0)
    surest = np.vstack([parts, small]).max(axis=0) if len(admits) > 1 else np.zeros(len(labels.causes))
    asked = _asked(rows, labels)
    own = np.array([not accuses(clause, labels.knowledge) for clause in clauses], bool)
    owned, disowned = (
        told[1 : 1 + len(clauses)][own].max(axis=0) if own.any() else np.zeros(len(labels.causes))
        for told in (admits, denies)
    )
    return [
        Evidence(
            cause,
            float(named[n]),
            float(denied[n]),
            float(asked[n]),
            float(whole[n]),
            float(surest[n]),
            float(parts[best[n], n]) if clauses else 0.0,
            clauses[best[n]] if clauses else None,
            float(owned[n]),
            float(disowned[n]),
        )
        for n, cause in enumerate(labels.causes)
    ]


def _asked(rows: Probabilities, labels: Labels) -> NDArray[np.float64]:
    """(causes,) which share of the whole message's, and of its surest part's, asks about the rule."""
    told, asks = rows @ (labels.admits + labels.denies), rows @ labels.rules
    share = asks / np.maximum(told + asks, _LEAST)
    surest = (told + asks).argmax(axis=0)
    return np.asarray(np.minimum(share[0], share[surest, np.arange(len(labels.causes))]))


def said(clauses: Sequence[str], rows: Probabilities, labels: Labels) -> tuple[Probabilities, Probabilities]:
    """Probabilities (rows, causes) that a cause is admitted, and that it is denied.

    A circumstance that is a deed of its own, such as a threat, admits its cause. That a text or a
    clause is a notice says nothing of causes, so they are what is left beside that; of a text of one
    clause, if enough is ("it says under review"). A smaller piece that is one ("and got flagged")
    has nothing beside it.
    """
    notice = rows[:, labels.index[NOTICE]] if NOTICE in labels.index else np.zeros(len(rows))
    rest = np.maximum(1.0 - notice, _LEFT if len(rows) == 1 else _LEAST)
    rest[1 + len(clauses) :] = 1.0
    scaled = rows / rest[:, None]
    return scaled @ labels.admits, scaled @ labels.denies


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
    labels: Labels,
) -> NDArray[np.float64]:
    """(causes, `DENIED_BY`): what tells whether a cause that is named is denied."""
    phrases = labels.knowledge.patterns
    clause_of = _whole_and_parts(clauses, admits + denies)[1].argmax(axis=0)
    told_by = 1 if clauses else 2  # of a message of one clause, its pieces
    yes, no = (_whole_and_parts(clauses, told)[told_by].max(axis=0) for told in (admits, denies))
    parts = clauses or [text]
    # The clause of the offer alone sounds like a deed.
    refusals = [refuses(_with_next(text, part), labels.knowledge) for part in parts]
    refused = labels.offered & np.array(refusals)[clause_of]
    # Of "suspended for spam, but I never" only the whole tells.
    agreed = ~refused & (np.minimum(yes, no) < _CONTRADICTED)
    negated = np.array([phrases["negates"].found(clause) for clause in parts])
    columns = [
        _balance(denies[0], admits[0]),
        np.where(agreed, _balance(no, yes), 0.0),
        negated[clause_of],
        np.full(len(yes), phrases["negates"].found(text)),
        refused,
    ]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def refuses(text: str, knowledge: Knowledge) -> bool:
    """Whether a person tells that they did not go along with what another wanted of them."""
    wanted, refused, yielded = (knowledge.patterns[p].found(text) for p in ("wanted", "refuses", "yields"))
    return wanted and refused and not yielded


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


def _balance(one: Probabilities, other: Probabilities) -> Probabilities:
    """How much likelier one is than the other; about nothing where both are hardly likely."""
    return np.asarray(np.log((one + _LITTLE) / (other + _LITTLE)))


def _logit(p: Probabilities) -> Probabilities:
    clipped = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _logistic(features: Probabilities, weights: Probabilities) -> Probabilities:
    return np.asarray(1 / (1 + np.exp(-(features @ weights[:-1] + weights[-1]))))
