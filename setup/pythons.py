"""Finds a Python 3.10 on the machine: Rasa 3.6 runs on nothing newer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Iterable, Mapping

NAME = "python3.10"
# A Python built from source may lack what Rasa needs; then it is passed over.
_PROBE = (
    "import sys, bz2, ctypes, lzma, sqlite3, ssl, zlib; "
    "ok = sys.version_info[:2] == (3, 10) and sys.implementation.name == 'cpython' and sys.maxsize > 2**32; "
    "print(sys.executable if ok else '')"
)


def candidates(running: str, environment: Mapping[str, str], home: Path, own: Path) -> list[str]:
    """Where a Python 3.10 may be, best first: the running one, those on PATH, then pyenv's folders.

    None is inside `own`, the environment that may be about to be replaced. Shims of pyenv stand on
    PATH for versions that are not installed, so each has still to prove itself.
    """
    found = [running]
    for folder in environment.get("PATH", "").split(os.pathsep):
        if folder:
            found.append(os.path.join(folder, NAME))  # noqa: PTH118 - a shim's name must stay as it is
    roots = [home / ".pyenv"]
    if environment.get("PYENV_ROOT"):
        roots.insert(0, Path(environment["PYENV_ROOT"]))
    for root in roots:
        versions = (root / "versions").glob("3.10*/bin/python")
        found += [str(python) for python in sorted(versions, key=_patch, reverse=True)]
    usable = (p for p in found if os.access(p, os.X_OK) and own not in Path(p).parents)
    return list(dict.fromkeys(usable))


def _patch(python: Path) -> list[int]:
    """The numbers of a version, so that 3.10.13 is newer than 3.10.9."""
    return [int(part) for part in python.parent.parent.name.split(".") if part.isdigit()]


def proven(python: str) -> str | None:
    """The real path of a Python that runs, is a complete 64-bit CPython 3.10, or None."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", _PROBE], capture_output=True, encoding="utf-8", timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def first_proven(pythons: Iterable[str]) -> str | None:
    """The first that proves itself, or None."""
    return next((real for real in map(proven, pythons) if real), None)
