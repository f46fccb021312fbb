"""What a turn costs as a conversation grows (`python -m bench.turns`), through the web door.

For some places in one conversation: the median time to the end of the reply and the server's processor time
a turn, over the turns around that place, and both as ratios to turn 5. Written to bench/reports/turns.md.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.running import Chat, Server

REPORT = Path(__file__).parent / "reports" / "turns.md"
PLACES = (5, 50, 200, 400, 2000)
AROUND = 5
TEXTS = (
    "my account was suspended because I have two accounts",
    "how long does it take?",
    "thank you",
    "can I open a new account?",
    "what about my money?",
    "my brother made the second one",
    "hello",
    "why?",
)


def main() -> None:
    """Talk on until the last place (or that of the first argument)."""
    last = int(sys.argv[1]) if len(sys.argv) > 1 else PLACES[-1]
    places = [place for place in PLACES if place <= last]
    seconds, processor = [0.0], [0.0]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            chat = Chat(server.url).open()
            for turn in range(1, last + AROUND):
                began, used = time.perf_counter(), _used(server.pid)
                chat.say(TEXTS[turn % len(TEXTS)])
                seconds.append(time.perf_counter() - began)
                processor.append(_used(server.pid) - used)
        finally:
            server.stop()
    first: tuple[float, float] | None = None
    rows = ["| turn | ms | ratio | processor ms | ratio |", "|---|---|---|---|---|"]
    for place in places:
        around = slice(max(1, place - AROUND + 1), place + AROUND)
        took, used = statistics.median(seconds[around]), statistics.mean(processor[around])
        first = first or (took, used)
        ratio = used / first[1] if first[1] else 0.0
        rows.append(
            f"| {place} | {took * 1000:.1f} | {took / first[0]:.2f} | {used * 1000:.1f} | {ratio:.2f} |"
        )
    table = "\n".join(rows)
    sys.stdout.write(f"{table}\n")
    REPORT.write_text(f"# {__doc__.splitlines()[0]}\n\n{table}\n", encoding="utf-8")


def _used(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
