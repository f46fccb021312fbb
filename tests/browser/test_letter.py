"""A letter in the chat: a text box that is changed, copied, saved, printed and kept; and sources, folded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, check_with_axe
from tests.browser.scripted import ScriptedBot, letter, line

LETTER = "Subject: Appeal\n\nDear Upwork team,\n\nI was wrong.\n\nKind regards,\n[your name]"
SOURCES = [
    {"title": "Upwork’s terms", "address": "https://www.upwork.com/legal"},
    {"title": "The guide", "address": None},
    {"title": "Elsewhere", "address": "javascript:alert(1)"},
]


@pytest.fixture
def writer(tab: Callable[..., Person], scripted: ScriptedBot) -> Person:
    """Someone who has been given a letter, which the history has, too."""
    person = tab(permissions=["clipboard-read", "clipboard-write"])
    scripted.answer(line("Here is a draft. Nothing in it is made up."), letter(LETTER))
    scripted.watch(person)
    person.visit().say("write it")
    lines = [{"from": "person", "text": "write it"}, {"from": "bot", "text": LETTER, "kind": "letter"}]
    person.page.route("**/chat/history", lambda route: route.fulfill(json={"messages": lines}))
    return person


def test_a_letter_is_changed_in_place_and_copied(writer: Person) -> None:
    """The letter stands in a box of its own height; the copy is what the box holds, and nothing around it."""
    expect(writer.letter).to_have_value(LETTER)
    expect(writer.page.locator(".count")).to_have_text("12 words")
    assert writer.root(
        "(box => box.scrollHeight <= box.clientHeight + 1)(root.querySelector('.letter textarea'))"
    )
    writer.letter.fill(LETTER.replace("I was wrong.", "I paid him once. He was my client before."))
    expect(writer.page.locator(".count")).to_have_text("18 words")
    writer.button("Copy letter").click()
    expect(writer.button("Copied")).to_be_visible()
    assert "He was my client before." in writer.page.evaluate("() => navigator.clipboard.readText()")
    check_with_axe(writer)


def test_an_edited_letter_survives_a_reload_and_can_be_undone(writer: Person) -> None:
    """What was changed is there again, in another tab, too; "Undo" brings the draft back for good."""
    expect(writer.button("Undo my changes")).to_be_hidden()
    writer.letter.fill("My own words.")
    writer.page.reload()
    expect(writer.letter).to_have_value("My own words.")
    writer.button("Undo my changes").click()
    expect(writer.letter).to_have_value(LETTER)
    writer.page.reload()
    expect(writer.letter).to_have_value(LETTER)


def test_forgetting_forgets_the_changes(writer: Person) -> None:
    """Nothing of a letter is left in the browser after "Forget me"."""
    writer.letter.fill("My own words.")
    assert any("letter:" in key for key in writer.stored())
    writer.choose("Forget me")
    writer.button("Delete everything").click()
    expect(writer.status).to_contain_text("Deleted")
    assert {} == writer.stored()


def test_a_letter_is_saved_as_it_stands(writer: Person, tmp_path: Path) -> None:
    """The file holds the letter as it was changed, alone."""
    writer.letter.fill("My own words.")
    with writer.page.expect_download() as download:
        writer.page.locator(".letter").get_by_role("button", name="Save as text").click()
    download.value.save_as(tmp_path / "letter.txt")
    assert "My own words." == (tmp_path / "letter.txt").read_text(encoding="utf-8")


def test_a_letter_is_printed_alone_and_whole(writer: Person) -> None:
    """On paper stands the changed letter, nothing else; afterwards the whole conversation can be printed."""
    writer.letter.fill("\n".join(f"Line {number}" for number in range(80)))
    writer.page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    writer.page.locator(".letter").get_by_role("button", name="Print").click()
    assert writer.page.evaluate("() => window.printed")
    writer.page.emulate_media(media="print")
    expect(writer.page.locator(".mirror")).to_be_visible()
    expect(writer.letter).to_be_hidden()
    expect(writer.page.locator(".line.person")).to_be_hidden()
    assert writer.root("root.querySelector('.mirror').getBoundingClientRect().height > 80 * 15")
    writer.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    expect(writer.page.locator(".line.person")).to_be_visible()


def test_only_the_kind_makes_a_letter(person: Person, scripted: ScriptedBot) -> None:
    """A text that reads like a letter is none, and one of any words is, when the server says so."""
    scripted.answer(line("Dear Upwork, they write.\nSubject: nothing"), letter("Salut"))
    person.say("hello")
    expect(person.page.locator(".letter")).to_have_count(1)
    expect(person.letter).to_have_value("Salut")


def test_sources_are_folded_links(person: Person, scripted: ScriptedBot) -> None:
    """Sources stand under "Sources (3)"; only https addresses are links, and open apart."""
    scripted.answer(line("It is against the terms.", sources=SOURCES))
    person.say("is it allowed?")
    links = person.log.get_by_role("link")
    expect(person.page.get_by_text("Upwork’s terms")).to_be_hidden()
    person.page.get_by_text("Sources (3)").click()
    assert ["Upwork’s terms"] == links.all_inner_texts()
    assert "https://www.upwork.com/legal" == links.first.get_attribute("href")
    assert "noopener" in str(links.first.get_attribute("rel"))
    expect(person.page.get_by_text("Elsewhere")).to_be_visible()
    check_with_axe(person)


def test_every_answer_can_be_copied(tab: Callable[..., Person], scripted: ScriptedBot) -> None:
    """Under each whole reply a button copies its lines, without buttons and sources."""
    person = tab(permissions=["clipboard-read", "clipboard-write"])
    scripted.answer(line("First."), line("Second.", ("Yes", "/affirm"), sources=SOURCES))
    scripted.watch(person)
    person.visit().say("hello")
    person.say("again")
    buttons = person.page.get_by_role("button", name="Copy answer")
    expect(buttons).to_have_count(2)
    buttons.first.click()
    expect(person.button("Copied")).to_be_visible()
    assert "First.\n\nSecond." == person.page.evaluate("() => navigator.clipboard.readText()")


def test_the_copy_of_an_answer_holds_the_letter_as_it_was_changed(
    tab: Callable[..., Person], scripted: ScriptedBot
) -> None:
    """And not as it came."""
    person = tab(permissions=["clipboard-read", "clipboard-write"])
    scripted.answer(letter(LETTER), line("This is yours to change."))
    scripted.watch(person)
    person.visit().say("write it")
    person.letter.fill("My own words.")
    person.page.get_by_role("button", name="Copy answer").last.click()
    expect(person.button("Copied")).to_be_visible()
    copied = person.page.evaluate("() => navigator.clipboard.readText()")
    assert "My own words.\n\nThis is yours to change." == copied
