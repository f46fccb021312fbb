"""The widget on other people's sites: one tag, the site's own policy and styles, and its permission."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Route, expect

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


@pytest.mark.parametrize("status", [200, 403, 503])
def test_somebody_else_on_the_way_does_not_blame_the_site(
    tab: Callable[..., Person], site: Site, permitting: Server, status: int
) -> None:
    """A firewall or a hotel that answers everything from the bot's host says nothing of the site."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.button("Account suspended?").click()
    person.say("hello")
    person.page.route(
        f"{permitting.url}/**",
        lambda route: route.fulfill(status=status, content_type="text/html", body="<html>"),
    )
    person.write("and then")
    expect(person.status).to_contain_text("No connection")
    person.page.unroute_all()
    person.settle()
    assert ["hello", "and then"] == person.said()
    person.check_in_step()


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


def test_it_opens_with_starters_and_who_this_is(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """The opened panel has three starters, says who it is and explains itself; a starter is asked once."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.button("Account suspended?").click()
    starters = person.page.locator(".starter")
    expect(starters).to_have_count(3)
    expect(person.page.get_by_text("not Upwork, not a lawyer").first).to_be_visible()
    check_with_axe(person)
    person.page.locator(".start").get_by_role("button", name="About").click()
    about = person.page.get_by_role("dialog", name="About")
    expect(about).to_contain_text("cannot see your account")
    check_with_axe(person)
    person.page.keyboard.press("Escape")
    expect(about).to_be_hidden()
    expect(starters.first).to_be_visible()
    asked = starters.first.inner_text()
    starters.first.dblclick()
    person.settle()
    assert [asked] == person.said()


def test_what_comes_while_it_is_closed_is_counted(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """The launcher tells how much is unread, by its name, too; opening reads it. A sound is asked for."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.page.evaluate(
        """() => {
          window.tones = 0;
          const { start } = OscillatorNode.prototype;
          OscillatorNode.prototype.start = function () { window.tones += 1; return start.call(this); };
        }"""
    )
    person.button("Account suspended?").click()
    held: list[Route] = []
    for tones in (0, 2):
        person.page.route("**/chat/messages", lambda route: held.append(route))
        with person.page.expect_request("**/chat/messages"):
            person.write("hello")
        person.button("Close").click()
        held.pop().continue_()
        person.page.unroute("**/chat/messages")
        badge = person.page.locator(".badge")
        expect(badge).to_be_visible()
        person.settle()
        count = int(badge.inner_text().split()[0])
        assert count >= 1
        launcher = person.page.get_by_role(
            "button", name=re.compile(rf"Account suspended\?\s*{count}\s*unread")
        )
        expect(launcher).to_be_visible()
        check_with_axe(person)
        assert tones <= person.page.evaluate("() => window.tones")
        assert bool(tones) == bool(person.page.evaluate("() => window.tones"))
        launcher.click()
        expect(badge).to_be_hidden()
        if not tones:
            person.choose("Sound for new messages")


_KEEPS_FOCUS = """() => {
  document.body.insertAdjacentHTML('beforeend', '<div id=modal aria-modal=true role=dialog><input id=inner></div>');
  const back = event => { if (!modal.contains(event.target)) { event.stopPropagation(); inner.focus(); } };
  for (const capture of [true, false]) {
    document.addEventListener('focusin', back, capture);
    for (const kind of ['mousedown', 'touchstart', 'click']) {
      document.addEventListener(kind, event => {
        if (!modal.contains(event.target)) { event.preventDefault(); event.stopImmediatePropagation(); }
      }, capture);
    }
  }
}"""
_HAS_SHORTCUTS = """() => {
  document.body.insertAdjacentHTML('beforeend', '<input id=search>');
  const jump = event => { if (/^[a-z/?]$/i.test(event.key)) { event.preventDefault(); search.focus(); } };
  for (const target of [document, document.body, window]) {
    for (const kind of ['keydown', 'keypress', 'keyup']) target.addEventListener(kind, jump);
  }
  document.addEventListener('keydown', jump, true);
}"""


