"""The gate by itself: what one person sends holds up nobody else."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from reinstate.channels.gate import LONG_TEXT, Gate, Inbound, TurnFailedError
from reinstate.channels.rates import Times, limits
from reinstate.server.settings import Settings
from reinstate.stores.lines import Line
from reinstate.stores.locks import LocalLocks


class Store:
    """Stands for the store: nothing was said before."""

    def __init__(self) -> None:
        self.saved: list[Any] = []

    async def meet(self, *_: Any) -> SimpleNamespace:
        return SimpleNamespace(open=True, reply=None, offered=True, typed_button=lambda _: None)

    async def save(self, tracker: Any) -> None:
        self.saved.append(tracker)


def a_gate(processor: Any, store: Store | None = None) -> Gate:
    """A gate before a processor that stands for Rasa's."""
    words = {"utter_door_failed": [{"text": "That went wrong."}]}
    agent = SimpleNamespace(processor=processor, domain=SimpleNamespace(responses=words))
    given = limits(Settings.from_environment({}), Times())
    return Gate(agent, store or Store(), LocalLocks(), given)  # type: ignore[arg-type]


class Held:
    """Reads what begins with a word only when it may; answers all."""

    def __init__(self, may_end: threading.Event, begins: str) -> None:
        self.begun: list[str] = []
        self._may_end, self._begins = may_end, begins

    async def parse_message(self, message: Any) -> dict[str, Any]:
        self.begun.append(message.text)
        if message.text.startswith(self._begins):
            assert self._may_end.wait(30), "nobody else was answered meanwhile"
        return {}

    async def handle_message(self, message: Any) -> None:
        await message.output_channel.send_response(message.sender_id, {"text": "answer"})


def test_a_message_is_answered_while_a_long_one_is_read() -> None:
    """Reading happens beside the event loop: the second person's turn ends before the first one's."""
    may_end, ended = threading.Event(), []

    async def talk() -> None:
        gate = a_gate(Held(may_end, "long"))

        async def say(who: str, text: str) -> None:
            await gate.handle(Inbound(who, "1", "web", text=text))
            ended.append(text[:5])

        first = asyncio.ensure_future(say("ann", "long " * LONG_TEXT))
        await say("ben", "short")
        may_end.set()
        await first

    asyncio.run(talk())
    assert ["short", "long "] == ended


def test_a_flood_of_long_texts_holds_up_long_texts() -> None:
    """One of them is read at a time, in their order; whoever writes a word is answered meanwhile."""
    may_end, ended = threading.Event(), []
    held = Held(may_end, "long")

    async def talk() -> None:
        gate = a_gate(held)

        async def say(text: str) -> None:
            await gate.handle(Inbound(f"{text[:9]}", "1", "web", text=text))
            ended.append(text[:6])

        flood = [asyncio.ensure_future(say(f"long {n} {'word ' * LONG_TEXT}"[:1000])) for n in range(5)]
        while not held.begun:
            await asyncio.sleep(0)
        for word in ("one", "two"):
            await say(word)
        may_end.set()
        await asyncio.gather(*flood)

    asyncio.run(talk())
    assert ["one", "two", *(f"long {n}" for n in range(5))] == ended


def test_a_reader_that_fails_fails_the_turn_and_not_the_next() -> None:
    """An encoder that breaks: the door is told, so that the person is, and the same message can be sent again."""
    broken = [True]

    class Processor:
        async def parse_message(self, message: Any) -> dict[str, Any]:
            if broken:
                raise RuntimeError(broken.pop())
            return {}

        async def handle_message(self, message: Any) -> None:
            await message.output_channel.send_response(message.sender_id, {"text": "answer"})

    async def talk() -> list[Line]:
        gate, inbound = a_gate(Processor()), Inbound("ann", "1", "web", text="hello")
        with pytest.raises(TurnFailedError):
            await gate.handle(inbound)
        lines, ran = await gate.handle(inbound)
        assert ran
        return lines

    assert [Line("bot", "answer")] == asyncio.run(talk())


def test_an_action_that_fails_is_no_silence() -> None:
    """Rasa only logs it: the person is told, and that is kept."""
    kept: list[Any] = []

    class Processor:
        async def parse_message(self, message: Any) -> dict[str, Any]:
            return {}

        async def handle_message(self, message: Any) -> None:
            pass

        async def get_tracker(self, _conversation: str) -> SimpleNamespace:
            return SimpleNamespace(update=kept.append)

    store = Store()
    lines, _ = asyncio.run(a_gate(Processor(), store).handle(Inbound("ann", "1", "web", text="hello")))
    assert ["That went wrong."] == [line.text for line in lines] == [event.text for event in kept]
    assert 1 == len(store.saved)
