"""Conversations in Rasa's own SQL `events` table, with what Rasa's store lacks: forgetting."""

from __future__ import annotations

import itertools
import json
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from reinstate.server.commands import COMMANDS, FORGET_INTENT, RESTART_INTENT
from reinstate.stores import inbox, sqlite
from reinstate.stores.database import Database, StoreError, now, patient
from reinstate.stores.lines import Line, bot_line

COMMANDS_SAID = {f"/{intent}": f"/{command}" for command, intent in COMMANDS.items()}
# What goes through all rows may take longer.
_PATIENT_SECONDS = 600
_LONGEST_TURN = 12


class ConversationStore(SQLTrackerStore):
    """Rasa's SQL store that can forget, list and tell a turn apart from its repetition.

    Of a forgotten conversation no byte stays in SQLite's files. Sessions of the web door stand in
    a table of their own: a token counts as long as its row exists.
    """

    sessions = sa.Table(
        "sessions",
        SQLTrackerStore.Base.metadata,
        sa.Column("conversation", sa.String(255), primary_key=True),
        sa.Column("seen", sa.Float, nullable=False, index=True),
    )
    # One row, written to find out whether anything can be.
    pulse = sa.Table(
        "pulse",
        SQLTrackerStore.Base.metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Float, nullable=False),
    )

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
            StoreError: if the database cannot be reached.
        """
        self.database = Database(host)
        self.engine = self.database.engine
        try:
            with patient(_PATIENT_SECONDS):
                self._make_tables()
        except sa.exc.SQLAlchemyError as error:
            reason = self.database.explain(error)
            raise StoreError(f"the database cannot be used ({reason}): check DATABASE_URL") from None
        self._remains = sqlite.Remains(self.engine)
        self.sessionmaker = sa.orm.session.sessionmaker(bind=self.engine)
        TrackerStore.__init__(self, domain, event_broker, **kwargs)

    def _make_tables(self) -> None:
        try:
            self.Base.metadata.create_all(self.engine)
        except (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.IntegrityError):
            # Another process may have made them at the same moment.
            if not sa.inspect(self.engine).has_table("events"):
                raise

    async def _retrieve(
        self,
        sender_id: str,
        fetch_events_from_all_sessions: bool,  # noqa: ARG002 - there is one session
    ) -> DialogueStateTracker | None:
        """All events of a conversation, in the order in which they were kept; clocks may differ."""
        query = (
            sa.select(self.SQLEvent.data)
            .where(self.SQLEvent.sender_id == sender_id)
            .order_by(self.SQLEvent.id)
        )
        rows = await self.database.aside(
            self.database.read, lambda connection: connection.execute(query).all()
        )
        if not rows or self.domain is None:
            return None
        events = [json.loads(row[0]) for row in rows]
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        tracker.kept = len(events)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the turn; or, where the person asked to be forgotten, delete the conversation."""
        last = tracker.latest_message
        if last is not None and last.intent.get("name") == FORGET_INTENT:
            await self.database.aside(self.forget, tracker.sender_id)
            return
        await self.stream_events(tracker)
        kept = getattr(tracker, "kept", 0)
        rows = [_row(tracker.sender_id, event) for event in itertools.islice(tracker.events, kept, None)]
        if rows:
            insert = self.SQLEvent.__table__.insert()
            work = self.database.write
            await self.database.aside(work, lambda connection: connection.execute(insert, rows))
            tracker.kept = kept + len(rows)

    def check(self) -> None:
        """Keep something, as a turn would; raises what stands in the way of it."""
        self.database.write(self._beat)

    def _beat(self, connection: sa.engine.Connection) -> None:
        if not connection.execute(self.pulse.update().values(at=now())).rowcount:
            connection.execute(self.pulse.insert().values(id=1, at=now()))

    def forget(self, conversation: str) -> None:
        """Delete every row of a conversation, and soon after every byte of it in SQLite's files."""

        def delete(connection: sa.engine.Connection) -> None:
            connection.execute(sa.delete(self.SQLEvent).where(self.SQLEvent.sender_id == conversation))
            connection.execute(sa.delete(self.sessions).where(self.sessions.c.conversation == conversation))
            inbox.erase(connection, conversation)
            self._remains.note(connection)

        self.database.write(delete)
        self._remains.remove()

    def move(self, old: str, new: str) -> None:
        """Give all conversations whose ids begin with `old` ids that begin with `new` instead.

        Where there is one of that id already, the two are one from then on, in the order of events.
        """
        events = self.SQLEvent
        moved = sa.literal(new).concat(sa.func.substr(events.sender_id, len(old) + 1))
        mine = events.sender_id.startswith(old, autoescape=True)

        def rename(connection: sa.engine.Connection) -> None:
            connection.execute(sa.update(events).where(mine).values(sender_id=moved))
            inbox.move(connection, old, new)

        self.database.write(rename)

    def forget_older_than(self, seconds: float) -> int:
        """Delete conversations without an event for so long; how many there were."""
        events, limit = self.SQLEvent, now() - seconds
        stale = (
            sa.select(events.sender_id)
            .group_by(events.sender_id)
            .having(sa.func.max(events.timestamp) < limit)
        )

        def delete(connection: sa.engine.Connection) -> int:
            found = [row[0] for row in connection.execute(stale)]
            for conversation in found:
                connection.execute(sa.delete(events).where(events.sender_id == conversation))
            # A token is renewed rarely; who wrote lately keeps theirs.
            in_use = sa.select(events.sender_id).where(events.sender_id == self.sessions.c.conversation)
            unused = (self.sessions.c.seen < limit) & ~in_use.exists()
            closed = connection.execute(sa.delete(self.sessions).where(unused)).rowcount
            if found or closed:
                self._remains.note(connection)
            return len(found)

        with patient(_PATIENT_SECONDS):
            deleted = self.database.write(delete)
        self._remains.remove()
        return deleted

    def open_session(self, conversation: str) -> None:
        """Note that tokens of this conversation count."""
        row = {"conversation": conversation, "seen": now()}
        self.database.write(lambda connection: connection.execute(self.sessions.insert().values(row)))

    def is_open(self, conversation: str) -> bool:
        """Whether tokens of this conversation count."""
        query = sa.select(self.sessions.c.conversation).where(self.sessions.c.conversation == conversation)
        return self.database.read(lambda connection: connection.execute(query).first()) is not None

    def touch_session(self, conversation: str) -> None:
        """Note that a session is in use, so that retention leaves it alone."""
        own = self.sessions.c.conversation == conversation
        touch = self.sessions.update().where(own).values(seen=now())
        self.database.write(lambda connection: connection.execute(touch))

    def knows(self, conversation: str) -> bool:
        """Whether anything was said in a conversation."""
        query = sa.select(self.SQLEvent.id).where(self.SQLEvent.sender_id == conversation).limit(1)
        return self.database.read(lambda connection: connection.execute(query).first()) is not None

    def was_offered(self, conversation: str, payload: str) -> bool:
        """Whether the bot ever offered a button with this payload in the conversation."""
        events = self._containing(conversation, "bot", {"payload": payload})
        return any(
            button.get("payload") == payload
            for event in events
            for button in (event.get("data") or {}).get("buttons") or ()
        )

    def typed_button(self, conversation: str, text: str) -> str | None:
        """The payload of that button of the bot's last turn whose title was typed, if one was."""
        query = (
            sa.select(self.SQLEvent.type_name, self.SQLEvent.data)
            .where(self.SQLEvent.sender_id == conversation, self.SQLEvent.type_name.in_(("user", "bot")))
            .order_by(self.SQLEvent.id.desc())
            .limit(_LONGEST_TURN)
        )
        rows = self.database.read(lambda connection: connection.execute(query).all())
        turn = itertools.takewhile(lambda row: row[0] == "bot", rows)
        buttons = (button for _, data in turn for button in _said(json.loads(data)).buttons)
        return next((b["payload"] for b in buttons if _bare(b["title"]) == _bare(text)), None)

    def reply_to(self, conversation: str, message_id: str) -> list[Line] | None:
        """What the bot said to a message that was handled before; None where it was not."""
        found = self._containing(conversation, "user", {"message_id": message_id})
        if not any(event.get("message_id") == message_id for event in found):
            return None
        events = iter(self._events(conversation))
        next(e for e in events if e["event"] == "user" and e.get("message_id") == message_id)
        reply = itertools.takewhile(lambda event: event["event"] != "user", events)
        return [_said(event) for event in reply if event["event"] == "bot"]

    def history(self, conversation: str) -> list[Line]:
        """The conversation since the last start, as a person saw it.

        Where they asked to start over, it begins with what was answered to that.
        """
        lines: list[Line] = []
        reply: list[Line] = []
        titles: dict[str, str] = {}
        starts_over = False
        for event in self._events(conversation):
            if event["event"] == "restart":
                lines = list(reply) if starts_over else []
            elif event["event"] == "bot":
                line = _said(event)
                titles |= {b["payload"]: b["title"] for b in line.buttons}
                lines.append(line)
                reply.append(line)
            else:
                said, reply = event.get("text") or "", []
                intent = (event.get("parse_data") or {}).get("intent") or {}
                starts_over = intent.get("name") == RESTART_INTENT
                lines.append(Line("person", titles.get(said) or COMMANDS_SAID.get(said, said)))
        return [line for line in lines if not line.empty]

    def _events(self, conversation: str) -> list[dict[str, Any]]:
        """What was said, and where it was started over, in the order in which a person saw it.

        A session opens before the message that opens it: what is said then was seen after that message.
        """
        query = (
            sa.select(self.SQLEvent.data)
            .where(
                self.SQLEvent.sender_id == conversation,
                self.SQLEvent.type_name.in_(("user", "bot", "restart")),
            )
            .order_by(self.SQLEvent.id)
        )
        rows = self.database.read(lambda connection: connection.execute(query).all())
        events = [json.loads(row[0]) for row in rows]
        first = next((place for place, event in enumerate(events) if event["event"] == "user"), 0)
        return [events[first], *events[:first], *events[first + 1 :]] if first else events

    def _containing(self, conversation: str, kind: str, value: dict[str, str]) -> list[dict[str, Any]]:
        """Events whose JSON holds a key with a value anywhere."""
        fragment = json.dumps(value)[1:-1]
        query = sa.select(self.SQLEvent.data).where(
            self.SQLEvent.sender_id == conversation,
            self.SQLEvent.type_name == kind,
            self.SQLEvent.data.contains(fragment, autoescape=True),
        )
        rows = self.database.read(lambda connection: connection.execute(query).all())
        return [json.loads(row[0]) for row in rows]


def _row(conversation: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    return {
        "sender_id": conversation,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


def _bare(title: str) -> str:
    return title.casefold().strip(" .!?\"'“”")


def _said(event: dict[str, Any]) -> Line:
    return bot_line(event.get("text"), event.get("data") or {})
