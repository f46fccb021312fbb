"""What stands in the report of `python -m bench` beside what it measures: tables, bars, the floor, a plot.

python -m bench.speed      prints the floor: one reading and one commit, milliseconds as JSON
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Protocol

from tests.running import ROOT

OURS = (
    "hello",
    "a client paid me over paypal",
    "it was only once",
    "how long does it take",
    "they say it is permanent",
    "can i open a new account",
    "my profile was not used for a year",
    "thank you",
)
VERDICTS = (  # one for each cause
    "someone got into my account",
    "I rented the account",
    "I used a bot to bid",
    "I shouted at a client",
    "shared my whatsapp in the proposal",
    "we swapped reviews",
    "i wrote a thesis for a student",
    "my selfie got rejected 4 times",
    "havent logged in since march",
    "I logged in with a VPN",
    "100 proposals no hire",
    "copied designs from behance",
    "i have two accounts",
    "a client i met on upwork sent the money directly to my paypal",
    "i owe upwork money since july",
    "he paid me with a stolen card it turns out",
    "got 3 bad reviews in a row",
    "I send one text to all jobs",
    "I live in Russia",
)
CROWDS = (1, 8, 32)
_READINGS, _COMMITS = 15, 100
_CROWD, _AT_ONCE = "turns a second, ", "turns a second, {} at once"
Figures = Mapping[str, float]


def floor() -> dict[str, float]:
    """Milliseconds of one reading and of one commit, in a process that does nothing else."""
    command = [sys.executable, "-W", "ignore", "-m", "bench.speed"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {str(name): float(took) for name, took in json.loads(printed).items()}


def main() -> None:
    """Print the floor."""
    from reinstate.server import lean  # first: what it keeps out has to stay out

    # isort: split
    import structlog
    from rasa.core.agent import Agent

    from reinstate import quick_turns
    from reinstate.server.settings import MODEL
    from reinstate.stores.conversations import ConversationStore

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    lean.leave_training_out()
    agent = Agent.load(MODEL)
    quick_turns.install(agent)
    readings = asyncio.run(_readings(agent.parse_message))
    with tempfile.TemporaryDirectory() as folder:
        store = ConversationStore(agent.domain, f"sqlite:///{folder}/floor.db")
        commits = [_took(store.check) for _ in range(_COMMITS)]
    found = {"reading": median(readings), "commit": median(commits)}
    sys.stdout.write(json.dumps(found) + "\n")


async def _readings(read: Callable[[str], Awaitable[object]]) -> list[float]:
    spans = []
    for _ in range(_READINGS):
        for text in OURS:
            started = time.perf_counter()
            await read(text)
            spans.append((time.perf_counter() - started) * 1000)
    return spans[len(OURS) :]


def _took(what: Callable[[], None]) -> float:
    started = time.perf_counter()
    what()
    return (time.perf_counter() - started) * 1000


def beside(mine: Figures, theirs: Figures) -> str:
    """The figures of both bots, and the ratio of the first to the second."""
    rows = ["|  | Reinstate | starter bot | ratio |", "|---|---|---|---|"]
    for name, one in mine.items():
        rows.append(f"| {name} | {_short(one)} | {_short(theirs[name])} | {one / theirs[name]:.2f} |")
    return "\n".join(rows)


def _short(figure: float) -> str:
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}"


class Crowded(Protocol):
    """A bot that crowds talked to."""

    @property
    def rates(self) -> Mapping[int, list[float]]:
        """Turns a second of each round, by people."""

    @property
    def generator(self) -> Mapping[int, list[float]]:
        """Cores that asking took in each round, by people."""


@dataclass(frozen=True)
class Two:
    """Turns a second of two processes: ratios to twice one's, and to those of two bots that share nothing."""

    twice: float
    apart: float


