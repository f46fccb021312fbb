"""The tables beside Rasa's own `events`: what would else have to be searched for in its JSON.

All of them are written in the transaction that writes the events, and deleted with them.
"""

from __future__ import annotations

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore

_all = SQLTrackerStore.Base.metadata
events = SQLTrackerStore.SQLEvent.__table__

# Sessions of the web door: a token counts as long as its row exists.
sessions = sa.Table(
    "sessions",
    _all,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("seen", sa.Float, nullable=False, index=True),
)

# What a turn needs of the turns before it (see `memory`).
memories = sa.Table(
    "memories",
    _all,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
)

# Messages that were handled; their reply follows the event with the id `after`.
replies = sa.Table(
    "replies",
    _all,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("message", sa.String(255), primary_key=True),
    sa.Column("after", sa.Integer, nullable=False),
)

# Payloads of buttons that were offered.
offers = sa.Table(
    "offers",
    _all,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("payload", sa.String(255), primary_key=True),
)
