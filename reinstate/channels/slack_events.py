"""Reads what Slack sends into jobs, and leaves out what is not meant for the bot. Pure.

Everything here is signed by Slack, but may have any shape: what does not fit is no job.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

from reinstate.channels.jobs import Job
from reinstate.channels.slack_text import OPEN_DIRECT, owner_of, plain
from reinstate.server.commands import COMMANDS

OLDEST_SECONDS = 300
_LONGEST_NAME = 64
_STAMP = re.compile(r"[0-9]{1,12}")
_READ_SUBTYPES = (None, "file_share", "thread_broadcast", "me_message")
_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class SlackJob(Job):
    """One thing to work on; all presses on one keyboard share their id, so that it can be used once.

    Attributes:
        key: of this event; repetitions of it have the same.
        user: who wrote or pressed.
        channel: where the answer goes; a person's id is their direct message.
        thread: in which thread, if in one.
        shared: whether others can read there.
        title: of the button that was pressed.
        keyboard: `ts`, `text` and `blocks` of its message.
        direct: address of the direct message with the bot.
    """

    key: str
    user: str
    channel: str
    thread: str | None = None
    shared: bool = False
    title: str = ""
    keyboard: dict[str, Any] | None = None
    direct: str | None = None

    @property
    def press(self) -> str | None:
        """See `Job.press`."""
        return None if self.keyboard is None else self.id


class Signature(Enum):
    """Whether a request is Slack's."""

    GOOD = "good"
    WRONG = "wrong"
    LATE = "late"  # Slack's, but not of the last five minutes by our clock


