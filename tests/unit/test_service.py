"""Patience with Slack and Telegram: what is tried again, how often, and when no more."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

import pytest

from reinstate.channels.backlog import ClosingError
from reinstate.channels.service import (
    GIVE_UP_ALONE_SECONDS,
    GIVE_UP_SECONDS,
    MOST_SECONDS_BETWEEN_SENDS,
    Courier,
    Pauses,
    Rarely,
    Trouble,
    Watch,
)

AWAY = Trouble("away")


@dataclass
class World:
    """A service and a clock that only moves when somebody waits."""

    answers: list[Trouble | None] = field(default_factory=list)
    alive: bool = True
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    calls: int = 0

    def __post_init__(self) -> None:
        self.courier = Courier(self.wait, self.look, lambda: self.now)

    async def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def look(self) -> None:
        if not self.alive:
            raise AWAY

    async def call(self) -> str:
        self.calls += 1
        trouble = self.answers.pop(0) if self.answers else None
        if trouble:
            raise trouble
        return "taken"

    def deliver(self) -> str | None:
        return asyncio.run(self.courier.deliver(self.call))


def test_pauses_grow_to_a_bound_and_begin_again_after_success() -> None:
    """Twice as long each time."""
    pauses = Pauses(1, 5)
    assert [1, 2, 4, 5, 5] == [pauses.next() for _ in range(5)]
    pauses.over()
    assert 1 == pauses.next()


def test_what_does_not_get_through_is_tried_again_more_and_more_rarely() -> None:
    """It arrives in the end, and no pause is longer than the bound."""
    world = World([AWAY] * 9)
    assert "taken" == world.deliver()
    assert 0.5 <= world.pauses[0] < world.pauses[1] < world.pauses[2]
    assert max(world.pauses) <= MOST_SECONDS_BETWEEN_SENDS * 1.2


def test_a_service_is_waited_for_as_long_as_it_asks() -> None:
    """Never come back earlier."""
    world = World([Trouble("ratelimited", 120), Trouble("ratelimited", 0)])
    assert "taken" == world.deliver()
    assert 120 == world.pauses[0]
    assert world.pauses[1] > 0


def test_what_may_have_arrived_is_not_sent_to_a_service_that_answers() -> None:
    """Only its acknowledgement was late."""
    world = World([Trouble("TimedOut", unclear=True)])
    assert world.deliver() is None
    assert 1 == world.calls


def test_what_may_have_arrived_is_sent_again_to_a_service_that_did_not_answer() -> None:
    """Nobody was there to take it."""
    world = World([Trouble("TimedOut", unclear=True)], alive=False)
    assert "taken" == world.deliver()
    assert 2 == world.calls


def test_nothing_is_tried_for_ever() -> None:
    """Where nothing gets through, an hour; where others do, it is this one, and five minutes."""
    world = World([AWAY] * 10_000)
    with pytest.raises(Trouble):
        world.deliver()
    assert GIVE_UP_SECONDS - 2 * MOST_SECONDS_BETWEEN_SENDS < world.now <= GIVE_UP_SECONDS
    alone = World([AWAY] * 10_000)

    async def beside() -> None:
        async def others() -> str:
            return "taken"

        async def wait(seconds: float) -> None:
            await alone.wait(seconds)
            await Courier.deliver(alone.courier, others)

        alone.courier._wait = wait
        await alone.courier.deliver(alone.call)

    with pytest.raises(Trouble):
        asyncio.run(beside())
    assert alone.now <= GIVE_UP_ALONE_SECONDS


def test_the_end_of_the_process_ends_the_waiting() -> None:
    """What is left is for the next one."""
    world = World([AWAY])

    async def wait(seconds: float) -> None:
        raise ClosingError

    world.courier = Courier(wait, world.look)
    with pytest.raises(ClosingError):
        world.deliver()


def test_a_reason_is_logged_once_until_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    """An outage is a line, not a flood; after success it is news again."""
    caplog.set_level(logging.WARNING, "reinstate")
    watch = Watch("away (%s)")
    for reason in ("a", "a", "b"):
        watch.wait_after(reason)
    watch.over()
    watch.wait_after("b")
    assert ["away (a)", "away (b)", "away (b)"] == [r.getMessage() for r in caplog.records]


def test_a_warning_is_said_at_most_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever knocks with the wrong key cannot fill the disk."""
    caplog.set_level(logging.WARNING, "reinstate")
    now = [0.0]
    rarely = Rarely(60, lambda: now[0])
    for second in (0, 1, 59, 60, 61, 130):
        now[0] = second
        rarely.warn("at %d", second)
    assert ["at 0", "at 60", "at 130"] == [r.getMessage() for r in caplog.records]
