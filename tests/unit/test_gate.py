"""The gate by itself: what one person sends holds up nobody else."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

from reinstate.channels.gate import Gate, Inbound
from reinstate.channels.rates import Times, limits
from reinstate.server.settings import Settings
from reinstate.stores.lines import Line
from reinstate.stores.locks import LocalLocks


def test_a_message_is_answered_while_a_long_one_is_read() -> None:
    """Reading happens beside the event loop: the second person's turn ends before the first one's."""
    may_end, ended = threading.Event(), []

    class Processor:
        async def parse_message(self, message: Any) -> dict[str, Any]:
            if message.text == "long":
                assert may_end.wait(30), "nobody else was answered meanwhile"
            return {}

        async def handle_message(self, message: Any) -> None:
            await message.output_channel.send_response(message.sender_id, {"text": "answer"})

    async def meet(*_: Any) -> SimpleNamespace:
        return SimpleNamespace(open=True, reply=None, offered=True, typed_button=lambda _: None)

    async def send(_line: Line) -> None:
        pass

    async def talk() -> None:
        agent, store = SimpleNamespace(processor=Processor()), SimpleNamespace(meet=meet)
        gate = Gate(agent, store, LocalLocks(), limits(Settings.from_environment({}), Times()))  # type: ignore[arg-type]

        async def say(who: str, text: str) -> None:
            await gate.handle(Inbound(who, "1", "web", text=text), send)
            ended.append(text)

        first = asyncio.ensure_future(say("ann", "long"))
        await say("ben", "short")
        may_end.set()
        await first

    asyncio.run(talk())
    assert ["short", "long"] == ended
