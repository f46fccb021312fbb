"""Lines of the log, without secrets."""

from __future__ import annotations

import logging

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Discreet(logging.Formatter):
    """Writes no secret into the log, whoever says it there, and in whichever traceback."""

    def __init__(self, secrets: list[str]) -> None:
        """Keep out what is in the list; what contains others stands before them."""
        super().__init__(FORMAT)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The line, and what follows it, with dots in the place of each secret."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text
