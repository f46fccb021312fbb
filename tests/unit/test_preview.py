"""What an editor sees of a cause, a look-alike or an answer: the words that a person would read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from reinstate.core.case import Case
from reinstate.core.verdict import decide
from reinstate.knowledge import KnowledgeError, Mistake, knowledge
from reinstate.operator import preview
from reinstate.operator.spoken import Voice
from tests.running import ROOT

VOICE = Voice()
STANCES = {
    "## Who says that it happened": "admits",
    "## Who says that it did not happen": "denies",
    "## Who is not sure": "unsure",
}


def parts(wanted: str) -> list[str]:
    """The parts of a page."""
    return list(preview.preview(wanted, knowledge(), VOICE))


@pytest.mark.parametrize("cause", knowledge().causes)
def test_a_cause_is_shown_with_its_rule_and_a_verdict_for_each_stance(cause: str) -> None:
    """Outcome and reason of the decision table, with buttons and the titles of sources; nothing left to fill in."""
    page = parts(cause)
    of = knowledge().causes[cause]
    assert of.title in page[0]
    assert f"> {of.policy}" in page[2]
    for title, stance in STANCES.items():
        if stance == "denies" and of.by_others:  # nobody is accused of what was done to them
            assert title not in page
            continue
        reply = page[page.index(title) + 1]
        verdict = decide(Case().name(cause, stance), knowledge())
        wording = knowledge().table.wording
        outcome = wording.outcomes[f"{verdict.path}_{verdict.odds}"] if verdict.odds else wording.cannot_tell
        assert outcome[1:] in reply
        assert f"> {verdict.say}" in reply
        assert "> [" in reply
        assert f"> (sources: {knowledge().sources[verdict.sources[0]].title}" in reply
    assert "{" not in "\n".join(page)


def test_what_a_final_refusal_changes_is_shown_for_each_stance() -> None:
    """Where the words differ they are shown, once for stances that agree."""
    page = "\n".join(parts("paid_outside"))
    assert 2 == page.count("### With appeal: Refused and final")
    assert "What else is known changes it as under “Who says that it happened”." in page


@pytest.mark.parametrize("lookalike", knowledge().lookalikes)
def test_a_lookalike_is_shown(lookalike: str) -> None:
    """That it is no suspension, and every step."""
    page = "\n".join(parts(lookalike))
    assert all(step in page for step in knowledge().lookalikes[lookalike].steps)
    assert "Your account is not suspended" in page


def test_every_answer_is_shown_in_full_and_in_short_with_what_varies() -> None:
    """All that its file says to a person stands in its page."""
    for id_, answer in knowledge().answers.items():
        page = "\n".join(parts(id_))
        varied = [*answer.per_cause.values(), *answer.per_notice.values(), *answer.per_role.values()]
        said = [answer.question, answer.short, answer.more, answer.done or "", *varied]
        missing = [text for text in said if not all(line.strip() in page for line in text.splitlines())]
        assert [] == missing, id_


CHANGED: list[tuple[Mapping[str, str], dict[str, list[str]]]] = [
    ({}, {}),
    ({"a": "usual"}, {}),
    ({"a": "other", "b": "usual", "c": "other", "d": "third"}, {"other": ["a", "c"], "third": ["d"]}),
]


@pytest.mark.parametrize(("by", "found"), CHANGED)
def test_what_differs_is_gathered_by_its_words(by: Mapping[str, str], found: dict[str, list[str]]) -> None:
    """The same words are shown once, with all that leads to them."""
    assert found == preview.changed("usual", by)


@pytest.mark.parametrize(
    ("given", "hint"), [("paid_outsid", "Did you mean paid_outside"), ("zzzz", "'zzzz'")]
)
def test_an_unknown_id_lists_those_that_there_are(
    given: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With their titles, and the exit code of a wrong call."""
    assert 2 == preview.main([given])
    shown = capsys.readouterr()
    assert hint in shown.err
    for entries in (knowledge().causes, knowledge().lookalikes, knowledge().answers):
        assert all(f"- `{id_}` {entry.title}\n" in shown.out for id_, entry in entries.items())


@pytest.mark.parametrize("arguments", [[], [""], ["  "]])
def test_without_an_id_it_is_said_how_to_call_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An example that works."""
    assert 2 == preview.main(arguments)
    example = capsys.readouterr().err.strip().partition("make preview CAUSE=")[2]
    assert 0 == preview.main([example])


def test_a_broken_knowledge_base_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An editor in the middle of a change reads the mistake and its line."""

    def broken() -> None:
        raise KnowledgeError([Mistake(Path("knowledge/causes/paid_outside.yml"), 7, "'titel' is not a key")])

    monkeypatch.setattr(preview, "load", broken)
    assert 1 == preview.main(["paid_outside"])
    assert "knowledge/causes/paid_outside.yml:7: 'titel'" in capsys.readouterr().err


def test_a_preview_needs_no_rasa() -> None:
    """It is there in a second, on a machine without a model."""
    code = (
        "import sys; from reinstate.operator import preview; code = preview.main(['inactivity']);"
        "heavy = {m.partition('.')[0] for m in sys.modules} & {'rasa', 'tensorflow', 'sanic', 'onnxruntime'};"
        "sys.exit(code or (heavy and str(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
