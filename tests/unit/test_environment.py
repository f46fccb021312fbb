"""Setting up: what it decides before it touches anything, and what can be set."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from reinstate.server.settings import Settings
from setup import browser, process, pythons, stamp, trouble, uv
from setup.stamp import Found, Need, Stamp

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = Stamp(place="/project", python="3.10", runtime="r1", dev=None)
DEV = replace(RUNTIME, dev="d1")
WHOLE = Found(python="3.10", packages=200)


def program(path: Path, says: str = "", code: int = 0) -> Path:
    """A program that prints a line and ends with an exit code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("needed", "stored", "target", "found"),
    [
        (Need.REBUILD, None, RUNTIME, Found(None, 0)),
        (Need.SYNC, None, RUNTIME, WHOLE),
        (Need.NOTHING, RUNTIME.done(200), RUNTIME, WHOLE),
        (Need.NOTHING, DEV.done(200), DEV, WHOLE),
        (Need.NOTHING, DEV.done(200), RUNTIME, WHOLE),
        (Need.SYNC, RUNTIME.done(200), DEV, WHOLE),
        (Need.SYNC, RUNTIME.done(200), replace(RUNTIME, runtime="r2"), WHOLE),
        (Need.SYNC, DEV.done(200), replace(DEV, dev="d2"), WHOLE),
        (Need.SYNC, RUNTIME.done(200), RUNTIME, Found("3.10", 199)),
        (Need.REBUILD, RUNTIME, RUNTIME, WHOLE),
        (Need.REBUILD, RUNTIME.done(200), replace(RUNTIME, place="/elsewhere"), WHOLE),
        (Need.REBUILD, RUNTIME.done(200), RUNTIME, Found("3.11", 200)),
        (Need.REBUILD, RUNTIME.done(200), RUNTIME, Found(None, 200)),
    ],
    ids=[
        "there is no environment",
        "somebody else made it",
        "it is right",
        "it is right for checking",
        "one for checking will do for running",
        "the checking tools are missing",
        "the lock file changed",
        "the checking tools' lock file changed",
        "a package was deleted",
        "it was left half-made",
        "the folder was moved",
        "it has another Python",
        "its Python is gone",
    ],
)
def test_an_environment_is_only_touched_if_it_has_to_be(
    needed: Need, stored: Stamp | None, target: Stamp, found: Found
) -> None:
    """What is right stays, what is out of date is updated, what cannot be trusted is made anew."""
    assert needed == stamp.need(stored, target, found)


def test_a_change_of_a_lock_file_is_seen(tmp_path: Path) -> None:
    """The stamp follows the content of both lock files, the second one only where it is used."""
    (tmp_path / stamp.RUNTIME).write_text("a==1", encoding="utf-8")
    (tmp_path / stamp.DEV).write_text("b==1", encoding="utf-8")
    running, checking = (stamp.wanted(tmp_path, dev, "3.10") for dev in (False, True))
    (tmp_path / stamp.DEV).write_text("b==2", encoding="utf-8")
    assert running == stamp.wanted(tmp_path, False, "3.10")
    assert checking != stamp.wanted(tmp_path, True, "3.10")
    (tmp_path / stamp.RUNTIME).write_text("a==2", encoding="utf-8")
    assert running != stamp.wanted(tmp_path, False, "3.10")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"place": "/project"}', "0f1e2d\n"])
def test_a_stamp_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    """A damaged stamp leads to an update and not to a crash."""
    assert stamp.read(tmp_path) is None
    (tmp_path / stamp.NAME).write_text(text, encoding="utf-8")
    assert stamp.read(tmp_path) is None


def test_a_stamp_is_read_as_it_was_written(tmp_path: Path) -> None:
    """What was stored comes back whole."""
    stamp.write(tmp_path, DEV.done(200))
    assert DEV.done(200) == stamp.read(tmp_path)


