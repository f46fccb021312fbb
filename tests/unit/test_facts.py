"""Facts are found in what people write, each with the words it came from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from reinstate.core.case import Case
from reinstate.core.cleaning import in_first_person
from reinstate.core.facts import Fact, gathered, of_cause, quoted
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


def after(first: str, second: str, cause: str, *, anew: bool = False) -> dict[str, str]:
    """Kind and value of each fact after two messages."""
    case = Case(causes=(cause,))
    message = ParsedMessage("inform_detail", second, mentioned=mentioned(second))
    facts = gathered(told(first, cause), message, case, case, FACTS, anew=anew)
    return {f.kind: f.value for f in facts}


DENIED = [
    ("i put my whatsapp in the proposal", "it was not whatsapp", "contact_sharing", "app"),
    ("the client proposed it", "there was no client who proposed anything", "paid_outside", "proposed_by"),
    ("i wrote each one by hand", "I did not write each one by hand", "proposal_spam", "tailored"),
    ("I have the invoices", "I don't have the invoices", "paid_outside", "evidence"),
]


@pytest.mark.parametrize(("first", "second", "cause", "kind"), DENIED)
def test_what_is_denied_is_told_no_longer(first: str, second: str, cause: str, kind: str) -> None:
    """A fact goes with the words that deny it, and not with others."""
    assert kind in values(first, cause)
    assert kind not in after(first, second, cause)
    assert kind in after(first, "thank you", cause)


def test_beside_a_letter_a_new_fact_stands_in_place_of_the_old() -> None:
    """Elsewhere what was told first stays, unless it is put right."""
    assert "in March" == after("in march he paid me by paypal", "in May he paid me", "paid_outside")["when"]
    anew = after("in march he paid me by paypal", "in May he paid me", "paid_outside", anew=True)
    assert "in May" == anew["when"]


def test_a_fact_of_one_cause_is_there_when_the_cause_turns_out_to_be_another() -> None:
    """What can be told only of some causes is kept for them, whichever was talked about."""
    facts = told("i sent the same text to 80 jobs", "location_mismatch")
    assert {"same_text", "jobs"} <= {f.kind for f in of_cause(facts, "proposal_spam", FACTS)}
    assert not {"same_text", "jobs"} & {f.kind for f in of_cause(facts, "location_mismatch", FACTS)}


def test_a_helper_is_read_as_the_owner_would_say_it() -> None:
    """She is I, her is my or me, and what is said of the helper stays out."""
    said = (
        "I'm asking for a friend, she got banned. she let her cousin use her account. it was hers and for her"
    )
    assert "I let my cousin use my account. it was mine and for me" == in_first_person(said, FACTS)


def test_upworks_words_are_cut_out_of_the_talk_around_them() -> None:
    """Of a text with quotation marks what stands in them, else what does not speak of oneself."""
    marked = 'ok so she got it: "Your account has been suspended because of many proposals." do i answer'
    plain = (
        "Your account was blocked because of a violation. I do not know why they have done it because of me."
    )
    assert ["Your account has been suspended because of many proposals"] == [
        w for _, w, _ in quoted(marked, FACTS)
    ]
    assert ["Your account was blocked because of a violation"] == [w for _, w, _ in quoted(plain, FACTS)]
