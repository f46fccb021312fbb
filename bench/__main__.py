"""Speed, load and memory beside Rasa's own starter bot, measured in the same run.

    python -m bench            about twelve minutes; both are trained from nothing first
    python -m bench --quick    three: a little of everything with the model that is there, only printed

Both run at once and are asked in turn, so that whatever else the machine does falls on both alike.
Machines differ and are noisy: the column to read is the ratio.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import speed, stacks, turns
from bench.bots import Bot, Starter, memory, ours
from bench.readme import put
from bench.speed import CROWDS, OURS, VERDICTS
from reinstate.server.settings import MODEL
from reinstate.server.workers import shares
from tests.running import Chat, Server, request, until

REPORT = Path(__file__).parent / "reports" / "speed.md"
PLOT = REPORT.with_suffix(".png")
TOKEN = "only the bench asks"
MESSAGES = ("hello", "i am sad", "are you a bot", "thank you", "bye", "no", "yes", "that made me happy")
BY_ACTION = ("are you a bot",) * len(VERDICTS)  # a rule answers it, by the custom action


@dataclass(frozen=True)
class Sizes:
    """How much is measured: rounds of each, the last turns of long conversations, seconds of the profile."""

    starts: int = 3
    conversations: int = 25
    verdicts: int = 8
    crowds: tuple[int, ...] = (8, 2, 1)
    two: tuple[int, ...] = (24, 12, 6)
    last: tuple[int, int] = (2000, 400)
    profile: int = stacks.SECONDS


QUICK = Sizes(1, 1, 1, (1, 1, 1), (2, 2, 2), (50, 5), 3)


def train(folder: Path) -> None:
    """Train our model, with nothing that an earlier training left."""
    for kept in MODEL.parent.glob("vectors-*.npz"):
        kept.unlink()
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    subprocess.run([sys.executable, "-m", "reinstate.train", "--force"], env=environment, check=True)


def start(server: Server) -> None:
    """Serve until a message is answered."""
    server.start(plain=True)
    Chat(server.url).open().say("hello")


def crowds(bots: tuple[Bot, ...], rounds: tuple[int, ...]) -> None:
    """Let crowds of each size talk to some bots, in turn."""
    for people, times in zip(CROWDS, rounds):
        for _ in range(times):
            for bot in bots:
                bot.crowd(people)


def verdicts(url: str) -> float:
    """How many verdicts a server has told."""
    page = request("GET", f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).body.decode()
    return sum(float(n) for n in re.findall(r"^reinstate_verdicts_total\{.*\} (\S+)$", page, re.MULTILINE))


@contextlib.contextmanager
def two_processes(folder: Path) -> Iterator[Server]:
    """Our bot as two processes, once both answer."""
    server = Server(folder, DATABASE_URL=f"sqlite:///{folder / 'two.db'}", WORKERS="2").start(plain=True)
    try:
        until(lambda: len(re.findall("process [0-9]+ answers", server.log.read_text("utf-8"))) == 2)
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def two_apart(folder: Path) -> Iterator[Bot]:
    """Two of our bots that share nothing, each with a core and a database of its own: what two cores give."""
    with contextlib.ExitStack() as stack:
        urls = []
        for number, cores in enumerate(shares(2)):
            place = folder / f"apart{number}"
            place.mkdir()
            server = Server(place, DATABASE_URL=f"sqlite:///{place / 'apart.db'}").start(plain=True)
            stack.callback(server.stop)
            for thread in Path(f"/proc/{server.pid}/task").iterdir() if cores else ():
                os.sched_setaffinity(int(thread.name), cores)
            urls.append(server.url)
        turn = itertools.cycle(urls)
        yield Bot(lambda: Chat(next(turn)).open().say, OURS, VERDICTS)


def measure(
    folder: Path, sizes: Sizes, *, trains: bool
) -> tuple[dict[str, float], dict[str, float], list[str]]:
    """Our figures, the starter bot's, and the sections of the report below them."""
    starter, server = Starter(folder), Server(folder, METRICS_TOKEN=TOKEN)
    pair = ours(server), Bot(lambda: partial(starter.say, sender=uuid.uuid4().hex), MESSAGES, BY_ACTION)
    mine: dict[str, float] = {}
    theirs = {"training, s": seconds(starter.train)}
    if trains:
        mine["training, s"] = seconds(partial(train, folder))
    mine["model, MB"], theirs["model, MB"] = megabytes(MODEL), megabytes(starter.model)
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        stack.callback(starter.stop)
        mine["start to first answer, s"], theirs["start to first answer, s"] = starts(
            server, starter, sizes.starts
        )
        told = verdicts(server.url)
        for _ in range(sizes.verdicts):
            for bot in pair:
                bot.judge()
        told = verdicts(server.url) - told
        for _ in range(sizes.conversations):
            for bot in pair:
                bot.converse()
        crowds(pair, sizes.crowds)
        mine |= {**pair[0].figures(), "memory, MB": memory([server.pid])}
        theirs |= {**pair[1].figures(), "memory, MB": memory(starter.pids)}
        action_server = memory(starter.pids[:1])
        grown = turns.grow(
            [(bot.begin, texts, last) for bot, texts, last in zip(pair, (turns.TEXTS, MESSAGES), sizes.last)]
        )
        starter.stop()
        try:
            profile = stacks.spy(server.pid, pair[0].converse, sizes.profile).said()
        except RuntimeError as error:  # a machine where nobody may look into another process
            profile = str(error)
        least = speed.floor()
        two, apart = ours(stack.enter_context(two_processes(folder))), stack.enter_context(two_apart(folder))
        one = ours(server)
        crowds((one, two, apart), sizes.two)
    table, ratios = speed.workers(one, two, apart)
    asked = len(pair[0].spans["verdict turn"])
    return (
        mine,
        theirs,
        [
            f"{asked} verdict turns each: of ours, messages about each of {len(VERDICTS)} causes, of which"
            f" {told:.0f} ended in a verdict; of the starter bot, what a rule answers by its custom action,"
            f" which answers its other turns too. {sizes.conversations} conversations of {len(OURS)} mixed"
            f" texts each. Start: the median of {sizes.starts}. The starter bot's memory is that of two"
            f" processes, of which {action_server:.0f} MB are its action server's.",
            "## Bars",
            speed.bars(mine, theirs, ratios, grown[0], least),
            "## Long conversations",
            "One conversation each, asked in turn: the median of the turns around each place, and for turn 1"
            " that of the first turns of others:",
            turns.table(["Reinstate", "starter bot"], grown),
            "## Two processes",
            "One process, two of one command, and two bots that share nothing, each with its own core and"
            " database, in turn. What these two reach is what twice one comes to on these cores; who asks"
            " shares them:",
            table,
            "## Where a turn goes",
            profile,
            "What each step towards this gave: [tried](tried.md#speed).",
        ],
    )


