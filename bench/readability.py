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
from reinstate.settings import ROOT

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
    """Print the table."""
    grades: dict[str, list[float]] = defaultdict(list)
    for kind, text in texts():
        if len(text.split()) >= _LEAST_WORDS:
            grades[kind].append(float(textstat.flesch_kincaid_grade(text)))
    sys.stdout.write(f"{'':<16}{'texts':>6}{'median':>8}{'highest':>9}   school grade\n")
    for kind, found in (*sorted(grades.items()), ("all", [g for gs in grades.values() for g in gs])):
        sys.stdout.write(f"{kind:<16}{len(found):>6}{statistics.median(found):>8.1f}{max(found):>9.1f}\n")


if __name__ == "__main__":
    main()
