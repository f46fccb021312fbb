"""The chat as a person uses it: write, press, read, come back, leave."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.person import Person
from tests.browser.scripted import ScriptedBot, line
from tests.running import Server, request


def test_a_first_conversation(person: Person) -> None:
    """Someone clicks an example, reads an answer with its sources, presses a button and goes on writing."""
    examples = person.page.locator("[data-ask]")
    assert 4 <= examples.count() <= 6
    chosen = examples.nth(2).inner_text()
    examples.nth(2).click()
    person.settle()
    assert [chosen] == person.said()
    expect(examples.first).to_be_hidden()
    assert len(person.seen()) > 1
    person.say("I have no idea why they suspended me")
    choice = person.page.locator(".choice").last.inner_text()
    person.press(choice)
    person.say("What happens to the money I earned?")
    assert [
        chosen,
        "I have no idea why they suspended me",
        choice,
        "What happens to the money I earned?",
    ] == (person.said())
    person.check_in_step()


def test_a_pressed_button_is_said_and_used_up(person: Person) -> None:
    """A pressed button stands as the person's own words, cannot be pressed again, and the others can."""
    person.say("hello")
    groups = person.page.locator(".choices")
    buttons = groups.nth(groups.count() - 1).locator(".choice")
    first, other = buttons.first, buttons.nth(1)
    title = first.inner_text()
    first.click()
    person.settle()
    assert title == person.said()[-1]
    expect(first).to_be_disabled()
    expect(other).to_be_enabled()
    first.click(force=True)
    person.settle()
    assert 1 == person.said().count(title)
    person.check_in_step()


def test_a_double_click_sends_once(person: Person) -> None:
    """A double click on a button, on an example or on send is one message."""
    person.page.locator("[data-ask]").first.dblclick()
    person.settle()
    assert 1 == len(person.said())
    person.text.fill("hello")
    person.button("Send").dblclick()
    person.settle()
    assert 2 == len(person.said())
    person.page.locator(".choice").last.dblclick()
    person.settle()
    assert 3 == len(person.said())
    person.check_in_step()


def test_a_reload_brings_the_conversation_back(person: Person) -> None:
    """After a reload everything stands there again, used buttons are still used, and it goes on."""
    person.say("I have no idea why they suspended me")
    choice = person.page.locator(".choice").last.inner_text()
    person.press(choice)
    before = person.seen()
    person.page.reload()
    person.settle()
    assert before == person.seen()
    expect(person.page.get_by_role("button", name=choice, exact=True).first).to_be_disabled()
    person.say("thanks")
    person.check_in_step()


def test_what_is_half_written_outlives_a_reload(person: Person) -> None:
    """A text that was not sent yet is still in its place after a reload."""
    person.text.fill("They wrote to me that")
    person.page.reload()
    expect(person.text).to_have_value("They wrote to me that")


def test_a_new_conversation_begins_empty(person: Person) -> None:
    """ "New conversation" shows only what the bot says to begin with."""
    person.say("hello")
    person.choose("New conversation")
    person.settle()
    assert [] == person.said()
    assert person.seen()
    person.say("hello again")
    assert ["hello again"] == person.said()


def test_forget_me_asks_first(person: Person) -> None:
    """ "Forget me" asks, can be called off, and then leaves nothing here and nothing on the server."""
    person.say("hello")
    token = person.session()["token"]
    person.choose("Forget me")
    person.button("Keep it").click()
    person.check_in_step()
    person.choose("Forget me")
    person.button("Delete everything").click()
    expect(person.status).to_have_text("Deleted. Nothing of the conversation is left.")
    assert [] == person.seen()
    assert {} == person.stored()
    answer = request("GET", f"{person.url}/chat/history", headers={"Authorization": f"Bearer {token}"})
    assert 401 == answer.status
    person.say("hello")
    assert ["hello"] == person.said()


def test_forget_me_that_fails_says_so(person: Person, scripted: ScriptedBot) -> None:
    """Where the server cannot be reached, nothing is said to be deleted, and it can be tried again."""
    person.say("hello")
    scripted.refuse(503, "Something went wrong on my side.")
    person.choose("Forget me")
    person.button("Delete everything").click()
    expect(person.page.get_by_role("alert")).to_contain_text("Not deleted yet")
    assert ["hello"] == person.said()
    scripted.accept()
    person.button("Delete everything").click()
    expect(person.status).to_contain_text("Deleted")


