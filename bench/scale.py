"""What one replica holds and how many a load needs, from what `python -m bench` and `bench.stores` measured.

    python -m bench.scale --write     puts the tables into docs/scale.md

Assumed, because nothing has measured it: how many turns a conversation has, and how much busier the
busiest hour is than the mean one.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import textwrap

from bench.readme import README, put
from bench.stores import COMMITS
from bench.stores import REPORT as STORES

PAGE = README.parent / "docs" / "scale.md"
SPEED = README.parent / "bench" / "reports" / "speed.md"
TURNS_EACH, PEAK, USED = 8, 4, 0.6
LOADS = (1_000, 10_000, 100_000, 1_000_000)
DAY_SECONDS = 24 * 3600


def measured(report: str, column: int = 0) -> dict[str, float]:
    """The figures in a column of the tables of a report, by the name of their row; the first of a name."""
    rows = re.findall(rf"^\| ([^|]+?) \|(?: [\d.]+ \|){{{column}}} ([\d.]+) \|", report, re.MULTILINE)
    found: dict[str, float] = {}
    for name, value in rows:
        found.setdefault(name, float(value))
    return found


def replicas(conversations: int, per_second: float) -> tuple[float, int]:
    """Turns a second in the busiest hour, and the processes that these need; two at the least."""
    peak = conversations * TURNS_EACH * PEAK / DAY_SECONDS
    return peak, max(2, math.ceil(peak / (per_second * USED)))


def made(speed: str, stored: str) -> str:
    """What docs/scale.md says of figures, from the reports of `bench` and `bench.stores`."""
    found, kept = measured(speed), measured(stored)
    per_second, memory = found["turns a second, 8 at once"], found["memory, MB"]
    rows = [
        "| conversations a day | turns a second at the peak | processes | memory of these, GB "
        "| database in a month, GB |",
        "|---|---|---|---|---|",
    ]
    for load in LOADS:
        peak, needed = replicas(load, per_second)
        month = 30 * load * TURNS_EACH * kept["bytes in PostgreSQL"] / 1e9
        rows.append(f"| {load:,} | {peak:.1f} | {needed} | {needed * memory / 1000:.0f} | {month:,.1f} |")
    commits, lite, postgres = (kept[name] for name in (COMMITS, "bytes in SQLite", "bytes in PostgreSQL"))
    said = (
        f"A turn leaves {postgres / 1000:.1f} kB in PostgreSQL and {lite / 1000:.1f} kB in SQLite. PostgreSQL"
        f" keeps {commits:,.0f} turns a second on this machine, {commits / peak:.1f} times what the last row"
        " needs at its peak. Locks, in ms:"
    )
    rows += ["", textwrap.fill(said, 110), "", "| | PostgreSQL | Redis | quicker |", "|---|---|---|---|"]
    redis = measured(stored, 1)
    for name in redis:
        one, two = kept[name], redis[name]
        quicker = f"Redis, {one / two:.1f} ×" if two < one else f"PostgreSQL, {two / one:.1f} ×"
        rows.append(f"| {re.sub(',? ms', '', name)} | {one:.2f} | {two:.2f} | {quicker} |")
    return "\n".join(rows)


def main() -> None:
    """Print the tables, or put them where they belong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/scale.md")
    page = made(SPEED.read_text(encoding="utf-8"), STORES.read_text(encoding="utf-8"))
    sys.stdout.write(page + "\n")
    if parser.parse_args().write:
        put("scale", page, PAGE)


if __name__ == "__main__":
    main()
