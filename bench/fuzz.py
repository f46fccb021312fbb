"""Odd input for all that reads what strangers send: the gate, the doors' parsers, settings, what is stored.

    python -m bench.fuzz                     a million inputs, some minutes; writes `bench/reports/fuzz.md`
    python -m bench.fuzz --inputs 50000      fewer, and only the table

Each reader has to answer with what it promises, or refuse with the one exception that it promises.
Hypothesis draws pieces, and every combination of these is an input; where one does otherwise, it ends with
the smallest pieces that show it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations, count, permutations
from typing import Any, cast
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from telegram import Update

from reinstate.channels import slack_events, slack_text, telegram_text
from reinstate.channels.gate import LONGEST_TEXT, Gate, Inbound, Refused
from reinstate.channels.web import HttpError, Tokens, _inbound
from reinstate.core.case import Case
from reinstate.core.cleaning import in_first_person, phrase, put_well, sentences, speaks, written_well
from reinstate.core.edits import Edit, edited
from reinstate.core.fulfilled import edits_of
from reinstate.core.letter import draft
from reinstate.core.own_words import STORY, own_words
from reinstate.core.parsed import ParsedMessage
from reinstate.core.review import agreed, checked, left_out
from reinstate.core.statements import Statement
from reinstate.core.wishes import parse_wishes
from reinstate.knowledge import TONES, knowledge
from reinstate.server.masking import mask
from reinstate.server.settings import ROOT, Settings, SettingsError
from reinstate.stores.lines import bot_line
from reinstate.understanding import details, segments

REPORT = ROOT / "bench" / "reports" / "fuzz.md"
MILLION = 1_000_000
BATCH = 20  # draws, of which each gives some hundred inputs
FACTS = knowledge()
TOKENS = Tokens("a secret for tests only")
TOKEN = TOKENS.issue(f"web-{'0' * 32}")
ME = telegram_text.Me(7, "reinstate_bot")
HOSTILE = (
    *(
        "/",
        "/restart",
        '/affirm{"causes": ["inactivity"]}',
        "/start x",
        "<!channel>",
        "<@U1|x>",
        "<https://x|y>",
    ),
    *(
        "<b>",
        "</a>",
        "&lt;",
        "&amp;amp;",
        "```",
        "_*~",
        "[x](javascript:1)",
        "a@b.example",
        " at gmail dot com",
    ),
    *("4111 1111 1111 1111", "+49 170 1234567", "DE89 3704 0044 0532 0130 00", "12.05.2024", "$1,200.50"),
    *(
        "\u0661\u0662",
        "\uff14",
        "👩\u200d👩\u200d👧",
        "e\u0301",
        "ß",
        "İ",
        "\u202e",
        "\u200b",
        "\0",
        "\x1b[2J",
    ),
    *(
        "\ud800",
        "\n\n",
        "\r",
        "\t",
        "'; --",
        "%s",
        "{0}",
        "I was suspended. ",
        "never ",
        "because ",
        "leave out ",
    ),
    *(
        "make it shorter",
        "?",
        ".",
        "payload=",
        "%7B%22a%22%3A1%7D",
        "1000000000",
        "v0=",
        "redis://",
        ",",
        ":",
    ),
    *("postgresql://a:b@", "word " * 90, "She ", "I never did that. ", "ǂ1ǂ"),
    *("passport ", f"{'1' * 40}_", "his name is Ma", "-" * 80),
    *("add that ", "leave out sentence 2", 'replace "a" with “b”', "move 1 after 3", "undo", "as it is: "),
)
KEYS = (
    *(
        "event",
        "type",
        "user",
        "channel",
        "text",
        "ts",
        "thread_ts",
        "channel_type",
        "team_id",
        "authorizations",
    ),
    *("actions", "value", "action_id", "block_id", "message", "blocks", "container", "team", "id", "subtype"),
    *("bot_id", "update_id", "message_id", "date", "chat", "from", "is_bot", "first_name", "callback_query"),
    *(
        "data",
        "entities",
        "offset",
        "length",
        "title",
        "migrate_to_chat_id",
        "sender_chat",
        "reply_to_message",
    ),
    *("buttons", "custom", "sources", "address", "kind", "button", "payload", "intent", "causes", "details"),
)
WORDS = (
    "message",
    "app_mention",
    "im",
    "T1",
    "U1",
    "D1",
    "1.2",
    "private",
    "supergroup",
    "admits",
    "inactivity",
)
SETTINGS = [name.upper() for name in Settings.__dataclass_fields__]

texts = st.sampled_from(HOSTILE) | st.text(max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


def texts_of(pieces: list[str]) -> Iterator[str]:
    """All texts of one, two or three of some pieces."""
    chosen = chain.from_iterable(permutations(pieces, length) for length in (1, 2, 3))
    yield from dict.fromkeys(map("".join, chosen))


def objects_of(pairs: list[tuple[str, Any]]) -> Iterator[dict[str, Any]]:
    """All objects of up to five of some fields."""
    yield from (dict(chosen) for length in range(6) for chosen in combinations(pairs, length))


def _gate(text: str) -> None:
    with contextlib.suppress(Refused):
        passed = Gate._admit(cast(Gate, None), Inbound("web-1", "1", "web", text=text))
        assert passed == passed.strip() != ""
        assert len(passed) <= LONGEST_TEXT
        assert not re.search("[\\0\ud800-\udfff]", passed)
        assert passed == mask(passed), "a mask that is masked again"
        assert not passed.startswith("/") or re.fullmatch("/[a-z_]+", passed), (
            "a command that is none of ours"
        )


def _web(found: dict[str, Any]) -> None:
    with contextlib.suppress(HttpError):
        assert _inbound("web-1", json.loads(json.dumps(found))).channel == "web"


def _token(text: str) -> None:
    with contextlib.suppress(HttpError):
        TOKENS.read(text)
        assert text == TOKEN, "a forged token"


def _slack(found: dict[str, Any]) -> None:
    body = json.dumps(found)
    forms = body, f"payload={quote(body)}", urlencode({k: str(v) for k, v in found.items()}, errors="replace")
    for form in forms:
        _slack_text(form)


def _slack_text(text: str) -> None:
    with contextlib.suppress(ValueError, RecursionError):
        found = slack_events.parse(text.encode(errors="replace"))
        for read in (slack_events.read_event, slack_events.read_click, slack_events.read_command):
            job = read(found)
            assert job is None or job.conversation.startswith("slack-")


def _signature(text: str) -> None:
    stamp, _, signature = text.partition("=")
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    found, _ = slack_events.check("secret", headers, text.encode(errors="replace"), 1e9)
    assert found is slack_events.Signature.WRONG


def _telegram(found: dict[str, Any]) -> None:
    try:
        update = Update.de_json({"update_id": 1, **found}, None)
    except Exception:  # the library's own word for a wrong shape is any; the door drops what it cannot read
        return
    if isinstance(update.update_id, int):
        telegram_text.needs_name(update)
        job = telegram_text.read(update, ME)
        assert job is None or job.conversation.startswith("telegram-")


def _way_out(text: str) -> None:
    assert slack_text.plain(slack_text.mrkdwn(text)) is not None
    assert "<!" not in slack_text.mrkdwn(text)
    html = telegram_text.to_html(text)
    assert not re.search(r"<(?!/?(?:a|b|i|s|u|code|pre)\b)", html)
    assert all(
        telegram_text.units(part) <= telegram_text.LONGEST_MESSAGE for part in telegram_text.split(text)
    )


def _setting(text: str) -> None:
    with contextlib.suppress(SettingsError):
        Settings.from_environment({SETTINGS[len(text) % len(SETTINGS)]: text})


def _reading(text: str) -> None:
    details.find(text, FACTS)
    for cut in (segments.clauses, segments.pieces, segments.questions):
        cut(text)


def _cleaning(text: str) -> None:
    for sentence in (text, *sentences(text)):
        for clean in (put_well, written_well):
            mended = clean(sentence, FACTS)
            assert mended == mended.strip()
            assert not mended or mended[-1] in ".?"
        phrase(sentence, FACTS)
    assert all(speaks(text, FACTS))
    for several in (False, True):
        in_first_person(text, FACTS, of_several=several)


def _wishes(text: str) -> None:
    found = parse_wishes(text, FACTS)
    assert found.tone in (None, *TONES)
    assert "ǂ" in text or all("ǂ" not in f"{wish.what}{wish.sentence}" for wish in found.wishes)
    letter = draft(Case(), (), [Statement("happened", text, place=STORY)], TONES[0], FACTS)
    edits: tuple[Edit, ...] = ()
    for wish in found.wishes:
        edits = (*edits, *edits_of(wish, edited(letter, edits), FACTS))
    assert all(sentence.text.strip() for sentence in edited(letter, edits).all)


def _letter(text: str) -> None:
    for place, tone in (("", TONES[0]), (STORY, TONES[-1])):
        told = [Statement("happened", sentence, place=place) for sentence in sentences(text)]
        own_words(told, Case(), (), tone, FACTS, disputes=True)
        letter = draft(Case(), (), told, tone, FACTS)
        assert all(sentence.text.strip() for sentence in letter.all)
        agreed(letter, (), told)
        assert set(checked(letter)) <= {sentence.text for sentence in letter.sentences}
        assert len(left_out([letter], told, FACTS)) <= len(told)


def _slots(found: dict[str, Any]) -> None:
    case = Case.from_slots(found, FACTS)
    assert case == Case.from_slots(case.to_slots(), FACTS)


def _parse(found: dict[str, Any]) -> None:
    ParsedMessage.from_parse({"text": "x", "intent": {"name": "greet"}, "details": found}, FACTS)


def _stored(found: dict[str, Any]) -> None:
    assert isinstance(bot_line(found.get("text"), {**found, "buttons": []}).text, str)


@dataclass(frozen=True)
class Reader:
    """What reads texts or objects, and how much of all inputs it gets; the keys of its objects."""

    read: Callable[[Any], None]
    share: float
    keys: tuple[str, ...] = ()


READERS = {
    "the gate: size, commands, masks": Reader(_gate, 0.12),
    "the page's messages": Reader(_web, 0.14, ("id", "text", "button")),
    "its tokens": Reader(_token, 0.12),
    "Slack's events, presses and commands": Reader(_slack, 0.10, KEYS),
    "Slack's bodies of any text": Reader(_slack_text, 0.10),
    "Slack's signatures": Reader(_signature, 0.05),
    "Telegram's updates": Reader(_telegram, 0.06, KEYS),
    "texts on their way to Slack and Telegram": Reader(_way_out, 0.10),
    "settings": Reader(_setting, 0.05),
    "details and clauses in a text": Reader(_reading, 0.03),
    "sentences that are mended for a letter": Reader(_cleaning, 0.02),
    "wishes for a letter": Reader(_wishes, 0.02),
    "a letter of own words, and what it leaves out": Reader(_letter, 0.01),
    "stored slots": Reader(_slots, 0.03, tuple(Case().to_slots())),
    "what the reader hands on": Reader(_parse, 0.03, KEYS),
    "stored lines": Reader(_stored, 0.02, KEYS),
}


def feed(reader: Reader, inputs: int) -> int:
    """Let a reader read so many different inputs, or some more; how many they were."""
    pieces: st.SearchStrategy[Any] = texts | st.integers(0, len(TOKEN)).map(lambda end: TOKEN[:end])
    made: Callable[[Any], Iterator[Any]] = texts_of
    if reader.keys:
        pieces, made = st.tuples(st.sampled_from(reader.keys), values), objects_of
    seen: set[int] = set()
    draws = count(1)

    def read(given: list[Any]) -> None:
        for one in made(given):
            if (known := hash(repr(one))) not in seen:
                seen.add(known)
                reader.read(one)

    while len(seen) < inputs:
        run = seed(next(draws))(given(st.lists(pieces, min_size=3, max_size=9))(read))
        settings(
            max_examples=BATCH,
            phases=(Phase.generate, Phase.shrink),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )(run)()
    return len(seen)


def measure(wanted: int, name: str) -> tuple[int, float]:
    """Feed a reader with its share; how many inputs it read, and in how many seconds."""
    began = time.monotonic()
    return feed(READERS[name], round(READERS[name].share * wanted)), time.monotonic() - began


def main() -> None:
    """Feed all readers; print the table, and write it after a million."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--inputs", type=int, default=MILLION)
    wanted = parser.parse_args().inputs
    rows, total = ["| what reads | inputs | seconds |", "|---|---|---|"], 0
    sys.stdout.write("\n".join(rows) + "\n")
    with ProcessPoolExecutor() as pool:
        for name, (read, seconds) in zip(READERS, pool.map(partial(measure, wanted), READERS)):
            total += read
            rows.append(f"| {name} | {read:,} | {seconds:.0f} |")
            sys.stdout.write(rows[-1] + "\n")
            sys.stdout.flush()
    rows.append(f"| all | {total:,} | |")
    sys.stdout.write(rows[-1] + "\n")
    if wanted >= MILLION:
        about = (
            "`python -m bench.fuzz`; each read all of these, no two of them the same, and did with none what"
            " it does not promise."
        )
        REPORT.write_text(
            f"# {str(__doc__).splitlines()[0]}\n\n{about}\n\n" + "\n".join(rows) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
