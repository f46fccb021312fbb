"""uv, the package installer: found on the machine, or brought into `.tools`."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterable, Mapping

from setup import apt
from setup.process import run, say
from setup.trouble import SetupError

LOCK = Path(__file__).with_name("uv.txt")
OLDEST = (0, 8, 0)

# Settings that would lead uv to another environment, other versions or unchecked files.
_MISLEADING = (
    "CONDA_PREFIX",
    "PYENV_DIR",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_EXCLUDE_NEWER",
    "UV_NO_VERIFY_HASHES",
    "UV_OVERRIDE",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "VIRTUAL_ENV",
)
_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_NO_INDEX")


def version_of(text: str) -> tuple[int, ...] | None:
    """The version in what `uv --version` prints, or in a requirement `uv==1.2.3`."""
    found = re.search(r"\buv(?: |==)(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else None


def bring(tools: Path, pinned: bool = False) -> str:
    """The path of a uv that works: the first on PATH that is new enough, else our own in `tools`.

    With `pinned`, always our own: what it writes depends on its version.

    Raises:
        SetupError: if there is none and it cannot be installed.
    """
    for folder in [] if pinned else os.environ.get("PATH", "").split(os.pathsep):
        here = shutil.which("uv", path=folder) if folder else None
        if here and (_version(here) or (0,)) >= OLDEST:
            return here
    home = tools / "uv"
    own = home / "bin" / "uv"
    if own.exists() and _version(str(own)) == version_of(LOCK.read_text(encoding="utf-8")):
        return str(own)
    say("Bringing uv, the package installer, into .tools (20 MB; some seconds) ...")
    shutil.rmtree(str(home), ignore_errors=True)
    home.parent.mkdir(exist_ok=True)
    _install(home)
    if _version(str(own)) is None:
        raise SetupError(f"uv does not run from {own}: install uv yourself so that it is on PATH")
    return str(own)


def _version(uv: str) -> tuple[int, ...] | None:
    try:
        done = subprocess.run(
            [uv, "--version"], capture_output=True, encoding="utf-8", timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return version_of(done.stdout) if done.returncode == 0 else None


def _install(home: Path) -> None:
    """Install the pinned uv with pip, which heeds its user's configuration by itself."""
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    what = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(LOCK)]
    if not _makes_venvs(home):
        # Debian keeps what venv needs in a package of its own. pip alone will do as well.
        if _answers(sys.executable, "-m", "pip", "--version"):
            run([sys.executable, "-m", "pip", "install", *options, "--target", str(home), *what])
            return
        before = apt.prefix()
        if before is not None:
            say("This Python lacks venv and pip: installing Debian's python3-venv (up to a minute) ...")
            apt.install(before, ["python3-venv"])
        if before is None or not _makes_venvs(home):
            raise SetupError(
                "this Python has neither venv nor pip: run `apt-get install python3-venv` "
                "(or install uv, or name another Python: make run PYTHON=...), then run this again"
            )
    run([str(home / "bin" / "python"), "-m", "pip", "install", *options, *what])


def _makes_venvs(home: Path) -> bool:
    if _answers(sys.executable, "-m", "venv", str(home)):
        return True
    shutil.rmtree(str(home), ignore_errors=True)
    return False


def _answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pip_settings() -> dict[str, str]:
    """What the user's pip is told by its files and environment; empty if there is no pip."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    return parse_pip_settings(done.stdout.splitlines())


def parse_pip_settings(lines: Iterable[str]) -> dict[str, str]:
    """Read `pip config list`: the environment wins over `[install]`, that over `[global]`."""
    ranks = {"global": 0, "install": 1, ":env:": 2}
    found: list[tuple[int, str, str]] = []
    for line in lines:
        entry = re.match(r"(global|install|:env:)\.([a-z-]+)=('.*'|\".*\")$", line.strip())
        if entry:
            found.append((ranks[entry.group(1)], entry.group(2), str(ast.literal_eval(entry.group(3)))))
    return {name: value for _, name, value in sorted(found)}


def environment(base: Mapping[str, str], pip: Mapping[str, str], every_index: bool = True) -> dict[str, str]:
    """The environment that uv runs in: what the user set for uv, else what their pip is told.

    uv does not read pip's configuration itself. `every_index` is False where packages are chosen
    and not only fetched: then only pip's main index counts.
    """
    made = {name: value for name, value in base.items() if name not in _MISLEADING}
    made.setdefault("UV_HTTP_TIMEOUT", "120")
    made["UV_NO_PROGRESS"] = "1"
    if not any(made.get(name) for name in _INDEXES):
        if pip.get("index-url"):
            made["UV_DEFAULT_INDEX"] = pip["index-url"]
        if every_index:
            more = " ".join(filter(_is_there, pip.get("extra-index-url", "").split()))
            links = ",".join(filter(_is_there, pip.get("find-links", "").split()))
            made.update({k: v for k, v in (("UV_INDEX", more), ("UV_FIND_LINKS", links)) if v})
            if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
                made["UV_NO_INDEX"] = "1"
    if every_index:
        # pip looks into every index as well. The hashes make sure that each gives the same files.
        made.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    for setting, names in (
        ("cert", ("SSL_CERT_FILE",)),
        ("proxy", ("HTTPS_PROXY", "HTTP_PROXY")),
        ("trusted-host", ("UV_INSECURE_HOST",)),
    ):
        if pip.get(setting):
            for name in names:
                made.setdefault(name, " ".join(pip[setting].split()))
    return made


def _is_there(address: str) -> bool:
    """Whether an address is not a local folder that is missing, which pip ignores and uv does not."""
    folder = address[len("file://") :] if address.startswith("file://") else address
    return "://" in folder or os.path.isdir(folder)  # noqa: PTH112


def choose_cache(usual: Path, own: Path, writable: bool, free: int, free_here: int, needed: int) -> Path:
    """uv's usual cache, shared with other projects, unless it cannot be written or has no room.

    `free` and `free_here` are the bytes that are free at the usual place and at our own.
    """
    return usual if writable and (free >= needed or free_here <= free) else own
