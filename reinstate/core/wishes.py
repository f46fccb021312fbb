"""What a person wants otherwise in a letter, in plain words. Pure.

How such wishes are said is data: `knowledge/wishes.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reinstate.core.cleaning import is_sentence, mend, speaks, stems, written_well
from reinstate.core.cutting import cut, found_in, holds, without
from reinstate.core.edits import Edit, edit_of, words_of
from reinstate.core.letter import Letter, Sentence
from reinstate.core.own_words import TOLD
from reinstate.core.persons import in_person, is_about, person_of
from reinstate.knowledge import TONES, Knowledge, Tone, put

Kind = Literal["change", "leave_out", "add", "replace", "move", "keep", "person", "undo", "reword", "other"]
_LONGEST = 700  # characters of a sentence
_SHORT = 10  # words of a message that wants to see the letter again; a longer one says something of it
_HIDDEN = re.compile(r"ǂ(\d)ǂ")  # a quotation, as one word
_ENOUGH = 0.5  # the share of a wish's telling words by which a sentence is known, if it is the only one
_NUMBERS = re.compile(
    r"(?:(?:numbers?|no\.?|and|,|&)\s*)*\d{1,2}(?:(?:\s|,|and|&|or)*\d{1,2})*\W*$", re.IGNORECASE
)
_ORDINAL = re.compile(r"^\W*(?:the |that )?sentence (\d)\W*$", re.IGNORECASE)
_JOINTS = re.compile(r",\s+|,?\s+(?:and|but)\s+", re.IGNORECASE)
_ASKED = re.compile(
    r"\W*(?:(?:and|but|also|so|pls|please)\b\W*)*(?:can|could|will|would)\s+(?:you|u)\b", re.IGNORECASE
)
_GIVEN = re.compile(r"[:=]\s*$")  # what stands behind it is given word by word
_LEAST_GIVEN = 3  # words of a sentence that is given without it
_MOST_OF_LETTER = 40  # words of a message that may say how a letter should read; a longer one tells a story
_MOST_COMPLAINING = 15  # words of one that only says how it reads
_RECORD = "record"  # the part of what a person has achieved
_STOPS = ".!?;,:"
_LAST = 0  # the number of the last sentence, where it is called that


@dataclass(frozen=True)
class Wish:
    """One thing that a person wants otherwise.

    That is another sentence in place of some by their numbers (an empty one takes them out), a part to leave
    out, a sentence more, other words for some, another place for some, what is to stay or to come back, one
    person for another ("I, not he": `sentence` in place of `what`), the last change undone, or what is not
    done here. A change that names no sentence, and a person without numbers, are about the last change.
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
    """What a message wants of a letter, and what else it tells.

    `reworded` is what should be put in other words, which is not done.
    """

    wishes: tuple[Wish, ...] = ()
    reworded: tuple[str, ...] = ()
    tone: Tone | None = None
    shows: bool = False
    rest: str = ""

    def __bool__(self) -> bool:
        return bool(self.wishes or self.reworded or self.tone or self.shows)


