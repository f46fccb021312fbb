"""`make doctor` asks Slack and Telegram whether they accept the tokens."""

from __future__ import annotations

import pytest

from reinstate.operator import services
from reinstate.operator.finding import OK, Wrong
from reinstate.server.settings import Settings
from tests.channels import fake_slack, fake_telegram
from tests.channels.fake_slack import FakeSlack
from tests.channels.fake_telegram import FakeTelegram


def of_slack(slack: FakeSlack, **given: str) -> Settings:
    """Settings of a Slack app."""
    own = {
        "SLACK_API_URL": slack.url,
        "SLACK_BOT_TOKEN": fake_slack.TOKEN,
        "SLACK_APP_TOKEN": fake_slack.APP_TOKEN,
    }
    return Settings.from_environment({**own, **given})


def of_telegram(telegram: FakeTelegram, token: str = fake_telegram.TOKEN) -> Settings:
    """Settings of a Telegram bot."""
    return Settings.from_environment({"TELEGRAM_API_URL": telegram.url, "TELEGRAM_BOT_TOKEN": token})


def test_tokens_that_are_accepted_are_well(slack: FakeSlack, telegram: FakeTelegram) -> None:
    """Both of Slack's, and Telegram's; nothing is sent, and no webhook is set."""
    assert OK == services.slack(of_slack(slack)) == services.telegram(of_telegram(telegram))
    assert ({"auth.test", "apps.connections.open"}, {"getMe"}) == (
        {call.method for call in slack.calls},
        {call.method for call in telegram.calls},
    )


@pytest.mark.parametrize(
    ("setting", "token"), [("SLACK_BOT_TOKEN", "xoxb-other"), ("SLACK_APP_TOKEN", "xapp-other")]
)
def test_a_token_that_slack_refuses_is_named(setting: str, token: str, slack: FakeSlack) -> None:
    """By its setting, with Slack's word and without itself."""
    with pytest.raises(Wrong, match=rf"Slack refuses {setting} \(invalid_auth\)") as found:
        services.slack(of_slack(slack, **{setting: token}))
    assert token not in str(found.value)


def test_a_token_that_telegram_refuses_is_named(telegram: FakeTelegram) -> None:
    """Without itself, though it is part of the address."""
    with pytest.raises(Wrong, match="Telegram refuses TELEGRAM_BOT_TOKEN") as found:
        services.telegram(of_telegram(telegram, "7001:another-token"))
    assert "another-token" not in str(found.value)


def test_what_is_not_slacks_own_word_is_no_refusal(slack: FakeSlack, telegram: FakeTelegram) -> None:
    """A service that says "later" is a matter of the network, and no reason to change a token."""
    slack.refuse("auth.test", "ratelimited", wait=1)
    with pytest.raises(Wrong, match="Slack cannot be reached"):
        services.slack(of_slack(slack))
    telegram.stop()
    with pytest.raises(Wrong, match="Telegram cannot be reached"):
        services.telegram(of_telegram(telegram))
