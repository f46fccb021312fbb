"""What `.venv` was made from, so that a second start can tell that nothing is to be done."""

from __future__ import annotations

import enum
import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

NAME = ".reinstate.json"
RUNTIME, DEV = "requirements.txt", "requirements-dev.txt"


class Need(enum.Enum):
    """What has to be done to an environment."""

    NOTHING = "nothing"
    SYNC = "install what is missing, remove what is too much"
    REBUILD = "make it anew"


@dataclass(frozen=True)
class Stamp:
    """What an environment was made from.

    `runtime` and `dev` are digests of the lock files it was installed from, `dev` None if the
    checking tools are not in it. `place` is the project's folder: scripts in an environment name
    it, so a moved one has to be made anew. `packages` is how many are installed.
    """

    place: str
    python: str
    runtime: str
    dev: str | None
    packages: int = 0
    finished: bool = False

    def done(self, packages: int) -> Stamp:
        """The stamp of the finished environment."""
        return replace(self, packages=packages, finished=True)


@dataclass(frozen=True)
class Found:
    """What is in the environment's folder: its Python's version (None: it has none) and packages."""

    python: str | None
    packages: int
    has_dev: bool = False


def digest(file: Path) -> str:
    """A digest of a lock file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def wanted(root: Path, dev: bool, python: str) -> Stamp:
    """The stamp that an environment for the present lock files has to have."""
    return Stamp(str(root), python, digest(root / RUNTIME), digest(root / DEV) if dev else None)


def look(venv: Path) -> Found:
    """See what is in the environment's folder without starting its Python, which takes longer."""
    python = None
    if (venv / "bin" / "python").exists():
        config = venv / "pyvenv.cfg"
        text = config.read_text(encoding="utf-8") if config.is_file() else ""
        version = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", text, re.MULTILINE)
        python = version.group(1) if version else None
    packages = sum(1 for _ in venv.glob("lib/python3.*/site-packages/*.dist-info"))
    return Found(python, packages, has_dev=(venv / "bin" / "pytest").exists())


def read(venv: Path) -> Stamp | None:
    """The stamp of an environment, or None if there is none that can be read."""
    try:
        return Stamp(**json.loads((venv / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(venv: Path, stamp: Stamp) -> None:
    """Store the stamp, whole or not at all."""
    new = venv / (NAME + ".new")
    new.write_text(json.dumps(asdict(stamp), indent=1) + "\n", encoding="utf-8")
    new.replace(venv / NAME)


def need(stored: Stamp | None, target: Stamp, found: Found) -> Need:
    """What to do to an environment that is to become `target`.

    One with the checking tools will do for running the bot. One that was left half-made, was moved
    here or has another Python is made anew; one that somebody else made is brought up to date.
    """
    if found.python != target.python:
        return Need.REBUILD
    if stored is None:
        return Need.SYNC
    if not stored.finished or stored.place != target.place or stored.python != target.python:
        return Need.REBUILD
    right = stored.runtime == target.runtime and target.dev in (None, stored.dev)
    return Need.NOTHING if right and found.packages >= stored.packages else Need.SYNC
