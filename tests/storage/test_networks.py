"""Databases as networks, fail-overs and other people's hands leave them."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import psycopg2
import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from reinstate.server import app
from reinstate.server.health import Probe
from reinstate.stores import database, sqlite
from reinstate.stores.conversations import SESSION_SECONDS, ConversationStore
from reinstate.stores.database import Database, StoreError, UnreachableError, patient
from reinstate.stores.in_postgres import PostgresLocks
from reinstate.stores.locks import LocalLocks
from reinstate.stores.tables import sessions
from tests.relay import Pooler, Relay
from tests.running import free_port, until

Sql = Callable[..., None]


@pytest.fixture
def relay(postgres: str) -> Iterator[Relay]:
    """The network before PostgreSQL."""
    found = Relay(socket_of(postgres))
    yield found
    found.close()


@pytest.fixture
def sql(postgres: str) -> Iterator[Sql]:
    """Runs statements beside the bot, each at once."""
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)

    def run(*statements: str) -> None:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    yield run
    engine.dispose()


@pytest.fixture
def store(relay: Relay) -> ConversationStore:
    """A store behind the network."""
    return behind(relay.port)


def socket_of(postgres: str) -> Path:
    """The socket that a server listens on."""
    return Path(str(sa.engine.make_url(postgres).query["host"])) / ".s.PGSQL.5432"


def behind(port: int) -> ConversationStore:
    """Open a store behind the network."""
    return ConversationStore(Domain.empty(), host=f"postgresql://postgres@127.0.0.1:{port}/postgres")


def open_one(store: ConversationStore) -> str:
    """A session that was kept."""
    name = f"web-{uuid.uuid4().hex}"
    store.open_session(name)
    assert store.is_open(name)
    return name


def _of_kind(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> ConversationStore:
    if kind == "postgresql":
        return request.getfixturevalue("store")
    return ConversationStore(Domain.empty(), host=f"sqlite:///{tmp_path / 'data.db'}")


def is_well(store: ConversationStore) -> bool:
    """What /health would say, with less patience."""
    with patient(0.5):
        return asyncio.run(Probe(store.check, LocalLocks().check).well())


def test_a_database_that_falls_silent_holds_nobody_up(store: ConversationStore, relay: Relay) -> None:
    """A firewall forgets a connection without a word: what needs the database fails, the rest goes on."""
    name = open_one(store)

    async def ask() -> int:
        rounds = 0
        asking = asyncio.ensure_future(store.database.aside(store.is_open, name))
        while not asking.done():
            rounds += 1
            await asyncio.sleep(0.01)
        with pytest.raises(sa.exc.OperationalError):
            asking.result()
        return rounds

    relay.silent.set()
    with patient(0.5):
        assert asyncio.run(ask()) > 10
    assert not is_well(store)
    relay.silent.clear()
    assert store.is_open(name)
    assert is_well(store)


def test_a_database_that_is_silent_at_start_is_named_in_time(relay: Relay) -> None:
    """It takes the connection and says nothing: the start is patient with its work, not with that."""
    relay.silent.set()
    late = threading.Timer(20, relay.cut)
    late.start()
    with (
        patient(0.5),
        pytest.raises(UnreachableError, match=r"\(the database does not answer\): .* DATABASE_URL"),
    ):
        behind(relay.port)
    late.cancel()


def test_a_start_waits_for_its_database_and_says_so(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The machine has just begun, and the database with it: a line for each try, then all is well."""
    relay.silent.set()
    pauses = iter([lambda: None, relay.silent.clear])
    with patient(0.5), monkeypatch.context() as patch:
        patch.setattr(app, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: next(pauses)()))
        opened = app.once_reachable(partial(behind, relay.port))
    open_one(opened)
    told = [record.getMessage() for record in caplog.records]
    assert 2 == len(told)
    assert all("check DATABASE_URL; it is tried again" in line for line in told)


def test_a_start_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that stays away ends it, with the mend."""
    monkeypatch.setattr(app, "_START_PAUSE", 0)
    monkeypatch.setattr(app, "_START_SECONDS", 1)
    with pytest.raises(StoreError, match=r"Connection refused.*: check DATABASE_URL"):
        app.once_reachable(partial(behind, free_port()))


def test_what_waiting_does_not_mend_ends_a_start_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is no database."""
    file = tmp_path / "data.db"
    file.write_bytes(b"no database at all, but bytes" * 100)
    with pytest.raises(StoreError, match="not a database"):
        app.once_reachable(partial(ConversationStore, Domain.empty(), f"sqlite:///{file}"))
    assert not caplog.records


def test_connections_that_were_cut_are_opened_anew(store: ConversationStore, relay: Relay, sql: Sql) -> None:
    """By the network or by the server: no message is refused for that."""
    open_one(store)
    relay.cut()
    open_one(store)
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    open_one(store)


def test_a_server_that_only_reads_since_a_fail_over_is_left(
    store: ConversationStore, relay: Relay, sql: Sql
) -> None:
    """Open connections lead to the old server, new ones to the one that writes: the pool goes there."""
    open_one(store)
    before = relay.opened
    with store.engine.connect() as pinned:
        pinned.exec_driver_sql("SET default_transaction_read_only = on")
        pinned.exec_driver_sql("COMMIT")
    open_one(store)
    assert relay.opened > before


def test_healthy_means_able_to_keep_a_message(store: ConversationStore, sql: Sql) -> None:
    """A server that only reads, a table that cannot be written, is not; once it can be, the bot is well again."""
    assert is_well(store)
    for harm, mend in (
        ("ALTER DATABASE postgres SET default_transaction_read_only = on",
         "ALTER DATABASE postgres RESET default_transaction_read_only"),
        ("ALTER TABLE events RENAME TO lost", "ALTER TABLE lost RENAME TO events"),
        ("ALTER TABLE events ADD CONSTRAINT none CHECK (false) NOT VALID", "ALTER TABLE events DROP CONSTRAINT none"),
    ):  # fmt: skip
        sql(harm)
        store.engine.dispose()
        assert not is_well(store), harm
        sql("SET default_transaction_read_only = off", mend)
        store.engine.dispose()
        assert is_well(store), mend
    with store.engine.connect() as connection:
        assert 0 == connection.exec_driver_sql("SELECT count(*) FROM events WHERE sender_id = ''").scalar()


def test_a_lock_on_the_table_is_not_waited_for_without_end(store: ConversationStore, postgres: str) -> None:
    """Somebody's maintenance: not healthy meanwhile."""
    with sa.create_engine(postgres).begin() as other:
        other.exec_driver_sql("LOCK TABLE events")
        assert not is_well(store)
    until(lambda: is_well(store))


def test_a_file_that_was_taken_away_keeps_nothing(tmp_path: Path) -> None:
    """What is written to a file that no name leads to would be lost at the next start; it is refused instead."""
    file = tmp_path / "data.db"
    store = ConversationStore(Domain.empty(), host=f"sqlite:///{file}")
    name = open_one(store)
    shutil.move(file, tmp_path / "away.db")
    assert not is_well(store)
    with pytest.raises(sa.exc.SQLAlchemyError, match="moved or deleted"):
        open_one(store)
    shutil.move(tmp_path / "away.db", file)
    assert is_well(store)
    assert store.is_open(name)


