"""What a person can type as a command, on every channel."""

from __future__ import annotations

FORGET_INTENT = "forget_me"
# Typed commands and the intents that they stand for.
COMMANDS = {"start": "greet", "help": "ask_capabilities", "restart": "restart", "forget": FORGET_INTENT}
