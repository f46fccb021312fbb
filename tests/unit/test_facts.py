"""Facts are found in what people write, each with the words it came from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from reinstate.core.case import Case
from reinstate.core.facts import Fact, gathered
from reinstate.core.parsed import ParsedMessage
from reinstate.knowledge import knowledge

FACTS = knowledge()
ENTITIES = Path(__file__).parents[2] / "data" / "nlu" / "entities.yml"


def mentioned(text: str) -> tuple[tuple[str, str], ...]:
    """What Rasa's RegexEntityExtractor finds with the lists and patterns of the data."""
    found = []
    for part in yaml.safe_load(ENTITIES.read_text(encoding="utf-8"))["nlu"]:
        kind = part.get("regex") or part.get("lookup")
        for line in part["examples"].splitlines() if kind else ():
            pattern = (
                line.removeprefix("- ") if "regex" in part else rf"\b{re.escape(line.removeprefix('- '))}\b"
            )
            found += [(m.start(), m.end(), kind, m[0]) for m in re.finditer(pattern, text, re.IGNORECASE)]
    outer = [f for f in found if not any(a <= f[0] and f[1] <= b and (a, b) != f[:2] for a, b, *_ in found)]
    return tuple((str(kind), value) for _, _, kind, value in sorted(outer))


def told(text: str, cause: str = "", asked: str | None = None) -> tuple[Fact, ...]:
    """The facts that one message tells in a case of a cause."""
    case = Case(causes=(cause,) if cause else ())
    message = ParsedMessage("inform_detail", text, mentioned=mentioned(text))
    return gathered((), message, case, case, FACTS, asked)


def values(text: str, cause: str = "", asked: str | None = None) -> dict[str, str]:
    """Kind and value of each."""
    return {f.kind: f.value for f in told(text, cause, asked)}


@pytest.mark.parametrize("kind", [k for k in FACTS.facts.values() if k.yes or k.no], ids=lambda k: k.id)
def test_what_the_data_says_tells_a_fact(kind) -> None:  # type: ignore[no-untyped-def]
    """Each fact's own examples are read as the file says."""
    cause = kind.causes[0] if kind.causes else ""
    assert [] == [text for text in kind.yes if kind.id not in values(text, cause)]
    assert [] == [text for text in kind.no if kind.id in values(text, cause)]
