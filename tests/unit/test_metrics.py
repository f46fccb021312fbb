"""What is counted, and that the dashboard shows it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import prometheus_client
from prometheus_client import REGISTRY

from reinstate.server import metrics
from tests.running import ROOT

BOARD = json.loads((ROOT / "deploy" / "grafana.json").read_text(encoding="utf-8"))


def names() -> set[str]:
    """The metrics of the bot, as a query names them."""
    kinds = (prometheus_client.Counter, prometheus_client.Histogram)
    return {
        name
        for one in vars(metrics).values()
        if isinstance(one, kinds)
        for family in one.describe()
        for name in [f"{family.name}_total" if isinstance(one, kinds[0]) else family.name]
    }


def shown() -> set[str]:
    """The metrics that the dashboard asks for."""
    asked = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
    return {re.sub("_bucket$", "", name) for one in asked for name in re.findall(r"reinstate_\w+", one)}


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    """A metric that was renamed would be an empty panel, and nobody would notice."""
    assert 10 < len(names())
    assert names() == shown()


def test_its_panels_have_a_place_each() -> None:
    """None lies upon another, and each query has its source."""
    places = [tuple(panel["gridPos"][side] for side in "xy") for panel in BOARD["panels"]]
    assert len(places) == len(set(places))
    sources = {target["datasource"]["uid"] for panel in BOARD["panels"] for target in panel["targets"]}
    assert {"${source}"} == sources


def counted() -> Counter[str]:
    """All that stands in the registry."""
    return Counter(
        {
            f"{sample.name}{sorted(sample.labels.values())}": int(sample.value)
            for family in REGISTRY.collect()
            for sample in family.samples
            if sample.name.startswith("reinstate_") and sample.name.endswith("_total")
        }
    )


def test_a_turn_is_counted_by_what_it_means() -> None:
    """Its intent, causes with their stance, the question by its kind, the verdict; never its text."""
    causes = [{"id": "inactivity", "stance": "admits", "confidence": 0.9, "text": "asleep"}]
    parsed = {"intent": {"name": "cause_inactivity"}, "causes": causes}
    slots = {"asked": "circumstance:repeated", "path": "appeal", "odds": "likely"}
    events: list[dict[str, Any]] = [
        {"event": "user", "text": "asleep", "parse_data": parsed},
        *({"event": "slot", "name": name, "value": value} for name, value in slots.items()),
        {"event": "user", "parse_data": {"intent": {"name": "nlu_fallback"}}},
    ]
    before = counted()
    metrics.count(events)
    assert {
        "reinstate_intents_total['cause_inactivity']": 1,
        "reinstate_intents_total['nlu_fallback']": 1,
        "reinstate_misses_total['nlu_fallback']": 1,
        "reinstate_causes_total['admits', 'inactivity']": 1,
        "reinstate_questions_total['circumstance']": 1,
        "reinstate_verdicts_total['appeal', 'likely']": 1,
    } == counted() - before


def test_what_is_not_understood_is_the_same_everywhere() -> None:
    """Metrics cannot import the core; this keeps the two together."""
    from reinstate.core.transcript import MISSES

    assert MISSES == metrics._MISSES
