"""Loads and checks `knowledge/` into frozen objects.

Every file is YAML, read with PyYAML's safe loader and checked against `models`; unknown keys are
mistakes. All mistakes of all files are collected, so that an editor sees them at once, each with
file, line and mend: `make check-knowledge`.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from reinstate.knowledge.checks import check_references
from reinstate.knowledge.models import (
    Answer,
    AppealState,
    Cause,
    Circumstance,
    Cleaning,
    FactKind,
    Group,
    Knowledge,
    Language,
    LetterPatterns,
    Lookalike,
    Notice,
    Person,
    Phrase,
    Source,
    Table,
    Topic,
    UpworkAnswer,
)
from reinstate.knowledge.reader import KnowledgeError, Reader

ROOT = Path(__file__).resolve().parents[2] / "knowledge"
_SINGLE_FILES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("sources", Source),
    ("notices", Notice),
    ("circumstances", Circumstance),
    ("appeals", AppealState),
    ("upwork_answers", UpworkAnswer),
    ("groups", Group),
    ("languages", Language),
    ("facts", FactKind),
    ("cleaning", Cleaning),
    ("owner", Cleaning),
    ("persons", Person),
    ("wishes", Phrase),
    ("patterns", Phrase),
    ("roles", Phrase),
)
_FOLDERS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("causes", Cause),
    ("lookalikes", Lookalike),
    ("topics", Topic),
    ("answers", Answer),
    ("letters", LetterPatterns),
)


def load(root: Path = ROOT) -> Knowledge:
    """Read and check a knowledge folder.

    Args:
        root: the folder that holds `causes/`, `topics/`, `verdicts.yml` and the others.

    Raises:
        KnowledgeError: with every mistake found in any file.
    """
    reader = Reader(root)
    parts: dict[str, Any] = {name: reader.single(name, model) for name, model in _SINGLE_FILES}
    parts |= {name: reader.folder(name, model) for name, model in _FOLDERS}
    file = root / "verdicts.yml"
    data, node = reader.load(file)
    table = reader.entry(Table, file, node, data, "verdicts") if data is not None else None
    if table is not None:
        check_references(reader, parts, table)
    if reader.mistakes or table is None:
        raise KnowledgeError(sorted(reader.mistakes, key=lambda m: (str(m.file), m.line)))
    return Knowledge(**parts, table=table)


@functools.lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """The project's own knowledge base, read once per process."""
    return load()
