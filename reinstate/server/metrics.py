"""What is counted for `/metrics`; never conversation ids or texts."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

TURNS = Counter("reinstate_turns_total", "Messages handled, by door and outcome", ("door", "outcome"))
TURN_SECONDS = Histogram(
    "reinstate_turn_seconds",
    "How long a turn takes, from the gate to the stored reply",
    ("door",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSED = Counter(
    "reinstate_refused_total", "Messages refused at the gate, by door and reason", ("door", "reason")
)
FORGOTTEN = Counter("reinstate_forgotten_total", "Conversations deleted because they were too old")