def test_an_environment_is_looked_at_without_being_started(tmp_path: Path) -> None:
    """Version, packages and checking tools come from its files; a link to nowhere is no Python."""
    assert Found(None, 0) == stamp.look(tmp_path)
    (tmp_path / "pyvenv.cfg").write_text("home = /x\nversion_info = 3.10.13\n", encoding="utf-8")
    for name in ("rasa-3.6.21", "rasa_sdk-3.6.2"):
        (tmp_path / "lib/python3.10/site-packages" / f"{name}.dist-info").mkdir(parents=True)
    python = program(tmp_path / "bin" / "python")
    program(tmp_path / "bin" / "pytest")
    assert Found("3.10", 2, has_dev=True) == stamp.look(tmp_path)
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    assert stamp.look(tmp_path).python is None


def test_pythons_are_tried_from_the_likeliest_on(tmp_path: Path) -> None:
    """The running one, then all on PATH, then pyenv's newest first; never one inside `.venv`."""
    running = program(tmp_path / "running" / "python3")
    on_path = [program(tmp_path / name / "python3.10") for name in ("shims", "bin")]
    own = program(tmp_path / ".venv" / "bin" / "python3.10")
    older, newer, other = (
        program(tmp_path / "pyenv/versions" / v / "bin/python") for v in ("3.10.9", "3.10.13", "3.11.7")
    )
    environment = {
        "PATH": os.pathsep.join(str(p.parent) for p in (own, *on_path, on_path[0])),
        "PYENV_ROOT": str(tmp_path / "pyenv"),
    }
    found = pythons.candidates(str(running), environment, tmp_path / "home", tmp_path / ".venv")
    assert [str(p) for p in (running, *on_path, newer, older)] == found
    assert str(other) not in found


def test_a_python_has_to_prove_itself(tmp_path: Path) -> None:
    """A shim that fails, one that prints nonsense and a missing file are passed over."""
    failing = program(tmp_path / "failing", "pyenv: python3.10: command not found", 127)
    silent = program(tmp_path / "silent")
    good = program(tmp_path / "good", "/usr/bin/python3.10")
    found = pythons.first_proven(map(str, (tmp_path / "missing", failing, silent, good)))
    assert found == "/usr/bin/python3.10"
    assert pythons.first_proven([]) is None


def test_this_python_proves_itself() -> None:
    """The one that runs the tests is a complete Python 3.10."""
    assert pythons.proven(sys.executable) is not None


@pytest.mark.parametrize(
    ("mend", "output"),
    [
        ("free about 3 GB", "Failed to extract archive: x.whl\n  No space left on device (os error 28)"),
        ("free about 3 GB", "ERROR: Could not install packages: [Errno 28] No space left on device"),
        ("download of six==1.17.0", "Failed to download `six==1.17.0`\nHash mismatch for `six==1.17.0`"),
        ("does not match its hash", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE"),
        ("is damaged", "In `--require-hashes` mode, all requirements must have a hash"),
        ("set SSL_CERT_FILE", "client error (Connect): invalid peer certificate: UnknownIssuer"),
        ("(403 Forbidden)", "HTTP status client error (403 Forbidden) for url (https://x/simple/six/)"),
        ("unset UV_OFFLINE", "hint: Packages were unavailable because the network was disabled."),
        ("check the connection", "Request failed after 3 retries\nFailed to fetch: https://x/\ndns error"),
        ("check the connection", "tcp connect error\nConnection refused (os error 111)"),
        ("check the connection", "NewConnectionError: [Errno -3] Temporary failure in name resolution"),
        ("run this again", "Failed to fetch\noperation timed out"),
        ("run this again", "Failed to download\nerror decoding response body\nunexpected end of file"),
        ("have absl-py==1.4.0", "Because there is no version of absl-py==1.4.0 and you require absl-py"),
        ("have uv==0.13.9", "ERROR: No matching distribution found for uv==0.13.9"),
        ("make this folder", "failed to create directory `/x/.venv`: Permission denied (os error 13)"),
    ],
)
def test_a_failure_is_one_line_with_the_mend(mend: str, output: str) -> None:
    """What a tool prints becomes one line that says what to do; the graver cause wins."""
    line = trouble.explain(output)
    assert line is not None
    assert mend in line
    assert "\n" not in line


def test_an_unforeseen_failure_is_not_explained_away() -> None:
    """Where nothing fits, the tool's own lines have to be shown."""
    assert trouble.explain("thread 'main' panicked at src/main.rs:1") is None


def test_too_little_room_is_said_beforehand() -> None:
    """The line names what is needed, what is free and where; enough is enough."""
    assert trouble.too_little_room(3_000_000_000, 3_000_000_000, "/home") is None
    line = trouble.too_little_room(1_240_000_000, 3_000_000_000, "/home")
    assert line == "about 3 GB are needed and 1.2 GB are free in /home: make room, then run this again"


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ((0, 13, 9), "uv 0.13.9 (x86_64-unknown-linux-gnu)"),
        ((0, 9, 18), "# a comment\nuv==0.9.18 \\\n    --hash=sha256:00"),
        (None, "pyenv: uv: command not found"),
    ],
)
def test_the_version_of_uv_is_read(version: tuple[int, ...] | None, text: str) -> None:
    """From what it prints and from the lock file, and from nothing else."""
    assert version == uv.version_of(text)


