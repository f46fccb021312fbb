"""Works on jobs of the Slack door: shows the choice, sends the reply."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from reinstate.channels import slack_text
from reinstate.channels.gate import LONGEST_TEXT, Gate, clean
from reinstate.channels.service import Courier, Trouble
from reinstate.channels.slack_api import Api, SlackError
from reinstate.channels.slack_events import SlackJob
from reinstate.channels.turns import Turns
from reinstate.server.masking import mask
from reinstate.stores.inbox import Inbox
from reinstate.stores.lines import Line

logger = logging.getLogger(__name__)

MARK_PATIENCE_SECONDS = 60
_BAD_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")
_BAD_THREAD = (
    "cannot_reply_to_message",
    "message_not_found",
    "thread_not_found",
    "restricted_action_non_threadable_channel",
    "restricted_action_thread_locked",
)


class SlackTurns(Turns[SlackJob]):
    """Takes jobs and answers them."""

    door = "slack"
    kind = SlackJob
    failures = (SlackError, Trouble)

    def __init__(self, gate: Gate, api: Api, inbox: Inbox, *, alone: bool) -> None:
        """As `Turns`; replies go to `api`."""
        super().__init__(gate, inbox, alone=alone)
        self._api = api
        self._courier = Courier(self.backlog.wait, api.alive)

    async def take(self, job: SlackJob) -> None:
        """Keep a job without what is private, and work on it later."""
        await self._keep(job.key, _masked(job))

    def show_home(self, user: str) -> None:
        """Show a person the app's home."""
        view = slack_text.home(self._gate.words("slack_home"))
        self.backlog.spawn(self._mark("views.publish", {"user_id": user, "view": view}))

    def _reason(self, error: Exception) -> str:
        return f"chat.postMessage, {error}"

    async def _turn(self, job: SlackJob, *, resumed: bool) -> str | list[Line]:
        if job.shared and job.text and await self._is_new(job):
            await self._invite(job)
        return await super()._turn(job, resumed=resumed)

    async def _invite(self, job: SlackJob) -> None:
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

    async def _show_choice(self, job: SlackJob) -> None:
        keyboard = job.keyboard or {}
        blocks = slack_text.chosen(keyboard["blocks"], keyboard["text"], job.title)
        message = {"channel": job.channel, "ts": keyboard["ts"], "text": keyboard["text"]}
        await self._mark("chat.update", {**message, "blocks": blocks})

    async def _send(self, job: SlackJob, line: Line) -> SlackJob:
        """See `Turns`; what is said of a click in a channel is shown only to who clicked."""
        for message in slack_text.messages(line, job.user):
            if job.say and job.shared and job.press:
                await self._mark("chat.postEphemeral", {**_place(job), "user": job.user, **message})
            else:
                job = await self._post(job, message)
        return job

    async def _apologize(self, job: SlackJob, words: str) -> None:
        await self._api.call("chat.postMessage", {**_place(job), "text": slack_text.mrkdwn(words)})

    async def _post(self, job: SlackJob, message: dict[str, Any]) -> SlackJob:
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


def _masked(job: SlackJob) -> SlackJob:
    """The job without what is private; a text that is too long is not kept at all."""
    if job.text is None:
        return job
    text = clean(job.text)
    if len(text) > LONGEST_TEXT:
        return replace(job, text=None, say="too_long")
    return replace(job, text=mask(text))


def _place(job: SlackJob) -> dict[str, Any]:
    return {"channel": job.channel, **({"thread_ts": job.thread} if job.thread else {})}
