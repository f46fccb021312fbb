"""Runs custom actions in Rasa's own process instead of over HTTP.

Rasa calls custom actions by `RemoteAction.run`, which sends the whole domain over HTTP and checks
the answer against a schema that it first checks itself: 33 to 50 ms a call, most of it the check.
This module puts `rasa_sdk`'s own executor in its place. It fits one version of Rasa, says so at
start, and a test fails when `RemoteAction` changes.
"""

from __future__ import annotations

from typing import Any

import rasa
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import EventVerbosity
from rasa_sdk.executor import ActionExecutor

from reinstate.stores.memory import event_from

RASA_VERSION = "3.6.21"


class WrongRasaError(Exception):
    """This Rasa is not the one whose action call is replaced here."""


def install(package: str = "actions") -> None:
    """Run the actions of a package in this process from now on.

    Raises:
        WrongRasaError: for another version of Rasa; set ACTION_SERVER_URL to a separate action
            server, or check `RemoteAction` and change `RASA_VERSION`.
    """
    if rasa.__version__ != RASA_VERSION:
        raise WrongRasaError(
            f"actions run in the process with Rasa {RASA_VERSION}, found {rasa.__version__}: "
            "install requirements.txt, or set ACTION_SERVER_URL to a separate action server"
        )
    executor = ActionExecutor()
    executor.register_package(package)

    async def run(
        self: RemoteAction, output_channel: Any, nlg: Any, tracker: Any, _domain: Any
    ) -> list[Event]:
        call = {
            "next_action": self.name(),
            "sender_id": tracker.sender_id,
            "tracker": tracker.current_state(EventVerbosity.ALL),
            "version": rasa.__version__,
        }
        result = await executor.run(call) or {}
        uttered = await self._utter_responses(result.get("responses", []), output_channel, nlg, tracker)
        return [*uttered, *filter(None, map(event_from, result.get("events", [])))]

    RemoteAction.run = run