@pytest.mark.parametrize("host", [_HAS_SHORTCUTS, _KEEPS_FOCUS], ids=["shortcuts", "a modal"])
def test_what_is_typed_stays_in_the_chat(
    tab: Callable[..., Person], site: Site, permitting: Server, host: str
) -> None:
    """Neither shortcuts of the site nor the focus trap of its dialog get what is written into the chat."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    expect(person.button("Account suspended?")).to_be_visible()
    person.page.evaluate(host)
    person.page.evaluate("() => Reinstate.open()")
    person.text.click()
    person.page.keyboard.type("is my account/suspended?")
    expect(person.text).to_have_value("is my account/suspended?")
    assert ["", ""] == person.page.evaluate(
        "() => ['search', 'inner'].map(id => document.getElementById(id)?.value ?? '')"
    )
    person.button("Send").click()
    person.settle()
    assert ["is my account/suspended?"] == person.said()
    person.page.keyboard.press("Escape")
    expect(person.text).to_be_hidden()


def test_it_can_be_used_above_a_modal_dialog_of_the_site(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """A native modal dialog makes the page inert, but not the chat that the site opens over it."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.page.evaluate(
        "() => { const d = document.createElement('dialog'); document.body.append(d); d.showModal(); }"
    )
    person.page.evaluate("() => Reinstate.open()")
    person.text.click()
    person.page.keyboard.type("hello")
    person.button("Send").click()
    person.settle()
    assert ["hello"] == person.said()


_NAVIGATIONS = {
    "the body is replaced": "document.body = document.createElement('body')",
    "the body is emptied": "document.body.innerHTML = '<main>two</main>'",
    "the body is a copy": "document.body = document.body.cloneNode(true)",
    "the launcher is taken out": "document.querySelector('reinstate-chat').remove()",
}


@pytest.mark.parametrize("how", _NAVIGATIONS)
def test_it_outlives_a_navigation_within_the_page(
    tab: Callable[..., Person], site: Site, permitting: Server, how: str
) -> None:
    """Whatever a framework does to the page, there is one launcher, and the conversation goes on."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.button("Account suspended?").click()
    person.say("hello")
    for _ in range(2):
        person.page.evaluate(f"() => {{ {_NAVIGATIONS[how]}; }}")
        expect(person.page.locator("reinstate-chat")).to_have_count(1)
        expect(person.text).to_be_visible()
    person.say("thanks")
    assert ["hello", "thanks"] == person.said()
    person.page.evaluate("() => Reinstate.remove()")
    expect(person.page.locator("reinstate-chat")).to_have_count(0)


_BODIES = {
    "transformed": "body { transform: translateX(0); }",
    "filtered": "body { filter: grayscale(1); }",
    "in a menu's push": "body { will-change: transform; perspective: 300px; }",
    "contained": "body { contain: paint; overflow: hidden; height: 100px; }",
    "a grid": "html, body { margin: 0; } body { display: grid; gap: 50px; opacity: 0.1; }",
}


@pytest.mark.parametrize("body", _BODIES)
def test_what_a_site_does_to_its_body_moves_nothing(
    tab: Callable[..., Person], site: Site, permitting: Server, body: str
) -> None:
    """Launcher and panel stay in the corner of the window, wherever the page is scrolled, and take no room in it."""
    tall = "<style>main { height: 3000px; }</style>"
    site.page = _page(permitting, head=tall)
    person = tab(url=permitting.url, viewport={"width": 1000, "height": 600})
    person.page.goto(site.url)
    launcher = person.button("Account suspended?")
    expect(launcher).to_be_visible()
    length = "() => document.documentElement.scrollHeight"
    before = person.page.evaluate(length)
    person.page.add_style_tag(content=_BODIES[body])
    person.page.evaluate("() => scrollTo(0, 900)")
    box = launcher.bounding_box()
    assert box
    assert (980, 580) == (box["x"] + box["width"], box["y"] + box["height"])
    assert person.page.evaluate(length) <= before
    launcher.click()
    person.text.click()
    panel = person.page.locator(".panel").bounding_box()
    assert panel
    assert (980, 580) == (panel["x"] + panel["width"], panel["y"] + panel["height"])
    assert panel["height"] == 560


_FORBIDS = """() => {
  for (const kind of ['selectstart', 'contextmenu', 'copy', 'paste', 'dragstart']) {
    document.addEventListener(kind, event => event.preventDefault());
  }
  document.head.insertAdjacentHTML('beforeend', '<style>* { user-select: none; -webkit-user-select: none; }</style>');
}"""


def test_what_a_site_forbids_is_not_forbidden_in_the_chat(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """On a site that lets nobody select, copy, paste or open the browser's menu, a reply can be taken along."""
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.button("Account suspended?").click()
    person.page.evaluate(_FORBIDS)
    person.say("hello")
    reply = person.page.locator(".line.bot p").first
    reply.click(click_count=3)
    selected = person.root("(root.getSelection?.() ?? getSelection()).toString()")
    assert selected.strip() == reply.inner_text().strip()
    for kind in ("selectstart", "contextmenu", "copy", "paste", "dragstart"):
        made = f"new Event('{kind}', {{bubbles: true, cancelable: true, composed: true}})"
        assert person.root(f"root.querySelector('.line.bot p').dispatchEvent({made})"), kind


