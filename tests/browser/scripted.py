"""A bot that answers as a test says, in front of the real one: for words and failures that are rare."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Route

from tests.browser.person import Person


def line(text: str, *buttons: tuple[str, str], **more: Any) -> dict[str, Any]:
    """One line of a reply; `more`: its sources and kind."""
    return {
        "type": "message",
        "text": text,
        "buttons": [{"title": title, "payload": payload} for title, payload in buttons],
        **more,
    }


def letter(text: str) -> dict[str, Any]:
    """A line that is a letter."""
    return line(text, kind="letter")


@dataclass
class ScriptedBot:
    """Answers the requests of watched tabs; what it has no answer for goes to the real bot.

    Attributes:
        ids: the message ids that came, in order, with the time of each.
    """

    ids: list[tuple[str, float]] = field(default_factory=list)
    _lines: list[dict[str, Any]] | None = None
    _refusal: tuple[int, str, dict[str, str]] | None = None
    _cuts: list[str] = field(default_factory=list)
    _foreign: tuple[int, str, str] | None = None

    def watch(self, person: Person) -> None:
        """Stand between a tab and the real bot."""
        for path in ("messages", "session", "history"):
            person.page.route(f"**/chat/{path}", self._handle)

    def answer(self, *lines: dict[str, Any]) -> None:
        """Answer every message with these lines."""
        self._lines = list(lines)

    def refuse(self, status: int, words: str, **headers: str) -> None:
        """Answer every request with an error."""
        self._refusal = status, words, {name.replace("_", "-"): value for name, value in headers.items()}

    def block(
        self, status: int, word: str = "", body: str = "<html>no</html>", *, all_of_it: bool = False
    ) -> None:
        """Answer messages with that word, or every request, as somebody else on the way would.

        Args:
            status: what it answers with.
            word: what it does not let through.
            body: its page.
            all_of_it: whether it answers everything else, too.
        """
        self._foreign = status, "" if all_of_it else word or "/messages", body

    def accept(self) -> None:
        """Stop refusing."""
        self._refusal = self._foreign = None

    def cut(self, *how: str) -> None:
        """Let the next messages reach the real bot, but cut the replies.

        Args:
            how: "lost" loses a reply whole, "first" lets its first line through, "half" half a line.
        """
        self._cuts += how

    def _handle(self, route: Route) -> None:
        path = route.request.url.rpartition("/")[2]
        if path == "messages" and route.request.method == "POST":
            self.ids.append((json.loads(route.request.post_data or "{}")["id"], time.monotonic()))
        if self._foreign and self._foreign[1] in route.request.url + (route.request.post_data or ""):
            status, _, page = self._foreign
            route.fulfill(status=status, content_type="text/html", body=page)
        elif self._refusal:
            status, words, headers = self._refusal
            route.fulfill(status=status, headers=headers, json={"error": {"code": "told", "message": words}})
        elif path == "messages" and self._cuts:
            self._cut(route, self._cuts.pop(0))
        elif path == "messages" and self._lines is not None:
            body = "".join(json.dumps(each) + "\n" for each in (*self._lines, {"type": "done"}))
            route.fulfill(content_type="application/x-ndjson", body=body)
        else:
            route.fallback()

    def _cut(self, route: Route, how: str) -> None:
        answer = route.fetch()
        if how == "lost":
            route.abort()
        else:
            first = answer.text().split("\n")[0] + "\n"
            route.fulfill(
                status=200, content_type="application/x-ndjson", body=first if how == "first" else first[:-9]
            )


@dataclass
class LongTalk:
    """Many turns of one conversation with a scripted bot, and what each cost the browser."""

    person: Person
    bot: ScriptedBot

    def take(self, turns: int) -> list[dict[str, float]]:
        """What each turn added to the browser's counters (`Performance.getMetrics`; durations in seconds)."""
        self.bot.watch(self.person)
        self.bot.answer(
            line("This sounds like: a second account.\n\nWhat usually follows:\n1. A hold\n2. A question"),
            line("What is realistic: support; possible.\n\nWrite to them with what you have."),
            line("Sources:\n• One – https://support.upwork.com/one\n• Two – https://support.upwork.com/two"),
            line("Is that so?", ("Yes", "/affirm"), ("No", "/deny")),
        )
        devtools = self.person.page.context.new_cdp_session(self.person.page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        counted = [_counters(devtools)]
        for number in range(turns):
            self.person.page.evaluate(_TAKE_TURN, f"message {number}")
            counted.append(_counters(devtools))
        devtools.detach()
        return [{name: now[name] - then[name] for name in now} for then, now in itertools.pairwise(counted)]


_TAKE_TURN = """text => new Promise(resolve => {
  const { talk, log } = document.querySelector('reinstate-chat');
  talk.say(text);
  const look = () => log.getAttribute('aria-busy') === 'false' ? resolve() : requestAnimationFrame(look);
  look();
})"""


def _counters(devtools: CDPSession) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
