"""Wishes that are about what was changed in a letter before: "put that back", "say instead: ...". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from reinstate.core.cleaning import written_well
from reinstate.core.cutting import found_in, holds
from reinstate.core.edits import RETURNED, Edit, edit_of, words_of
from reinstate.core.letter import Letter
from reinstate.core.persons import in_person
from reinstate.core.wishes import Wish
from reinstate.knowledge import Knowledge

Edits = tuple[Edit, ...]


def amended(wish: Wish, edits: Edits, before: Edits, letter: Letter, knowledge: Knowledge) -> Edits | None:
    """All edits of a letter after a wish about them; None where it is about the letter, or cannot be done.

    Args:
        wish: what is wanted.
        edits: what was changed so far.
        before: what was changed before the last message that changed something.
        letter: as it stands with them.
        knowledge: which words tell something.
    """
    if wish.kind == "undo":
        return before if edits else None
    if wish.kind == "keep":
        return _with_kept(wish, edits, before, letter, knowledge)
    last = edits[-1] if edits and edits[-1].part != RETURNED else None
    if last is None:
        return None
    if wish.kind == "change" and wish.sentence and not (wish.numbers or wish.what):
        new = written_well(wish.sentence, knowledge, given=True)
        return (*edits[:-1], replace(last, new=new)) if new else None
    if wish.kind == "leave_out" and knowledge.wishes["refers"].found(wish.what) and not last.old:
        return edits[:-1]  # what was added is not wanted
    if wish.kind == "person" and not wish.numbers and last.new:
        spoken = in_person(last.new, wish.what, wish.sentence, knowledge)
        sentence = next((s for s in letter.sentences if s.text == last.new), None)
        return (*edits, edit_of(sentence, spoken)) if sentence and spoken != last.new else None
    return None


def spoils(edit: Edit, kept: Sequence[str], knowledge: Knowledge) -> bool:
    """Whether an edit takes out words that are to be kept."""
    return any(holds(w, edit.old, knowledge) and not holds(w, edit.new, knowledge) for w in kept)


def _with_kept(wish: Wish, edits: Edits, before: Edits, letter: Letter, knowledge: Knowledge) -> Edits | None:
    """The edits without the last one that took out what is to stay; with it added, where its words are given.

    What stands there already may be moved. Where nothing is named, all that went last comes back.
    """
    what = wish.what
    place = dict(enumerate(letter.sentences, 1)).get(wish.to)
    for sentence in letter.sentences if what else ():
        if found_in(what.strip(" ."), sentence.text) or holds(what, sentence.text, knowledge):
            moved = place and place is not sentence
            return (*edits, edit_of(sentence, sentence.text, after=place.text)) if place and moved else edits
    gone = [edit for edit in edits[len(before) :] if edit.old and not edit.new]
    if gone and not (what or place):
        return tuple(edit for edit in edits if edit not in gone)
    for edit in takewhile(lambda e: e.part != RETURNED, reversed(edits)):
        lost = edit.old and words_of(edit.old) != words_of(edit.new)
        if lost and (not what or (holds(what, edit.old, knowledge) and not holds(what, edit.new, knowledge))):
            left = tuple(e for e in edits if e is not edit)
            return (*left, replace(edit, new=edit.old, after=place.text)) if place else left
    new = written_well(wish.sentence, knowledge, given=True)
    after = place.text if place else ""
    return (*edits, Edit("", new, place.part if place else wish.part, after=after)) if new else None
