"""Splits a message into clauses, smaller pieces and questions, also where punctuation is missing."""

from __future__ import annotations

import re

MOST_CLAUSES = 120
LONGEST_CLAUSE = 60
_SHORTEST = 3
_BARE_QUESTION = 5  # words: one so short needs the sentence before it to be understood

# Sentence ends, line breaks, dashes, and the words that begin a new thought.
_CLAUSE_ENDS = re.compile(
    r"""[.!?;\n…]+(?=\s|$)
      | \s+[-–—]+\s+
      | ,\s+(?=(?:and|but|so|then|because|although|though|while|instead|only|just)\b)
      | ,\s+(?=(?:i|he|she|they|we|it|you|his|her|their|my|upwork|someone|somebody|nobody)\b)
      | ,\s+(?=(?:now|not|never|no|or|that|there|because|since)\b)
      | \s+(?=(?:but|however|although|though|instead|whereas|except|yet)\s)
      | (?<!\bnot)(?<!n['’]t)(?<!\Bnt)\s+(?=because\s)
      | \s+(?=(?:and|then|so|also|plus|or)\s+(?:i|he|she|they|we|it|my|now|upwork|then|never|not|the)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Beside them every mark, and every word that joins two things which may be told in one breath.
_PIECE_ENDS = re.compile(
    r"""[.!?;:()\n…,"“”]+(?=\s|$)
      | \s[-–—(]+\s?
      | [–—]
      | \s+(?=(?:and|but|so|then|because|cause|coz|cuz|cos|since|while|whilst|when|after|before|until|till
                |plus|also|or|although|though|which|who|instead|except|however|whereas|yet|as
              )\s)
    """,
    re.IGNORECASE | re.VERBOSE,
)


_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”')]*\s+|\n+")
_ASKS = re.compile(
    r"""^\W*(?:(?:and|so|but|or|also|then|now|ok(?:ay)?|hi|hello|please|sir|honestly|second|first)\b[\s,:]*)*
      (?:how|is|are|am|does|do|did|can|could|has|have|whats?|which|why|will|would|when|where|should|shall|who
        |may|must|i\ (?:want|need|would\ like|'d\ like)\ to\ know|tell\ me|any(?:body|one)\ knows?)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def questions(text: str) -> list[str]:
    """The sentences of a text that ask something, in order; a very short one with the sentence before it.

    A text that is one sentence has none: it is read as a whole.
    """
    sentences = [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
    if len(sentences) < 2:
        return []
    found = []
    for before, sentence in zip(["", *sentences], sentences):
        if sentence.rstrip("\"”')").endswith("?") or _ASKS.match(sentence):
            short = len(sentence.split()) < _BARE_QUESTION
            found.append(f"{before} {sentence}".strip() if short else sentence)
    return list(dict.fromkeys(found))


def clauses(text: str) -> list[str]:
    """The clauses of a text, in order, at most `MOST_CLAUSES`.

    A part of fewer than three words joins the one before it; one of more than sixty words is
    cut, so that text without any break is read in bounded time. A text that is one clause
    gives a list of one.
    """
    return _cut(text, _CLAUSE_ENDS)


def pieces(text: str) -> list[str]:
    """The same, cut wherever another cause may begin: "412 proposals" and "all the same text"."""
    return _cut(text, _PIECE_ENDS)


def _cut(text: str, ends: re.Pattern[str]) -> list[str]:
    parts: list[str] = []
    for part in ends.split(text):
        words = part.strip(' ,"\t').split()
        if not words:
            continue
        if parts and len(words) < _SHORTEST:
            parts[-1] += " " + " ".join(words)
            continue
        for start in range(0, len(words), LONGEST_CLAUSE):
            parts.append(" ".join(words[start : start + LONGEST_CLAUSE]))
    return parts[:MOST_CLAUSES]
