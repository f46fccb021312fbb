"""Where the time of a turn goes in the server, by py-spy: `python -m bench.stacks`, and in `make bench`."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.speed import OURS
from tests.running import Chat, Server, tool

SECONDS, _PER_SECOND, _MOST = 20, 200, 8
# A sample belongs to the first of these in whose files its innermost frame of any is.
ROOMS = {
    "reading: encoders": r"\(reinstate/understanding/encoders",
    "reading: details, words, heads": r"\(reinstate/understanding/",
    "rules: which one fits": r"\((?:rasa/core/policies/|reinstate/quick_rules)",
    "actions: what is decided and said": r"\((?:actions/|reinstate/replies/|reinstate/inprocess|rasa_sdk/)",
    "store: one read, one write": r"\(reinstate/stores/",
    "door: HTTP, token, limits": r"\((?:reinstate/channels/|sanic/)",
    "Rasa: tracker, events": r"\((?:rasa/|reinstate/quick_turns)",
}
# Threads that wait here are idle; where it cannot see that (in a sandbox), py-spy takes them for busy.
_WAITS = re.compile(r"^(?:_worker \(concurrent/futures/thread|serve \(sanic/server/runners|wait \(threading)")
_OWN = re.compile(r"^(\S+) \(((?:reinstate|actions)/[^:]+)")


@dataclass(frozen=True)
class Profile:
    """What was found while somebody talked.

    Attributes:
        samples: how many stacks of busy threads.
        rooms: how many of them were in each room.
        functions: the same for the innermost function of our own.
        turns: how many were answered meanwhile.
    """

    samples: int
    rooms: Counter[str]
    functions: Counter[str]
    turns: int

    def said(self) -> str:
        """The part of the report about it."""
        each = 1000 / _PER_SECOND / self.turns
        table = ["| of a turn | ms | share |", "|---|---|---|"]
        for room in (*ROOMS, "else"):
            count = self.rooms[room]
            table.append(f"| {room} | {count * each:.1f} | {count / self.samples:.0%} |")
        most = self.functions.most_common(_MOST)
        inner = ["| innermost function of ours | share |", "|---|---|"]
        inner += [f"| `{name}` | {count / self.samples:.0%} |" for name, count in most]
        return "\n\n".join(
            [
                f"{self.samples:,} stacks of busy threads in {self.turns:,} turns of one person, by py-spy,"
                f" {_PER_SECOND} a second: {self.samples * each:.1f} ms of a turn in the server.",
                "\n".join(table),
                "\n".join(inner),
            ]
        )


def spy(pid: int, converse: Callable[[], int], seconds: int = SECONDS) -> Profile:
    """Look into a process while somebody talks to it.

    Args:
        pid: of the server.
        converse: one conversation; how many turns it had.
        seconds: how long at least.

    Raises:
        RuntimeError: if py-spy may not look into it, with its own words.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacks.txt"
        command = [tool("py-spy"), "record", "--format", "raw", "--output", str(file), "--pid", str(pid)]
        command += ["--duration", str(seconds), "--rate", str(_PER_SECOND)]
        turns = 0
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as spying:
            while spying.poll() is None:
                turns += converse()
            _, said = spying.communicate()
        if not file.exists():
            raise RuntimeError(f"py-spy: {said.strip()}")
        return sorted_out(file.read_text(encoding="utf-8").splitlines(), turns)


def sorted_out(stacks: Iterable[str], turns: int) -> Profile:
    """Stacks of py-spy ("outer;inner 12") by room and by function."""
    rooms: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")[::-1]
        if not _WAITS.match(frames[0]):
            rooms[next(filter(None, map(_room, frames)), "else")] += int(count)
            own = next(filter(None, map(_OWN.match, frames)), None)
            functions[f"{own[2]}: {own[1]}" if own else "none"] += int(count)
    return Profile(rooms.total(), rooms, functions, turns)


def _room(frame: str) -> str | None:
    return next((room for room, files in ROOMS.items() if re.search(files, frame)), None)


def main() -> None:
    """Print the tables of a server of our own."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start(plain=True)
        try:

            def converse() -> int:
                chat = Chat(server.url).open()
                return len([chat.say(text) for text in OURS])

            converse()
            found = spy(server.pid, converse)
        finally:
            server.stop()
    sys.stdout.write(found.said() + "\n")


if __name__ == "__main__":
    main()
