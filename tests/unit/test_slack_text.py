"""How Slack's texts are read, and how the bot's become Slack's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reinstate.channels import slack_text
from reinstate.channels.slack_events import (
    Signature,
    SlackJob,
    check,
    parse,
    read_click,
    read_command,
    read_event,
)
from reinstate.stores.lines import Line, Source
from tests.channels.fake_slack import (
    APP,
    BOT,
    MOST_BLOCKS,
    MOST_HOME_BLOCKS,
    SECRET,
    TEAM,
    Message,
    check_blocks,
    click,
    direct,
    event,
    form,
    has_bare_entity,
    mention,
    shown,
    signed,
)

NOW, STAMP = 1_700_000_000.0, "1700000000.000100"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("fees &amp; taxes", "fees & taxes"),
        ("1 &lt; 2 &gt; 0", "1 < 2 > 0"),
        ("typed &lt;@U1&gt; and &lt;!channel&gt;", "typed <@U1> and <!channel>"),
        ("&amp;lt; stays as typed", "&lt; stays as typed"),
        ("see <https://upwork.com/help|upwork.com/help>", "see upwork.com/help"),
        ("see <https://upwork.com/help>", "see https://upwork.com/help"),
        ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
        ("<http://a.example> was | and <http://b.example|b> too", "http://a.example was | and b too"),
        ("<mailto:ann@mail.example|ann@mail.example>", "ann@mail.example"),
        ("<mailto:ann@mail.example>", "ann@mail.example"),
        ("<tel:+4915112345678|0151 12345678>", "0151 12345678"),
        ("<@U0BOT> I was suspended", "I was suspended"),
        ("<@U0BOT>: I was suspended", "I was suspended"),
        ("hey <@U0BOT> I was suspended", "hey I was suspended"),
        ("my brother <@U777|joe> used it", "my brother used it"),
        ("<!here> look", "look"),
        ("<!subteam^S1|@team> look", "look"),
        ("since <!date^1392734382^{date}|18 Feb>", "since 18 Feb"),
        ("in <#C123|general>", "in #general"),
        ("in <#C123>", "in"),
        ("<@U0BOT>", ""),
        ("a\n\nb", "a\n\nb"),
    ],
)
def test_what_a_person_wrote_is_read(written: str, read: str) -> None:
    """Links are their label, mentions go, entities are characters, typed marks stay."""
    assert read == slack_text.plain(written)


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("you & me", "you &amp; me"),
        ("<!channel> <@U1> <b>", "&lt;!channel&gt; &lt;@U1&gt; &lt;b&gt;"),
        ("at https://upwork.com/a?b=1&c=2.", "at <https://upwork.com/a?b=1&amp;c=2>."),
        ("(https://upwork.com)", "(<https://upwork.com>)"),
        ("https://a.example|<!here>", "<https://a.example>|&lt;!here&gt;"),
        ("&amp;", "&amp;amp;"),
    ],
)
def test_what_the_bot_says_is_escaped(said: str, sent: str) -> None:
    """Nothing that the bot repeats of a person can ping or break; addresses are links."""
    assert sent == slack_text.mrkdwn(said)
    assert said == shown(sent)


@given(st.text())
def test_any_text_survives_the_way_out(text: str) -> None:
    """What is shown is what was said, whatever it was."""
    sent = slack_text.mrkdwn(text)
    assert text == shown(sent)
    assert not has_bare_entity(sent)


@given(st.text(alphabet="ab&<> \n", min_size=1), st.integers(40, 60))
def test_long_texts_are_cut_where_nothing_breaks(text: str, most: int) -> None:
    """Pieces fit, hold all words in order, and never half an entity or link."""
    pieces = slack_text.parts(slack_text.mrkdwn(text + " https://upwork.com/x " + text), most)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert not any(has_bare_entity(piece) or piece.count("<") != piece.count(">") for piece in pieces)
    whole = f"{text} https://upwork.com/x {text}"
    assert "".join(whole.split()) == "".join("".join(shown(p) for p in pieces).split())


def test_a_text_is_cut_at_a_paragraph() -> None:
    """A reader sees whole paragraphs where they fit."""
    assert ["a" * 30, "b" * 30] == slack_text.parts("a" * 30 + "\n\n" + "b" * 30, 40)


def buttons(count: int, title: str = "Yes", payload: str = "/affirm") -> list[dict[str, str]]:
    """So many buttons."""
    return [{"title": title, "payload": payload} for _ in range(count)]


@pytest.mark.parametrize(
    ("text", "given_buttons", "messages"),
    [
        ("short", [], 1),
        ("short", buttons(5), 1),
        ("x" * 3001, [], 1),
        ("& " * 3000, buttons(3), 1),
        ("word " * 20_000, [], 3),
        ("word " * 20_000, buttons(2), 3),
        ("short", buttons(25), 1),
        ("short", buttons(60), 1),
        ("short", buttons(2, title="long " * 40), 1),
        ("", buttons(2), 1),
        ("https://upwork.com/" + "a" * 4000, buttons(1), 1),
    ],
)
def test_whatever_is_said_fits_slacks_limits(
    text: str, given_buttons: list[dict[str, str]], messages: int
) -> None:
    """Sections have 3,000 characters, rows 25 buttons, titles 75 characters; nothing is lost."""
    found = slack_text.messages(Line("bot", text, tuple(given_buttons)), "U1")
    assert messages == len(found)
    sent = ""
    for message in found:
        assert 1 <= len(message["text"]) <= 40_000
        kept = Message("D1", "1", message["text"], check_blocks(message.get("blocks", []), MOST_BLOCKS), None)
        sent += kept.shown if text else ""
    assert "".join(text.split()) == "".join(sent.split())
    rows = [b for m in found for b in m.get("blocks", []) if b["type"] == "actions"]
    assert len(given_buttons) == sum(len(r["elements"]) for r in rows)
    assert all("U1" == slack_text.owner_of(r["block_id"]) for r in rows)


@pytest.mark.parametrize(
    ("sources", "quiet"),
    [
        (
            [Source("A <b> & c", "https://a.example/?x=1&y=2")],
            "<https://a.example/?x=1&amp;y=2|A &lt;b&gt; &amp; c>",
        ),
        ([Source("The guide"), Source("B", "https://b.example")], "The guide · <https://b.example|B>"),
        ([Source("left | right", "https://a.example")], "<https://a.example|left ¦ right>"),
        ([Source("no web", "javascript:alert(1)")], "no web"),
        ([Source("<!channel>")], "&lt;!channel&gt;"),
    ],
)
def test_sources_are_one_quiet_line_of_links(sources: list[Source], quiet: str) -> None:
    """Titles are escaped and link where they have an address; they stand below text and buttons."""
    (message,) = slack_text.messages(Line("bot", "So.", tuple(buttons(2)), tuple(sources)), "U1")
    blocks = check_blocks(message["blocks"], MOST_BLOCKS)
    assert ["section", "actions", "context"] == [b["type"] for b in blocks]
    assert [quiet] == [e["text"] for e in blocks[-1]["elements"]]
    assert "So." == message["text"]


def test_many_sources_fit_slacks_limits() -> None:
    """However many there are, the message is taken, and they are one block."""
    sources = tuple(Source(f"{n} {'& ' * 400}", f"https://a.example/{n}") for n in range(90))
    (message,) = slack_text.messages(Line("bot", "", (), sources), "U1")
    assert 1 == len(check_blocks(message["blocks"], MOST_BLOCKS))
    assert message["text"]


def test_a_letter_is_one_message() -> None:
    """The longest letter, and one that is all entities, can be copied from one message."""
    for letter in ("word " * 600, "& " * 1500):
        assert 1 == len(slack_text.messages(Line("bot", letter, kind="letter"), "U1"))


def test_a_used_keyboard_becomes_the_choice() -> None:
    """The text stays, the buttons go, the title that was pressed stands below."""
    message = slack_text.messages(Line("bot", "Which?", tuple(buttons(3))), "U1")[0]
    blocks = slack_text.chosen(message["blocks"], message["text"], "Yes & no")
    assert ["section", "context"] == [b["type"] for b in check_blocks(blocks, MOST_BLOCKS)]
    assert "Which?\n✓ Yes & no" == Message("D1", "1", "", check_blocks(blocks, 50), None).shown


def test_a_choice_keeps_the_text_even_where_slack_does_not_tell_the_blocks() -> None:
    """Without the blocks, the text of the message stands in for them."""
    blocks = slack_text.chosen([], "Which?", "Yes")
    assert "Which?\n✓ Yes" == Message("D1", "1", "", check_blocks(blocks, 50), None).shown


def test_the_home_shows_each_paragraph() -> None:
    """Paragraphs are blocks, within Slack's limits."""
    view = slack_text.home("One.\n\nTwo.")
    assert 2 == len(check_blocks(view["blocks"], MOST_HOME_BLOCKS))


