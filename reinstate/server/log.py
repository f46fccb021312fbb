"""Lines of the log, without secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterable

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Discreet(logging.Formatter):
    """Writes no secret into the log, whoever says it there, and in whichever traceback."""

    def __init__(self, secrets: list[str]) -> None:
        """Keep out what is in the list; what contains others stands before them."""
        super().__init__(FORMAT)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The line, and what follows it, with dots in the place of each secret."""
        return hidden(super().format(record), self._secrets)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text with dots in the place of each secret; what contains others stands before them."""
    for secret in secrets:
        text = text.replace(secret, "…")
    return text
