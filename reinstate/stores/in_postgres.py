"""Locks of processes that share one PostgreSQL and no Redis: its advisory locks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from reinstate.stores.database import ANSWER_SECONDS, Database, StoreError, aside, patient
from reinstate.stores.locks import LocalLocks, key_of

# How many conversations of this process can wait at once for a turn that another process has.
_MOST_WAITING = 4
_LOCK_TIMEOUT = "55P03"
# Who waits longer loses their place, and waits anew. A turn ends sooner, or its database has failed; only a
# reply that is sent again and again takes longer.
_WAIT_SECONDS = 10
_ROUNDS = 3


class PostgresLocks:
    """Locks across machines; PostgreSQL keeps the order and wakes who is next.

    A lock belongs to a connection. One connection has all that were free when they were asked for; for
    one that another process has, a connection waits. What dies with its connection is free again.
    """

    def __init__(self, database: Database) -> None:
        """Find out whether a connection stays the same; connect when the first lock is asked for.

        Raises:
            StoreError: if it does not, so that locks would be left behind, or there is none.
        """
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        try:
            self._check_connections()
        except sa.exc.SQLAlchemyError as error:
            raise database.refusal(error) from None
        self._connection: sa.engine.Connection | None = None
        self._keeper = ThreadPoolExecutor(1, "locks")
        self._waiters = ThreadPoolExecutor(_MOST_WAITING, "waiting-for-locks")
        self._local = LocalLocks()

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """See `Locks.hold`."""
        key = key_of(name)
        async with self._local.hold(name):
            if await aside(self._keeper, self._try, key):
                try:
                    yield
                finally:
                    await aside(self._keeper, self._leave, key)
                return
            got: list[sa.engine.Connection] = []  # also where who waits is cancelled meanwhile
            try:
                while not got:
                    await aside(self._waiters, self._wait, key, got)
                yield
            finally:
                for connection in got:
                    await aside(self._keeper, _give_back, connection, key)

    async def check(self) -> None:
        """See `Locks.check`."""
        await aside(self._keeper, self._ask, sa.select(1))

    def _check_connections(self) -> None:
        """A pooler before PostgreSQL may give each transaction of ours whichever connection is free."""
        server = sa.select(sa.func.pg_backend_pid())
        with self._engine.connect() as one, self._engine.connect() as two:
            met = {(one.execute(server).scalar(), two.execute(server).scalar()) for _ in range(_ROUNDS)}
        if len(met) > 1 or len(set(*met)) == 1:
            raise StoreError(
                "DATABASE_URL leads through a pooler that changes connections between transactions: take "
                "the database's own address or the pooler's session mode, or set REDIS_URL"
            )

    def _try(self, key: int) -> bool:
        return bool(self._ask(sa.select(sa.func.pg_try_advisory_lock(key))))

    def _leave(self, key: int) -> None:
        """Free a lock; where that fails, its connection has died and the lock with it."""
        with contextlib.suppress(sa.exc.DBAPIError):
            self._ask(sa.select(sa.func.pg_advisory_unlock(key)))

    def _ask(self, query: sa.sql.Select) -> object:
        """Ask on the connection that has the locks; on a new one where that has died."""
        if self._connection is not None:
            try:
                return self._connection.execute(query).scalar()
            except sa.exc.DBAPIError:
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
        self._connection = self._engine.connect()
        return self._connection.execute(query).scalar()

    def _wait(self, key: int, got: list[sa.engine.Connection]) -> None:
        """Wait for a lock; the connection that has it goes into a list, none if it was not free in time."""
        connection = self._engine.connect()
        try:
            with patient(_WAIT_SECONDS + ANSWER_SECONDS), _transaction(connection):
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_WAIT_SECONDS * 1000}")
                connection.execute(sa.select(sa.func.pg_advisory_lock(key)))
        except sa.exc.DBAPIError as error:
            connection.close()
            if getattr(error.orig, "pgcode", None) != _LOCK_TIMEOUT:
                raise
            return
        got.append(connection)


@contextlib.contextmanager
def _transaction(connection: sa.engine.Connection) -> Iterator[None]:
    """One transaction on a connection that has none by itself; the lock outlives it."""
    connection.exec_driver_sql("BEGIN")
    try:
        yield
    except sa.exc.DBAPIError:
        if not connection.invalidated:
            connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def _give_back(connection: sa.engine.Connection, key: int) -> None:
    """Free a lock and its connection; where that fails, the connection has died and the lock with it."""
    try:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
    except sa.exc.DBAPIError:
        connection.invalidate()
    finally:
        connection.close()
