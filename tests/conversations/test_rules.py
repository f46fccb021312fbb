"""Questions whether something is allowed, through the running bot."""

from __future__ import annotations

import json
from pathlib import Path

from tests.running import Chat, Server

RULES = Path(__file__).parents[1] / "nlu" / "rules.jsonl"
OF_A_CASE = ("causes", "disputed", "circumstances", "path", "odds")


def test_no_question_about_a_rule_opens_a_case(server: Server) -> None:
    """Nothing of a case is remembered, whatever words of suspensions a question holds."""
    opened = {}
    for line in RULES.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        chat = Chat(server.url).open()
        chat.say(text)
        slots = chat.slots(server.database)
        if found := {name: slots[name] for name in OF_A_CASE if slots.get(name)}:
            opened[text] = found
    assert {} == opened
