"""Hostile text stays text: in messages, in replies, in titles and in the address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.scripted import ScriptedBot, line

HOSTILE = [
    "<img src=x onerror=\"window.broken='img'\">",
    "<script>window.broken='script'</script>",
    '"><svg onload="window.broken=\'svg\'">',
    "javascript:window.broken='url'",
    "https://upwork.com/\"onmouseover=\"window.broken='attribute'",
    "{{constructor.constructor(\"window.broken='template'\")()}}",
    "</textarea></div><iframe srcdoc=\"<script>parent.broken='frame'</script>\">",
]
_BROKEN = "() => window.broken ?? null"
_FOREIGN = """() => document.querySelector('reinstate-chat').shadowRoot
  .querySelectorAll('img, script, iframe, object').length"""


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_person_writes_is_never_run(person: Person, text: str) -> None:
    """Markup in a message is shown as it was written, also after a reload."""
    person.say(text)
    person.page.reload()
    person.settle()
    expect(person.log).to_contain_text(text)
    assert None is person.page.evaluate(_BROKEN)
    assert 0 == person.page.evaluate(_FOREIGN)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_server_says_is_never_run(person: Person, scripted: ScriptedBot, text: str) -> None:
    """Markup in replies, button titles and error words is shown as text."""
    scripted.answer(line(f"1. {text}\n• {text}\n{text}"), line(f"Subject: {text}", (text, "/greet")))
    person.say("hello")
    expect(person.log.locator("ol li")).to_have_text(text)
    expect(person.page.locator(".choice").last).to_have_text(text)
    person.page.locator(".choice").last.click()
    person.settle()
    assert text == person.said()[-1]
    scripted.refuse(400, text)
    person.write("again")
    expect(person.state).to_contain_text(text)
    for link in person.log.get_by_role("link").all():
        assert str(link.get_attribute("href")).startswith("https://")
    assert None is person.page.evaluate(_BROKEN)
    assert 0 == person.page.evaluate(_FOREIGN)


def test_an_address_carries_nothing_into_the_page(person: Person) -> None:
    """Queries and fragments are ignored."""
    for text in HOSTILE:
        person.visit(f"/chat/?text={text}&q={text}#{text}")
        assert [] == person.seen()
        assert None is person.page.evaluate(_BROKEN)


def test_what_is_stored_is_not_trusted(tab: Callable[..., Person]) -> None:
    """Broken or hostile values in the browser's storage do no harm."""
    person = tab().visit()
    host = person.url.partition("//")[2]
    for value in ("no json", '{"token": {}, "conversation": []}', '"<img src=x onerror=broken=1>"', "[1]"):
        person.page.evaluate(
            "([host, value]) => { for (const name of ['session', 'times', 'out:1']) "
            "localStorage.setItem(`reinstate:${host}:${name}`, value); }",
            [host, value],
        )
        person.visit()
        expect(person.text).to_be_editable()
    person.page.evaluate("() => localStorage.clear()")
    person.visit().say("hello")
    assert ["hello"] == person.said()
    assert None is person.page.evaluate(_BROKEN)


def test_nothing_is_forbidden_by_the_page_s_own_policy(person: Person) -> None:
    """A whole conversation with menu, saving and forgetting violates the strict policy nowhere."""
    person.say("I have no idea why they suspended me")
    person.press(person.page.locator(".choice").last.inner_text())
    with person.page.expect_download():
        person.choose("Save as text")
    person.choose("Show times")
    person.choose("New conversation")
    person.settle()
    person.choose("Forget me")
    person.button("Delete everything").click()
    expect(person.status).to_contain_text("Deleted")
    assert [] == person.violations