def seconds(what: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def megabytes(file: Path) -> float:
    """The size of a file."""
    return file.stat().st_size / 2**20


def starts(server: Server, starter: Starter, rounds: int) -> list[float]:
    """The median seconds of a start of each, to the first answer; they are started in turn, and then run."""

    def again(stop: Callable[[], None], begin: Callable[[], None]) -> float:
        stop()
        return seconds(begin)

    took = [
        (again(server.stop, partial(start, server)), again(starter.stop, starter.start))
        for _ in range(rounds)
    ]
    return [statistics.median(spans) for spans in zip(*took)]


def main() -> None:
    """Measure both, print the report and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a little of everything, only printed")
    parser.add_argument("--note", default="", help="what a reader of the report has to know of this run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sizes = QUICK if given.quick else Sizes()
        mine, theirs, sections = measure(Path(name), sizes, trains=not given.quick)
    table = speed.beside(mine, theirs)
    text = [
        f"# {str(__doc__).splitlines()[0]}",
        given.note,
        table,
        f"![The same as bars]({PLOT.name})",
        *sections,
    ]
    report = "\n\n".join(filter(None, text)) + "\n"
    sys.stdout.write(report)
    if not given.quick:
        REPORT.write_text(report, encoding="utf-8")
        put("speed", table)
        speed.plot(mine, theirs, PLOT)


if __name__ == "__main__":
    main()
