"""The page /chat/ and what a person meets there: language, space, first sight, pictures, long texts."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from reinstate.channels.assets import WIDGET
from tests.browser.person import Person, check_with_axe
from tests.browser.scripted import ScriptedBot, line
from tests.browser.test_access import PHONE

OUTCOME = "Realistically, very unlikely."
REST = " ".join(
    ["Upwork’s terms do not allow payments outside of it, and such accounts are seldom restored."] * 9
)
LANGUAGES = {
    "en-US": "Send",
    "de-DE": "Senden",
    "es-MX": "Enviar",
    "fr-FR": "Envoyer",
    "pt-BR": "Enviar",
    "ja-JP": "Send",
}
LONG = "\n".join(f"Line {number} of what they wrote to me" for number in range(30))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_page_speaks_the_browser_s_language(tab: Callable[..., Person], locale: str) -> None:
    """Chrome, welcome and explanation are in the language that the browser asks for, else in English."""
    person = tab(locale=locale).visit()
    tag = locale[:2] if locale[:2] != "ja" else "en"
    words = json.loads((WIDGET / "page" / f"{tag}.json").read_text(encoding="utf-8"))
    expect(person.button(LANGUAGES[locale])).to_be_visible()
    expect(person.page.get_by_text(words["lead"])).to_be_visible()
    expect(person.page.get_by_text(words["what_text"])).to_be_visible()
    assert tag == person.page.evaluate("() => document.documentElement.lang")
    check_with_axe(person)


def test_a_site_s_own_language_counts_first(tab: Callable[..., Person]) -> None:
    """With data-lang the chrome is in that language, whatever the page and the browser speak."""
    person = tab(locale="fr-FR")
    person.page.route(
        "**/chat/",
        lambda route: route.fulfill(
            content_type="text/html",
            body='<!doctype html><html lang="es"><reinstate-chat full data-lang="de"></reinstate-chat>'
            '<script src="widget.js" defer></script>',
        ),
    )
    person.visit()
    expect(person.button("Senden")).to_be_visible()


def test_a_language_that_cannot_be_fetched_is_english(tab: Callable[..., Person]) -> None:
    """When its words do not come, the chat is there all the same."""
    person = tab(locale="de-DE")
    person.page.route("**/widget.de.json", lambda route: route.abort())
    person.visit()
    expect(person.button("Send")).to_be_visible()


def test_the_composer_has_the_focus_on_load(person: Person) -> None:
    """One can write at once."""
    expect(person.text).to_be_focused()


@pytest.mark.parametrize("asked", ["I was suspended", LONG])
def test_the_outcome_is_seen_without_scrolling_on_a_phone(
    tab: Callable[..., Person], scripted: ScriptedBot, asked: str
) -> None:
    """Of a reply of 900 characters the outcome stands whole in view, above what is written with; so does its
    end, when the person's own message is short.
    """
    person = tab(**PHONE)
    text = f"{OUTCOME}\n\n{REST}"[:860]
    scripted.answer(
        line(text),
        line("When did it happen to you, roughly?"[:40], ("Lately", "/affirm"), ("Long ago", "/deny")),
    )
    scripted.watch(person)
    person.visit().say(asked)
    expect(person.page.get_by_text(OUTCOME)).to_be_in_viewport(ratio=1)
    place = person.page.get_by_text(OUTCOME).bounding_box()
    footer = person.page.locator("footer").bounding_box()
    assert place is not None
    assert footer is not None
    assert place["y"] + place["height"] < footer["y"]
    expect(person.page.locator(".line.person")).to_be_in_viewport()
    if asked != LONG:
        answer = person.page.locator(".line.bot .text").first.bounding_box()
        assert answer is not None
        assert answer["y"] + answer["height"] <= footer["y"]


def test_own_long_texts_are_folded_after_six_lines(person: Person, scripted: ScriptedBot) -> None:
    """A long paste shows six lines and the rest on demand, also after a reload; a short one is left alone."""
    scripted.answer(line("I see."))
    person.say("one\ntwo")
    expect(person.button("Show all")).to_have_count(0)
    person.say(LONG)
    height = "root.querySelector('.line.person .folded, .turn:last-child .line.person .text').clientHeight"
    folded = person.root(height)
    assert 5 * 20 < folded < 8 * 26
    person.button("Show all").click()
    assert person.root("root.querySelector('.turn:last-child .line.person .text').clientHeight") > 3 * folded
    person.button("Show less").click()
    assert folded == person.root(height)
    assert LONG == person.said()[-1]


def test_seven_lines_of_a_narrow_screen_are_folded(person: Person, scripted: ScriptedBot) -> None:
    """How long a text is there, its characters do not tell."""
    scripted.answer(line("I see."))
    person.page.set_viewport_size({"width": 320, "height": 700})
    person.say(
        "They blocked me on Friday and I still do not know why, for nobody there writes more than one line. "
        * 2
    )
    expect(person.button("Show all")).to_be_visible()


@pytest.mark.parametrize("text", ["مرحبا", "שלום", "hello"])
def test_own_messages_stand_on_the_right_whatever_their_direction(
    person: Person, scripted: ScriptedBot, text: str
) -> None:
    """A short message from right to left stands where the person's messages stand."""
    scripted.answer(line("I see."))
    person.say(text)
    log, mine = person.log.bounding_box(), person.page.locator(".line.person .text").bounding_box()
    assert log is not None
    assert mine is not None
    assert mine["x"] + mine["width"] == pytest.approx(log["x"] + log["width"], abs=2)
    assert mine["width"] < log["width"] / 3


