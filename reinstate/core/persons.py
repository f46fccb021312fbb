"""Sentences that speak of another person than they did: "he never asked" as "I never asked". Pure.

The words for each person are data: `knowledge/persons.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reinstate.core.cleaning import capital, sentences
from reinstate.knowledge import Knowledge, Person

_BETWEEN = r"(?P<between>(?: (?:never|always|also|only|still|just|already|really|often|even|all|both))*)"
# What follows a word that stands for somebody, and not before what is theirs, nor before what they do.
_ENDS = re.compile(
    r"\W*$|[.,;:!?)]|\s+(?:to|for|and|or|but|on|in|at|because|when|with|that|by|from|as|about|again|so|out)\b",
    re.IGNORECASE,
)
# Short forms, of which nobody knows: "he's" may be "he is" or "he has".
_SHORTENED = re.compile(r"\b(?:he|she|i|we|they|you)['’](?:s|ve|d|ll)\b|n['’]t\b", re.IGNORECASE)
_NO_VERB = re.compile(r".*(?:ss|us|is|ys)$|\w{1,2}$")


def in_person(text: str, old: str, new: str, knowledge: Knowledge) -> str:
    """A sentence that speaks of one person, speaking of another; as it was where it does not speak of them.

    As it was, too, where "he's" may be "he is" or "he has".

    Args:
        text: the sentence.
        old: the id of the person that it speaks of.
        new: the id of the other one.
        knowledge: for the words.
    """
    if _SHORTENED.search(text):
        return text
    was, now = knowledge.persons[old], knowledge.persons[new]

    def does(found: re.Match[str]) -> str:
        return f"{found['who']}{found['between']} {_verb(found['verb'], was, now)}"

    text = re.sub(rf"\b(?P<who>{was.subject})['’](?:s|m|re)\b", rf"\g<who> {was.present}", text, flags=re.I)
    text = re.sub(rf"\b(?P<who>{was.subject}){_BETWEEN} (?P<verb>[a-z]+)", does, text, flags=re.I)

    def stands(found: re.Match[str]) -> str:
        form = _form(found[0].casefold(), was, ends=_ENDS.match(text, found.end()) is not None)
        word = str(getattr(now, form))
        return capital(word) if found[0][0].isupper() and was.subject != "I" else word

    swapped = re.sub(rf"\b(?:{'|'.join(_forms(was))})\b", stands, text, flags=re.I)
    return capital(swapped) if text[:1].isupper() else swapped


def as_owner_he(text: str, told: Iterable[str], knowledge: Knowledge) -> str:
    """What a helper dictates of the owner as "he", as the owner would say it.

    As it was where the owner is hardly a man, where somebody else is told of, or where they write "I".

    Args:
        text: what is dictated.
        told: all that the helper wrote.
        knowledge: for the words.
    """
    of_him, of_her, others = (knowledge.patterns[p] for p in ("of_him", "of_her", "another_person"))
    written = [sentence for one in told for sentence in sentences(one)]
    if any(others.found(s) and not knowledge.roles["helper"].found(s) for s in written):
        return text
    if sum(map(of_her.found, written)) >= sum(map(of_him.found, written)):
        return text
    speaks = knowledge.patterns["speaks_of_him"]
    return " ".join(in_person(s, "he", "i", knowledge) if speaks.found(s) else s for s in sentences(text))


def _forms(person: Person) -> tuple[str, ...]:
    words = (person.reflexive, person.subject, person.object, person.whose, person.alone)
    return tuple(dict.fromkeys(word.casefold() for word in words))


def _form(word: str, person: Person, *, ends: bool) -> str:
    """Which form of a person a word is; where it may be two, by what follows."""
    order = ("object", "alone", "subject", "whose") if ends else ("subject", "whose", "object", "alone")
    return next((f for f in order if getattr(person, f).casefold() == word), "reflexive")


def _verb(verb: str, was: Person, now: Person) -> str:
    """A verb as another person does it: without the ending of "he asks"."""
    for form in ("present", "past", "have", "do"):
        if verb.casefold() == getattr(was, form):
            return str(getattr(now, form))
    if not verb.endswith("s") or _NO_VERB.match(verb):
        return verb
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-2] if re.search(r"(?:sh|ch|ss|x|o)es$", verb) else verb[:-1]
