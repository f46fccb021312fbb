"""Conversations in Rasa's own SQL `events` table, with what Rasa's store lacks: forgetting, and memory.

A turn reads once, by keys, what it needs of the turns before it, and writes once: its events, and
what the next turn needs (`tables`, `memory`). Only who asks for the history reads all events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from reinstate.server.commands import COMMANDS, FORGET_INTENT, RESTART_INTENT
from reinstate.server.metrics import FORGOTTEN, count
from reinstate.stores import inbox, sqlite
from reinstate.stores.database import Database, now, patient
from reinstate.stores.lines import Line
from reinstate.stores.memory import Memory, RememberingTracker
from reinstate.stores.rows import (
    bare,
    delete_turns,
    events_of,
    in_order,
    line_of,
    rename_turns,
    reply_after,
    reply_among,
    row_of_event,
    rows_of_offers,
    rows_of_replies,
)
from reinstate.stores.tables import events, memories, offers, replies, sessions

logger = logging.getLogger(__name__)

COMMANDS_SAID = {f"/{intent}": f"/{command}" for command, intent in COMMANDS.items()}
# Whose tokens were not used for so long have to open a new conversation.
SESSION_SECONDS = 30 * 24 * 3600
# What goes through all rows may take longer.
_PATIENT_SECONDS = 600
# Who asks to be forgotten waits so long for the last byte to go; it is milliseconds, save on a busy machine.
_PATIENT_WITH_REMAINS = 2
_SAID = ("user", "bot", "restart")
_lasts = sessions.c.seen > now() - SESSION_SECONDS
_keep_event = events.insert().values(timestamp=now())
_keep_reply = replies.insert().from_select(  # of a `message` of a `name`
    ["conversation", "message", "after"],
    sa.select(
        sa.bindparam("name", type_=sa.String),
        sa.bindparam("message", type_=sa.String),
        sa.func.coalesce(sa.func.max(events.c.id), 0),
    ).where(events.c.sender_id == sa.bindparam("name", type_=sa.String)),
)
_remember = sa.text(
    "INSERT INTO memories (conversation, state) VALUES (:conversation, :state)"
    " ON CONFLICT (conversation) DO UPDATE SET state = excluded.state"
)
Dict = dict[str, Any]


def _meeting() -> sa.sql.Select:
    """The one question that reads all that a turn needs, of a `name`, a `message` and a `payload`."""
    me = sa.select(sa.bindparam("name", type_=sa.String).label("name")).subquery()
    message, payload = sa.bindparam("message"), sa.bindparam("payload")
    first = sa.select(events.c.id).where(events.c.sender_id == me.c.name).limit(1).scalar_subquery()
    return sa.select(memories.c.state, sessions.c.seen, replies.c.after, offers.c.payload, first).select_from(
        me.outerjoin(memories, memories.c.conversation == me.c.name)
        .outerjoin(sessions, (sessions.c.conversation == me.c.name) & _lasts)
        .outerjoin(replies, (replies.c.conversation == me.c.name) & (replies.c.message == message))
        .outerjoin(offers, (offers.c.conversation == me.c.name) & (offers.c.payload == payload))
    )


_meet = _meeting()


@dataclass(frozen=True)
class Met:
    """What a message meets when its turn comes.

    Attributes:
        conversation: whose it is.
        open: whether tokens of the conversation count.
        reply: what was said to the message when it was handled before; None where it was not.
        offered: whether the bot ever offered a button with the payload that was asked for.
        memory: what the turn needs of earlier ones; None of a new conversation.
        old: all events of a conversation that was kept without a memory, by an earlier version.
    """

    conversation: str
    open: bool
    reply: list[Line] | None
    offered: bool
    memory: Memory | None
    old: Sequence[Dict] = field(default=(), repr=False)

    def typed_button(self, text: str) -> str | None:
        """The payload of that button of the bot's last turn whose title was typed, if one was."""
        lines = self.memory.lines() if self.memory else []
        buttons = (button for event in reversed(lines) for button in line_of(event).buttons)
        return next((b["payload"] for b in buttons if bare(b["title"]) == bare(text)), None)


# What the turn of this task has met, until Rasa asks the store for the conversation.
_met: ContextVar[Met | None] = ContextVar("met", default=None)


