"""The steps of setting up, in their order."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, NoReturn, Sequence

from setup import pythons, stamp, trouble, uv
from setup.process import run as run_tool
from setup.process import say, worth_showing
from setup.trouble import SetupError

ROOT = Path(__file__).resolve().parent.parent
VENV, TOOLS = ROOT / ".venv", ROOT / ".tools"
PYTHON = "3.10"
NEEDED = 3_000_000_000  # a fresh environment with the checking tools takes 2.1 GB, downloads their share
NEEDED_MORE = 500_000_000  # a change of some packages


def run(arguments: Sequence[str]) -> int:
    """Make or update the environment, or the lock files; the exit code. Errors are one line."""
    parser = argparse.ArgumentParser(prog="setup/environment.py", description="Makes or updates .venv.")
    parser.add_argument("--dev", action="store_true", help="install what checks the bot as well")
    parser.add_argument("--check", action="store_true", help="only tell, by the exit code, if it is right")
    parser.add_argument("--lock", action="store_true", help="write the requirement files anew, nothing else")
    parser.add_argument("options", nargs="*", help="with --lock, after --: options for uv pip compile")
    chosen = parser.parse_args(arguments)
    # So that `finally` is reached and no tool is left running when `make` is told to end.
    signal.signal(signal.SIGTERM, _end)
    try:
        if chosen.check:
            return int(need(chosen.dev) is not stamp.Need.NOTHING)
        if chosen.lock:
            lock(chosen.options)
        elif need(chosen.dev) is not stamp.Need.NOTHING:
            with one_at_a_time():
                make(chosen.dev)
    except SetupError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except OSError as error:
        foreseen = trouble.explain(str(error)) or f"{error}: mend this, then run this again"
        sys.stderr.write(f"error: {foreseen}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped: run this again to go on\n")
        return 130
    return 0


def _end(_signal: int, _frame: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


def need(dev: bool) -> stamp.Need:
    """What has to be done so that `.venv` is right."""
    return stamp.need(stamp.read(VENV), _target(dev), stamp.look(VENV))


def _target(dev: bool) -> stamp.Stamp:
    try:
        return stamp.wanted(ROOT, dev, PYTHON)
    except FileNotFoundError as error:
        raise SetupError(
            f"{error.filename} is missing: restore it (git checkout {error.filename})"
        ) from error


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold others off that set up the same folder, until this one is done."""
    import fcntl

    folder = os.open(str(ROOT), os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder; waiting for it ...")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make(dev: bool) -> None:
    """Bring `.venv` up to date, from whatever state it is in.

    Raises:
        SetupError: if that cannot be done; the next try starts from a clean folder.
    """
    started = time.monotonic()
    what = need(dev)
    if what is stamp.Need.NOTHING:  # someone else has just done it
        return
    stored, found = stamp.read(VENV), stamp.look(VENV)
    # What checks the bot stays once it is there, so that `make run` and `make test` do not undo
    # each other's work.
    keeps_dev = found.has_dev if stored is None else stored.dev is not None
    target = _target(dev or (keeps_dev and what is stamp.Need.SYNC))
    rebuild = what is stamp.Need.REBUILD
    _check_room(VENV, NEEDED if rebuild else NEEDED_MORE)
    installer = uv.bring(TOOLS)
    settings = _settings(installer, NEEDED if rebuild else NEEDED_MORE)
    if rebuild:
        python = find_python(installer, settings)
        say(f"Making .venv with {python} ...")
        _remove(VENV)
        run_tool([installer, "venv", "--quiet", "--no-project", "--python", python, str(VENV)], settings)
        say("Installing the packages (600 MB to fetch: 1 to 5 minutes; seconds if fetched before) ...")
    else:
        say("Bringing the packages in .venv up to date (seconds to some minutes) ...")
    stamp.write(VENV, target)
    _install(installer, settings, target)
    stamp.write(VENV, target.done(stamp.look(VENV).packages))
    say(f"The environment is ready ({time.monotonic() - started:.0f} s).")


def _install(installer: str, settings: dict[str, str], target: stamp.Stamp) -> None:
    """Install exactly what the lock files list.

    `sync` takes them as they are. Resolving again would bring back what overrides.txt leaves out
    (about 1 GB); it also removes what is no longer listed. Three packages exist as source only and
    are built: the tools for that are held to the same versions and hashes.
    """
    locks = [str(ROOT / stamp.RUNTIME)] + ([str(ROOT / stamp.DEV)] if target.dev else [])
    into = ["--python", str(VENV / "bin" / "python")]
    checked = ["--require-hashes", "--build-constraint", str(ROOT / stamp.RUNTIME)]
    run_tool([installer, "pip", "sync", *into, *checked, *locks], settings, worth_showing)


def find_python(installer: str, settings: dict[str, str]) -> str:
    """A Python 3.10 of this machine, or one that uv fetches.

    Raises:
        SetupError: if there is none and none can be fetched.
    """
    here = pythons.candidates(sys.executable, os.environ, Path.home(), VENV)
    real = pythons.first_proven(here) or _managed(installer, settings)
    if real:
        return real
    say("No Python 3.10 on this machine; fetching one (30 MB; up to a minute) ...")
    try:
        run_tool([installer, "python", "install", PYTHON], {**settings, "UV_PYTHON_INSTALL_BIN": "0"})
        real = _managed(installer, settings)
    except SetupError as error:
        raise SetupError(
            f"there is no Python 3.10 here and none could be fetched ({str(error).partition(':')[0]}): "
            "install it (pyenv install 3.10, or your system's python3.10), then run this again"
        ) from error
    if real is None:
        raise SetupError(
            "the Python 3.10 that uv fetched does not run here: install one (pyenv install 3.10)"
        )
    return real


def _managed(installer: str, settings: dict[str, str]) -> str | None:
    """A Python 3.10 that uv has fetched before."""
    command = [installer, "python", "find", "--no-project", "--system", "--managed-python", PYTHON]
    quiet = {**settings, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(
        command, env=quiet, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    return pythons.proven(done.stdout.strip()) if done.returncode == 0 else None


def _settings(installer: str, needed: int) -> dict[str, str]:
    """uv's environment, with a cache that has room and a way to link from it that works."""
    settings = uv.environment(os.environ, uv.pip_settings())
    if settings.get("UV_NO_CACHE"):
        return settings
    cache = Path(run_tool([installer, "cache", "dir"], settings).strip())
    if not settings.get("UV_CACHE_DIR"):
        usual, own = _standing(cache), TOOLS / "cache"
        writable = os.access(str(usual), os.W_OK | os.X_OK)
        cache = uv.choose_cache(cache, own, writable, _free(cache), _free(own), needed)
        settings["UV_CACHE_DIR"] = str(cache)
    _check_room(cache, needed)
    if _standing(cache).stat().st_dev != ROOT.stat().st_dev:
        # Files cannot be shared across file systems; said beforehand, uv does not warn.
        settings.setdefault("UV_LINK_MODE", "copy")
    return settings


def _check_room(folder: Path, needed: int) -> None:
    problem = trouble.too_little_room(_free(folder), needed, str(_standing(folder)))
    if problem:
        raise SetupError(problem)


def _free(folder: Path) -> int:
    return shutil.disk_usage(str(_standing(folder))).free


def _standing(folder: Path) -> Path:
    """The folder itself or the nearest one above it that exists."""
    return folder if folder.exists() else _standing(folder.parent)


def _remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(str(folder))


def lock(options: list[str]) -> None:
    """Write the requirement files anew from the .in files, with hashes and without addresses.

    Raises:
        SetupError: if the requirements contradict each other, or the index cannot be reached.
    """
    installer = uv.bring(TOOLS, pinned=True)
    settings = uv.environment(os.environ, uv.pip_settings(), every_index=False)
    shared = ["--quiet", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    shared += ["--no-annotate", "--custom-compile-command", "make lock", *options]
    bot = ["--python-version", PYTHON, "--override", "overrides.txt"]
    os.chdir(str(ROOT))
    for name, more in (
        ("requirements", bot),
        ("requirements-dev", bot),
        ("setup/uv", ["--python-version", "3.8"]),
    ):
        say(f"Locking {name}.txt (up to a minute) ...")
        run_tool([installer, "pip", "compile", *shared, *more, f"{name}.in", "-o", f"{name}.txt"], settings)
