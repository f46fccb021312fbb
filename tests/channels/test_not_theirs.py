"""Whose word is an answer? Slack's and Telegram's own shapes, and everything else."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from reinstate.channels import telegram_api
from reinstate.channels.service import Trouble
from reinstate.channels.slack_api import Api as SlackApi
from reinstate.channels.slack_api import SlackError
from reinstate.channels.telegram_api import Api as TelegramApi
from reinstate.server.settings import Secret
from tests.running import free_port

SECRET = "123:a-secret-token"
HTML, TEXT, JSON = "text/html", "text/plain", "application/json"
# What stands in the way of a call: status, type, body.
FOREIGN = [
    (503, TEXT, "upstream connect error"),
    (500, TEXT, ""),
    (502, HTML, "<html>Bad Gateway</html>"),
    (504, JSON, '{"message": "Endpoint request timed out"}'),
    (403, HTML, "<html>Blocked by your organisation</html>"),
    (401, HTML, "Proxy login"),
    (404, TEXT, "default backend - 404"),
    (407, HTML, "Proxy Authentication Required"),
    (400, TEXT, "Bad Request"),
    (200, HTML, "<html>Sign in to the guest network</html>"),
    (200, TEXT, "ok"),
    (200, JSON, ""),
    (200, JSON, "[]"),
    (200, JSON, '{"ok": "true"}'),
    (200, JSON, '{"ok": tr'),
    (200, JSON, '{"ok": false}'),
    (302, HTML, ""),
    (429, HTML, "slow down"),
]


def answered(status: int, kind: str, body: str, call: str) -> BaseException | dict[str, object] | object:
    """What a call of an API gives, or raises, when it is answered so."""

    async def answer(_asked: web.Request) -> web.Response:
        headers = {"Location": "https://login.example/"} if status == 302 else {}
        return web.Response(status=status, text=body, content_type=kind, headers=headers)

    async def run() -> object:
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            return await (_slack if call == "slack" else _telegram)(f"http://127.0.0.1:{port}")
        except (Trouble, SlackError, TelegramError) as error:
            return error
        finally:
            await runner.cleanup()

    return asyncio.run(run())


async def _slack(root: str) -> object:
    api = SlackApi(Secret(SECRET), f"{root}/api/")
    try:
        return await api.call("chat.postMessage", {"channel": "C1", "text": "x"})
    finally:
        await api.close()


async def _telegram(root: str) -> object:
    api = TelegramApi(Secret(SECRET), root)
    await api.open()
    try:
        return await api.call(lambda: api.bot.send_message(1, "x"))
    finally:
        await api.close()


@pytest.mark.parametrize("service", ["slack", "telegram"])
@pytest.mark.parametrize(("status", "kind", "body"), FOREIGN)
def test_what_is_not_their_word_is_the_network(service: str, status: int, kind: str, body: str) -> None:
    """Whatever the status says: nobody was refused anything, and the token was not judged."""
    found = answered(status, kind, body, service)
    assert isinstance(found, Trouble)
    assert not found.unclear
    assert SECRET not in found.reason
    assert "html" not in found.reason


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"ok": False, "error": "channel_not_found"}, 200, SlackError("channel_not_found")),
        ({"ok": False, "error": "invalid_auth"}, 200, SlackError("invalid_auth")),
        ({"ok": False, "error": "internal_error"}, 200, Trouble("internal_error")),
        ({"ok": False, "error": "ratelimited"}, 429, Trouble("ratelimited")),
        ({"ok": False, "error": "service_unavailable"}, 503, Trouble("service_unavailable")),
        ({"ok": True, "ts": "1.1"}, 200, {"ok": True, "ts": "1.1"}),
        ({"ok": True}, 502, Trouble("an answer that is not Slack's (502)")),
    ],
)
def test_slacks_word_counts(body: dict[str, object], status: int, expected: object) -> None:
    """Refused is refused, and "later" is later."""
    found = answered(status, JSON, json.dumps(body), "slack")
    assert type(expected) is type(found)
    assert str(expected) == str(found)


@pytest.mark.parametrize(
    ("status", "description", "expected"),
    [
        (400, "Bad Request: chat not found", BadRequest),
        (401, "Unauthorized", InvalidToken),
        (403, "Forbidden: bot was blocked by the user", Forbidden),
        (502, "Bad Gateway", Trouble),
    ],
)
def test_telegrams_word_counts(status: int, description: str, expected: type[Exception]) -> None:
    """Refused is refused; a failure of its own is tried again."""
    body = {"ok": False, "error_code": status, "description": description}
    assert expected is type(answered(status, JSON, json.dumps(body), "telegram"))


def test_a_limit_is_as_long_as_telegram_says() -> None:
    """Seconds stand in the answer's parameters."""
    body = {"ok": False, "error_code": 429, "description": "Too Many", "parameters": {"retry_after": 17}}
    found = answered(429, JSON, json.dumps(body), "telegram")
    assert isinstance(found, Trouble)
    assert 17 == found.wait


def test_nobody_at_the_other_end_is_the_network() -> None:
    """Refused connections never reached anybody."""
    root = f"http://127.0.0.1:{free_port()}"
    for call in (_slack, _telegram):
        with pytest.raises(Trouble) as found:
            asyncio.run(call(root))
        assert not found.value.unclear


@pytest.mark.filterwarnings("ignore:Please use 'Bot.get_updates'")
def test_polling_goes_on_after_a_connection_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one at a time: where a broken one keeps its place, the next is made by a client of its own."""
    monkeypatch.setattr(telegram_api, "_POOL_SECONDS", 0.1)

    async def answer(_asked: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": []})

    async def poll() -> None:
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        root = f"http://127.0.0.1:{free_port()}"
        await web.TCPSite(runner, "127.0.0.1", int(root.rpartition(":")[2])).start()
        api = TelegramApi(Secret(SECRET), root)
        await api.open()
        try:
            client = api._requests[0]._client
            await client.send(client.build_request("GET", root), stream=True)  # never read to its end
            with pytest.raises(Trouble, match="Pool timeout"):
                await api.call(lambda: api.updates(None, []))
            await api.renew_polling()
            assert [] == await api.call(lambda: api.updates(None, []))
        finally:
            await api.close()
            await runner.cleanup()

    asyncio.run(poll())