class ConversationStore(SQLTrackerStore):
    """Rasa's SQL store that can forget, list and tell a turn apart from its repetition.

    Of a forgotten conversation no byte stays in SQLite's files.
    """

    def __init__(
        self, domain: Domain | None = None, host: str = "sqlite://", event_broker: Any = None, **kwargs: Any
    ) -> None:
        """Connect and make the tables.

        Args:
            domain: Rasa's domain.
            host: SQLAlchemy address; Rasa calls the `url` of endpoints.yml so.
            event_broker: Rasa's, if any.
            kwargs: what else Rasa hands to a store.

        Raises:
            StoreError: if the database cannot be used; `UnreachableError` where that may pass.
        """
        self.database = Database(host)
        self.engine = self.database.engine
        try:
            self._make_tables()
        except sa.exc.SQLAlchemyError as error:
            raise self.database.refusal(error) from None
        self._add_replies, self._add_offers = map(self._adding, (replies, offers))
        self._remains = sqlite.Remains(self.engine)
        self.sessionmaker = sa.orm.session.sessionmaker(bind=self.engine)
        TrackerStore.__init__(self, domain, event_broker, **kwargs)

    def _adding(self, table: sa.Table) -> sa.sql.Insert:
        """What adds those rows that are not there yet; with SQLite built once, as `on_conflict` never is."""
        if self.engine.dialect.name == "sqlite":
            return table.insert().prefix_with("OR IGNORE")
        return postgresql.insert(table).on_conflict_do_nothing()

    def _make_tables(self) -> None:
        def make(connection: Connection) -> None:
            with patient(_PATIENT_SECONDS):  # once there is a connection
                self.Base.metadata.create_all(connection)
                # Rasa's table has no index that finds the latest event of a conversation.
                connection.exec_driver_sql(
                    "CREATE INDEX IF NOT EXISTS events_in_order ON events (sender_id, id)"
                )

        try:
            self.database.write(make)
        except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.IntegrityError):
            # Another process may have made them at the same moment.
            if not sa.inspect(self.engine).has_table("events"):
                raise

    async def meet(self, conversation: str, message: str, payload: str = "") -> Met:
        """Read, at once, what a turn needs; Rasa's next question for the conversation is answered from it.

        Args:
            conversation: whose turn it is.
            message: id of the message.
            payload: of the button that was pressed, if one was.
        """
        met: Met = await self.database.beside(
            self.database.read, self._meeting(conversation, message, payload)
        )
        _met.set(met)
        return met

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation as the next turn needs it; None of a new one."""
        met = _met.get()
        _met.set(None)
        if met is None or met.conversation != sender_id:
            met = await self.meet(sender_id, "")
            _met.set(None)
        if met.memory is None:
            return None
        tracker = met.memory.tracker(sender_id, self._slots)
        tracker.old = met.old
        return tracker

    def init_tracker(self, sender_id: str) -> RememberingTracker:
        """A new conversation."""
        return RememberingTracker(sender_id, self._slots, Memory())

    async def _retrieve(
        self,
        sender_id: str,
        fetch_events_from_all_sessions: bool,  # noqa: ARG002 - there is one session
    ) -> DialogueStateTracker | None:
        """All of a conversation, in the order in which it was kept: clocks of processes may differ."""
        found = await self.database.aside(
            self.database.read, lambda connection: events_of(connection, sender_id)
        )
        return DialogueStateTracker.from_dict(sender_id, found, self.domain.slots) if found else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the turn; or, where the person asked to be forgotten, delete the conversation."""
        last = tracker.latest_message
        if last is not None and last.intent.get("name") == FORGET_INTENT:
            await self.database.aside(self.forget, tracker.sender_id)
            return
        await self.stream_events(tracker)
        if not isinstance(tracker, RememberingTracker):  # made by others: all of it is new
            tracker = RememberingTracker.of(tracker)
        new = [event.as_dict() for event in islice(tracker.events, tracker.kept, None)]
        if new:
            memory = tracker.memory.after(new, self._slots)
            work = self._keeping(tracker.sender_id, new, memory, tracker.old)
            await self.database.beside(self.database.write, work)
            count(new)
            tracker.memory, tracker.kept, tracker.old = memory, len(tracker.events), ()

    @property
    def _slots(self) -> Sequence[Slot]:
        return self.domain.slots if self.domain else ()

    def _meeting(self, conversation: str, message: str, payload: str) -> Callable[[Connection], Met]:
        """What reads all that a turn needs, in one question."""
        asked = {"name": conversation, "message": message, "payload": payload}

        def meet(connection: Connection) -> Met:
            state, seen, after, payload_of_row, first = connection.execute(_meet, asked).one()
            memory, old = Memory.read(state) if state else None, []
            reply = reply_after(connection, conversation, after) if after is not None else None
            offered = payload_of_row is not None
            if memory is None and first is not None:
                old = events_of(connection, conversation)
                memory = Memory.of(old, self._slots)
                reply = reply or reply_among(old, message)
                offered = any(row["payload"] == payload for row in rows_of_offers(conversation, old))
            return Met(conversation, seen is not None, reply, offered, memory, old)

        return meet

    def _keeping(
        self, conversation: str, new: Sequence[Dict], memory: Memory, old: Sequence[Dict]
    ) -> Callable[[Connection], None]:
        """What writes a turn, and of a conversation without a memory what stands for its events."""
        handled = [e["message_id"] for e in new if e["event"] == "user" and e.get("message_id")]
        offered = rows_of_offers(conversation, [*old, *new])
        state = {"conversation": conversation, "state": memory.write()}

        def keep(connection: Connection) -> None:
            if old and (rows := rows_of_replies(connection, conversation)):
                connection.execute(self._add_replies, rows)
            # Where a lock was lost and another process has kept the same message, this turn fails.
            for message in handled:
                connection.execute(_keep_reply, {"name": conversation, "message": message})
            if offered:
                connection.execute(self._add_offers, offered)
            connection.execute(_keep_event, [row_of_event(conversation, event) for event in new])
            connection.execute(_remember, state)

        return keep

    def check(self) -> None:
        """Keep an event, as a turn would, and take it out again; raises what stands in the way of it."""
        row = row_of_event("", {"event": "check"})

        def keep(connection: Connection) -> None:
            made = connection.execute(_keep_event, row).inserted_primary_key
            connection.execute(sa.delete(events).where(events.c.id == made.id))

        self.database.write(keep)

    def forget(self, conversation: str) -> None:
        """Delete every row of a conversation, and every byte of it in SQLite's files, or soon after."""

        def delete(connection: Connection) -> None:
            delete_turns(connection, conversation)
            connection.execute(sa.delete(sessions).where(sessions.c.conversation == conversation))
            inbox.erase(connection, conversation)
            self._remains.note(connection)

        self.database.write(delete)
        FORGOTTEN.labels("asked").inc()
        self._remains.remove(_PATIENT_WITH_REMAINS)

    def move(self, old: str, new: str) -> None:
        """Give all conversations whose ids begin with `old` ids that begin with `new` instead.

        Where there is one of that id already, the two are one from then on, in the order of events.
        """

        def rename(connection: Connection) -> None:
            rename_turns(connection, old, new)
            inbox.move(connection, old, new)

        self.database.write(rename)

    def forget_older_than(self, seconds: float) -> int:
        """Delete conversations without an event for so long; how many there were."""
        latest = sa.func.max(events.c.timestamp)

        def delete(connection: Connection) -> tuple[int, int, float]:
            limit: float = connection.execute(sa.select(now() - seconds)).scalar_one()
            stale = sa.select(events.c.sender_id).group_by(events.c.sender_id).having(latest < limit)
            found = [row[0] for row in connection.execute(stale)]
            for conversation in found:
                delete_turns(connection, conversation)
            # A token is renewed rarely; who wrote lately keeps theirs.
            in_use = sa.select(events.c.id).where(events.c.sender_id == sessions.c.conversation)
            unused = (sessions.c.seen < limit) & ~in_use.exists()
            closed = connection.execute(sa.delete(sessions).where(unused)).rowcount
            if found or closed:
                self._remains.note(connection)
            return len(found), closed, limit

        with patient(_PATIENT_SECONDS):
            deleted, closed, limit = self.database.write(delete)
        before = datetime.fromtimestamp(limit, timezone.utc).isoformat(timespec="seconds")
        logger.info(
            "retention: %d conversations deleted and %d sessions closed, which nobody has used since %s",
            *(deleted, closed, before),
        )
        FORGOTTEN.labels("old").inc(deleted)
        self._remains.remove()
        return deleted

    def open_session(self, conversation: str) -> None:
        """Note that tokens of this conversation count."""
        row = {"conversation": conversation, "seen": now()}
        self.database.write(lambda connection: connection.execute(sessions.insert().values(row)))

    def is_open(self, conversation: str) -> bool:
        """Whether tokens of this conversation count."""
        own = sessions.c.conversation == conversation
        query = sa.select(sessions.c.conversation).where(own, _lasts)
        return self.database.read(lambda connection: connection.execute(query).first()) is not None

    def touch_session(self, conversation: str) -> None:
        """Note that a session is in use, so that it lasts; one that has ended stays so."""
        own = sessions.c.conversation == conversation
        touch = sessions.update().where(own, _lasts).values(seen=now())
        self.database.write(lambda connection: connection.execute(touch))

    def knows(self, conversation: str) -> bool:
        """Whether anything was said in a conversation."""
        query = sa.select(events.c.id).where(events.c.sender_id == conversation).limit(1)
        return self.database.read(lambda connection: connection.execute(query).first()) is not None

    def history(self, conversation: str) -> list[Line]:
        """The conversation since the last start, as a person saw it.

        Where they asked to start over, it begins with what was answered to that.
        """
        said = self.database.read(lambda connection: events_of(connection, conversation, _SAID))
        lines: list[Line] = []
        reply: list[Line] = []
        titles: dict[str, str] = {}
        starts_over = False
        for event in in_order(said):
            if event["event"] == "restart":
                lines = list(reply) if starts_over else []
            elif event["event"] == "bot":
                line = line_of(event)
                titles |= {b["payload"]: b["title"] for b in line.buttons}
                lines.append(line)
                reply.append(line)
            else:
                text, reply = event.get("text") or "", []
                intent = (event.get("parse_data") or {}).get("intent") or {}
                starts_over = intent.get("name") == RESTART_INTENT
                lines.append(Line("person", titles.get(text) or COMMANDS_SAID.get(text, text)))
        return [line for line in lines if not line.empty]
