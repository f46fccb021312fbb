"""Debian's packages, where this process may install them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Sequence

from setup.process import run


def prefix() -> list[str] | None:
    """What to put before `apt-get` so that it may install; None if there is no way without asking."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def install(before: Sequence[str], packages: Sequence[str]) -> None:
    """Install packages without asking; `before` is what `prefix` gave.

    Raises:
        SetupError: if apt-get fails.
    """
    quiet = [
        *before,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-o",
        "DPkg::Lock::Timeout=120",
    ]
    run([*quiet, "update"])
    run([*quiet, "install", "-y", "--no-install-recommends", *packages])
