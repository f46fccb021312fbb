"""How the tests start the bot: as a fork that is a process like any other, and once as `make run` does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT, Chat, Server, until

linux = pytest.mark.skipif(sys.platform != "linux", reason="only here the bot is forked")


def test_the_bot_starts_as_make_run_starts_it(tmp_path: Path) -> None:
    """The one test that pays for a whole start: what is printed, what is answered, and the end at TERM."""
    running = Server(tmp_path).start(plain=True)
    try:
        assert f"Reinstate answers at http://localhost:{running.port}/chat/\n" in running.log.read_text()
        assert "payment outside Upwork" in str(
            Chat(running.url).open().say("a client paid me outside of upwork and i was suspended")
        )
        assert sys.platform != "linux" or os.getpid() == parent(running.pid)
    finally:
        running.stop()
    assert 0 == running.returncode


@linux
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_fork_is_a_process_of_its_own(how: str, tmp_path: Path) -> None:
    """It has its own session, settings, log and files, and ends as a real one does."""
    running = Server(tmp_path, METRICS_TOKEN="of this one only").start()
    try:
        assert os.getpid() != parent(running.pid)
        assert running.pid == os.getsid(running.pid)
        assert f"Reinstate answers at http://localhost:{running.port}/chat/\n" in running.log.read_text()
        Chat(running.url).open().say("a client paid me outside of upwork and i was suspended")
        assert b"paid outside" in running.files()
    finally:
        getattr(running, how)()
    assert running.returncode == {"stop": 0, "kill": -signal.SIGKILL}[how]
    assert not is_running(running.pid)


@linux
def test_a_setting_that_is_wrong_ends_the_start(tmp_path: Path) -> None:
    """What a plain process would say to the operator is in the error, the exit code is that of failure."""
    running = Server(tmp_path, RATE_PER_MINUTE="many")
    with pytest.raises(RuntimeError, match="reinstate cannot start: RATE_PER_MINUTE='many'"):
        running.start()
    assert 1 == running.returncode


@linux
def test_a_run_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    """Neither the bot nor the warm process that forked it outlives the tests."""
    code = (
        "import pathlib, sys, time, bench; from tests.running import Server; "
        "print(Server(pathlib.Path(sys.argv[1])).start().pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        bot = int(run.stdout.readline())
        warm = parent(bot)
        assert run.pid == parent(warm)
        run.kill()
        until(lambda: not is_running(bot) and not is_running(warm))


def parent(pid: int) -> int:
    """Id of the process that started another."""
    return int(_stat(pid)[1])


def is_running(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return _stat(pid)[0] != "Z"
    except FileNotFoundError:
        return False


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
