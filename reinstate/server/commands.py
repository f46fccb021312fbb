"""What a person can type as a command, on every channel."""

from __future__ import annotations

FORGET_INTENT, RESTART_INTENT = "forget_me", "restart"
# Typed commands and the intents that they stand for.
COMMANDS = {"start": "greet", "help": "ask_capabilities", "restart": RESTART_INTENT, "forget": FORGET_INTENT}
