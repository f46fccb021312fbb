"""What was said in the kept conversations, turn by turn, for counting and reading."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reinstate.server.settings import Settings, SettingsError
from reinstate.stores.conversations import COMMANDS_SAID
from reinstate.stores.database import Database, StoreError, now, patient
from reinstate.stores.lines import Line
from reinstate.stores.rows import line_of
from reinstate.stores.tables import events

DAY_SECONDS = 24 * 3600
# Going through all conversations may take so long.
_PATIENT_SECONDS = 600
_AT_ONCE = 200  # conversations that are read with one question
_JUDGED = ("path", "odds", "rows")
_OPEN = "open"  # in place of a path and odds that nobody can tell
_KINDS = ("user", "bot", "slot", "restart")
_Result = TypeVar("_Result")
Row = tuple[int, str, float, dict[str, Any]]  # id, conversation, seconds since 1970, event


@dataclass(frozen=True)
class Turn:
    """A message and what was said to it.

    Attributes:
        id: of the message's event; later ones are higher.
        conversation: whose it is; never to be printed.
        at: seconds since 1970.
        text: what was written (masked), or the title of the button that was pressed.
        payload: of the button, empty where the message was written.
        parsed: what the reader found.
        said: the lines of the reply.
        responses: the responses of the domain that they are.
        before, after: the slots before and after the turn.
    """

    id: int
    conversation: str
    at: float
    text: str
    payload: str
    parsed: Mapping[str, Any]
    said: Sequence[Line] = ()
    responses: Sequence[str] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    @property
    def intent(self) -> str:
        """What the message means."""
        return str((self.parsed.get("intent") or {}).get("name") or "")

    @property
    def confidence(self) -> float:
        """How sure the reader is of that."""
        return float((self.parsed.get("intent") or {}).get("confidence") or 0.0)

    @property
    def language(self) -> str | None:
        """Two letters, of a message that was written."""
        return (self.parsed.get("details") or {}).get("language")

    @property
    def verdict(self) -> str | None:
        """Path and odds of the verdict that the turn told or changed; None where it did neither."""
        if all(self.before.get(slot) == self.after.get(slot) for slot in _JUDGED):
            return None
        if not (self.after.get("path") or self.after.get("rows")):
            return None
        return " / ".join(str(self.after.get(slot) or _OPEN) for slot in ("path", "odds"))

    @property
    def door(self) -> str:
        """Where it came from."""
        return self.conversation.partition("-")[0]


def turns(rows: Iterable[Row]) -> Iterator[Turn]:
    """The turns that events tell.

    Args:
        rows: by conversation, and in each as they were kept.
    """
    for conversation, its in groupby(rows, key=lambda row: row[1]):
        yield from _turns_of(conversation, list(its))


def _turns_of(conversation: str, rows: Sequence[Row]) -> Iterator[Turn]:
    begins = [place for place, row in enumerate(rows) if row[3]["event"] == "user"]
    slots: dict[str, Any] = {}
    titles: dict[str, str] = {}
    for number, place in enumerate(begins):
        ends = begins[number + 1] if number + 1 < len(begins) else len(rows)
        id_, _, at, message = rows[place]
        # What a session opens with is kept before the message that opens it.
        told = [row[3] for row in (*(rows[:place] if not number else ()), *rows[place + 1 : ends])]
        text = str(message.get("text") or "")
        payload = text if text.startswith("/") else ""
        lines = [line_of(event) for event in told if event["event"] == "bot"]
        before = dict(slots)
        for event in told:
            if event["event"] == "restart":
                slots = {}
            elif event["event"] == "slot":
                slots[event["name"]] = event.get("value")
        yield Turn(
            id=id_,
            conversation=conversation,
            at=at,
            text=titles.get(text) or COMMANDS_SAID.get(text, text),
            payload=payload,
            parsed=message.get("parse_data") or {},
            said=[line for line in lines if not line.empty],
            responses=[
                str((event.get("metadata") or {}).get("utter_action") or "")
                for event in told
                if event["event"] == "bot"
            ],
            before=before,
            after=dict(slots),
        )
        titles |= {button["payload"]: button["title"] for line in lines for button in line.buttons}


class Kept:
    """The conversations in the database, to be read only."""

    def __init__(self, settings: Settings) -> None:
        """Find the database; a SQLite file that is not there is not made.

        Raises:
            StoreError: if there can be none at such an address.
        """
        url = sa.engine.make_url(settings.database_url.reveal())
        missing = url.drivername == "sqlite" and not Path(str(url.database)).is_file()
        self._database = None if missing else Database(settings.database_url.reveal())

    def close(self) -> None:
        """Close all connections."""
        if self._database:
            self._database.engine.dispose()

    def _read(self, work: Callable[[Connection], _Result], nothing: _Result) -> _Result:
        """What work finds; nothing where nothing has been kept yet.

        Raises:
            StoreError: if the database cannot be read.
        """
        if self._database is None:
            return nothing
        try:
            with patient(_PATIENT_SECONDS):
                kept = self._database.read(lambda connection: sa.inspect(connection).has_table(events.name))
                return self._database.read(work) if kept else nothing
        except sa.exc.SQLAlchemyError as error:
            reason = self._database.explain(error)
            raise StoreError(f"the database cannot be read ({reason}): check DATABASE_URL") from None

    def since(self, days: float) -> Iterator[Turn]:
        """Turns of the last days, by conversation.

        Raises:
            StoreError: if the database cannot be read.
        """
        limit = self._read(
            lambda c: float(c.execute(sa.select(now() - days * DAY_SECONDS)).scalar_one()), 0.0
        )
        active = (
            sa.select(events.c.sender_id)
            .where(events.c.type_name == "user", events.c.timestamp >= limit)
            .distinct()
            .order_by(events.c.sender_id)
        )
        names: list[str] = self._read(lambda c: [row[0] for row in c.execute(active)], [])
        for first in range(0, len(names), _AT_ONCE):
            found = self.conversations(names[first : first + _AT_ONCE])
            yield from (turn for turn in found if turn.at >= limit)

    def conversations(self, names: Sequence[str]) -> list[Turn]:
        """All turns of some conversations.

        Raises:
            StoreError: if the database cannot be read.
        """
        query = (
            sa.select(events.c.id, events.c.sender_id, events.c.timestamp, events.c.data)
            .where(events.c.sender_id.in_(names), events.c.type_name.in_(_KINDS))
            .order_by(events.c.sender_id, events.c.id)
        )
        rows: list[Any] = self._read(lambda c: c.execute(query).all(), [])
        return list(turns((id_, name, at, json.loads(data)) for id_, name, at, data in rows))

    def meant(self, intents: Sequence[str]) -> list[tuple[int, str]]:
        """The messages that mean one of some intents: id and conversation, the latest first.

        Raises:
            StoreError: if the database cannot be read.
        """
        query = (
            sa.select(events.c.id, events.c.sender_id)
            .where(events.c.type_name == "user", events.c.intent_name.in_(intents))
            .order_by(events.c.id.desc())
        )
        return self._read(lambda c: [(row[0], row[1]) for row in c.execute(query)], [])


def number(given: str, usual: int, how: str) -> int:
    """A number above 0 of the command line; the usual one where none is given.

    Raises:
        ValueError: with how to call it.
    """
    if not given.strip():
        return usual
    if not given.strip().isdecimal() or int(given) < 1:
        raise ValueError(f"'{given}' is no whole number above 0: {how}")
    return int(given)


def printed(
    arguments: Sequence[str], usual: int, how: str, lines: Callable[[Kept, int], Sequence[str]], without: str
) -> int:
    """Print what a command makes of the kept conversations; the exit code.

    Args:
        arguments: of the command line: one number, or none.
        usual: the number where none is given.
        how: how to call it.
        lines: what is printed, by the conversations and the number.
        without: what is said where they cannot be read.
    """
    try:
        most = number(" ".join(arguments), usual, how)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        with closing(Kept(Settings.load())) as kept:
            found = lines(kept, most)
    except (SettingsError, StoreError) as error:
        sys.stderr.write(f"{without}: {error}\n")
        return 1
    sys.stdout.write("\n".join(found) + "\n")
    return 0
