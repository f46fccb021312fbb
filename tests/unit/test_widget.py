"""The widget's source: it joins, its words are whole, and its own unit tests pass."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reinstate.channels.assets import WIDGET, join, language_of, pages, styles

MODULES = sorted(WIDGET.glob("*.js"))
ENGLISH = json.loads((WIDGET / "i18n" / "en.json").read_text(encoding="utf-8"))
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.M)


def test_no_two_modules_declare_one_name() -> None:
    """Joined, all stand in one function."""
    names = [name for module in MODULES for name in _DECLARED.findall(module.read_text(encoding="utf-8"))]
    assert [] == sorted({name for name in names if names.count(name) > 1})


def test_the_joined_script_has_everything_and_no_comments() -> None:
    """Every declaration of every module that is used, no import, no export, no word about it."""
    script = join()
    for module in MODULES:
        for name in _DECLARED.findall(module.read_text(encoding="utf-8")):
            assert re.search(rf"^(?:async )?(?:const|let|class|function\*?) {name}\b", script, re.M), name
    assert not re.search(r"^\s*(?:import|export)\b|/\*|^\s*//", script, re.M)


@pytest.mark.parametrize(
    "text", ["import { a as b } from './b.js';\n", "export { a };\n", "export default 1;\n"]
)
def test_what_cannot_be_joined_is_said(tmp_path: Path, text: str) -> None:
    """The start fails with the module's name rather than a script that fails in the browser."""
    (tmp_path / "b.js").write_text("export const a = 1;\n")
    (tmp_path / "main.js").write_text(text)
    with pytest.raises(ValueError, match=r"main\.js"):
        join(tmp_path / "main.js")


@pytest.mark.parametrize("folder", ["i18n", "page"])
def test_every_language_has_every_word(folder: str) -> None:
    """The five languages have the same words, none is empty, and places to fill are kept."""
    found = {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in (WIDGET / folder).glob("*.json")}
    assert {"en", "de", "es", "fr", "pt"} == set(found)
    for language, words in found.items():
        assert found["en"].keys() == words.keys(), language
        for name, text in words.items():
            assert text, f"{language}: {name}"
            assert type(found["en"][name]) is type(text), f"{language}: {name}"
            assert re.findall(r"\{\w\}", str(found["en"][name])) == re.findall(r"\{\w\}", str(text)), name
    assert 3 == len(ENGLISH["starters"])


def test_every_word_is_used() -> None:
    """A word that nothing shows is deleted, not kept."""
    code = "\n".join(module.read_text(encoding="utf-8") for module in MODULES)
    shown = {
        *re.findall(r"words\.(\w+)", code),
        "offline",
        "lost",
        "refused",
        "ended",
        "forgotten",
        "blocked",
    }
    assert set() == ENGLISH.keys() - shown


def test_the_page_is_filled_in_every_language() -> None:
    """No place is left open, the language is said, and what is quoted stays text."""
    for language, page in pages({"widget.js": "1"}).items():
        assert "{{" not in page
        assert f'<html lang="{language}">' in page
        assert 'data-chat="widget.js?v=1"' in page
        assert f"<style>{styles(WIDGET / 'page' / 'page.css')}</style>" in page


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("ja,fr;q=0.5,de;q=0.7", "de"),
        ("ja", "en"),
        ("de;q=0", "en"),
        ("de;q=x, fr", "fr"),
        ("*", "en"),
        ("<script>", "en"),
    ],
)
def test_the_language_that_is_wanted_most_counts(header: str, language: str) -> None:
    """By `Accept-Language`, whatever stands in it."""
    assert language == language_of(header, {"en", "de", "es", "fr", "pt"})


def test_the_widget_s_own_unit_tests_pass() -> None:
    """Text, retry, storage and the outbox, without a browser, in node's own runner."""
    node = shutil.which("node")
    if node is None and os.environ.get("CI"):
        pytest.fail("the widget's unit tests need node 20 or newer")
    if node is None:
        pytest.skip("no node")
    done = subprocess.run([node, "--test", "tests/"], cwd=WIDGET, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
