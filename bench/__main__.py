"""Speed, load and memory beside Rasa's own starter bot, measured in the same run.

    python -m bench            about ten minutes; both are trained from nothing first

Both run at once and are asked in turn, so that whatever else the machine does falls on both alike.
Machines differ and are noisy: the column to read is the ratio.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import rasa.cli

from bench import speed
from bench.readme import put
from bench.speed import OURS
from reinstate.server.settings import MODEL
from tests.running import Chat, Server, free_port, request, until

REPORT = Path(__file__).parent / "reports" / "speed.md"
PLOT = REPORT.with_suffix(".png")
STEPS = "## What each step gave"  # written by hand, and kept
MESSAGES = ("hello", "i am sad", "are you a bot", "thank you", "bye", "no", "yes", "that made me happy")
START_SECONDS = 300
CROWDS = (1, 8, 32)


class Starter:
    """Rasa's starter bot (`rasa init`), served by `rasa run` with its REST door and SQLite."""

    def __init__(self, folder: Path) -> None:
        """Copy and train it."""
        self.folder, self.port = folder / "starter", free_port()
        shutil.copytree(Path(rasa.cli.__file__).parent / "initial_project", self.folder)
        endpoints = "tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: rasa.db\n"
        (self.folder / "endpoints.yml").write_text(endpoints, encoding="utf-8")
        (self.folder / "credentials.yml").write_text("rest:\n", encoding="utf-8")
        self.environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
        started = time.perf_counter()
        self._rasa("train", "--quiet").wait()
        self.trained = _trained(started, next((self.folder / "models").iterdir()))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Starter:
        """Serve until it answers."""
        self._process = self._rasa("run", "--port", str(self.port), "--interface", "127.0.0.1")
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            try:
                self.say("hello", "warm-up")
                return self
            except (OSError, AssertionError):
                time.sleep(0.3)
        raise RuntimeError("the starter bot did not start")

    def say(self, text: str, sender: str) -> None:
        """One message over the REST door."""
        url = f"http://127.0.0.1:{self.port}/webhooks/rest/webhook"
        answer = request("POST", url, {"sender": sender, "message": text})
        assert answer.status == 200

    @property
    def pid(self) -> int:
        """Id of the running process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """End it."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def _rasa(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            command = [sys.executable, "-m", "rasa", *words]
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)


def train(folder: Path) -> dict[str, float]:
    """Train our model, with nothing that an earlier training left."""
    for kept in MODEL.parent.glob("vectors-*.npz"):
        kept.unlink()
    started = time.perf_counter()
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    subprocess.run([sys.executable, "-m", "reinstate.train", "--force"], env=environment, check=True)
    return _trained(started, MODEL)


def _trained(started: float, model: Path) -> dict[str, float]:
    return {
        "training, s": time.perf_counter() - started,
        "model, MB": model.stat().st_size / 2**20,
    }


@dataclass
class Bot:
    """One that is measured: how to say something to it, and what was found so far."""

    say: Callable[[str, str], None]
    texts: tuple[str, ...]
    spans: list[float] = field(default_factory=list)
    rates: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def converse(self) -> None:
        """One conversation; how long each turn takes."""
        person = uuid.uuid4().hex
        for text in self.texts:
            started = time.perf_counter()
            self.say(text, person)
            self.spans.append((time.perf_counter() - started) * 1000)

    def crowd(self, people: int) -> None:
        """A conversation of each of many people at once; how many turns a second."""

        def talk(person: str) -> None:
            for text in self.texts:
                self.say(text, person)

        started = time.perf_counter()
        with ThreadPoolExecutor(people) as pool:
            list(pool.map(talk, [uuid.uuid4().hex for _ in range(people)]))
        self.rates[people].append(people * len(self.texts) / (time.perf_counter() - started))

    def figures(self) -> dict[str, float]:
        """Milliseconds a turn one at a time, and turns a second with many people at once."""
        percent = statistics.quantiles(self.spans, n=100)
        return {
            "turn, p50 ms": percent[49],
            "turn, p95 ms": percent[94],
            "turn, p99 ms": percent[98],
            **{f"turns a second, {n} at once": statistics.median(r) for n, r in self.rates.items()},
        }


def memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def ours(server: Server) -> Callable[[str, str], None]:
    """A turn over our web door, one conversation for each person."""
    chats: dict[str, Chat] = {}

    def turn(text: str, person: str) -> None:
        if person not in chats:
            chats[person] = Chat(server.url).open()
        chats[person].say(text)

    return turn


def main() -> None:
    """Measure both, print the table and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="conversations one at a time")
    parser.add_argument("--note", default="", help="what a reader of the report has to know of this run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        starter, server = Starter(folder), Server(folder, METRICS_TOKEN=speed.TOKEN)
        mine, theirs = train(folder), starter.trained
        for bot, found in ((server, mine), (starter, theirs)):
            stack.callback(bot.stop)
            started = time.perf_counter()
            bot.start(plain=True) if isinstance(bot, Server) else bot.start()
            found["start, s"] = time.perf_counter() - started
        pair = Bot(ours(server), OURS), Bot(starter.say, MESSAGES)
        compare(pair, given.rounds)
        mine |= {**pair[0].figures(), "memory, MB": memory(server.pid)}
        theirs |= {**pair[1].figures(), "memory, MB": memory(starter.pid)}
        rows, least = speed.goes(server.url, pair[0].say), speed.floor()
        starter.stop()
        both = stack.enter_context(two_processes(folder))
        pair = Bot(ours(server), OURS), Bot(ours(both), OURS)
        compare(pair, 2)
        one, two = (bot.figures() for bot in pair)
    table = _table(("", "Reinstate", "starter bot", "ratio"), mine, theirs)
    rates = {name: figure for name, figure in one.items() if name.startswith("turns a second")}
    workers = _table(("", "one process", "`WORKERS=2`", "ratio"), rates, two, reverse=True)
    sys.stdout.write(f"{table}\n\n{workers}\n")
    put("speed", table)
    speed.plot(mine, theirs, PLOT)
    _, _, steps = REPORT.read_text(encoding="utf-8").partition(STEPS)
    text = [
        f"# {__doc__.splitlines()[0]}",
        given.note,
        table,
        f"![The same as bars]({PLOT.name})",
        "One process beside two, in the same run:",
        workers,
        speed.said(rows, least),
        f"{STEPS}{steps}".rstrip() if steps else "",
    ]
    REPORT.write_text("\n\n".join(filter(None, text)) + "\n", encoding="utf-8")


def compare(pair: tuple[Bot, Bot], rounds: int) -> None:
    """Measure two, in turn."""
    for _ in range(rounds):
        for bot in pair:
            bot.converse()
    for people in CROWDS:
        for _ in range(max(1, 8 // people)):
            for bot in pair:
                bot.crowd(people)


@contextlib.contextmanager
def two_processes(folder: Path) -> Iterator[Server]:
    """Our bot as two processes, once both answer."""
    server = Server(folder, DATABASE_URL=f"sqlite:///{folder / 'two.db'}", WORKERS="2").start(plain=True)
    try:
        until(lambda: len(re.findall("process [0-9]+ answers", server.log.read_text("utf-8"))) == 2)
        yield server
    finally:
        server.stop()


def _table(
    heads: tuple[str, ...], first: dict[str, float], second: dict[str, float], *, reverse: bool = False
) -> str:
    """Figures beside each other: the ratio of the first to the second, or in reverse."""
    rows = [f"| {' | '.join(heads)} |", "|---|---|---|---|"]
    for figure, one in first.items():
        other = second[figure]
        rows.append(
            f"| {figure} | {one:.0f} | {other:.0f} | {(other / one) if reverse else one / other:.2f} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    main()
