"""A letter that a person sends back as they want it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from reinstate.core.cleaning import sentences
from reinstate.core.edits import Edit, edit_of
from reinstate.core.letter import Letter, Sentence
from reinstate.knowledge import Knowledge

_SHARE, _LEAST = 0.5, 3  # of the sentences of the letter, as a share and in number, that a text has to hold
_Piece = tuple[str, int]  # what was sent back, sentence by sentence, each with the number of its paragraph


def returned(text: str, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...] | None:
    """The edits that make of a letter the one that was sent back; None where a text is none.

    Greeting and ending stay as they are.

    Args:
        text: what a person wrote.
        letter: as it stands.
        knowledge: how a letter is framed.
    """
    pieces = list(_whole(list(_body(text, letter, knowledge)), letter))
    old, new = [_words(s.text) for s in letter.sentences], [_words(piece) for piece, _ in pieces]
    if sum(words in new for words in old) < max(_LEAST, _SHARE * len(old)):
        return None
    out: list[Edit] = []
    put: list[Edit] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    stands = {j + n for _, j, length in matcher.get_matching_blocks() for n in range(length)}
    for change, i, i_end, j, j_end in matcher.get_opcodes():
        if change == "equal":
            continue
        gone, come = letter.sentences[i:i_end], range(j, j_end)
        if len(gone) == len(come) and not any(new[at] in old for at in come):
            out += [edit_of(sentence, pieces[at][0]) for sentence, at in zip(gone, come)]
        else:
            out += [edit_of(sentence, "") for sentence in gone]
            put += [_added(pieces, at, stands) for at in come]
    return (*out, *put)


def _added(pieces: Sequence[_Piece], at: int, stands: set[int]) -> Edit:
    """A sentence more, behind the one before it; where it begins a paragraph, before the next that stands."""
    text, paragraph = pieces[at]
    if at and pieces[at - 1][1] == paragraph:
        return Edit("", text, after=pieces[at - 1][0])
    next_ = (piece for n, (piece, of) in enumerate(pieces) if n > at and of == paragraph and n in stands)
    before = next(next_, "")
    return Edit("", text, after="" if before or not at else pieces[at - 1][0], before=before)


def _whole(pieces: Sequence[_Piece], letter: Letter) -> Iterator[_Piece]:
    """The pieces, several that are one sentence of the letter as that."""
    parts: dict[Sentence, list[str]] = {s: [_words(p) for p in sentences(s.text)] for s in letter.sentences}
    n = 0
    while n < len(pieces):
        words = [_words(piece) for piece, _ in pieces]
        whole = next((s for s, of in parts.items() if words[n : n + len(of)] == of), None)
        yield (whole.text, pieces[n][1]) if whole else pieces[n]
        n += len(parts[whole]) if whole else 1


def _body(text: str, letter: Letter, knowledge: Knowledge) -> Iterator[_Piece]:
    """The sentences between greeting and ending."""
    framing = {_words(p) for s in letter.all if s not in letter.sentences for p in sentences(s.text)}
    begun = False
    for number, paragraph in enumerate(text.splitlines()):
        for piece in sentences(paragraph):
            if knowledge.patterns["frames"].found(piece) or _words(piece) in framing:
                if begun:
                    return
                continue
            begun = True
            yield piece, number


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
