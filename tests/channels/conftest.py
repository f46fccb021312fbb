"""The services that the doors talk to, as fakes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.fake_slack import FakeSlack
from tests.channels.fake_telegram import FakeTelegram


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    """Slack."""
    fake = FakeSlack().start()
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def telegram() -> Iterator[FakeTelegram]:
    """Telegram."""
    fake = FakeTelegram().start()
    yield fake
    fake.stop()