def test_the_arrow_covers_nothing(person: Person, scripted: ScriptedBot) -> None:
    """Scrolled up, the way to the end stands beside the text to write, over no line and no button."""
    scripted.answer(line(f"{REST}\n\n{REST}\n\n{REST}", ("Yes", "/affirm"), ("No", "/deny")))
    person.page.set_viewport_size({"width": 390, "height": 600})
    person.say("hello")
    person.say("again")
    arrow = person.button("Newest message")
    expect(arrow).to_be_visible()
    box, pane = arrow.bounding_box(), person.page.locator(".pane").bounding_box()
    assert box is not None
    assert pane is not None
    assert box["y"] >= pane["y"] + pane["height"]
    arrow.click()
    expect(arrow).to_be_hidden()
    expect(person.page.locator(".choice").last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (640, 400), (320, 256), (195, 422)])
def test_zoomed_in_there_is_room_to_read(
    person: Person, scripted: ScriptedBot, width: int, height: int
) -> None:
    """At 200 % of a laptop's screen (and 400 %) more than half the height is left for the answer."""
    scripted.answer(line(REST))
    person.page.set_viewport_size({"width": width, "height": height})
    person.say("hello")
    pane = person.page.locator(".pane").bounding_box()
    assert pane is not None
    assert pane["height"] > height / 2
    expect(person.text).to_be_in_viewport(ratio=1)
    assert person.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_explanation_folds_once_the_conversation_begins(person: Person, scripted: ScriptedBot) -> None:
    """Beside the start stands what this is; after the first message the whole width is the conversation's."""
    scripted.answer(line("I see."))
    aside = person.page.get_by_role("complementary")
    expect(aside).to_be_visible()
    person.say("hello")
    expect(aside).to_be_hidden()
    panel = person.page.locator(".panel").bounding_box()
    assert panel is not None
    assert 1280 == panel["width"]
    person.button("About").click()
    expect(aside).to_be_visible()
    person.page.keyboard.press("Escape")
    expect(aside).to_be_hidden()


_PUT = """([kind, type, outside]) => {
  const text = outside ? document.body : document.querySelector('reinstate-chat').shadowRoot.querySelector('#text');
  const data = new DataTransfer();
  if (type === 'text/plain') data.setData(type, 'words'); else data.items.add(new File(['x'], 'x.png', {type}));
  const options = {bubbles: true, composed: true, cancelable: true};
  const event = kind === 'paste' ? new ClipboardEvent(kind, {...options, clipboardData: data})
    : new DragEvent(kind, {...options, dataTransfer: data});
  return text.dispatchEvent(event);
}"""


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("kind", ["paste", "dragover", "drop"])
def test_a_picture_is_answered_in_one_line(person: Person, kind: str, outside: bool) -> None:
    """A picture brings "can't read pictures", wherever on the page it is put, and the page stays."""
    assert not person.page.evaluate(_PUT, [kind, "image/png", outside])
    expect(person.page.locator(".hint")).to_have_text("I can’t read pictures. Please paste the text instead.")
    assert person.page.evaluate(_PUT, [kind, "text/plain", outside])


def test_that_it_is_not_right_is_said_small(person: Person, scripted: ScriptedBot) -> None:
    """Beside the letter it is no button of the same weight."""
    offers = [("Draft an appeal", "/draft_appeal"), ("Not right?", "/feedback_wrong_cause")]
    scripted.answer(line("An appeal can work here.", *offers))
    person.say("hello")
    letter, wrong = person.button("Draft an appeal"), person.button("Not right?")
    edges = [b.evaluate("b => getComputedStyle(b).borderTopColor") for b in (letter, wrong)]
    assert "rgba(0, 0, 0, 0)" == edges[1] != edges[0]


def test_the_order_after_a_reload_is_the_one_that_was_seen(person: Person) -> None:
    """What stood above stands above again."""
    person.say("hello")
    person.say("a client paid me over paypal")
    before = person.seen()
    person.page.reload()
    person.settle()
    assert before == person.seen()


def test_enter_within_a_composition_sends_nothing(person: Person) -> None:
    """While an input method composes, Enter and Escape are its own, also as Safari tells them."""
    person.text.fill("にほ")
    for how in ("isComposing: true", "keyCode: 229"):
        for key in ("Enter", "Escape"):
            person.root(
                "root.querySelector('#text').dispatchEvent(new KeyboardEvent('keydown', "
                f"{{key: '{key}', {how}, bubbles: true, composed: true, cancelable: true}}))"
            )
    expect(person.text).to_have_value("にほ")
    assert [] == person.seen()


def test_storage_that_is_cleared_or_full_ends_nothing(person: Person) -> None:
    """Whatever the site or the browser does with the storage, the conversation goes on."""
    person.say("hello")
    conversation = person.session()["conversation"]
    person.page.evaluate("() => localStorage.clear()")
    person.say("and now?")
    assert ["hello", "and now?"] == person.said()
    person.page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
    person.say("still there?")
    assert ["hello", "and now?", "still there?"] == person.said()
    person.page.evaluate("() => dispatchEvent(new StorageEvent('storage', {key: null}))")
    person.settle()
    assert ["hello", "and now?", "still there?"] == person.said()
    assert conversation == person.page.evaluate(
        "() => document.querySelector('reinstate-chat').talk.session.conversation"
    )
