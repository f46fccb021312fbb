"""What the threat model (docs/security.md) says of tokens, limits and secrets, where no server is needed."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import time

import pytest
from itsdangerous import URLSafeTimedSerializer

from reinstate.channels.rates import Rate, Times, limits
from reinstate.channels.web import HttpError, Tokens
from reinstate.server.settings import ROOT, Settings

CONVERSATION = "web-" + "0" * 32


def test_a_token_is_read_as_it_was_issued() -> None:
    """Its conversation, and an age of hardly anything."""
    conversation, age = Tokens("ours").read(Tokens("ours").issue(CONVERSATION))
    assert CONVERSATION == conversation
    assert age < 60


@pytest.mark.parametrize("ahead", [1.5, 30, 7200, 400 * 24 * 3600, -400 * 24 * 3600])
def test_a_token_of_a_clock_that_is_wrong_counts(ahead: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks of replicas differ, and clocks are set: it was signed by us all the same."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + ahead)
    token = Tokens("ours").issue(CONVERSATION)
    monkeypatch.setattr(time, "time", lambda: now)
    assert CONVERSATION == Tokens("ours").read(token)[0]


@pytest.mark.parametrize("secret", ["another", "", "ours "])
def test_a_token_counts_only_with_our_secret(secret: str) -> None:
    """Signed with another secret: 401."""
    token = Tokens("ours").issue(CONVERSATION)
    with pytest.raises(HttpError, match="unauthorized"):
        Tokens(secret).read(token)


@pytest.mark.parametrize(
    "inside", ["slack-T1-U1", "telegram-7", "web-1", CONVERSATION + "0", 7, None, [CONVERSATION], {}]
)
def test_a_signed_token_names_a_web_conversation(inside: object) -> None:
    """Even our own signature opens no conversation of another channel."""
    signed = URLSafeTimedSerializer("ours", salt="reinstate-web-session").dumps(inside)
    with pytest.raises(HttpError, match="unauthorized"):
        Tokens("ours").read(str(signed))


def test_a_rate_lets_a_burst_and_then_so_many_a_minute() -> None:
    """Each key for itself; the wait that is told is long enough, and no longer."""
    now = [0.0]
    rate = Rate(Times(), "person", 30, 3, lambda: now[0])

    def take(key: str) -> float:
        return asyncio.run(rate.take(key))

    assert [0, 0, 0] == [take("ann") for _ in range(3)]
    wait = take("ann")
    assert 2 == pytest.approx(wait)
    assert 0 == take("ben")
    now[0] = wait - 0.01
    assert take("ann") > 0
    now[0] = wait + 0.01
    assert 0 == take("ann")


def test_a_rate_of_nothing_is_no_limit() -> None:
    """0 switches it off."""
    person = limits(Settings.from_environment({"RATE_PER_MINUTE": "0"}), Times()).person
    assert {0.0} == {asyncio.run(person.take("ann")) for _ in range(100)}


def test_buckets_are_bounded() -> None:
    """A flood of names fills no memory, and nobody knows beforehand with whom they share a bucket."""
    times, others = Times(), Times()
    names = [str(number) for number in range(1000)]
    places = [times.place(name) for name in names]
    assert {0 <= place < len(times.at) for place in places} == {True}
    assert places == [times.place(name) for name in names]
    assert places != [others.place(name) for name in names]


def test_processes_of_one_machine_share_their_limits() -> None:
    """What a child takes, its parent and its siblings do not have."""
    rate = Rate(Times(), "person", 60, 4, lambda: 100.0)
    fork = multiprocessing.get_context("fork")
    for _ in range(2):
        child = fork.Process(target=lambda: [asyncio.run(rate.take("ann")) for _ in range(2)])
        child.start()
        child.join()
    assert 1 == asyncio.run(rate.take("ann"))


def test_settings_do_not_print_their_secrets() -> None:
    """Neither as text nor for a debugger."""
    begins = {
        "SESSION_SECRET": "",
        "SLACK_BOT_TOKEN": "xoxb-",
        "SLACK_SIGNING_SECRET": "",
        "SLACK_APP_TOKEN": "xapp-",
        "TELEGRAM_BOT_TOKEN": "7:",
        "TELEGRAM_WEBHOOK_SECRET": "",
        "METRICS_TOKEN": "",
        "DATABASE_URL": "postgresql://bot:hidden@db/",
        "REDIS_URL": "redis://:hidden@cache/0?",
    }
    secrets = {name: f"{begin}hidden-{name}".lower() for name, begin in begins.items()}
    settings = Settings.from_environment(secrets)
    assert "hidden" not in f"{settings} {settings!r} {settings.metrics_token} {[settings.metrics_token]}"
    assert settings.metrics_token is not None
    assert "hidden-metrics_token" == settings.metrics_token.reveal()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "setup/uv.txt"])
def test_every_package_is_locked_with_its_hash(name: str) -> None:
    """One version each for a platform, from nowhere but the index."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry
