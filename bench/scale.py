"""What one replica holds and how many a load needs, from what `bench/reports/speed.md` measured.

    python -m bench.scale --write     puts the table into docs/scale.md

Assumed, because nothing has measured it: how many turns a conversation has, and how much busier the
busiest hour is than the mean one.
"""

from __future__ import annotations

import argparse
import math
import re
import sys

from bench.readme import README, put

PAGE = README.parent / "docs" / "scale.md"
SPEED = README.parent / "bench" / "reports" / "speed.md"
TURNS_EACH, PEAK, USED = 8, 4, 0.6
LOADS = (1_000, 10_000, 100_000, 1_000_000)
DAY_SECONDS = 24 * 3600


def measured(report: str) -> dict[str, float]:
    """Our own figures in a report of `bench`, by the name of their row."""
    rows = re.findall(r"^\| ([^|]+?) \| ([\d.]+) \|", report, re.MULTILINE)
    return {name: float(value) for name, value in rows}


def replicas(conversations: int, per_second: float) -> tuple[float, int]:
    """Turns a second in the busiest hour, and the processes that these need; two at the least."""
    peak = conversations * TURNS_EACH * PEAK / DAY_SECONDS
    return peak, max(2, math.ceil(peak / (per_second * USED)))


def table(report: str) -> str:
    """The table of docs/scale.md."""
    found = measured(report)
    per_second, memory = found["turns a second, 8 at once"], found["memory, MB"]
    rows = [
        "| conversations a day | turns a second at the peak | processes | memory of these, GB |",
        "|---|---|---|---|",
    ]
    for load in LOADS:
        peak, needed = replicas(load, per_second)
        rows.append(f"| {load:,} | {peak:.1f} | {needed} | {needed * memory / 1000:.0f} |")
    return "\n".join(rows)


def main() -> None:
    """Print the table, or put it where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/scale.md")
    made = table(SPEED.read_text(encoding="utf-8"))
    sys.stdout.write(made + "\n")
    if parser.parse_args().write:
        put("scale", made, PAGE)


if __name__ == "__main__":
    main()
