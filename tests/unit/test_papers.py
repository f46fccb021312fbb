"""The papers name what is there: files, tests, targets of `make`, settings, each other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bench import masks
from reinstate.server.settings import Settings
from reinstate.stores import inbox, tables  # noqa: F401 - each tells of its tables

ROOT = Path(__file__).resolve().parents[2]
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "NOTICE")]
PAPERS += sorted((ROOT / "docs").glob("*.md"))
TOP = "actions|bench|data|deploy|docs|knowledge|reinstate|setup|tests|\\.ci"
# Made while the bot is set up, runs or is trained.
MADE = re.compile(r"^(var|models)/")
EXAMPLES = {"knowledge/causes/fake_invoices.yml", "data/nlu/causes/fake_invoices.yml"}


def said(paper: Path) -> list[str]:
    """What stands between backticks, blocks of code included."""
    text = paper.read_text(encoding="utf-8")
    return re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.name)
def test_every_file_that_a_paper_names_is_there(paper: Path) -> None:
    """A path that was moved is moved in the papers too."""
    named = {
        path
        for piece in said(paper)
        for path in re.findall(rf"(?<![\w./-])((?:{TOP})/[^`*:\"]*[^`*:\"\s.,;)])", piece.strip("`"))
        if "<" not in path and path not in EXAMPLES and not MADE.match(path)
    }
    assert [] == sorted(path for path in named if not (ROOT / path).exists())


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.name)
def test_every_link_of_a_paper_leads_somewhere(paper: Path) -> None:
    """Links within the repository."""
    links = re.findall(r"\]\(([^)#\s]+)", paper.read_text(encoding="utf-8"))
    inner = [link for link in links if "://" not in link]
    assert [] == [link for link in inner if not (paper.parent / link).exists()]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.name)
def test_every_test_that_a_paper_names_is_there(paper: Path) -> None:
    """A line of the threat model without its test would be a claim."""
    named = {name for piece in said(paper) for name in re.findall(r"\btest_\w+\b(?!\.py)", piece)}
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert set() == {name for name in named if not re.search(rf"^(async )?def {name}\b", tests, re.MULTILINE)}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.name)
def test_every_target_that_a_paper_names_is_there(paper: Path) -> None:
    """`make something` works."""
    named = {target for piece in said(paper) for target in re.findall(r"\bmake ([a-z-]+)", piece)}
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set() == named - set(targets)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.name)
def test_every_setting_that_a_paper_names_is_there(paper: Path) -> None:
    """A word in capitals with an underscore is a setting, or a variable of the tests."""
    named = {name for piece in said(paper) for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", piece)}
    assert set() == named - {f.name.upper() for f in fields(Settings)}


def test_the_log_says_what_operations_explains() -> None:
    """A line of the log that was reworded is reworded in the paper; what varies is "…" there."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.partition("## What the log says")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    lines = [line for cell in cells for line in re.findall(r"`([^`]+)`", cell)]
    assert len(lines) > 5
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "reinstate").rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", source)
    gone = [
        piece
        for line in lines
        for piece in re.split(r"…|(?<=refuses )SLACK_", line)
        if len(piece.strip("() ;,:")) > 4 and piece.strip() not in joined
    ]
    assert [] == gone


def test_advisories_are_of_the_locked_versions() -> None:
    """A package that changes its version is looked at again."""
    page = (ROOT / "docs" / "advisories.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([a-z][\w-]*) \| ([\d.]+) \|", page, re.MULTILINE)
    locked = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert listed
    assert set() == set(listed) - set(locked)


def test_the_report_of_the_masks_is_todays() -> None:
    """Recall and mistakes as `python -m bench.masks` measures them now."""
    assert masks.report(masks.measure()[0]) == masks.REPORT.read_text(encoding="utf-8")


def test_the_papers_name_every_table_that_keeps_something() -> None:
    """What is kept, and what is to be deleted by hand."""
    kept = set(tables.events.metadata.tables)
    assert "inbox" in kept
    for paper in ("docs/architecture.md", "docs/operations.md"):
        text = (ROOT / paper).read_text(encoding="utf-8")
        assert not [name for name in kept if f"`{name}`" not in text], paper


def test_every_paper_is_found_from_the_readme() -> None:
    """No paper that nobody finds."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    papers = [*PAPERS[1:], ROOT / "CHANGELOG.md", ROOT / "LICENSE"]
    assert [] == [p.name for p in papers if f"({p.relative_to(ROOT)})" not in readme]
