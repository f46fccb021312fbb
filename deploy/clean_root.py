"""Proves deploy/Dockerfile where no container engine is: runs its own steps in roots made by mmdebstrap.

    .venv/bin/python deploy/clean_root.py FOLDER       as root, on Debian; some 6 GB and 15 minutes

A stage begins with a minimal Debian of the name that its base ends with, and this Python's version in
`/usr/local`, as the official image has it; each RUN is a chroot into that. Then the last stage runs as
`docker run --read-only` would run it: its own user, a root that cannot be written but for the two folders,
and a network without a way out. It has to become healthy by its own check, answer a message, and end in
peace on TERM. What took how long is printed; ends with 0 only if all of it held.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What the official image holds of Debian for its Python, beside the minimum.
DEBIAN = (
    "ca-certificates,libbz2-1.0,libexpat1,libffi8,liblzma5,libncursesw6,libreadline8,libsqlite3-0,libssl3"
)
PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
# A company's own authority may stand between this machine and the index.
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
TRUSTING = ["env", f"SSL_CERT_FILE={CERTIFICATES}", f"PIP_CERT={CERTIFICATES}"]
HEALTHY_SECONDS = 300
ASK = "from tests.running import Chat; print(Chat('http://127.0.0.1:5005').open().say('{}'))"
SAID, HEARD = "a client paid me outside of upwork and i was suspended", "payment outside Upwork"


@dataclass
class Stage:
    """A root that grows step by step.

    Attributes:
        root: where it lies.
        folder: where steps run in it.
        environment: what ENV added.
        user: who runs what it starts.
        health: the command of HEALTHCHECK.
        start: the command of CMD.
    """

    root: Path
    folder: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0"
    health: list[str] = field(default_factory=list)
    start: list[str] = field(default_factory=list)

    def path(self, inside: str) -> Path:
        """Where a path of the stage lies."""
        return self.root / os.path.normpath(Path(self.folder) / inside).lstrip("/")

    def entered(self, command: list[str], user: str = "0") -> list[str]:
        """The command that runs another one in this root."""
        given = [f"{name}={value}" for name, value in {"PATH": PATH, **self.environment}.items()]
        there = f'cd {self.folder} && exec "$@"'
        return [
            "chroot",
            f"--userspec={user}:{user}",
            str(self.root),
            "env",
            "-i",
            *given,
            "sh",
            "-c",
            there,
            "-",
            *command,
        ]


def instructions(text: str) -> list[tuple[str, str]]:
    """The steps of a Dockerfile: what to do, and with what."""
    whole = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in whole.splitlines() if line.strip()]


def build(folder: Path) -> Stage:
    """Run all steps; the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for what, words in instructions((ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")):
        began = time.monotonic()
        if what == "FROM":
            image, _, name = words.partition(" AS ")
            stage = stages[name] = Stage(folder / (name or "last"))
            _base(image, folder / "base", stage.root)
        elif what == "WORKDIR":
            stage.folder = words
            stage.path(words).mkdir(exist_ok=True)
        elif what == "COPY":
            _copy(words.split(), stage, stages)
        elif what == "RUN":
            with_proc = f'mount -t proc proc {stage.root}/proc && exec "$@"'
            step = stage.entered([*TRUSTING, "sh", "-c", words])
            _run(["unshare", "--mount", "sh", "-c", with_proc, "-", *step])
        elif what == "ENV":
            stage.environment |= dict(word.split("=", 1) for word in shlex.split(words))
        elif what == "USER":
            stage.user = words
        elif what == "HEALTHCHECK":
            stage.health = json.loads(words.partition("CMD ")[2])
        elif what == "CMD":
            stage.start = json.loads(words)
        elif what not in ("LABEL", "VOLUME", "EXPOSE"):
            sys.exit(f"error: nobody taught this script what {what} does")
        _tell(f"{what} {words[:80]}", began)
    return stage


def _base(image: str, base: Path, root: Path) -> None:
    """Lay the root that a stage begins with."""
    if not base.exists():
        found = re.fullmatch(r"python:(\d+\.\d+)-slim-(\w+)", image)
        if not found or found[1] != f"{sys.version_info[0]}.{sys.version_info[1]}":
            sys.exit(f"error: {image} is not Debian with the Python that runs this")
        _run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={DEBIAN}", found[2], str(base)])
        _add_python(base)
        for file in ("/etc/resolv.conf", CERTIFICATES):
            shutil.copy(file, base / file[1:])
    if root.exists():
        sys.exit(f"error: {root} is there from an earlier try: remove it")
    _run(["cp", "--archive", "--reflink=auto", str(base), str(root)])


def _add_python(root: Path) -> None:
    home, name = Path(sys.base_prefix), f"python{sys.version_info[0]}.{sys.version_info[1]}"
    local = root / "usr" / "local"
    for file in [home / "bin" / name, *(home / "lib").glob("libpython*")]:
        shutil.copy(file, local / file.parent.name)
    left_out = shutil.ignore_patterns("__pycache__", "test")
    shutil.copytree(home / "lib" / name, local / "lib" / name, ignore=left_out)
    (local / "bin" / "python3").symlink_to(name)
    _run(["chroot", str(root), "ldconfig"])


def _copy(words: list[str], stage: Stage, stages: dict[str, Stage]) -> None:
    """COPY: from what is sent to the builder, or from an earlier stage."""
    origin = None
    if words[0].startswith("--from="):
        origin = stages[words.pop(0).partition("=")[2]]
    *sources, target = words
    for source in sources:
        path = origin.path(source) if origin else ROOT / source
        to = stage.path(target)
        if target.endswith("/"):
            to /= path.name
        elif path.is_file():
            to = to / path.name if to.is_dir() else to
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            ignored = None if origin else shutil.ignore_patterns("__pycache__")
            shutil.copytree(path, to, symlinks=True, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy(path, to)


def prove(stage: Stage) -> None:
    """Run the last stage as a container that may do little; ends the script where something fails."""
    began = time.monotonic()
    root, own = stage.root, f"-o uid={stage.user},gid={stage.user}"
    # An engine gives each container its own /proc and /dev/shm.
    shielded = f"""
        ip link set lo up && mount --bind {root} {root} && mount -o remount,bind,ro {root} &&
        mount -t proc proc {root}/proc && mount -t tmpfs shared {root}/dev/shm &&
        mount -t tmpfs temporary {root}/tmp && mount -t tmpfs {own} var {stage.path("var")} && exec "$@"
    """  # noqa: S108 - the root's
    started = stage.entered(stage.start, stage.user)
    bot = subprocess.Popen(["unshare", "--mount", "--net", "sh", "-c", shielded, "-", *started])
    inside = ["nsenter", f"--target={bot.pid}", "--mount", "--net"]

    def ask(command: list[str], *, quiet: bool = True) -> subprocess.CompletedProcess[str]:
        error = subprocess.DEVNULL if quiet else None
        return subprocess.run(
            [*inside, *command], text=True, check=False, stdout=subprocess.PIPE, stderr=error
        )

    try:
        while ask(stage.entered(stage.health, stage.user)).returncode != 0:
            if bot.poll() is not None or time.monotonic() - began > HEALTHY_SECONDS:
                sys.exit(f"error: it is not healthy; exit code {bot.poll()}")
            time.sleep(0.5)
        _tell("healthy by its own check", began)
        status = Path(f"/proc/{bot.pid}/status").read_text(encoding="ascii")
        if re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)[1] != stage.user:  # type: ignore[index]
            sys.exit("error: it runs as somebody else")
        if ask(stage.entered(["touch", f"{stage.folder}/x"], stage.user)).returncode == 0:
            sys.exit("error: its root can be written")
        if (
            HEARD
            not in ask(
                ["env", f"PYTHONPATH={ROOT}", sys.executable, "-c", ASK.format(SAID)], quiet=False
            ).stdout
        ):
            sys.exit("error: it does not answer")
        _tell("answered", began)
    finally:
        bot.terminate()
        code = bot.wait(40)
    if code != 0:
        sys.exit(f"error: it ended with {code}")
    _tell("ended in peace", began)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit(f"error: {shlex.join(command)} ended with {done.returncode}")


def _tell(what: str, began: float) -> None:
    sys.stdout.write(f"{time.monotonic() - began:7.1f} s  {what}\n")
    sys.stdout.flush()


def main() -> None:
    """Build and prove."""
    if len(sys.argv) != 2 or os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    prove(build(folder))


if __name__ == "__main__":
    main()
