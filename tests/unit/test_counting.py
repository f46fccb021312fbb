"""What `make report` counts and `make review` shows, of events as the store keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from reinstate.operator import report, review
from reinstate.operator.kept import Row, Turn, number, turns

ONE, OTHER = "web-1f", "slack-T1-U1"
Event = dict[str, Any]


def said(text: str, intent: str, language: str | None = "en", **more: Any) -> Event:
    """A message."""
    details = {"details": {"language": language}} if language else {}
    parsed = {"intent": {"name": intent, "confidence": 0.5}, **details, **more}
    return {"event": "user", "text": text, "parse_data": parsed}


def answer(text: str, response: str, *titles: str, **custom: Any) -> Event:
    """A line of the bot; a button's payload is its title in lower case."""
    buttons = [{"title": title, "payload": f"/{title.casefold()}"} for title in titles]
    data = {"buttons": buttons, "custom": custom}
    return {"event": "bot", "text": text, "data": data, "metadata": {"utter_action": response}}


def slot(name: str, value: Any) -> Event:
    """A slot that was set."""
    return {"event": "slot", "name": name, "value": value}


def read(*conversations: tuple[str, Sequence[Event]]) -> list[Turn]:
    """The turns of conversations."""
    rows: list[Row] = []
    for name, events in conversations:
        rows += [(len(rows) + place, name, 1e9 + place, event) for place, event in enumerate(events)]
    return list(turns(rows))


def test_a_turn_is_a_message_with_what_was_said_and_set() -> None:
    """What a session opens with belongs to its first message; a pressed button is told by its title."""
    first, second = read(
        (
            ONE,
            [
                answer("Hi", "utter_introduce", "Causes"),
                said("hello", "greet"),
                slot("asked", "notice"),
                said("/causes", "ask_causes", None),
                slot("asked", None),
                answer("All", "utter_ask_groups"),
            ],
        )
    )
    assert ("hello", "", ["Hi"], {}, {"asked": "notice"}) == (
        first.text, first.payload, [line.text for line in first.said], first.before, first.after,
    )  # fmt: skip
    assert ("Causes", "/causes", ["utter_ask_groups"], None) == (
        second.text, second.payload, second.responses, second.language,
    )  # fmt: skip


def test_starting_over_forgets_the_slots() -> None:
    """A new case has nothing of the old one."""
    _, second = read(
        (ONE, [said("a", "x"), slot("path", "wait"), said("b", "restart"), {"event": "restart"}])
    )
    assert ({"path": "wait"}, {}) == (second.before, second.after)


