"""The chat on bad networks: nothing is lost, nothing is said twice, and the person knows what goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.person import Person
from tests.browser.scripted import ScriptedBot, line
from tests.running import SOAK, Server, request, until

TURNS, KILLS = (200, 10) if SOAK else (40, 3)


def test_a_message_written_while_the_server_is_down_arrives_once(person: Person, server: Server) -> None:
    """What is written while the server is dead waits, says so, and is answered once it is back."""
    person.say("hello")
    server.kill()
    person.write("I have no idea why they suspended me")
    expect(person.state).to_contain_text("Not sent yet")
    expect(person.status).to_contain_text("No connection")
    server.start()
    person.settle()
    expect(person.status).not_to_contain_text("No connection")
    assert ["hello", "I have no idea why they suspended me"] == person.said()
    person.check_in_step()


def test_a_reload_while_the_server_is_down_loses_nothing(person: Person, server: Server) -> None:
    """A message that waits outlives the page, and is sent by the next one."""
    person.say("hello")
    server.kill()
    person.write("I have no idea why they suspended me")
    expect(person.state).to_contain_text("Not sent yet")
    server.start()
    person.page.reload()
    person.settle()
    assert ["hello", "I have no idea why they suspended me"] == person.said()
    person.check_in_step()


@pytest.mark.longer
@pytest.mark.timeout(600)  # at length, ten starts on a slow machine
def test_turns_survive_kills(person: Person, server: Server) -> None:
    """While the server is killed again and again, every message is answered, in order, once."""
    for number in range(TURNS):
        person.write(f"message {number}")
        if number % (TURNS // KILLS) == TURNS // KILLS // 2:
            server.kill()
            server.start()
        person.settle()
    assert [f"message {number}" for number in range(TURNS)] == person.said()
    person.check_in_step()
    person.page.reload()
    person.settle()
    assert [f"message {number}" for number in range(TURNS)] == person.said()


@pytest.mark.parametrize("how", ["lost", "first", "half"])
def test_a_cut_reply_is_completed(person: Person, scripted: ScriptedBot, how: str) -> None:
    """A reply that breaks off is asked for with the same id, and stands there whole and once."""
    scripted.cut(how, how)
    person.say("I have no idea why they suspended me")
    assert 3 == len(scripted.ids)
    assert 1 == len({message_id for message_id, _ in scripted.ids})
    assert 1 == len(person.said())
    person.check_in_step()


def test_a_reload_in_the_middle_of_a_reply(person: Person, scripted: ScriptedBot) -> None:
    """A turn that the server has answered, but the page has not heard, is shown once after a reload."""
    person.say("hello")
    scripted.cut("lost", "lost")
    person.write("I have no idea why they suspended me")
    expect(person.state).to_contain_text("Not sent yet")
    person.page.reload()
    expect(person.log).to_contain_text("I have no idea why they suspended me")
    assert 1 == person.said().count("I have no idea why they suspended me")
    person.settle()
    assert ["hello", "I have no idea why they suspended me"] == person.said()
    person.check_in_step()


def test_offline_and_back(person: Person) -> None:
    """Offline is said, what is written waits in order, and goes out when the network is back."""
    person.say("hello")
    person.page.context.set_offline(True)
    expect(person.status).to_contain_text("You are offline")
    person.write("first")
    person.write("second")
    expect(person.state.first).to_contain_text("Not sent yet")
    person.page.context.set_offline(False)
    person.settle()
    expect(person.status).to_have_text("Connected again.")
    assert ["hello", "first", "second"] == person.said()
    person.check_in_step()


def test_too_many_is_said_and_waited_for(person: Person, scripted: ScriptedBot) -> None:
    """After 429 the server's words stand under the message, which goes out by itself, not before its time."""
    person.say("hello")
    scripted.refuse(429, "That was a lot at once.", Retry_After="2")
    person.write("and then")
    expect(person.state).to_contain_text("That was a lot at once.")
    scripted.accept()
    person.settle()
    (_, refused), (_, accepted) = scripted.ids[-2:]
    assert accepted - refused >= 2
    person.check_in_step()


