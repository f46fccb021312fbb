"""What a door has acknowledged and not yet answered, so that no crash loses it.

A door that acknowledges at once puts a message here first. The row is the message's memory: the
same id is taken once, by whichever process; a process that dies leaves its rows to the next one.
When a message is answered its words are taken out and only its id stays, for two days.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore

from reinstate.stores.database import Database, now

_Result = TypeVar("_Result")
LEASE_SECONDS = 30
KEPT_SECONDS = 48 * 3600

_table = sa.Table(
    "inbox",
    SQLTrackerStore.Base.metadata,
    sa.Column("door", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("conversation", sa.String(255), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("sent", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(32), nullable=False),
    sa.Column("lease", sa.Float, nullable=False),
    sa.Column("taken", sa.Float, nullable=False, index=True),
)


@dataclass(frozen=True)
class Left:
    """A message that was not answered to the end; `sent` lines of its reply went out."""

    id: str
    conversation: str
    body: str
    sent: int


class Turn(Enum):
    """Whether a message can be worked on: now, after an earlier one, or by another process, which has it."""

    NOW = "now"
    LATER = "later"
    TAKEN = "taken"


def erase(connection: sa.engine.Connection, conversation: str) -> None:
    """Take a conversation's words and name out; ids stay, so that nothing is taken twice."""
    mine = _table.c.conversation == conversation
    connection.execute(_table.update().where(mine).values(conversation="", body=""))


def move(connection: sa.engine.Connection, old: str, new: str) -> None:
    """Rename the conversations of what is not answered yet; see `ConversationStore.move`."""
    name = _table.c.conversation
    moved = sa.literal(new).concat(sa.func.substr(name, len(old) + 1))
    connection.execute(
        _table.update().where(name.startswith(old, autoescape=True)).values(conversation=moved)
    )


class Inbox:
    """The inbox of one door in one process."""

    def __init__(self, database: Database, door: str) -> None:
        """Use the conversation store's database, under the door's name (with its account)."""
        self._database, self._door = database, door
        self._owner = secrets.token_hex(8)

    async def take(self, id: str, conversation: str, body: str) -> Turn | None:
        """Keep a message.

        Args:
            id: of the message.
            conversation: whose it is.
            body: what to do; empty: nothing.

        Returns:
            Whether something else in its conversation is still to be answered; None where its id was
            taken before.
        """
        row = {
            "door": self._door,
            "id": id,
            "conversation": conversation,
            "body": body,
            "sent": 0,
            "owner": self._owner,
            "lease": now() + LEASE_SECONDS,
            "taken": now(),
        }
        earlier = (_table.c.conversation == conversation, _table.c.id != id, _table.c.body != "")
        waiting = sa.select(_table.c.id).where(_table.c.door == self._door, *earlier).limit(1)

        def take(connection: sa.engine.Connection) -> Turn:
            connection.execute(_table.insert().values(row))
            return Turn.LATER if body and connection.execute(waiting).first() else Turn.NOW

        try:
            return await self._write(take)
        except sa.exc.IntegrityError:
            return None

    async def count_sent(self, id: str) -> None:
        """Note that one more line of the reply went out."""
        await self._update(_table.c.id == id, sent=_table.c.sent + 1)

    async def done(self, id: str) -> None:
        """The message is answered: only its id stays."""
        await self._update(_table.c.id == id, conversation="", body="")

    async def renew(self) -> None:
        """Tell other processes that this one still works on its messages."""
        mine = (_table.c.owner == self._owner, _table.c.body != "")
        await self._update(*mine, lease=now() + LEASE_SECONDS)

    async def release(self) -> None:
        """Leave what is not answered to the next process."""
        await self._update(_table.c.owner == self._owner, _table.c.body != "", lease=0.0)

    async def claim(self, *, alone: bool) -> list[Left]:
        """Take over what others left, in the order of arrival.

        Args:
            alone: whether no other process can be at work, so that leases need not run out.
        """
        open_rows = sa.and_(_table.c.door == self._door, _table.c.body != "", _table.c.owner != self._owner)
        query = sa.select(_table).where(open_rows).order_by(_table.c.taken, _table.c.id)
        if not alone:
            query = query.where(_table.c.lease < now())

        def claim(connection: sa.engine.Connection) -> list[Left]:
            claimed = []
            for row in connection.execute(query).all():
                same = sa.and_(open_rows, _table.c.id == row.id, _table.c.owner == row.owner)
                values = {"owner": self._owner, "lease": now() + LEASE_SECONDS}
                if connection.execute(_table.update().where(same).values(values)).rowcount:
                    claimed.append(Left(row.id, row.conversation, row.body, row.sent))
            return claimed

        return await self._write(claim)

    async def turn_of(self, id: str) -> Turn:
        """Whether what came earlier in a message's conversation is answered, whichever process has it."""
        here, same = _table.c.door == self._door, _table.c.id == id
        conversation = sa.select(_table.c.conversation).where(here, same).scalar_subquery()
        waiting = sa.and_(_table.c.conversation == conversation, _table.c.body != "")
        query = (
            sa.select(_table.c.id, _table.c.owner, _table.c.body)
            .where(here, sa.or_(same, waiting))
            .order_by(_table.c.taken, _table.c.id)
        )
        rows = await self._database.aside(
            self._database.read, lambda connection: connection.execute(query).all()
        )
        mine = next((row for row in rows if row.id == id), None)
        if mine and mine.owner != self._owner:
            return Turn.TAKEN
        # Without words it was forgotten meanwhile: there is nothing that it would have to wait for.
        return Turn.LATER if mine and mine.body and rows[0].id != id else Turn.NOW

    async def prune(self) -> None:
        """Drop ids so old that the service does not repeat them any more."""
        old = sa.and_(_table.c.door == self._door, _table.c.taken < now() - KEPT_SECONDS)
        await self._write(lambda connection: connection.execute(_table.delete().where(old)))

    async def _update(self, *which: sa.sql.ColumnElement, **values: object) -> None:
        statement = _table.update().where(_table.c.door == self._door, *which).values(**values)
        await self._write(lambda connection: connection.execute(statement))

    async def _write(self, work: Callable[[sa.engine.Connection], _Result]) -> _Result:
        return await self._database.aside(self._database.write, work)
