"""Splits a message into clauses, also where punctuation is missing."""

from __future__ import annotations

import re

MOST_CLAUSES = 120
LONGEST_CLAUSE = 60
_SHORTEST = 3

# Sentence ends, line breaks, dashes, and the words that begin a new thought.
_BREAK = re.compile(
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


def split(text: str) -> list[str]:
    """The clauses of a text, in order, at most `MOST_CLAUSES`.

    A piece of fewer than three words joins the one before it; one of more than sixty words is
    cut, so that text without any break is read in bounded time. A text that is one clause
    gives a list of one.
    """
    clauses: list[str] = []
    for piece in _BREAK.split(text):
        words = piece.strip(" ,\t").split()
        if not words:
            continue
        if clauses and len(words) < _SHORTEST:
            clauses[-1] += " " + " ".join(words)
            continue
        for start in range(0, len(words), LONGEST_CLAUSE):
            clauses.append(" ".join(words[start : start + LONGEST_CLAUSE]))
    return clauses[:MOST_CLAUSES]
