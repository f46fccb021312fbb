"""A person at the chat, as the tests see them: what they do, and what is before their eyes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.running import request

_SETTLED = """() => {
  const shadow = document.querySelector('reinstate-chat').shadowRoot;
  return shadow.querySelector('.log').getAttribute('aria-busy') === 'false' && !shadow.querySelector('.state');
}"""
_SEEN = (
    "all => all.map(line => [line.matches('.bot') ? 'bot' : 'person', line.querySelector('.text').innerText])"
)


@dataclass
class Person:
    """One tab with the chat in it.

    Attributes:
        page: the tab.
        url: the bot's address.
        violations: what the browser forbade because of a content security policy.
        errors: scripts that broke.
        requests: every address that was asked for.
    """

    page: Page
    url: str
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, context: BrowserContext, url: str) -> Person:
        """A new tab, watched; nothing is open in it yet."""
        person = cls(context.new_page(), url)
        person.page.add_init_script(
            "addEventListener('securitypolicyviolation', event => console.error("
            "'policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )
        person.page.on("console", lambda said: person._heard(said.text))
        person.page.on("pageerror", lambda error: person.errors.append(str(error)))
        person.page.on("request", lambda asked: person.requests.append(asked.url))
        return person

    def _heard(self, text: str) -> None:
        if text.startswith("policy: ") or "Content Security Policy" in text:
            self.violations.append(text)

    def visit(self, path: str = "/chat/") -> Person:
        """Open the page."""
        self.page.goto(self.url + path)
        expect(self.text).to_be_visible()
        return self

    # --- what they see

    @property
    def text(self) -> Locator:
        """Where they write."""
        return self.page.locator("reinstate-chat #text")

    @property
    def log(self) -> Locator:
        """The conversation."""
        return self.page.get_by_role("log")

    @property
    def status(self) -> Locator:
        """The line under the header that tells of the connection."""
        return self.page.locator(".status")

    @property
    def state(self) -> Locator:
        """What stands under a message that is not through yet."""
        return self.page.locator(".state")

    def button(self, name: str) -> Locator:
        """The last button of that name."""
        return self.page.get_by_role("button", name=name, exact=True).last

    @property
    def letter(self) -> Locator:
        """The text box of the last letter."""
        return self.page.locator(".letter textarea").last

    def seen(self) -> list[tuple[str, str]]:
        """All lines of the conversation: who, and the text."""
        return [(who, text) for who, text in self.page.locator(".line").evaluate_all(_SEEN)]

    def said(self) -> list[str]:
        """Their own lines."""
        return [text for who, text in self.seen() if who == "person"]

    # --- what they do

    def write(self, text: str) -> None:
        """Write and send, without waiting for a reply."""
        self.text.fill(text)
        self.text.press("Enter")

    def say(self, text: str) -> None:
        """Write, send, and wait until the reply has come to its end."""
        self.write(text)
        self.settle()

    def press(self, name: str) -> None:
        """Press a button and wait until the reply has come to its end."""
        self.button(name).click()
        self.settle()

    def choose(self, name: str) -> None:
        """Choose from the menu."""
        self.button("More").click()
        self.button(name).click()

    def root(self, script: str) -> Any:
        """What a script finds, with `root` as the chat's shadow tree."""
        return self.page.evaluate(
            f"() => {{ const root = document.querySelector('reinstate-chat').shadowRoot; return {script}; }}"
        )

    def settle(self, seconds: float = 60) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_function(_SETTLED, timeout=1000 * seconds)

    # --- what is stored

    def stored(self) -> dict[str, str]:
        """What the browser keeps."""
        return dict(self.page.evaluate("() => ({...localStorage})"))

    def session(self) -> dict[str, Any]:
        """Token and conversation."""
        found = [value for key, value in self.stored().items() if key.endswith(":session")]
        assert found, "no conversation is open"
        return dict(json.loads(found[0]))

    def history(self) -> list[tuple[str, str]]:
        """What the server has of the conversation."""
        headers = {"Authorization": f"Bearer {self.session()['token']}"}
        answer = request("GET", f"{self.url}/chat/history", headers=headers)
        assert answer.status == 200, answer
        return [(line["from"], line["text"]) for line in answer.json["messages"]]

    def check_in_step(self) -> None:
        """What they see is what the server has: nothing lost, nothing twice."""
        seen = Counter((who, _plain(text)) for who, text in self.seen())
        stored = Counter((who, _plain(text)) for who, text in self.history())
        assert stored == seen, f"not shown: {dict(stored - seen)}; not stored: {dict(seen - stored)}"


def check_with_axe(person: Person) -> None:
    """What a person sees now violates no rule of axe."""
    violations = Axe().run(person.page).response["violations"]
    found = {each["id"]: [node["html"] for node in each["nodes"]] for each in violations}
    assert {} == found, found


def _plain(text: str) -> str:
    """A text without the marks of its lists and the space between its blocks."""
    lines = [line.lstrip("•").strip() for line in text.splitlines()]
    return " ".join(
        " ".join(line.partition(". ")[2] if line[:1].isdigit() else line for line in lines).split()
    )
