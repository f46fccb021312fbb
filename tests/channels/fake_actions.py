"""An action server whose actions say what a test wants, as any of ours may."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.running import free_port

OPENED = [{"event": "session_started"}, {"event": "action", "name": "action_listen"}]


@dataclass
class FakeActions:
    """The server; `reply` is what the next turns are answered with, `opening` what a session begins with."""

    port: int = field(default_factory=free_port)
    reply: list[dict[str, Any]] = field(default_factory=list)
    opening: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """What ACTION_SERVER_URL is set to."""
        return f"http://127.0.0.1:{self.port}/webhook"

    def start(self) -> FakeActions:
        """Answer from now on."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                opens = asked["next_action"] == "action_session_start"
                answer = {
                    "events": OPENED if opens else [],
                    "responses": fake.opening if opens else fake.reply,
                }
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
