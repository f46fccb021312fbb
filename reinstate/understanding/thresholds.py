"""When a reading counts. All are measured (`make evaluate`, `python -m bench.voices`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

_DRASTIC, _EVASION, _LOOKALIKE = ("forget_me", "restart"), "help_evade", "lookalike_"
_LEAST = 1e-3


@dataclass(frozen=True)
class Thresholds:
    """When a reading counts. All are probabilities.

    Attributes:
        alone: from here on what quick encoders read is not read by slow ones.
        understood: below this best in-scope probability nothing is understood.
        outside: from here on a message has nothing to do with what this bot is for.
        certain: the least probability of what cannot be undone.
        lookalike: the same for what is said to be no suspension at all.
        evasion: the same for what is refused; nobody is to be taken for a cheat on a guess.
        crisis: from here on one clause alone tells of a crisis.
        distress: from here on a message or a clause of it shows that the person suffers or is angry.
        margin: two causes closer than this are asked about.
        sure: above this, nothing is asked.
        least: a cause with less, by the whole message and by each part, is not named; the
            likeliest one of the whole message is from here.
        named: another one is from this evidence on.
        clause: what one clause says of a cause counts from here.
        denied: a cause that is named is denied from here.
        unclear: between this and `denied`, beside a word of denial, the stance is unsure.
        asked: a cause is only asked about from this share of what speaks for it.
        answer: what one sentence of a message asks is answered from here.
        second: the same of a second question, whose answer may be one too many.
        plain: from this stated confidence on, no other cause is offered beside the one that was read.
        untold: how sure a cause is said to be at most that no clause tells.
        rival: how likely another cause must be to be offered.
        hint: the same beside what tells of no case, and of a cause beside its denial.
        slope, offset: how the best probability becomes a stated confidence that holds.
    """

    alone: float = 0.98
    understood: float = 0.25
    outside: float = 0.35
    certain: float = 0.9
    lookalike: float = 0.4
    evasion: float = 0.05
    crisis: float = 0.8
    distress: float = 0.6
    margin: float = 0.2
    sure: float = 0.6
    least: float = 0.25
    named: float = 0.35
    clause: float = 0.6
    denied: float = 0.45
    unclear: float = 0.3
    asked: float = 0.5
    answer: float = 0.4
    second: float = 0.9
    plain: float = 0.93
    untold: float = 0.8
    rival: float = 0.01
    hint: float = 0.05
    slope: float = 0.49
    offset: float = 0.94

    def needed(self, label: str) -> float:
        """The least probability at which an intent counts as understood."""
        if label in _DRASTIC:
            return self.certain
        if label == _EVASION:
            return self.evasion
        return self.lookalike if label.startswith(_LOOKALIKE) else self.understood

    def stated(self, probability: float) -> float:
        """How sure a reading is said to be: right about as often as it says."""
        p = min(max(probability, _LEAST), 1 - _LEAST)
        return 1 / (1 + math.exp(-(self.slope * math.log(p / (1 - p)) + self.offset)))