def parse_wishes(text: str, knowledge: Knowledge) -> Wishes:
    """Read "leave out sentences 2 and 4, and add that ...", "make it shorter", "show it without ..."."""
    hidden, quotes = _hide(text, knowledge)
    said, asks_us, length = knowledge.wishes, _ASKED.match(hidden), len(text.split())
    wishes: list[Wish] = []
    rest: list[str] = []
    reworded: list[str] = []
    before = ""  # the piece before, where it wants nothing by itself
    pieces = _pieces(hidden, knowledge)
    while pieces:
        (joint, piece), unread, before = pieces.pop(0), before, ""
        person = _person(_shown(piece, quotes), knowledge) if length <= _MOST_OF_LETTER else None
        wish = person or _parse(piece, knowledge)
        if wish and wish.kind == "keep" and not wish.what and unread and unread.rstrip()[-1] not in _STOPS:
            wish = None  # "I took it down and put it back"
        if wish is None and (both := said["and"].match(piece)) and _parse(both["one"], knowledge):
            pieces = [(joint, both["one"]), (" and ", both["other"]), *pieces]
            continue
        last = wishes[-1] if wishes else None
        goes_on = last and last.sentence and last.kind in ("add", "change")
        pointed = _named(unread, knowledge)
        refers = wish and wish.kind == "leave_out" and said["refers"].found(wish.what)
        if wish and refers and pointed:
            wishes.append(pointed)
            rest.remove(unread)
        elif instead := said["instead"].match(piece):
            if pointed:
                rest.remove(unread)
            wishes = _instead(pointed, wishes, instead["sentence"])
        elif said["undo"].found(piece) and not wishes:
            wishes.append(Wish("undo"))
        elif wish and refers:
            wishes += [] if wishes or not said["takes_out"].found(piece) else [wish]
        elif wish and wish.kind == "add" and said["refers"].found(wish.sentence):
            told = rest.pop() if rest else ""
            asks = knowledge.patterns["asks_something"].found(told)
            wishes += [Wish("other", what=told) if asks else replace(wish, sentence=told)] if told else []
        elif wish and wish.kind == "reword":
            reworded.append(wish.what)
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
            reworded += _besides(piece, knowledge)
        elif said["reword"].found(piece) and length <= _MOST_OF_LETTER:
            reworded.append(piece.strip(" ,."))
        elif last and said["instructs"].found(piece):
            wishes.append(Wish("other", what=piece.strip(" .")))
        elif last and goes_on:
            asks = piece.rstrip(" \"')").endswith("?")
            aside = asks or knowledge.patterns["chatter"].found(piece) or said["about_letter"].found(piece)
            more = "" if aside else f"{joint or ' '}{piece}"
            wishes[-1] = replace(last, sentence=last.sentence + more)
        else:
            rest.append(piece)
            before = piece
    tone = next((tone for tone in TONES if said[tone].found(hidden)), None)
    if not (wishes or reworded or tone) and length <= _MOST_COMPLAINING:
        reworded = [piece.strip(" ,.") for piece in rest if said["complains"].found(piece)]
        rest = [piece for piece in rest if not said["complains"].found(piece)]
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
        tuple(_shown(piece, quotes) for piece in reworded),
        tone,
        said["show"].found(hidden) and length <= _SHORT,
        " ".join(_shown(piece, quotes) for piece in rest if piece.strip(" ,.")),
    )


def _pieces(text: str, knowledge: Knowledge) -> list[tuple[str, str]]:
    """The pieces of a message that may each be a wish, with what stands before them ("", ", and ")."""
    found, joint, start = [], "", 0
    for end in re.finditer(knowledge.wishes["next"].says[0], text, re.IGNORECASE):
        found.append((joint, text[start : end.start()]))
        joint, start = end[0], end.end()
    return [(joint, piece) for joint, piece in (*found, (joint, text[start:])) if piece]


def _person(piece: str, knowledge: Knowledge) -> Wish | None:
    """ "I, not he", for the sentences whose numbers stand beside it."""
    found = knowledge.wishes["person"].match(re.sub(r"[\"“”„]|(?<!\w)['‘]|['’](?!\w)", "", piece))
    if not found:
        return None
    old, new = (person_of(found[name], knowledge) for name in ("old", "new"))
    numbers = re.findall(r"\d+", f"{found['numbers']} {found['also']}")
    return Wish("person", tuple(map(int, numbers)), what=old, sentence=new) if old != new else None


def _besides(piece: str, knowledge: Knowledge) -> list[str]:
    """How the letter should read, beside a tone or where it should be seen again ("again, but better")."""
    said = knowledge.wishes
    shows = not any(said[tone].found(piece) for tone in TONES)
    _, *parts = _JOINTS.split(piece.strip(" ,.?!"))
    return [p for p in parts if said["reword"].found(p) or (shows and said["how"].found(p))]


def _named(piece: str, knowledge: Knowledge) -> Wish | None:
    """The sentences that a piece names, to be taken out: what follows says what is to be done with them."""
    if quote := _HIDDEN.search(piece):
        return Wish("leave_out", what=quote[0])
    found = knowledge.wishes["names"].match(_numbered(piece, knowledge))
    if not found:
        return None
    groups = found.groupdict()
    numbers = tuple(map(int, re.findall(r"\d+", groups.get("numbers") or groups.get("bare") or "")))
    return Wish("change", numbers) if numbers else Wish("leave_out", what=found["what"])


