"""What a person wants otherwise in a letter, in plain words, and the letter changed by it. Pure.

How such wishes are said is data: `knowledge/wishes.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from reinstate.core.cleaning import clean, mend
from reinstate.core.letter import Letter, Sentence
from reinstate.knowledge import Knowledge

Kind = Literal["change", "leave_out", "add", "replace"]
_LONGEST = 700  # characters of a sentence
_STEM = 5  # letters by which a word of a wish is found again in another form


@dataclass(frozen=True)
class Wish:
    """Another sentence in place of one by its number (an empty one takes it out), a part to leave out,
    a sentence more, or other words for some.
    """

    kind: Kind
    number: int = 0
    what: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Edit:
    """A wish as it is kept: `old` text that `new` stands for; without `old` it is added."""

    old: str
    new: str


def parse_wish(text: str, knowledge: Knowledge) -> Wish | None:
    """Read "change sentence 3 to ...", "leave out the part about ...", "add that ..."."""
    found = knowledge.wishes["change"].match(text)
    if found:
        sentence = found["sentence"] or ""
        if not sentence and not knowledge.wishes["takes_out"].found(text):
            return None
        return Wish("change", int(found["number"]), sentence=sentence.strip(" \"'“”"))
    if found := knowledge.wishes["replace"].match(text):
        return Wish("replace", what=found["old"], sentence=found["new"])
    if found := knowledge.wishes["leave_out"].match(text):
        return Wish("leave_out", what=found["what"].strip(" .!\"'"))
    if found := knowledge.wishes["add"].match(text):
        return Wish("add", sentence=found["sentence"].strip(" \"'“”"))
    return None


def edits_of(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...]:
    """The edits that fulfil a wish in a letter; none where it cannot be fulfilled."""
    if wish.kind == "add":
        sentences = clean(wish.sentence, knowledge)
        return tuple(Edit("", sentence) for sentence in sentences)
    if wish.kind == "change":
        numbered = letter.sentences[wish.number - 1 : wish.number] if wish.number else ()
        return tuple(Edit(s.text, mend(wish.sentence[:_LONGEST], knowledge)) for s in numbered)
    if wish.kind == "replace":
        other = re.compile(re.escape(wish.what), re.IGNORECASE)
        return tuple(
            Edit(s.text, other.sub(lambda _: wish.sentence, s.text))
            for s in letter.sentences
            if other.search(s.text)
        )
    return tuple(Edit(s.text, "") for s in letter.sentences if _is_about(s, wish.what, knowledge))


def edited(letter: Letter, edits: Iterable[Edit]) -> tuple[Letter, tuple[Edit, ...]]:
    """The letter with its edits, and the edits whose sentence is not in it."""
    lost = []
    for edit in edits:
        changed = _changed(letter, edit)
        if changed is None:
            lost.append(edit)
        else:
            letter = changed
    return letter, tuple(lost)


def _changed(letter: Letter, edit: Edit) -> Letter | None:
    if not edit.old:
        *others, request, ending = letter.paragraphs
        return Letter((*others, (Sentence(edit.new, "added", words=edit.new),), request, ending))
    if not any(s.text == edit.old for s in letter.sentences):
        return None
    paragraphs = (
        tuple(
            replace(s, text=edit.new, facts=(), words=edit.new) if s.text == edit.old else s
            for s in paragraph
        )
        for paragraph in letter.paragraphs
    )
    kept = (tuple(s for s in paragraph if s.text) for paragraph in paragraphs)
    return Letter(tuple(paragraph for paragraph in kept if paragraph))


def _is_about(sentence: Sentence, what: str, knowledge: Knowledge) -> bool:
    """Whether a sentence holds all words of a wish, or came from words that do."""
    small = knowledge.wishes["small"]
    wanted = [w[:_STEM] for w in re.findall(r"[^\W_]+", what.casefold()) if not small.found(w)]
    text = f"{sentence.text} {sentence.words}".casefold()
    return bool(wanted) and all(word in text for word in wanted)
