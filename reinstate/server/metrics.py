"""What is counted for `/metrics`; never conversation ids or texts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# What answers of the classifier mean that a message was not understood.
_MISSES = ("nlu_fallback", "out_of_scope")

TURNS = Counter("reinstate_turns_total", "Messages handled, by door and outcome", ("door", "outcome"))
TURN_SECONDS = Histogram(
    "reinstate_turn_seconds",
    "How long a turn takes, from the gate to the stored reply",
    ("door",),
    buckets=_SECONDS,
)
STAGE_SECONDS = Histogram(
    "reinstate_stage_seconds",
    "Where a turn's time goes: lock (of the conversation), queue (for the processor), load, read, answer;"
    " and of the answer: predict (which action), act (run it, send what it says)",
    ("stage",),
    buckets=_SECONDS,
)
STORE_SECONDS = Histogram(
    "reinstate_store_seconds", "How long the database takes to read or write", ("what",), buckets=_SECONDS
)
REFUSED = Counter(
    "reinstate_refused_total", "Messages refused at the gate, by door and reason", ("door", "reason")
)
ERRORS = Counter("reinstate_errors_total", "Turns that failed, by the error's name", ("error",))
INTENTS = Counter("reinstate_intents_total", "Messages, by intent", ("intent",))
MISSES = Counter("reinstate_misses_total", "Messages that were not understood, by intent", ("intent",))
CAUSES = Counter("reinstate_causes_total", "Causes named in messages, by stance", ("cause", "stance"))
QUESTIONS = Counter("reinstate_questions_total", "Questions asked, by kind", ("question",))
VERDICTS = Counter("reinstate_verdicts_total", "Verdicts told or changed, by path and odds", ("path", "odds"))
FORGOTTEN = Counter("reinstate_forgotten_total", "Conversations deleted, by why", ("why",))


def count(events: Sequence[Mapping[str, Any]]) -> None:
    """Count what the events of a turn tell.

    Args:
        events: as Rasa stores them.
    """
    slots: dict[str, Any] = {}
    for event in events:
        if event["event"] == "user":
            _count_message(event.get("parse_data") or {})
        elif event["event"] == "slot":
            slots[event["name"]] = event.get("value")
    asked = slots.get("asked")
    if isinstance(asked, str):
        QUESTIONS.labels(asked.partition(":")[0]).inc()
    if slots.get("path"):
        VERDICTS.labels(str(slots["path"]), str(slots.get("odds"))).inc()


def _count_message(parsed: Mapping[str, Any]) -> None:
    intent = str((parsed.get("intent") or {}).get("name"))
    INTENTS.labels(intent).inc()
    if intent in _MISSES:
        MISSES.labels(intent).inc()
    for cause in parsed.get("causes") or ():
        CAUSES.labels(cause["id"], cause["stance"]).inc()


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
