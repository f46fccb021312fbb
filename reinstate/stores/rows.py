"""Questions to the tables about one conversation, and what their rows say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reinstate.stores.lines import Line, bot_line
from reinstate.stores.tables import events, memories, offers, replies

Dict = dict[str, Any]
_LONGEST_TURN = 40
_of_conversation = (  # of a `name`
    sa.select(events.c.data).where(events.c.sender_id == sa.bindparam("name")).order_by(events.c.id)
)


def events_of(connection: Connection, conversation: str, kinds: Sequence[str] = ()) -> list[Dict]:
    """Events of a conversation, of some types or of all, as they were kept."""
    query = _of_conversation.where(events.c.type_name.in_(kinds)) if kinds else _of_conversation
    return [json.loads(row[0]) for row in connection.execute(query, {"name": conversation})]


def in_order(said: Sequence[Dict]) -> list[Dict]:
    """What was said in the order in which a person saw it.

    A session opens before the message that opens it: what is said then was seen after that message.
    """
    first = next((place for place, event in enumerate(said) if event["event"] == "user"), 0)
    return [said[first], *said[:first], *said[first + 1 :]] if first else list(said)


def reply_after(connection: Connection, conversation: str, after: int) -> list[Line]:
    """What was said in the turn whose events follow the one with the id `after`."""
    query = (
        sa.select(events.c.type_name, events.c.data)
        .where(
            events.c.sender_id == conversation, events.c.id > after, events.c.type_name.in_(("user", "bot"))
        )
        .order_by(events.c.id)
    )
    lines: list[Line] = []
    messages = 0
    for kind, data in connection.execute(query.limit(_LONGEST_TURN)):
        messages += kind == "user"
        if messages > 1:
            break
        lines += [line_of(json.loads(data))] if kind == "bot" else []
    return lines


def rows_of_replies(connection: Connection, conversation: str) -> list[Dict]:
    """A row for each message that was handled before there were such rows."""
    mine = (events.c.sender_id == conversation) & (events.c.type_name == "user")
    query = sa.select(events.c.id, events.c.data).where(mine).order_by(events.c.id)
    found = [(row[0], json.loads(row[1]).get("message_id")) for row in connection.execute(query)]
    # What was said before the first message (the introduction) belongs to its reply.
    return [
        {"conversation": conversation, "message": message, "after": id - 1 if place else 0}
        for place, (id, message) in enumerate(found)
        if message
    ]


def reply_among(old: Sequence[Dict], message: str) -> list[Line] | None:
    """What was said to a message, from all events of its conversation."""
    said = in_order([event for event in old if event["event"] in ("user", "bot")])
    found = (n for n, e in enumerate(said) if e["event"] == "user" and e.get("message_id") == message)
    place = next(found, None)
    if place is None:
        return None
    reply = takewhile(lambda event: event["event"] == "bot", said[place + 1 :])
    return [line_of(event) for event in reply]


def rows_of_offers(conversation: str, found: Iterable[Dict]) -> list[Dict]:
    """A row for each payload that a button of the bot's lines carries."""
    lines = (line_of(event) for event in found if event["event"] == "bot")
    payloads = dict.fromkeys(button["payload"] for line in lines for button in line.buttons)
    return [{"conversation": conversation, "payload": payload} for payload in payloads]


def delete_turns(connection: Connection, conversation: str) -> None:
    """Delete what was said and what is remembered of it."""
    connection.execute(sa.delete(events).where(events.c.sender_id == conversation))
    for table in (memories, replies, offers):
        connection.execute(sa.delete(table).where(table.c.conversation == conversation))


def rename_turns(connection: Connection, old: str, new: str) -> None:
    """Rename what was said and handled; what is remembered of it is made anew from the events."""
    for name in (events.c.sender_id, replies.c.conversation):
        moved = sa.literal(new).concat(sa.func.substr(name, len(old) + 1))
        mine = name.startswith(old, autoescape=True)
        connection.execute(sa.update(name.table).where(mine).values({name: moved}))
    for table, begin in ((offers, old), (memories, old), (memories, new)):
        stale = table.c.conversation.startswith(begin, autoescape=True)
        connection.execute(sa.delete(table).where(stale))


def row_of_event(conversation: str, data: Dict) -> Dict:
    """A row of Rasa's table for an event, as Rasa writes it, but for the time, which is the database's."""
    return {
        "sender_id": conversation,
        "type_name": data["event"],
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


def bare(title: str) -> str:
    """A button's title as it is compared with what was typed."""
    return title.casefold().strip(" .!?\"'“”")


def line_of(event: dict[str, Any]) -> Line:
    """A line of the bot as it is kept."""
    return bot_line(event.get("text"), event.get("data") or {})
