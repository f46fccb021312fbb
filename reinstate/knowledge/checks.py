"""What must hold between the files of a knowledge folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reinstate.knowledge.models import NOTICES, Table, When
from reinstate.knowledge.reader import Reader

# The parts of a letter that tell what happened; the others frame it, or say how the person stands to it.
TELLING = ("what", "who", "why", "often", "detail", "unaware", "exception", "removed", "evidence")


def check_references(reader: Reader, parts: Mapping[str, Mapping[str, Any]], table: Table) -> None:
    """Report every id that stands for nothing, and every gap that would leave a person alone."""

    def known(kind: str, ids: Mapping[Any, Any] | tuple[str, ...], of: str, entry: str, loc: str) -> None:
        file, node = reader.where[of, entry]
        for wanted in ids:
            if wanted not in parts[kind]:
                near = ", ".join(sorted(parts[kind]))
                reader.wrong(file, node, f"'{wanted}' is not one of the {kind}: {near}", (loc,))

    for cause in parts["causes"].values():
        known("sources", cause.sources, "causes", cause.id, "sources")
        known("groups", (cause.group,), "causes", cause.id, "group")
        asked = [i for q in cause.ask for i in (q.circumstance, q.otherwise) if i]
        known("circumstances", tuple(asked), "causes", cause.id, "ask")
    for lookalike in parts["lookalikes"].values():
        known("sources", lookalike.sources, "lookalikes", lookalike.id, "sources")
    for topic in parts["topics"].values():
        known("sources", topic.sources, "topics", topic.id, "sources")
        known("causes", topic.per_cause, "topics", topic.id, "per_cause")
        known("notices", topic.per_notice, "topics", topic.id, "per_notice")
    for answer in parts["answers"].values():
        known("sources", answer.sources, "answers", answer.id, "sources")
        known("causes", answer.per_cause, "answers", answer.id, "per_cause")
        known("notices", answer.per_notice, "answers", answer.id, "per_notice")
        known("answers", answer.follow_ups, "answers", answer.id, "follow_ups")
        known("patterns", (answer.needs,) if answer.needs else (), "answers", answer.id, "needs")
        if answer.about and answer.about not in parts["lookalikes"]:
            known("causes", (answer.about,), "answers", answer.id, "about")
    for circumstance in parts["circumstances"].values():
        hinted = (circumstance.tells_of,) if circumstance.tells_of else ()
        known("causes", hinted, "circumstances", circumstance.id, "tells_of")
    for notice in parts["notices"].values():
        known("sources", notice.sources, "notices", notice.id, "sources")
    for answer in parts["upwork_answers"].values():
        known("sources", answer.sources, "upwork_answers", answer.id, "sources")
        known("letters", (answer.letter,) if answer.letter else (), "upwork_answers", answer.id, "letter")
    for kind in ("patterns", "roles", "wishes", "upwork_answers"):
        for phrase in parts[kind].values():
            file, node = reader.where[kind, phrase.id]
            wrong = [text for text in phrase.yes if not phrase.found(text)]
            wrong += [text for text in phrase.no if phrase.found(text)]
            for text in wrong:
                reader.wrong(file, node, f"'{text}' stands under yes or no and is not found so", ("says",))
    _check_facts(reader, parts)
    _check_letters(reader, parts)
    _check_table(reader, parts, table)
    for source in parts["sources"].values():
        if source.address is None and source.mark not in ("guide", "users"):
            file, node = reader.where["sources", source.id]
            reader.wrong(file, node, "an address is needed for an official or staff source")


def _check_facts(reader: Reader, parts: Mapping[str, Mapping[str, Any]]) -> None:
    for fact in parts["facts"].values():
        file, node = reader.where["facts", fact.id]
        for cause in fact.causes:
            if cause not in parts["causes"]:
                reader.wrong(file, node, f"'{cause}' is not one of the causes", ("causes",))
        for other in (*fact.unless, *fact.instead_of):
            if other not in parts["facts"]:
                reader.wrong(file, node, f"'{other}' is not in facts.yml", ("unless",))
        for value in fact.values.values():
            for circumstance in (value.circumstance, value.denied):
                if circumstance and circumstance not in parts["circumstances"]:
                    reader.wrong(file, node, f"'{circumstance}' is not one of the circumstances", ("values",))
        for pattern in (*fact.says, *fact.answers):
            if "(?P<value>" not in pattern:
                reader.wrong(file, node, f"'{pattern:.60}' has no group (?P<value>...)", ("says",))


def _check_letters(reader: Reader, parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Every fact that a row or a question names exists; a row that tells something needs it to be told."""
    facts, letters = parts["facts"], parts["letters"]
    for letter in letters.values():
        file, node = reader.where["letters", letter.id]
        for asked in (fact for asks in letter.asks.values() for fact in asks):
            if asked not in facts or facts[asked].ask is None:
                reader.wrong(file, node, f"'{asked}' is not a fact with a question in facts.yml", ("asks",))
        for number, row in enumerate(letter.rows):
            at = ("rows", number)
            named = [
                *re.findall(r"\{(\w+)\}", row.say),
                *(n.partition("=")[0] for n in (*row.needs, *row.lacks)),
            ]
            for fact in named:
                if fact not in facts and fact not in ("phrase", "words"):
                    reader.wrong(file, node, f"'{fact}' is not in facts.yml", at)
            for kind, _, value in (need.partition("=") for need in row.needs):
                if value and kind in facts and value not in facts[kind].values:
                    reader.wrong(file, node, f"'{value}' is not a value of '{kind}'", at)
            if row.part in TELLING and not row.needs:
                reader.wrong(file, node, f"a row of '{row.part}' tells something: say what it needs", at)
    for wanted in ("appeal", "generic"):
        if wanted not in letters:
            reader.wrong(reader.root / "letters", None, f"{wanted}.yml is missing: restore it")


def _check_table(reader: Reader, parts: Mapping[str, Mapping[str, Any]], table: Table) -> None:
    file, node = reader.where["verdicts", "verdicts"]
    allowed = {
        "cause": {*parts["causes"], "unknown"},
        "notice": set(NOTICES),
        "any": set(parts["circumstances"]),
        "all": set(parts["circumstances"]),
    }
    seen: set[str] = set()
    for number, row in enumerate(table.rows):
        at = ("rows", number)
        if row.id in seen:
            reader.wrong(file, node, f"row id '{row.id}' stands twice: give each its own", at)
        seen.add(row.id)
        if (row.path == "none") != (row.odds == "none"):
            reader.wrong(file, node, "path none and odds none go together", at)
        for key, ids in allowed.items():
            for wanted in getattr(row.when, key):
                if wanted not in ids:
                    reader.wrong(file, node, f"'{wanted}' is not a {key} that exists", (*at, "when", key))
        for wanted in row.sources:
            if wanted not in parts["sources"]:
                reader.wrong(file, node, f"'{wanted}' is not in sources.yml", (*at, "sources"))
    if not table.rows or table.rows[-1].when != When():
        reader.wrong(
            file, node, "the last row must have no 'when', so that every case has an answer", ("rows",)
        )
