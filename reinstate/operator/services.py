"""Whether Redis, Slack and Telegram take what they are told, as far as they are set.

Each is asked once, by what the doors themselves call it with, and changes nothing there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from reinstate.operator.finding import NOT_SET, OK, Wrong

if TYPE_CHECKING:
    from reinstate.server.settings import Settings

ANSWER_SECONDS = 8  # the start itself waits for none of them


def redis(settings: Settings) -> str:
    """Whether Redis takes a write, where it is set."""
    if not settings.redis_url:
        return NOT_SET
    from redis.exceptions import RedisError

    from reinstate.stores.in_redis import RedisLocks, connect

    client = connect(settings.redis_url.reveal())

    async def ask() -> None:
        try:
            await RedisLocks(client).check()
        finally:
            await client.close()

    try:
        _in_time(ask)
    except (RedisError, OSError, asyncio.TimeoutError) as error:
        raise Wrong(f"Redis takes no write ({_reason(error)}): look after it, or check REDIS_URL") from None
    return OK


def slack(settings: Settings) -> str:
    """Whether Slack accepts the tokens, where they are set, and the door would open."""
    bot, app = settings.slack_bot_token, settings.slack_app_token
    if not bot:
        if app or settings.slack_signing_secret:
            raise Wrong("the Slack door stays closed: set SLACK_BOT_TOKEN, or none of Slack's settings")
        return NOT_SET
    if not (app or settings.slack_signing_secret):
        raise Wrong("the Slack door stays closed: set SLACK_SIGNING_SECRET, or SLACK_APP_TOKEN")
    from reinstate.channels.service import Trouble
    from reinstate.channels.slack_api import Api, SlackError

    async def ask() -> None:
        api = Api(bot, settings.slack_api_url)
        asked = "SLACK_BOT_TOKEN"
        try:
            await api.call("auth.test", {})
            if app:
                asked = "SLACK_APP_TOKEN"
                await api.call("apps.connections.open", {}, app)
        except SlackError as error:
            raise Wrong(f"Slack refuses {asked} ({error.word}): copy it anew from your Slack app") from None
        finally:
            await api.close()

    try:
        _in_time(ask)
    except (Trouble, asyncio.TimeoutError) as error:
        raise Wrong(_unreachable("Slack", "SLACK_API_URL", error)) from None
    return OK


def telegram(settings: Settings) -> str:
    """Whether Telegram accepts the token, where it is set."""
    token = settings.telegram_bot_token
    if not token:
        if settings.telegram_webhook_url or settings.telegram_webhook_secret:
            raise Wrong(
                "the Telegram door stays closed: set TELEGRAM_BOT_TOKEN, or none of Telegram's settings"
            )
        return NOT_SET
    from telegram.error import TelegramError

    from reinstate.channels.service import Trouble
    from reinstate.channels.telegram_api import Api

    async def ask() -> None:
        api = Api(token, settings.telegram_api_url)
        await api.open()
        try:
            await api.call(api.bot.get_me)
        except TelegramError as error:
            reason = api.reason(error)
            raise Wrong(f"Telegram refuses TELEGRAM_BOT_TOKEN ({reason}): ask @BotFather for it") from None
        finally:
            await api.close()

    try:
        _in_time(ask)
    except (Trouble, asyncio.TimeoutError) as error:
        raise Wrong(_unreachable("Telegram", "TELEGRAM_API_URL", error)) from None
    return OK


def _in_time(ask: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        await asyncio.wait_for(ask(), ANSWER_SECONDS)

    asyncio.run(within())


def _unreachable(service: str, setting: str, error: Exception) -> str:
    return f"{service} cannot be reached ({_reason(error)}): look at your network, HTTPS_PROXY and {setting}"


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "")) or type(error).__name__