def test_pip_settings_are_ranked() -> None:
    """The environment wins over pip's own section, that over the general one; the rest is ignored."""
    lines = [
        ":env:.index-url='https://three.example/simple'",
        "global.index-url='https://one.example/simple'",
        "install.index-url='https://two.example/simple'",
        "global.find-links='/wheels\\n/more'",
        "freeze.timeout='10'",
        "Looking at something else",
    ]
    expected = {"index-url": "https://three.example/simple", "find-links": "/wheels\n/more"}
    assert expected == uv.parse_pip_settings(lines)


def test_uv_is_told_what_pip_is_told(tmp_path: Path) -> None:
    """Indexes, proxy and certificates of pip's configuration hold for uv; missing folders do not."""
    pip = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": f"https://more.example/simple file://{tmp_path}/gone file://{tmp_path}",
        "find-links": f"{tmp_path}\n/gone",
        "cert": "/company.pem",
        "proxy": "http://proxy.example:3128",
    }
    told = uv.environment({"HTTPS_PROXY": "http://mine.example"}, pip)
    assert told["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert told["UV_INDEX"] == f"https://more.example/simple file://{tmp_path}"
    assert told["UV_FIND_LINKS"] == str(tmp_path)
    assert told["SSL_CERT_FILE"] == "/company.pem"
    assert told["HTTPS_PROXY"] == "http://mine.example"
    assert told["HTTP_PROXY"] == "http://proxy.example:3128"


def test_what_is_set_for_uv_wins_over_pip() -> None:
    """A person who gave uv an index gets no other; what leads it elsewhere is left out."""
    pip = {"index-url": "https://pip.example/simple", "extra-index-url": "https://more.example/simple"}
    told = uv.environment({"UV_INDEX_URL": "https://uv.example/simple", "VIRTUAL_ENV": "/other"}, pip)
    assert "https://uv.example/simple" == told["UV_INDEX_URL"]
    assert set() == {"UV_DEFAULT_INDEX", "UV_INDEX", "VIRTUAL_ENV"} & set(told)


def test_locking_asks_the_main_index_only() -> None:
    """Where versions are chosen, no second index may slip in a package of the same name."""
    pip = {"index-url": "https://pip.example/simple", "extra-index-url": "https://more.example/simple"}
    told = uv.environment({}, pip, every_index=False)
    assert "https://pip.example/simple" == told["UV_DEFAULT_INDEX"]
    assert set() == {"UV_INDEX", "UV_FIND_LINKS", "UV_INDEX_STRATEGY"} & set(told)


@pytest.mark.parametrize(
    ("chosen", "writable", "free", "free_here"),
    [
        ("usual", True, 9, 1),
        ("usual", True, 1, 1),
        ("own", True, 1, 9),
        ("own", False, 9, 9),
    ],
)
def test_downloads_go_where_there_is_room(chosen: str, writable: bool, free: int, free_here: int) -> None:
    """The shared cache is used unless it cannot be written, or is full while there is room here."""
    where = uv.choose_cache(Path("usual"), Path("own"), writable, free, free_here, needed=3)
    assert Path(chosen) == where


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (True, "Downloading tensorflow-cpu (221.0MiB)\n"),
        (True, "Downloading something (1.1GiB)\n"),
        (True, "Installed 174 packages in 563ms\n"),
        (False, "Downloading dask (1.1MiB)\n"),
        (False, " + absl-py==1.4.0\n"),
        (False, "Resolved 174 packages in 568ms\n"),
    ],
)
def test_progress_is_the_long_downloads_and_the_sums(shown: bool, line: str) -> None:
    """A person who waits sees what takes long, not two hundred names."""
    assert shown is process.worth_showing(line)


