"""Writes what the bot answers to real people's messages, to be graded by fresh eyes.

    python -m bench.replies FILE.jsonl > sheet.md

Each message stands with what a good answer must do and the whole reply. `bench/rubric.md` says how
to grade; grades are given by somebody who did not write what is graded.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.heard import Heard, play, read_voices


def main() -> None:
    """Play the file and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    chosen = parser.parse_args()
    for number, heard in enumerate(play(read_voices(chosen.file)), 1):
        sys.stdout.write(sheet(number, heard))


def sheet(number: int, heard: Heard) -> str:
    """One message: what was written, what a good answer must do, and the reply with its buttons."""
    parts = [f"## {number} ({heard.language})", f"> {heard.voice['text']}".replace("\n", "\n> ")]
    if "good_answer" in heard.voice:
        parts.append(f"*Must:* {heard.voice['good_answer']}")
    for line in heard.lines:
        parts.append(line["text"])
        titles = " ".join(f"[{button['title']}]" for button in line.get("buttons") or [])
        sources = "; ".join(source["title"] for source in line.get("sources") or [])
        parts += [part for part in (titles, f"(sources: {sources})" if sources else "") if part]
    return "\n\n".join(parts) + "\n\n"


if __name__ == "__main__":
    main()
