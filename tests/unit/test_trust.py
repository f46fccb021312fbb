"""What the threat model (docs/security.md) says of tokens, limits and secrets, where no server is needed."""

from __future__ import annotations

import time

import pytest
from itsdangerous import URLSafeTimedSerializer

from reinstate.channels import rates, web
from reinstate.channels.rates import Rate
from reinstate.channels.web import HttpError, Tokens
from reinstate.server.settings import Settings

CONVERSATION = "web-" + "0" * 32


def test_a_token_is_read_as_it_was_issued() -> None:
    """Its conversation, and an age of hardly anything."""
    conversation, age = Tokens("ours").read(Tokens("ours").issue(CONVERSATION))
    assert CONVERSATION == conversation
    assert age < 60


@pytest.mark.parametrize("ahead", [1.5, 30, 7200])
def test_a_token_of_a_clock_that_is_ahead_counts(ahead: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks of replicas differ, and clocks are set back: it was signed by us all the same."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + ahead)
    token = Tokens("ours").issue(CONVERSATION)
    monkeypatch.setattr(time, "time", lambda: now)
    assert (CONVERSATION, 0) == Tokens("ours").read(token)


@pytest.mark.parametrize("secret", ["another", "", "ours "])
def test_a_token_counts_only_with_our_secret_and_in_its_time(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed with another secret, or older than thirty days: 401."""
    token = Tokens("ours").issue(CONVERSATION)
    with pytest.raises(HttpError, match="unauthorized"):
        Tokens(secret).read(token)
    monkeypatch.setattr(web, "TOKEN_SECONDS", -1)
    with pytest.raises(HttpError, match="unauthorized"):
        Tokens("ours").read(token)


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
    rate = Rate(30, 3, lambda: now[0])
    assert [0, 0, 0] == [rate.take("ann") for _ in range(3)]
    wait = rate.take("ann")
    assert 2 == pytest.approx(wait)
    assert 0 == rate.take("ben")
    now[0] = wait - 0.01
    assert rate.take("ann") > 0
    now[0] = wait + 0.01
    assert 0 == rate.take("ann")


def test_a_rate_of_nothing_is_no_limit() -> None:
    """0 switches it off."""
    rate = Rate(0, 1, lambda: 0.0)
    assert {0.0} == {rate.take("ann") for _ in range(1000)}


def test_buckets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of names fills no memory, and forgets first who was quiet longest."""
    monkeypatch.setattr(rates, "_MOST_KEYS", 10)
    rate = Rate(1, 1, lambda: 0.0)
    for name in range(100):
        rate.take(str(name))
    assert 10 == len(rate._buckets)
    assert rate.take("99") > 0


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
    }
    secrets = {name: f"{begin}hidden-{name}".lower() for name, begin in begins.items()}
    settings = Settings.from_environment(secrets)
    assert "hidden" not in f"{settings} {settings!r} {settings.metrics_token} {[settings.metrics_token]}"
    assert settings.metrics_token is not None
    assert "hidden-metrics_token" == settings.metrics_token.reveal()