def test_a_file_that_another_program_holds_is_not_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup or an editor has locked it; afterwards all is well."""
    monkeypatch.setattr(sqlite, "_BUSY_MS", 200)
    file = tmp_path / "data.db"
    store = ConversationStore(Domain.empty(), host=f"sqlite:///{file}")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert not is_well(store)
        other.execute("ROLLBACK")
    until(lambda: is_well(store))


def test_connections_that_are_ended_by_the_server_are_opened_anew(store: ConversationStore, sql: Sql) -> None:
    """A PostgreSQL that is shut down, or an administrator, ends them in the middle of everything."""
    name = open_one(store)
    for _ in range(3):
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert store.is_open(name)
        open_one(store)
    assert is_well(store)


@pytest.mark.parametrize(
    "said",
    [
        "SSL SYSCALL error: Success",
        "SSL connection has been closed unexpectedly",
        "error with status PGRES_TUPLES_OK and no message from the libpq",
        'lost synchronization with server: got message type "H"',
        "",
    ],
)
@pytest.mark.parametrize("kind", [psycopg2.OperationalError, psycopg2.DatabaseError])
def test_whatever_is_told_of_a_broken_connection_it_is_opened_anew(
    store: ConversationStore, kind: type[Exception], said: str
) -> None:
    """In whatever words, and where the library takes it for sound: what PostgreSQL says itself has a code."""
    name = open_one(store)
    broken = {connection: kind(said) for connection in [_pooled(store)]}

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def fail(connection: sa.engine.Connection, *_: object) -> None:
        if error := broken.pop(connection.connection.dbapi_connection, None):
            connection._handle_dbapi_exception(error, None, None, None, None)

    try:
        assert store.is_open(name)
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", fail)
    assert not broken
    with pytest.raises(sa.exc.IntegrityError) as caught:
        store.open_session(name)
    assert not caught.value.connection_invalidated


def _pooled(store: ConversationStore) -> object:
    """The connection that is taken next."""
    with store.engine.connect() as connection:
        return connection.connection.dbapi_connection


def test_a_server_without_room_is_asked_again(
    store: ConversationStore, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many connections: a moment later there is room again, and nobody hears of it."""
    name = open_one(store)
    sql("CREATE ROLE cramped LOGIN CONNECTION LIMIT 0", "GRANT ALL ON ALL TABLES IN SCHEMA public TO cramped")
    cramped = Database(store.engine.url.set(username="cramped").render_as_string(hide_password=False))
    query = sa.select(sessions.c.conversation).where(sessions.c.conversation == name)
    with pytest.raises(sa.exc.OperationalError, match="too many connections"):
        cramped.read(lambda connection: connection.execute(query).scalar())
    monkeypatch.setattr(
        database.time, "sleep", lambda _: sql("ALTER ROLE cramped CONNECTION LIMIT 5")
    )  # meanwhile
    assert name == cramped.read(lambda connection: connection.execute(query).scalar())


def test_a_pooler_that_changes_connections_is_refused(postgres: str, relay: Relay) -> None:
    """Behind one, a lock is taken on one connection and given back on another: it would be held for ever."""
    PostgresLocks(Database(f"postgresql://postgres@127.0.0.1:{relay.port}/postgres"))
    pooler = Pooler(socket_of(postgres))
    try:
        store = ConversationStore(
            Domain.empty(), host=f"postgresql://postgres@127.0.0.1:{pooler.port}/postgres"
        )
        open_one(store)
        with pytest.raises(StoreError, match=r"leads through a pooler.*REDIS_URL"):
            PostgresLocks(store.database)
    finally:
        pooler.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_session_ends_by_the_database_s_clock(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty days without use end it, whatever our own clock says; what has ended is not taken up again."""
    store = _of_kind(kind, request, tmp_path)
    name, now = open_one(store), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 400 * 24 * 3600)
    assert store.is_open(name)
    assert asyncio.run(store.meet(name, "1")).open
    unused = sessions.update().where(sessions.c.conversation == name)
    old = unused.values(seen=sessions.c.seen - SESSION_SECONDS)
    store.database.write(lambda connection: connection.execute(old))
    store.touch_session(name)
    assert not store.is_open(name)
    assert not asyncio.run(store.meet(name, "1")).open


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_wrong_clock_of_ours_deletes_nothing(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is old is told by the database's clock, which all processes share."""
    store = _of_kind(kind, request, tmp_path)
    name, now = open_one(store), time.time()
    for wrong in (0.0, now + 400 * 24 * 3600):
        monkeypatch.setattr(time, "time", lambda wrong=wrong: wrong)
        store.touch_session(name)
        talk = DialogueStateTracker(f"telegram-{wrong}", [])
        talk.update(UserUttered("hello", {"name": "greet"}))
        asyncio.run(store.save(talk))
        store.forget_older_than(24 * 3600)
        assert store.is_open(name)
        assert store.knows(talk.sender_id)
