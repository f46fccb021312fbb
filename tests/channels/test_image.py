"""What the image's last stage holds is enough: the bot runs from that alone, and writes nowhere else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT, Chat, free_port, request, until
from tests.unit.test_lean import LEFT_OUT

WITHOUT = (
    "import runpy, sys; sys.modules |= {}; runpy.run_module('reinstate.server.app', run_name='__main__')"
)
WRITABLE = {"var", "tmp"}


@pytest.mark.soak
def test_the_bot_runs_from_what_the_image_holds(tmp_path: Path) -> None:
    """The copied files and the environment but for what is removed; page and answer are there."""
    app = tmp_path / "app"
    for path in _copied():
        if path != ".venv":
            _copy(ROOT / path, app / path)
    for name in WRITABLE:
        (app / name).mkdir()
    port = free_port()
    given = dict(re.findall(r"([A-Z_0-9]+)=(\S+)", _stage().partition("ENV ")[2].partition("\nUSER")[0]))
    assert "0.0.0.0" == given.pop("HOST")
    before = _files(app)
    with (tmp_path / "log.txt").open("wb") as log:
        bot = subprocess.Popen(
            [sys.executable, "-c", WITHOUT.format(dict.fromkeys(LEFT_OUT))],
            cwd=app,
            env={**given, "PATH": os.environ["PATH"], "PORT": str(port), "TMPDIR": str(app / "tmp")},
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: bot.poll() is not None or _is_well(port), 120)
        assert bot.poll() is None, (tmp_path / "log.txt").read_text(encoding="utf-8")[-4000:]
        url = f"http://127.0.0.1:{port}"
        assert 200 == request("GET", f"{url}/chat/").status
        assert 200 == request("GET", f"{url}/chat/widget.js").status
        assert "payment outside Upwork" in str(
            Chat(url).open().say("a client paid me outside of upwork and i was suspended")
        )
        written = {path for path in _files(app) - before if path.parts[0] not in WRITABLE}
        assert set() == written
    finally:
        bot.terminate()
        bot.wait(30)


def _stage() -> str:
    return (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]


def _copied() -> list[str]:
    """Paths that the last stage copies, from the build stage too."""
    lines = re.findall(r"^COPY (?:--from=build )?(.+)$", _stage(), re.MULTILINE)
    return [path.removeprefix("/app/") for line in lines for path in line.split()[:-1]]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def _is_well(port: int) -> bool:
    try:
        return request("GET", f"http://127.0.0.1:{port}/health", timeout=5).status == 200
    except OSError:
        return False
