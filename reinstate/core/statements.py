"""A person's own sentences, each with the part of a letter that it belongs to. Pure.

Which part that is was learnt, see `reinstate.understanding.statements`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from reinstate.core.case import CauseMention

Kind = Literal[
    "happened", "record", "changed", "regret", "proof", "wish", "new", "status", "draft", "aside", "letter"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
DRAFT = "draft"  # that the letter is to be written
OF_LETTER = "letter"  # how the one that stands should read
OUT = "out"  # the place of what was written for a letter and hardly belongs there
NOT_OF_LETTER: tuple[Kind, ...] = ("aside", "status", "draft", "letter")
_BESIDE: tuple[Kind, ...] = ("aside", "draft", "letter")  # said to us, and not to Upwork
MOST, _ROW = 60, 5
_FIGURE = re.compile(r"\d+")
_SHORT = 10  # words of a sentence that tells little else than what is put right
_ANSWER = 2  # sentences of an answer at most; who tells more goes on telling
_SURE_ASIDE = 0.9  # from here on a question is one to us
_SURE = 0.6  # from here on a cause that was read in a sentence is the one that it tells of
# By the fact that was asked for: the kind of sentence that answers it, and what that may sound like.
_ANSWERS: dict[str, tuple[Kind, tuple[Kind, ...]]] = {
    "changed": ("changed", ("happened", "record")),
    "new": ("new", ("happened", "record", "changed", "proof")),
    "evidence": ("proof", ("happened", "record")),
}


@dataclass(frozen=True)
class Statement:
    """One sentence or clause that a person wrote.

    Attributes:
        kind: the part of a letter that it belongs to; "new" is what answers the question for what is new.
        text: as it was written.
        sure: how likely it belongs into a letter, or does not.
        cause: id of the cause that it was read to tell of, empty where that is not sure.
        place: the part of a letter that it was written for, or was looked through for; empty where it was
            only said in talk.
    """

    kind: Kind
    text: str
    sure: float = 1.0
    cause: str = ""
    place: str = ""

    @property
    def for_letter(self) -> bool:
        """Whether it belongs into a letter at all."""
        return self.kind not in NOT_OF_LETTER

    def tells_only(self, value: str) -> bool:
        """Whether it says little else than the value of a fact."""
        figures = set(_FIGURE.findall(self.text)) - set(_FIGURE.findall(value))
        return len(self.text.split()) <= _SHORT and not figures


def from_slot(value: Any) -> tuple[Statement, ...]:
    """The statements of a slot, or of a parsed message; what has an unexpected shape counts as not told."""
    if not isinstance(value, list):
        return ()
    return tuple(
        Statement(next(k for k in KINDS if k == row[0]), str(row[1]), float(row[2]), *map(str, row[3:]))
        for row in value
        if isinstance(row, list) and len(row) == _ROW and row[0] in KINDS and isinstance(row[2], (int, float))
    )


def to_slot(statements: Iterable[Statement]) -> list[list[Any]]:
    """What a slot keeps of them."""
    return [[s.kind, s.text, round(s.sure, 2), s.cause, s.place] for s in statements]


def added(told: Sequence[Statement], more: Iterable[Statement]) -> tuple[Statement, ...]:
    """What was told, and what is told now, in this order; of very much, what is for no letter goes first."""
    known = {s.text.casefold() for s in told}
    new = [s for s in more if s.kind != DRAFT and s.text.casefold() not in known]
    all_ = (*told, *dict.fromkeys(new))
    beside = [s for s in all_ if not s.for_letter][: max(0, len(all_) - MOST)]
    return tuple(s for s in all_ if s not in beside)[-MOST:]


def belonging(told: Iterable[Statement]) -> tuple[Statement, ...]:
    """What of it belongs into a letter: what was written for it, or else what was told."""
    told = tuple(told)
    return tuple(s for s in told if s.place) or tuple(s for s in told if s.for_letter)


def written(
    text: Iterable[str],
    says: Iterable[Statement],
    place: str,
    least: float,
    asks: Callable[[str], bool],
) -> tuple[Statement, ...]:
    """The sentences that were written for a part of a letter, whole and in their order.

    What is hardly meant for the letter stays out of it, but is kept: it may have been read wrongly. A
    question stands in it only where it is read as one to Upwork.

    Args:
        text: the sentences that were written.
        says: what was read in them; a sentence may hold several statements.
        place: the part of the letter.
        least: how sure it has to be that all of a sentence is not meant for the letter, to keep it out.
        asks: whether a text asks something.
    """
    says, found = tuple(says), []
    for sentence in text:
        parts = [s for s in says if s.text in sentence or sentence in s.text]
        if asks(sentence) and not all(s.for_letter for s in parts):
            stays = [s.for_letter or not asks(s.text) for s in parts]
            may = [(s, in_) for s, in_ in zip(parts, stays) if in_ or s.sure < _SURE_ASIDE]
            found += [replace(s, place=place if in_ else OUT) for s, in_ in may]
            continue
        first = next((s for s in parts if s.for_letter), Statement("happened", sentence))
        aside = parts and all(s.kind in _BESIDE and s.sure >= least for s in parts)
        found.append(replace(first, text=sentence, place=OUT if aside else place))
    return tuple(found)


def without(told: Iterable[Statement], gone: Iterable[tuple[str, str]]) -> tuple[Statement, ...]:
    """What was told, without the short sentences that were put right since.

    One that is longer, or has other figures, tells more than what was put right, which then stands behind it.

    Args:
        told: what was told before.
        gone: the words and the value of each fact that is known no longer.
    """
    right = tuple(gone)
    return tuple(
        s for s in told if not any(s.text in words and s.tells_only(value) for words, value in right)
    )


def about(statements: Iterable[Statement], mentions: Iterable[CauseMention]) -> tuple[Statement, ...]:
    """Statements with the cause that was surely read in just them."""
    sure = [m for m in mentions if m.stance != "asks" and m.confidence >= _SURE and m.text]
    found = []
    for statement in statements:
        causes = {m.id for m in sure if m.text in statement.text or statement.text in m.text}
        found.append(replace(statement, cause=causes.pop()) if len(causes) == 1 else statement)
    return tuple(found)


def answering(statements: Iterable[Statement], asked: str) -> tuple[Statement, ...]:
    """Statements of an answer to a question whose answer is told in sentences: they are what was asked for.

    Where one of them is that by itself, or many are told, each is what it is.

    Args:
        statements: of the message, for the letter.
        asked: the fact that was asked for.
    """
    statements = tuple(statements)
    if asked not in _ANSWERS or len(statements) > _ANSWER:
        return statements
    wanted, kinds = _ANSWERS[asked]
    if any(s.kind == wanted for s in statements):
        return statements
    return tuple(replace(s, kind=wanted) if s.kind in kinds else s for s in statements)
