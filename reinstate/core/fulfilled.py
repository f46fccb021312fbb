"""The edits that carry out a wish in a letter. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher

from reinstate.core.cleaning import is_sentence, mend, speaks, stems, written_well
from reinstate.core.cutting import cut, found_in, holds, without
from reinstate.core.edits import Edit, edit_of, words_of
from reinstate.core.letter import FRAME, Letter, Sentence
from reinstate.core.wishes import Wish
from reinstate.knowledge import Knowledge

_AND_THAT = re.compile(
    r",?\s+and that\s+(?=(?:i|my|he|she|it|we|they|any|all|no|there|this|the|a|an)\b)", re.IGNORECASE
)
_ENOUGH = 0.5  # the share of a wish's telling words by which a sentence is known, if it is the only one
_RECORD = "record"  # the part of what a person has achieved
_SHORT = 12  # words of a sentence that goes whole with what it is about
_SOME = 0.34  # the share of its telling words from which on a sentence is about what is named
_MY_NAME, _THEIR_NAME = re.compile(r"\[your name[^\]]*\]"), re.compile(r"\[(?:client|freelancer)'s name\]")
_LAST = 0  # the number of the last sentence, where it is called that


def edits_of(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...]:
    """The edits that fulfil a wish in a letter; none where it cannot be fulfilled."""
    if wish.kind == "add":
        return _added(wish, letter, knowledge)
    if wish.kind == "move":
        return _moved(wish, letter, knowledge)
    if wish.kind == "change":
        new = written_well(wish.sentence, knowledge, given=True)
        meant = _numbered(wish, letter)[:1] if wish.numbers else _named(wish.what, letter, knowledge)
        return tuple(edit_of(s, new) for s in meant if new)
    if wish.kind == "replace":
        return _replaced(wish, letter, knowledge)
    if wish.kind == "name":
        return _with_name(wish, letter)
    if wish.kind == "leave_out":
        if wish.numbers:
            return tuple(edit_of(s, "") for s in _numbered(wish, letter))
        return _left_out(wish, letter, knowledge)
    return ()


def is_said(wish: Wish, letter: Letter, knowledge: Knowledge) -> bool:
    """Whether what is to be added stands in the letter already."""
    more = _more(wish, knowledge) if wish.kind == "add" else ()
    return bool(more) and all(_stands(s, letter, knowledge) for s in more)


def _added(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...]:
    more = _of_record(wish, knowledge) or _more(wish, knowledge)
    numbered = dict(enumerate(letter.sentences, 1))
    own = [s for s in letter.sentences if s.words]
    beside = own[-1] if wish.end and own else numbered.get(wish.to)
    part, after = (beside.part, beside.text) if beside else (wish.part, "")
    return tuple(Edit("", s, part, after=after) for s in more if not _stands(s, letter, knowledge))


def _more(wish: Wish, knowledge: Knowledge) -> tuple[str, ...]:
    """What is to be added, as sentences; none where one is none by itself, unless given word by word."""
    said = (speaks(part, knowledge) for part in _AND_THAT.split(wish.sentence))
    found = tuple(dict.fromkeys(sentence for part in said for sentence in part))
    return found if wish.exact or all(is_sentence(s, knowledge) for s in found) else ()


def _numbered(wish: Wish, letter: Letter) -> list[Sentence]:
    """The sentences of its numbers; the last one is of the person's own, for those are meant."""
    numbered = dict(enumerate(letter.sentences, 1))
    own = (n for n, s in numbered.items() if s.words or s.facts)
    last = max(own, default=len(numbered))
    numbers = [last if n == _LAST else n for n in wish.numbers]
    return [s for n, s in numbered.items() if n in numbers]


def _replaced(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...]:
    """Other words, wherever the old ones stand as whole words; of a whole sentence another one."""
    old = wish.what.strip(" .,")
    if whole := [s for s in letter.all if words_of(s.text) == words_of(old)]:
        return tuple(edit_of(s, written_well(wish.sentence, knowledge, given=True)) for s in whole)
    places = ((s, found_in(old, s.text)) for s in letter.all)
    return tuple(
        edit_of(s, f"{s.text[: place.start()]}{wish.sentence}{s.text[place.end() :]}")
        for s, place in places
        if place
    )


def _left_out(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...]:
    """Just the quoted words; or the clauses, or whole sentences, that are named by what they are about.

    A sentence that tells more than what is named stays, unless that can be cut out of it: see `holding`.
    """
    for words in (wish.what.strip(" ."), mend(wish.what, knowledge).rstrip(".")) if wish.exact else ():
        if quoted := [s for s in letter.sentences if found_in(words, s.text)]:
            return tuple(edit_of(s, cut(s.text, words, knowledge)) for s in quoted)
    about = _about(wish.what, letter, knowledge, exact=wish.exact)
    if not about and not wish.exact and "," in wish.what:  # "the printer, nobody cares"
        return _left_out(replace(wish, what=wish.what.split(",")[0]), letter, knowledge)
    own = [s for s in about if s.words or s.facts] or about  # what frames the letter is hardly meant
    if len(own) > 1 and len(stems(wish.what, knowledge)) == 1 and not wish.exact:
        return ()  # nobody knows which of them
    if len(own) == 1 and knowledge.wishes["loose"].found(wish.what) and found_in(wish.what, own[0].text):
        return (edit_of(own[0], cut(own[0].text, wish.what, knowledge)),)  # the word, not what it stands in
    cuts = {s: _without_named(s.text, wish, knowledge) for s in own}
    return tuple(edit_of(s, left) for s, left in cuts.items() if left is not None)