# --- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (signed(b"{}", at=NOW), (Signature.GOOD, 0)),
        (signed(b"{}", at=NOW - 299), (Signature.GOOD, 299)),
        (signed(b"{}", at=NOW - 301), (Signature.LATE, 301)),
        (signed(b"{}", at=NOW + 301), (Signature.LATE, -301)),
        (signed(b"{}", secret="another", at=NOW), (Signature.WRONG, 0)),
        (signed(b"{}", secret="another", at=NOW - 301), (Signature.WRONG, 0)),
        (signed(b"{ }", at=NOW), (Signature.WRONG, 0)),
        ({"X-Slack-Request-Timestamp": "1700000000"}, (Signature.WRONG, 0)),
        ({"X-Slack-Signature": signed(b"{}", at=NOW)["X-Slack-Signature"]}, (Signature.WRONG, 0)),
        ({"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0="}, (Signature.WRONG, 0)),
        ({"X-Slack-Request-Timestamp": "１７", "X-Slack-Signature": "v0=é"}, (Signature.WRONG, 0)),
        ({}, (Signature.WRONG, 0)),
    ],
)
def test_only_slack_is_believed(headers: dict[str, str], found: tuple[Signature, int]) -> None:
    """A signature counts for its body, its secret and five minutes; a wrong clock is told apart."""
    lowered = {k.casefold(): v for k, v in headers.items()}
    assert found == check(SECRET, lowered, b"{}", NOW)


