"""SQLite files in which nothing stays of what was deleted.

SQLite's `secure_delete` empties the place of a deleted row. Older copies of the row stay behind
where its page was rearranged before: of about thirty forgotten conversations one could still be
read in the file. Only VACUUM, which writes the file anew, leaves none. It takes about a second for
100 MB, in which nobody else can write; so it is done once for all deletions that came meanwhile.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

logger = logging.getLogger(__name__)

_BUSY_MS = 15_000
_MOVED = "the database's file was moved or deleted: put it back or start again"
_PAUSE = 0.05
_REST = 10
_TRIES_BEFORE_WARNING = 20


def engine(url: sa.engine.URL) -> sa.engine.Engine:
    """Open a file, made with its folder where there is none, in WAL mode."""
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    made = sa.create_engine(
        url,
        poolclass=sa.pool.QueuePool,
        pool_timeout=_BUSY_MS / 1000,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    opened: dict[str, object] = {}

    @sa.event.listens_for(made, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "secure_delete=ON",
            f"busy_timeout={_BUSY_MS}",
            "synchronous=NORMAL",
        ):
            connection.execute(f"PRAGMA {pragma}")
        opened.setdefault("file", _identity(url.database))

    @sa.event.listens_for(made, "do_connect")
    @sa.event.listens_for(made, "checkout")
    def look(*_: Any) -> None:
        """What is written to a file that was deleted or moved away would be lost without a word."""
        if opened and opened["file"] != _identity(url.database):
            raise sa.exc.InvalidRequestError(_MOVED)

    return made


def _identity(file: str | None) -> tuple[int, int] | None:
    """Which file it is, whatever its name; None where there is none."""
    with contextlib.suppress(OSError):
        found = Path(file or "").stat()
        return found.st_dev, found.st_ino
    return None


class Remains:
    """What deleted rows leave in a database's files; with other databases there is nothing to do.

    The file itself notes (as its `user_version`, which nothing else uses) how often something was
    deleted since it was last written anew, so that a process that dies leaves that to the next one.
    """

    def __init__(self, engine: sa.engine.Engine) -> None:
        """Remove what an earlier process left.

        Args:
            engine: of the database.
        """
        self._engine = engine
        self._at_work = threading.Lock()
        self._removed = threading.Condition()
        self.remove()

    def note(self, connection: sa.engine.Connection) -> None:
        """Note, within the transaction that deletes, that there will be remains."""
        if self._engine.dialect.name == "sqlite":
            count = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            connection.exec_driver_sql(f"PRAGMA user_version={count + 1}")

    def remove(self, patience: float = 0) -> None:
        """Begin to remove what was noted, unless that is being done.

        Args:
            patience: how many seconds to wait for its end; on a busy machine it may take longer.
        """
        if self._noted() and self._at_work.acquire(blocking=False):
            threading.Thread(target=self._remove_all, daemon=True).start()
        with self._removed:
            self._removed.wait_for(lambda: not self._noted(), patience)

    def _noted(self) -> int:
        if self._engine.dialect.name != "sqlite":
            return 0
        with self._engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())

    def _remove_all(self) -> None:
        try:
            while count := self._noted():
                # Its own work counts; on a busy machine most of the time is waiting for others.
                began = time.thread_time()
                self._repeat(self._write_anew)
                self._repeat(self._empty_side_file)
                self._settle(count)
                with self._removed:
                    self._removed.notify_all()
                # However often people ask to be forgotten, others get most of the time.
                time.sleep(_REST * (time.thread_time() - began))
        finally:
            self._at_work.release()
        # Something may have been noted just before the release.
        self.remove()

    def _repeat(self, attempt: Callable[[], bool]) -> None:
        """Try until it works; after a second, say so once."""
        tries, pause = 0, _PAUSE
        while not attempt():
            tries += 1
            if tries == _TRIES_BEFORE_WARNING:
                logger.warning(
                    "the database's files still hold deleted words: another program uses them, or the"
                    " disk has no room for a copy; it is tried again"
                )
            time.sleep(pause)

    def _write_anew(self) -> bool:
        return self._without_waiting("VACUUM")

    def _empty_side_file(self) -> bool:
        return self._without_waiting("PRAGMA wal_checkpoint(TRUNCATE)")

    def _without_waiting(self, statement: str) -> bool:
        """Run a statement, without waiting for readers or writers; whether it could be done."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            try:
                row = connection.exec_driver_sql(statement)
                return not (row.returns_rows and row.first()[0])
            except sa.exc.OperationalError:
                return False
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MS}")

    def _settle(self, count: int) -> None:
        """Note that there are no remains, unless something was deleted meanwhile."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if connection.exec_driver_sql("PRAGMA user_version").scalar_one() == count:
                connection.exec_driver_sql("PRAGMA user_version=0")
            connection.exec_driver_sql("COMMIT")
