"""What a person wants with a message, whatever it is about: to tell, to ask whether, to ask how, to talk.

The intents know many topics, each from its own examples; what asking whether something is allowed
sounds like is learnt here from all of them together, and holds for topics that were never asked so.
"""

from __future__ import annotations

from typing import Literal, get_args

from reinstate.understanding.labels import ASK_RULE, FAQ, OUTSIDE, Label

Act = Literal["asks", "rule", "talks", "tells"]
ACTS: tuple[Act, ...] = get_args(Act)
_TELLING = ("cause_", "deny_", "lookalike_", "circumstance_", "inform_")
_ASKING = ("ask_", "platform_question")


def act_of(label: Label) -> Act:
    """The act of a learnt intent."""
    if label.intent == ASK_RULE:
        return "rule"
    if label.name.startswith(_TELLING):
        return "tells"
    if label.intent == FAQ or (label.name.startswith(_ASKING) and label.name not in OUTSIDE[:1]):
        return "asks"
    return "talks"
