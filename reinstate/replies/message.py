"""What a reply is made of, and what its parts have in common. Pure.

A message names a response of `domain.yml` and the values for its placeholders; the words are
there and in `knowledge/`, never here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from reinstate.knowledge import Knowledge, Source

MOST_BUTTONS = 5  # of a whole reply: DESIGN, settled details
MOST_SOURCES = 3
FORM = 150  # characters of the question that a form asks again below an answer


@dataclass(frozen=True)
class Button:
    """What a person reads, and the intent that is sent when they press it (64 bytes at most)."""

    title: str
    payload: str


@dataclass(frozen=True)
class Message:
    """One message of the bot.

    Attributes:
        response: its response of the domain.
        values: for the placeholders of that.
        buttons: what can be pressed below it.
        sources: where its facts come from.
        kind: "letter" for a text to copy.
    """

    response: str
    values: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    sources: tuple[Source, ...] = ()
    kind: Literal["letter"] | None = None

    def custom(self) -> dict[str, Any]:
        """What a channel gets beside text and buttons, as it stands in Rasa's event; empty if nothing."""
        sources = [{"title": s.title, "address": s.address} for s in self.sources]
        found = {"sources": sources, "kind": self.kind}
        return {key: value for key, value in found.items() if value}


def sources(ids: Iterable[str], knowledge: Knowledge, most: int = MOST_SOURCES) -> tuple[Source, ...]:
    """The first sources of some ids, each once."""
    return tuple(knowledge.sources[i] for i in list(dict.fromkeys(ids))[:most])


def within(messages: Sequence[Message], most: int = MOST_BUTTONS) -> list[Message]:
    """The messages with as many buttons as a reply may have, each once.

    A question's own come first, which stand in the last message; of the others the first ones stay.
    """
    left, kept, shown = most, [], set[str]()
    for message in reversed(messages):
        buttons = tuple(b for b in message.buttons if b.payload not in shown)[:left]
        left -= len(buttons)
        shown.update(b.payload for b in buttons)
        kept.append(replace(message, buttons=buttons))
    return kept[::-1]


def titled_buttons(intents: Sequence[str], knowledge: Knowledge) -> tuple[Button, ...]:
    """What a message could mean, to be pressed; what has no title is left out."""
    titles = {i: knowledge.title_of(i) for i in intents}
    return tuple(Button(title, payload_of(intent)) for intent, title in titles.items() if title)


def payload_of(intent: str) -> str:
    """The button of an intent; an answer's carries the answer's id."""
    kind, _, answer = intent.partition("/")
    return f'/{kind}{{"id":"{answer}"}}' if answer else f"/{intent}"


def paragraphs(parts: Iterable[str]) -> str:
    """Parts with an empty line between them; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)


def numbered(lines: Sequence[str]) -> str:
    """Lines with their numbers."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def bullets(lines: Sequence[str]) -> str:
    """Lines with a bullet each."""
    return "\n".join(f"• {line}" for line in lines)
