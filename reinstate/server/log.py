"""Lines of the log: without secrets, and with a name of the conversation that only we can tell its id from.

A turn's lines end with fields, `name=value`, that a log collector reads: `conversation` is the same for all
turns of one conversation on all machines that share SESSION_SECRET, and tells nobody else which one it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Iterable, Iterator
from contextvars import ContextVar

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_CONVERSATION: ContextVar[str] = ContextVar("conversation", default="")
_DIGEST = 6  # bytes of a conversation's name


class Discreet(logging.Formatter):
    """Writes no secret into the log, whoever says it there, and in whichever traceback."""

    def __init__(self, secrets: list[str], key: str = "") -> None:
        """Keep out what is in the list; what contains others stands before them.

        Args:
            secrets: what is not to be read in a log.
            key: what conversations are named by; without one they have no name.
        """
        super().__init__(FORMAT)
        self._secrets, self._key = secrets, hashlib.sha256(key.encode()).digest() if key else b""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and what follows it, with dots in the place of each secret."""
        first, *rest = hidden(super().format(record), self._secrets).split("\n")
        return "\n".join([" ".join([first, *self._fields(record)]), *rest])

    def _fields(self, record: logging.LogRecord) -> Iterator[str]:
        """The conversation's name, then what the line itself tells."""
        if self._key and (conversation := _CONVERSATION.get()):
            name = hashlib.blake2b(conversation.encode(), key=self._key, digest_size=_DIGEST).hexdigest()
            yield f"conversation={name}"
        for field, value in (getattr(record, "fields", None) or {}).items():
            yield f"{field}={value}"


@contextlib.contextmanager
def turn_of(conversation: str) -> Iterator[None]:
    """Name a conversation in every line that is logged meanwhile."""
    before = _CONVERSATION.set(conversation)
    try:
        yield
    finally:
        _CONVERSATION.reset(before)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text with dots in the place of each secret; what contains others stands before them."""
    for secret in secrets:
        text = text.replace(secret, "…")
    return text
