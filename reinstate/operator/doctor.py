"""`make doctor`: everything that can stop or spoil a start, a line each: "ok", or what is wrong and its mend.

It asks what the start asks (`reinstate.server.app`), and leaves nothing behind: no file, no row. Nothing of
the bot is imported before the packages were looked at, so that a broken environment is said as well.
"""

from __future__ import annotations

import importlib.metadata
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reinstate.operator.finding import OK, Wrong
from reinstate.operator.services import redis, slack, telegram
from reinstate.server.log import hidden

if TYPE_CHECKING:
    from reinstate.server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
# What a day of a busy help site writes, and the model that is unpacked at the start.
LEAST_FREE_BYTES = 200 * 2**20
_NEW_FILES = "a file cannot be made in {} ({}): make it writable to the user that runs the bot"
_LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)(?: *; *([^\\]+))?", re.MULTILINE)
Check = Callable[[], str]


def main() -> int:
    """Print a line for each check; 1 where one of them found something wrong."""
    wrong = 0
    for name, line in examined():
        wrong += not line.startswith(OK)
        sys.stdout.write(f"{name}: {line}\n")
        sys.stdout.flush()
    return min(wrong, 1)


def examined() -> Iterator[tuple[str, str]]:
    """What each check found, by its name."""
    yield "packages", _line(packages)
    yield "knowledge", _line(knowledge)
    yield "model", _line(model)
    yield "shared memory", _line(shared_memory)
    try:
        from reinstate.server.settings import Settings

        settings = Settings.load()
    except Exception as error:
        yield "settings", _said(error, ())
        return
    yield "settings", OK
    of_settings: Sequence[tuple[str, Callable[[Settings], str]]] = (
        ("rasa", rasa),
        ("port", port),
        ("disk", disk),
        ("database", database),
        ("redis", redis),
        ("slack", slack),
        ("telegram", telegram),
    )
    for name, check in of_settings:
        yield name, _line(lambda check=check: check(settings), settings.secrets)  # type: ignore[misc]


def _line(check: Check, secrets: Sequence[str] = ()) -> str:
    try:
        return check()
    except Exception as error:
        return _said(error, secrets)


def _said(error: Exception, secrets: Sequence[str]) -> str:
    """An error in one line without secrets; our own ones name the mend themselves."""
    if isinstance(error, ImportError):
        return f"cannot be looked at ({error}): `make run` brings the packages up to date"
    own = type(error).__module__.startswith("reinstate.")
    text = " ".join(str(error).split()) if own else f"{type(error).__name__}: {' '.join(str(error).split())}"
    return hidden(text, secrets)


def packages() -> str:
    """Whether what requirements.txt locks is installed, in just those versions."""
    found = {
        _canonical(name): distribution.version
        for distribution in importlib.metadata.distributions()
        if (name := distribution.metadata["Name"])
    }
    amiss = differing((ROOT / "requirements.txt").read_text(encoding="utf-8"), found)
    if amiss:
        raise Wrong(f"{', '.join(amiss)}: `make run` brings .venv up to date with requirements.txt")
    return OK


def differing(locked: str, installed: Mapping[str, str]) -> list[str]:
    """What is missing or has another version, in words.

    Args:
        locked: the lock file.
        installed: versions by canonical name.
    """
    from packaging.markers import Marker

    amiss = []
    for name, version, marker in _LOCKED.findall(locked):
        if marker and not Marker(marker.strip()).evaluate():
            continue
        here = installed.get(_canonical(name))
        if here is None:
            amiss.append(f"{name} is missing")
        elif here != version:
            amiss.append(f"{name} is {here} and not {version}")
    return amiss


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def knowledge() -> str:
    """Whether `knowledge/` has no mistakes."""
    from reinstate.knowledge import KnowledgeError, load

    try:
        load()
    except KnowledgeError as error:
        first, *others = error.mistakes
        more = f", and {len(others)} more" if others else ""
        raise Wrong(f"{first}{more}: `make check-knowledge` lists all") from None
    return OK


def model() -> str:
    """Whether there is a model, of what is there now; an image has nothing to compare it with."""
    from reinstate import train
    from reinstate.server.app import find_model

    find_model()
    if not all((ROOT / name).exists() for name in train.INPUTS):
        return f"{OK} (there; what it was trained from is not here)"
    if not train.is_current(train.fingerprint(ROOT)):
        raise Wrong("it was trained from something else than what is here now: `make train` trains it anew")
    return OK


def shared_memory() -> str:
    """Whether processes can share a lock, for which Linux needs /dev/shm."""
    try:
        multiprocessing.Lock()
    except OSError as error:
        raise Wrong(
            f"processes cannot share memory ({error.strerror}): mount a tmpfs at /dev/shm, open to all"
        ) from None
    return OK


def rasa(settings: Settings) -> str:
    """Whether this Rasa can run the actions in its process, where it has to."""
    from reinstate import inprocess

    if settings.action_server_url:
        return f"{OK} (actions run elsewhere)"
    inprocess.install()
    return OK


def port(settings: Settings) -> str:
    """Whether the address can be listened at."""
    from reinstate.server.app import bind

    bind(settings).close()
    return OK


def disk(settings: Settings) -> str:
    """Whether what the bot keeps can be written and has room, which SQLite needs for a copy of its file."""
    from reinstate.server.settings import VAR

    file = _sqlite_file(settings)
    own = {*([VAR] if not settings.session_secret else []), *([file.parent] if file else [])}
    for folder in sorted({*own, Path(tempfile.gettempdir())}):
        place = _standing(folder)
        try:
            tempfile.TemporaryFile(dir=place).close()
        except OSError as error:
            raise Wrong(_NEW_FILES.format(place, error.strerror)) from None
        kept = file.stat().st_size if file and file.is_file() and file.parent == folder else 0
        free, needed = shutil.disk_usage(place).free, LEAST_FREE_BYTES + kept
        if free < needed:
            least, is_free = needed // 2**20, free // 2**20
            raise Wrong(f"{place} has {is_free} MB free and needs {least}: make room")
    secret = [VAR / "session_secret"] if not settings.session_secret else []
    # They are not opened: closing one would end the locks that SQLite has on it in this process.
    for each in (*secret, *(Path(f"{file}{end}") for end in ("", "-wal", "-shm", "-lock") if file)):
        if each.exists() and not os.access(each, os.R_OK | os.W_OK):
            raise Wrong(f"{each} cannot be written: give it to the user that runs the bot")
    return OK


def _standing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return folder if folder.exists() else _standing(folder.parent)


def _sqlite_file(settings: Settings) -> Path | None:
    """The file that conversations are kept in, if it is one."""
    scheme, _, file = settings.database_url.reveal().partition(":///")
    return Path(file) if scheme == "sqlite" else None


def database(settings: Settings) -> str:
    """Whether a turn could be kept, and locks be had; a SQLite file that is not there yet is not made."""
    import sqlalchemy as sa

    from reinstate.server.app import locks_of, open_store

    file = _sqlite_file(settings)
    if file and not file.exists():
        return f"{OK} (the file is made at the first start)"
    store = open_store(settings)
    try:
        store.check()
        if not file and not settings.redis_url:
            locks_of(store.database)
    except sa.exc.SQLAlchemyError as error:
        reason = store.database.explain(error)
        raise Wrong(f"no turn can be kept ({reason}): look after the database") from None
    finally:
        store.engine.dispose()
    return OK


if __name__ == "__main__":
    sys.exit(main())
