"""What the browser tests share: a Chromium, tabs that are watched, and a site that embeds the chat."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from setup.browser import find
from tests.browser.person import Person
from tests.browser.scripted import ScriptedBot
from tests.running import Server

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium; without one the tests are skipped, but never where CI counts on them."""
    path = find()
    if path is None and os.environ.get("CI"):
        pytest.fail("the browser tests need Chromium: install it, or set CHROMIUM to its path")
    if path is None:
        pytest.skip("no Chromium: install it, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def watched() -> list[Person]:
    """All tabs of a test."""
    return []


@pytest.fixture
def context_of(browser: Browser, watched: list[Person]) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browser profiles; at the end, nothing may have broken or been forbidden in any tab."""
    contexts: list[BrowserContext] = []

    def open_context(**settings: Any) -> BrowserContext:
        contexts.append(browser.new_context(**settings))
        return contexts[-1]

    yield open_context
    for context in contexts:
        context.close()
    assert [] == [error for person in watched for error in person.errors]
    assert [] == [violation for person in watched for violation in person.violations]


@pytest.fixture
def tab(
    context_of: Callable[..., BrowserContext], watched: list[Person], server: Server
) -> Callable[..., Person]:
    """Opens tabs: `tab()` in a new profile, `tab(context)` in one that is there."""

    def open_tab(context: BrowserContext | None = None, url: str = "", **settings: Any) -> Person:
        watched.append(Person.at(context or context_of(**settings), url or server.url))
        return watched[-1]

    return open_tab


@pytest.fixture
def person(tab: Callable[..., Person]) -> Person:
    """Someone at the page /chat/, in English."""
    return tab().visit()


@dataclass
class Site:
    """A foreign website.

    Attributes:
        url: its address.
        page: what it shows.
        policy: its content security policy; empty: none.
    """

    url: str
    page: str = ""
    policy: str = ""
    served: list[str] = field(default_factory=list)


@pytest.fixture(scope="package")
def foreign_site() -> Iterator[Site]:
    """A website on another origin; tests set its page and policy."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if site.policy:
                self.send_header("Content-Security-Policy", site.policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        site = Site(f"http://127.0.0.1:{listening.server_port}")
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield site
        listening.shutdown()


@pytest.fixture
def scripted(request: pytest.FixtureRequest) -> ScriptedBot:
    """Stands between the bot and `person`, where the test has one."""
    bot = ScriptedBot()
    if "person" in request.fixturenames:
        bot.watch(request.getfixturevalue("person"))
    return bot
