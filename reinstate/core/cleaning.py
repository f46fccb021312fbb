"""A person's own sentences, put so that they may stand in a letter, or left out. Pure.

What is mended is data: `knowledge/cleaning.yml`; so is what is left out: `knowledge/patterns.yml`.
"""

from __future__ import annotations

import functools
import re
from itertools import takewhile

from babel import Locale

from reinstate.core.spelling import is_word, spelled
from reinstate.knowledge import Knowledge, Pattern, matches, put

# Not behind the stop of a title, nor of an initial that a small letter follows.
SENTENCE_END = r"(?<=[.!?…])(?<!\b[MD]r\.)(?<!\bMrs\.)(?<!\bMs\.)(?!(?<=\b[A-Z]\.)\s+[a-z])\s+"
_ENDS = re.compile(rf"{SENTENCE_END}|\s*[\n;]+\s*|\s+[-–—]+\s+")
_LEAST_WORDS, _MOST_WORDS, _MOST_PHRASE = 3, 60, 14
# What people are called by, too ("my Slovenian ID"); "polish" is a verb as well.
_LANGUAGE = re.compile(r"(?!Polish)[A-Z][a-z]{3,}(?:an|ese|ish|ic)")
_ENGLISH = Locale("en")
_COUNTRY_NAMES = {  # and languages, by their small letters
    name.casefold(): name
    for name in (
        *filter(_LANGUAGE.fullmatch, _ENGLISH.languages.values()),
        *(name for code, name in _ENGLISH.territories.items() if code.isalpha()),
    )
}
_COUNTRIES = re.compile(rf"\b(?:{'|'.join(map(re.escape, _COUNTRY_NAMES))})\b", re.IGNORECASE)
# Capitals in a row that no name or short form is; a capital that began it, where words were put before.
_SHOUT = re.compile(r"(?:\b[A-Z]{2,}\b[ ,]+){2,}\b[A-Z]{2,}\b")
_LED_IN = re.compile(
    r"(?:(?<=^I )|(?<=^please ))[A-Z](?=[a-z])|(?<=^I have )(?:Suspen|Ban|Block|Restric|Lock)(?=[a-z])"
)
_QUOTED, _QUOTE = re.compile(r'"[^"]*"|“[^”]*”'), '"§"'  # and what stands for each while the rest is mended
_JOINED = re.compile(r"(?=\s(?:and|but|so|yet)\s)", re.IGNORECASE)
_JOINS = re.compile(r"^(?:and|also|plus)\b[\s,:]*", re.IGNORECASE)
STEM = 5  # letters by which a word is known again in another form


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text as they were written."""
    return tuple(part for part in (piece.strip() for piece in _ENDS.split(text)) if part)


def put_well(text: str, knowledge: Knowledge) -> str:
    """A sentence mended so that it can stand in a letter; empty where nobody could read it there."""
    sentence = "" if text.rstrip(" )\"'").endswith("?") else mend(text, knowledge)
    return sentence if _is_readable(sentence, knowledge) else ""


def written_well(text: str, knowledge: Knowledge, *, given: bool = False) -> str:
    """A sentence that was written for a letter, mended, without what is rude in it; empty if that is all.

    What is `given` word by word stays, and so do insults that are told as one's own deed.
    """
    for fix in (f for f in knowledge.cleaning.values() if f.swears and not given):
        text = put(fix.pattern, fix.put, text)
    if not given and _is_rude(text, knowledge):
        clauses = (_clean_part(clause, knowledge) for clause in text.split(", "))
        text = ", ".join(clause for clause in clauses if clause)
        if not is_sentence(mend(text, knowledge, talk=False), knowledge):
            return ""
    mended = mend(text, knowledge, talk=False)
    return f"{mended[:-1]}?" if mended and text.rstrip(" )\"'").endswith("?") else mended


def _is_rude(text: str, knowledge: Knowledge) -> bool:
    """Whether a text insults; "I called him an idiot" tells that one did."""
    return knowledge.patterns["rude"].found(put(knowledge.patterns["own_insult"].says[0], "", text))


def _clean_part(clause: str, knowledge: Knowledge) -> str:
    """A clause, up to what is joined to it and rude ("I paid and you are thieves")."""
    return "".join(takewhile(lambda part: not _is_rude(part, knowledge), _JOINED.split(clause)))


def is_sentence(text: str, knowledge: Knowledge) -> bool:
    """Whether a mended text is one: somebody does something. "85 dollars in May" is none."""
    return knowledge.patterns["subject"].found(text) and knowledge.patterns["verb"].found(text)


def speaks(text: str, knowledge: Knowledge) -> tuple[str, ...]:
    """The sentences that a person wants in their letter as they are, mended; no insult.

    The first may ask something, for it is dictated; what asks behind it is said to us.
    """
    kept = [(written, written_well(written, knowledge)) for written in sentences(text)]
    asks = knowledge.patterns["asks_something"]
    return tuple(
        mended
        for n, (written, mended) in enumerate(kept)
        if len(mended.split()) >= _LEAST_WORDS
        and "[" not in mended
        and knowledge.patterns["verb"].found(mended)
        and not (n and asks.found(written))
    )


def mend(sentence: str, knowledge: Knowledge, *, talk: bool = True) -> str:
    """A sentence with slips put right, names, apostrophes, a capital first and one stop last.

    Of talk, without chat words. What stands in quotation marks is somebody's word and stays as it is.
    """
    quoted = _QUOTED.findall(sentence)
    mended = _mended(_QUOTED.sub(_QUOTE, sentence), knowledge, talk=talk)
    if mended.count(_QUOTE) != len(quoted):  # one went with the words around it
        return _mended(sentence, knowledge, talk=talk)
    for quote in quoted:
        mended = mended.replace(_QUOTE, quote, 1)
    return mended


def _mended(sentence: str, knowledge: Knowledge, *, talk: bool) -> str:
    sentence = _SHOUT.sub(lambda found: found[0].lower(), sentence)
    for shouted in matches(knowledge.patterns["shouted"].says, sentence):
        if is_word(shouted[0].lower()):
            sentence = sentence[: shouted.start()] + shouted[0].lower() + sentence[shouted.end() :]
    sentence = spelled(sentence)
    for fix in (f for f in knowledge.cleaning.values() if talk or not f.talk):
        sentence = put(fix.pattern, fix.put, sentence)
    sentence = " ".join(capitalised(sentence, knowledge).split()).strip(" ,:-")
    sentence = _LED_IN.sub(lambda found: found[0].lower(), sentence)
    sentence = sentence.rstrip("!?…. ,;")
    return capital(sentence) + "." if sentence else ""


def phrase(text: str, knowledge: Knowledge, most: int = _MOST_PHRASE) -> str:
    """A few words that name a thing ("the address of the website"); empty where the text is none."""
    text = put(knowledge.patterns["has_it"].says[0], "", text.strip())
    mended = mend(text, knowledge).rstrip(".")
    if not mended or len(mended.split()) > most or "?" in text or _unclean(mended, knowledge):
        return ""
    if knowledge.patterns["verb"].found(_without_clauses(mended, knowledge)):
        return ""
    acronym = len(mended.split()[0]) > 1 and mended.split()[0].isupper()
    return mended if acronym else mended[0].lower() + mended[1:]


def in_list(text: str, written: str) -> str:
    """A mended scrap as one thing of a list, without what joins it to the one before.

    A capital that only begins the sentence, and was not written, goes.
    """
    text = _JOINS.sub("", text).rstrip(".")
    small = text[:1].lower() + text[1:]
    first = small.split()[:1]
    return small if first and first[0] in written.split() and first != ["i"] else text


def _without_clauses(text: str, knowledge: Knowledge) -> str:
    for clause in knowledge.patterns["clause"].says:
        text = put(clause, "", text)
    return text


def stems(text: str, knowledge: Knowledge) -> list[str]:
    """The words of a text that tell something, as far as they stay the same in other forms."""
    small = knowledge.wishes["small"]
    return [
        word.removesuffix("s")[:STEM]
        for word in re.findall(r"[^\W_]+", text.casefold())
        if not small.found(word)
    ]


def in_first_person(text: str, knowledge: Knowledge, *, of_several: bool = False) -> str:
    """What a helper tells of the owner of an account, as the owner would say it.

    What is said of the helper stays out. Where several people are told of, only what is surely the owner's
    is put so: of others nobody knows who "she" is.
    """
    about = knowledge.patterns["of_owners_things" if of_several else "of_owner"]
    kept = []
    for sentence in sentences(text):
        if knowledge.patterns["of_helper"].found(sentence):
            continue
        for swap in knowledge.owner.values() if about.found(sentence) else ():
            sentence = put(swap.pattern, swap.put, sentence)
        kept.append(sentence)
    return " ".join(kept)


def capitalised(text: str, knowledge: Knowledge) -> str:
    """A text, as long as before, with a capital for countries, languages, and names told to be some."""
    return _capitalised(text, knowledge.patterns["name_told"].says)


@functools.lru_cache(128)  # each kind of fact looks at the same sentences
def _capitalised(text: str, told: tuple[Pattern, ...]) -> str:
    text = _COUNTRIES.sub(lambda found: _COUNTRY_NAMES[found[0].casefold()], text)
    for found in matches(told, text):
        start, end = found.span("name")
        if text[start:end].islower():
            text = text[:start] + text[start:end].title() + text[end:]
    return text


def capital(text: str) -> str:
    """A text with a capital first."""
    return text[:1].upper() + text[1:]


def _is_readable(text: str, knowledge: Knowledge) -> bool:
    """Whether a mended text can be read in a letter, also from who learnt English late."""
    unfit = any(knowledge.patterns[name].found(text) for name in ("rude", "unreadable", "asks_bare"))
    return _LEAST_WORDS <= len(text.split()) <= _MOST_WORDS and not unfit


def _unclean(sentence: str, knowledge: Knowledge) -> bool:
    return knowledge.patterns["unclean"].found(sentence)
