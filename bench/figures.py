"""Closed sets that were never trained on, what was made of their messages, and every figure of that.

Each line of a set is `{"text", "intent", "causes": [{"id", "stance"}], "accept": [intents], "kind"}`.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import f1_score, roc_auc_score

from reinstate.core.transcript import guesses
from reinstate.knowledge import knowledge
from reinstate.server.settings import ROOT
from reinstate.understanding.thresholds import Thresholds

SETS = ROOT / "tests" / "nlu"
OPEN, SEVERAL, LANGUAGES = "closed_*.jsonl", "several.jsonl", "languages.jsonl"
REFUSALS = "refusals.jsonl"  # what others wanted and the person did not do; or nothing but when it happened
NOT_READ = ("nlu_fallback", "out_of_scope", "platform_question")
NO_CASE = (*NOT_READ, "faq", "ask_rule")  # a question near the subject may be answered; it opens no case
BINS = 10


@dataclass(frozen=True)
class Judged:
    """One message of a set beside what the model made of it."""

    gold: dict[str, Any]
    parsed: dict[str, Any]
    seconds: float

    @property
    def intent(self) -> str:
        """The intent that was read."""
        return str(self.parsed["intent"]["name"])

    @property
    def confidence(self) -> float:
        """The stated confidence."""
        return float(self.parsed["intent"]["confidence"])

    @property
    def right(self) -> bool:
        """Whether the intent, or another that a fair judge accepts, was read.

        An answer is read right where it serves such an intent: each belongs to the topics that it answers.
        """
        return bool(self.served & {self.gold["intent"], *self.gold["accept"]})

    @property
    def served(self) -> set[str]:
        """The intent, and those that the answers to the message serve."""
        answers = [knowledge().answers[a["id"]] for a in self.parsed.get("answers") or []]
        return {self.intent, *(intent for answer in answers for intent in answer.serves)}

    @property
    def offered(self) -> bool:
        """Whether the right intent was read or is among the buttons that are offered."""
        wanted = {self.gold["intent"], *self.gold["accept"]}
        named = {("deny_" if c["stance"] == "denies" else "cause_") + c["id"] for c in self.parsed["causes"]}
        kind, _, what = self.intent.partition("_")
        if kind == "circumstance" and (hinted := knowledge().circumstances[what].tells_of):
            named.add(f"cause_{hinted}")
        offered = [*self.parsed["choices"], *self.parsed["alternatives"]]
        if self.intent == "nlu_fallback":  # as `action_not_understood` does
            offered += guesses(self.parsed["intent_ranking"], knowledge())
        return bool(wanted & {*self.served, *named, *offered})


async def judge(agent: Any, golds: Iterable[dict[str, Any]]) -> list[Judged]:
    """Parse every message of a set."""
    found = []
    for gold in golds:
        started = time.perf_counter()
        parsed = await agent.parse_message(gold["text"])
        found.append(Judged(gold, parsed, time.perf_counter() - started))
    return found


def read_set(name: str) -> list[dict[str, Any]]:
    """The messages of a set, which may be several files."""
    lines = [line for file in sorted(SETS.glob(name)) for line in file.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines if line.strip()]


def figures(judged: Sequence[Judged]) -> dict[str, float]:
    """All figures of a set, as shares of one unless the name says otherwise."""
    of = defaultdict(list)
    for j in judged:
        of[j.gold["kind"]].append(j)
    causes = [*of["cause"], *of["lookalike"]]
    inside = [j for j in judged if j.gold["kind"] not in ("near", "far")]
    seconds = sorted(j.seconds * 1000 for j in judged)
    found = {
        "causes right": share(j.right for j in causes),
        "causes right or offered": share(j.offered for j in causes),
        "intents right": share(j.right for j in inside),
        "macro F1": macro_f1(inside),
        "languages right or offered": share(j.offered for j in of["language"]),
        "denials right": share(j.right for j in of["deny"]),
        "stance right": _stance(judged),
        "far rejected": share(j.intent in NOT_READ for j in of["far"]),
        "near rejected": share(j.intent in NO_CASE for j in of["near"]),
        "wrongly rejected": share(j.intent in NOT_READ for j in inside),
        "far and near AUROC": auroc(judged),
        "calibration error": calibration_error(judged),
        "parse ms p50": seconds[len(seconds) // 2],
        "parse ms p95": seconds[int(len(seconds) * 0.95)],
    }
    return {**found, **_several(of["several"])}


def macro_f1(judged: Sequence[Judged]) -> float:
    """The mean F1 over the intents of a set; an accepted intent counts as the right one."""
    pairs = [(j.gold["intent"], j.gold["intent"] if j.right else j.intent) for j in judged]
    wanted, read = zip(*pairs)
    return float(f1_score(wanted, read, labels=sorted(set(wanted)), average="macro", zero_division=0))


def auroc(judged: Sequence[Judged]) -> float:
    """How well the highest in-scope probability tells messages in scope from those outside."""
    inside = [j.gold["kind"] not in ("near", "far") for j in judged]
    return float("nan") if all(inside) else float(roc_auc_score(inside, [_in_scope(j) for j in judged]))


def _in_scope(judged: Judged) -> float:
    """The highest probability of an in-scope intent; the first of a ranking states a confidence."""
    first, *rest = judged.parsed["intent_ranking"]
    found = [float(e["confidence"]) for e in rest if e["name"] not in NOT_READ]
    if first["name"] not in NOT_READ:
        found.append(1 / (1 + math.exp(-float(_unstated(np.array(judged.confidence))))))
    return max(found, default=0.0)


def _unstated(stated: Any) -> Any:
    """The logits of the probabilities from which confidences were stated."""
    used, clipped = Thresholds(), np.clip(stated, 1e-3, 1 - 1e-3)
    return (np.log(clipped / (1 - clipped)) - used.offset) / used.slope


def reliability(judged: Sequence[Judged]) -> list[tuple[float, float, int]]:
    """For each tenth of stated confidence: mean stated, share right, count."""
    bins: dict[int, list[Judged]] = defaultdict(list)
    for j in judged:
        if j.intent != "nlu_fallback":
            bins[min(BINS - 1, int(j.confidence * BINS))].append(j)
    return [
        (float(np.mean([j.confidence for j in bins[b]])), share(j.right for j in bins[b]), len(bins[b]))
        for b in sorted(bins)
    ]


def calibration_error(judged: Sequence[Judged]) -> float:
    """Expected calibration error over tenths."""
    rows = reliability(judged)
    count = sum(n for _, _, n in rows)
    return sum(abs(stated - right) * n for stated, right, n in rows) / max(1, count)


def confusions(judged: Sequence[Judged], most: int = 15) -> list[tuple[str, str, int]]:
    """The pairs that are mixed up most: wanted, read, how often."""
    pairs = Counter((j.gold["intent"], j.intent) for j in judged if not j.right)
    return [(wanted, read, count) for (wanted, read), count in pairs.most_common(most)]


def confidence_fit(judged: Sequence[Judged]) -> tuple[float, float]:
    """The slope and offset (`reading.Thresholds`) with which stated confidence would fit a set best."""
    raw = _unstated(np.array([j.confidence for j in judged]))
    sign = np.where([j.right for j in judged], -1.0, 1.0)
    slope, offset = minimize(lambda p: np.mean(np.logaddexp(0, sign * (p[0] * raw + p[1]))), [1.0, 0.0]).x
    return float(slope), float(offset)


def _stance(judged: Sequence[Judged]) -> float:
    """How many stances are right; "unsure" and "admits" are alike, only a denial changes the answer."""
    pairs = [
        (cause["stance"] == "denies", read["stance"] == "denies")
        for j in judged
        for cause in j.gold["causes"]
        for read in j.parsed["causes"]
        if cause["id"] == read["id"]
    ]
    return share(denied == read for denied, read in pairs)


def _several(judged: Sequence[Judged]) -> dict[str, float]:
    pairs = [(told(j.gold), told(j.parsed)) for j in judged]
    return {
        "several precision": share(cause in gold for gold, read in pairs for cause in read),
        "several recall": share(cause in read for gold, read in pairs for cause in gold),
    }


def told(message: Mapping[str, Any]) -> set[str]:
    """The causes of a message that are not denied."""
    return {c["id"] for c in message["causes"] if c["stance"] != "denies"}


def share(values: Iterable[bool]) -> float:
    """How many of the values are true, as a share of one; not a number where there are none."""
    found = list(values)
    return sum(found) / len(found) if found else float("nan")
