"""Safari 15, Chrome 90 and Firefox 90: what they lack is taken away, and everything still works."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.scripted import ScriptedBot, letter, line

LACKING = {
    "URL.canParse": "delete URL.canParse",
    "AbortSignal.timeout": "delete AbortSignal.timeout; delete AbortSignal.any",
    "array methods": "for (const name of ['at', 'findLast', 'findLastIndex', 'toSorted', 'with']) delete Array.prototype[name]",
    "globals": "for (const name of ['structuredClone', 'reportError', 'TextDecoderStream']) delete globalThis[name]; "
    "delete Object.hasOwn; delete Crypto.prototype.randomUUID; delete String.prototype.at; delete Promise.withResolvers",
    "sheets": "delete Document.prototype.adoptedStyleSheets; delete ShadowRoot.prototype.adoptedStyleSheets; "
    "delete CSSStyleSheet.prototype.replaceSync",
    "dialog": "for (const name of ['show', 'showModal', 'close']) delete HTMLDialogElement.prototype[name]",
    "popover": "for (const name of ['popover', 'showPopover', 'hidePopover', 'togglePopover']) delete HTMLElement.prototype[name]",
    "aria": "for (const name of Object.getOwnPropertyNames(Element.prototype)) if (name.startsWith('aria')) delete Element.prototype[name]",
    "viewport": "delete window.visualViewport; delete window.print; delete window.AudioContext",
}
LACKING["all"] = ";\n".join(LACKING.values())


@pytest.mark.parametrize("lacking", LACKING)
def test_everything_works_without(tab: Callable[..., Person], lacking: str) -> None:
    """A reply with links is drawn, now and after a reload; the menu, the question and forgetting work."""
    person = tab()
    person.page.add_init_script(LACKING[lacking])
    person.visit()
    expect(person.page.locator(".send")).to_have_css("border-top-left-radius", "50%")
    person.say("I took a payment via PayPal")
    before = person.root("[...root.querySelectorAll('.line .text')].map(text => text.textContent)")
    assert len(before) > 1
    person.page.reload()
    expect(person.page.locator(".line.bot").last).to_be_visible()
    assert before == person.root("[...root.querySelectorAll('.line .text')].map(text => text.textContent)")
    person.choose("Forget me")
    expect(person.button("Keep it")).to_be_focused()
    person.button("Keep it").click()
    expect(person.button("Keep it")).to_be_hidden()
    person.choose("Forget me")
    person.button("Delete everything").click()
    expect(person.status).to_contain_text("Deleted")


def test_a_line_that_cannot_be_drawn_stops_no_other(person: Person, scripted: ScriptedBot) -> None:
    """Where drawing one line breaks, its text stands there plain, and the lines around it as ever."""
    scripted.answer(
        line("Before."), line("The broken one, https://a.example"), letter("Dear all"), line("After.")
    )
    person.page.evaluate(
        """() => {
          const { matchAll } = String.prototype;
          String.prototype.matchAll = function (...all) {
            if (this.includes('broken')) throw new TypeError('not in this browser');
            return matchAll.apply(this, all);
          };
        }"""
    )
    person.say("hello")
    said = [text.strip() for who, text in person.seen() if who == "bot"]
    assert ["Before.", "The broken one, https://a.example", "Dear all", "After."] == said
