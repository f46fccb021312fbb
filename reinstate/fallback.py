"""How often in a row a person was not understood. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MISSES = ("nlu_fallback", "out_of_scope")


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
