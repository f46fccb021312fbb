"""Loads and checks `knowledge/` into frozen objects.

Every file is YAML, read with PyYAML's safe loader and checked against the models below;
unknown keys are mistakes. All mistakes of all files are collected, so that an editor sees
them at once, each with file, line and mend: `make check-knowledge`.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, Extra, Field, ValidationError

ROOT = Path(__file__).resolve().parent.parent / "knowledge"

Path_ = Literal["appeal", "support", "fix", "wait", "none"]
Odds = Literal["likely", "possible", "unlikely", "none"]
Severity = Literal["minor", "hold", "serious"]
Stance = Literal["admits", "denies", "unsure"]
Appealed = Literal["no", "waiting", "refused", "final"]
Tone = Literal["brief", "formal", "warm"]

NOTICES = (
    "warning",
    "hold",
    "timed",
    "new_work_blocked",
    "permanent",
    "identity_hold",
    "payment_hold",
    "not_suspended",
    "unknown",
)
APPEALED: tuple[Appealed, ...] = ("no", "waiting", "refused", "final")
TONES: tuple[Tone, ...] = ("brief", "formal", "warm")
STANCES: tuple[Stance, ...] = ("admits", "denies", "unsure")


class _Frozen(BaseModel):
    class Config:
        extra = Extra.forbid
        frozen = True
        anystr_strip_whitespace = True
        min_anystr_length = 1


class Pattern(str):
    """A regular expression that finds something in a message, in upper or lower case."""

    @classmethod
    def __get_validators__(cls) -> Iterator[Callable[[str], str]]:
        yield cls._check

    @staticmethod
    def _check(text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"'{text}' is no regular expression: {error}") from error
        return text


class Source(_Frozen):
    """Where a fact comes from. `address` is missing only for the guide and users' reports."""

    id: str
    address: str | None
    title: str
    mark: Literal["guide", "official", "staff", "users"]
    read: str


class Question(_Frozen):
    """A circumstance of a cause, and the question that finds it out.

    `otherwise` is the circumstance that holds when the answer is no, if there is one.
    """

    circumstance: str
    question: str
    again: str
    if_yes: str = Field(max_length=24)
    if_no: str = Field(max_length=24)
    otherwise: str | None = None


class Suffered(_Frozen):
    """How people tell that something was done to them; `says_not`: that they did it as well."""

    says: tuple[Pattern, ...]
    says_not: tuple[Pattern, ...] = ()


class Cause(_Frozen):
    """Why an account is suspended: what is known of it, and what helps.

    Whom it was done to (`suffered`) denies to have done it. `by_others` is set where somebody else
    acted in the person's place, so that what else is told is hardly the person's deed; `offered` where
    others ask a person to do it, so that who refused has not done it.
    """

    id: str
    title: str = Field(max_length=40)
    phrase: str
    happened: str
    other_names: tuple[str, ...]
    group: str
    guide: str | None
    policy: str
    differ: str | None
    unknown: str | None
    severity: Severity
    follows: str
    steps: tuple[str, ...]
    avoid: tuple[str, ...]
    evidence: tuple[str, ...]
    prevention: tuple[str, ...]
    ask: tuple[Question, ...]
    sources: tuple[str, ...]
    suffered: Suffered | None = None
    by_others: bool = False
    offered: bool = False


class Lookalike(_Frozen):
    """Something that looks like a suspension and is none."""

    id: str
    title: str = Field(max_length=40)
    phrase: str
    policy: str
    steps: tuple[str, ...]
    path: Path_
    odds: Odds
    sources: tuple[str, ...]


class Topic(_Frozen):
    """An answer to a question that is not a cause, with variations per cause and notice."""

    id: str
    title: str
    intents: tuple[str, ...] = ()
    answer: tuple[str, ...]
    per_cause: Mapping[str, str]
    per_notice: Mapping[str, str]
    unknown: str | None
    sources: tuple[str, ...]


class Notice(_Frozen):
    """A kind of restriction, as the email or the banner at log-in tells it.

    `says` are regular expressions (case-insensitive) that find it in a message; the first
    notice of the file with a match wins.
    """

    id: str
    title: str = Field(max_length=30)
    phrase: str
    means: str
    says: tuple[Pattern, ...]
    sources: tuple[str, ...]


