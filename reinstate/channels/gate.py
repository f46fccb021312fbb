"""The gate: every inbound message of every door passes here.

It checks size, rate and buttons, masks what is private, drops repetitions, keeps the order of a
conversation, runs the turn, and says so where a turn fails. What it refuses is a `Refused` with
a reason; how that is said is the door's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.events import BotUttered

from reinstate.channels.rates import Limits
from reinstate.server.commands import COMMANDS
from reinstate.server.log import turn_of
from reinstate.server.masking import mask
from reinstate.server.metrics import ERRORS, REFUSED, STAGE_SECONDS, TURN_SECONDS, TURNS
from reinstate.server.plain import plain
from reinstate.stores.conversations import ConversationStore
from reinstate.stores.database import aside
from reinstate.stores.lines import Line, bot_line
from reinstate.stores.locks import Locks

logger = logging.getLogger(__name__)

LONGEST_TEXT = 4000
LONGEST_ID = 64
LONGEST_PAYLOAD = 64  # bytes
LONGEST_TITLE = 75
ALONE_SECONDS = 0.15
LONG_TEXT = 200  # characters; what is longer takes five times and more of the time that a remark takes
READERS = 2  # a long text is read, and beside it whatever else comes
BREATHS = 8
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

_Result = TypeVar("_Result")


class Reason(Enum):
    """Why a message is refused."""

    BLANK = "blank"
    TOO_LONG = "too_long"
    UNKNOWN_BUTTON = "unknown_button"
    UNKNOWN_COMMAND = "unknown_command"
    TOO_MANY = "too_many"
    GONE = "gone"


class Refused(Exception):
    """A message does not pass.

    Attributes:
        reason: why.
        wait: seconds after which it would, for `TOO_MANY`.
    """

    def __init__(self, reason: Reason, wait: float = 0.0) -> None:
        """Refuse for a reason."""
        super().__init__(reason.value)
        self.reason, self.wait = reason, wait


class TurnFailedError(Exception):
    """A turn could not be run or kept; the same message may be sent again."""


@dataclass(frozen=True)
class Inbound:
    """A message as a door received it: `text` that was written, or the `button` pressed.

    Attributes:
        conversation: id with the door's prefix, made by the server.
        id: of the message, unique within the conversation; repetitions carry the same.
        channel: name of the door.
    """

    conversation: str
    id: str
    channel: str
    text: str | None = None
    button: str | None = None


class _Output(OutputChannel):
    """Keeps what the bot says for the door."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.lines: list[Line] = []

    def name(self) -> str:
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        line = bot_line(message.get("text"), message)
        if not line.empty:
            self.lines.append(line)


