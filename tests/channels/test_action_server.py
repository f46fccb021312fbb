"""A separate action server, where an operator wants one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.running import ROOT, Chat, Server, free_port, request


def test_actions_may_run_in_a_server_of_their_own(tmp_path: Path) -> None:
    """With ACTION_SERVER_URL the same answer comes from `rasa_sdk`'s server."""
    port = free_port()
    with (tmp_path / "actions.txt").open("wb") as log:
        actions = subprocess.Popen(
            [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    running = Server(tmp_path, ACTION_SERVER_URL=f"http://127.0.0.1:{port}/webhook")
    try:
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                if request("GET", f"http://127.0.0.1:{port}/health", timeout=2).status == 200:
                    break
            except OSError:
                time.sleep(0.2)
        chat = Chat(running.start().url).open()
        assert any(
            "payment outside Upwork" in line["text"]
            for line in chat.say("i got paid by paypal outside upwork")
        )
    finally:
        running.stop()
        actions.terminate()
        actions.wait(20)


def test_without_its_action_server_the_bot_says_that_it_failed(tmp_path: Path) -> None:
    """No silence: Rasa alone would only log that the server is down."""
    running = Server(tmp_path, ACTION_SERVER_URL=f"http://127.0.0.1:{free_port()}/webhook")
    try:
        chat = Chat(running.start().url).open()
        said = chat.say("i got paid by paypal outside upwork")
        assert "went wrong" in said[-1]["text"]
        assert said[-1]["text"] == chat.history()[-1]["text"]
    finally:
        running.stop()
