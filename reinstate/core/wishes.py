"""What a person wants otherwise in a letter, in plain words. Pure.

How such wishes are said is data: `knowledge/wishes.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reinstate.core.cleaning import is_sentence, mend, speaks, stems, written_well
from reinstate.core.edits import Edit, edit_of, words_of
from reinstate.core.letter import Letter, Sentence
from reinstate.core.own_words import TOLD
from reinstate.knowledge import TONES, Knowledge, Tone

Kind = Literal["change", "leave_out", "add", "replace", "move", "undo", "other"]
_LONGEST = 700  # characters of a sentence
_SHORT = 10  # words of a message that wants to see the letter again; a longer one says something of it
_HIDDEN = re.compile(r"ǂ(\d)ǂ")  # a quotation, as one word
_ENOUGH = 0.5  # the share of a wish's telling words by which a sentence is known, if it is the only one
_COMMAS = re.compile(r"(,\s+)")
_CLAUSES = re.compile(
    r"(,\s+(?=(?:and|but|so|because|then|which|every|it|i|he|she|we|they|well|this|that)\s|look\b|\w+$)"
    r"|\s+and\s+(?=(?:that|this|it)\s))",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"(?:(?:numbers?|no\.?|and|,|&)\s*)*\d{1,2}(?:(?:\s|,|and|&|or)*\d{1,2})*\W*$", re.IGNORECASE
)
_ASKED = re.compile(
    r"\W*(?:(?:and|but|also|so|pls|please)\b\W*)*(?:can|could|will|would)\s+(?:you|u)\b", re.IGNORECASE
)
_LEAST_LEFT = 3  # words that a sentence must keep where some are taken out of it


@dataclass(frozen=True)
class Wish:
    """One thing that a person wants otherwise.

    That is another sentence in place of some by their numbers (an empty one takes them out), a part to leave
    out, a sentence more, other words for some, another place for some, the last change undone, or what is not
    done here.
    """

    kind: Kind
    numbers: tuple[int, ...] = ()
    what: str = ""
    sentence: str = ""
    exact: bool = False  # whether `what` was quoted: just these words go
    part: str = TOLD  # where a sentence more belongs
    at: str = ""  # words of the sentence beside which it belongs: behind it, or before it with `to` below 0
    to: int = 0  # the number after which sentences are to stand, negative for the one before which
    end: Literal["", "first", "last"] = ""  # where they are to stand of all of the person's own


@dataclass(frozen=True)
class Wishes:
    """What a message wants of a letter, and what else it tells."""

    wishes: tuple[Wish, ...] = ()
    tone: Tone | None = None
    shows: bool = False
    rest: str = ""

    def __bool__(self) -> bool:
        return bool(self.wishes or self.tone or self.shows)


def parse_wishes(text: str, knowledge: Knowledge) -> Wishes:
    """Read "leave out sentences 2 and 4, and add that ...", "make it shorter", "show it without ..."."""
    hidden, quotes = _hide(text, knowledge)
    said, asks_us = knowledge.wishes, _ASKED.match(hidden)
    wishes: list[Wish] = []
    rest: list[str] = []
    pieces = list(filter(None, re.split(said["next"].says[0], hidden, flags=re.IGNORECASE)))
    while pieces:
        piece = pieces.pop(0)
        wish = _parse(piece, knowledge)
        if wish is None and (both := said["and"].match(piece)) and _parse(both["one"], knowledge):
            pieces = [both["one"], both["other"], *pieces]
            continue
        last = wishes[-1] if wishes else None
        goes_on = last and last.sentence and last.kind in ("add", "change")
        if said["undo"].found(piece) and not wishes:
            wishes.append(Wish("undo"))
        elif wish and wish.kind == "leave_out" and said["refers"].found(wish.what):
            if not wishes and rest and (named := _HIDDEN.search(rest[-1])):
                wishes.append(replace(wish, what=named[0]))
        elif wish and wish.kind == "add" and said["refers"].found(wish.sentence):
            told = rest.pop() if rest else ""
            asks = knowledge.patterns["asks_something"].found(told)
            wishes += [Wish("other", what=told) if asks else replace(wish, sentence=told)] if told else []
        elif wish:
            wishes.append(wish)
        elif untrue := said["untrue"].match(piece):
            wishes.append(Wish("leave_out", what=untrue["what"]))
            rest.append(piece[untrue.end() :])
        elif last and last.kind == "leave_out" and (also := said["same"].match(piece)):
            wishes.append(Wish("leave_out", what=also["what"]))
        elif last and last.kind == "add" and (that := said["more"].match(piece)):
            wishes.append(Wish("add", sentence=that["sentence"]))
        elif any(said[name].found(piece) for name in (*TONES, "show")):
            continue
        elif last and said["instructs"].found(piece):
            wishes.append(Wish("other", what=piece.strip(" .")))
        elif last and goes_on:
            asks = piece.rstrip(" \"')").endswith("?")
            aside = asks or knowledge.patterns["chatter"].found(piece) or said["about_letter"].found(piece)
            joint = " and " if piece.startswith("that ") else " "
            more = "" if aside else f"{joint}{piece}"
            wishes[-1] = replace(last, sentence=last.sentence + more)
        else:
            rest.append(piece)
    return Wishes(
        tuple(
            replace(
                w,
                what=_shown(named[0] if (named := _HIDDEN.search(w.what)) else w.what, quotes),
                # "can you write that I ...?" asks us, and not Upwork
                sentence=_shown(w.sentence.rstrip("? ") if asks_us else w.sentence, quotes)[:_LONGEST],
                at=_shown(w.at, quotes),
                exact=w.kind == "leave_out" and _HIDDEN.search(w.what) is not None,
            )
            for w in wishes
        ),
        next((tone for tone in TONES if said[tone].found(hidden)), None),
        said["show"].found(hidden) and len(text.split()) <= _SHORT,
        " ".join(_shown(piece, quotes) for piece in rest if piece.strip(" ,.")),
    )


def is_wish(text: str, knowledge: Knowledge) -> bool:
    """Whether a text begins like a wish in words that mean nothing else, whether a letter stands or not."""
    hidden, _ = _hide(text, knowledge)
    return _parse(hidden, knowledge, ("leave_out",), ("add",), ()) is not None


def _parse(
    piece: str,
    knowledge: Knowledge,
    out: Sequence[str] = ("leave_out", "objects"),
    more: Sequence[str] = ("add", "says"),
    numbered: Sequence[str] = ("numbered",),
) -> Wish | None:
    said = knowledge.wishes
    if found := said["move"].match(piece):
        numbers = tuple(map(int, re.findall(r"\d+", found["numbers"])))
        if end := found["first"] or found["last"]:
            return Wish("move", numbers, end="first" if found["first"] else "last", what=end)
        return Wish("move", numbers, to=int(found["to"]) * (-1 if found["before"] else 1))
    if found := said["add_after"].match(_numbered(piece, knowledge)):
        return Wish("add", sentence=found["sentence"], to=int(found["to"]))
    if found := said["change"].match(_numbered(piece, knowledge)):
        sentence = found["sentence"] or ""
        if said["instructs_words"].found(sentence):  # what is to be done with a sentence is none
            return Wish("other", what=piece.strip(" ."))
        numbers = tuple(map(int, re.findall(r"\d+", found["numbers"])))
        return (
            Wish("change", numbers, sentence=sentence) if sentence or said["takes_out"].found(piece) else None
        )
    if found := next(filter(None, (said[name].match(piece) for name in numbered)), None):
        return Wish("change", (int(found["numbers"]),), sentence=found["sentence"])
    if found := said["numbers"].match(piece):
        return Wish("change", tuple(map(int, re.findall(r"\d+", found["numbers"]))))
    if found := said["change_about"].match(piece):
        return Wish("change", what=found["what"], sentence=found["sentence"])
    if found := said["replace"].match(piece):
        return Wish("replace", what=found["old"], sentence=found["new"])
    if found := next(filter(None, (said[name].match(piece) for name in out)), None):
        numbers = tuple(map(int, re.findall(r"\d+", found["what"]))) if _NUMBERS.match(found["what"]) else ()
        return Wish("change", numbers) if numbers else Wish("leave_out", what=found["what"])
    if found := next(filter(None, (said[name].match(piece) for name in more)), None):
        if beside := said["beside"].match(found["sentence"]):
            to = -1 if beside["where"] == "before" else 0
            return Wish("add", sentence=beside["sentence"], at=beside["at"], to=to)
        return Wish("add", sentence=found["sentence"])
    return None


def _numbered(piece: str, knowledge: Knowledge) -> str:
    """ "the second sentence" as "sentence 2"."""
    found = knowledge.wishes["ordinal"].match(piece)
    if not found:
        return piece
    number = next(name[1:] for name, value in found.groupdict().items() if value)
    return f"{piece[: found.start()]}sentence {number}{piece[found.end() :]}"


def _hide(text: str, knowledge: Knowledge) -> tuple[str, list[str]]:
    """A text with a number in place of each quotation, and the quotations."""
    quotes: list[str] = []

    def hide(found: re.Match[str]) -> str:
        if len(quotes) > 9:
            return found[0]
        quotes.append(found[0])
        return f"ǂ{len(quotes) - 1}ǂ"

    for pattern in knowledge.wishes["quoted"].says:
        text = re.sub(pattern, hide, text)
    return text, quotes


def _shown(text: str, quotes: Sequence[str]) -> str:
    """A text with its quotations; without their marks where one of them is all of it."""
    text = text.strip(" \"'“”")
    shown = _HIDDEN.sub(lambda found: quotes[int(found[1])] if int(found[1]) < len(quotes) else "", text)
    return shown[1:-1] if _HIDDEN.fullmatch(text) else shown


def edits_of(wish: Wish, letter: Letter, knowledge: Knowledge) -> tuple[Edit, ...]:
    """The edits that fulfil a wish in a letter; none where it cannot be fulfilled."""
    if wish.kind == "add":
        more = _sentences(wish.sentence, knowledge)
        beside = dict(enumerate(letter.sentences, 1)).get(wish.to)
        if wish.at:
            beside = next((s for s in letter.sentences if _holds(wish.at, s.text, knowledge)), None)
        part, text = (beside.part, beside.text) if beside else (wish.part, "")
        place = {"before" if wish.to < 0 else "after": text}
        return tuple(Edit("", s, part, **place) for s in more if not _stands(s, letter, knowledge))
    if wish.kind == "change":
        numbered = [s for n, s in enumerate(letter.sentences, 1) if n in wish.numbers]
        numbered = numbered or _about(wish.what, letter, knowledge)[:1]
        first, new = numbered[:1], written_well(wish.sentence, knowledge)
        return tuple(edit_of(s, new if s in first else "") for s in numbered)
    if wish.kind == "move":
        return _moves(wish, letter)
    if wish.kind == "replace":
        other = re.compile(re.escape(wish.what), re.IGNORECASE)
        if whole := [s for s in letter.sentences if words_of(s.text) == words_of(wish.what)]:
            return tuple(edit_of(s, written_well(wish.sentence, knowledge)) for s in whole)
        return tuple(
            edit_of(s, other.sub(lambda _: wish.sentence, s.text))
            for s in letter.sentences
            if other.search(s.text)
        )
    if wish.kind == "other":
        return ()
    for words in (wish.what.strip(" ."), mend(wish.what, knowledge).rstrip(".")) if wish.exact else ():
        quoted = [s for s in letter.sentences if words and words.casefold() in s.text.casefold()]
        if quoted:
            return tuple(edit_of(s, _cut(s.text, words, knowledge)) for s in quoted)
    about = _about(wish.what, letter, knowledge, exact=wish.exact)
    own = [s for s in about if s.words or s.facts] or about  # what frames the letter is hardly meant
    if len(own) > 1 and len(stems(wish.what, knowledge)) == 1 and not wish.exact:
        return ()  # nobody knows which of them
    return tuple(edit_of(s, _without(s.text, wish.what, knowledge)) for s in own)


def _moves(wish: Wish, letter: Letter) -> tuple[Edit, ...]:
    """The edits that put sentences elsewhere, in their order; none where one of them is not there."""
    numbered = dict(enumerate(letter.sentences, 1))
    to, moved = numbered.get(abs(wish.to)), [numbered.get(n) for n in wish.numbers]
    others = [s for s in letter.sentences if (s.words or s.facts) and s not in moved]
    if wish.end and others:
        to = others[0 if wish.end == "first" else -1]
    if to is None or None in moved or to in moved:
        return ()
    found = [s for s in moved if s]
    if wish.to < 0 or wish.end == "first":
        return tuple(edit_of(s, s.text, before=to.text) for s in found)
    return tuple(edit_of(s, s.text, after=to.text) for s in reversed(found))


def _about(what: str, letter: Letter, knowledge: Knowledge, *, exact: bool = False) -> list[Sentence]:
    """The sentences that words of a wish name: all of them, or those of each thing among them."""
    if exact:
        return [s for s in letter.sentences if _holds(what, s.text, knowledge)]
    things = [part for part in re.split(knowledge.wishes["things"].says[0], what) if part.strip()]
    for named in ([what], things):
        found = [
            s for s in letter.sentences for one in named if _holds(one, f"{s.text} {s.words}", knowledge)
        ]
        found = found or [
            s
            for s in letter.sentences
            for one in named
            if len(s.facts) == 1 and _holds(one, s.facts[0].words, knowledge)
        ]
        if found:
            return list(dict.fromkeys(found))
    share = {s: _share(what, f"{s.text} {s.words}", knowledge) for s in letter.sentences}
    nearest = [s for s in share if share[s] == max(share.values()) >= _ENOUGH]
    return nearest if len(nearest) == 1 else []


def is_said(wish: Wish, letter: Letter, knowledge: Knowledge) -> bool:
    """Whether what is to be added stands in the letter already."""
    more = _sentences(wish.sentence, knowledge) if wish.kind == "add" else ()
    return bool(more) and all(_stands(s, letter, knowledge) for s in more)


def _stands(sentence: str, letter: Letter, knowledge: Knowledge) -> bool:
    """Whether one sentence of a letter says all of another; words of several say something else."""
    return any(_holds(sentence, s.text, knowledge) for s in letter.sentences)


def _sentences(text: str, knowledge: Knowledge) -> tuple[str, ...]:
    """What is to be added, as sentences; what cannot be one is left out."""
    pieces = re.split(knowledge.wishes["parts"].says[0], text, flags=re.IGNORECASE)
    return tuple(dict.fromkeys(s for piece in pieces for s in speaks(piece, knowledge)))


def _without(text: str, what: str, knowledge: Knowledge) -> str:
    """A sentence without the clause that words of a wish name; empty where that is all, or how it begins."""
    cut = _CLAUSES if is_sentence(text, knowledge) else _COMMAS
    parts = cut.split(text.rstrip(".!?"))  # clauses, and what joins each to the one before
    clauses = parts[::2]
    named = [n for n, clause in enumerate(clauses) if _holds(what, clause, knowledge)]
    if not named or named[0] == 0:
        return ""
    kept = (
        joint + clause for n, (joint, clause) in enumerate(zip(["", *parts[1::2]], clauses)) if n not in named
    )
    return mend("".join(kept), knowledge, talk=False)


def _cut(text: str, words: str, knowledge: Knowledge) -> str:
    """A sentence without some of its words; empty where too little of it is left."""
    start = text.casefold().find(words.casefold())
    left = f"{text[:start].rstrip(' ,;')} {text[start + len(words) :].lstrip(' ,;')}"
    left = re.sub(r"([\"“‘'])\s+|\s+([.!?])", r"\1\2", left)
    if len(re.findall(r"\w+", left)) < _LEAST_LEFT or left.rstrip(" .").endswith(":"):
        return ""
    return left if left[-1:] in '"”' else mend(left, knowledge)


def _share(what: str, text: str, knowledge: Knowledge) -> float:
    """How many of the words of a wish that tell something stand in a text."""
    wanted = stems(what, knowledge)
    return sum(word in text.casefold() for word in wanted) / max(1, len(wanted))


def _holds(what: str, text: str, knowledge: Knowledge) -> bool:
    """Whether a text holds all words of a wish that tell something."""
    wanted = stems(what, knowledge)
    return bool(wanted) and all(word in text.casefold() for word in wanted)
