"""What one event of Slack or one update of Telegram asks for."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """A turn with `text` or `button`, or only something to `say`.

    Attributes:
        id: of the message for the gate.
        conversation: whose turn it is.
        text: that was written.
        button: payload that was pressed.
        say: a response of the domain that is said in place of a turn.
    """

    id: str
    conversation: str
    _: KW_ONLY
    text: str | None = None
    button: str | None = None
    say: str | None = None

    @property
    def press(self) -> Hashable | None:
        """What a second press on the same button has in common with this one; None without a button."""
        raise NotImplementedError

    def body(self) -> dict[str, Any]:
        """What the inbox keeps beside the conversation: only what is set."""
        return {k: v for k, v in asdict(self).items() if v is not None and k != "conversation"}
