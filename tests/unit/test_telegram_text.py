"""What Telegram shows and sends, read and written without any network."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from reinstate.channels.telegram_text import (
    LONGEST_MESSAGE,
    Me,
    TelegramJob,
    is_anothers,
    keyboard,
    migration,
    needs_name,
    pieces,
    read,
    split,
    to_html,
    units,
)
from reinstate.stores.lines import Line, Source
from tests.channels.fake_telegram import links, parsed, read_html

ME = Me(7001, "Reinstate_Test_Bot")
BOT = {"id": 7001, "is_bot": True, "first_name": "R", "username": "Reinstate_Test_Bot"}
GROUP, PERSON = -1009, 42


def update(text: str | None = None, *, group: bool = False, **more: Any) -> Update:
    """An update with a message."""
    chat = {"id": GROUP, "type": "supergroup"} if group else {"id": PERSON, "type": "private"}
    content = {
        "message_id": 3,
        "date": 1,
        "chat": chat,
        "from": {"id": PERSON, "is_bot": False, "first_name": "P"},
        **({} if text is None else {"text": text}),
        **more,
    }
    found = Update.de_json({"update_id": 9, "message": content}, None)
    assert found
    return found


def heard(text: str, **more: Any) -> str | None:
    """What the bot hears of a text in a group."""
    job = read(update(text, group=True, **more), ME)
    return job.text if job else None


def tap(data: str | None, user: int = PERSON, *, group: bool = True) -> Update:
    """An update with a press of a button."""
    chat = {"id": GROUP, "type": "supergroup"} if group else {"id": user, "type": "private"}
    content = {
        "id": "q",
        "from": {"id": user, "is_bot": False, "first_name": "P"},
        "chat_instance": "1",
        "message": {"message_id": 5, "date": 1, "chat": chat, "text": "?"},
        **({} if data is None else {"data": data}),
    }
    found = Update.de_json({"update_id": 9, "callback_query": content}, None)
    assert found
    return found


# --- shown -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<b>Better not:</b>\n• this", "Better not:\n• this"),
        ("It said:stop", "It said:stop"),
        ("<b>&lt;x&gt;:</b>", "<x>:"),
        (f"{'x' * 70}:", f"{'x' * 70}:"),
    ],
)
def test_text_becomes_html_that_shows_the_same(html: str, text: str) -> None:
    """Everything is escaped; a short line that introduces a list is bold; no word changes."""
    assert html == to_html(text)
    assert text == parsed(html, "HTML")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_any_text_is_valid_html(text: str) -> None:
    """Whatever a person wrote, a reply that quotes it is shown as it is."""
    assert text == parsed(to_html(text), "HTML")


@pytest.mark.parametrize(
    "text",
    ["x" * 9000, "word " * 2000, "A line.\n" * 1200, "😀" * 5000, "<&>" * 3000, "p\n\n" * 3000],
    ids=["unbroken", "words", "lines", "surrogate pairs", "escapes", "paragraphs"],
)
def test_long_texts_are_split_within_the_limit(text: str) -> None:
    """Every part fits in UTF-16 units as it is shown, and nothing is lost but white space."""
    parts = split(text)
    assert all(units(part) <= LONGEST_MESSAGE for part in parts)
    assert "".join(text.split()) == "".join("".join(parts).split())


def test_a_long_text_is_cut_between_paragraphs() -> None:
    """Where there are paragraphs, no paragraph is torn."""
    paragraphs = [f"{n} " + "word " * 100 for n in range(20)]
    parts = split("\n\n".join(paragraphs))
    assert [p.strip() for p in paragraphs] == [p.strip() for part in parts for p in part.split("\n\n")]


@pytest.mark.parametrize(
    ("count", "text"), [(0, ""), (0, " \n "), (1, "x"), (1, "x" * 4096), (2, "x" * 4097)]
)
def test_there_is_one_part_where_one_is_enough(count: int, text: str) -> None:
    """A text at the limit is one message; nothing is none."""
    assert count == len(split(text))


SOURCES = (
    Source("A <b> & c", 'https://a.example/?x=1&y="2"'),
    Source("The guide"),
    Source("no", "javascript:1"),
)


def seen(line: Line) -> list[dict[str, Any]]:
    """The messages of a line as a person sees them."""
    read = [read_html(piece.html, "HTML") for piece in pieces(line)]
    assert [text for text, _ in read] == [piece.plain for piece in pieces(line)]
    return [{"text": text, "entities": entities} for text, entities in read]


def test_sources_are_one_last_line_of_links() -> None:
    """Titles are escaped and link where they have an address of the web."""
    (message,) = seen(Line("bot", "So.", (), SOURCES))
    assert "So.\n\nA <b> & c · The guide · no" == message["text"]
    assert [("A <b> & c", 'https://a.example/?x=1&y="2"')] == links(message)


@pytest.mark.parametrize(
    ("text", "count"), [("", 1), ("x" * 4050, 1), ("x" * 4080, 2), ("x" * 4096, 2), ("x" * 5000, 2)]
)
def test_sources_go_where_they_fit(text: str, count: int) -> None:
    """Without a text they stand alone, and a full message is followed by theirs."""
    messages = seen(Line("bot", text, (), SOURCES))
    assert count == len(messages)
    assert messages[-1]["text"].endswith("A <b> & c · The guide · no")
    assert all(units(message["text"]) <= LONGEST_MESSAGE for message in messages)


def test_many_sources_fit_telegrams_limit() -> None:
    """However many there are, the message is taken."""
    (message,) = seen(
        Line("bot", "", (), tuple(Source("x" * 900, f"https://a.example/{n}") for n in range(90)))
    )
    assert 1 <= units(message["text"]) <= LONGEST_MESSAGE


@pytest.mark.parametrize("letter", ["word " * 600, "<&> " * 750, "😀" * 2000])
def test_a_letter_is_one_message_and_as_it_was_written(letter: str) -> None:
    """The longest letter can be copied from one message; no line of it is made bold."""
    (piece,) = pieces(Line("bot", f"What happened:\n{letter}", kind="letter"))
    assert "<b>" not in piece.html
    assert f"What happened:\n{letter}".strip() == parsed(piece.html, "HTML")


def test_buttons_without_a_text_have_one() -> None:
    """Telegram takes no message without words: the titles stand in."""
    buttons = ({"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"})
    assert ["Yes · No"] == [piece.plain for piece in pieces(Line("bot", "", buttons))]


def test_buttons_carry_at_most_64_bytes() -> None:
    """A payload that Telegram would refuse is left out, so that the reply is not lost."""
    buttons = [
        {"title": "a", "payload": "/x" + "y" * 62},
        {"title": "b", "payload": "/x" + "é" * 32},
    ]
    assert [("a", "/x" + "y" * 62)] == keyboard(buttons, None)


def test_buttons_in_a_group_name_their_owner() -> None:
    """In a group the callback data begins with whom the reply was for."""
    assert [("a", "rs|/deny")] == keyboard([{"title": "a", "payload": "/deny"}], 1000)


# --- received --------------------------------------------------------------------------------


def test_a_private_message_is_a_turn_of_its_person() -> None:
    """The conversation is telegram-<user>, the id that of the update."""
    assert TelegramJob("9", f"telegram-{PERSON}", PERSON, text="hello") == read(update("hello"), ME)


def test_a_group_message_is_a_turn_of_its_member() -> None:
    """The conversation is telegram-<chat>-<user>, and the reply answers the message."""
    expected = TelegramJob("9", f"telegram-{GROUP}-{PERSON}", GROUP, text="help me", owner=PERSON, reply_to=3)
    assert expected == read(update("@Reinstate_Test_Bot help me", group=True), ME)


def test_what_is_private_is_masked_before_it_is_kept() -> None:
    """The inbox never holds an e-mail address."""
    job = read(update("write to me@home.org"), ME)
    assert job and "me@home.org" not in str(job.body())


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("what now?", "@Reinstate_Test_Bot what now?"),
        ("what now?", "@REINSTATE_TEST_BOT what now?"),
        ("what now?", "@reinstate_test_bot, what now?"),
        ("what now?", "what now? @reinstate_test_bot"),
        ("what about my account", "what about @Reinstate_Test_Bot my account"),
        ("/start", "@Reinstate_Test_Bot"),
        ("/help", "/help"),
        ("/help", "/help@Reinstate_Test_Bot"),
        ("/help", "/help@reinstate_test_BOT"),
        ("/start ref", "/start@Reinstate_Test_Bot ref"),
        ("/frobnicate", "/frobnicate@Reinstate_Test_Bot"),
        ("/help", "@Reinstate_Test_Bot /help"),
        (None, "what now?"),
        (None, "@Somebody_Else what now?"),
        (None, "@Reinstate_Test_Bot2 what now?"),
        (None, "mail me@Reinstate_Test_Bot"),
        (None, "/help@Another_Bot"),
        (None, "/ban him"),
        (None, "see /help"),
    ],
)
def test_in_groups_only_what_is_addressed_is_heard(expected: str | None, text: str) -> None:
    """A mention in any case, one of our commands, or a command with our name; the name goes."""
    assert expected == heard(text)


@pytest.mark.parametrize(
    ("expected", "author"),
    [("thanks", BOT), (None, {"id": 5, "is_bot": False, "first_name": "Q"})],
    ids=["the bot", "somebody else"],
)
def test_a_reply_to_the_bot_addresses_it(expected: str | None, author: dict[str, Any]) -> None:
    """A reply counts if the quoted message is the bot's."""
    quoted = {
        "message_id": 2,
        "date": 1,
        "chat": {"id": GROUP, "type": "supergroup"},
        "from": author,
    }
    assert expected == heard("thanks", reply_to_message=quoted)


