"""How often in a row a person was not understood, and what they may have meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reinstate.knowledge import Knowledge

MISSES = ("nlu_fallback", "out_of_scope")
_GUESSES, _GUESS = 2, 0.05


def misses(events: Sequence[Mapping[str, Any]]) -> int:
    """Count the latest user messages, without a gap, that were not understood or out of scope.

    Args:
        events: Rasa events as dictionaries, oldest first.
    """
    count = 0
    for event in reversed(events):
        if event.get("event") == "user":
            intent = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
            if intent not in MISSES:
                break
            count += 1
    return count


def guesses(ranking: Sequence[Mapping[str, Any]], knowledge: Knowledge) -> list[str]:
    """The two likeliest intents of a message that was not understood, as far as they are likely at all.

    Args:
        ranking: `intent_ranking` of Rasa's `latest_message`; the first is the fallback itself.
        knowledge: for the titles; what has none cannot be pressed.
    """
    likely = [str(e["name"]) for e in ranking[1:] if float(e["confidence"]) >= _GUESS]
    return [intent for intent in likely if knowledge.title_of(intent)][:_GUESSES]