def test_a_failing_tool_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A foreseen failure shows nothing else; an unforeseen one shows the tool's own lines first."""
    full = program(tmp_path / "full", "No space left on device", 2)
    with pytest.raises(trouble.SetupError, match="the disk is full"):
        process.run([str(full)])
    assert not capsys.readouterr().out
    odd = program(tmp_path / "odd", "a riddle", 3)
    with pytest.raises(trouble.SetupError, match="exit code 3"):
        process.run([str(odd)])
    assert "a riddle" in capsys.readouterr().out


def test_the_named_browser_counts_alone(tmp_path: Path) -> None:
    """CHROMIUM is taken if it runs; if it does not, that is said and no other is taken."""
    good = program(tmp_path / "chromium", "Chromium 156")
    bad = program(tmp_path / "broken", code=1)
    assert browser.find({"CHROMIUM": str(good), "PATH": ""}) == str(good)
    with pytest.raises(trouble.SetupError, match="CHROMIUM"):
        browser.find({"CHROMIUM": str(bad), "PATH": str(tmp_path)})


def test_a_stand_in_for_a_browser_is_passed_over(tmp_path: Path) -> None:
    """The first on PATH that really runs is taken; an empty CHROMIUM is none."""
    program(tmp_path / "chromium", "install the snap", 1)
    good = program(tmp_path / "google-chrome", "Google Chrome 156")
    assert browser.find({"CHROMIUM": "", "PATH": str(tmp_path)}) == str(good)
    assert browser.find({"PATH": str(tmp_path / "empty")}) is None


@pytest.mark.parametrize(("expected", "value"), [(True, "true"), (True, "1"), (False, ""), (False, "false")])
def test_ci_is_recognised(expected: bool, value: str) -> None:
    """CI=true is CI; unset, empty or false is a person's machine."""
    assert expected is browser.is_ci({"CI": value})
    assert not browser.is_ci({})


def test_the_entry_can_be_read_by_old_pythons() -> None:
    """Python 3.6 gets a line that names the mend, not a syntax error."""
    text = (ROOT / "setup" / "environment.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))
    assert "from __future__ import annotations" not in text


def test_a_missing_environment_is_told_quietly(tmp_path: Path) -> None:
    """`--check` ends with 1, prints nothing and needs no installed package."""
    shutil.copytree(ROOT / "setup", tmp_path / "setup", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (stamp.RUNTIME, stamp.DEV):
        shutil.copy(ROOT / name, tmp_path)
    command = [sys.executable, "-IS", str(tmp_path / "setup" / "environment.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (1, "", "") == (done.returncode, done.stdout, done.stderr)


def test_every_setting_is_explained() -> None:
    """`.env.example` lists every setting once, commented out, with one line above that explains it."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = [i for i, line in enumerate(lines) if re.match(r"# [A-Z_]+=", line)]
    assert sorted(f.name.upper() for f in fields(Settings)) == sorted(
        lines[i][2:].partition("=")[0] for i in listed
    )
    assert all(lines[i - 1].startswith("# ") and not lines[i - 2] for i in listed)
    assert all(line.startswith("#") for line in lines if line)


def test_the_defaults_of_settings_are_true() -> None:
    """The value that `.env.example` gives is what holds without it."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^# ([A-Z_]+)=(.+)$", text, re.MULTILINE))
    assert given
    assert Settings.from_environment({}) == Settings.from_environment(given)
