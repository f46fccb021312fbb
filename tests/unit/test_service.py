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
    Told,
    Trouble,
    Watch,
    proxy_for,
)
from reinstate.channels.telegram_api import Api
from reinstate.server.settings import Secret, SettingsError
from reinstate.stores.in_redis import connect

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


def test_somebody_is_told_once_for_a_while() -> None:
    """Each for themselves; what is tried meanwhile does not make it longer."""
    now = [0.0]
    told = Told(lambda: now[0])
    assert [True, False, True] == [told.is_news(whom, 10) for whom in ("ann", "ann", "ben")]
    now[0] = 9
    assert not told.is_news("ann", 10)
    now[0] = 11
    assert told.is_news("ann", 10)


# --- the network that the machine is in --------------------------------------------------------------


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in ("http", "https", "all", "no"):
        for spelt in (f"{name}_proxy", f"{name.upper()}_PROXY"):
            monkeypatch.delenv(spelt, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("given", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "HTTP://me:p@ss@proxy:3128/"}, "http://me:p%40ss@proxy:3128"),
        ({"ALL_PROXY": "http://proxy"}, "http://proxy"),
        ({"HTTP_PROXY": "http://proxy"}, None),
        ({"HTTPS_PROXY": "proxy:3128", "NO_PROXY": "localhost,.service.example"}, None),
        ({"HTTPS_PROXY": "proxy:3128", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": ""}, None),
    ],
)
def test_a_proxy_is_understood_as_it_is_written(
    surroundings: pytest.MonkeyPatch, given: dict[str, str], proxy: str | None
) -> None:
    """For both doors the same."""
    for name, value in given.items():
        surroundings.setenv(name, value)
    assert proxy == proxy_for("https://api.service.example/x")
    assert proxy == proxy_for("wss://api.service.example/x")


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("given", ["socks5://geheim@proxy:1080", "http://geheim@proxy:port", "http://[bad"])
def test_a_proxy_that_cannot_be_used_is_named(
    surroundings: pytest.MonkeyPatch, name: str, given: str
) -> None:
    """In one line that names the mend and no password."""
    surroundings.setenv(name, given)
    with pytest.raises(SettingsError, match=rf"^{name} .*correct it to http://host:port$") as caught:
        proxy_for("https://api.service.example/x")
    assert "geheim" not in str(caught.value)


def test_what_else_is_in_the_environment_does_not_close_the_telegram_door(
    surroundings: pytest.MonkeyPatch,
) -> None:
    """An IPv6 address among those without a proxy, and certificates that are not there."""
    surroundings.setenv("HTTPS_PROXY", "proxy:3128")
    surroundings.setenv("NO_PROXY", "127.0.0.1,::1,[::1],fd00::/8,.local")
    surroundings.setenv("SSL_CERT_FILE", "/nowhere.pem")
    asyncio.run(Api(Secret("1:x"), "https://api.telegram.example").close())


@pytest.mark.parametrize("option", ["foo=1", "socket_timeout=x", "db=x", "ssl_cert_reqs=bogus", "retry=3"])
def test_an_option_that_redis_does_not_know_is_named(option: str) -> None:
    """In one line, whatever the library makes of it."""
    with pytest.raises(SettingsError, match="REDIS_URL has an option"):
        connect(f"rediss://cache?{option}")
