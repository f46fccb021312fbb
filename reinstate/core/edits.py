"""Changes of a letter that last, whatever it is drafted from next. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reinstate.core.cleaning import SENTENCE_END
from reinstate.core.letter import ADDED, EMPTY_LINE, Letter, Sentence

RETURNED = "returned"  # the part of an edit that holds a letter that was sent back: no other tone is drafted
_GREETING, _ENDING = "greeting", "ending"
# Behind a sentence, a paragraph or a line; a small letter goes on in the next line.
_ENDS = re.compile(rf"{SENTENCE_END}|\n\s*\n\s*|\n[^\S\n]*(?=[^a-z\s])")


@dataclass(frozen=True)
class Edit:
    """A wish as it is kept: `old` text that `new` stands for; without `old` it is added.

    `part` and `key` tell the sentence in another tone, or where a new fact put it in other words. Where there
    is a sentence that it is to stand `after` or `before`, its place changes too. Of a letter that was sent
    back those are how it begins and how it ends.
    """

    old: str
    new: str
    part: str = ""
    key: str = ""
    after: str = ""
    before: str = ""


def edit_of(sentence: Sentence, new: str, *, after: str = "", before: str = "") -> Edit:
    """The edit that puts other words in place of a sentence, none to take it out, or that moves it."""
    return Edit(sentence.text, new, sentence.part, _key(sentence), after, before)


def edited(letter: Letter, edits: Iterable[Edit]) -> Letter:
    """The letter with its edits; a sentence of the person's own whose place is gone is added."""
    for edit in edits:
        letter = _changed(letter, edit)
    return letter


def is_returned(edits: Iterable[Edit]) -> bool:
    """Whether a letter with these edits is one that was sent back."""
    return any(edit.part == RETURNED for edit in edits)


def words_of(text: str) -> str:
    """The words of a text, without signs and capitals: two texts with the same are the same sentence."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Where the sentences and lines of a text begin and end, or those between two places of it."""
    end = len(text[:end].rstrip())
    start = len(text) - len(text[start:].lstrip())
    gaps = [found.span() for found in _ENDS.finditer(text, start, end)]
    begun, ended = (start, *(gap[1] for gap in gaps)), (*(gap[0] for gap in gaps), end)
    return [span for span in zip(begun, ended) if span[0] < span[1]]


def _key(sentence: Sentence) -> str:
    """What a sentence is made of: the same in every tone."""
    return sentence.words or ";".join(sorted(f"{fact.kind}={fact.value}" for fact in sentence.facts))


def _changed(letter: Letter, edit: Edit) -> Letter:
    if edit.part == RETURNED and edit.new:
        return _as_sent(letter, edit)
    old = _found(letter, edit) if edit.old else None
    if old is None:
        letter = _with_more(letter, edit)
        old = next((s for s in letter.all if edit.new and s.text == edit.new), None)
    if old is None:
        return letter
    if edit.after or edit.before:
        return _moved(letter, old, edit)
    changed = (replace(s, text=edit.new, words=edit.new) if s is old else s for s in letter.all)
    return replace(letter, all=tuple(s for s in changed if s.text))


def _as_sent(letter: Letter, edit: Edit) -> Letter:
    """The letter that was sent back in place of one, paragraph by paragraph; what is added joins the longest.

    What frames the other one, and what is known of its facts, is known of the same sentences.
    """
    text, stands = edit.new, {words_of(s.text): s for s in letter.sentences}
    front, end = len(edit.after), len(text) - len(edit.before)
    sentences = ((*span, "") for span in spans(text, front, end))
    frame: list[list[str]] = [[]]
    all_: list[Sentence] = []
    before = 0
    for start, stop, framing in ((0, front, _GREETING), *sentences, (end, len(text), _ENDING)):
        if start == stop:
            continue
        if all_ and EMPTY_LINE in text[before:start]:
            frame.append([])
        part, words = framing or f"{len(frame)}", text[start:stop]
        frame[-1] += [] if part in frame[-1] else [part]
        known = stands.get(words_of(words), Sentence(words, part, words="" if framing else words))
        all_.append(replace(known, text=words, part=part, gap=text[before:start]))
        before = stop
    parts = {name: sum(len(s.text) for s in all_ if s.part == name) for names in frame for name in names}
    longest = max(parts.keys() - {_GREETING, _ENDING}, key=parts.__getitem__, default=_ENDING)
    row = next(names for names in frame if longest in names)
    row.insert(row.index(longest) + (longest != _ENDING), ADDED)
    return Letter(tuple(all_), tuple(map(tuple, frame)))


def _moved(letter: Letter, sentence: Sentence, edit: Edit) -> Letter:
    """The letter with a sentence beside another one, in its part; as it was where that is gone."""
    beside = edit.after or edit.before
    to = next((s for s in letter.sentences if s.text == beside and s is not sentence), None)
    if to is None:
        return letter
    left = [s for s in letter.all if s is not sentence]
    place = left.index(to) + (1 if edit.after else 0)
    return replace(letter, all=(*left[:place], replace(sentence, part=to.part), *left[place:]))


def _found(letter: Letter, edit: Edit) -> Sentence | None:
    """The sentence that an edit changes: by its text, by what it is made of, or by its place."""
    same = [s for s in letter.all if s.part == edit.part]
    exact = (s for s in letter.all if s.text == edit.old)
    made = (s for s in same if _key(s) == edit.key)
    placed = (s for s in same if edit.new and s.facts)  # of a person's own sentences a part may have several
    return next((s for found in (exact, made, placed) for s in found), None)


def _with_more(letter: Letter, edit: Edit) -> Letter:
    """The letter with a sentence more, in its part."""
    if not edit.new or any(s.text == edit.new for s in letter.sentences):
        return letter
    more = Sentence(edit.new, letter.place(edit.part), words=edit.new)
    return replace(letter, all=(*letter.all, more))
