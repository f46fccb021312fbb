"""Runs the tools that set-up needs, and says what happens meanwhile."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
import time
from typing import Callable, Mapping, Sequence

from setup.trouble import SetupError, explain

_STILL_AT_WORK_SECONDS = 20
_WORTH_SHOWING_MIB = 10.0


def say(text: str) -> None:
    """Tell what is going on, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def worth_showing(line: str) -> bool:
    """Whether a person waiting wants to see this line of uv's: the long downloads and the sums."""
    size = re.match(r"\s*Downloading \S+ \(([\d.]+)(M|G)iB\)", line)
    if size:
        return size.group(2) == "G" or float(size.group(1)) >= _WORTH_SHOWING_MIB
    return bool(re.match(r"\s*(Prepared|Uninstalled|Installed) \d+ package", line))


def run(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    shows: Callable[[str], bool] = lambda _line: False,
) -> str:
    """Run a tool to its end, with a sign of life now and then; what it printed.

    Nothing is left running, whatever ends this process short of a kill.

    Raises:
        SetupError: if the tool cannot be run or fails. What it printed is shown first, unless the
            error says it all.
    """
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run ({error.strerror}): mend or remove it") from error
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    printed = []
    try:
        while True:
            try:
                line = lines.get(timeout=_STILL_AT_WORK_SECONDS)
            except queue.Empty:
                say(f"  ... still at it after {time.monotonic() - started:.0f} s")
                continue
            if line is None:
                break
            printed.append(line)
            if shows(line):
                say("  " + line.strip())
        code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    output = "".join(printed)
    if code:
        raise SetupError(_failure(command, code, output))
    return output


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None  # noqa: S101 - for the type checker
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def _failure(command: Sequence[str], code: int, output: str) -> str:
    foreseen = explain(output)
    if foreseen:
        return foreseen
    say(output.rstrip())
    return f"`{' '.join(command[:3])} ...` failed with exit code {code}: see its lines above"
