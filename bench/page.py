"""How light and quick the page is: bytes, first paint, the first line of a reply, and the 200th turn.

    python -m bench.page

Needs a Chromium (`make test` says how to get one).
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from reinstate.channels.assets import join
from setup.browser import find
from tests.browser.person import Person
from tests.browser.scripted import LongTalk, ScriptedBot
from tests.running import Chat, Server

REPORT = Path(__file__).parent / "reports" / "page.md"
ROUNDS = 15
TURNS = 200
_SETTLE_MS = 500
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


def first_paints(url: str, chromium: str, *paths: str) -> dict[str, list[float]]:
    """Milliseconds to the first paint of each path in turn, each in a fresh profile."""
    found: dict[str, list[float]] = {path: [] for path in paths}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for path in paths * ROUNDS:
            context = browser.new_context()
            page = context.new_page()
            page.goto(url + path)
            page.wait_for_timeout(_SETTLE_MS)  # what Playwright evaluates would compete with the painting
            found[path].append(float(page.evaluate(_PAINT)))
            context.close()
        browser.close()
    return found


def busy_times(url: str, chromium: str) -> list[float]:
    """Milliseconds of work of the page's main thread in each turn of a long conversation."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        person = Person.at(browser.new_context(), url).visit()
        turns = LongTalk(person, ScriptedBot()).take(TURNS)
        browser.close()
    return [turn["TaskDuration"] * 1000 for turn in turns]


def reply_times(server: Server) -> tuple[list[float], list[float]]:
    """Milliseconds to the first and to the last line of a reply to a named cause."""
    first, last = [], []
    for number in range(ROUNDS):
        chat = Chat(server.url).open()
        body = json.dumps({"id": str(number), "text": "a client paid me over paypal"}).encode()
        headers = {**chat.authorization, "Content-Type": "application/json"}
        started = time.perf_counter()
        sent = urllib.request.Request(f"{server.url}/chat/messages", body, headers, method="POST")
        with urllib.request.urlopen(sent) as answer:
            answer.readline()
            first.append((time.perf_counter() - started) * 1000)
            answer.read()
            last.append((time.perf_counter() - started) * 1000)
    return first, last


def main() -> None:
    """Measure, print the table and write the report."""
    chromium = find()
    if chromium is None:
        sys.exit("there is no Chromium: install it, or set CHROMIUM to its path")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            paints = first_paints(server.url, chromium, "/chat/", "/health")
            first, last = reply_times(server)
            busy = busy_times(server.url, chromium)
        finally:
            server.stop()
    weight = len(gzip.compress(join().encode(), mtime=0))
    rows = [
        f"| widget.js with its styles, gzipped, bytes | {weight} |",
        f"| first paint, median ms | {statistics.median(paints['/chat/']):.0f} |",
        f"| first paint of one line (/health), median ms | {statistics.median(paints['/health']):.0f} |",
        f"| first line of a reply, median ms | {statistics.median(first):.0f} |",
        f"| whole reply, median ms | {statistics.median(last):.0f} |",
        f"| work of the page in turns 6 to 45, median ms | {statistics.median(busy[5:45]):.0f} |",
        f"| work of the page in turns 161 to 200, median ms | {statistics.median(busy[-40:]):.0f} |",
    ]
    table = "\n".join(["| | |", "|---|---|", *rows])
    sys.stdout.write(table + "\n")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(f"# {__doc__.splitlines()[0]}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
