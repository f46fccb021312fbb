"""The Slack and Telegram doors under load: nothing lost, nothing doubled, acknowledged at once.

    python -m bench.doors          about six minutes
    python -m bench.doors slack --messages 400

Fifty people write in bursts of up to three and wait for the replies, so that all conversations are
busy. One delivery in ten is repeated, one reply in twenty is refused with a 429, the bot is asked to
end (TERM) after a third and killed (KILL) after two thirds. What is not acknowledged is delivered
again, as both services do.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from tests.channels import slack_people, telegram_people
from tests.channels.fake_slack import TEAM, FakeSlack, Sender, direct, direct_channel, event
from tests.channels.fake_telegram import FakeTelegram, without_sources
from tests.channels.slack_people import Kept
from tests.running import Answer, Chat, Server

REPORT = Path(__file__).parent / "reports" / "doors.md"
PEOPLE, MESSAGES, BURST, SENDERS = 50, 2000, 3, 16
REPEATED, EVERY_NTH_429 = 0.1, 20
AGAIN_SECONDS, LOOK_SECONDS, SHOW_SECONDS, MOST_SECONDS = 0.2, 0.01, 5, 1200
TEXTS = (
    "how long does it take? number {}",
    "what about my money? number {}",
    "can i open a new account? number {}",
    "how do i appeal? number {}",
)


class Door(Protocol):
    """One of the doors: how its service delivers, and what arrived there."""

    name: str

    def settings(self) -> dict[str, str]:
        """What connects the bot to the service."""

    def message(self, person: int, text: str) -> dict[str, Any]:
        """What the service delivers for a text that a person writes."""

    def deliver(self, url: str, message: dict[str, Any]) -> Answer:
        """Deliver it once."""

    def conversation(self, person: int) -> str:
        """The id of a person's conversation."""

    def posts(self, start: int) -> list[int | None]:
        """Who was sent something by each call since the `start`-th; None where nobody was."""

    def shown(self, person: int) -> list[str]:
        """The texts that a person has received."""

    def refused(self) -> int:
        """How many replies were refused with a 429."""

    def stop(self) -> None:
        """End the service."""


class Slack:
    """The Slack door, by webhook, in direct messages."""

    name = "Slack"

    def __init__(self) -> None:
        """Start the fake."""
        self._fake = FakeSlack(every_nth_429=EVERY_NTH_429).start()
        self._people = {direct_channel(_slack_user(n)): n for n in range(PEOPLE)}

    def settings(self) -> dict[str, str]:
        """See `Door`."""
        return slack_people.settings(self._fake)

    def message(self, person: int, text: str) -> dict[str, Any]:
        """See `Door`."""
        return event(direct(_slack_user(person), text, self._fake.stamp()))

    def deliver(self, url: str, message: dict[str, Any]) -> Answer:
        """See `Door`."""
        return Sender(url).event(message)

    def conversation(self, person: int) -> str:
        """See `Door`."""
        return f"slack-{TEAM}-{_slack_user(person)}"

    def posts(self, start: int) -> list[int | None]:
        """See `Door`."""
        calls = self._fake.calls[start:]
        posted = (c.method == "chat.postMessage" and c.error is None for c in calls)
        return [self._people.get(c.values["channel"]) if p else None for c, p in zip(calls, posted)]

    def shown(self, person: int) -> list[str]:
        """See `Door`."""
        return [m.shown for m in self._fake.in_channel(direct_channel(_slack_user(person)))]

    def refused(self) -> int:
        """See `Door`."""
        return sum(c.error == "ratelimited" for c in self._fake.calls)

    def stop(self) -> None:
        """See `Door`."""
        self._fake.stop()


