"""That nothing is lost while things break (`bench.chaos`), and that this would be found out."""

from __future__ import annotations

import pytest

from bench import chaos

SENT, SEEN = ["a", "b", "c"], [["1"], ["2"], ["3"]]
KEPT = [("bot", "welcome"), ("person", "a"), ("bot", "1"), ("person", "b"), ("bot", "2")]
LAST = [("person", "c"), ("bot", "3")]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """All kept once, in order, with the replies that were seen."""
    assert not any(chaos.judge(SENT, SEEN, [*KEPT, *LAST]).values())


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
    assert {what: 1} == +chaos.judge(SENT, SEEN, history)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_nothing_is_lost_while_things_break() -> None:
    """Bots, Redis and PostgreSQL fail while twelve people talk."""
    figures, well = chaos.run(12, 8)
    assert well, figures
    assert figures["turns answered"] == 12 * 8
    assert (2, 1) == (figures["Redis killed"], figures["PostgreSQL stopped"])
