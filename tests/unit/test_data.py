"""The training data: enough of it, none of it twice, and none of what checks it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from reinstate.core.case import ASKED
from reinstate.core.parsed import HOLDS
from reinstate.core.statements import KINDS
from reinstate.knowledge import knowledge
from reinstate.understanding.examples import Example, read, repeated
from reinstate.understanding.statements import NOTHING

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = list(read(ROOT / "data" / "nlu"))
STATEMENTS, HEARD = (
    [
        Example(text, kind, file)
        for file in sorted((ROOT / "data" / folder).glob("*.yml"))
        for kind, texts in yaml.safe_load(file.read_text(encoding="utf-8")).items()
        for text in texts
    ]
    for folder in ("statements", "heard")
)
COUNTS = Counter(example.intent for example in EXAMPLES)
SEVEN = (
    "multiple_accounts",
    "paid_outside",
    "proposal_spam",
    "low_hire_rate",
    "poor_feedback",
    "client_harassment",
    "inactivity",
)


def test_no_text_stands_twice() -> None:
    """Neither under one intent nor under two."""
    assert [] == repeated(ROOT / "data" / "nlu")


def test_each_sentence_has_one_kind_that_a_letter_knows() -> None:
    """No sentence stands twice, and none is of a kind that nothing else names."""
    assert not [text for text, times in Counter(s.bare for s in STATEMENTS).items() if times > 1]
    assert {s.intent for s in STATEMENTS} == set(KINDS) - {"new"}


def test_what_answers_a_question_is_learnt_for_each_that_is_asked() -> None:
    """Whatever a cause asks has its examples, and nothing that is never asked; no sentence stands twice."""
    asked = {
        question.otherwise or question.circumstance
        for cause in knowledge().causes.values()
        for question in cause.ask
    }
    excuses = {HOLDS + c for c in asked if knowledge().circumstances[c].excuses}
    assert {*asked, *ASKED, NOTHING} <= {example.intent for example in HEARD}
    assert {example.intent for example in HEARD} <= {*asked, *ASKED, NOTHING, *excuses}
    assert not [text for text, times in Counter(example.bare for example in HEARD).items() if times > 1]


@pytest.mark.parametrize(
    ("folder", "lines"),
    [({"a.yml": ("x", "y")}, 0), ({"a.yml": ("Hi!", "hi")}, 1), ({"a.yml": ("a", "a", "A.")}, 2)],
)
def test_texts_that_differ_in_case_or_stops_only_are_found(
    tmp_path: Path, folder: dict[str, tuple[str, ...]], lines: int
) -> None:
    """Case and punctuation make no other text."""
    for name, texts in folder.items():
        listed = "".join(f"    - {text}\n" for text in texts)
        (tmp_path / name).write_text(f"nlu:\n- intent: greet\n  examples: |\n{listed}", encoding="utf-8")
    assert lines == len(repeated(tmp_path))


@pytest.mark.parametrize("cause", SEVEN)
def test_the_seven_causes_have_many_voices(cause: str) -> None:
    """At least sixty examples and twenty denials each."""
    assert COUNTS[f"cause_{cause}"] >= 60
    assert COUNTS[f"deny_{cause}"] >= 20


def test_out_of_scope_is_well_covered() -> None:
    """120 near-domain and 200 generic examples."""
    assert COUNTS["platform_question"] >= 120
    assert COUNTS["out_of_scope"] >= 200


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "tests" / "nlu").glob("*.jsonl")))
def test_what_checks_is_never_trained_on(name: str) -> None:
    """No longer text of a closed set stands in the training data; short ones may be anybody's."""
    trained = {example.bare for example in (*EXAMPLES, *STATEMENTS, *HEARD)}
    lines = (ROOT / "tests" / "nlu" / name).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    texts = [Example(t, "", Path()).bare for row in rows for t in row.get("said") or [row["text"]]]
    assert [] == [text for text in texts if len(text.split()) > 6 and text in trained]