def test_a_failed_turn_is_tried_again_and_then_left_to_the_person(
    person: Person, scripted: ScriptedBot
) -> None:
    """After 503 it is tried again; when that never helps, the words say so and the person decides."""
    person.say("hello")
    person.page.clock.install()
    scripted.refuse(503, "Something went wrong on my side.")
    person.write("I have no idea why they suspended me")
    expect(person.state).to_contain_text("Not sent yet")
    while "Not sent." not in person.state.inner_text():
        person.page.clock.run_for(5_000)
    expect(person.state).to_contain_text("Something went wrong on my side.")
    assert 1 == len({message_id for message_id, _ in scripted.ids[1:]})
    person.page.reload()
    expect(person.state).to_contain_text("Something went wrong on my side.")
    scripted.accept()
    person.button("Try again").click()
    person.settle()
    assert ["hello", "I have no idea why they suspended me"] == person.said()
    person.check_in_step()


def test_a_refused_message_can_be_discarded(person: Person, scripted: ScriptedBot) -> None:
    """What the server will never take stays with its words until the person discards it."""
    scripted.refuse(400, "This message does not have the form that is expected here.")
    person.write("hello")
    expect(person.state).to_contain_text("does not have the form")
    person.button("Discard").click()
    assert [] == person.seen()
    assert [] == [key for key in person.stored() if ":out:" in key]
    scripted.accept()
    person.say("hello")
    person.check_in_step()


@pytest.mark.parametrize("status", [401, 403, 404, 406])
def test_one_message_that_a_firewall_refuses_is_set_aside(
    person: Person, scripted: ScriptedBot, status: int
) -> None:
    """A page of somebody else in answer to one message: it is tried again, then said not to be sent; the next goes
    through, nothing else is lost, and the person can discard it or try it once more.
    """
    person.say("hello")
    conversation = person.session()["conversation"]
    scripted.block(status, "credit union")
    person.write("My credit union closed my account")
    expect(person.state).to_contain_text("Not sent yet")
    expect(person.button("Discard")).to_be_visible()
    person.write("thanks")
    failed = person.page.locator(".state.failed")
    expect(failed).to_contain_text("Not sent. Something on the way", timeout=30_000)
    expect(person.status).not_to_contain_text("cannot be used")
    tried = [when for message, when in scripted.ids if message == scripted.ids[1][0]]
    assert 4 == len(tried)
    assert tried[3] - tried[2] > tried[1] - tried[0]
    expect(person.page.locator(".line.bot").last).to_be_visible()
    expect(person.state).to_have_count(1)
    person.page.reload()
    expect(failed).to_contain_text("Not sent. Something on the way")
    assert conversation == person.session()["conversation"]
    person.button("Discard").click()
    person.settle()
    assert ["hello", "thanks"] == person.said()
    person.check_in_step()


@pytest.mark.parametrize("status", [200, 302, 401, 403, 429, 502, 503])
def test_a_page_of_somebody_else_is_the_network(person: Person, scripted: ScriptedBot, status: int) -> None:
    """A login page of a hotel, a proxy without its server, a firewall before everything: the message waits, the
    conversation stays, and it goes out once our server answers.
    """
    person.say("hello")
    conversation = person.session()["conversation"]
    scripted.block(status, all_of_it=True)
    person.write("and then")
    expect(person.state).to_contain_text("Not sent yet")
    expect(person.status).to_contain_text("No connection")
    person.page.reload()
    expect(person.state).to_contain_text("Not sent yet")
    scripted.accept()
    person.settle()
    assert ["hello", "and then"] == person.said()
    assert conversation == person.session()["conversation"]
    person.check_in_step()


def test_a_waiting_message_can_be_discarded(person: Person, scripted: ScriptedBot) -> None:
    """What is not through yet can be taken back; the next one is not held up by it."""
    person.say("hello")
    scripted.block(502, all_of_it=True)
    person.write("not this")
    person.button("Discard").click()
    until(lambda: ["hello"] == person.said())
    scripted.accept()
    person.say("thanks")
    assert ["hello", "thanks"] == person.said()
    person.check_in_step()


def test_forgetting_counts_only_when_our_server_says_so(person: Person, scripted: ScriptedBot) -> None:
    """A page of somebody else in answer to "Forget me" deletes nothing and claims nothing."""
    person.say("hello")
    scripted.block(200, all_of_it=True)
    person.choose("Forget me")
    person.button("Delete everything").click()
    expect(person.page.get_by_role("alert")).to_contain_text("Not deleted yet")
    assert ["hello"] == person.said()


