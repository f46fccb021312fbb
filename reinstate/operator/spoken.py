"""A reply as a person reads it, in Markdown. Needs no Rasa: the domain's words are read from its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from reinstate.replies.message import Message

DOMAIN = Path(__file__).resolve().parents[2] / "domain.yml"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Voice:
    """Fills the words of the domain in, as Rasa's response generator does; of several wordings the first."""

    def __init__(self, domain: Path = DOMAIN) -> None:
        """Read the responses.

        Raises:
            OSError: if the file cannot be read.
            yaml.YAMLError: if it is no YAML.
        """
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = yaml.load(domain.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - it is a safe one
        self._responses: Mapping[str, Any] = found["responses"]

    def text(self, message: Message) -> str:
        """What a message says."""
        words = str(self._responses[message.response][0].get("text") or "")
        return _PLACEHOLDER.sub(lambda place: message.values.get(place[1], place[0]), words).strip()

    def titles(self, message: Message) -> tuple[str, ...]:
        """The titles of its buttons: the domain's own come first."""
        own = self._responses[message.response][0].get("buttons") or ()
        return (*(str(button["title"]) for button in own), *(button.title for button in message.buttons))

    def words(self, messages: Iterable[Message]) -> str:
        """What messages say, without buttons and sources."""
        return "\n\n".join(map(self.text, messages))

    def reply(self, messages: Iterable[Message]) -> str:
        """Messages with their buttons and the titles of their sources."""
        parts: list[str] = []
        for message in messages:
            sources = "; ".join(source.title for source in message.sources)
            parts += [
                self.text(message),
                buttons(self.titles(message)),
                f"(sources: {sources})" if sources else "",
            ]
        return quoted("\n\n".join(part for part in parts if part))


def buttons(titles: Iterable[str]) -> str:
    """Buttons in one line."""
    return " ".join(f"[{title}]" for title in titles)


def quoted(text: str) -> str:
    """A text as Markdown's quotation, each of its lines a line."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
