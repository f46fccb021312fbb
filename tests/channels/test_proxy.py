"""deploy/Caddyfile in front of bots, where Caddy is installed beside this Python or on PATH."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator

import pytest

from tests.running import ROOT, free_port, request, tool, until

PEOPLE = ["/chat/", "/chat/widget.js", "/chat/messages", "/chat"]
PLATFORMS = ["/webhooks/slack/webhook", "/webhooks/telegram/webhook"]
NOBODY = [
    *("/health", "/ready", "/metrics", "/metrics/", "/webhooks/slack/webhook/x", "/webhooks/rest/webhook"),
    *("/chatter", "/conversations/x/tracker", "/chat/../metrics", "/chat/%2e%2e/metrics", "//metrics"),
]


class Echo(http.server.BaseHTTPRequestHandler):
    """Stands for a bot; says what it was asked."""

    def do_GET(self) -> None:
        body = f"{self.path} {self.headers.get('X-Forwarded-For')} {self.headers.get('Host')}".encode()
        self.send_response(200)  # with a header that names Python and its version
        self.send_header("X-Powered-By", "Echo/1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Caddy with our file; its address."""
    folder = tmp_path_factory.mktemp("caddy")
    site = f"http://127.0.0.1:{free_port()}"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as bot:
        threading.Thread(target=bot.serve_forever, daemon=True).start()
        running = subprocess.Popen(
            [
                tool("caddyserver"),
                "run",
                "--adapter",
                "caddyfile",
                "--config",
                str(ROOT / "deploy" / "Caddyfile"),
            ],
            env={
                "HOME": str(folder),
                "SITE": site,
                "BOTS": "127.0.0.1",
                "BOTS_PORT": str(bot.server_port),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: _is_up(site))
            yield site
        finally:
            running.terminate()
            running.wait(20)
            bot.shutdown()


def _is_up(site: str) -> bool:
    try:
        return request("GET", f"{site}/chat/").status == 200
    except OSError:
        return False


@pytest.mark.parametrize("path", PEOPLE)
def test_people_reach_the_chat(proxy: str, path: str) -> None:
    """With the name that they asked for, which the bot compares with the origin."""
    answer = request("GET", proxy + path)
    assert (200, [path, "127.0.0.1", proxy.partition("://")[2]]) == (
        answer.status,
        answer.body.decode().split(),
    )


@pytest.mark.parametrize("path", PLATFORMS)
def test_platforms_may_only_post(proxy: str, path: str) -> None:
    """Webhooks take no other method."""
    assert [200, 404] == [request(method, proxy + path, body).status for method, body in _tries()]


def _tries() -> list[tuple[str, bytes | None]]:
    return [("POST", b"{}"), ("GET", None)]


@pytest.mark.parametrize("path", NOBODY)
def test_nothing_else_is_reached(proxy: str, path: str) -> None:
    """Neither health nor metrics, however their path is written."""
    answer = request("GET", proxy + path)
    assert b"metrics" not in answer.body
    assert answer.status in (308, 404)


@pytest.mark.parametrize("path", ["/chat/", "/nothing"])
def test_no_answer_tells_what_runs_here(proxy: str, path: str) -> None:
    """Neither the proxy's name nor that of what stands behind it, which tells its own."""
    assert not {"server", "x-powered-by", "via"} & set(request("GET", proxy + path).headers)


def test_nobody_chooses_the_address_they_are_counted_by(proxy: str) -> None:
    """What a client says of itself is replaced."""
    answer = request("GET", f"{proxy}/chat/", headers={"X-Forwarded-For": "10.9.8.7"})
    assert "127.0.0.1" == answer.body.decode().split()[1]


def test_a_body_that_no_bot_would_take_ends_here(proxy: str) -> None:
    """A megabyte is more than the bot reads."""
    assert 413 == request("POST", f"{proxy}/chat/messages", b"x" * 1_100_000).status