class Telegram:
    """The Telegram door, by webhook, in private chats."""

    name = "Telegram"

    def __init__(self) -> None:
        """Start the fake."""
        self._fake = FakeTelegram(every_nth_429=EVERY_NTH_429).start()
        self._first = next(telegram_people.USERS)

    def settings(self) -> dict[str, str]:
        """See `Door`."""
        return telegram_people.webhook_settings(self._fake)

    def message(self, person: int, text: str) -> dict[str, Any]:
        """See `Door`."""
        return self._fake.message(self._first + person, text)

    def deliver(self, url: str, message: dict[str, Any]) -> Answer:
        """See `Door`."""
        return self._fake.post(url, message, telegram_people.SECRET)

    def conversation(self, person: int) -> str:
        """See `Door`."""
        return f"telegram-{self._first + person}"

    def posts(self, start: int) -> list[int | None]:
        """See `Door`."""
        calls = self._fake.calls[start:]
        posted = (c.method == "sendMessage" and c.code == 200 for c in calls)
        return [int(c.values["chat_id"]) - self._first if p else None for c, p in zip(calls, posted)]

    def shown(self, person: int) -> list[str]:
        """See `Door`."""
        return [without_sources(m) for m in self._fake.sent(self._first + person)]

    def refused(self) -> int:
        """See `Door`."""
        return sum(c.code == 429 for c in self._fake.calls)

    def stop(self) -> None:
        """See `Door`."""
        self._fake.stop()


def _slack_user(person: int) -> str:
    return f"U1B{person:05d}"


@dataclass
class Load:
    """What is sent through one door, and how it goes.

    Attributes:
        left: messages of each person that are not yet written.
        took: seconds to each acknowledgement.
        repeats: deliveries that were made a second time on purpose.
    """

    door: Door
    server: Server
    left: list[list[str]]
    took: list[float] = field(default_factory=list)
    repeats: int = 0

    def __post_init__(self) -> None:
        """Nothing has been sent."""
        self._chance, self._lock = random.Random(0), threading.Lock()
        self._seen, self._came, self._written = 0, [0] * PEOPLE, [0] * PEOPLE
        chat = Chat(self.server.url).open()
        introduced, *_ = lines = [len(chat.say(text.format(n))) for n in range(2) for text in TEXTS]
        self._lines = lines[len(TEXTS) :]
        # Whoever has received all lines that are due writes again; the first reply introduces the bot.
        self._introduction = introduced - self._lines[0]
        self._due = [0] * PEOPLE

    def run(self) -> None:
        """Write until everybody has written everything."""
        busy: set[int] = set()
        with ThreadPoolExecutor(SENDERS) as crowd:
            ends = time.monotonic() + MOST_SECONDS
            while any(self.left) or busy:
                if time.monotonic() > ends:
                    raise TimeoutError("a reply did not come: see the bot's log")
                self._look()
                for person, texts in enumerate(self.left):
                    if person in busy or not texts or self._came[person] < self._due[person]:
                        continue
                    size = self._chance.randint(1, BURST)
                    burst, self.left[person] = texts[:size], texts[size:]
                    again = [self._chance.random() < REPEATED for _ in burst]
                    self._expect(person, len(burst))
                    busy.add(person)
                    sent = crowd.submit(self._write, person, burst, again)
                    sent.add_done_callback(lambda _, person=person: busy.discard(person))  # type: ignore[misc]
                time.sleep(LOOK_SECONDS)

    def _expect(self, person: int, more: int) -> None:
        """Add the lines of the replies to so many more messages."""
        number = self._written[person]
        if number == 0:
            self._due[person] = self._introduction
        self._due[person] += sum(self._lines[n % len(TEXTS)] for n in range(number, number + more))
        self._written[person] = number + more

    def _look(self) -> None:
        """Count the lines that arrived."""
        posts = self.door.posts(self._seen)
        self._seen += len(posts)
        for person in posts:
            if person is not None:
                self._came[person] += 1

    def _write(self, person: int, burst: list[str], again: list[bool]) -> None:
        for text, repeat in zip(burst, again):
            message = self.door.message(person, text)
            self._deliver(message)
            if repeat:
                with self._lock:
                    self.repeats += 1
                self._deliver(message)

    def _deliver(self, message: dict[str, Any]) -> None:
        while True:
            started = time.monotonic()
            try:
                status = self.door.deliver(self.server.url, message).status
            except (OSError, HTTPException):
                status = 0
            if status == 200:
                self.took.append(time.monotonic() - started)
                return
            time.sleep(AGAIN_SECONDS)