def _instead(named: Wish | None, wishes: list[Wish], sentence: str) -> list[Wish]:
    """The wishes, with words in place of what was named, or the last wish takes out, or was changed last."""
    last = wishes[-1] if wishes else None
    takes = last is not None and last.kind in ("change", "leave_out") and not last.sentence
    kept = wishes[:-1] if takes and not named else wishes
    old = named or (last if takes else None) or Wish("change")
    if old.kind == "leave_out":
        old = replace(old, kind="replace" if _HIDDEN.search(old.what) else "change")
    return [*kept, replace(old, sentence=sentence)]


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
        if sentence and not _is_given(found, piece, knowledge):
            return _not_given(sentence, piece, knowledge)
        numbers = tuple(map(int, re.findall(r"\d+", found["numbers"])))
        return (
            Wish("change", numbers, sentence=sentence) if sentence or said["takes_out"].found(piece) else None
        )
    if found := next(filter(None, (said[name].match(piece) for name in numbered)), None):
        if not _is_given(found, piece, knowledge):
            return _not_given(found["sentence"], piece, knowledge)
        return Wish("change", (int(found["numbers"]),), sentence=found["sentence"])
    if found := said["numbers"].match(piece):
        return Wish("change", tuple(map(int, re.findall(r"\d+", found["numbers"]))))
    if found := said["change_about"].match(piece):
        if not _is_given(found, piece, knowledge):
            return _not_given(found["sentence"], piece, knowledge)
        return Wish("change", what=found["what"], sentence=found["sentence"])
    if (found := said["replace"].match(piece)) and not said["how"].found(found["new"]):
        return Wish("replace", what=found["old"], sentence=found["new"])
    if found := next(filter(None, (said[name].match(piece) for name in out)), None):
        what = _ORDINAL.sub(r"\1", _numbered(found["what"], knowledge))
        numbers = tuple(map(int, re.findall(r"\d+", what))) if _NUMBERS.match(what) else ()
        meant = put(said["filler"].says[0], "", found["what"]) or found["what"]
        return Wish("change", numbers) if numbers else Wish("leave_out", what=meant)
    if numbered and (found := said["keep"].match(piece)):  # where a letter stands
        groups = found.groupdict()
        what = next((groups[name] for name in ("what", "quote", "clause") if groups.get(name)), "")
        words = groups.get("sentence") or ""
        what = "" if said["refers"].found(what) else what
        words = words or (what if _HIDDEN.fullmatch(what) else "")
        return Wish("keep", what=what or words, sentence=words, to=int(groups.get("to") or 0))
    if found := next(filter(None, (said[name].match(piece) for name in more)), None):
        if beside := said["beside"].match(found["sentence"]):
            to = -1 if beside["where"] == "before" else 0
            return Wish("add", sentence=beside["sentence"], at=beside["at"], to=to)
        return Wish("add", sentence=found["sentence"])
    return None


def _is_given(found: re.Match[str], piece: str, knowledge: Knowledge) -> bool:
    """Whether words are given as those of a sentence, and do not tell how it should read."""
    words, said = found["sentence"], knowledge.wishes
    if _HIDDEN.match(words.lstrip()):
        return True
    if _GIVEN.search(found["by"]):
        return found["by"].strip() not in ":=" or not (
            said["how"].found(words) or said["reword"].found(words)
        )
    tells = knowledge.patterns["verb"].found(mend(words, knowledge)) and not said["how"].found(words)
    return tells and len(words.split()) >= _LEAST_GIVEN and not said["reword"].found(piece)


def _not_given(words: str, piece: str, knowledge: Knowledge) -> Wish:
    """What is wanted of a sentence whose words are not given: that it should read otherwise, or unknown."""
    otherwise = knowledge.wishes["how"].found(words) or knowledge.wishes["reword"].found(words)
    otherwise = otherwise or knowledge.wishes["reword"].found(piece)
    return Wish("reword" if otherwise else "other", what=piece.strip(" ,."))


def _numbered(piece: str, knowledge: Knowledge) -> str:
    """ "the second sentence" as "sentence 2", but for what stands in words that are given."""
    found = knowledge.wishes["ordinal"].match(piece)
    if not found or any(sign.isdigit() or sign in ":=" for sign in piece[: found.start()]):
        return piece
    number = next(name[1:] for name, value in found.groupdict().items() if value)
    return f"{piece[: found.start()]}sentence {number}{piece[found.end() :]}"