def test_a_body_that_is_not_text_can_be_signed() -> None:
    """Bytes that are no UTF-8 do not upset the check."""
    body = b"\xff\xfe"
    stamp = {"x-slack-request-timestamp": str(int(NOW)), "x-slack-signature": "v0=0"}
    assert Signature.WRONG is check(SECRET, stamp, body, NOW)[0]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b"  {}", {}),
        (b"payload=%7B%22a%22%3A1%7D", {"a": 1}),
        (b"text=my+payload+was+held&user_id=U1", {"text": "my payload was held", "user_id": "U1"}),
        (b"text=&user_id=U1", {"text": "", "user_id": "U1"}),
        (b"", {}),
    ],
)
def test_bodies_are_read(body: bytes, value: dict[str, Any]) -> None:
    """JSON, a form's payload, or the form; the word "payload" in a command is a word."""
    assert value == parse(body)


@pytest.mark.parametrize("body", [b"[1]", b"payload=[]", b"payload=x", b"{", b"[" * 20_000, b"\xff"])
def test_bodies_that_are_none_are_refused(body: bytes) -> None:
    """Anything else is an error that the door knows."""
    with pytest.raises((ValueError, RecursionError)):
        parse(body)


# --- what is meant for the bot --------------------------------------------------------------------


def read(inner: dict[str, Any], **envelope: Any) -> SlackJob | None:
    """The job of an event."""
    return read_event(event(inner, **envelope))


def test_a_direct_message_is_one_conversation_for_each_person() -> None:
    """`slack-<team>-<user>`, answered where it was written."""
    job = read(direct("U1", "hello", STAMP))
    assert job
    assert ("slack-T0TEST-U1", "D1", None, False) == (job.conversation, job.channel, job.thread, job.shared)


def test_a_thread_in_a_direct_message_is_answered_there() -> None:
    """The conversation is the same, the place is the thread."""
    job = read(direct("U1", "hello", STAMP, thread_ts="1600000000.1"))
    assert job
    assert ("slack-T0TEST-U1", "1600000000.1") == (job.conversation, job.thread)


@pytest.mark.parametrize(("more", "thread"), [({}, STAMP), ({"thread_ts": "1600000000.1"}, "1600000000.1")])
def test_a_mention_is_a_conversation_for_each_thread(more: dict[str, str], thread: str) -> None:
    """`slack-<team>-<user>-<channel>-<thread>`, answered in the thread."""
    job = read(mention("U1", "<@U0BOT> hello", STAMP, "C9", **more))
    assert job
    assert (f"slack-T0TEST-U1-C9-{thread}", thread, True) == (job.conversation, job.thread, job.shared)
    assert f"https://slack.com/app_redirect?app={APP}&team={TEAM}" == job.direct


