"""`python -m reinstate.knowledge`: every mistake in `knowledge/`, with file and line."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from reinstate.knowledge.loader import load
from reinstate.knowledge.reader import KnowledgeError


def main() -> Iterator[str]:
    """Check the knowledge base; yields what to print, raises SystemExit(1) on mistakes."""
    try:
        found = load()
    except KnowledgeError as error:
        yield str(error)
        yield f"{len(error.mistakes)} mistakes in knowledge/"
        raise SystemExit(1) from None
    yield (
        f"knowledge/ is sound: {len(found.causes)} causes, {len(found.lookalikes)} look-alikes, "
        f"{len(found.topics)} topics, {len(found.table.rows)} verdict rows, {len(found.sources)} sources"
    )


if __name__ == "__main__":
    for line in main():
        sys.stdout.write(line + "\n")