class Circumstance(_Frozen):
    """Something that changes what is realistic; `says` as in `Notice`.

    `says_not` are regular expressions that find the message in which a person says the contrary.
    `tells_of` is the cause that it hints at where a person names none. `excuses` is set where
    someone to whom it happened does not thereby admit that a rule was broken.
    """

    id: str
    title: str = Field(max_length=40)
    said: str
    says: tuple[Pattern, ...]
    says_not: tuple[Pattern, ...] = ()
    tells_of: str | None = None
    excuses: bool = False


class AppealState(_Frozen):
    """How far an appeal has come; `says` as in `Notice`."""

    id: str
    title: str = Field(max_length=30)
    said: str
    says: tuple[Pattern, ...]


class Language(_Frozen):
    """A language that is recognised: by `letters`, a range that only it uses here, or by `words`."""

    id: str
    title: str = Field(max_length=40)
    sentence: str = ""
    letters: str = ""
    words: tuple[str, ...] = ()


class Group(_Frozen):
    """Causes that are offered together when a list of all would be too long."""

    id: str
    title: str = Field(max_length=30)


class LetterWords(_Frozen):
    """The sentences of an appeal in one tone; "{}" and "{phrase}" are filled in.

    `admits`, `explains`, `disputes` and `asks` say how the person stands to the cause; nothing here
    may claim what the person did not say.
    """

    id: str
    title: str = Field(max_length=24)
    subject: str
    greeting: str
    opening: str
    unknown_phrase: str
    when: str
    admits: str
    explains: str
    disputes: str
    asks: str
    changed: str
    evidence: str
    request: str
    ending: str


class When(_Frozen):
    """Conditions of a row; a missing one always holds.

    `any` and `all` speak of circumstances; `cause: [unknown]` is a case without a cause.
    """

    cause: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    stance: tuple[Stance, ...] = ()
    notice: tuple[str, ...] = ()
    appealed: tuple[Appealed, ...] = ()
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()


class Row(_Frozen):
    """One row of the decision table: when it holds, and what is realistic then.

    `odds` is missing where nobody can tell ("support" without a judgement).
    """

    id: str
    when: When = When()
    path: Path_
    odds: Odds | None
    say: str
    sources: tuple[str, ...] = ()


class Wording(_Frozen):
    """How paths and odds are said, what introduces a part of an answer ("{}" is the part), and
    the titles of buttons that belong to no cause.
    """

    paths: Mapping[Path_, str]
    odds: Mapping[Odds, str]
    guide: str
    policy: str
    steps: str
    evidence: str
    not_known: str
    happened: str = Field(max_length=24)
    did_not_happen: str = Field(max_length=24)
    other: str = Field(max_length=24)
    yes: str = Field(max_length=24)
    no: str = Field(max_length=24)
    skip: str = Field(max_length=24)
    stop: str = Field(max_length=24)
    change_sentence: str = Field(max_length=24)
    draft: str = Field(max_length=24)
    helpful: str = Field(max_length=24)
    not_helpful: str = Field(max_length=24)
    wrong_cause: str = Field(max_length=24)
    why: str = Field(max_length=24)
    rather: str
    more: str
    wrong_notice: str = Field(max_length=30)


class Table(_Frozen):
    """`verdicts.yml`: the wording and the rows, first match wins."""

    wording: Wording
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Knowledge:
    """All that is true, by id."""

    causes: Mapping[str, Cause]
    lookalikes: Mapping[str, Lookalike]
    topics: Mapping[str, Topic]
    notices: Mapping[str, Notice]
    circumstances: Mapping[str, Circumstance]
    appeals: Mapping[str, AppealState]
    groups: Mapping[str, Group]
    languages: Mapping[str, Language]
    letters: Mapping[str, LetterWords]
    sources: Mapping[str, Source]
    table: Table

    def notice_of(self, id_: str | None) -> Notice | None:
        """The kind of restriction with this id; None for None and for "not_suspended"."""
        return self.notices.get(id_) if id_ else None

    def topic_of(self, intent: str) -> Topic | None:
        """The topic that answers an intent, if one does."""
        return next((t for t in self.topics.values() if intent in t.intents), None)

    def title_of(self, intent: str) -> str | None:
        """What a person reads for `cause_<id>`, `lookalike_<id>` or a topic's intent."""
        kind, _, rest = intent.partition("_")
        if kind == "cause" and rest in self.causes:
            return self.causes[rest].title
        if kind == "lookalike" and rest in self.lookalikes:
            return self.lookalikes[rest].title
        topic = self.topic_of(intent)
        return topic.title if topic else None


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


