"""What is counted for `/metrics`; never conversation ids or texts."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

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
FORGOTTEN = Counter("reinstate_forgotten_total", "Conversations deleted, by why", ("why",))


def share(folder: Path) -> None:
    """Count together with the processes that share a folder, before anything is counted.

    The library decides this when it is imported; here it is known once the settings are. That works for
    metrics with labels, which is all of them: what counts is made with the first of its labels.
    """
    os.environ[_FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def shown() -> bytes:
    """All that was counted, by all processes that count together."""
    if _FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
