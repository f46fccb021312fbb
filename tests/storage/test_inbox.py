"""The inbox and those who work on it: order within a conversation, whichever process has which message."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain

from reinstate.channels.backlog import Backlog, Entry
from reinstate.stores.conversations import ConversationStore
from reinstate.stores.inbox import Inbox, Turn
from reinstate.stores.locks import LocalLocks


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    """A store, for its database."""
    return ConversationStore(Domain.empty(), host=f"sqlite:///{tmp_path / 'data.db'}")


def test_a_message_waits_for_those_before_it(store: ConversationStore) -> None:
    """Of its conversation, in other processes too; and not for what is answered, forgotten or another's."""

    async def turns() -> list[Turn]:
        one, two = (Inbox(store.database, "slack") for _ in range(2))
        taken = []
        for inbox, id, conversation in ((one, "1", "ann"), (two, "2", "ann"), (two, "3", "ben")):
            taken.append(await inbox.take(id, conversation, "{}"))
            await asyncio.sleep(0.002)  # the database's clock tells milliseconds
        assert [Turn.NOW, Turn.LATER, Turn.NOW] == taken
        assert await two.take("1", "ann", "{}") is None
        found = [await inbox.turn_of(id) for inbox, id in ((one, "1"), (two, "2"), (two, "3"), (one, "2"))]
        await one.done("1")
        found.append(await two.turn_of("2"))
        store.forget("ann")
        return [*found, await two.turn_of("2"), await two.turn_of("unheard of")]

    expected = [Turn.NOW, Turn.LATER, Turn.NOW, Turn.TAKEN, Turn.NOW, Turn.NOW, Turn.NOW]
    assert expected == asyncio.run(turns())


def test_two_processes_work_in_the_order_of_arrival(store: ConversationStore) -> None:
    """The first has the first and the third message; what the second has is worked on in between."""
    worked: list[str] = []

    async def work(entry: Entry) -> None:
        await asyncio.sleep(0)
        worked.append(entry.id)

    async def run() -> None:
        locks = LocalLocks()
        backlogs = [Backlog(Inbox(store.database, "slack"), work, locks, alone=False) for _ in range(2)]
        async with locks.hold("reply:ann"):
            for number in range(6):
                await backlogs[number % 2].take(str(number), "ann", {})
                await asyncio.sleep(0.002)
        while any(backlogs):
            await asyncio.sleep(0.01)

    asyncio.run(run())
    assert [str(number) for number in range(6)] == worked


def test_what_a_dead_process_left_comes_before_what_came_later(store: ConversationStore) -> None:
    """The process that takes it over works on it first, though it has the later one already."""
    worked: list[str] = []

    async def work(entry: Entry) -> None:
        worked.append(entry.id)

    async def run() -> None:
        dead = Inbox(store.database, "slack")
        await dead.take("1", "ann", "{}")
        await asyncio.sleep(0.002)
        backlog = Backlog(Inbox(store.database, "slack"), work, LocalLocks(), alone=False)
        await backlog.take("2", "ann", {})
        await dead.release()
        await backlog.resume()
        while backlog:
            await asyncio.sleep(0.01)

    asyncio.run(run())
    assert ["1", "2"] == worked
