"""The chat for everyone: by keyboard, by ear, on a phone, in the dark, from right to left, for long."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, check_with_axe
from tests.browser.scripted import LongTalk, ScriptedBot

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
TURNS = 200


@pytest.mark.parametrize(
    "settings",
    [{}, {"color_scheme": "dark"}, PHONE, {"forced_colors": "active"}, {"reduced_motion": "reduce"}],
    ids=["light", "dark", "phone", "forced colours", "reduced motion"],
)
def test_axe_finds_nothing(tab: Callable[..., Person], settings: dict[str, Any]) -> None:
    """At the start, in the conversation, with the menu, the question and the explanation open: no violation."""
    person = tab(**settings).visit()
    check_with_axe(person)
    person.say("I have no idea why they suspended me")
    person.press(person.page.locator(".choice").last.inner_text())
    check_with_axe(person)
    person.button("More").click()
    check_with_axe(person)
    person.button("Show times").click()
    person.choose("Forget me")
    check_with_axe(person)
    person.button("Keep it").click()
    if "is_mobile" in settings:
        person.button("About").click()
        check_with_axe(person)


def test_the_keyboard_is_enough(person: Person) -> None:
    """An example, a button, the menu and its question are reached, used and left by keys alone."""
    keyboard = person.page.keyboard
    person.page.locator("[data-ask]").nth(3).focus()
    keyboard.press("Enter")
    person.settle()
    expect(person.text).to_be_focused()
    keyboard.press("Shift+Tab")
    chosen = person.page.locator(".choice").last
    expect(chosen).to_be_focused()
    keyboard.press("Enter")
    person.settle()
    assert 2 == len(person.said())
    assert "true" == person.page.evaluate(
        "() => document.querySelector('reinstate-chat').shadowRoot.activeElement.ariaDisabled"
    ), "the focus stays on the pressed button"
    more = person.button("More")
    more.focus()
    keyboard.press("Enter")
    expect(person.button("New conversation")).to_be_visible()
    keyboard.press("Escape")
    expect(person.button("New conversation")).to_be_hidden()
    expect(more).to_be_focused()
    keyboard.press("Enter")
    for _ in range(5):
        keyboard.press("Tab")
    expect(person.button("Forget me")).to_be_focused()
    keyboard.press("Enter")
    expect(person.button("Keep it")).to_be_focused()
    keyboard.press("Escape")
    expect(more).to_be_focused()
    assert 2 == len(person.said())


def test_each_line_of_the_bot_is_announced_once(person: Person) -> None:
    """In the live region a bot's line is added once and never again; the person's own are not announced."""
    person.page.evaluate(
        """() => {
          window.added = [];
          const log = document.querySelector('reinstate-chat').shadowRoot.querySelector('[role=log]');
          new MutationObserver(changes => {
            for (const change of changes) for (const node of change.addedNodes) {
              const lines = node.matches?.('.turn') ? node.children : node.matches?.('.line') ? [node] : [];
              for (const line of lines) {
                if (!line.closest('[aria-live=off]')) window.added.push(line.querySelector('.text').innerText);
              }
            }
          }).observe(log, {childList: true, subtree: true});
        }"""
    )
    person.say("hello")
    person.say("What happens to the money I earned?")
    shown = [text for who, text in person.seen() if who == "bot"]
    assert shown == person.page.evaluate("() => window.added")
    person.say("thanks")
    assert len(shown) < len(person.page.evaluate("() => window.added"))


def test_targets_are_large_enough(tab: Callable[..., Person]) -> None:
    """Every button is at least 44 by 44 pixels, and nothing is wider than a phone."""
    person = tab(**PHONE).visit()
    person.say("I have no idea why they suspended me")
    person.button("More").tap()
    for button in person.page.get_by_role("button").all():
        box = button.bounding_box()
        if box is not None:
            assert round(min(box["width"], box["height"]), 2) >= 44, button.inner_text()
    assert 390 == person.page.evaluate("() => document.documentElement.scrollWidth")


def test_the_keyboard_of_a_phone_leaves_the_text_in_view(tab: Callable[..., Person]) -> None:
    """When the keyboard takes half the screen, writing and the last words stay visible."""
    person = tab(**PHONE).visit()
    person.say("hello")
    person.page.set_viewport_size({"width": 390, "height": 420})
    expect(person.text).to_be_in_viewport(ratio=1)
    expect(person.button("Send")).to_be_in_viewport(ratio=1)
    expect(person.page.locator(".line").last).to_be_in_viewport()


def test_each_message_has_its_own_direction(person: Person) -> None:
    """Arabic and Hebrew run from right to left, English beside them from left to right."""
    person.say("تم إيقاف حسابي في Upwork ولا أعرف السبب")
    person.say("hello")
    directions = person.page.locator(".line.person .text").evaluate_all(
        "all => all.map(text => getComputedStyle(text).direction)"
    )
    assert ["rtl", "ltr"] == directions
    person.text.fill("שלום")
    expect(person.text).to_have_css("direction", "rtl")


def test_print_shows_the_conversation_only(person: Person) -> None:
    """On paper stand the lines; writing, menu and explanation do not."""
    person.say("hello")
    person.page.emulate_media(media="print")
    expect(person.text).to_be_hidden()
    expect(person.button("More")).to_be_hidden()
    expect(person.page.get_by_role("complementary")).to_be_hidden()
    expect(person.page.locator(".line").first).to_be_visible()
    expect(person.page.locator(".pane")).to_have_css("overflow", "visible")


def test_a_long_conversation_stays_quick(tab: Callable[..., Person], scripted: ScriptedBot) -> None:
    """The last of two hundred turns makes the browser do as much as the first, and memory grows by its text only.

    Work is counted, not timed; `python -m bench.page` times it. A busy machine draws a turn in a few
    frames more; work that grew with the conversation would be many times as much.
    """
    person = tab().visit()
    turns = LongTalk(person, scripted).take(TURNS)
    for work in ("Nodes", "JSEventListeners", "LayoutCount", "RecalcStyleCount"):
        early, late = (statistics.median(turn[work] for turn in part) for part in (turns[5:45], turns[-40:]))
        assert late <= 1.5 * early + 1, f"{work}: {early} a turn at first, {late} at last"
    assert 5 * TURNS == person.page.locator(".line").count()
    devtools = person.page.context.new_cdp_session(person.page)
    devtools.send("HeapProfiler.collectGarbage")
    assert devtools.send("Runtime.getHeapUsage")["usedSize"] < 10_000_000
