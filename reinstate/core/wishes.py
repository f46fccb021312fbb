"""What a person wants otherwise in a letter, as far as they say it plainly. Pure.

What is said in other ways is not guessed at: half of such wishes were carried out wrongly, and spoiled a
letter that could be sent. Whoever says them is told how a letter is changed. How plain wishes are said is
data: `knowledge/wishes.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reinstate.core.cleaning import is_sentence, mend
from reinstate.core.own_words import TOLD
from reinstate.knowledge import TONES, Knowledge, Tone, put

Kind = Literal["change", "leave_out", "add", "replace", "move", "undo", "name"]
_LONGEST = 700  # characters of a sentence
_MOST = 20  # wishes of one message: each is carried out while others wait
_SHORT = 14  # words of a message that wants to see the letter again; a longer one says something of it
_HIDDEN = re.compile(r"ǂ(\d)ǂ")  # a quotation, as one word
_NUMBERS = re.compile(r"(?=.*\d)(?:(?:sentences?|numbers?|nos?|and|or|the)\b|[\s,&#.]|\d{1,2}(?!\d))+$", re.I)
_ASKED = re.compile(
    r"\W*(?:(?:and|but|also|so|pls|please)\b\W*)*(?:can|could|will|would)\s+(?:you|u)\b", re.I
)
_GIVEN = re.compile(r"[:=]\s*$")  # what stands behind it is given word by word
_ASIDE = 3  # words beside a wish that name nothing
_BACK, _THAT = "back", "that"
_UNDOES = {"undo": "", "puts_back": _BACK, "takes_back": _THAT}  # how an undoing is said
_LEAST_GIVEN = 3  # words of a sentence that is given without it


@dataclass(frozen=True)
class Wish:
    """One thing that a person wants otherwise.

    Attributes:
        kind: another sentence in place of one, some left out, one more, other words for some, another place
            for some, the last change undone, or a name put in its place.
        numbers: of the sentences that it is about; 0 is the last one.
        what: words that they hold, or that others stand for; of an undoing, how it was said; of a name,
            whether it is the person's own.
        sentence: the other one, the one more, the other words, the name; of an undoing, what else was said.
        exact: whether `what` was quoted: just these words go; or `sentence` given word by word.
        part: where a sentence more belongs.
        to: the number after which sentences are to stand, negative for the one before which.
        end: where they, or the one more, are to stand of all of the person's own.
    """

    kind: Kind
    numbers: tuple[int, ...] = ()
    what: str = ""
    sentence: str = ""
    exact: bool = False
    part: str = TOLD
    to: int = 0
    end: Literal["", "first", "last"] = ""


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
    """Read "leave out 2 and 4, and add that ...", "change sentence 3 to: ...", "make it shorter"."""
    hidden, quotes = _hide(text, knowledge)
    said = knowledge.wishes
    wishes: list[Wish] = []
    rest: list[str] = []
    given = False  # whether words are given: within their sentence only a wish by numbers ends them
    before = 0  # words of the pieces before
    for joint, piece in _pieces(hidden, knowledge):
        wish, begins = _parse(piece, knowledge), not joint.strip() or before <= 1  # "No, ..."
        before += len(piece.split())
        if wish and wish.what == _BACK and not begins:  # "took it down for an hour and put it back"
            wish = None
        last = wishes[-1] if wishes else None
        if last and last.kind == "move" and last.what and (other := said["make_it"].match(piece)):
            wish = Wish("change", what=last.what, sentence=other["sentence"])
        if wish and len(wishes) < _MOST and (not given or begins or wish.numbers or wish.to):
            wishes.append(wish)
            given = bool(wish.sentence) and _GIVEN.search(piece[: piece.rfind(wish.sentence)]) is not None
        elif (
            last
            and not (last.numbers and "\n" in joint)  # one sentence, which ends with its line
            and _goes_on(last, piece, knowledge, given=given)
            and not (begins and said["instructs"].found(piece))
        ):
            wishes[-1] = replace(last, sentence=f"{last.sentence}{joint or ' '}{piece}")
        elif not any(said[name].found(piece) for name in (*TONES, "show")):
            rest.append(piece)
    points = any(wish.kind == "undo" and wish.what == _THAT for wish in wishes)
    if points and (
        wishes[1:] or any(len(piece.split()) > _ASIDE for piece in rest)
    ):  # at what was named there
        wishes = [wish for wish in wishes if wish.kind != "undo"]
        rest = rest if wishes else [hidden]
    return Wishes(
        tuple(_with_quotes(wish, quotes, asks_us=_ASKED.match(hidden) is not None) for wish in wishes),
        next((tone for tone in TONES if said[tone].found(hidden)), None),
        said["show"].found(hidden) and len(text.split()) <= _SHORT,
        " ".join(_shown(piece, quotes) for piece in rest if piece.strip(" ,.")),
    )


def is_wish(text: str, knowledge: Knowledge) -> bool:
    """Whether a text begins like a wish in words that mean nothing else, whether a letter stands or not."""
    return _parse(_hide(text, knowledge)[0], knowledge, surely=True) is not None


def _pieces(text: str, knowledge: Knowledge) -> list[tuple[str, str]]:
    """The pieces of a message that may each be a wish, with what stands before them ("", ", and ")."""
    found, joint, start = [], "", 0
    for end in re.finditer(knowledge.wishes["next"].says[0], text, re.IGNORECASE):
        found.append((joint, text[start : end.start()]))
        joint, start = end[0], end.end()
    return [(joint, piece) for joint, piece in (*found, (joint, text[start:])) if piece]


def _goes_on(wish: Wish, piece: str, knowledge: Knowledge, *, given: bool) -> bool:
    """Whether what follows belongs to the words of a wish, and is not said to us; given ones may ask."""
    if not wish.sentence or wish.kind in ("name", "undo") or _HIDDEN.fullmatch(wish.sentence):
        return False
    if given:
        return not knowledge.wishes["to_us"].found(piece) and not knowledge.patterns["chatter"].found(piece)
    return not piece.rstrip(" \"')").endswith("?") and not knowledge.patterns["chatter"].found(piece)


def _parse(piece: str, knowledge: Knowledge, *, surely: bool = False) -> Wish | None:
    """The wish of a piece; `surely` one in words that mean nothing else where no letter stands."""
    said = knowledge.wishes
    piece = _numbered(put(said["polite"].says[0], "", piece), knowledge)
    if found := said["move"].match(piece):
        return _move(found)
    if found := None if surely else said["move_named"].match(piece):
        return Wish("move", what=found["what"], end="first" if found["first"] else "last")
    if (found := said["add_after"].match(piece)) and found["sentence"]:
        return Wish("add", sentence=found["sentence"], to=int(found["to"]))
    for name in ("change",) if surely else ("change", "numbered"):
        if found := said[name].match(piece):
            return _change(found, knowledge)
    if found := None if surely else said["name"].match(piece):
        mine = any(value for name, value in found.groupdict().items() if name != "name")
        return Wish("name", what="mine" if mine else "", sentence=found["name"])
    if found := None if surely else said["change_named"].match(piece):
        return Wish("change", what=found["what"], sentence=found["sentence"])
    for name in ("leave_out",) if surely else (*_UNDOES, "replace", "leave_out", "takes_out"):
        if found := said[name].match(piece):
            return _without(name, found, knowledge)
    for name in ("add",) if surely else ("add", "says"):
        if found := said[name].match(piece):
            return _add(found, piece, knowledge)
    return None


def _add(found: re.Match[str], piece: str, knowledge: Knowledge) -> Wish | None:
    """A sentence more: given word by word, or one that reads by itself; where else it belongs is not read."""
    words, said = found["sentence"], knowledge.wishes
    if said["placed"].found(words) or said["how"].found(words.partition(":")[0]):
        return None
    given = _GIVEN.search(piece[: found.start("sentence")]) or _HIDDEN.match(words)
    last = found.groupdict().get("last") is not None
    return Wish("add", sentence=words, exact=given is not None, end="last" if last else "")


def _move(found: re.Match[str]) -> Wish:
    numbers = tuple(map(int, re.findall(r"\d+", found["numbers"])))
    if found["first"] or found["last"]:
        return Wish("move", numbers, end="first" if found["first"] else "last")
    return Wish("move", numbers, to=int(found["to"]) * (-1 if found["before"] else 1))


def _change(found: re.Match[str], knowledge: Knowledge) -> Wish | None:
    """Another sentence for one, where it is given, and not told how it should read."""
    words = found["sentence"]
    by_sign = _GIVEN.search(found["by"]) or _HIDDEN.match(words)
    whole = is_sentence(mend(words, knowledge), knowledge) and len(words.split()) >= _LEAST_GIVEN
    if knowledge.wishes["how"].found(words) or not (by_sign or whole):
        return None
    return Wish("change", (int(found["numbers"]),), sentence=words)


def _without(name: str, found: re.Match[str], knowledge: Knowledge) -> Wish | None:
    if name in _UNDOES:
        more = str(found.groupdict().get("more") or "").strip(" ,.!")
        return Wish("undo", what=_UNDOES[name], sentence=more if len(more.split()) > _ASIDE else "")
    if name == "replace":
        how = knowledge.wishes["how"].found(found["new"])
        return None if how else Wish("replace", what=found["old"], sentence=found["new"])
    what = found["what"]
    for pattern in knowledge.wishes["meant"].says:
        what = put(pattern, "", what)
    if word := knowledge.wishes["word"].match(what):
        return Wish("leave_out", what=word["word"], exact=True)
    if _NUMBERS.match(what):
        return Wish("leave_out", tuple(map(int, re.findall(r"\d+", what))))
    return Wish("leave_out", what=what) if what.strip(" .") else None


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


def _with_quotes(wish: Wish, quotes: Sequence[str], *, asks_us: bool) -> Wish:
    named = _HIDDEN.search(wish.what) if wish.kind == "leave_out" else None
    return replace(
        wish,
        what=_shown(named[0] if named else wish.what, quotes),
        # "can you write that I ...?" asks us, and not Upwork
        sentence=_shown(wish.sentence.replace("?", ".").rstrip(". ") if asks_us else wish.sentence, quotes)[
            :_LONGEST
        ],
        exact=named is not None or wish.exact,
    )


def _shown(text: str, quotes: Sequence[str]) -> str:
    """A text with its quotations; without their marks where one of them is all of it."""
    text = text.strip(" \"'“”")
    shown = _HIDDEN.sub(lambda found: quotes[int(found[1])] if int(found[1]) < len(quotes) else "", text)
    return shown[1:-1] if _HIDDEN.fullmatch(text.rstrip(" .,")) else shown
