"""The widget on other people's sites: one tag, the site's own policy and styles, and its permission."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site
from tests.browser.person import Person, check_with_axe
from tests.running import Server


@pytest.fixture(scope="module")
def permitting(tmp_path_factory: pytest.TempPathFactory, foreign_site: Site) -> Iterator[Server]:
    """A bot that may be used from the foreign site."""
    running = Server(tmp_path_factory.mktemp("permitting"), WEB_ALLOWED_ORIGINS=foreign_site.url).start()
    yield running
    running.stop()


@pytest.fixture
def site(foreign_site: Site, permitting: Server) -> Site:
    """The foreign site with the tag in its page."""
    foreign_site.policy = ""
    foreign_site.page = _page(permitting)
    return foreign_site


def _page(bot: Server, attributes: str = "", head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>Site</title>{head}'
        f'<script src="{bot.url}/chat/widget.js" defer {attributes}></script></head>'
        "<body><main><h1>A site</h1><button id=own>Own button</button></main></body></html>"
    )


def test_one_tag_is_enough(tab: Callable[..., Person], site: Site, permitting: Server) -> None:
    """A tag puts a launcher on a foreign site, and the conversation works there and after a reload."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    assert [] == [asked for asked in person.requests if "/chat/" in asked and "widget.js" not in asked]
    person.button("Account suspended?").click()
    person.say("hello")
    person.check_in_step()
    person.page.reload()
    person.button("Account suspended?").click()
    person.settle()
    assert ["hello"] == person.said()


def test_a_strict_host_policy_needs_one_line(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """Under "default-src 'none'" the documented line is all that the widget needs; nothing is forbidden."""
    site.policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        f"script-src {permitting.url}; connect-src {permitting.url}"
    )
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.button("Account suspended?").click()
    person.say("hello")
    person.check_in_step()
    expect(person.page.locator(".panel")).to_have_css("position", "fixed")
    assert [] == person.violations


def test_without_permission_it_says_so(
    tab: Callable[..., Person], foreign_site: Site, server: Server
) -> None:
    """A site that the bot does not know gets no answer, and the person learns where the chat is."""
    foreign_site.policy, foreign_site.page = "", _page(server)
    person = tab()
    person.page.goto(foreign_site.url)
    person.button("Account suspended?").click()
    person.write("hello")
    expect(person.status).to_have_text("The chat cannot be used from this site.")
    link = person.page.get_by_role("link", name="Open it on its own page")
    assert f"{server.url}/chat/" == link.get_attribute("href")
    assert ["hello"] == person.said()


def test_attributes_change_its_looks(tab: Callable[..., Person], site: Site, permitting: Server) -> None:
    """Title, colour, side, language and opening at once are attributes of the tag."""
    site.page = _page(
        permitting, 'data-title="Ask us" data-colour="#ffd400" data-side="left" data-lang="de" data-open'
    )
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    panel = person.page.get_by_role("dialog", name="Ask us")
    expect(panel).to_be_visible()
    expect(person.button("Senden")).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(person.button("Senden")).to_have_css("color", "rgb(0, 0, 0)")
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] < 100
    assert "BODY" == person.page.evaluate("() => document.activeElement.tagName")


def test_the_page_s_own_buttons_can_open_and_ask(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """Reinstate.open(), close() and ask() are there for the site's own scripts."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.page.evaluate("() => Reinstate.open()")
    expect(person.text).to_be_focused()
    person.page.evaluate("() => Reinstate.close()")
    expect(person.text).to_be_hidden()
    person.page.evaluate("() => Reinstate.ask('What happens to my money?')")
    person.settle()
    assert ["What happens to my money?"] == person.said()


def test_neither_breaks_the_other_s_styles(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """A site's broad rules do not reach into the widget, and the widget's do not reach out."""
    wild = (
        "<style>* { color: red !important; font-size: 40px !important; direction: rtl } "
        "button { display: none }</style>"
    )
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    before = person.page.evaluate("() => getComputedStyle(document.querySelector('#own')).cssText")
    site.page = _page(permitting, head=wild)
    person.page.goto(site.url)
    launcher = person.button("Account suspended?")
    expect(launcher).to_be_visible()
    launcher.click()
    expect(person.text).to_have_css("font-size", "16px")
    expect(person.text).to_have_css("color", "rgb(28, 41, 45)")
    expect(person.page.locator(".root")).to_have_css("direction", "ltr")
    site.page = _page(permitting).replace("<script", "<meta").replace("</script>", "")
    person.page.goto(site.url)
    assert before == person.page.evaluate("() => getComputedStyle(document.querySelector('#own')).cssText")


def test_axe_finds_nothing_on_a_foreign_site(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """Neither the launcher nor the open panel violates a rule of axe."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    check_with_axe(person)
    person.button("Account suspended?").click()
    person.say("hello")
    check_with_axe(person)


def test_escape_closes_it_and_gives_the_focus_back(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """The keyboard opens, uses and closes the panel, and ends where it began."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    keyboard = person.page.keyboard
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(person.button("Account suspended?")).to_be_focused()
    keyboard.press("Enter")
    expect(person.text).to_be_focused()
    keyboard.type("hello")
    keyboard.press("Enter")
    person.settle()
    keyboard.press("Escape")
    expect(person.button("Account suspended?")).to_be_focused()
    expect(person.text).to_be_hidden()


def test_on_a_phone_the_panel_fills_the_screen(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """On a small screen the panel covers the page, keeps the focus inside, and closes again."""
    person = tab(
        url=permitting.url, viewport={"width": 360, "height": 640}, has_touch=True, reduced_motion="reduce"
    )
    site.page = _page(permitting, head='<meta name="viewport" content="width=device-width">')
    person.page.goto(site.url)
    person.button("Account suspended?").tap()
    box = person.page.locator(".panel").bounding_box()
    assert {"x": 0, "y": 0, "width": 360, "height": 640} == pytest.approx(box)
    for _ in range(12):
        person.page.keyboard.press("Tab")
        assert "own" != person.page.evaluate("() => document.activeElement.id")
    person.button("Close").tap()
    expect(person.button("Account suspended?")).to_be_visible()
