"""What the words of a message show: whether it asks, whether an account is in trouble. Pure."""

from __future__ import annotations

from reinstate.core.cleaning import sentences
from reinstate.core.parsed import ParsedMessage
from reinstate.knowledge import Knowledge

BARE = 2  # words that may name anything ("feedback", "my money")
_SURE = 0.6  # from here on the whole tells a deed, or denies one


def in_trouble(message: ParsedMessage, knowledge: Knowledge) -> bool:
    """Whether a message tells that the account is restricted; who asks whether it may be tells nothing."""
    if message.notice or message.appealed:
        return True
    parts = [s.text for s in message.statements] or sentences(message.text)
    trouble = knowledge.patterns["trouble"]
    return any(trouble.found(part) and not asks(part, knowledge) for part in parts)


def is_in_trouble(message: ParsedMessage, knowledge: Knowledge) -> bool:
    """Whether an account is in trouble as far as a message tells, also where it only tells a deed."""
    told = sum(sure for intent, sure in message.ranked.items() if intent.startswith(("cause_", "deny_")))
    tells = told >= _SURE and len(message.text.split()) > BARE and not asks(message.text, knowledge)
    unnoticed = knowledge.patterns["unnoticed"].found(message.text)
    return (tells or in_trouble(message, knowledge)) and not unnoticed


def asks(text: str, knowledge: Knowledge) -> bool:
    """Whether a text, or a part of one, is a question."""
    return any(knowledge.patterns[p].found(text) for p in ("asks_something", "asks_bare"))
