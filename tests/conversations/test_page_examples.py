"""What the page offers to begin with is read as it is meant, in each language of the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running import Chat, Server

PAGE = Path(__file__).parents[2] / "widget" / "page"
HEARS = {
    "example_brother": "accuse you of this, and you say it is not so: having more than one Upwork account",
    "example_paypal": "payment outside Upwork",
    "example_identity": "looks like an identity check",
    "example_no_idea": "Why Upwork names no reason is not known",
    "example_new_account": "new account",
    "example_money": "withdrawals are",
}


@pytest.mark.parametrize("language", sorted(path.stem for path in PAGE.glob("*.json")))
def test_an_example_of_the_page_is_read_as_meant(language: str, server: Server) -> None:
    """Pressed as a first message."""
    words = json.loads((PAGE / f"{language}.json").read_text(encoding="utf-8"))
    for example, heard in HEARS.items():
        said = "\n".join(line["text"] for line in Chat(server.url).open().say(words[example]))
        assert heard in said, words[example]
