"""Details that change an answer, found by the patterns of the knowledge base.

What the notice says, how far an appeal has come, and circumstances. Editors keep the patterns
in `knowledge/` (`says`); no training is needed when they change.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reinstate.knowledge import Knowledge


@dataclass(frozen=True)
class Details:
    """What a message says beside its causes; empty where it says nothing of it."""

    notice: str | None
    appealed: str | None
    circumstances: tuple[str, ...]
    denied_circumstances: tuple[str, ...]


def find(text: str, knowledge: Knowledge) -> Details:
    """Find details in a message. The first matching notice and appeal state win."""
    all_circumstances = knowledge.circumstances.values()
    denied = tuple(c.id for c in all_circumstances if _says(c.says_not, text))
    return Details(
        notice=next((n.id for n in knowledge.notices.values() if _says(n.says, text)), None),
        appealed=next((a.id for a in knowledge.appeals.values() if _says(a.says, text)), None),
        circumstances=tuple(c.id for c in all_circumstances if c.id not in denied and _says(c.says, text)),
        denied_circumstances=denied,
    )


def _says(patterns: Iterable[str], text: str) -> bool:
    return any(_compiled(pattern).search(text) for pattern in patterns)


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
