"""The bots that `python -m bench` measures: ours, and Rasa's own starter bot with a custom action."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import rasa.cli

from bench import speed
from bench.speed import OURS, VERDICTS
from bench.turns import Say
from tests.running import Chat, Server, free_port, request, until

START_SECONDS = 300
# Each turn is answered by one custom action; "did that help", which only follows, stays a response.
ACTION = '''"""Says what the bot answers to an intent."""

from rasa_sdk import Action

ANSWERS = {
    "greet": "utter_greet",
    "mood_great": "utter_happy",
    "mood_unhappy": "utter_cheer_up",
    "affirm": "utter_happy",
    "deny": "utter_goodbye",
    "goodbye": "utter_goodbye",
    "bot_challenge": "utter_iamabot",
}


class Answer(Action):
    def name(self):
        return "action_answer"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(response=ANSWERS[tracker.latest_message["intent"]["name"]])
        return []
'''


class Starter:
    """`rasa init`: default pipeline and policies, SQLite, and a custom action on a server of its own."""

    def __init__(self, folder: Path) -> None:
        """Copy it, and let its rules and stories answer by the action."""
        self.folder, self.port, actions = folder / "starter", free_port(), free_port()
        shutil.copytree(Path(rasa.cli.__file__).parent / "initial_project", self.folder)
        (self.folder / "actions" / "actions.py").write_text(ACTION, encoding="utf-8")
        for file in (self.folder / "data").glob("*.yml"):
            told = re.sub(r"utter_(?!did_that_help)\w+", "action_answer", file.read_text(encoding="utf-8"))
            file.write_text(told, encoding="utf-8")
        with (self.folder / "domain.yml").open("a", encoding="utf-8") as domain:
            domain.write("\nactions:\n- action_answer\n")
        (self.folder / "endpoints.yml").write_text(
            "tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: rasa.db\n"
            f"action_endpoint:\n  url: http://127.0.0.1:{actions}/webhook\n",
            encoding="utf-8",
        )
        (self.folder / "credentials.yml").write_text("rest:\n", encoding="utf-8")
        self._commands = (
            ("run", "actions", "--port", str(actions)),
            ("run", "--port", str(self.port), "--interface", "127.0.0.1"),
        )
        self._processes: list[subprocess.Popen[bytes]] = []

    def train(self) -> None:
        """Train it."""
        self._rasa("train", "--quiet").wait()

    @property
    def model(self) -> Path:
        """Where the trained model is."""
        return next((self.folder / "models").iterdir())

    def start(self) -> None:
        """Serve until a message is answered, by the action."""
        self._processes = [self._rasa(*command) for command in self._commands]
        until(self._answers, START_SECONDS)

    def _answers(self) -> bool:
        try:
            return bool(self.say("hello", "first"))
        except (OSError, AssertionError):
            return False

    def say(self, text: str, sender: str) -> list[object]:
        """One message over the REST door; the reply."""
        url = f"http://127.0.0.1:{self.port}/webhooks/rest/webhook"
        answer = request("POST", url, {"sender": sender, "message": text})
        assert answer.status == 200, answer
        return list(answer.json)

    @property
    def pids(self) -> list[int]:
        """Ids of the running processes."""
        return [process.pid for process in self._processes]

    def stop(self) -> None:
        """End both."""
        for process in self._processes:
            process.terminate()
            process.wait(30)
        self._processes = []

    def _rasa(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "SANIC_HOST": "127.0.0.1"}
        with (self.folder / "log.txt").open("ab") as log:
            command = [sys.executable, "-m", "rasa", *words]
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)


@dataclass
class Bot:
    """One that is measured: how to open a conversation, what to say in it, and what was found so far."""

    begin: Callable[[], Say]
    texts: tuple[str, ...]
    verdicts: tuple[str, ...]
    spans: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    rates: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    generator: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def converse(self) -> int:
        """One conversation; how many turns it had, and how long each took."""
        say = self.begin()
        for text in self.texts:
            self._time("turn", say, text)
        return len(self.texts)

    def judge(self) -> None:
        """A greeting, then a message that ends in a verdict, in a conversation for each; how long it took."""
        for text in self.verdicts:
            say = self.begin()
            say("hello")
            self._time("verdict turn", say, text)

    def _time(self, what: str, say: Say, text: str) -> None:
        started = time.perf_counter()
        say(text)
        self.spans[what].append((time.perf_counter() - started) * 1000)

    def crowd(self, people: int) -> None:
        """A conversation of each of many people at once; turns a second, and cores that asking took."""

        def talk(_person: int) -> None:
            say = self.begin()
            for text in self.texts:
                say(text)

        started, used = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(people) as pool:
            list(pool.map(talk, range(people)))
        took = time.perf_counter() - started
        self.rates[people].append(people * len(self.texts) / took)
        self.generator[people].append((time.process_time() - used) / took)

    def figures(self) -> dict[str, float]:
        """Milliseconds a turn one at a time, and turns a second with many people at once."""
        return {
            **speed.percentiles("verdict turn", self.spans["verdict turn"]),
            **speed.percentiles("turn", self.spans["turn"]),
            **speed.crowds(self.rates),
        }


def memory(pids: list[int]) -> float:
    """Resident memory of processes in MB."""
    status = [Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in pids]
    return sum(int(kb) for text in status for kb in re.findall(r"^VmRSS:\s+(\d+)", text, re.MULTILINE)) / 1024


def ours(server: Server) -> Bot:
    """Our bot, over the web door."""
    return Bot(lambda: Chat(server.url).open().say, OURS, VERDICTS)
