"""Reads the training examples and finds texts that stand twice. Pure but for reading files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_MARKED = re.compile(r"\[([^\]]+)\]\([a-z_]+\)")


@dataclass(frozen=True)
class Example:
    """One training example and where it stands."""

    text: str
    intent: str
    file: Path

    @property
    def bare(self) -> str:
        """The text as far as it counts: words only, lower case."""
        return re.sub(r"\W+", " ", self.text.casefold()).strip() or self.text


def read(folder: Path) -> Iterator[Example]:
    """All examples below a folder."""
    for file in sorted(folder.rglob("*.yml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu", []):
            for line in entry["examples"].splitlines() if "intent" in entry else ():
                if line.startswith("- "):
                    yield Example(_MARKED.sub(r"\1", line[2:].strip()), entry["intent"], file)


def repeated(folder: Path) -> list[str]:
    """A line for each text that stands twice, under one intent or under two."""
    seen: dict[str, Example] = {}
    found = []
    for example in read(folder):
        first = seen.setdefault(example.bare, example)
        if first is not example:
            found.append(
                f"{example.file.name}: {example.text!r} stands under {first.intent} in {first.file.name} "
                f"and under {example.intent}: keep one of them"
            )
    return found
