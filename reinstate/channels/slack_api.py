"""Calls of Slack's Web API, one try each: what is not Slack's own word is `Trouble`.

The library's client is not used here: it takes a proxy's page for an answer of Slack's, or fails on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from reinstate.channels.service import MOST_SECONDS_BETWEEN_TRIES, Trouble, proxy_for
from reinstate.server.settings import Secret

CALL_SECONDS = 30
CONNECT_SECONDS = 10
# Words that Slack itself means as "later", the last three while a workspace moves to an organisation.
_LATER = (
    "ratelimited",
    "rate_limited",
    "internal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
    "org_login_required",
    "accesslimited",
)


class SlackError(Exception):
    """Slack refuses a call.

    Attributes:
        word: why, as its reference lists them.
    """

    def __init__(self, word: str) -> None:
        """Keep Slack's word."""
        super().__init__(word)
        self.word = word


class Api:
    """One bot account."""

    def __init__(self, token: Secret, root: str) -> None:
        """Speak for a token to the Web API at `root`, which ends in `/api/`."""
        self._token, self._root = token, root
        self._timeout = aiohttp.ClientTimeout(total=CALL_SECONDS, connect=CONNECT_SECONDS)
        self.http = aiohttp.ClientSession()

    async def close(self) -> None:
        """Close all connections."""
        await self.http.close()

    async def alive(self) -> None:
        """Return if Slack answers; raises `Trouble` otherwise."""
        try:
            await self.call("auth.test", {})
        except SlackError:
            return

    async def call(
        self, method: str, arguments: Mapping[str, Any], token: Secret | None = None
    ) -> dict[str, Any]:
        """What Slack answers.

        Raises:
            SlackError: if Slack refuses.
            Trouble: if it is not Slack that answers, or nobody, or it says "later".
        """
        address = f"{self._root}{method}"
        headers = {"Authorization": f"Bearer {(token or self._token).reveal()}"}
        try:
            async with self.http.post(
                address,
                json=arguments,
                headers=headers,
                timeout=self._timeout,
                proxy=proxy_for(address),
                allow_redirects=False,
            ) as answer:
                status, wait = answer.status, _seconds(answer.headers.get("Retry-After"))
                told = await answer.json() if answer.content_type == "application/json" else None
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, RecursionError, OSError) as error:
            raise Trouble(type(error).__name__, unclear=_may_have_arrived(error)) from None
        value: dict[str, Any] = told if isinstance(told, dict) else {}
        said = value.get("ok")
        if said is True and status == 200:
            return value
        word = value.get("error") if said is False else None
        if (
            not isinstance(word, str) or not word
        ):  # who asks for a pause in Slack's place does not set its length
            wait = min(wait, MOST_SECONDS_BETWEEN_TRIES) if wait else None
            raise Trouble(f"an answer that is not Slack's ({status})", wait)
        if status == 429 or status >= 500 or word in _LATER:
            raise Trouble(word, wait)
        raise SlackError(word)


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdecimal() else None


def _may_have_arrived(error: Exception) -> bool:
    """Whether the call was made when it broke: no answer in time, or half of one."""
    late = isinstance(error, asyncio.TimeoutError) and not isinstance(error, aiohttp.ServerTimeoutError)
    return late or isinstance(error, aiohttp.ClientPayloadError)