def check(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> tuple[Signature, int]:
    """Whether Slack signed a request in the last five minutes, and how many seconds it is off.

    The library's verifier is not used: it fails on bodies that are not UTF-8.
    """
    stamp = headers.get("x-slack-request-timestamp", "")
    if not _STAMP.fullmatch(stamp):
        return Signature.WRONG, 0
    signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    given = headers.get("x-slack-signature", "")
    right = f"v0={signed.hexdigest()}".encode()
    if not hmac.compare_digest(right, given.encode(errors="surrogateescape")):
        return Signature.WRONG, 0
    off = round(now - int(stamp))
    return (Signature.LATE if abs(off) > OLDEST_SECONDS else Signature.GOOD), off


def parse(body: bytes) -> dict[str, Any]:
    """The object in a request's body: JSON, a form's `payload`, or the form itself.

    The library is not asked: it takes a form with the word "payload" in any field for empty.

    Raises:
        ValueError: if there is none.
        RecursionError: if it is too deep.
    """
    text = body.decode()
    if not text.lstrip().startswith(("{", "[")):
        form = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" not in form:
            return dict(form)
        text = form["payload"]
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def read_event(body: Mapping[str, Any], home: str | None = None) -> SlackJob | None:
    """The job of a message in a direct message, or of a mention.

    Args:
        body: of the request.
        home: the workspace that the bot's token is of; see `_team`.
    """
    event = body.get("event")
    if not isinstance(event, dict) or _is_noise(event, body):
        return None
    origin = _name(body.get("team_id"))
    team = origin and _team(home, _first(body.get("authorizations")).get("team_id"), origin)
    user, channel, ts = (_name(event.get(k)) for k in ("user", "channel", "ts"))
    if not (team and user and channel and ts):
        return None
    private = channel.startswith("D") or event.get("channel_type") == "im"
    mention = event.get("type") == "app_mention"
    if not mention and not (private and event.get("subtype") in _READ_SUBTYPES):
        return None
    written = event.get("text")
    text = plain(written) if isinstance(written, str) else ""
    say = None
    if not text and event.get("files"):
        say = "slack_no_text"
    elif not text and mention:
        text = "/start"
    if not text and not say:
        return None
    key = _key("message", channel, ts)
    thread = _name(event.get("thread_ts")) or None
    if private:
        conversation = f"slack-{team}-{user}"
    else:
        thread = thread or ts
        conversation = f"slack-{team}-{user}-{channel}-{thread}"
    return SlackJob(
        key=key,
        id=key,
        conversation=conversation,
        user=user,
        channel=channel,
        thread=thread,
        shared=not private,
        text=None if say else text,
        say=say,
        direct=_direct(body, team),
    )


def read_click(body: Mapping[str, Any], home: str | None = None) -> SlackJob | None:
    """The job of a button that was pressed in a message; `home` as in `read_event`."""
    action = _first(body.get("actions"))
    payload = action.get("value")
    if not isinstance(payload, str) or not payload or action.get("action_id") == OPEN_DIRECT:
        return None
    person, message, container = (_object(body.get(k)) for k in ("user", "message", "container"))
    place = _object(body.get("channel"))
    team = _team(home, _object(body.get("team")).get("id"), person.get("team_id"))
    user, channel = _name(person.get("id")), _name(place.get("id")) or _name(container.get("channel_id"))
    ts = _name(message.get("ts")) or _name(container.get("message_ts"))
    if not (team and user and channel and ts):
        return None
    thread = _name(message.get("thread_ts")) or _name(container.get("thread_ts")) or None
    private = channel.startswith("D") or place.get("name") == "directmessage"
    if private:
        conversation = f"slack-{team}-{user}"
    else:
        thread = thread or ts
        conversation = f"slack-{team}-{user}-{channel}-{thread}"
    owner = owner_of(str(action.get("block_id")))
    nonce = str(action.get("action_ts") or body.get("trigger_id"))
    blocks = message.get("blocks")
    return SlackJob(
        key=_key("click", channel, ts, user, nonce),
        id=_key("pressed", channel, ts),
        conversation=conversation,
        user=user,
        channel=channel,
        thread=thread,
        shared=not private,
        button=payload,
        title=str(_object(action.get("text")).get("text") or ""),
        say="slack_not_yours" if owner not in (None, user) else None,
        keyboard={
            "ts": ts,
            "text": str(message.get("text") or ""),
            "blocks": [b for b in blocks if isinstance(b, dict)] if isinstance(blocks, list) else [],
        },
    )


def read_command(body: Mapping[str, Any], home: str | None = None) -> SlackJob | None:
    """The job of a slash command: its words are said in the person's direct message."""
    team = _team(home, body.get("team_id"))
    user, trigger = (_name(body.get(k)) for k in ("user_id", "trigger_id"))
    if not (team and user and trigger):
        return None
    text = plain(str(body.get("text") or "")) or "start"
    if text.casefold() in COMMANDS:
        text = f"/{text}"
    key = _key("command", trigger)
    return SlackJob(key=key, id=key, conversation=f"slack-{team}-{user}", user=user, channel=user, text=text)


def _is_noise(event: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether an event is by a bot, by the bot itself, or a change of an older message."""
    told = _first(body.get("authorizations"))
    bots = (_SLACKBOT, told.get("user_id") if told.get("is_bot") else None)
    by_bot = any(event.get(k) for k in ("bot_id", "bot_profile")) or event.get("user") in bots
    return by_bot or bool(event.get("edited")) or bool(event.get("hidden"))


def _team(home: str | None, *told: Any) -> str:
    """The workspace in a conversation's id; empty where Slack tells of none.

    What Slack tells differs for one and the same person: in a channel shared with others an event
    names the workspace that the channel began in, a click the one that owns the app, and in an
    Enterprise Grid each the one that it came through. What stays is whose the bot is (`home`), and
    to a bot's token the id of a person alone says who that is.
    """
    names = [name for name in map(_name, told) if name]
    return (home or names[0]) if names else ""


def _direct(body: Mapping[str, Any], team: str) -> str | None:
    app = _name(body.get("api_app_id"))
    return f"https://slack.com/app_redirect?app={app}&team={team}" if app else None


def _key(*names: str) -> str:
    """A name for the inbox that tells nothing of whom it is about."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:40]


def _name(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST_NAME else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: Any) -> dict[str, Any]:
    return _object(value[0]) if isinstance(value, list) and value else {}