def test_an_old_library_of_the_site_does_not_change_what_is_said(
    tab: Callable[..., Person], site: Site, permitting: Server
) -> None:
    """Prototype.js before 1.7 gives strings and lists a `toJSON` of their own, and objects more to walk over."""
    old = """<script>
      String.prototype.toJSON = function () { return `"${this}"`; };
      Array.prototype.toJSON = function () { return `[${this.join(', ')}]`; };
      Array.prototype.each = function (act) { for (const one of this) act(one); };
      Object.prototype.clone = function () { return Object.assign({}, this); };
    </script>"""
    site.page = _page(permitting, head=old)
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.button("Account suspended?").click()
    person.say("hello")
    person.page.reload()
    person.button("Account suspended?").click()
    person.settle()
    assert ["hello"] == person.said()
    person.check_in_step()


@pytest.mark.parametrize("attributes", ["type=module", "crossorigin", "async", "type=module data-open"])
def test_any_kind_of_tag_will_do(
    tab: Callable[..., Person], site: Site, permitting: Server, attributes: str
) -> None:
    """As a module, with crossorigin, asynchronous: the script finds where it came from."""
    site.page = _page(permitting, attributes).replace(" defer ", " ")
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    if "open" not in attributes:
        person.button("Account suspended?").click()
    person.say("hello")
    person.check_in_step()


def test_it_can_be_imported(tab: Callable[..., Person], site: Site, permitting: Server) -> None:
    """A site without any tag may import() it."""
    site.page = "<!doctype html><html lang=en><title>Site</title><body><h1>A site</h1></body></html>"
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    person.page.evaluate(
        f"() => import('{permitting.url}/chat/widget.js').then(() => Reinstate.ask('hello'))"
    )
    expect(person.page.locator(".line.person")).to_be_visible()
    person.settle()
    assert ["hello"] == person.said()


@pytest.mark.parametrize("sandbox", ["allow-scripts", "allow-scripts allow-same-origin"])
def test_in_a_frame_it_starts(
    tab: Callable[..., Person], site: Site, permitting: Server, sandbox: str
) -> None:
    """In a frame, and in one without an origin and without storage, the launcher is there and opens."""
    inner = _page(permitting).replace('"', "&quot;")
    site.page = f'<!doctype html><html lang=en><title>Site</title><iframe sandbox="{sandbox}" srcdoc="{inner}"></iframe>'
    person = tab(url=permitting.url)
    person.page.goto(site.url)
    frame = person.page.frame_locator("iframe")
    frame.get_by_role("button", name="Account suspended?").click()
    expect(frame.get_by_role("button", name="Send")).to_be_visible()


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
