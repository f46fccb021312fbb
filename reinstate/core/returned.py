"""A letter that a person sends back as they want it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from reinstate.core.edits import RETURNED, Edit, spans, words_of
from reinstate.core.letter import EMPTY_LINE, Letter
from reinstate.knowledge import Knowledge

_SHARE, _LEAST = 0.5, 3  # of the sentences of the letter, as a share and in number, that a text has to hold
_FRONT, _END = ("subject", "greeting"), ("ending",)
_GREETING = re.compile(r"^(?:dear|hello|hi)\b(?:[^,:.!?]|\b(?:[md]r|mr?s)\.){0,50}(?:[,:!]|$)", re.IGNORECASE)
_OF_FRONT, _OF_END = 4, 4  # pieces of a text, of lines and sentences, among which its frame is looked for
_MOST_OF_NAME = 5  # words


def returned(text: str, letter: Letter, knowledge: Knowledge) -> Edit | None:
    """The edit that puts what was sent back in place of a letter; None where a text is no letter.

    It is one where it holds half of the letter's sentences, or has a letter's greeting, and stands as it was
    sent. Where only the middle was sent, subject, greeting and ending stay around it.

    Args:
        text: what a person wrote.
        letter: as it stands.
        knowledge: how a letter is framed.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    text = "\n".join(lines).strip()
    front, end = (_framing(letter, parts) for parts in (_FRONT, _END))
    framing = {words_of(line) for line in f"{front}\n{end}".splitlines()}
    frames = knowledge.patterns["frames"]

    def framed(piece: str) -> bool:
        return frames.found(piece) or words_of(piece) in framing

    whole = f" {words_of(text)} "
    held = sum(f" {words_of(s.text)} " in whole for s in letter.sentences)
    greets = any(frames.found(line) or _only_greets(line) for line in list(filter(None, lines))[:2])
    head = _head(text, framed)
    tail = _tail(text, head, framed)
    enough = greets or held >= max(_LEAST, _SHARE * len(letter.sentences))
    if not enough or len(spans(text, head, tail)) < _LEAST:
        return None
    first = text[: spans(text)[0][1]]
    if head > len(first) and first.endswith(":") and not framed(first):  # "here it is:"
        return returned(text[len(first) :], letter, knowledge)
    if not head and tail == len(text):
        return Edit("", f"{front}{EMPTY_LINE}{text}{EMPTY_LINE}{end}", RETURNED, after=front, before=end)
    return Edit("", text, RETURNED, after=text[:head], before=text[tail:])


def _only_greets(line: str) -> bool:
    """Whether a line is a greeting and nothing else, whoever is greeted."""
    greeting = _GREETING.match(line)
    return greeting is not None and greeting.end() == len(line) and line[-1] in ",:!"


def _framing(letter: Letter, parts: tuple[str, ...]) -> str:
    """What stands before the sentences of a letter, or behind them."""
    return EMPTY_LINE.join(s.text.strip() for s in letter.all if s.part in parts)


def _head(text: str, framed: Callable[[str], bool]) -> int:
    """Where subject and greeting of a letter end; the subject may be a line that does not say so.

    What stands apart from the first sentence by less than an empty line belongs to them.
    """
    head = 0
    for start, end in spans(text)[:_OF_FRONT]:
        greeting = _GREETING.match(text[start:end])
        if framed(text[start:end]) or greeting:
            head = end if framed(text[start:end]) or not greeting else start + greeting.end()
        elif start or text[end - 1] in ".!?":
            break
    apart = text[head : len(text) - len(text[head:].lstrip())]
    return head + len(apart) if head and EMPTY_LINE not in apart else head


def _tail(text: str, head: int, framed: Callable[[str], bool]) -> int:
    """Where a letter's ending begins; without its usual words, a last paragraph of short lines is one."""
    pieces = spans(text, head)[-_OF_END:]
    closes = [_closes(text[start:end], framed) for start, end in pieces]
    if any(closes):
        last = len(closes) - closes[::-1].index(True) - 1
        while last and closes[last - 1]:
            last -= 1
        return pieces[last][0]
    last = text.rfind(EMPTY_LINE) + len(EMPTY_LINE)
    lines = (text[start:end] for start, end in spans(text, last))
    short = all(len(s.split()) <= _MOST_OF_NAME and s[0].isalpha() and s[-1] not in ".!?" for s in lines)
    return last if head and last > head and short else len(text)


def _closes(piece: str, framed: Callable[[str], bool]) -> bool:
    """Whether a piece of a letter closes it, with a name or without."""
    closing, _, name = piece.partition(",")
    return framed(piece) or (framed(closing) and len(name.split()) <= _MOST_OF_NAME)
