"""What each intent that is learnt stands for: a cause and how it is meant, an answer, a topic.

Beside the intents of the domain two kinds are learnt: `faq/<id>`, a question that one answer of
`knowledge/answers/` answers, and `ask_rule/<cause>`, a question about the rule on a cause that none
of them does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reinstate.knowledge import Knowledge

CAUSE, DENY, LOOKALIKE, ANSWER, RULE = "cause_", "deny_", "lookalike_", "faq/", "ask_rule/"
ABOUT_CAUSES = (CAUSE, DENY, LOOKALIKE)
UNKNOWN, NOTICE, FAQ, ASK_RULE = "cause_unknown", "inform_notice", "faq", "ask_rule"
OUTSIDE = ("out_of_scope", "platform_question")
Meaning = Literal["admits", "denies", "rule", "other"]


@dataclass(frozen=True)
class Label:
    """One learnt intent.

    Attributes:
        name: as in the training data.
        intent: the intent of the domain that stands for it.
        topic: what it is about: labels of one topic speak for each other.
        meaning: how a cause is meant, if it is about one.
        cause: id of that cause.
        answer: id of the answer that it asks for.
    """

    name: str
    intent: str
    topic: str
    meaning: Meaning = "other"
    cause: str | None = None
    answer: str | None = None


class Labels:
    """The learnt intents in the order of their columns, and what they add up to.

    Attributes:
        names: (labels,) as in the training data.
        each: (labels,) what each stands for.
        intents: the intents of the domain, in the order of the labels.
        of_intent: (labels,) the number of each one's intent.
        topics: the topics, in the order of the columns of `of_topic`.
        answers: the columns of answers.
        of_topic: (labels, topics), one where a label is of a topic.
        causes: ids of the causes that can be told, in the order of the columns below.
        admits, denies, rules: (labels, causes), one where a label admits a cause, denies it, asks about it.
        offered: (causes,) whether others can ask a person for it.
    """

    def __init__(self, names: Sequence[str], knowledge: Knowledge) -> None:
        """Look every label up once."""
        self.names = tuple(names)
        self.knowledge = knowledge
        self.each = tuple(_label(name, knowledge) for name in names)
        self.index = {label.name: number for number, label in enumerate(self.each)}
        self.intents = tuple(dict.fromkeys(label.intent for label in self.each))
        self.of_intent = np.array([self.intents.index(label.intent) for label in self.each], int)
        self.topics = tuple(dict.fromkeys(label.topic for label in self.each))
        self.answers = [number for number, label in enumerate(self.each) if label.answer]
        self._of: dict[str, list[int]] = {topic: [] for topic in self.topics}
        for number, label in enumerate(self.each):
            self._of[label.topic].append(number)
        self.of_topic = np.array([[label.topic == t for t in self.topics] for label in self.each], float)
        told = (label.cause for label in self.each if label.meaning == "admits" and label.cause)
        self.causes = tuple(dict.fromkeys(told))
        deeds = {
            f"circumstance_{c.id}": c.tells_of for c in knowledge.circumstances.values() if not c.excuses
        }
        self.admits = self._of_causes("admits") + np.array(
            [[deeds.get(name) == cause for cause in self.causes] for name in names], float
        ).reshape(len(self.names), len(self.causes))
        self.denies, self.rules = self._of_causes("denies"), self._of_causes("rule")
        facts = knowledge.causes
        self.offered = np.array([c in facts and facts[c].offered for c in self.causes], bool)

    def _of_causes(self, meaning: Meaning) -> NDArray[np.float64]:
        found = [[lab.meaning == meaning and lab.cause == c for c in self.causes] for lab in self.each]
        return np.array(found, float).reshape(len(self.each), len(self.causes))

    def columns(self, *prefixes: str) -> list[int]:
        """The columns whose labels begin with one of some words."""
        return [number for number, name in enumerate(self.names) if name.startswith(prefixes)]

    def of(self, topic: str) -> list[int]:
        """The columns of a topic."""
        return self._of.get(topic, [])


def _label(name: str, knowledge: Knowledge) -> Label:
    if name.startswith(ANSWER) and (answer := knowledge.answers.get(name.removeprefix(ANSWER))):
        if answer.kind == "rule" and answer.about in knowledge.causes:
            return Label(name, ASK_RULE, CAUSE + str(answer.about), "rule", answer.about, answer.id)
        intent = ASK_RULE if answer.kind == "rule" else FAQ
        return Label(name, intent, _topic_of(answer.serves, name), answer=answer.id)
    if name.startswith(RULE):
        cause = name.removeprefix(RULE)
        return Label(name, ASK_RULE, CAUSE + cause, "rule", cause)
    kind, _, cause = name.partition("_")
    if kind == "cause" and name != UNKNOWN:
        return Label(name, name, name, "admits", cause)
    if kind == "deny" and f"{CAUSE}{cause}" != name and cause and cause != "circumstance":
        return Label(name, name, CAUSE + cause, "denies", cause)
    return Label(name, name, name)


def _topic_of(serves: Sequence[str], name: str) -> str:
    """The intent that an answer belongs to, where that is no cause: who asks about one tells none."""
    return next((intent for intent in serves if not intent.startswith((CAUSE, DENY))), name)
