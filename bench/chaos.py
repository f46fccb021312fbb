"""Whether anything is lost while things break: three bots on a real PostgreSQL and Redis, behind the proxy.

    python -m bench.chaos                        sixty people with ten turns each
    python -m bench.chaos --people 200 --turns 20
    python -m bench.chaos --think 0              nobody reads or types: all write again at once

Meanwhile a bot is killed every five seconds (or once it is back from the time before), Redis is killed
twice and begins anew with nothing, PostgreSQL is stopped for five seconds, and one message in twenty is sent
twice at once. All goes through Caddy with `deploy/Caddyfile`. A person sends again, with the same id, what
was not answered; who has no answer after two minutes is stuck. At the end every history is compared with what
was sent and seen.

A person reads a reply and types the next message before sending it, at the speeds that were measured of
people; `--think 0.5` halves that time.

Ends with 0, and a last line with the figures, only if nothing was lost, answered twice, out of order or
stuck; the table goes into `bench/reports/chaos.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bench import crowd
from bench.crowd import Person
from bench.services import Postgres, Proxy, Redis
from tests.running import Server

REPORT = Path(__file__).parent / "reports" / "chaos.md"
BOTS, KILL_SECONDS, DOWN_SECONDS = 3, 5.0, 5.0
KINDS = ("lost", "twice", "out of order", "stuck", "another answer than was seen", crowd.UNCLEAR)


class Faults:
    """Breaks things until it is told to end; counts what it broke."""

    def __init__(self, bots: list[Server], redis: Redis, postgres: Postgres) -> None:
        """Break nothing yet."""
        self._bots, self._redis, self._postgres = bots, redis, postgres
        self.done: Counter[str] = Counter()
        self._over = threading.Event()

    def kill_bots(self) -> None:
        """Kill one after another; each starts again at once."""
        with ThreadPoolExecutor(BOTS) as threads:
            starting: dict[int, Future[None]] = {}
            for bot in itertools.cycle(self._bots):
                if self._over.wait(KILL_SECONDS):
                    return
                if bot.port in starting:
                    starting[bot.port].result()
                bot.kill()
                self.done["bots killed"] += 1
                starting[bot.port] = threads.submit(self._start, bot)

    def _start(self, bot: Server) -> None:
        while not self._over.is_set():
            with contextlib.suppress(RuntimeError):  # the database is down
                bot.start()
                return

    def break_services(self, progress: Callable[[], float]) -> None:
        """Redis after a quarter and three quarters of the turns, PostgreSQL after half."""
        for share, name, broken in (
            (0.25, "Redis killed", self._redis.restart),
            (0.5, "PostgreSQL stopped", lambda: self._postgres.pause(DOWN_SECONDS)),
            (0.75, "Redis killed", self._redis.restart),
        ):
            while progress() < share:
                if self._over.wait(0.05):
                    return
            broken()
            self.done[name] += 1

    def end(self) -> None:
        """Break nothing any more."""
        self._over.set()


@contextlib.contextmanager
def _house(folder: Path) -> Iterator[tuple[str, list[Server], Redis, Postgres]]:
    """Three bots on their database and Redis; first the address of the proxy before them."""
    with contextlib.ExitStack() as stack:
        postgres, redis = Postgres(folder / "postgres"), Redis(folder)
        stack.callback(postgres.stop)
        stack.callback(redis.stop)
        bots = [Server(folder, DATABASE_URL=postgres.url, REDIS_URL=redis.url) for _ in range(BOTS)]
        for bot in bots:
            stack.callback(bot.stop)
            bot.start()
        proxy = Proxy(folder, bots)
        stack.callback(proxy.stop)
        yield proxy.url, bots, redis, postgres


def run(count: int, turns: int, think: float = 1) -> tuple[dict[str, float], bool]:
    """Let people talk while things break; the figures, and whether all is well."""
    people, total = [Person(number) for number in range(count)], count * turns
    found = dict.fromkeys(KINDS, 0)
    instead: Counter[str] = Counter()
    answers = itertools.count()
    progress = [0]
    with tempfile.TemporaryDirectory() as name, _house(Path(name)) as (url, bots, redis, postgres):
        faults = Faults(bots, redis, postgres)
        with ThreadPoolExecutor(count + 2) as threads:
            breaking = [
                threads.submit(faults.kill_bots),
                threads.submit(faults.break_services, lambda: progress[0] / total),
            ]

            def answered() -> None:
                progress[0] = next(answers) + 1

            began = time.monotonic()
            talking = [threads.submit(person.talk, url, turns, think, answered) for person in people]
            found["stuck"] = sum(done.exception() is not None for done in talking)
            took = time.monotonic() - began
            faults.end()
            for thread in breaking:
                thread.result()
        for bot in bots:
            if bot.returncode is not None:
                bot.start()
        for person in people:
            for kind, count_of in crowd.judge(person.sent, person.seen, person.history()).items():
                found[kind] += count_of
            found["another answer than was seen"] += person.differing
            instead += person.instead
    seconds = [one for person in people for one in person.seconds]
    figures = {
        "people": count,
        "turns answered": len(seconds),
        "read and typed before a turn, mean s": sum(person.thought for person in people) / total,
        "seconds": took,
        "turns a second": len(seconds) / took,
        **faults.done,
        "sent twice at once": sum(person.doubled for person in people),
        "sent again": sum(person.again for person in people),
        **instead,
        "answered within, p50 s": statistics.median(seconds),
        "answered within, p99 s": statistics.quantiles(seconds, n=100, method="inclusive")[-1],
        "answered within, longest s": max(seconds),
        **found,
        crowd.UNCLEAR: instead[crowd.UNCLEAR],
    }
    return figures, not any(figures[kind] for kind in KINDS) and len(seconds) == total


def main() -> None:
    """Run it, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--think", type=float, default=1, help="how much of a person's time to think")
    given = parser.parse_args()
    figures, well = run(given.people, given.turns, given.think)
    rows = [
        f"| {name} | {value:.{0 if float(value).is_integer() else 2}f} |" for name, value in figures.items()
    ]
    table = "\n".join(["| | |", "|---|---|", *rows])
    sys.stdout.write(table + "\n")
    if not well:
        sys.exit("something was lost, doubled, out of order or stuck")
    how = _how(given.people, given.turns, given.think)
    REPORT.write_text(f"# What is lost while things break\n\n{how}\n\n{table}\n", "utf-8")
    names = ("turns answered", "lost", "twice", "out of order", "stuck")
    sys.stdout.write(", ".join(f"{figures[name]:.0f} {name}" for name in names) + "\n")


def _how(people: int, turns: int, think: float) -> str:
    pace = "" if think == 1 else f" --think {think:g}"
    return (
        f"`python -m bench.chaos --people {people} --turns {turns}{pace}`: {BOTS} bots on one machine, on a\n"
        "real PostgreSQL and Redis, behind Caddy with `deploy/Caddyfile`; the module says what breaks, and\n"
        f"how it is found out. A person reads a reply ({crowd.READ} words a minute) and types the next\n"
        f"message ({crowd.TYPED}) before sending it{f', in {think:g} of that time' if pace else ''}. "
        f"Who is not answered within {crowd.STUCK_SECONDS:.0f} s is stuck."
    )


if __name__ == "__main__":
    main()