_Entry = TypeVar("_Entry", bound=_Frozen)

_SINGLE_FILES: tuple[tuple[str, type[_Frozen]], ...] = (
    ("sources", Source),
    ("notices", Notice),
    ("circumstances", Circumstance),
    ("appeals", AppealState),
    ("groups", Group),
    ("languages", Language),
    ("letters", LetterWords),
)
_FOLDERS: tuple[tuple[str, type[_Frozen]], ...] = (
    ("causes", Cause),
    ("lookalikes", Lookalike),
    ("topics", Topic),
)


class _Reader:
    """Reads one knowledge folder and collects what is wrong with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mistakes: list[Mistake] = []
        self.where: dict[tuple[str, str], tuple[Path, yaml.Node]] = {}

    def wrong(self, file: Path, node: yaml.Node | None, text: str, loc: tuple[Any, ...] = ()) -> None:
        line = _line(node, loc) if node else 1
        self.mistakes.append(Mistake(file.relative_to(self.root.parent), line, text))

    def load(self, file: Path) -> tuple[Any, yaml.Node | None]:
        if not file.is_file():
            self.wrong(file, None, "the file is missing: restore it from the repository")
            return None, None
        text = file.read_text(encoding="utf-8")
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            data = yaml.safe_load(text)
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


def load(root: Path = ROOT) -> Knowledge:
    """Read and check a knowledge folder.

    Args:
        root: the folder that holds `causes/`, `topics/`, `verdicts.yml` and the others.

    Raises:
        KnowledgeError: with every mistake found in any file.
    """
    reader = _Reader(root)
    parts: dict[str, Any] = {name: reader.single(name, model) for name, model in _SINGLE_FILES}
    parts |= {name: reader.folder(name, model) for name, model in _FOLDERS}
    file = root / "verdicts.yml"
    data, node = reader.load(file)
    table = reader.entry(Table, file, node, data, "verdicts") if data is not None else None
    if table is not None:
        _check_references(reader, parts, table)
    if reader.mistakes or table is None:
        raise KnowledgeError(sorted(reader.mistakes, key=lambda m: (str(m.file), m.line)))
    return Knowledge(**parts, table=table)


def says(patterns: Iterable[Pattern], text: str) -> bool:
    """Whether one of the patterns finds something in a text."""
    return any(_compiled(pattern).search(text) for pattern in patterns)


@functools.cache
def _compiled(pattern: Pattern) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@functools.lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """The project's own knowledge base, read once per process."""
    return load()


def _check_references(reader: _Reader, parts: Mapping[str, Mapping[str, Any]], table: Table) -> None:
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
    for circumstance in parts["circumstances"].values():
        hinted = (circumstance.tells_of,) if circumstance.tells_of else ()
        known("causes", hinted, "circumstances", circumstance.id, "tells_of")
    for notice in parts["notices"].values():
        known("sources", notice.sources, "notices", notice.id, "sources")
    _check_table(reader, parts, table)
    for source in parts["sources"].values():
        if source.address is None and source.mark not in ("guide", "users"):
            file, node = reader.where["sources", source.id]
            reader.wrong(file, node, "an address is needed for an official or staff source")


def _check_table(reader: _Reader, parts: Mapping[str, Mapping[str, Any]], table: Table) -> None:
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


def main() -> Iterator[str]:
    """Check the knowledge base; yields what to print, raises SystemExit(1) on mistakes."""
    try:
        found = load()
    except KnowledgeError as error:
        yield str(error)
        yield f"{len(error.mistakes)} mistakes in knowledge/"
        raise SystemExit(1) from None
    yield (
        f"knowledge/ is sound: {len(found.causes)} causes, {len(found.lookalikes)} look-alikes, "
        f"{len(found.topics)} topics, {len(found.table.rows)} verdict rows, {len(found.sources)} sources"
    )


if __name__ == "__main__":
    for line in main():
        sys.stdout.write(line + "\n")