VERDICTS = [
    ({}, {}, None),
    ({}, {"causes": ["inactivity"]}, None),
    ({}, {"path": "appeal", "odds": "likely", "rows": ["a"]}, "appeal / likely"),
    ({"path": "appeal", "odds": "likely", "rows": ["a"]}, {"path": "appeal", "odds": "likely", "rows": ["a"]}, None),
    ({"path": "appeal", "odds": "likely", "rows": ["a"]}, {"path": "appeal", "odds": "unlikely", "rows": ["a"]}, "appeal / unlikely"),
    ({}, {"path": None, "odds": None, "rows": ["unknown"]}, "open / open"),
    ({}, {"path": "none", "odds": "none", "rows": ["a"]}, "none / none"),
    ({"path": "appeal", "odds": "likely", "rows": ["a"]}, {"path": "fix", "odds": "likely", "rows": None}, "fix / likely"),
    ({"path": "appeal", "odds": "likely", "rows": ["a"]}, {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "verdict"), VERDICTS)
def test_a_verdict_counts_where_it_is_told_or_changes(
    before: Event, after: Event, verdict: str | None
) -> None:
    """As `reinstate_verdicts_total` counts it, with those that nobody can tell beside it."""
    turn = Turn(1, ONE, 0.0, "", "", {}, before=before, after=after)
    assert verdict == turn.verdict


GIVEN = [
    ([], [], []),
    ([], ["a"], ["a"]),
    (["a"], ["a"], []),
    (["a"], ["b", "a"], ["b"]),
    (["a", "b"], ["b", "a"], ["b"]),
    (["a"], ["b", "c", "a"], ["b", "c"]),
    (["a"], ["topic:funds", "a"], []),
    (["f", "e", "d", "c", "b", "a"], ["g", "f", "e", "d", "c", "b"], ["g"]),
    (["a", "b"], [], []),
]


@pytest.mark.parametrize(("before", "after", "given"), GIVEN)
def test_the_answers_of_a_turn_are_those_in_front(
    before: list[str], after: list[str], given: list[str]
) -> None:
    """The slot holds the latest ones; topics are no single answers."""
    assert given == list(report.given(before, after))


TALKS = (
    (
        ONE,
        [
            said("paid outside", "cause_paid_outside"),
            *(slot(*pair) for pair in (("causes", ["paid_outside"]), ("path", "appeal"), ("odds", "unlikely"), ("rows", ["r"]))),
            answer("Rarely.", "utter_verdict", "Feedback_wrong_cause"),
            said("/feedback_wrong_cause", "feedback_wrong_cause", None),
            *(slot(*pair) for pair in (("causes", []), ("path", None), ("odds", None), ("rows", None))),
            said("asdf", "nlu_fallback", intent_ranking=[{"name": "nlu_fallback", "confidence": 0.5}, {"name": "vent", "confidence": 0.25}]),
            answer("Sorry?", "utter_rephrase"),
            said("fake id", "help_evade"),
            answer("No.", "utter_help_evade"),
            said("letter", "draft_appeal"),
            answer("Dear Upwork, a secret of mine", "utter_letter", kind="letter"),
        ],
    ),
    (
        OTHER,
        [
            said("wie lange", "faq", "de"),
            slot("answered", ["appeal_wait_time"]),
            said("weather", "out_of_scope"),
            said("football", "out_of_scope"),
            said("thanks", "thank"),
            said("/feedback_not_helpful", "feedback_not_helpful", None),
        ],
    ),
)  # fmt: skip


def test_turns_are_counted_by_what_they_mean() -> None:
    """Doors, languages, causes, verdicts, answers, misses, opinions, letters and refusals."""
    counts = report.count(read(*TALKS))
    assert (Counter(web=1, slack=1), Counter(web=5, slack=5)) == (counts.conversations, counts.turns)
    assert (2, Counter(en=7, de=1)) == (counts.pressed, counts.languages)
    assert (Counter(paid_outside=1), Counter()) == (counts.told, counts.disputed)
    assert (Counter({"appeal / unlikely": 1}), Counter(appeal_wait_time=1)) == (
        counts.verdicts,
        counts.answers,
    )
    page = "\n".join(report.page(counts, 7))
    for line in (
        "# The last 7 days", "| conversations | 2 |", "| turns | 10 |", "| not understood | 1 (10.0%) |",
        "| out of scope | 2 (20.0%) |", "| “Not right?” pressed or said | 1 |", "| said not to be helpful | 1 |",
        "| letters drafted, versions included | 1 |", "| evasion refused | 1 |", "| `paid_outside` | 1 | 0 |",
    ):  # fmt: skip
        assert line in page


def test_a_report_has_no_words_of_people_and_no_ids_of_theirs() -> None:
    """Counts only."""
    page = "\n".join(report.page(report.count(read(*TALKS)), 7))
    words = [turn.text for turn in read(*TALKS) if not turn.payload]
    assert [] == [word for word in (ONE, OTHER, "secret", *words) if word in page and word != "letter"]


def test_what_went_badly_is_told_with_its_reason() -> None:
    """A complaint is about the latest verdict; one question beside the point is none."""
    one, other = (list(review.badly(read(talk))) for talk in TALKS)
    assert [
        ("“Not right?”", ["paid outside", "Feedback_wrong_cause"]),
        ("not understood", ["asdf"]),
        ("out of scope twice in a row", ["weather", "football"]),
        ("said not to be helpful", ["thanks", "/feedback_not_helpful"]),
    ] == [(entry.why, [turn.text for turn in entry.turns]) for entry in (*one, *other)]


def test_a_review_says_first_that_these_are_peoples_words() -> None:
    """Then the message, how it was read and what was answered; no id of a conversation, and no letter."""
    entries = [entry for talk in TALKS for entry in review.badly(read(talk))]
    page = "\n".join(review.page(entries, 50))
    assert page.startswith("# Turns that went badly\n\n**These are people's own words.**")
    for part in ("> asdf", "*read as* `nlu_fallback` 0.50, `vent` 0.25", "*answered* `utter_rephrase`", "> Sorry?",
                 "*verdict* appeal / unlikely, by `r` of knowledge/verdicts.yml"):  # fmt: skip
        assert part in page
    assert [] == [word for word in (ONE, OTHER, "a secret of mine") if word in page]


def test_nothing_is_said_kindly() -> None:
    """Of an empty database, both say so in a sentence."""
    assert "Nobody has written" in "\n".join(report.page(report.count([]), 30))
    assert ["No kept turn went badly: nothing to review."] == list(review.page([], 50))


@pytest.mark.parametrize(("given", "found"), [("", 30), ("  ", 30), ("7", 7), (" 7 ", 7)])
def test_a_number_may_be_given(given: str, found: int) -> None:
    """Else the usual one counts."""
    assert found == number(given, 30, "make report DAYS=7")


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "many"])
@pytest.mark.parametrize(("main", "how"), [(report.main, "DAYS=7"), (review.main, "MOST=200")])
def test_what_is_no_number_is_refused(
    main: Any, how: str, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how to call it, and the exit code of a wrong call."""
    assert 2 == main([given])
    assert how in capsys.readouterr().err
