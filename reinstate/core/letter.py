"""Drafts an appeal from a person's own facts. Pure.

The letter says nothing that the person did not say: their answers stand in it as they wrote them,
only tidied at the edges, inside sentences of `knowledge/letter.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reinstate.core.case import Case
from reinstate.knowledge import Knowledge, LetterWords, Tone

LONGEST = 3000
_LONGEST_ANSWER = 700
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_QUESTION = re.compile(
    r"\W*(?:(?:oh|wait|so|and|but|ok(?:ay)?|well|or|maybe|hm+)\b\W*)*"
    r"(?:how|is|are|am|does|do|did|can|could|has|have|what|which|why|will|would|when|should|who)\b.*\?",
    re.IGNORECASE | re.DOTALL,
)
_TAKES_OUT = ("remove", "delete", "drop", "take out")
_EDIT = re.compile(
    r"^\W*(?:(?:please|can you|could you|i want to|let'?s)\s+){0,2}"
    r"(?:(?P<verb>change|replace|remove|delete|drop|rewrite|edit|make|take out)\s+)?(?:the\s+)?"
    r"sentence (?:no\.? ?|number )?(?P<number>\d{1,2})"
    r"(?:\s*(?:should )?(?:to|into|with|:|=|say|be|read)(?: that\b)?\s*:?\s*(?P<sentence>.+))?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Answers:
    """What the person wrote for the letter; empty where they had nothing to say."""

    happened: str = ""
    when: str = ""
    evidence: str = ""
    changed: str = ""


@dataclass(frozen=True)
class Letter:
    """A draft: a subject and paragraphs, in the order they are read."""

    subject: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The letter as one text to copy."""
        return "\n\n".join((self.subject, *self.paragraphs))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences between greeting and ending, as they can be changed one by one."""
        return tuple(s for p in self.paragraphs[1:-1] for s in _SENTENCE.split(p))


def draft(case: Case, answers: Answers, tone: Tone, knowledge: Knowledge) -> Letter:
    """Write the letter.

    Args:
        case: tells which cause it is about, and whether it is admitted or disputed.
        answers: the person's own words.
        tone: brief, formal or warm.
        knowledge: the sentences around the person's words.
    """
    words = knowledge.letters[tone]
    cause = (case.causes or case.disputed or ("",))[0]
    phrase = knowledge.causes[cause].phrase if cause else words.unknown_phrase
    stance = _stance(cause, case, answers, words, knowledge)
    told_when = answers.when and answers.when not in answers.happened
    parts = [
        words.greeting,
        words.opening.format(phrase=phrase),
        _joined(words.when.format(_inline(answers.when)) if told_when else "", tidy(answers.happened)),
        stance.format(phrase=phrase),
        words.changed.format(tidy(answers.changed)) if answers.changed else "",
        words.evidence.format(tidy(answers.evidence)) if answers.evidence else "",
        words.request,
        words.ending,
    ]
    return Letter(words.subject, tuple(p for p in parts if p))


def _stance(cause: str, case: Case, answers: Answers, words: LetterWords, knowledge: Knowledge) -> str:
    """What the letter says of the accusation: only who broke a rule, and says so, does not dispute it.

    Whose check failed, or whose client was theirs before, has admitted nothing; nor is anything admitted
    for a person whose own words deny a part of it.
    """
    if cause in case.disputed:
        return words.disputes
    if cause not in case.causes or case.stance(cause) == "unsure":
        return words.asks
    excused = any(knowledge.circumstances[c].excuses for c in case.circumstances)
    denies = knowledge.patterns["negates"].found(f"{answers.happened} {answers.changed}")
    hold = knowledge.causes[cause].severity == "hold"
    return words.explains if excused or hold or denies else words.admits


def statements(text: str) -> str:
    """What a person told, without the sentences that only ask: a letter does not ask "Could it be …?"."""
    return " ".join(
        sentence for sentence in _SENTENCE.split(text) if not _QUESTION.fullmatch(sentence.strip())
    )


def added(told: str, more: str) -> str:
    """What was told, and what was told later, as sentences after each other."""
    if not told:
        return more
    return f"{told} {more}" if told[-1] in ".!?" else f"{told}. {more}"


def tidy(answer: str) -> str:
    """A person's words as a sentence: no space around, a capital first, a stop last."""
    text = " ".join(answer.split())[:_LONGEST_ANSWER].strip()
    if not text:
        return ""
    text = re.sub(r"\bi\b", "I", text)
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


@dataclass(frozen=True)
class Edit:
    """Another wording for one sentence, counted from one; an empty one takes it out."""

    number: int
    sentence: str


def parse_edit(text: str) -> Edit | None:
    """Read "change sentence 3 to ...", "sentence 2: ..." or "remove sentence 4"."""
    found = _EDIT.search(text)
    if not found or not (found["sentence"] or (found["verb"] or "").casefold() in _TAKES_OUT):
        return None
    return Edit(int(found["number"]), (found["sentence"] or "").strip(" \"'“”"))


def edited(letter: Letter, edits: Iterable[tuple[int, str]]) -> Letter:
    """The letter with its sentences changed; those without a number of theirs change nothing."""
    for number, sentence in edits:
        letter = _change(letter, number, tidy(sentence))
    return letter


def _change(letter: Letter, number: int, sentence: str) -> Letter:
    """One sentence in other words; where it is emptied, those after it move up."""
    count, paragraphs = 0, [letter.paragraphs[0]]
    for paragraph in letter.paragraphs[1:-1]:
        kept = []
        for old in _SENTENCE.split(paragraph):
            count += 1
            kept.append(sentence if count == number else old)
        paragraphs.append(_joined(*kept))
    return Letter(letter.subject, (*[p for p in paragraphs if p], letter.paragraphs[-1]))


def _inline(answer: str) -> str:
    return " ".join(answer.split())[:_LONGEST_ANSWER].strip(" .")


def _joined(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)