def test_a_mention_and_its_twin_are_the_same_message() -> None:
    """In a direct message both may come; they have one key."""
    both = [read(e) for e in (direct("U1", "hi", STAMP), mention("U1", "hi", STAMP, "D1"))]
    assert both[0]
    assert both[1]
    assert both[0].key == both[1].key


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_words_with_a_file_are_words(subtype: str) -> None:
    """Some subtypes are still a person who writes."""
    job = read(direct("U1", "hello", STAMP, subtype=subtype))
    assert job
    assert "hello" == job.text


NOT_MEANT: dict[str, dict[str, Any]] = {
    "a bot": event(direct("U1", "hi", STAMP, bot_id="B1")),
    "a bot of old": event(direct("U1", "hi", STAMP, subtype="bot_message")),
    "itself": event(direct(BOT, "hi", STAMP)),
    "Slackbot": event(direct("USLACKBOT", "hi", STAMP)),
    "an edit": event(direct("U1", "hi", STAMP, subtype="message_changed", message={})),
    "an edited mention": event(mention("U1", "hi", STAMP, "C1", edited={"user": "U1", "ts": "1"})),
    "a deletion": event(direct("U1", "hi", STAMP, subtype="message_deleted", hidden=True)),
    "a join": event(direct("U1", "hi", STAMP, subtype="channel_join")),
    "a group": event({**direct("U1", "hi", STAMP), "channel": "G1", "channel_type": "mpim"}),
    "talk": event({**direct("U1", "hi", STAMP), "channel": "C1", "channel_type": "channel"}),
    "private talk": event({**direct("U1", "hi", STAMP), "channel": "G1", "channel_type": "group"}),
    "nothing": event(direct("U1", "", STAMP)),
    "blanks": event(direct("U1", " \n", STAMP)),
    "a number": event({**direct("U1", "hi", STAMP), "text": 5}),
    "nobody": event({**direct("U1", "hi", STAMP), "user": None}),
    "no stamp": event({**direct("U1", "hi", STAMP), "ts": 1.5}),
    "no channel": event({**direct("U1", "hi", STAMP), "channel": {"id": "D1"}}),
    "no event": {"type": "event_callback", "event": None},
    "a list": {"type": "event_callback", "event": []},
    "nothing at all": {},
}


@pytest.mark.parametrize("body", NOT_MEANT.values(), ids=NOT_MEANT)
def test_what_is_not_meant_for_the_bot_is_no_job(body: dict[str, Any]) -> None:
    """Bots, edits, joins, groups and talk without a mention are left alone, broken events too."""
    assert read_event(body) is None


def test_a_file_without_words_gets_a_kind_word() -> None:
    """The bot cannot see pictures, and says so."""
    job = read(direct("U1", "", STAMP, subtype="file_share", files=[{"id": "F1"}]))
    assert job
    assert "slack_no_text" == job.say


def test_a_mention_alone_is_a_greeting() -> None:
    """Somebody who only names the bot wants to begin."""
    job = read(mention("U1", "<@U0BOT>", STAMP, "C1"))
    assert job
    assert "/start" == job.text


def posted(thread: str | None = None, channel: str = "C1") -> Message:
    """A message of the bot with buttons for U1."""
    blocks = slack_text.messages(Line("bot", "Which?", tuple(buttons(2))), "U1")[0]["blocks"]
    return Message(channel, STAMP, "Which?", blocks, thread)


@pytest.mark.parametrize(
    ("message", "conversation"),
    [
        (posted(channel="D1"), "slack-T0TEST-U1"),
        (posted("1600000000.1"), "slack-T0TEST-U1-C1-1600000000.1"),
        (posted(), f"slack-T0TEST-U1-C1-{STAMP}"),
    ],
)
def test_a_click_belongs_to_the_conversation_of_its_message(message: Message, conversation: str) -> None:
    """Direct message or thread, as the message stands."""
    job = read_click(click(message, message.buttons[0], "U1"))
    assert job
    assert (conversation, "/affirm", "Yes", None) == (job.conversation, job.button, job.title, job.say)


def test_a_click_of_somebody_else_is_told_so() -> None:
    """The block says whose buttons they are."""
    message = posted("1600000000.1")
    job = read_click(click(message, message.buttons[0], "U2"))
    assert job
    assert "slack_not_yours" == job.say


