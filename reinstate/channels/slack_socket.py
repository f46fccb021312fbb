"""Slack's socket mode: events over a connection that the bot opens, where there is no public address.

The library's client is not used: it asks for an address once, tries an expired one for ever, and
writes it to the log with its ticket. Here every connection is made anew, with an address of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from reinstate.channels.service import Pauses, Trouble, Watch, proxy_for
from reinstate.channels.slack_api import CONNECT_SECONDS, Api, SlackError
from reinstate.server.settings import Secret

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10
# A connection that lasts less than this counts as a failure.
SHORTEST_SECONDS = 10

Answer = Callable[[dict[str, Any]], Awaitable[Any]]


class SocketMode:
    """One socket after another, and two for a moment while Slack replaces one."""

    def __init__(
        self, api: Api, token: Secret, answer: Answer, complain: Callable[[Watch, str], float]
    ) -> None:
        """Open nothing yet.

        Args:
            api: asks for addresses.
            token: of the app.
            answer: takes the payload of an envelope; what it returns goes back with the
                acknowledgement, unless it is None.
            complain: tells the operator why Slack refuses, and returns how long to wait.
        """
        self._api, self._token, self._answer, self._complain = api, token, answer, complain
        self._reading: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Keep a socket open, until cancelled."""
        watch, short = Watch("Slack's socket cannot be opened (%s); trying on"), Pauses()
        try:
            while True:
                try:
                    socket = await self._open()
                except SlackError as error:
                    await asyncio.sleep(self._complain(watch, error.word))
                    continue
                except Trouble as trouble:
                    await asyncio.sleep(max(watch.wait_after(trouble.reason), trouble.wait or 0))
                    continue
                watch.over()
                logger.info("the Slack door listens in socket mode")
                opened = time.monotonic()
                await self._until_replaced(socket)
                if time.monotonic() - opened >= SHORTEST_SECONDS:
                    short.over()
                else:
                    await asyncio.sleep(short.next())
        finally:
            for task in self._reading:
                task.cancel()
            await asyncio.gather(*self._reading, return_exceptions=True)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        """A new connection at a new address.

        Raises:
            SlackError: if Slack refuses the token.
            Trouble: if there is no connection.
        """
        address = (await self._api.call("apps.connections.open", {}, self._token)).get("url")
        if not isinstance(address, str):
            raise Trouble("an answer without an address")
        connecting = self._api.http.ws_connect(
            address, heartbeat=HEARTBEAT_SECONDS, proxy=proxy_for(address), max_msg_size=0
        )
        try:
            return await asyncio.wait_for(connecting, CONNECT_SECONDS)
        except aiohttp.WSServerHandshakeError as error:
            raise Trouble(f"the handshake failed ({error.status})") from None
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, OSError) as error:
            raise Trouble(type(error).__name__) from None

    async def _until_replaced(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Read from a socket in the background until it ends, or Slack says that it will."""
        ends = asyncio.Event()
        task = asyncio.create_task(self._read(socket, ends))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)
        await ends.wait()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, ends: asyncio.Event) -> None:
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                envelope = _object(message.data)
                if envelope.get("type") == "disconnect":
                    ends.set()
                elif isinstance(envelope.get("envelope_id"), str):
                    await self._take(socket, envelope)
        except (aiohttp.ClientError, OSError) as error:
            logger.warning("Slack's socket broke (%s)", type(error).__name__)
        finally:
            ends.set()
            await socket.close()

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        """Take an envelope in and acknowledge it; Slack repeats what is not acknowledged."""
        payload = envelope.get("payload")
        said = await self._answer(payload if isinstance(payload, dict) else {})
        acknowledged = {"envelope_id": envelope["envelope_id"]}
        await socket.send_json(acknowledged if said is None else {**acknowledged, "payload": said})


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
