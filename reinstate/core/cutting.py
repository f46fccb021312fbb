"""What is cut out of a sentence, so that the rest of it can be read. Pure."""

from __future__ import annotations

import re

from reinstate.core.cleaning import is_sentence, mend, stems
from reinstate.knowledge import Knowledge

_LEAST_LEFT = 3  # words that a sentence must keep where some are taken out of it
_APPOSED = 5  # words between commas that are no clause
_ASIDE = re.compile(r"\s*\([^()]*\)")
_COMMAS = re.compile(r"(,\s+)")
_SUBORDINATE = (
    r"because|since|as|although|though|unless|while|whereas|so that|so (?=(?:i|he|she|we|they|it)\b)"
)
_WHO = r"(?:the|my|his|her|our|their|there)"
_CLAUSES = re.compile(
    r"(,\s+(?=(?:and|but|so|because|then|which|every|it|i|he|she|we|they|well|this|that)\s|look\b|\w+$)"
    rf"|,\s+(?={_WHO}\s)|\s+and\s+(?=(?:that|this|it|i|he|she|we|they|{_WHO})\s)"
    rf"|(?<!\bsuch)(?<!\bwell)(?<!\bsoon)(?<!\beven),?\s+(?=(?:even )?(?:{_SUBORDINATE})\b))",
    re.IGNORECASE,
)
_LEADS = re.compile(r"(?:even )?(?:because|since|as|although|though|unless|while|whereas|when)\b", re.I)
# What may begin a clause, or a thing of a list; what leads in a clause, or a time.
_MAY_BEGIN = re.compile(rf"(?:i|he|she|we|they|{_WHO})\b", re.IGNORECASE)
_MAY_LEAD = re.compile(r"(?:since|as|while)\s+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_DANGLES = re.compile(
    r"(?:\s+(?:on|in|at|from|since|by|of|for|to|with|until|before|after|about|during|as|the|a|an|and|or))+$",
    re.IGNORECASE,
)
_NOTHING_FOLLOWS = re.compile(
    r"\W*$|[.,;:!?]|(?:on|in|at|from|since|by|of|for|to|with|until|before|after|about|during|and|but|because"
    r"|i|he|she|it|we|they|my|his|her|the)\b",
    re.IGNORECASE,
)
# What cannot stand before what somebody does: who does it would be gone.
_LACKS_WHO = re.compile(
    r"(?:^|[,;]|\b(?:because|since|as|although|that|which|and|but|so|if|when|while|the|a|an|my|his|her))$",
    re.I,
)
_DOES = re.compile(
    r"(?:am|is|are|was|were|has|have|had|do|does|did|will|would|can|could|should|must|may|might)\b", re.I
)


def holds(what: str, text: str, knowledge: Knowledge) -> bool:
    """Whether a text holds all words of a wish that tell something."""
    wanted = stems(what, knowledge)
    return bool(wanted) and all(word in text.casefold() for word in wanted)


def found_in(words: str, text: str) -> re.Match[str] | None:
    """Where whole words stand in a text."""
    before = r"(?<!\w)" if words[:1].isalnum() else ""
    after = r"(?!\w)" if words[-1:].isalnum() else ""
    return re.search(f"{before}{re.escape(words)}{after}", text, re.IGNORECASE) if words else None


def cut(text: str, words: str, knowledge: Knowledge) -> str:
    """A sentence without some of its words; empty where what is left is too little, or no sentence."""
    found = found_in(words, text)
    if not found:
        return text
    head, tail = text[: found.start()].rstrip(" ,;"), text[found.end() :].lstrip(" ,;")
    if _LACKS_WHO.search(head) and _DOES.match(tail):
        return _without_clause(text, words, knowledge)
    if _NOTHING_FOLLOWS.match(tail):
        head = _DANGLES.sub("", head)
    left = re.sub(r"([\"“‘'])\s+|\s+([.!?])", r"\1\2", f"{head} {tail}")
    if len(re.findall(r"\w+", left)) < _LEAST_LEFT or left.rstrip(" .").endswith(":"):
        return ""
    return left if left[-1:] in '"”' else _whole(mend(left, knowledge), text, knowledge)


