"""One database: its connections, and work on them that survives what networks do.

A connection that is dead, or leads to a server that only reads since a fail-over, is thrown away with
all that were opened before it, and the work is done once more on a new one. Nothing waits for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import select
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from reinstate.server.metrics import STORE_SECONDS
from reinstate.stores import cores, sqlite

# How long the database may be silent: a turn then fails, and can be repeated.
ANSWER_SECONDS = 5
# How often, and for how long, it is tried to connect to one that has no room or is just starting.
_CONNECT_PAUSES, _CONNECT_SECONDS = (0.1, 0.4, 1.0), 3
_THREADS = 8
_READ_ONLY = "25006"  # PostgreSQL's read_only_sql_transaction
_KEEP_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_Result = TypeVar("_Result")
_patience: contextvars.ContextVar[float] = contextvars.ContextVar("patience", default=ANSWER_SECONDS)


class StoreError(Exception):
    """The database cannot be used; the message says how to mend it."""


class UnreachableError(StoreError):
    """It cannot be used now; it may be just starting, or the network may come back."""


class now(FunctionElement):  # noqa: N801 - it reads as the function of SQL that it is
    """Seconds since 1970 by the database's clock, which all processes share; theirs may differ."""

    type = sa.Float()
    inherit_cache = True


@compiles(now)
def _now(_element: Any, _compiler: Any, **_named: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


@compiles(now, "sqlite")
def _now_in_sqlite(_element: Any, _compiler: Any, **_named: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@contextlib.contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Let statements of this thread take longer, such as those that go through all rows."""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


async def aside(threads: ThreadPoolExecutor, work: Callable[..., _Result], *arguments: Any) -> _Result:
    """Run work in one of some threads.

    Who is cancelled meanwhile waits until it has ended: nothing goes on behind their back.
    """
    context = contextvars.copy_context()
    call = partial(context.run, partial(work, *arguments))
    future = asyncio.get_running_loop().run_in_executor(threads, call)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait({future})
        raise


class Database:
    """Runs work on one database."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            StoreError: if the address is none, or the folder of a file cannot be made.
        """
        try:
            parsed = sa.engine.make_url(url)
            self.engine = sqlite.engine(parsed) if parsed.drivername == "sqlite" else _postgres(parsed)
        except OSError as error:
            raise StoreError(
                f"the database's folder cannot be made ({error.strerror}): check DATABASE_URL"
            ) from None
        except (sa.exc.ArgumentError, ValueError, ImportError):
            raise StoreError("there is no database at such an address: check DATABASE_URL") from None
        self._threads, self._turns = (ThreadPoolExecutor(_THREADS, name) for name in ("database", "turn"))

    def read(self, work: Callable[[sa.engine.Connection], _Result]) -> _Result:
        """Run what only reads."""
        with STORE_SECONDS.labels("read").time():
            return self._twice(work, self.engine.connect)

    def write(self, work: Callable[[sa.engine.Connection], _Result]) -> _Result:
        """Run work in a transaction, which is kept as a whole or not at all."""
        with STORE_SECONDS.labels("write").time():
            return self._twice(work, self.engine.begin)

    async def aside(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """Run work in a thread, so that a slow database holds nobody else up; see the function."""
        return await aside(self._threads, work, *arguments)

    async def beside(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """The same for what a turn waits for and takes a moment: on the core of this thread; see `cores`."""
        return await aside(self._turns, cores.run_on, cores.here(), work, *arguments)

    def refusal(self, error: sa.exc.SQLAlchemyError) -> StoreError:
        """What a start that fails with an error says: the reason, and the mend."""
        may_come = isinstance(error, sa.exc.OperationalError) and self.engine.dialect.name == "postgresql"
        kind = UnreachableError if may_come else StoreError
        return kind(f"the database cannot be used ({self.explain(error)}): check DATABASE_URL")

    def explain(self, error: sa.exc.SQLAlchemyError) -> str:
        """Why the database cannot be used, in one line without its password."""
        lines = str(getattr(error, "orig", error)).strip().splitlines() or [type(error).__name__]
        password = self.engine.url.password
        return lines[0].replace(str(password), "…") if password else lines[0]

    def _twice(
        self,
        work: Callable[[sa.engine.Connection], _Result],
        begin: Callable[[], contextlib.AbstractContextManager[sa.engine.Connection]],
    ) -> _Result:
        """Run work; once more where its connection was of no use, unless it may have been kept.

        Who finds no connection, because the server has no room or is just starting, asks a few times.
        """
        began, pauses, lost = time.monotonic(), iter(_CONNECT_PAUSES), False
        while True:
            begun = worked = False
            try:
                with begin() as connection:
                    begun = True
                    result = work(connection)
                    worked = True
                return result
            except sa.exc.DBAPIError as error:
                if begun:
                    if worked or lost or not error.connection_invalidated:
                        raise
                    lost = True
                    continue
                pause = next(pauses, None)
                if pause is None or time.monotonic() - began > _CONNECT_SECONDS:
                    raise
            time.sleep(pause)


def _postgres(url: sa.engine.URL) -> sa.engine.Engine:
    import psycopg2
    import psycopg2.extensions

    psycopg2.extensions.set_wait_callback(_wait)
    made = sa.create_engine(
        url,
        pool_size=_THREADS,
        max_overflow=_THREADS,
        pool_timeout=ANSWER_SECONDS,
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_use_lifo=True,
        connect_args=_KEEP_ALIVE,
        hide_parameters=True,
    )

    known = made.dialect.is_disconnect

    def is_gone(error: Any, connection: Any, cursor: Any) -> bool:
        """Whether a connection is of no use: it is broken, or leads to a server that does not write any more.

        Only what has a code is PostgreSQL's own word; all else is told of the network, in many words.
        """
        code = getattr(error, "pgcode", None)
        broken = isinstance(error, psycopg2.OperationalError) or type(error) is psycopg2.DatabaseError
        return known(error, connection, cursor) or code == _READ_ONLY or (broken and code is None)

    made.dialect.is_disconnect = is_gone
    return made


def _wait(connection: Any) -> None:
    """Wait for PostgreSQL, but not for ever; psycopg2 closes the connection where this raises.

    A network that swallows packets gives no sign, so that only a clock of our own can tell.
    """
    import psycopg2
    from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE

    wanted = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}
    while (state := connection.poll()) != POLL_OK:
        poll = select.poll()
        poll.register(connection.fileno(), wanted[state])
        if not poll.poll(_patience.get() * 1000):
            raise psycopg2.OperationalError("the database does not answer")
