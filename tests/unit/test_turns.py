"""The work on a job that Slack and Telegram share, without either."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain

from reinstate.channels import slack
from reinstate.channels.gate import Reason, Refused, TurnFailedError
from reinstate.channels.jobs import Job
from reinstate.channels.service import Trouble
from reinstate.channels.telegram_text import TelegramJob
from reinstate.channels.telegram_turns import TelegramTurns
from reinstate.channels.turns import TRIES, Turns
from reinstate.server.settings import Settings
from reinstate.stores.conversations import ConversationStore
from reinstate.stores.inbox import Inbox, Turn
from reinstate.stores.lines import Line
from reinstate.stores.locks import LocalLocks
from tests.channels.fake_slack import event, mention

LINES = [Line("bot", "This sounds like a second account."), Line("bot", "Is that so?")]
AWAY = sa.exc.OperationalError("", {}, Exception())


@dataclass(frozen=True)
class PlainJob(Job):
    """A job; `key` is of the keyboard that was pressed, if one was."""

    key: str | None = None

    @property
    def press(self) -> str | None:
        """See `Job.press`."""
        return self.key


class PlainTurns(Turns[PlainJob]):
    """Notes what it sends; what is in `broken` cannot be sent."""

    door = "plain"
    kind = PlainJob
    failures = (Trouble,)

    def __init__(self, gate: Any, inbox: Inbox) -> None:
        """Nothing was sent."""
        super().__init__(gate, inbox, alone=True)
        self.sent: list[str] = []
        self.broken: set[str] = set()
        self.waited: list[float] = []
        self.backlog.wait = self._wait  # type: ignore[method-assign]

    async def take(self, job: PlainJob) -> bool:
        """Keep it."""
        return await self._keep(job.id, job)

    async def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def _send(self, job: PlainJob, line: Line) -> PlainJob:
        if line.text in self.broken:
            raise Trouble("away")
        self.sent.append(line.text)
        return job

    async def _apologize(self, _job: PlainJob, words: str) -> None:
        self.sent.append(words)

    async def _show_choice(self, _job: PlainJob) -> None:
        self.sent.append("the choice")


@dataclass
class Answers:
    """A gate that answers as it is told, one after the other, and then with the reply."""

    store: ConversationStore
    said: list[Exception | tuple[list[Line], bool]] = field(default_factory=list)
    locks: LocalLocks = field(default_factory=LocalLocks)

    def words(self, response: str) -> str:
        """The response's name."""
        return f"<{response}>"

    async def handle(self, _inbound: Any) -> tuple[list[Line], bool]:
        """What is next."""
        said = self.said.pop(0) if self.said else (LINES, True)
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    """Where the inbox is."""
    return ConversationStore(Domain.empty(), host=f"sqlite:///{tmp_path / 'data.db'}")


@pytest.fixture
def work(store: ConversationStore) -> Callable[..., PlainTurns]:
    """Works on jobs, with a gate that says something first; the worker afterwards."""

    def run(jobs: list[PlainJob], *said: Any, broken: str = "") -> PlainTurns:
        async def run_all() -> PlainTurns:
            turns = PlainTurns(Answers(store, list(said)), Inbox(store.database, "plain"))
            turns.broken.add(broken)
            for job in jobs:
                await turns.take(job)
            await turns.backlog.stop()
            return turns

        return asyncio.run(run_all())

    return run


def written(id: str = "1", **more: Any) -> PlainJob:
    """Somebody wrote."""
    return PlainJob(id, "plain-ann", text="hello", **more)


def test_a_reply_goes_out_in_order(work: Callable[..., PlainTurns]) -> None:
    """Line by line, once."""
    assert [line.text for line in LINES] == work([written(), written()]).sent


