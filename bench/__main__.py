"""Speed, load and memory beside Rasa's own starter bot, measured in the same run.

    python -m bench            about five minutes; both are trained from nothing first

Machines differ and are noisy, so the column to read is the ratio.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import rasa.cli

from bench.readme import put
from reinstate.server.settings import MODEL
from tests.running import Chat, Server, free_port, request

REPORT = Path(__file__).parent / "reports" / "speed.md"
MESSAGES = ("hello", "i am sad", "are you a bot", "thank you", "bye", "no", "yes", "that made me happy")
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
START_SECONDS = 300


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
        if self._process:
            self._process.terminate()
            self._process.wait(30)

    def _rasa(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            command = [sys.executable, "-m", "rasa", *words]
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)


def train(folder: Path) -> dict[str, float]:
    """Train our model, with nothing that an earlier training left."""
    started = time.perf_counter()
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    subprocess.run([sys.executable, "-m", "reinstate.train", "--force"], env=environment, check=True)
    return _trained(started, MODEL)


def _trained(started: float, model: Path) -> dict[str, float]:
    return {
        "training, s": time.perf_counter() - started,
        "model, MB": model.stat().st_size / 2**20,
    }


def measure(turn: Callable[[str, str], None], texts: tuple[str, ...], rounds: int) -> dict[str, float]:
    """Milliseconds a turn one at a time, and turns a second with eight people at once."""
    spans = []
    for _ in range(rounds):
        person = uuid.uuid4().hex
        for text in texts:
            started = time.perf_counter()
            turn(text, person)
            spans.append((time.perf_counter() - started) * 1000)
    started = time.perf_counter()

    def talk(person: str) -> None:
        for text in texts:
            turn(text, person)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(talk, [uuid.uuid4().hex for _ in range(8 * max(1, rounds // 4))]))
    turns = 8 * max(1, rounds // 4) * len(texts)
    return {
        "turn, p50 ms": statistics.median(spans),
        "turn, p95 ms": statistics.quantiles(spans, n=20)[-1],
        "turns a second, 8 at once": turns / (time.perf_counter() - started),
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
    parser.add_argument("--rounds", type=int, default=6, help="conversations one at a time")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        starter = Starter(folder)
        results, trained = {}, {"Reinstate": train(folder), "starter": starter.trained}
        for kind in ("Reinstate", "starter"):
            started = time.perf_counter()
            bot = Server(folder).start(plain=True) if kind == "Reinstate" else starter.start()
            found = {**trained[kind], "start, s": time.perf_counter() - started}
            try:
                turn, texts = (ours(bot), OURS) if isinstance(bot, Server) else (bot.say, MESSAGES)
                found |= measure(turn, texts, rounds)
                found["memory, MB"] = memory(bot.pid)
            finally:
                bot.stop()
            results[kind] = found
    rows = ["| | Reinstate | starter bot | ratio |", "|---|---|---|---|"]
    for figure, mine in results["Reinstate"].items():
        theirs = results["starter"][figure]
        rows.append(f"| {figure} | {mine:.0f} | {theirs:.0f} | {mine / theirs:.2f} |")
    table = "\n".join(rows)
    sys.stdout.write(table + "\n")
    put("speed", table)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(f"# {__doc__.splitlines()[0]}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
