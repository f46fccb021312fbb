"""How hard the bot's texts are to read: Flesch-Kincaid school grade by kind of text.

python -m bench.readability
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator

import textstat
import yaml

from reinstate.knowledge import knowledge
from reinstate.server.settings import ROOT

REPORT = ROOT / "bench" / "reports" / "reading.md"
_LEAST_WORDS = 8


def texts() -> Iterator[tuple[str, str]]:
    """Every text a person may read, with its kind."""
    facts = knowledge()
    for cause in facts.causes.values():
        for text in (cause.guide, cause.policy, cause.follows, cause.differ, cause.unknown):
            yield "causes", text or ""
        yield "steps", " ".join((*cause.steps, *cause.avoid))
    for topic in facts.topics.values():
        yield "topics", " ".join(topic.answer)
        yield from (("topics", text) for text in topic.per_cause.values())
    for row in facts.table.rows:
        yield "verdicts", row.say
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    for variations in domain["responses"].values():
        yield from (("conversation", variation["text"]) for variation in variations)


def main() -> None:
    """Print the table and write the report."""
    grades: dict[str, list[float]] = defaultdict(list)
    for kind, text in texts():
        if len(text.split()) >= _LEAST_WORDS:
            grades[kind].append(float(textstat.flesch_kincaid_grade(text)))
    rows = ["| school grade | texts | median | highest |", "|---|---|---|---|"]
    for kind, found in (*sorted(grades.items()), ("all", [g for gs in grades.values() for g in gs])):
        rows.append(f"| {kind} | {len(found)} | {statistics.median(found):.1f} | {max(found):.1f} |")
    table = "\n".join(rows)
    sys.stdout.write(table + "\n")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(f"# {__doc__.splitlines()[0]}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
