"""A warm process: it imports the bot once and forks a server whenever a test asks for one.

Of the twelve seconds that a start takes, nine are spent importing Rasa and TensorFlow. A fork is a
process like any other, with its own session, environment, log, port and files; a signal ends it as it
ends the real one. Before the fork nothing is loaded and nothing runs: no model, database, event loop
or thread is shared. The warm process and its forks end with the run that started them, also when that
is killed, because the socket between them then closes.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# What Rasa imports only once it loads a model, and our packages, of which it imports what config.yml names.
LATER, OURS = "rasa.engine.recipes.default_recipe", ("reinstate", "actions")


class Fork:
    """A server that the warm process forked; used like the `subprocess.Popen` of a real one."""

    def __init__(self, warm: Warm, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._warm = warm

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._warm.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: if it has not after `timeout` seconds.
        """
        ends = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired(f"fork {self.pid}", timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, how: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Warm:
    """The warm process, seen from the run that started it."""

    def __init__(self) -> None:
        """Start it; it takes what is asked of it once it has imported the bot."""
        here, there = socket.socketpair()
        with there:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(there.fileno())],
                cwd=ROOT,
                env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ},
                stdin=subprocess.DEVNULL,
                pass_fds=[there.fileno()],
                start_new_session=True,
            )
        self._lines = here.makefile("rwb")
        self._lock = threading.Lock()

    def fork(self, environment: dict[str, str], log: Path) -> Fork:
        """A new server with an environment and a file for what it prints."""
        return Fork(self, self.ask(environment=environment, log=str(log)))

    def ask(self, **what: Any) -> Any:
        """Ask the warm process for something.

        Raises:
            ConnectionError: if it has ended.
        """
        with self._lock:
            self._lines.write(json.dumps(what).encode() + b"\n")
            self._lines.flush()
            answer = self._lines.readline()
        if not answer:
            raise ConnectionError("the warm process has ended")
        return json.loads(answer)


def main() -> None:
    """Import the bot, then fork until the run is over; a fork goes on as the bot itself."""
    with socket.socket(fileno=int(sys.argv[1])) as control:
        app = importlib.import_module("reinstate.server.app")
        for name in (LATER, *_modules()):
            importlib.import_module(name)
        if threading.active_count() > 1:
            sys.exit(f"importing the bot starts threads, which no fork has: {threading.enumerate()}")
        gc.collect()
        gc.freeze()  # what is shared stays shared
        _fork_on_demand(control)
    sys.argv = [str(app.__file__)]
    app.main()


def _modules() -> Iterator[str]:
    for package in OURS:
        path = importlib.import_module(package).__path__
        found = (module.name for module in pkgutil.walk_packages(path, f"{package}."))
        yield from (name for name in found if not name.endswith("__main__"))


def _fork_on_demand(control: socket.socket) -> None:
    """Answer what is asked until the other side is gone, then end; returns in each fork only."""
    running: set[int] = set()
    with control.makefile("rwb") as lines:
        for line in lines:
            asked = json.loads(line)
            if "ended" in asked:
                answer = _exit_code(asked["ended"])
                if answer is not None:
                    running.discard(asked["ended"])
            else:
                answer = os.fork()
                if answer == 0:
                    _become(asked["environment"], asked["log"])
                    return
                running.add(answer)
            lines.write(json.dumps(answer).encode() + b"\n")
            lines.flush()
    for pid in running:
        os.kill(pid, signal.SIGKILL)  # unreaped, so the id is still its own
    os._exit(0)  # nothing is to be tidied up, and taking TensorFlow down takes seconds


def _exit_code(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(environment: dict[str, str], log: str) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)


if __name__ == "__main__":
    main()