def test_a_word_like_delete_is_no_deletion(person: Person, scripted: ScriptedBot) -> None:
    """What was typed decides nothing: the conversation is there as long as the server has it."""
    scripted.answer(line("I see."))
    person.say("they will delete my profile, forget me not")
    assert ["they will delete my profile, forget me not"] == person.said()
    expect(person.status).to_be_empty()


def test_back_from_the_browser_s_cache(person: Person) -> None:
    """A page that comes back from the back-forward cache is up to date and goes on."""
    person.say("hello")
    person.page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    person.settle()
    person.say("thanks")
    assert ["hello", "thanks"] == person.said()
    person.check_in_step()


def test_a_conversation_that_has_ended_is_said_and_a_new_one_opened(person: Person) -> None:
    """When the token is dead, the page says so, and the message is answered in a new conversation."""
    person.say("hello")
    first = person.session()
    headers = {"Authorization": f"Bearer {first['token']}"}
    assert 204 == request("DELETE", f"{person.url}/chat/session", headers=headers).status
    person.say("hello again")
    expect(person.status).to_contain_text("earlier conversation has ended")
    assert ["hello again"] == person.said()
    assert first["conversation"] != person.session()["conversation"]
    person.check_in_step()


def test_a_button_of_an_ended_conversation_goes_on_as_words(person: Person) -> None:
    """A button pressed before the page sees that the conversation has ended is said in words in the new one."""
    with person.page.expect_response("**/chat/history"):  # the page looks whether it is still there
        person.say("I have no idea why they suspended me")
    headers = {"Authorization": f"Bearer {person.session()['token']}"}
    request("DELETE", f"{person.url}/chat/session", headers=headers)
    choice = person.page.locator(".choice").last.inner_text()
    person.press(choice)
    assert [choice] == person.said()
    person.check_in_step()


def test_a_renewed_token_replaces_the_old_one(person: Person) -> None:
    """A token that comes in a header is used from then on."""
    person.say("hello")
    token = person.session()["token"]
    person.page.route(
        "**/chat/history",
        lambda route: route.fulfill(response=route.fetch(), headers={"X-Session-Token": token + "x"}),
    )
    person.page.reload()
    person.settle()
    assert token + "x" == person.session()["token"]


def test_two_tabs_show_the_same(
    tab: Callable[..., Person], context_of: Callable[..., BrowserContext]
) -> None:
    """What is said in one tab stands in the other, and both can go on."""
    context = context_of()
    one, other = tab(context).visit(), tab(context).visit()
    one.say("hello")
    expect(other.log).to_contain_text("hello")
    other.settle()
    other.say("I have no idea why they suspended me")
    expect(one.log).to_contain_text("I have no idea why they suspended me")
    one.settle()
    for each in (one, other):
        assert ["hello", "I have no idea why they suspended me"] == each.said()
        each.check_in_step()
    one.choose("Forget me")
    one.button("Delete everything").click()
    expect(other.status).to_contain_text("earlier conversation has ended")
    assert [] == other.seen()


def test_two_tabs_write_at_once(
    tab: Callable[..., Person], context_of: Callable[..., BrowserContext]
) -> None:
    """Messages that two tabs send at the same moment are all there, once, in both."""
    context = context_of()
    one, other = tab(context).visit(), tab(context).visit()
    one.say("hello")
    for number in range(3):
        one.write(f"one {number}")
        other.write(f"other {number}")
    expected = sorted(["hello", *(f"{who} {number}" for who in ("one", "other") for number in range(3))])
    for each in (one, other):
        expect(each.page.locator(".line.person")).to_have_count(len(expected))
        each.settle()
        assert expected == sorted(each.said())
        each.check_in_step()


def test_a_browser_that_stores_nothing_can_still_be_used(tab: Callable[..., Person]) -> None:
    """Where storage is forbidden the conversation lives in the page."""
    person = tab()
    person.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, "
        "{get() { throw new DOMException('forbidden', 'SecurityError'); }})"
    )
    person.visit().say("hello")
    person.say("thanks")
    assert ["hello", "thanks"] == person.said()