def test_a_mention_by_link_addresses_it() -> None:
    """A text mention names the account without an @."""
    entity = {"type": "text_mention", "offset": 0, "length": 9, "user": BOT}
    assert "what now?" == heard("Reinstate what now?", entities=[entity])


def test_a_caption_in_a_group_can_mention_it() -> None:
    """A photo with a mention in its caption is read as text."""
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    job = read(update(group=True, photo=photo, caption="@Reinstate_Test_Bot read this"), ME)
    assert job and "read this" == job.text


@pytest.mark.parametrize(
    "more",
    [
        {"sender_chat": {"id": -5, "type": "channel"}},
        {"from": {"id": 8, "is_bot": True, "first_name": "Other"}},
        {"from": None},
    ],
    ids=["written as a channel", "another bot", "nobody"],
)
def test_only_people_are_heard(more: dict[str, Any]) -> None:
    """Messages of channels and bots, and without an author, are met with silence."""
    assert read(update("@Reinstate_Test_Bot hi", group=True, **more), ME) is None


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("/start", "/start@Reinstate_Test_Bot"),
        ("/start@Other_Bot", "/start@Other_Bot"),
        ("about the /bottom line", "about the /bottom line"),
        ("/start", "  /start  "),
    ],
)
def test_private_commands_lose_only_our_own_name(expected: str, text: str) -> None:
    """Another bot's name stays, and no letter of an ordinary text is cut out."""
    job = read(update(text), ME)
    assert job and expected == job.text