def _without_named(text: str, wish: Wish, knowledge: Knowledge) -> str | None:
    """A sentence without what a wish names, empty where that is all of it; None where it tells more."""
    for what in dict.fromkeys((wish.what, wish.what.split(",")[0])):
        if left := without(text, what, knowledge):
            return left
    told = stems(text, knowledge)
    named = sum(word in stems(wish.what, knowledge) for word in told)
    much = len(text.split()) > _SHORT and named < _SOME * len(told)
    return None if much and not wish.exact else ""


def holding(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[int, ...]:
    """The numbers of the sentences that hold what is to be left out, and tell more than that."""
    about = _about(wish.what, letter, knowledge) if wish.kind == "leave_out" and not wish.numbers else []
    return tuple(n for n, s in enumerate(letter.sentences, 1) if s in about and (s.words or s.facts))


def lost(edits: Iterable[Edit], knowledge: Knowledge) -> list[str]:
    """What some edits took out: sentences, also where quite another one stands now, and parts of them."""
    own = (e for e in edits if e.old and e.part not in FRAME)
    gone = (_part_lost(e) if _says_some(e.new, e.old, knowledge) else e.old for e in own)
    return [what for what in gone if what]


def _part_lost(edit: Edit) -> str:
    """The words that were cut out of a sentence in one piece; none where others stand in their place."""
    old, new = edit.old.split(), edit.new.split()
    same = SequenceMatcher(None, [w.strip(".,") for w in old], [w.strip(".,") for w in new], autojunk=False)
    cuts = [op for op in same.get_opcodes() if op[0] != "equal"]
    if len(cuts) != 1 or cuts[0][0] != "delete":
        return ""
    return " ".join(old[cuts[0][1] : cuts[0][2]]).strip(" ,.")


def _says_some(new: str, old: str, knowledge: Knowledge) -> bool:
    told = set(stems(old, knowledge))
    return bool(new) and len(told & set(stems(new, knowledge))) >= _SOME * len(told)


def _with_name(wish: Wish, letter: Letter) -> tuple[Edit, ...]:
    """A name where the letter has a place for it."""
    place = _MY_NAME if wish.what else _THEIR_NAME
    return tuple(
        edit_of(s, place.sub(lambda _: wish.sentence, s.text)) for s in letter.all if place.search(s.text)
    )


def _named(what: str, letter: Letter, knowledge: Knowledge) -> list[Sentence]:
    """The one sentence of the person's own that words name: those it begins with, or what it is about."""
    own = [s for s in letter.sentences if s.words or s.facts]
    for named in (what, what.split(",")[0]):  # "the screenshots, it sounds sloppy"
        begins = [s for s in own if f"{words_of(s.text)} ".startswith(f"{words_of(named)} ")]
        about = begins or [s for s in _about(named, letter, knowledge) if s in own]
        if len(about) == 1:
            return about
    return []


def _moved(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...]:
    """The edits that put sentences elsewhere, in their order; none where one of them is not there."""
    numbered = dict(enumerate(letter.sentences, 1))
    to, moved = numbered.get(abs(wish.to)), [numbered.get(n) for n in wish.numbers]
    moved = [*moved, *(_named(wish.what, letter, knowledge) if wish.what else ())]
    others = [s for s in letter.sentences if s.words and s not in moved]
    if wish.end and others:
        to = others[0 if wish.end == "first" else -1]
    if to is None or None in moved or to in moved or not moved:
        return ()
    found = [s for s in moved if s]
    if wish.to < 0 or wish.end == "first":
        return tuple(edit_of(s, s.text, before=to.text) for s in found)
    return tuple(edit_of(s, s.text, after=to.text) for s in reversed(found))


def _about(what: str, letter: Letter, knowledge: Knowledge, *, exact: bool = False) -> list[Sentence]:
    """The sentences that words of a wish name: all of them, or those of each thing among them."""
    if exact:
        return [s for s in letter.sentences if holds(what, s.text, knowledge)]
    things = [part for part in re.split(knowledge.wishes["things"].says[0], what) if part.strip()]
    for named in ([what], things):
        found = [s for s in letter.sentences for one in named if holds(one, f"{s.text} {s.words}", knowledge)]
        found = found or [
            s
            for s in letter.sentences
            for one in named
            if len(s.facts) == 1 and holds(one, s.facts[0].words, knowledge)
        ]
        if found:
            return list(dict.fromkeys(found))
    share = {s: _share(what, f"{s.text} {s.words}", knowledge) for s in letter.sentences}
    nearest = [s for s in share if share[s] == max(share.values()) >= _ENOUGH]
    return nearest if len(nearest) == 1 else []


def _stands(sentence: str, letter: Letter, knowledge: Knowledge) -> bool:
    """Whether one sentence of a letter says all of another; words of several say something else."""
    return any(holds(sentence, s.text, knowledge) for s in letter.sentences)


def _of_record(wish: Wish, knowledge: Knowledge) -> tuple[str, ...]:
    """A few words about a person's record ("214 jobs, 6 years"), led in; none where it is a sentence."""
    written = mend(wish.sentence, knowledge, talk=False)
    if wish.part != _RECORD or is_sentence(written, knowledge) or not any(c.isdigit() for c in written):
        return ()
    rows = (row for letter in knowledge.letters.values() for row in letter.rows)
    led = next((row.say for row in rows if row.part == f"bare_{_RECORD}"), "")
    return (led.replace("{words}", written),) if led else ()


def _share(what: str, text: str, knowledge: Knowledge) -> float:
    """How many of the words of a wish that tell something stand in a text."""
    wanted = stems(what, knowledge)
    return sum(word in text.casefold() for word in wanted) / max(1, len(wanted))
