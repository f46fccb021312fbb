"""How well messages are read, on closed sets that were never trained on.

    python -m bench.evaluate            the open sets: prints the table and writes the report
    python -m bench.evaluate --final    the sealed set as well; only to report, never to tune on

Each line of a set is `{"text", "intent", "causes": [{"id", "stance"}], "accept": [intents], "kind"}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SETS = ROOT / "tests" / "nlu"
OPEN, SEALED, LANGUAGES = "closed_1.jsonl", "sealed.jsonl", "languages.jsonl"
REPORT = ROOT / "bench" / "reports" / "nlu.md"
NOT_READ = ("nlu_fallback", "out_of_scope", "platform_question")
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
        """Whether the intent, or another that a fair judge accepts, was read."""
        return self.intent in (self.gold["intent"], *self.gold["accept"])

    @property
    def offered(self) -> bool:
        """Whether the right intent was read or is among the buttons that are offered."""
        wanted = {self.gold["intent"], *self.gold["accept"]}
        named = {("deny_" if c["stance"] == "denies" else "cause_") + c["id"] for c in self.parsed["causes"]}
        return bool(wanted & {self.intent, *self.parsed["choices"], *named})


async def judge(agent: Any, golds: Iterable[dict[str, Any]]) -> list[Judged]:
    """Parse every message of a set."""
    found = []
    for gold in golds:
        started = time.perf_counter()
        parsed = await agent.parse_message(gold["text"])
        found.append(Judged(gold, parsed, time.perf_counter() - started))
    return found


def read_set(name: str) -> list[dict[str, Any]]:
    """The messages of a set."""
    lines = (SETS / name).read_text(encoding="utf-8").splitlines()
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
        "causes right": _share(j.right for j in causes),
        "causes right or offered": _share(j.offered for j in causes),
        "intents right": _share(j.right for j in inside),
        "macro F1": macro_f1(inside),
        "languages right or offered": _share(j.offered for j in of["language"]),
        "denials right": _share(j.right for j in of["deny"]),
        "stance right": _stance(judged),
        "far rejected": _share(j.intent in NOT_READ for j in of["far"]),
        "near rejected": _share(j.intent in NOT_READ for j in of["near"]),
        "wrongly rejected": _share(j.intent in NOT_READ for j in inside),
        "far and near AUROC": auroc(judged),
        "calibration error": calibration_error(judged),
        "parse ms p50": seconds[len(seconds) // 2],
        "parse ms p95": seconds[int(len(seconds) * 0.95)],
    }
    return {**found, **_several(of["several"])}


def macro_f1(judged: Sequence[Judged]) -> float:
    """The mean F1 over the intents of a set; an accepted intent counts as the right one."""
    pairs = [(j.gold["intent"], j.gold["intent"] if j.right else j.intent) for j in judged]
    scores = []
    for intent in {gold for gold, _ in pairs}:
        hit = sum(gold == read == intent for gold, read in pairs)
        gold_count = sum(gold == intent for gold, _ in pairs)
        read_count = sum(read == intent for _, read in pairs)
        scores.append(2 * hit / (gold_count + read_count) if hit else 0.0)
    return float(np.mean(scores)) if scores else float("nan")


def auroc(judged: Sequence[Judged]) -> float:
    """How well the highest in-scope probability tells messages in scope from those outside."""
    inside: list[float] = []
    outside: list[float] = []
    for j in judged:
        score = max(
            (e["confidence"] for e in j.parsed["intent_ranking"] if e["name"] not in NOT_READ), default=0.0
        )
        (outside if j.gold["kind"] in ("near", "far") else inside).append(score)
    wins = sum((i > o) + 0.5 * (i == o) for i in inside for o in outside)
    return wins / max(1, len(inside) * len(outside))


def reliability(judged: Sequence[Judged]) -> list[tuple[float, float, int]]:
    """For each tenth of stated confidence: mean stated, share right, count."""
    bins: dict[int, list[Judged]] = defaultdict(list)
    for j in judged:
        if j.intent != "nlu_fallback":
            bins[min(BINS - 1, int(j.confidence * BINS))].append(j)
    return [
        (float(np.mean([j.confidence for j in bins[b]])), _share(j.right for j in bins[b]), len(bins[b]))
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


def _stance(judged: Sequence[Judged]) -> float:
    right = []
    for j in judged:
        stances = {c["id"]: c["stance"] for c in j.parsed["causes"]}
        for cause in j.gold["causes"]:
            if cause["id"] in stances:
                told, read = cause["stance"], stances[cause["id"]]
                # "unsure" and "admits" are judged alike; only a denial changes the answer.
                right.append((told == "denies") == (read == "denies"))
    return _share(right)


def _several(judged: Sequence[Judged]) -> dict[str, float]:
    hit = read = wanted = 0
    for j in judged:
        gold = {c["id"] for c in j.gold["causes"] if c["stance"] != "denies"}
        found = {c["id"] for c in j.parsed["causes"] if c["stance"] != "denies"}
        hit, read, wanted = hit + len(gold & found), read + len(found), wanted + len(gold)
    return {"several precision": hit / max(1, read), "several recall": hit / max(1, wanted)}


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else float("nan")


def table(by_set: dict[str, dict[str, float]]) -> str:
    """A Markdown table, a column for each set."""
    names = list(next(iter(by_set.values())))
    head = "| | " + " | ".join(by_set) + " |\n|---|" + "---|" * len(by_set) + "\n"
    rows = [f"| {n} | " + " | ".join(_figure(n, f[n]) for f in by_set.values()) + " |" for n in names]
    return head + "\n".join(rows)


def _figure(name: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:.0f}" if " ms " in name else f"{value:.3f}"


def main() -> None:
    """Judge the sets, print, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--final", action="store_true", help="judge the sealed set as well")
    parser.add_argument("--wrong", action="store_true", help="print what was read wrongly (open sets)")
    chosen = parser.parse_args()
    judged, loaded = asyncio.run(_run(chosen.final))
    by_set = {name: figures(rows) for name, rows in judged.items()}
    sys.stdout.write(table(by_set) + "\n")
    if chosen.wrong:
        for j in loaded:
            if not j.right:
                sys.stdout.write(
                    f"{j.gold['intent']} -> {j.intent} {j.confidence:.2f} {j.parsed['choices']}: "
                    f"{j.gold['text'][:140]}\n"
                )


async def _run(final: bool) -> tuple[dict[str, list[Judged]], list[Judged]]:
    from rasa.core.agent import Agent

    from reinstate.settings import MODEL

    agent = Agent.load(MODEL)
    await agent.parse_message("hello")
    opened = await judge(agent, read_set(OPEN))
    judged = {"open": opened}
    if (SETS / LANGUAGES).is_file():
        judged["languages"] = await judge(agent, read_set(LANGUAGES))
    if final and not (SETS / SEALED).is_file():
        sys.exit(f"there is no sealed set: {SETS / SEALED} is missing")
    if final:
        judged["sealed"] = await judge(agent, read_set(SEALED))
    return judged, opened


if __name__ == "__main__":
    main()