def test_before_the_name_is_known_only_mentions_need_it() -> None:
    """A private message, or group talk without an @, can be judged at once."""
    assert needs_name(update("@x hi", group=True))
    assert not needs_name(update("@x hi"))
    assert not needs_name(update("hi", group=True))


def test_a_tap_in_a_group_counts_for_its_owner_only() -> None:
    """Another member's press is known as such and leads to no turn."""
    mine, others = tap("16|/deny"), tap("17|/deny")
    job = read(mine, ME)
    assert job and ("/deny", f"telegram-{GROUP}-{PERSON}") == (job.button, job.conversation)
    assert read(others, ME) is None
    assert others.callback_query and is_anothers(others.callback_query)


def test_a_tap_without_data_asks_for_nothing() -> None:
    """A game's button has no data."""
    assert read(tap(None), ME) is None


def test_a_job_survives_the_inbox() -> None:
    """What is kept is all that is needed to go on after a crash."""
    job = read(tap("16|/deny"), ME)
    assert job and job == TelegramJob(**json.loads(json.dumps(job.body())), conversation=job.conversation)


# --- who somebody is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"migrate_to_chat_id": -1002}, (GROUP, -1002)),
        ({"migrate_from_chat_id": -7}, (-7, GROUP)),
        ({"text": "hi"}, None),
    ],
)
def test_a_group_that_becomes_a_supergroup_is_followed(
    more: dict[str, Any], expected: tuple[int, int] | None
) -> None:
    """Telegram tells in both chats; neither is something to answer."""
    found = update(group=True, **more)
    assert expected == migration(found)
    assert read(found, ME) is None


ANONYMOUS = {
    "from": {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
    "sender_chat": {"id": GROUP, "type": "supergroup", "title": "G"},
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@Reinstate_Test_Bot hello", "telegram_anonymous"),
        ("/help@Reinstate_Test_Bot", "telegram_anonymous"),
        ("what do you all think?", None),
    ],
)
def test_an_anonymous_admin_gets_a_word_where_the_bot_is_addressed(text: str, said: str | None) -> None:
    """Nobody knows who it is, so there is no conversation; and no silence."""
    job = read(update(text, group=True, **ANONYMOUS), ME)
    assert said == (job.say if job else None)
    assert job is None or job.text is None