def texts(count: int) -> list[list[str]]:
    """What each person writes; no text comes twice."""
    each = [count // PEOPLE + (person < count % PEOPLE) for person in range(PEOPLE)]
    return [[TEXTS[n % len(TEXTS)].format(n) for n in range(size)] for size in each]


def lost_and_doubled(wanted: Iterable[str], found: Iterable[str]) -> tuple[int, int]:
    """How many of the texts are missing in what was found, and how many are there too often."""
    should, have = Counter(wanted), Counter(found)
    return (should - have).total(), (have - should).total()


def measure(door: Door, folder: Path, messages: int) -> dict[str, str]:
    """The row of one door."""
    server = Server(folder, **door.settings()).start()
    written = texts(messages)
    load = Load(door, server, [list(own) for own in written])
    restarts = 0
    try:
        running = ThreadPoolExecutor(1).submit(load.run)
        for at, end in ((messages // 3, Server.stop), (2 * messages // 3, Server.kill)):
            show(load, running, messages, until=at)
            end(server)
            server.start()
            restarts += 1
        show(load, running, messages, until=None)
        kept = Kept(server.database)
        kept.settle()
        people = range(PEOPLE)
        said = [kept.said(door.conversation(p)) for p in people]
        lines = [kept.said(door.conversation(p), "bot") for p in people]
        counts = [lost_and_doubled(written[p], said[p]) for p in people]
        replies = [lost_and_doubled(lines[p], door.shown(p)) for p in people]
        disordered = sum(list(dict.fromkeys(own)) != written[p] for p, own in enumerate(said))
    finally:
        server.stop()
        door.stop()
    late = statistics.quantiles(load.took, n=20)[-1]
    return {
        "door": door.name,
        "messages": f"{messages}",
        "repeats": f"{load.repeats}",
        "429s": f"{door.refused()}",
        "restarts": f"{restarts}",
        "lost": f"{sum(c[0] for c in counts)}",
        "doubled": f"{sum(c[1] for c in counts)}",
        "out of order": f"{disordered}",
        "lines of replies": f"{sum(map(len, lines))}",
        "lines lost": f"{sum(r[0] for r in replies)}",
        "lines doubled": f"{sum(r[1] for r in replies)}",
        "ack p50, ms": f"{statistics.median(load.took) * 1000:.0f}",
        "ack p95, ms": f"{late * 1000:.0f}",
    }


def show(load: Load, running: Future[None], messages: int, until: int | None) -> None:
    """Show progress until so many deliveries were acknowledged; None: until all is done."""
    shown = time.monotonic()
    while not running.done() and (until is None or len(load.took) < until):
        time.sleep(LOOK_SECONDS)
        if time.monotonic() - shown > SHOW_SECONDS:
            shown = time.monotonic()
            left = sum(map(len, load.left))
            sys.stderr.write(f"{load.door.name}: {messages - left} of {messages} written\n")
    if running.done():
        running.result()


def table(rows: list[dict[str, str]]) -> Iterator[str]:
    """The rows as Markdown."""
    yield f"| {' | '.join(rows[0])} |"
    yield "|" + "---|" * len(rows[0])
    for row in rows:
        yield f"| {' | '.join(row.values())} |"


def main() -> None:
    """Measure the doors, print the table and write the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known: dict[str, type[Slack] | type[Telegram]] = {"slack": Slack, "telegram": Telegram}
    parser.add_argument("doors", nargs="*", default=list(known), help="slack, telegram: both unless named")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    given = parser.parse_args()
    rows = []
    for name in given.doors:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(known[name](), Path(folder), given.messages))
    found = "\n".join(table(rows))
    sys.stdout.write(found + "\n")
    if (list(known), MESSAGES) == (given.doors, given.messages):
        head, _, rest = (__doc__ or "").strip().partition("\n")
        about = rest.strip().rpartition("\n\n")[2]
        REPORT.write_text(f"# {head}\n\n{about}\n\n{found}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
