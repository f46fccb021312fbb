"""Makes or updates `.venv` with Python 3.10 and the locked packages. Runs on any Python from 3.8.

    python3 setup/environment.py          what the bot runs on
    python3 setup/environment.py --dev    what checks it as well

Only the standard library is used, because nothing else is there yet.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMP = VENV / ".reinstate"
UV = "uv==0.9.18"
NEEDED_BYTES = 4 * 1024**3
RUNTIME, DEV = "requirements.txt", "requirements-dev.txt"
BIN = "Scripts" if os.name == "nt" else "bin"

# What a package tool says, and what a person can do about it.
MENDS = (
    ("no space left", "the disk is full: free about 4 GB, then run this again"),
    (
        "hash mismatch",
        "a download was broken: run this again; if it stays, clear the cache with `uv cache clean`",
    ),
    (
        "mismatched hash",
        "a download was broken: run this again; if it stays, clear the cache with `uv cache clean`",
    ),
    (
        "failed to fetch",
        "the package index cannot be reached: check the network, a proxy or your pip settings",
    ),
    ("connection", "the package index cannot be reached: check the network, a proxy or your pip settings"),
    ("network", "the package index cannot be reached: check the network, a proxy or your pip settings"),
    (
        "name resolution",
        "the package index cannot be reached: check the network, a proxy or your pip settings",
    ),
    ("permission denied", "a file may not be written: check who owns this folder"),
)


class SetupError(Exception):
    """Setting up cannot go on; the message is one line with the mend."""


def fingerprint(files: Sequence[Path], python: str) -> str:
    """A digest of lock files and the Python version they are installed for."""
    digest = hashlib.sha256(python.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def mend_for(output: str) -> str:
    """One line for what a failed command printed."""
    lowered = output.lower()
    for words, mend in MENDS:
        if words in lowered:
            return mend
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return "the command failed: " + (lines[-1] if lines else "it printed nothing")


def candidates(environment: Dict[str, str], home: Path) -> Iterator[str]:
    """Where a Python 3.10 may be: on the PATH, then in pyenv's folders."""
    on_path = shutil.which("python3.10", path=environment.get("PATH"))
    if on_path:
        yield on_path
    roots = [Path(environment["PYENV_ROOT"])] if environment.get("PYENV_ROOT") else []
    for root in [*roots, home / ".pyenv"]:
        for python in sorted(root.glob("versions/3.10*/bin/python"), reverse=True):
            yield str(python)


def works(python: str) -> bool:
    """Whether a Python really runs and is 3.10; shims of pyenv may exist and fail."""
    code = "import sys, venv; print(sys.version_info[:2] == (3, 10))"
    try:
        found = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return found.stdout.strip() == "True"


def main() -> None:
    """Bring the environment up to date, or say in one line why not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dev", action="store_true", help="install what checks the bot as well")
    dev = parser.parse_args().dev
    files = [ROOT / RUNTIME] + ([ROOT / DEV] if dev else [])
    if is_current(dev):
        return
    try:
        started = time.monotonic()
        _check_space()
        uv = _uv()
        if not works(str(VENV / BIN / "python")):
            _make_venv(uv)
        _install(uv, files)
        STAMP.write_text(_stamps(dev), encoding="utf-8")
        _say("The environment is ready ({:.0f} s).".format(time.monotonic() - started))
    except SetupError as error:
        sys.exit("setup: {}".format(error))
    except OSError as error:
        sys.exit("setup: {}".format(mend_for(str(error))))


def is_current(dev: bool) -> bool:
    """Whether what is asked for is installed; a checking environment runs the bot as well."""
    if not STAMP.is_file() or not (VENV / BIN / "python").exists():
        return False
    stored = STAMP.read_text(encoding="utf-8").split()
    wanted = _stamps(dev).split()
    return wanted[0] in stored[:1] and (not dev or wanted == stored)


def _stamps(dev: bool) -> str:
    runtime = fingerprint([ROOT / RUNTIME], "3.10")
    return runtime + "\n" + (fingerprint([ROOT / DEV], "3.10") if dev else "")


def _check_space() -> None:
    free = shutil.disk_usage(str(ROOT)).free
    if free < NEEDED_BYTES and not (VENV / BIN).exists():
        raise SetupError(
            "about 4 GB of disk are needed and {:.1f} GB are free: make room".format(free / 1024**3)
        )


def _uv() -> str:
    """The package tool: the one on the PATH, or one in an environment of its own."""
    found = shutil.which("uv")
    if found:
        return found
    uv = TOOLS / BIN / ("uv.exe" if os.name == "nt" else "uv")
    if not uv.exists():
        _say("Fetching uv, the package installer (some seconds) ...")
        shutil.rmtree(str(TOOLS), ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(TOOLS)], capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise SetupError(
                "this Python cannot make environments: install its venv package "
                "(Debian, Ubuntu: apt-get install python3-venv), then run this again"
            )
        _run([str(TOOLS / BIN / "python"), "-m", "pip", "install", "--quiet", UV])
    return str(uv)


def _make_venv(uv: str) -> None:
    python = next((p for p in candidates(dict(os.environ), Path.home()) if works(p)), None)
    if python is None:
        python = _find_or_fetch(uv)
    _say("Making .venv with Python 3.10 ...")
    shutil.rmtree(str(VENV), ignore_errors=True)
    _run([uv, "venv", "--quiet", "--python", python, str(VENV)])


def _find_or_fetch(uv: str) -> str:
    found = subprocess.run([uv, "python", "find", "3.10"], capture_output=True, text=True, check=False)
    if found.returncode == 0 and works(found.stdout.strip()):
        return found.stdout.strip()
    _say("No Python 3.10 found here; fetching one (about a minute) ...")
    fetched = subprocess.run([uv, "python", "install", "3.10"], capture_output=True, text=True, check=False)
    if fetched.returncode:
        raise SetupError(
            "Python 3.10 is needed and cannot be fetched here: install it "
            "(pyenv install 3.10, or your system's package), then run this again"
        )
    return "3.10"


def _install(uv: str, files: List[Path]) -> None:
    _say("Installing packages, about 1.6 GB (one to five minutes, seconds when they are cached) ...")
    # The lock was made with overrides.txt, so nothing may be resolved again: --no-deps. Downloads
    # are checked against the hashes of the lock.
    command = [uv, "pip", "install", "--python", str(VENV), "--no-deps", "--require-hashes"]
    for file in files:
        command += ["-r", str(file)]
    _run(command)


def _run(command: Sequence[str], environment: Optional[Dict[str, str]] = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SetupError(mend_for(done.stderr + done.stdout))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
