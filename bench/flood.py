"""What a flood of long messages does to everybody else (`python -m bench.flood`), through the web door.

Some people write short messages, as they come to mind; the same again while twenty others send long ones, one
after another, with no limit on how many. `--write` puts the table into bench/reports/flood.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.speed import OURS
from reinstate.channels.gate import LONGEST_TEXT
from tests.running import Chat, Server

REPORT = Path(__file__).parent / "reports" / "flood.md"
FLOODS = ((0, 0), (20, LONGEST_TEXT), (20, 500))  # how many people, and how many characters a message
OTHERS = 4
PAUSE_SECONDS = 0.5
SENTENCES = (
    "My account was suspended in week {n} and nobody at Upwork tells me why it happened.",
    "Client number {n} wanted to pay me over PayPal, and I said no because of the rules.",
    "Then my brother, who lives with me, made account {n} on the same computer!",
    "What can I do now, and is day {n} too late for an answer?",
    "I sent about {n} proposals in a month, all with nearly the same text.",
)
HEADS = ("", "median ms", "95 % within ms", "longest ms", "their turns", "long turns a second")


def long_text(number: int, length: int) -> str:
    """A text of so many characters, none like another."""
    told = (SENTENCES[n % len(SENTENCES)].format(n=n * 7 + number) for n in range(LONGEST_TEXT // 40))
    return " ".join(told)[:length]


def flood(url: str, over: threading.Event, length: int, person: int) -> int:
    """One person's long messages, until it is over; how many."""
    chat, sent = Chat(url).open(), 0
    while not over.is_set():
        chat.say(long_text(1000 * person + sent, length))
        sent += 1
    return sent


def talk(url: str, ends: float, person: int) -> list[float]:
    """One person's short messages; milliseconds until each was answered."""
    spans: list[float] = []
    while time.monotonic() < ends:
        chat = Chat(url).open()
        for text in OURS[person:] + OURS[:person]:
            time.sleep(PAUSE_SECONDS)
            began = time.perf_counter()
            chat.say(text)
            spans.append((time.perf_counter() - began) * 1000)
    return spans


def measure(url: str, seconds: float, flooding: int, length: int) -> str:
    """A row of the table: how long others waited while some people flooded."""
    over = threading.Event()
    with ThreadPoolExecutor(flooding + OTHERS) as pool:
        floods = [pool.submit(flood, url, over, length, person) for person in range(flooding)]
        time.sleep(1 if flooding else 0)
        began = time.monotonic()
        try:
            talks = list(pool.map(partial(talk, url, began + seconds), range(OTHERS)))
        finally:
            over.set()
        took = time.monotonic() - began
    spans = [span for one in talks for span in one]
    percent = statistics.quantiles(spans, n=20)
    rate = sum(future.result() for future in floods) / took
    figures = (f"{x:.0f}" for x in (statistics.median(spans), percent[18], max(spans), len(spans)))
    what = f"{flooding} people, {length:,} characters each" if flooding else "no flood"
    return f"| {what} | {' | '.join(figures)} | {rate:.1f} |"


def main() -> None:
    """Measure without and with a flood."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--write", action="store_true", help="into bench/reports/flood.md")
    given = parser.parse_args()
    rows = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            talk(server.url, time.monotonic(), 0)
            rows += [measure(server.url, given.seconds, *one) for one in FLOODS]
        finally:
            server.stop()
    table = "\n".join(rows)
    sys.stdout.write(f"{table}\n")
    if given.write:
        REPORT.write_text(f"# {__doc__.splitlines()[0]}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