class Gate:
    """Passes messages of all doors to Rasa, one turn of a conversation at a time."""

    def __init__(self, agent: Any, store: ConversationStore, locks: Locks, limits: Limits) -> None:
        """Guard a loaded agent whose conversations are in `store`."""
        self._agent, self.store, self.locks, self.limits = agent, store, locks, limits
        self._computing, self._long = asyncio.Lock(), asyncio.Lock()
        self._readers = ThreadPoolExecutor(READERS, "reader")

    def words(self, response: str) -> str:
        """What the domain says for a door's own response."""
        return str(self._agent.domain.responses[f"utter_door_{response}"][0]["text"])

    async def handle(self, inbound: Inbound, *, session: bool = False) -> tuple[list[Line], bool]:
        """Run the turn of a message, or repeat its reply where it was handled before.

        Args:
            inbound: the message.
            session: whether the conversation must be open in the store (web door).

        Returns:
            All lines of the reply, and whether the turn was run. They are kept by then: nothing is shown
            that could be lost.

        Raises:
            Refused: if the message does not pass.
            TurnFailedError: if the turn could not be run or stored.
        """
        started = time.monotonic()
        with turn_of(inbound.conversation):
            try:
                lines, ran = await self._pass(inbound, session=session)
            except Refused as refused:
                REFUSED.labels(inbound.channel, refused.reason.value).inc()
                raise
            except Exception as error:
                TURNS.labels(inbound.channel, "failed").inc()
                ERRORS.labels(type(error).__name__).inc()
                logger.exception("a turn failed in %s", inbound.channel)
                raise TurnFailedError from error
            seconds, outcome = time.monotonic() - started, "answered" if ran else "repeated"
            fields = {"door": inbound.channel, "outcome": outcome, "seconds": f"{seconds:.3f}"}
            logger.info("a turn", extra={"fields": fields})
        TURNS.labels(inbound.channel, outcome).inc()
        TURN_SECONDS.labels(inbound.channel).observe(seconds)
        return lines, ran

    async def forget(self, conversation: str) -> None:
        """Delete a conversation everywhere, after the turn that is running."""
        async with self.locks.hold(conversation):
            await self._ask(self.store.forget, conversation)

    async def knows(self, conversation: str) -> bool:
        """Whether anything was said in a conversation."""
        return await self._ask(self.store.knows, conversation)

    async def _ask(self, what: Callable[..., _Result], *arguments: Any) -> _Result:
        """Ask the store, in a thread."""
        return await self.store.database.aside(what, *arguments)

    async def _pass(self, inbound: Inbound, *, session: bool) -> tuple[list[Line], bool]:
        """The turn itself, as `handle`."""
        text = self._admit(inbound)
        async with contextlib.AsyncExitStack() as held:
            with STAGE_SECONDS.labels("lock").time():
                await held.enter_async_context(self.locks.hold(inbound.conversation))
            turn = self._turn(inbound, text, session=session)
            return await self._in_its_time(turn, long=len(text) > LONG_TEXT)

    async def _turn(self, inbound: Inbound, text: str, *, session: bool) -> tuple[list[Line], bool]:
        """Run the turn; or, where it was run before, repeat what was said then."""
        pressed = inbound.button is not None
        with STAGE_SECONDS.labels("load").time():
            met = await self.store.meet(inbound.conversation, inbound.id, text if pressed else "")
        if session and not met.open:
            raise Refused(Reason.GONE)
        if met.reply is not None:
            return [line for line in met.reply if not line.empty], False
        await self._check_rate(inbound.conversation)
        if pressed and not met.offered:
            raise Refused(Reason.UNKNOWN_BUTTON)
        if not pressed and len(text) <= LONGEST_TITLE:
            text = met.typed_button(text) or text
        output = _Output(inbound.channel)
        message = UserMessage(
            text=text,
            output_channel=output,
            sender_id=inbound.conversation,
            input_channel=inbound.channel,
            message_id=inbound.id,
        )
        with STAGE_SECONDS.labels("read").time():
            message.parse_data = await self._read(message)
        with STAGE_SECONDS.labels("answer").time():
            await self._agent.processor.handle_message(message)
        return output.lines or [await self._broken_silence(inbound.conversation)], True

    async def _read(self, message: UserMessage) -> Any:
        """What Rasa makes of a message.

        A long one, which takes a while, is read in a thread, so that nobody else waits; a short one would
        wait longer for the thread than others for it.
        """
        if len(message.text) <= LONG_TEXT:
            return _finish(self._agent.processor.parse_message(message))
        return await aside(self._readers, _finish, self._agent.processor.parse_message(message))

    async def _broken_silence(self, conversation: str) -> Line:
        """Say so where an action failed, which Rasa only logs; what the person wrote is kept."""
        words = self.words("failed")
        tracker = await self._agent.processor.get_tracker(conversation)
        tracker.update(BotUttered(words))
        await self.store.save(tracker)
        return Line("bot", words)

    async def _in_its_time(self, turn: Coroutine[Any, Any, _Result], *, long: bool) -> _Result:
        """Run a turn when no other is computing.

        Beside reading, a turn is computation on the one thread there is. Turns begin one at a time,
        with as many rounds of the event loop between two as a request needs from its connection to its
        answer, so that what takes only a moment (acknowledgements, pages) comes in between. A turn that
        waits for something outside does not hold up the next one for long, and one of a long text, which is
        read beside others, not at all. Of these there is one at a time, and only one stands in the queue,
        however many wait: a flood of long texts holds up long texts.
        """
        async with contextlib.AsyncExitStack() as held:
            with STAGE_SECONDS.labels("queue").time():
                if long:
                    await held.enter_async_context(self._long)
                await self._computing.acquire()
            try:
                task = asyncio.ensure_future(turn)
                try:
                    await asyncio.wait({task}, timeout=0 if long else ALONE_SECONDS)
                except asyncio.CancelledError:
                    task.cancel()
                    raise
                for _ in range(BREATHS):
                    await asyncio.sleep(0)
            finally:
                self._computing.release()
            return await task

    def _admit(self, inbound: Inbound) -> str:
        """The text that Rasa reads, or `Refused`."""
        if inbound.button is not None:
            if len(inbound.button.encode(errors="replace")) > LONGEST_PAYLOAD:
                raise Refused(Reason.UNKNOWN_BUTTON)
            return inbound.button
        text = clean(inbound.text or "")
        if len(text) > LONGEST_TEXT:
            raise Refused(Reason.TOO_LONG)
        shown = plain(text).strip()
        if not shown:
            raise Refused(Reason.BLANK)
        if not shown.startswith("/"):
            return mask(text)
        intent = COMMANDS.get(shown[1:].split()[0].casefold() if shown[1:].split() else "")
        if intent is None:
            raise Refused(Reason.UNKNOWN_COMMAND)
        return f"/{intent}"

    async def _check_rate(self, conversation: str) -> None:
        wait = await self.limits.person.take(conversation) or await self.limits.total.take("all")
        if wait:
            raise Refused(Reason.TOO_MANY, wait)


def _finish(reading: Coroutine[Any, Any, Any]) -> Any:
    """What comes of reading, which waits for nothing: a loop of its own would take longer than its start."""
    try:
        reading.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("reading waits for something")


def clean(text: str) -> str:
    """Text without control characters, NUL and lone surrogates, and without space around it."""
    return _CONTROL.sub("", text).strip()
