"""That `make bench` says what it measured."""

from __future__ import annotations

import pytest

from bench import speed, stacks, turns


def test_a_stack_counts_where_its_innermost_room_is() -> None:
    """The door calls everything; what waits for work costs nothing."""
    door, read = "_turn (reinstate/channels/gate.py:1)", "read (reinstate/understanding/encoders.py:2)"
    found = stacks.sorted_out(
        [
            f"{door};{read};run (onnxruntime/x.py:3) 6",
            f"{door} 2",
            "_worker (concurrent/futures/thread.py:81) 90",
        ],
        turns=1,
    )
    assert {"reading: encoders": 6, "door: HTTP, token, limits": 2} == dict(found.rooms)
    assert [
        ("reinstate/understanding/encoders.py: read", 6),
        ("reinstate/channels/gate.py: _turn", 2),
    ] == list(found.functions.items())


@pytest.mark.parametrize(("mine", "met"), [(20.0, True), (40.0, False)])
def test_a_bar_is_met_by_the_figures(mine: float, met: bool) -> None:
    """A quarter of 100 is 25; the throughput has to be above its bar, all else below."""
    names = ["start to first answer, s", "memory, MB"]
    names += [f"{what}, p{of} ms" for what in ("verdict turn", "turn") for of in (50, 95)]
    rates = {f"turns a second, {n} at once": 8000 / mine for n in speed.CROWDS}
    ours, theirs = {**dict.fromkeys(names, mine), **rates}, dict.fromkeys([*names, *rates], 100.0)
    share = 0.9 if met else 0.8
    two = dict.fromkeys(speed.CROWDS, speed.Two(share, share))
    bars = speed.bars(ours, theirs, two, {5: 10.0, 400: mine / 2 + 2}, {"reading": 10.5, "commit": 1.0})
    memory = "| memory, beside the starter bot's |"
    others = [line for line in bars.splitlines() if line.startswith("| ") and not line.startswith(memory)][1:]
    assert {"yes" if met else "**no**"} == {line.split(" | ")[-1].strip(" |") for line in others}


def test_a_long_conversation_is_measured_where_it_should_be() -> None:
    """Bots are asked in turn, each up to its own last place; turn 1 is asked of new conversations."""
    said: list[list[str]] = [[], []]
    bots = [(lambda n=n: said[n].append, ("a", "b"), last) for n, last in enumerate((50, 5))]
    first, second = turns.grow(bots)
    assert ([1, 5, 50], [1, 5]) == (list(first), list(second))
    assert [2 + 50 + turns.AROUND, 2 + 5 + turns.AROUND] == [len(texts) for texts in said]
