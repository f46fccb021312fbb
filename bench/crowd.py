"""People who talk to bots that break, and what became of their messages."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import yaml

from bench.turns import TEXTS
from reinstate.server.settings import ROOT
from tests.running import Answer, Chat

TWICE, STUCK_SECONDS = 0.05, 120.0
UNCLEAR = "answered with no clear word"
_NOBODY = (502, 503, 504)
# Words a minute: silent reading (Brysbaert 2019, https://doi.org/10.1016/j.jml.2019.104047), and typing on a
# phone (Palin and others 2019, https://doi.org/10.1145/3338286.3340120).
READ, TYPED = 238, 36
_PAUSE_SECONDS = 0.3
_DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
_FAILED = _DOMAIN["responses"]["utter_door_failed"][0]["text"]


@dataclass
class Person:
    """Somebody who talks over the proxy."""

    number: int
    sent: list[str] = field(default_factory=list)
    seen: list[list[str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    thought: float = 0
    again: int = 0
    doubled: int = 0
    differing: int = 0
    instead: Counter[str] = field(default_factory=Counter)

    def talk(self, url: str, turns: int, think: float, answered: Callable[[], None]) -> None:
        """Say all they have to say; raises what leaves them stuck.

        Args:
            url: the proxy's.
            turns: how many messages.
            think: how much of a person's time they take to read and type, 1 for all.
            answered: called after each.
        """
        self._chance = random.Random(self.number)
        self._chat = Chat(url)
        self._until(self._open)
        for turn in range(turns):
            text = f"{self._chance.choice(TEXTS)} {turn}"
            self._think(think * thought_over(self.seen[-1] if self.seen else [], text))
            self.sent.append(text)
            began = time.monotonic()
            self._until(partial(self._say, str(turn), text))
            self.seconds.append(time.monotonic() - began)
            answered()

    def _think(self, seconds: float) -> None:
        self.thought += seconds
        time.sleep(seconds)

    def _until(self, attempt: Callable[[], bool]) -> None:
        """Try until it succeeds; what succeeds too late is stuck as well."""
        ends = time.monotonic() + STUCK_SECONDS
        while True:
            done = False
            with contextlib.suppress(OSError, AssertionError, ValueError):
                done = attempt()
            if time.monotonic() > ends:
                raise TimeoutError
            if done:
                return
            self.again += 1
            time.sleep(_PAUSE_SECONDS)

    def _open(self) -> bool:
        self._chat.open()
        return True

    def _say(self, id: str, text: str) -> bool:
        """Send a message once, or twice at once; whether it was answered."""
        copies = 2 if self._chance.random() < TWICE else 1
        self.doubled += copies - 1
        with ThreadPoolExecutor(copies) as threads:
            asked = [threads.submit(self._chat.post, {"id": id, "text": text}) for _ in range(copies)]
        answers = [answer.result() if not answer.exception() else None for answer in asked]
        whole = [reply for answer in answers if answer and (reply := _lines(answer)) is not None]
        if not whole:
            self.instead.update(map(_instead, answers))
            return False
        self.seen.append(whole[0])
        self.differing += whole[0] != whole[-1]
        return True

    def history(self) -> list[tuple[str, str]]:
        """Who said what, by the history."""
        found: list[tuple[str, str]] = []

        def ask() -> bool:
            found[:] = [(line["from"], line["text"]) for line in self._chat.history()]
            return True

        self._until(ask)
        return found


def thought_over(reply: list[str], text: str) -> float:
    """Seconds that a person takes to read a reply and to type a text."""
    return 60 * (sum(len(line.split()) for line in reply) / READ + len(text.split()) / TYPED)


def _lines(answer: Answer) -> list[str] | None:
    """The texts of a reply; None where there is no whole one, or it asks to try again."""
    if answer.status != 200:
        return None
    lines = [json.loads(line) for line in answer.body.decode().splitlines()]
    texts = [line["text"] for line in lines if line["type"] == "message"]
    return texts if lines and lines[-1] == {"type": "done"} and _FAILED not in texts else None


def _instead(answer: Answer | None) -> str:
    """What came in place of a reply; of the first three the page says so, and sends again on a press."""
    if answer is None:
        return "no answer: connection cut"
    if answer.status in _NOBODY:
        return "no answer: nobody there, said the proxy or the bot"
    return "no answer: the bot said that the turn failed" if _FAILED.encode() in answer.body else UNCLEAR


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
