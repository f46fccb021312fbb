"""Sends real people's wording through the running bot and counts what was read and offered.

    python -m bench.voices FILE.jsonl

Right: the intent, a cause with its stance, or the topic of an answer is one that the line names.
Offered: it is read, or a button of the reply stands for it. Forms of a line: see `bench.heard`.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.heard import Heard, play, read_voices, wanted


def main() -> None:
    """Run the file and print the table, the line for all of them last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--wrong", action="store_true", help="print the messages that were read wrongly")
    chosen = parser.parse_args()
    heard = list(play(read_voices(chosen.file)))
    if chosen.wrong:
        for one in (h for h in heard if not h.right):
            how = "offered" if one.served else "missed"
            sides = f"{sorted(wanted(one.voice))} <- {sorted(one.read)}"
            sys.stdout.write(f"{how:<8}{sides}: {one.voice['text'][:150]}\n")
    for line in table(heard):
        sys.stdout.write(line + "\n")


def table(heard: Sequence[Heard]) -> Iterable[str]:
    """A line for each kind and language, with how many were right, and right or offered."""
    by_kind, by_language = defaultdict(list), defaultdict(list)
    for one in heard:
        by_kind[one.kind].append(one)
        by_language[one.language].append(one)
    yield f"{'':<32}{'messages':>9}{'right':>8}{'offered':>9}"
    for groups in (by_kind, by_language):
        for name, group in sorted(groups.items()):
            yield _line(name, group)
    others = [h for h in heard if h.language != "en"]
    if others and len(others) < len(heard):
        yield _line("other languages", others)
        yield _line("English", [h for h in heard if h.language == "en"])
    yield _line("all", heard)


def _line(name: str, heard: Sequence[Heard]) -> str:
    right, served = (sum(values) / len(heard) for values in zip(*((h.right, h.served) for h in heard)))
    return f"{name:<32}{len(heard):>9}{right:>8.3f}{served:>9.3f}"


if __name__ == "__main__":
    main()