def test_two_clicks_on_one_keyboard_share_their_turn() -> None:
    """They differ as events and are the same to the gate."""
    message = posted("1600000000.1")
    one, two = (
        read_click(click(message, {**b, "action_ts": str(n)}, "U1")) for n, b in enumerate(message.buttons)
    )
    assert one
    assert two
    assert one.id == two.id


@pytest.mark.parametrize(
    "change",
    [
        {"actions": []},
        {"actions": None},
        {"actions": ["x"]},
        {"actions": [{"type": "button", "value": None}]},
        {"actions": [{"type": "button", "value": 5}]},
        {"actions": [{"type": "button", "value": "/greet", "action_id": slack_text.OPEN_DIRECT}]},
        {"user": None},
        {"user": {"id": 5}},
        {"team": None, "user": {"id": "U1"}},
        {"channel": None, "container": {"type": "view"}},
        {"message": None, "container": None},
    ],
)
def test_a_click_of_another_shape_is_no_job(change: dict[str, Any]) -> None:
    """What does not name a person, a place and a payload is nothing."""
    message = posted()
    assert read_click({**click(message, message.buttons[0], "U1"), **change}) is None


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("", "/start"),
        ("help", "/help"),
        ("Forget", "/Forget"),
        ("restart", "/restart"),
        ("I lost it", "I lost it"),
    ],
)
def test_a_command_speaks_in_the_direct_message(words: str, text: str) -> None:
    """Its words are a message there; none is a greeting; the gate's commands are commands."""
    job = read_command({"team_id": "T1", "user_id": "U1", "trigger_id": "1.2", "text": words})
    assert job
    assert ("slack-T1-U1", "U1", text) == (job.conversation, job.channel, job.text)


def test_a_job_survives_being_kept() -> None:
    """It goes through JSON and comes back."""
    message = posted()
    job = read_click(parse(form(click(message, message.buttons[0], "U1"))))
    assert job
    assert job == SlackJob(**json.loads(json.dumps(job.body())), conversation=job.conversation)


# --- who somebody is ------------------------------------------------------------------------------

ELSEWHERE = "T9ELSEWHERE"


@pytest.mark.parametrize("home", [None, TEAM])
def test_a_shared_channel_is_one_conversation_for_whoever_writes_in_it(home: str | None) -> None:
    """The event names the workspace that the channel began in, the click the one of the app."""
    job = read_event(event(mention("U5", "<@U0BOT> hi", STAMP, "C1"), team_id=ELSEWHERE), home)
    assert job
    message = Message("C1", "1700000000.000200", "Which?", [], STAMP)
    message.blocks = check_blocks(
        slack_text.messages(Line("bot", "?", tuple(buttons(1))), "U5")[0]["blocks"], 50
    )
    pressed = click(message, message.buttons[0], "U5")
    pressed["user"]["team_id"] = ELSEWHERE
    clicked = read_click(pressed, home)
    assert clicked
    assert f"slack-{TEAM}-U5-C1-{STAMP}" == job.conversation == clicked.conversation


def test_a_person_of_a_grid_is_one_person_in_all_its_workspaces() -> None:
    """Through whichever workspace they come, and however they do."""
    told = [{"team_id": None, "enterprise_id": "E1", "is_bot": True, "user_id": BOT}]
    written = read_event(event(direct("W5", "hi", STAMP), team_id=ELSEWHERE, authorizations=told), TEAM)
    typed = read_command({"team_id": ELSEWHERE, "user_id": "W5", "trigger_id": "1.2", "text": "hi"}, TEAM)
    message = Message("D5", STAMP, "Which?", [], None)
    message.blocks = check_blocks(
        slack_text.messages(Line("bot", "?", tuple(buttons(1))), "W5")[0]["blocks"], 50
    )
    pressed = {**click(message, message.buttons[0], "W5"), "team": None, "enterprise": {"id": "E1"}}
    clicked = read_click(pressed, TEAM)
    assert written and typed and clicked
    assert {f"slack-{TEAM}-W5"} == {written.conversation, typed.conversation, clicked.conversation}


def test_a_new_name_changes_nothing() -> None:
    """People and channels are known by their ids alone."""
    message = Message("D5", STAMP, "Which?", [], None)
    message.blocks = check_blocks(
        slack_text.messages(Line("bot", "?", tuple(buttons(1))), "U5")[0]["blocks"], 50
    )
    pressed = click(message, message.buttons[0], "U5")
    renamed = {**pressed, "user": {**pressed["user"], "username": "new", "name": "new"}}
    assert read_click(pressed) == read_click(renamed)
