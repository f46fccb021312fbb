"""Finds the Chromium that the browser tests use, and installs it where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Optional

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu", "fonts-noto-core")


def find() -> Optional[str]:
    """The path of a Chromium: $CHROMIUM, or one on the PATH."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    return next((path for path in map(shutil.which, NAMES) if path), None)


def main() -> None:
    """Print the path; install with apt where it is missing and this may; else say what to do."""
    if find() is None and shutil.which("apt-get") and os.geteuid() == 0:
        sys.stdout.write("Installing Chromium for the browser tests (one to three minutes) ...\n")
        sys.stdout.flush()
        for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run(["apt-get", "-qq", *command], capture_output=True, text=True, check=False)
            if done.returncode:
                sys.stdout.write(done.stderr[-500:] + "\n")
    path = find()
    if path:
        sys.stdout.write("Chromium: {}\n".format(path))
    elif os.environ.get("CI"):
        sys.exit("setup: the browser tests need Chromium: install it, or set CHROMIUM to its path")
    else:
        sys.stdout.write("No Chromium found, so the browser tests are skipped: install it or set CHROMIUM.\n")


if __name__ == "__main__":
    main()
