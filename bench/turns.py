"""What a turn costs as a conversation grows: `make bench` asks both bots, `python -m bench.turns` ours."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.running import Chat, Server

PLACES = (1, 5, 50, 200, 400, 2000)
FIRST = 5  # the turn that the others are compared with
AROUND = 4  # a place is the median of the turns that are at most so far from it: all texts, once or twice
TEXTS = (
    "my account was suspended because I have two accounts",
    "how long does it take?",
    "thank you",
    "can I open a new account?",
    "what about my money?",
    "my brother made the second one",
    "hello",
    "why?",
)
Say = Callable[[str], object]


def grow(bots: Sequence[tuple[Callable[[], Say], Sequence[str], int]]) -> list[dict[int, float]]:
    """Milliseconds at each place of one conversation, for bots that are asked in turn.

    Turn 1 is the median over conversations that begin with each of the texts.

    Args:
        bots: what opens a conversation, the texts that are said in it again and again, and the last place.
    """
    took: list[list[float]] = [[] for _ in bots]
    first = [[_timed(begin(), text) for text in texts] for begin, texts, _ in bots]
    talks = [begin() for begin, _, _ in bots]
    for turn in range(max(last for *_, last in bots) + AROUND):
        for spans, say, (_, texts, last) in zip(took, talks, bots):
            if turn < last + AROUND:
                spans.append(_timed(say, texts[turn % len(texts)]))
    return [
        {
            1: statistics.median(begun),
            **{
                at: statistics.median(spans[at - 1 - AROUND : at + AROUND]) for at in PLACES[1:] if at <= last
            },
        }
        for begun, spans, (*_, last) in zip(first, took, bots)
    ]


def _timed(say: Say, text: str) -> float:
    began = time.perf_counter()
    say(text)
    return (time.perf_counter() - began) * 1000


def table(names: Sequence[str], bots: Sequence[dict[int, float]]) -> str:
    """Each bot's milliseconds, and how many times its turn 5 they are."""
    rows = ["| turn |" + "".join(f" {name}, ms | × turn {FIRST} |" for name in names)]
    rows.append("|---" * (1 + 2 * len(names)) + "|")
    for place in bots[0]:
        cells = [
            f" {found[place]:.1f} | {found[place] / found[FIRST]:.2f} |" if place in found else " – | – |"
            for found in bots
        ]
        rows.append(f"| {place:,} |" + "".join(cells))
    return "\n".join(rows)


def main() -> None:
    """Talk on until the last place (or that of the first argument)."""
    last = int(sys.argv[1]) if len(sys.argv) > 1 else PLACES[-1]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            found = grow([(lambda: Chat(server.url).open().say, TEXTS, last)])
        finally:
            server.stop()
    sys.stdout.write(table(["Reinstate"], found) + "\n")


if __name__ == "__main__":
    main()
