"""Rasa's processor without work that changes nothing of a turn.

Rasa runs the parts of a model by a scheduler meant for many machines, deep-copies events for a debug log
that nobody reads, and looks through all slots for those that a message fills by itself, of which there are
none here. tests/unit/test_quick_turns.py holds that the events of a turn are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import GraphSchema
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecutionRejected
from rasa.shared.core.slot_mappings import SlotMappingType

from reinstate.server.metrics import STAGE_SECONDS

_BY_ACTION = [{"type": str(SlotMappingType.CUSTOM)}]
_VALIDATES = "action_validate_slot_mappings"


def install(agent: Agent) -> None:
    """Let a loaded agent's processor take the quick way."""
    processor = agent.processor
    processor.graph_runner = Runner(processor.graph_runner)
    processor.__class__ = Processor


class Processor(MessageProcessor):
    """See the module."""

    async def run_action_extract_slots(self, output_channel: Any, tracker: Any) -> Any:
        """As Rasa's, where messages fill slots."""
        if fills_slots(self.domain):
            return await super().run_action_extract_slots(output_channel, tracker)
        return tracker

    def _log_action_on_tracker(self, tracker: Any, action: Any, events: Any, prediction: Any) -> None:
        """As Rasa's, without copies for its log."""
        if not any(isinstance(event, ActionExecutionRejected) for event in events or ()):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events or [], self.domain)

    def _predict_next_with_tracker(self, tracker: Any) -> Any:
        with STAGE_SECONDS.labels("predict").time():
            return super()._predict_next_with_tracker(tracker)

    async def _run_action(self, *arguments: Any, **named: Any) -> bool:
        with STAGE_SECONDS.labels("act").time():
            return bool(await super()._run_action(*arguments, **named))

    @staticmethod
    def _log_slots(_tracker: Any) -> None:
        """Nothing."""

    def _check_for_unseen_features(self, _parsed: Any) -> None:
        """Nothing: what a model reads and its domain are trained together."""


class Runner:
    """Runs those nodes of a loaded graph that a target needs, one after another."""

    def __init__(self, loaded: Any) -> None:
        """Take over what another runner has loaded."""
        self._nodes, self._schema = loaded._instantiated_nodes, loaded._graph_schema
        self._orders: dict[str, list[str]] = {}

    def run(self, inputs: Mapping[str, Any], targets: Sequence[str]) -> dict[str, Any]:
        """What the target nodes make of the inputs; as Rasa's `GraphRunner.run`."""
        made = dict(inputs)
        for target in targets:
            if target not in self._orders:
                self._orders[target] = order(self._schema, target)
            for name in self._orders[target]:
                needs = self._schema.nodes[name].needs.values()
                made[name] = self._nodes[name](*((need, made[need]) for need in needs))[1]
        return {target: made[target] for target in targets}


def order(schema: GraphSchema, target: str) -> list[str]:
    """The nodes that a target needs, and the target last: each after those that it needs itself."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in schema.nodes and name not in found:
            for need in schema.nodes[name].needs.values():
                visit(need)
            found[name] = None

    visit(target)
    return list(found)


def fills_slots(domain: Domain) -> bool:
    """Whether a message may fill a slot by itself, or an action beside the one that answers it."""
    mapped = (slot for slot in domain.slots if slot.mappings and slot.mappings != _BY_ACTION)
    return any(mapped) or _VALIDATES in domain.user_actions
