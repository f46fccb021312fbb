"""Reads the files of a knowledge folder and collects what is wrong with them, with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

# PyYAML's safe loader, in C where it is built in: the files are many.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Mistake:
    """Something wrong in a knowledge file, where, and how to mend it."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class KnowledgeError(Exception):
    """The knowledge base has mistakes; the message lists all of them, one a line."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(m) for m in mistakes))
        self.mistakes = mistakes


_Entry = TypeVar("_Entry", bound=BaseModel)


class Reader:
    """Reads one knowledge folder and collects what is wrong with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mistakes: list[Mistake] = []
        self.where: dict[tuple[str, str], tuple[Path, yaml.Node]] = {}

    def wrong(self, file: Path, node: yaml.Node | None, text: str, loc: tuple[Any, ...] = ()) -> None:
        """Note a mistake at the line of `loc` below a node."""
        line = _line(node, loc) if node else 1
        self.mistakes.append(Mistake(file.relative_to(self.root.parent), line, text))

    def load(self, file: Path) -> tuple[Any, yaml.Node | None]:
        """The data of a file and its nodes; nothing where it is missing or no YAML."""
        if not file.is_file():
            self.wrong(file, None, "the file is missing: restore it from the repository")
            return None, None
        text = file.read_text(encoding="utf-8")
        try:
            node = yaml.compose(text, Loader=_LOADER)
            data = yaml.load(text, Loader=_LOADER)  # noqa: S506 - it is a safe one
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            self.mistakes.append(
                Mistake(
                    file.relative_to(self.root.parent),
                    line,
                    f"this is not YAML ({problem}): check indentation, colons and quotes here",
                )
            )
            return None, None
        if node is not None:
            self._repeated_keys(file, node)
        return data, node

    def _repeated_keys(self, file: Path, node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    self.wrong(file, key, f"'{key.value}' stands twice: keep one of them")
                seen.add(key.value)
                self._repeated_keys(file, value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self._repeated_keys(file, value)

    def entry(
        self, model: type[_Entry], file: Path, node: yaml.Node | None, data: Any, kind: str
    ) -> _Entry | None:
        """One entry checked against its model, or None with its mistakes noted."""
        if not isinstance(data, dict):
            self.wrong(file, node, "a mapping of keys to values is expected here")
            return None
        try:
            entry = model.parse_obj(data)
        except ValidationError as error:
            for problem in error.errors():
                self.wrong(file, node, _say(problem, data), problem["loc"])
            return None
        if node is not None:
            self.where[kind, getattr(entry, "id", kind)] = (file, node)
        return entry

    def single(self, name: str, model: type[_Entry]) -> dict[str, _Entry]:
        """The entries of `<name>.yml`, which holds them below one key."""
        file = self.root / f"{name}.yml"
        data, node = self.load(file)
        if data is None:
            return {}
        entries = data.get(name) if isinstance(data, dict) and set(data) == {name} else None
        if not isinstance(entries, dict):
            self.wrong(file, node, f"one key '{name}:' is expected, with an entry for each id below it")
            return {}
        found = {}
        for key, value in entries.items():
            below = _child(_child(node, name), key)
            data = {"id": key, **value} if isinstance(value, dict) else value
            if entry := self.entry(model, file, below, data, name):
                found[str(key)] = entry
        return found

    def folder(self, name: str, model: type[_Entry]) -> dict[str, _Entry]:
        """The entries of a folder, one a file."""
        found = {}
        for file in sorted((self.root / name).glob("*.yml")):
            data, node = self.load(file)
            if data is None:
                continue
            entry = self.entry(model, file, node, data, name)
            if entry is None:
                continue
            if getattr(entry, "id", None) != file.stem:
                self.wrong(file, node, f"id must be the file's name, '{file.stem}'", ("id",))
            found[file.stem] = entry
        if not found and not any(m.file.parent.name == name for m in self.mistakes):
            self.wrong(self.root / name, None, "no entries found: restore the folder")
        return found


def _say(problem: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """A pydantic error in words for an editor."""
    path = ".".join(str(part) for part in problem["loc"])
    kind = problem["type"]
    if kind == "value_error.extra":
        return f"'{path}' is not a key that is known here: remove it or correct its spelling"
    if kind == "value_error.missing":
        return f"'{path}' is missing: add it"
    if kind.endswith("not_allowed"):
        return f"'{path}' is empty: fill it"
    value: Any = data
    for part in problem["loc"]:
        value = value[part] if isinstance(value, (dict, list)) and part in _keys(value) else None
    return f"'{path}' does not fit ({problem['msg']}), it is {value!r:.60}"


def _keys(value: Any) -> Any:
    return value if isinstance(value, dict) else range(len(value))


def _child(node: yaml.Node | None, key: Any) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return value  # type: ignore[no-any-return]
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]  # type: ignore[no-any-return]
    return None


def _line(node: yaml.Node, loc: tuple[Any, ...]) -> int:
    """The line of the deepest part of `loc` that exists, counted from one."""
    for key in loc:
        below = _child(node, key)
        if below is None:
            break
        node = below
    return int(node.start_mark.line) + 1