def without(text: str, what: str, knowledge: Knowledge) -> str:
    """A sentence without the clause that words of a wish name; empty where that is all, or how it begins.

    Of a time only the words go, and so does what stands between commas and is no clause.
    """
    if knowledge.wishes["when"].found(what) and found_in(what.strip(" .,"), text):
        return cut(text, what.strip(" .,"), knowledge)
    return _without_clause(text, what, knowledge)


def _without_clause(text: str, what: str, knowledge: Knowledge) -> str:
    aside = [found[0] for found in _ASIDE.finditer(text) if holds(what, found[0], knowledge)]
    if aside and not holds(what, left := text.replace(aside[0], "", 1), knowledge):
        return left
    whole = is_sentence(text, knowledge)
    parts = _clauses(text.rstrip(".!?"), knowledge) if whole else _COMMAS.split(text.rstrip(".!?"))
    left = _left(parts, what, knowledge)
    if not left and whole:
        left = _without_apposed(text.rstrip(".!?"), what, knowledge)
    return _whole(mend(left, knowledge, talk=False), text, knowledge)


def _whole(left: str, text: str, knowledge: Knowledge) -> str:
    """What is left of a sentence; empty where it is none any more."""
    return left if is_sentence(left, knowledge) or not is_sentence(text, knowledge) else ""


def _without_apposed(text: str, what: str, knowledge: Knowledge) -> str:
    """A sentence without what is named between commas; empty where that is a clause, or how it begins."""
    parts = _COMMAS.split(text)
    named = [clause for clause in parts[2::2] if holds(what, clause, knowledge)]
    if not named or holds(what, parts[0], knowledge) or not all(_is_apposed(c, knowledge) for c in named):
        return ""
    left, after_named = parts[0], False
    for joint, clause in zip(parts[1::2], parts[2::2]):
        if clause not in named:
            does = after_named and knowledge.patterns["verb"].found(clause.split(" ")[0])
            left += f"{' ' if does else joint}{clause}"
        after_named = clause in named
    return left


def _is_apposed(clause: str, knowledge: Knowledge) -> bool:
    return len(clause.split()) <= _APPOSED and not knowledge.patterns["verb"].found(clause)


def _left(parts: list[str], what: str, knowledge: Knowledge) -> str:
    """Clauses, and what joins each to the one before, without those that are named."""
    clauses, joints = parts[::2], ["", *parts[1::2]]
    named = [n for n, clause in enumerate(clauses) if holds(what, clause, knowledge)]
    if not named or (named[0] == 0 and not _LEADS.match(clauses[0])):
        return ""
    for n in range(1, len(clauses)):  # what only leads on from what goes, goes with it
        if (
            n - 1 in named
            and n not in named
            and _LEADS.match(clauses[n])
            and not _LEADS.match(clauses[n - 1])
        ):
            named.append(n)
    kept = [(joint, clause) for n, (joint, clause) in enumerate(zip(joints, clauses)) if n not in named]
    return "".join(joint + clause for joint, clause in kept).lstrip(" ,")


def _clauses(text: str, knowledge: Knowledge) -> list[str]:
    """The clauses of a sentence, and what joins each to the one before; "as a designer" is none."""
    parts = _CLAUSES.split(text)
    found = parts[:1]
    for joint, clause in zip(parts[1::2], parts[2::2]):
        leads = _MAY_LEAD.match(clause)
        told = leads["rest"] if leads else clause
        if (leads or _MAY_BEGIN.match(clause)) and not is_sentence(told, knowledge):
            found[-1] += joint + clause
        else:
            found += [joint, clause]
    return found
