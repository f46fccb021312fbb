"""Details that change an answer, found by the patterns of the knowledge base.

What the notice says, how far an appeal has come, and circumstances. Editors keep the patterns
in `knowledge/` (`says`); no training is needed when they change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reinstate.core.facts import denied as is_denied
from reinstate.knowledge import AppealState, Knowledge, Notice, UpworkAnswer, matches, says
from reinstate.understanding import language

_SHORTEST_NOTICE = 100
_LEAST_OWN, _SHARE_OWN = 2, 0.04  # words in which people speak of themselves, and their share
_SENTENCE = re.compile(r"(?<=[.!?\n])\s+")
_QUESTION = re.compile(
    r"^\W*(?:(?:and|so|but|or|ok(?:ay)?|hi|hello|please|sir)\b\W*)*(?:how|is|are|am|does|do|did|can|could|has|have|whats?|which|why|will|would"
    r"|when|where|should|who|may)\b[^.]*$|\?\W*$",
    re.IGNORECASE,
)
_UPWORK_SPEAKS = re.compile(
    r"\b(we('ve| have| are| were| had)?\b.{0,60}\byour (upwork )?(account|profile|access)"
    r"|your (upwork )?(account|profile|access)\b.{0,40}\b(has been|have been|was|is|will be)\b"
    r"|upwork (trust|support|team|identity|compliance)|terms of service)",
    re.IGNORECASE | re.DOTALL,
)
_DEADLINE = re.compile(
    r"\b(within (the next )?(\d+|\w+)( \(\d+\))? (business |calendar |working )?(hours|days|weeks)"
    r"|(by|before|until|no later than) ([a-z]+day,? )?"
    r"((january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}"
    r"|\d{1,2} (january|february|march|april|may|june|july|august|september|october|november|december))"
    r"(,? 20\d\d)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Details:
    """What a message says beside its causes; empty where it says nothing of it.

    Attributes:
        notice, denied_notice, appealed, circumstances, denied_circumstances: ids of the knowledge base.
        role: who writes, where they tell.
        language: id of its language.
        pasted: whether it is a notice or an answer of Upwork's, in Upwork's words.
        upwork_answer: id of the kind of answer, where it is one.
        deadline: the words of a pasted notice that set one.
    """

    notice: str | None
    denied_notice: str | None
    appealed: str | None
    circumstances: tuple[str, ...]
    denied_circumstances: tuple[str, ...]
    language: str
    pasted: bool
    upwork_answer: str | None
    deadline: str | None
    role: str | None


def statements(text: str) -> str:
    """A text without the sentences that only ask: what they name is asked about, and not told."""
    return " ".join(part for part in _SENTENCE.split(text) if not _QUESTION.search(part))


def find(text: str, knowledge: Knowledge) -> Details:
    """Find details in a message. The first matching notice and appeal state win.

    Of an answer of Upwork's, its kind tells how far the appeal is, and nothing of it is told by the person.
    """
    answer, told = _upwork_answer(text, knowledge), statements(text)
    quoted = " ".join(words["value"] for words in matches(knowledge.patterns["quotes_notice"].says, text))
    circumstances = () if answer else tuple(knowledge.circumstances.values())
    denied = tuple(c.id for c in circumstances if says(c.says_not, told))
    speaks = len(text) >= _SHORTEST_NOTICE and _UPWORK_SPEAKS.search(text) is not None
    notice = speaks and not answer and not _is_story(text, knowledge)
    pasted = notice or answer is not None
    nothing = "unknown" if notice else None
    return Details(
        notice=next(
            (n for words in (quoted, told) for n in _stated(knowledge.notices.values(), words, knowledge)),
            nothing,
        ),
        denied_notice=next(_stated(knowledge.notices.values(), told, knowledge, denied=True), None),
        appealed=(
            answer.appealed if answer else next(_stated(knowledge.appeals.values(), told, knowledge), None)
        ),
        circumstances=tuple(c.id for c in circumstances if c.id not in denied and says(c.says, told)),
        denied_circumstances=denied,
        language=language.find(text, knowledge.languages),
        pasted=pasted,
        upwork_answer=answer.id if answer else None,
        deadline=found[0].strip() if pasted and (found := _DEADLINE.search(text)) else None,
        role=next((r.id for r in knowledge.roles.values() if r.found(text)), None),
    )


def _is_story(text: str, knowledge: Knowledge) -> bool:
    """Whether a person tells of themself, whatever of Upwork's words they quote."""
    own = sum(1 for _ in matches(knowledge.patterns["of_oneself"].says, text))
    return own >= _LEAST_OWN and own >= _SHARE_OWN * len(text.split())


def _stated(
    entries: Iterable[Notice | AppealState], told: str, knowledge: Knowledge, *, denied: bool = False
) -> Iterator[str]:
    """The entries whose words stand in a text and are not denied there ("it is no payment hold"), or are."""
    return (
        entry.id
        for entry in entries
        for found in matches(entry.says, told)
        if is_denied(told[: found.start()], knowledge) is denied
    )


def _upwork_answer(text: str, knowledge: Knowledge) -> UpworkAnswer | None:
    """Which kind of answer a text is in which Upwork speaks, if it is one."""
    if not knowledge.patterns["upwork_writes"].found(text):
        return None
    open_ = knowledge.patterns["not_final"].found(text)
    answers = (a for a in knowledge.upwork_answers.values() if not (open_ and a.appealed == "final"))
    return next((answer for answer in answers if answer.found(text)), None)
