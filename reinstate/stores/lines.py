"""What a conversation consists of for a person: lines, with their buttons, sources and kind.

An action that hands `json_message={"sources": [{"title", "address"}], "kind": "letter"}` to Rasa's
dispatcher gives a line its sources and kind; Rasa keeps both under `custom` of the event's data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

LETTER = "letter"


@dataclass(frozen=True)
class Source:
    """Where something said comes from; the address is None where there is only a title."""

    title: str
    address: str | None = None


@dataclass(frozen=True)
class Line:
    """One line of a conversation as a person saw it.

    Attributes:
        sender: "person" or "bot".
        buttons: titles and payloads.
        sources: of what the text says, which does not repeat them.
        kind: `LETTER` for a text to copy.
    """

    sender: str
    text: str
    buttons: tuple[dict[str, str], ...] = ()
    sources: tuple[Source, ...] = ()
    kind: str | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.buttons or self.sources)


def bot_line(text: object, data: Mapping[str, Any]) -> Line:
    """A line of the bot.

    Args:
        text: what it says, if anything.
        data: `buttons` and `custom`, as Rasa hands them to a channel and stores them.
    """
    buttons = tuple({"title": b["title"], "payload": b["payload"]} for b in data.get("buttons") or ())
    custom = data.get("custom")
    custom = custom if isinstance(custom, dict) else {}
    kind = custom.get("kind")
    sources = tuple(_sources(custom.get("sources")))
    return Line("bot", str(text or ""), buttons, sources, kind if isinstance(kind, str) and kind else None)


def _sources(given: object) -> Iterator[Source]:
    for source in given if isinstance(given, list | tuple) else ():
        title = source.get("title") if isinstance(source, dict) else None
        if isinstance(title, str) and title.strip():
            address = source.get("address")
            yield Source(" ".join(title.split()), address if isinstance(address, str) and address else None)


def sources_last(reply: Sequence[Line]) -> list[Line]:
    """A reply whose last line has the sources of all, each once.

    A letter is sent alone, so that it can be copied: after one, the sources are a line of their own.
    """
    found = {source.address or source.title: source for line in reply for source in line.sources}
    if not found:
        return list(reply)
    lines = [replace(line, sources=()) for line in reply]
    if lines[-1].kind == LETTER:
        lines.append(Line("bot", ""))
    lines[-1] = replace(lines[-1], sources=tuple(found.values()))
    return [line for line in lines if not line.empty]