@pytest.mark.parametrize("error", [TurnFailedError(), AWAY], ids=["the turn", "the database"])
def test_a_turn_that_fails_is_tried_again_before_it_is_said(
    work: Callable[..., PlainTurns], error: Exception
) -> None:
    """While a database is replaced nobody hears of it; when it stays away, they do, in growing pauses."""
    short = work([written()], *[error] * (TRIES - 1))
    assert [line.text for line in LINES] == short.sent
    long = work([written("2")], *[error] * TRIES)
    assert ["<failed>"] == long.sent
    assert sorted(set(long.waited)) == long.waited
    assert TRIES - 1 == len(long.waited)


def test_after_a_line_that_does_not_arrive_comes_no_other(work: Callable[..., PlainTurns]) -> None:
    """Half a reply says something else; that it did not arrive is said."""
    assert ["<undelivered>"] == work([written()], broken=LINES[0].text).sent
    assert [LINES[0].text, "<undelivered>"] == work([written("2")], broken=LINES[1].text).sent


def test_a_flood_is_told_once_and_nothing_is_said_of_a_blank_message(work: Callable[..., PlainTurns]) -> None:
    """What does not pass has one word at most."""
    refusals = [Refused(Reason.TOO_MANY, 3.0), Refused(Reason.TOO_MANY, 2.0), Refused(Reason.BLANK)]
    assert ["<too_many>"] == work([written(str(n)) for n in range(3)], *refusals).sent


def test_a_button_counts_once(work: Callable[..., PlainTurns]) -> None:
    """A second press while the first is worked on is none; one afterwards is told so."""
    press = [PlainJob(str(n), "plain-ann", button="/affirm", key="K") for n in range(3)]
    twice = work(press[:2])
    assert sorted(["the choice", *(line.text for line in LINES)]) == sorted(twice.sent)
    assert ["<unknown_button>"] == work(press[2:], (LINES, False)).sent


class _TelegramApi:
    """Knows nothing but its id; what it is asked to do is done."""

    id = 7

    async def answer(self, _query: Any, _toast: str | None) -> None:
        """A press is answered."""

    async def show_typing(self, _job: Any) -> None:
        """A reply is being written."""


def test_an_update_that_comes_twice_at_once_is_worked_on(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second copy of a press, while the first is being kept, does not take the first one's id."""
    keep = Inbox.take

    async def keep_jobs_late(self: Inbox, id: str, conversation: str, body: str) -> Turn | None:
        await asyncio.sleep(0.1 if conversation else 0)
        return await keep(self, id, conversation, body)

    monkeypatch.setattr(Inbox, "take", keep_jobs_late)
    worked: list[str] = []

    async def run() -> None:
        api: Any = _TelegramApi()
        turns = TelegramTurns(Answers(store), api, Settings.from_environment({}))  # type: ignore[arg-type]

        async def note(entry: Any) -> None:
            worked.append(entry.id)

        turns.backlog._work = note
        job = TelegramJob("1", "telegram-5", chat=5, button="/cause_unknown", keyboard=3)
        await asyncio.gather(*[turns.take("1", job, None, None) for _ in range(2)])
        await turns.backlog.stop()

    asyncio.run(run())
    assert ["1"] == worked


def test_an_event_before_slack_has_said_whose_the_bot_is_waits_for_that(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a guest's case would belong to one workspace before a start is over, and to another after it."""
    settings = Settings.from_environment({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"})
    body = event(
        mention("U1GUEST", "<@U0BOT> hello", "1.2", "C0SHARED"), team_id="T9OTHER", authorizations=[]
    )

    async def taken() -> list[str]:
        session = slack._Session(SimpleNamespace(store=store, locks=LocalLocks()), settings)  # type: ignore[arg-type]
        jobs: list[str] = []

        async def take(job: Job) -> None:
            jobs.append(job.conversation)

        monkeypatch.setattr(session._turns, "take", take)
        answering: Awaitable[Any] = asyncio.ensure_future(session.answer(json.dumps(body).encode()))
        await asyncio.sleep(0)
        session._home = "T0HOME"
        session._greeted.set()
        await answering
        await session.stop()
        return jobs

    assert ["slack-T0HOME-U1GUEST-C0SHARED-1.2"] == asyncio.run(taken())
