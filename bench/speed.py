"""What stands beside the tables of `python -m bench`: where a turn goes, the floor under it, a plot.

python -m bench.speed      prints the floor: one reading and one commit, milliseconds as JSON
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tests.running import ROOT, request

TOKEN = "only the bench asks"
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
_CONVERSATIONS, _READINGS, _COMMITS = 15, 15, 100
_SUM = re.compile(r'^reinstate_(\w+)_seconds_sum\{\w+="(\w+)"\} (\S+)$', re.MULTILINE)
_CROWD = "turns a second, "


def goes(url: str, say: Callable[[str, str], None]) -> dict[str, float]:
    """Milliseconds of a turn by what they are for, seen from outside, while nobody else asks anything.

    Args:
        url: of a server whose METRICS_TOKEN is `TOKEN`.
        say: one message of one person.
    """
    before, spans = _sums(url), []
    for _ in range(_CONVERSATIONS):
        person = uuid.uuid4().hex
        for text in OURS:
            started = time.perf_counter()
            say(text, person)
            spans.append(time.perf_counter() - started)
    after = _sums(url)
    took = {name: (total - before[name]) / len(spans) * 1000 for name, total in after.items()}
    stage = {name: took[f"stage {name}"] for name in ("load", "read", "predict", "act")}
    inside = took["turn web"]
    rows = {
        "reading: encoders, head, details": stage["read"],
        "prediction: which rule fits": stage["predict"],
        "actions: what is said, and sending it": stage["act"],
        "store: one read, one write": stage["load"] + took["store write"],
    }
    rows["rest: lock, tracker, events"] = inside - sum(rows.values())
    rows["door: HTTP, token, its own look at the session"] = statistics.mean(spans) * 1000 - inside
    return rows


def _sums(url: str) -> dict[str, float]:
    """Seconds since the start by what they were for, of `/metrics`."""
    page = request("GET", f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).body.decode()
    found: dict[str, float] = defaultdict(float)
    for what, label, seconds in _SUM.findall(page):
        found[f"{what} {label}"] += float(seconds)
    return found


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
    found = {"reading": statistics.median(readings), "commit": statistics.median(commits)}
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


def said(rows: Mapping[str, float], least: Mapping[str, float]) -> str:
    """The part of the report about a turn."""
    total, under = sum(rows.values()), sum(least.values())
    table = ["| of a turn | ms | share |", "|---|---|---|"]
    table += [f"| {what} | {took:.1f} | {took / total:.0%} |" for what, took in rows.items()]
    return "\n\n".join(
        [
            "## Where a turn goes",
            "Means of `/metrics` and of the client's clock, one person at a time:",
            "\n".join(table),
            f"The floor is one reading ({least['reading']:.1f} ms) and one commit ({least['commit']:.1f} ms),"
            f" each alone in a process, right after: {under:.1f} ms."
            f" A turn takes {total / under:.1f} times that.",
        ]
    )


def plot(ours: Mapping[str, float], theirs: Mapping[str, float], file: Path) -> None:
    """Draw both bots beside each other: a turn, throughput, memory."""
    from matplotlib.figure import Figure

    crowds = [name for name in ours if name.startswith(_CROWD)]
    panels = (
        ("A turn, ms", {"p50": "turn, p50 ms", "p95": "turn, p95 ms"}),
        ("Turns a second, by people at once", {n.removeprefix(_CROWD).split()[0]: n for n in crowds}),
        ("Memory, MB", {"": "memory, MB"}),
    )
    bots = (("Reinstate", ours, "C0"), ("starter bot", theirs, "0.7"))
    figure = Figure(figsize=(9, 3))
    for axes, (title, bars) in zip(figure.subplots(1, 3, gridspec_kw={"width_ratios": (2, 3, 1.4)}), panels):
        for at, (name, found, colour) in enumerate(bots):
            places = [place + at * 0.4 for place in range(len(bars))]
            drawn = axes.bar(places, [found[bar] for bar in bars.values()], 0.38, color=colour, label=name)
            axes.bar_label(drawn, fmt="%.0f", fontsize=8)
        axes.set_title(title, fontsize=10)
        axes.set_xticks([place + 0.2 for place in range(len(bars))], list(bars))
        axes.spines[["top", "right"]].set_visible(False)
    figure.subplots_adjust(left=0.05, right=0.99, bottom=0.2, top=0.88, wspace=0.2)
    figure.legend(*axes.get_legend_handles_labels(), loc="lower center", ncol=2, frameon=False)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
