"""Runs every scenario of this folder through the running bot.

A scenario is a list of turns. A turn `says` a text or `presses` a button by its title, and states
what the reply is like:

    hears:    pieces of text that the reply contains (upper and lower case are the same); a list: one of
              them
    misses:   pieces of text that it does not contain
    offers:   titles of buttons that it offers
    lacks:    titles of buttons that it does not offer
    sources:  pieces of the titles or addresses of its sources
    slots:    what the conversation remembers afterwards (`null`: nothing)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.running import Chat, Server

HERE = Path(__file__).parent
SCENARIOS = sorted(HERE.rglob("*.yml"))
KEYS = {"says", "presses", "hears", "misses", "offers", "lacks", "sources", "slots"}
LONGEST, LONGEST_LETTER = 900, 3000
MOST_BUTTONS = 5  # of a whole reply
LONGEST_PAYLOAD = 64


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda p: str(p.relative_to(HERE).with_suffix("")))
def test_scenario(scenario: Path, server: Server) -> None:
    """The bot behaves as the scenario's file name says."""
    chat = Chat(server.url).open()
    for number, turn in enumerate(yaml.safe_load(scenario.read_text(encoding="utf-8")), 1):
        assert set(turn) <= KEYS, f"turn {number} has unknown keys: {set(turn) - KEYS}"
        lines = chat.press(turn["presses"]) if "presses" in turn else chat.say(turn["says"])
        _check(number, turn, lines, chat, server)


def _check(
    number: int, turn: dict[str, Any], lines: list[dict[str, Any]], chat: Chat, server: Server
) -> None:
    text = "\n".join(line["text"] for line in lines)
    titles = [b["title"] for line in lines for b in line["buttons"]]
    where = f"turn {number}: {turn.get('says', turn.get('presses'))!r}\n{text}\n{titles}"
    assert text.strip(), f"silence at {where}"
    letter = any(line.get("kind") == "letter" for line in lines)
    longest = LONGEST_LETTER if letter else LONGEST
    assert len(text) <= longest, f"{len(text)} characters at {where}"
    assert len(titles) <= MOST_BUTTONS, f"{len(titles)} buttons at {where}"
    payloads = [b["payload"] for line in lines for b in line["buttons"]]
    assert all(len(payload.encode()) <= LONGEST_PAYLOAD for payload in payloads), where
    for piece in turn.get("hears", []):
        any_of = piece if isinstance(piece, list) else [piece]
        assert any(p.casefold() in text.casefold() for p in any_of), f"{piece!r} is missing at {where}"
    for piece in turn.get("misses", []):
        assert piece.casefold() not in text.casefold(), f"{piece!r} should not stand at {where}"
    for title in turn.get("offers", []):
        assert title in titles, f"{title!r} is not offered at {where}"
    for title in turn.get("lacks", []):
        assert title not in titles, f"{title!r} should not be offered at {where}"
    named = "\n".join(f"{s['title']} {s['address']}" for line in lines for s in line.get("sources", []))
    for piece in turn.get("sources", []):
        assert piece in named, f"{piece!r} is no source at {where}\n{named}"
    slots = chat.slots(server.database)
    for name, value in turn.get("slots", {}).items():
        assert (slots.get(name) or None) == (value or None), f"slot {name} is {slots.get(name)!r} at {where}"
