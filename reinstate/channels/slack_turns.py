"""Works on jobs of the Slack door: runs the turn, shows the choice, sends the reply."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from reinstate.channels import slack_text
from reinstate.channels.backlog import Backlog, Entry
from reinstate.channels.gate import (
    LONGEST_TEXT,
    Gate,
    Inbound,
    Reason,
    Refused,
    TurnFailedError,
    clean,
)
from reinstate.channels.slack_events import Job
from reinstate.server.masking import mask
from reinstate.stores.inbox import Inbox
from reinstate.stores.lines import Line, sources_last

logger = logging.getLogger(__name__)

_TOLD_SECONDS = 10.0
_BAD_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")


class Turns:
    """Takes jobs and answers them."""

    def __init__(self, gate: Gate, client: AsyncWebClient, inbox: Inbox, *, alone: bool) -> None:
        """Start with nothing to do.

        Args:
            gate: where every message passes.
            client: where replies go.
            inbox: what outlives this process.
            alone: whether this is the only process on the database.
        """
        self._gate, self._client = gate, client
        self.backlog = Backlog(inbox, self._do, alone=alone)
        self._pressed: set[str] = set()
        self._told: dict[str, float] = {}

    async def take(self, job: Job) -> None:
        """Keep a job and work on it later, unless it came before; a double click counts once."""
        pressed = job.keyboard is not None
        if pressed and job.id in self._pressed:
            return
        if pressed:
            self._pressed.add(job.id)
        job = _masked(job)
        if not await self.backlog.take(job.key, job.conversation, job.body()) and pressed:
            self._pressed.discard(job.id)

    def show_home(self, user: str) -> None:
        """Show a person the app's home."""
        view = slack_text.home(self._gate.words("slack_home"))
        self.backlog.spawn(self._call("views.publish", {"user_id": user, "view": view}))

    async def _do(self, entry: Entry) -> None:
        job = Job(**entry.body)
        try:
            if job.say:
                await self._tell(job, job.say)
                return
            lines = sources_last(await self._turn(job, entry))
            for line in lines[entry.sent :]:
                for message in slack_text.messages(line, job.user):
                    await self._post(job, message)
                await self.backlog.count_sent(entry)
        finally:
            self._pressed.discard(job.id)

    async def _turn(self, job: Job, entry: Entry) -> list[Line]:
        """The lines of the reply."""
        lines: list[Line] = []

        async def keep(line: Line) -> None:
            lines.append(line)

        try:
            if job.shared and job.text and not await self._gate.knows(job.conversation):
                await self._invite(job)
            inbound = Inbound(job.conversation, job.id, "slack", job.text, job.button)
            ran = await self._gate.handle(inbound, keep)
        except Refused as refused:
            if self._is_worth_telling(job, refused):
                await self._tell(job, refused.reason.value)
            return []
        except (TurnFailedError, sa.exc.SQLAlchemyError):
            await self._tell(job, "failed")
            return []
        if not ran and not entry.resumed:
            if job.keyboard is not None:
                await self._tell(job, "unknown_button")
            return []
        if job.keyboard is not None:
            await self._show_choice(job, job.keyboard)
        return lines

    def _is_worth_telling(self, job: Job, refused: Refused) -> bool:
        """A flood is told once; of a blank message nothing is said."""
        if refused.reason is not Reason.TOO_MANY:
            return refused.reason is not Reason.BLANK
        now = time.monotonic()
        self._told = {c: until for c, until in self._told.items() if until > now}
        if job.conversation in self._told:
            return False
        self._told[job.conversation] = now + max(refused.wait, _TOLD_SECONDS)
        return True

    async def _tell(self, job: Job, response: str) -> None:
        """Say a response of the domain; about a click in a channel, only to who clicked."""
        message = {"text": slack_text.mrkdwn(self._gate.words(response))}
        if job.shared and job.keyboard is not None:
            await self._call("chat.postEphemeral", {**_place(job), "user": job.user, **message})
        else:
            await self._post(job, message)

    async def _invite(self, job: Job) -> None:
        """Point from a channel to the direct message, before anything personal is said."""
        text = self._gate.words("slack_channel")
        if job.direct:
            await self._post(job, slack_text.invitation(text, self._gate.words("slack_direct"), job.direct))
        else:
            await self._post(job, {"text": slack_text.mrkdwn(text)})

    async def _show_choice(self, job: Job, keyboard: dict[str, Any]) -> None:
        blocks = slack_text.chosen(keyboard["blocks"], keyboard["text"], job.title)
        message = {"channel": job.channel, "ts": keyboard["ts"], "text": keyboard["text"]}
        await self._call("chat.update", {**message, "blocks": blocks})

    async def _post(self, job: Job, message: dict[str, Any]) -> None:
        quiet = {"unfurl_links": False, "unfurl_media": False}
        error = await self._call("chat.postMessage", {**_place(job), **quiet, **message})
        if error in _BAD_BLOCKS:
            await self._call("chat.postMessage", {**_place(job), **quiet, "text": message["text"]})

    async def _call(self, method: str, arguments: dict[str, Any]) -> str | None:
        """Call Slack; what goes wrong is logged, and its name returned."""
        try:
            await self._client.api_call(method, json=arguments)
        except Exception as error:
            reason = reason_of(error)
            logger.warning("a reply was kept but could not be sent over slack: %s, %s", method, reason)
            return reason
        return None


def reason_of(error: Exception) -> str:
    """Why a call failed, in Slack's word or as the error's name."""
    if isinstance(error, SlackApiError):
        try:
            return str(error.response["error"])
        except (KeyError, TypeError, ValueError):
            return "an answer that is not Slack's"
    return type(error).__name__


def _masked(job: Job) -> Job:
    """The job without what is private; a text that is too long is not kept at all."""
    if job.text is None:
        return job
    text = clean(job.text)
    if len(text) > LONGEST_TEXT:
        return replace(job, text=None, say="too_long")
    return replace(job, text=mask(text))


def _place(job: Job) -> dict[str, Any]:
    return {"channel": job.channel, **({"thread_ts": job.thread} if job.thread else {})}
