"""Works on jobs of the Slack door: runs the turn, shows the choice, sends the reply."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

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
from reinstate.channels.service import TOLD_SECONDS, Courier, Told, Trouble
from reinstate.channels.slack_api import Api, SlackError
from reinstate.channels.slack_events import Job
from reinstate.server.masking import mask
from reinstate.stores.inbox import Inbox
from reinstate.stores.lines import Line

logger = logging.getLogger(__name__)

MARK_SECONDS, MARK_PATIENCE_SECONDS = 3, 60
_BAD_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")
_BAD_THREAD = (
    "cannot_reply_to_message",
    "message_not_found",
    "thread_not_found",
    "restricted_action_non_threadable_channel",
    "restricted_action_thread_locked",
)


class Turns:
    """Takes jobs and answers them."""

    def __init__(self, gate: Gate, api: Api, inbox: Inbox, *, alone: bool) -> None:
        """Start with nothing to do.

        Args:
            gate: where every message passes.
            api: where replies go.
            inbox: what outlives this process.
            alone: whether this is the only process on the database.
        """
        self._gate, self._api = gate, api
        self.backlog = Backlog(inbox, self._do, gate.locks, alone=alone)
        self._courier = Courier(self.backlog.wait, api.alive)
        self._pressed: set[str] = set()
        self._told = Told()

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
        self.backlog.spawn(self._mark("views.publish", {"user_id": user, "view": view}))

    async def _do(self, entry: Entry) -> None:
        job = Job(**entry.body)
        try:
            if job.say:
                await self._tell(job, job.say)
                return
            lines = await self._turn(job, entry)
            for line in lines[entry.sent :]:
                for message in slack_text.messages(line, job.user):
                    job = await self._post(job, message)
                await self.backlog.count_sent(entry)
        except (SlackError, Trouble) as error:
            # The lines after one that cannot be delivered are not: they would tell half of it.
            logger.warning("a reply was kept but could not be sent over slack: chat.postMessage, %s", error)
            await self._apologize(job)
        finally:
            self._pressed.discard(job.id)

    async def _apologize(self, job: Job) -> None:
        """Say that a reply did not arrive, if that much gets through."""
        words = {"text": slack_text.mrkdwn(self._gate.words("undelivered"))}
        with contextlib.suppress(SlackError, Trouble):
            await self._api.call("chat.postMessage", {**_place(job), **words})

    async def _turn(self, job: Job, entry: Entry) -> list[Line]:
        """The lines of the reply."""
        try:
            if job.shared and job.text and not await self._gate.knows(job.conversation):
                await self._invite(job)
            inbound = Inbound(job.conversation, job.id, "slack", job.text, job.button)
            lines, ran = await self._gate.reply_to(inbound)
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
        return self._told.is_news(job.conversation, max(refused.wait, TOLD_SECONDS))

    async def _tell(self, job: Job, response: str) -> None:
        """Say a response of the domain; about a click in a channel, only to who clicked.

        Raises:
            SlackError, Trouble: as `_post`.
        """
        message = {"text": slack_text.mrkdwn(self._gate.words(response))}
        if job.shared and job.keyboard is not None:
            await self._mark("chat.postEphemeral", {**_place(job), "user": job.user, **message})
        else:
            await self._post(job, message)

    async def _invite(self, job: Job) -> None:
        """Point from a channel to the direct message, before anything personal is said."""
        text = self._gate.words("slack_channel")
        if job.direct:
            message = slack_text.invitation(text, self._gate.words("slack_direct"), job.direct)
        else:
            message = {"text": slack_text.mrkdwn(text)}
        try:
            await self._post(job, message)
        except (SlackError, Trouble) as error:
            logger.warning("an invitation could not be sent over slack: chat.postMessage, %s", error)

    async def _show_choice(self, job: Job, keyboard: dict[str, Any]) -> None:
        """Put the choice in the place of the buttons; the reply does not wait long for that."""
        blocks = slack_text.chosen(keyboard["blocks"], keyboard["text"], job.title)
        message = {"channel": job.channel, "ts": keyboard["ts"], "text": keyboard["text"]}
        marking = self.backlog.spawn(self._mark("chat.update", {**message, "blocks": blocks}))
        await asyncio.wait({marking}, timeout=MARK_SECONDS)

    async def _post(self, job: Job, message: dict[str, Any]) -> Job:
        """Bring a message to its place: without its blocks or its thread where Slack takes it only so.

        Returns:
            The job, with the place where the rest of the reply goes.

        Raises:
            SlackError: if Slack refuses it.
            Trouble: if Slack stays out of reach.
        """
        while True:
            sent = {**_place(job), "unfurl_links": False, "unfurl_media": False, **message}
            try:
                await self._courier.deliver(partial(self._api.call, "chat.postMessage", sent))
                return job
            except SlackError as error:
                if error.word in _BAD_BLOCKS and "blocks" in message:
                    message = {"text": message["text"]}
                elif error.word in _BAD_THREAD and job.thread:
                    job = replace(job, thread=None)
                else:
                    raise

    async def _mark(self, method: str, arguments: dict[str, Any]) -> None:
        """A call on which no reply depends; what goes wrong is logged."""
        try:
            await self._courier.deliver(partial(self._api.call, method, arguments), MARK_PATIENCE_SECONDS)
        except (SlackError, Trouble) as error:
            logger.warning("what goes with a reply could not be shown: %s, %s", method, error)


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