def workers(one: Crowded, two: Crowded, apart: Crowded) -> tuple[str, dict[int, Two]]:
    """One process beside two, as a table; the ratios by how many people wrote at once.

    Args:
        one: turns a second of each round, and cores that asking took, by people.
        two: the same of two processes; each round right after that of one.
        apart: the same of two bots that share nothing; each round right after that of two.
    """
    rows = [
        "| people at once | rounds | turns a second | with `WORKERS=2` | two that share nothing "
        "| ratio to twice one, lowest to highest | to those two | cores that asking took |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ratios = {}
    for people, rates in one.rates.items():
        pairs = sorted(more / rate / 2 for rate, more in zip(rates, two.rates[people]))
        beside = median(more / most for more, most in zip(two.rates[people], apart.rates[people]))
        ratios[people] = Two(median(pairs), beside)
        told = (f"{median(bot.rates[people]):.1f}" for bot in (one, two, apart))
        asking = (f"{median(bot.generator[people]):.2f}" for bot in (one, two, apart))
        rows.append(
            f"| {people} | {len(pairs)} | {' | '.join(told)} | {ratios[people].twice:.2f},"
            f" {pairs[0]:.2f} to {pairs[-1]:.2f} | {beside:.2f} | {', '.join(asking)} |"
        )
    return "\n".join(rows), ratios


def bars(
    mine: Figures, theirs: Figures, two: Mapping[int, Two], grown: Mapping[int, float], least: Figures
) -> str:
    """Each bar that was set for speed, and whether the figures meet it.

    Args:
        mine: our figures.
        theirs: the starter bot's.
        two: the ratios of two processes, by people at once.
        grown: milliseconds of a turn by its place in one conversation.
        least: milliseconds of what a turn needs at the least.
    """
    of = {name: figure / theirs[name] for name, figure in mine.items()}
    under = sum(least.values())
    p50, p95 = (theirs[f"verdict turn, p{of} ms"] / 4 for of in (50, 95))
    found = [
        ("verdict turn, p50, beside the starter bot's", of["verdict turn, p50 ms"], "≤", 1 / 4),
        ("verdict turn, p95, beside the starter bot's", of["verdict turn, p95 ms"], "≤", 1 / 4),
        (
            f"turns a second, beside the starter bot's, the least of {_listed(CROWDS)} people",
            min(of[_AT_ONCE.format(people)] for people in CROWDS),
            "≥",
            4,
        ),
        (
            f"two processes, beside twice one, the least of {_listed(CROWDS[1:])} people",
            min(two[people].twice for people in CROWDS[1:]),
            "≥",
            0.85,
        ),
        (
            "two processes, beside two bots that share nothing, the same",
            min(two[people].apart for people in CROWDS[1:]),
            "≥",
            0.85,
        ),
        ("start to first answer, beside the starter bot's", of["start to first answer, s"], "≤", 1 / 4),
        ("memory, beside the starter bot's", of["memory, MB"], "≤", 2 / 3),
        *((f"turn {at:,}, beside turn 5", grown[at] / grown[5], "≤", 1.3) for at in grown if at >= 400),
        ("a turn, p50, beside its floor", mine["turn, p50 ms"] / under, "<", 2),
    ]
    rows = ["| bar | is | may be | met |", "|---|---|---|---|"]
    for what, value, sign, limit in found:
        met = value >= limit if sign == "≥" else value <= limit if sign == "≤" else value < limit
        rows.append(f"| {what} | {value:.2f} | {sign} {limit:.3g} | {'yes' if met else '**no**'} |")
    return "\n".join(rows) + (
        f"\n\nThe floor is one reading ({least['reading']:.1f} ms) and one commit ({least['commit']:.1f} ms),"
        f" each alone in a process: {under:.1f} ms. A quarter of the starter bot's verdict turn is"
        f" {p50:.1f} ms at p50 and {p95:.1f} ms at p95."
    )


def _listed(people: tuple[int, ...]) -> str:
    return f"{', '.join(map(str, people[:-1]))} and {people[-1]}"


def crowds(rates: Mapping[int, list[float]]) -> dict[str, float]:
    """Turns a second by how many people wrote at once."""
    return {_AT_ONCE.format(people): median(found) for people, found in rates.items()}


def percentiles(what: str, spans: list[float]) -> dict[str, float]:
    """The median, the 95th and the 99th percentile of milliseconds."""
    percent = quantiles(spans, n=100)
    return {f"{what}, p{of} ms": percent[of - 1] for of in (50, 95, 99)}


def plot(ours: Figures, theirs: Figures, file: Path) -> None:
    """Draw both bots beside each other: turns, throughput, memory."""
    from matplotlib.figure import Figure

    crowds = [name for name in ours if name.startswith(_CROWD)]
    panels = (
        ("A turn, ms", {"p50": "turn, p50 ms", "p95": "turn, p95 ms"}),
        ("A verdict, ms", {"p50": "verdict turn, p50 ms", "p95": "verdict turn, p95 ms"}),
        ("Turns a second, by people at once", {n.removeprefix(_CROWD).split()[0]: n for n in crowds}),
        ("Start, s", {"": "start to first answer, s"}),
        ("Memory, MB", {"": "memory, MB"}),
    )
    bots = (("Reinstate", ours, "C0"), ("starter bot", theirs, "0.7"))
    figure = Figure(figsize=(11, 3))
    widths = {"width_ratios": (2, 2, 3, 1.2, 1.4)}
    for axes, (title, bars) in zip(figure.subplots(1, len(panels), gridspec_kw=widths), panels):
        for at, (name, found, colour) in enumerate(bots):
            places = [place + at * 0.4 for place in range(len(bars))]
            drawn = axes.bar(places, [found[bar] for bar in bars.values()], 0.38, color=colour, label=name)
            axes.bar_label(drawn, fmt="%.0f", fontsize=8)
        axes.set_title(title, fontsize=10)
        axes.set_xticks([place + 0.2 for place in range(len(bars))], list(bars))
        axes.spines[["top", "right"]].set_visible(False)
    figure.subplots_adjust(left=0.04, right=0.99, bottom=0.2, top=0.88, wspace=0.3)
    figure.legend(*axes.get_legend_handles_labels(), loc="lower center", ncol=2, frameon=False)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
