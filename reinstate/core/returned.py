"""A letter that a person sends back as they want it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from reinstate.core.cleaning import SENTENCE_END
from reinstate.core.edits import NAME, RETURNED, Edit, edit_of, words_of
from reinstate.core.letter import Letter, Sentence
from reinstate.knowledge import Knowledge

_SHARE, _LEAST = 0.5, 3  # of the sentences of the letter, as a share and in number, that a text has to hold
_GREETING = re.compile(r"^(?:dear|hello|hi)\b[^,.!?]{0,50},\s*(?=\S)", re.IGNORECASE)
_MOST_OF_NAME = 5  # words
_ENDS = re.compile(SENTENCE_END)
_Piece = tuple[str, int]  # what was sent back, sentence by sentence, each with the number of its paragraph


def returned(text: str, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...] | None:
    """The edits that make of a letter the one that was sent back; None where a text is none.

    It is one where it holds half of the letter's sentences, or has a letter's greeting. Subject and greeting
    stay as they are; so does the ending, with the name that was put there.

    Args:
        text: what a person wrote.
        letter: as it stands.
        knowledge: how a letter is framed.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    greets = any(knowledge.patterns["frames"].found(line) for line in lines[:2])
    pieces = list(_whole(list(_body(lines, letter, knowledge)), letter))
    old, new = [words_of(s.text) for s in letter.sentences], [words_of(piece) for piece, _ in pieces]
    held = sum(words in new for words in old)
    if len(new) < _LEAST or not (greets or held >= max(_LEAST, _SHARE * len(old))):
        return None
    out: list[Edit] = []
    put: list[Edit] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    stands = {j + n for _, j, length in matcher.get_matching_blocks() for n in range(length)}
    for change, i, i_end, j, j_end in matcher.get_opcodes():
        gone, come = letter.sentences[i:i_end], range(j, j_end)
        if change == "equal" or (len(gone) == len(come) and not any(new[at] in old for at in come)):
            changed = [(s, pieces[at][0]) for s, at in zip(gone, come)]
            out += [edit_of(sentence, piece) for sentence, piece in changed if sentence.text != piece]
        else:
            out += [edit_of(sentence, "") for sentence in gone]
            put += [_added(pieces, at, stands) for at in come]
    return (*out, *put, *_named(lines, knowledge), Edit("", "", RETURNED))


def _added(pieces: Sequence[_Piece], at: int, stands: set[int]) -> Edit:
    """A sentence more, behind the one before it; where it begins a paragraph, before the next that stands."""
    text, paragraph = pieces[at]
    if at and pieces[at - 1][1] == paragraph:
        return Edit("", text, after=pieces[at - 1][0])
    later = [(piece, of) for n, (piece, of) in enumerate(pieces) if n > at and n in stands]
    before = next((piece for piece, of in later if of == paragraph or not at), "")
    return Edit("", text, after="" if before or not at else pieces[at - 1][0], before=before)


def _named(lines: Sequence[str], knowledge: Knowledge) -> Iterator[Edit]:
    """The name that stands in the last line, for the place that the ending has for it."""
    name, closing = lines[-1], lines[-2] if len(lines) > 1 else ""
    frames = knowledge.patterns["frames"]
    if (
        len(name.split()) <= _MOST_OF_NAME
        and frames.found(closing)
        and not (frames.found(name) or "[" in name)
    ):
        yield Edit("", name, NAME)


def _whole(pieces: Sequence[_Piece], letter: Letter) -> Iterator[_Piece]:
    """The pieces, several that are one sentence of the letter as that."""
    parts: dict[Sentence, list[str]] = {s: [words_of(p) for p in _split(s.text)] for s in letter.sentences}
    words = [words_of(piece) for piece, _ in pieces]
    n = 0
    while n < len(pieces):
        found = (len(of) for of in parts.values() if words[n : n + len(of)] == of)
        length = next(found, 1)
        yield " ".join(piece for piece, _ in pieces[n : n + length]), pieces[n][1]
        n += length


def _body(lines: Sequence[str], letter: Letter, knowledge: Knowledge) -> Iterator[_Piece]:
    """The sentences between greeting and ending."""
    framing = {words_of(p) for s in letter.all if s not in letter.sentences for p in s.text.splitlines()}
    begun = False
    for number, line in enumerate(lines):
        for piece in _split(line if begun else _GREETING.sub("", line)):
            if knowledge.patterns["frames"].found(piece) or words_of(piece) in framing:
                if begun:
                    return
                continue
            begun = True
            yield piece, number


def _split(text: str) -> list[str]:
    return [piece for piece in _ENDS.split(text.strip()) if piece]
