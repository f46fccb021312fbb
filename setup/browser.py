"""Finds the Chromium that the browser tests use, and installs it where that needs no asking.

    python3 setup/browser.py    prints its path, or nothing if there is none; the rest goes to stderr

With CI set, having none is an error: there the browser tests must not be skipped unseen.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Mapping

if not __package__:  # run as a script: make the modules beside it a package
    sys.path[:1] = [str(Path(__file__).resolve().parent.parent)]

from setup import apt
from setup.process import say
from setup.trouble import SetupError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu", "fonts-noto-core")
_HOW = f"install Chromium (Debian: apt-get install {' '.join(PACKAGES)}) or set CHROMIUM to its path"


def find(environment: Mapping[str, str] = os.environ) -> str | None:
    """The path of a Chromium that runs: $CHROMIUM, else the first on PATH; None if there is none.

    Raises:
        SetupError: if CHROMIUM is set to something that does not run.
    """
    named = environment.get("CHROMIUM")
    if named:
        path = shutil.which(named, path=environment.get("PATH"))
        if path is None or not _runs(path):
            raise SetupError(f"CHROMIUM={named} does not run: correct it, or unset it to have one looked for")
        return path
    there = (shutil.which(name, path=environment.get("PATH")) for name in NAMES)
    # Ubuntu's chromium-browser may be a stand-in that only says to install something else.
    return next((path for path in there if path and _runs(path)), None)


def _runs(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether this runs unattended."""
    return environment.get("CI", "").lower() not in ("", "0", "false", "no")


def bring() -> str | None:
    """The path of a Chromium, installed if it was missing and that is possible.

    Raises:
        SetupError: if it is missing and cannot be installed, and this is CI.
    """
    path = find()
    before = apt.prefix() if path is None else None
    if before is not None:
        say("Installing Chromium and fonts for the browser tests (about 150 MB; 1 to 3 minutes) ...")
        try:
            apt.install(before, PACKAGES)
        except SetupError as error:
            say(f"Chromium could not be installed: {error}")
        path = find()
    if path is None and is_ci(os.environ):
        raise SetupError(f"the browser tests need Chromium: {_HOW}")
    if path is None:
        say(f"The browser tests will be skipped, there is no Chromium: {_HOW}.")
    return path


def main() -> int:
    """Print the path; the exit code."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            path = bring()
    except SetupError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if path:
        sys.stdout.write(path + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
