"""`make review`: the turns that went badly, for who improves knowledge and examples.

It prints people's own words, masked as they are kept, and never a conversation's id. Nothing is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from reinstate.core.transcript import MISSES
from reinstate.operator.kept import Kept, Turn, printed
from reinstate.operator.spoken import buttons, quoted
from reinstate.stores.lines import LETTER, Line

USUAL_MOST = 50
_HOW = "make review MOST=200"
_NOT_UNDERSTOOD, _OUTSIDE = MISSES
# What tells that a turn went badly, and why.
_REASONS = {
    _NOT_UNDERSTOOD: "not understood",
    _OUTSIDE: "out of scope twice in a row",
    "feedback_wrong_cause": "“Not right?”",
    "feedback_not_helpful": "said not to be helpful",
}
_COMPLAINTS = ("feedback_wrong_cause", "feedback_not_helpful")  # about the latest verdict
_NEXT_LIKELY = 2
_LONGEST_REPLY = 300  # characters of a line of the bot, which is known from knowledge/ anyway
_HEAD = """# Turns that went badly

**These are people's own words.** They were told in trust, and masking may have missed something. Read them to
improve the bot, and for nothing else: do not pass them on, do not copy them into files, issues or training
examples; write examples of your own that show the same."""


@dataclass(frozen=True)
class Entry:
    """What went badly: why, and the turns that show it, the last one being the one that tells it."""

    why: str
    turns: Sequence[Turn]


def main(arguments: Sequence[str]) -> int:
    """Print the page; the exit code.

    Args:
        arguments: how many at most, if not the usual number.
    """
    return printed(
        arguments,
        USUAL_MOST,
        _HOW,
        lambda kept, most: ["\n\n".join(page(list(entries(kept, most)), most))],
        "there is nothing to review",
    )


def entries(kept: Kept, most: int) -> Iterator[Entry]:
    """The latest turns that went badly, at most so many."""
    known: dict[str, dict[int, Entry]] = {}
    found = 0
    for id_, conversation in kept.meant(tuple(_REASONS)):
        if conversation not in known:
            known[conversation] = {e.turns[-1].id: e for e in badly(kept.conversations([conversation]))}
        if entry := known[conversation].get(id_):
            yield entry
            found += 1
        if found == most:
            return


def badly(turns: Sequence[Turn]) -> Iterator[Entry]:
    """What went badly in one conversation, in its order."""
    judged: Turn | None = None
    for before, turn in zip([None, *turns], turns):
        if turn.intent == _NOT_UNDERSTOOD:
            yield Entry(_REASONS[turn.intent], (turn,))
        elif turn.intent == _OUTSIDE and before and before.intent == _OUTSIDE:
            yield Entry(_REASONS[turn.intent], (before, turn))
        elif turn.intent in _COMPLAINTS:
            about = judged or before
            yield Entry(_REASONS[turn.intent], (about, turn) if about else (turn,))
        judged = turn if turn.verdict else judged


def page(found: Sequence[Entry], most: int) -> Iterator[str]:
    """The page in Markdown."""
    if not found:
        yield "No kept turn went badly: nothing to review."
        return
    yield _HEAD
    for place, entry in enumerate(found, 1):
        day = datetime.fromtimestamp(entry.turns[-1].at, timezone.utc).date()
        yield f"## {place}. {entry.why} ({day})"
        for turn in entry.turns:
            yield from _shown(turn)
    if len(found) == most:
        yield f"There may be more: {_HOW}"


def _shown(turn: Turn) -> Iterator[str]:
    yield quoted(turn.text)
    if turn.payload:
        yield "*pressed*"
    else:
        ranked = [r for r in turn.parsed.get("intent_ranking") or () if r["name"] != turn.intent]
        likely = "".join(f", `{r['name']}` {r['confidence']:.2f}" for r in ranked[:_NEXT_LIKELY])
        yield f"*read as* `{turn.intent}` {turn.confidence:.2f}{likely}"
    if turn.verdict:
        rows = " ".join(f"`{row}`" for row in turn.after.get("rows") or ())
        yield f"*verdict* {turn.verdict}" + (f", by {rows} of knowledge/verdicts.yml" if rows else "")
    replies = " ".join(f"`{response}`" for response in dict.fromkeys(turn.responses) if response)
    yield f"*answered* {replies}" if replies else "*answered nothing*"
    yield from (quoted(line) for line in map(_line, turn.said) if line)


def _line(line: Line) -> str:
    """A line of the bot, shortened; a letter is the person's own and not shown."""
    if line.kind == LETTER:
        return ""
    text = line.text if len(line.text) <= _LONGEST_REPLY else f"{line.text[:_LONGEST_REPLY].rstrip()} …"
    return "\n\n".join(part for part in (text, buttons(b["title"] for b in line.buttons)) if part)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