def _hide(text: str, knowledge: Knowledge) -> tuple[str, list[str]]:
    """A text with a number in place of each quotation, and the quotations."""
    quotes: list[str] = []
    text = text.replace("ǂ", "")

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
        more = _of_record(wish, knowledge) or _sentences(wish.sentence, knowledge)
        beside = dict(enumerate(letter.sentences, 1)).get(wish.to)
        if wish.at:
            beside = next((s for s in letter.sentences if holds(wish.at, s.text, knowledge)), None)
        part, text = (beside.part, beside.text) if beside else (wish.part, "")
        place = {"before" if wish.to < 0 else "after": text}
        return tuple(Edit("", s, part, **place) for s in more if not _stands(s, letter, knowledge))
    if wish.kind == "change":
        numbers = [_last(letter) if n == _LAST else n for n in wish.numbers]
        numbered = [s for n, s in enumerate(letter.sentences, 1) if n in numbers]
        numbered = numbered or _about(wish.what, letter, knowledge)[:1]
        first, new = numbered[:1], written_well(wish.sentence, knowledge, given=True)
        if wish.sentence and not new:
            return ()
        return tuple(edit_of(s, new if s in first else "") for s in numbered)
    if wish.kind == "move":
        return _moves(wish, letter)
    if wish.kind == "replace" and not wish.what:
        return ()
    if wish.kind == "replace":
        other = re.compile(re.escape(wish.what), re.IGNORECASE)
        if whole := [s for s in letter.sentences if words_of(s.text) == words_of(wish.what)]:
            return tuple(edit_of(s, written_well(wish.sentence, knowledge, given=True)) for s in whole)
        return tuple(
            edit_of(s, other.sub(lambda _: wish.sentence, s.text))
            for s in letter.sentences
            if other.search(s.text)
        )
    if wish.kind == "person":
        of = [s for n, s in enumerate(letter.sentences, 1) if n in wish.numbers or not wish.numbers]
        spoken = ((s, in_person(s.text, wish.what, wish.sentence, knowledge)) for s in of)
        changed = [(s, text) for s, text in spoken if text != s.text]
        does = [(s, text) for s, text in changed if is_about(s.text, wish.what, knowledge)]
        changed = does if len(does) == 1 and not wish.numbers else changed
        return tuple(edit_of(s, text) for s, text in changed if wish.numbers or len(changed) == 1)
    if wish.kind in ("other", "reword", "keep", "undo"):
        return ()
    for words in (wish.what.strip(" ."), mend(wish.what, knowledge).rstrip(".")) if wish.exact else ():
        if quoted := [s for s in letter.sentences if found_in(words, s.text)]:
            return tuple(edit_of(s, cut(s.text, words, knowledge)) for s in quoted)
    about = _about(wish.what, letter, knowledge, exact=wish.exact)
    if not about and not wish.exact and "," in wish.what:  # "the printer, nobody cares"
        return edits_of(replace(wish, what=wish.what.split(",")[0]), letter, knowledge)
    own = [s for s in about if s.words or s.facts] or about  # what frames the letter is hardly meant
    if len(own) > 1 and len(stems(wish.what, knowledge)) == 1 and not wish.exact:
        return ()  # nobody knows which of them
    return tuple(edit_of(s, without(s.text, wish.what, knowledge)) for s in own)


def _last(letter: Letter) -> int:
    """The number of the last sentence of a person's own; what frames the letter is hardly meant."""
    return max(
        (n for n, s in enumerate(letter.sentences, 1) if s.words or s.facts), default=len(letter.sentences)
    )


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


def is_said(wish: Wish, letter: Letter, knowledge: Knowledge) -> bool:
    """Whether what is to be added stands in the letter already."""
    more = _sentences(wish.sentence, knowledge) if wish.kind == "add" else ()
    return bool(more) and all(_stands(s, letter, knowledge) for s in more)


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


def _sentences(text: str, knowledge: Knowledge) -> tuple[str, ...]:
    """What is to be added, as sentences; what cannot be one is left out."""
    pieces = re.split(knowledge.wishes["parts"].says[0], text, flags=re.IGNORECASE)
    return tuple(dict.fromkeys(s for piece in pieces for s in speaks(piece, knowledge)))


def _share(what: str, text: str, knowledge: Knowledge) -> float:
    """How many of the words of a wish that tell something stand in a text."""
    wanted = stems(what, knowledge)
    return sum(word in text.casefold() for word in wanted) / max(1, len(wanted))
