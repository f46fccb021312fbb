"""That nothing is lost while things break (`bench.chaos`), and that this would be found out."""

from __future__ import annotations

import pytest

from bench import chaos, crowd

SENT, SEEN = ["a", "b", "c"], [["1"], ["2"], ["3"]]
KEPT = [("bot", "welcome"), ("person", "a"), ("bot", "1"), ("person", "b"), ("bot", "2")]
LAST = [("person", "c"), ("bot", "3")]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """All kept once, in order, with the replies that were seen."""
    assert not any(crowd.judge(SENT, SEEN, [*KEPT, *LAST]).values())


@pytest.mark.parametrize(
    ("what", "history"),
    [
        ("lost", KEPT),
        ("twice", [*KEPT, *KEPT[1:3], *LAST]),
        ("out of order", [KEPT[0], *LAST, *KEPT[1:]]),
        ("another answer than was seen", [*KEPT, LAST[0], ("bot", "4")]),
    ],
)
def test_each_kind_of_harm_is_found(what: str, history: list[tuple[str, str]]) -> None:
    """And counted as what it is."""
    assert {what: 1} == +crowd.judge(SENT, SEEN, history)


def test_who_is_answered_too_late_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer after the time is none, also where a try that was begun in time brings it."""
    monkeypatch.setattr(crowd, "STUCK_SECONDS", 0.0)
    with pytest.raises(TimeoutError):
        crowd.Person(0)._until(lambda: True)


def test_a_person_needs_time_to_read_and_to_type() -> None:
    """238 words are read, and 36 typed, in a minute."""
    assert 60 + 60 == pytest.approx(crowd.thought_over(["word " * 200, "word " * 38], "word " * 36))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_nothing_is_lost_while_things_break() -> None:
    """Bots, Redis and PostgreSQL fail while twelve people talk, each writing again at once."""
    figures, well = chaos.run(12, 8, think=0)
    assert well, figures
    assert figures["turns answered"] == 12 * 8
    assert (2, 1) == (figures["Redis killed"], figures["PostgreSQL stopped"])