def test_a_written_forget_me_clears_the_screen(person: Person) -> None:
    """When the words "forget me" end the conversation, its lines leave the screen too."""
    person.say("hello")
    person.write("forget me")
    expect(person.status).to_contain_text("earlier conversation has ended")
    person.settle()
    assert [] == person.seen()


def test_lists_and_links_are_real_ones(person: Person, scripted: ScriptedBot) -> None:
    """Lines that begin "1. " or "• " are lists, https addresses are links that open apart."""
    scripted.answer(
        line(
            "Steps:\n1. Read it (https://support.upwork.com/hc/a_(b)).\n2. Answer.\n\n"
            "Sources:\n• One\n• Two\n\nSee https://findahelpline.com, not http://plain.example or https://upwork.com@evil.example/."
        )
    )
    person.say("how?")
    log = person.log
    assert ["Read it (https://support.upwork.com/hc/a_(b)).", "Answer."] == (
        log.locator("ol li").all_inner_texts()
    )
    assert ["One", "Two"] == log.locator("ul li").all_inner_texts()
    links = log.get_by_role("link")
    assert ["https://support.upwork.com/hc/a_(b)", "https://findahelpline.com"] == links.all_inner_texts()
    for link in links.all():
        assert "_blank" == link.get_attribute("target")
        assert "noopener" in str(link.get_attribute("rel"))


def test_too_long_a_text_is_not_sent(person: Person) -> None:
    """Beyond 4,000 characters the page says by how many, and keeps the text."""
    person.text.fill("é" * 4003)
    expect(person.page.locator(".hint")).to_have_text("Too long by 3 characters. Please send it in parts.")
    person.text.press("Enter")
    expect(person.text).to_have_value("é" * 4003)
    assert [] == person.seen()
    person.say("😀" * 2001)
    assert 1 == len(person.said())


def test_enter_sends_and_shift_enter_does_not(person: Person) -> None:
    """Shift and Enter makes a new line; blank text is not sent."""
    person.text.press("Enter")
    person.text.fill("one")
    person.text.press("Shift+Enter")
    person.text.press_sequentially("two")
    expect(person.text).to_have_value("one\ntwo")
    person.text.press("Enter")
    person.settle()
    assert ["one\ntwo"] == person.said()


def test_the_conversation_can_be_saved(person: Person, tmp_path: Path) -> None:
    """ "Save as text" saves every line with its speaker."""
    person.say("hello")
    with person.page.expect_download() as download:
        person.choose("Save as text")
    file = tmp_path / "saved.txt"
    download.value.save_as(file)
    assert re.fullmatch(r"reinstate-\d{4}-\d\d-\d\d\.txt", download.value.suggested_filename)
    saved = file.read_text(encoding="utf-8")
    for _, text in person.history():
        assert text in saved
    assert "You (" in saved


def test_times_are_shown_on_demand(person: Person) -> None:
    """Times stand under the lines once they are asked for, also after a reload."""
    person.say("hello")
    time = person.log.locator("time").first
    expect(time).to_be_hidden()
    person.choose("Show times")
    expect(time).to_be_visible()
    person.page.reload()
    person.settle()
    person.choose("Show times")
    expect(person.log.locator("time").first).to_be_visible()


def test_nothing_comes_from_third_parties(person: Person, server: Server) -> None:
    """The page, the widget and the conversation ask nobody but this server, and set no cookie."""
    person.say("hello")
    assert [] == [asked for asked in person.requests if not asked.startswith((server.url, "blob:", "data:"))]
    assert [] == person.page.context.cookies()


def test_the_widget_is_light(server: Server) -> None:
    """The widget with its styles weighs less than 20 kB on the wire."""
    answer = request("GET", f"{server.url}/chat/widget.js", headers={"Accept-Encoding": "gzip"})
    assert len(answer.body) < 20_000
    assert b"customElements" in gzip.decompress(answer.body)
