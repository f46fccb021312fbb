"""`make report`, `make review` and `make doctor` on the file that a short conversation wrote."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reinstate.operator import doctor, report, review
from reinstate.operator.finding import OK
from reinstate.server.settings import Settings
from tests.running import ROOT, Chat, Server

STORY = "a client paid me outside of upwork and i was suspended, write to jane.doe@example.com"


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Chat]:
    """A bot that has ended, and one of the two conversations that it had."""
    running = Server(tmp_path_factory.mktemp("talked")).start()
    try:
        chat, gone = Chat(running.url).open(), Chat(running.url).open()
        chat.say(STORY)
        chat.press("Not right?")
        chat.say("qwrtz plmk vbnx")
        gone.say("hello, the cat of my neighbour is called Mimi")
        gone.say("forget me")
    finally:
        running.stop()
    return running, chat


def printed(command: str, database: Path) -> str:
    """What a command prints, run as `make` runs it."""
    done = subprocess.run(
        [sys.executable, "-m", f"reinstate.operator.{command}", ""],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def rows(database: Path) -> list[tuple[object, ...]]:
    """All events."""
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT * FROM events ORDER BY id").fetchall()
    connection.close()
    return found


def test_the_report_counts_the_conversation(talked: tuple[Server, Chat]) -> None:
    """Its turns, door, cause, verdict and complaint; no word and no id of it, and nothing of the deleted one."""
    running, chat = talked
    page = printed("report", running.database)
    for line in (
        "# The last 30 days", "| conversations | 1 |", "| turns | 3 |", "| web | 1 | 3 |", "| `paid_outside` | 1 | 0 |",
        "| “Not right?” pressed or said | 1 |", "| not understood | 1 (33.3%) |", "| appeal / unlikely | 1 |",
    ):  # fmt: skip
        assert line in page
    assert [] == [word for word in (chat.conversation, STORY, "qwrtz", "Mimi") if word in page]


def test_the_review_shows_what_went_badly(talked: tuple[Server, Chat]) -> None:
    """The latest first, masked as it is kept, and no id."""
    running, chat = talked
    page = printed("review", running.database)
    assert (
        page.index("people's own words") < page.index("> qwrtz plmk vbnx") < page.index("> a client paid me")
    )
    assert "*read as* `cause_paid_outside`" in page
    assert "*answered* `utter_verdict`" in page
    assert [] == [word for word in (chat.conversation, "jane.doe", "Mimi") if word in page]


def test_neither_writes_and_the_doctor_leaves_no_row(
    talked: tuple[Server, Chat], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The events are those that the conversation left."""
    running, _ = talked
    before = rows(running.database)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{running.database}")
    assert (0, 0, OK) == (report.main([]), review.main([]), doctor.database(Settings.load()))
    assert before == rows(running.database)


@pytest.mark.parametrize("main", [report.main, review.main])
def test_without_a_database_nothing_is_made(
    main: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first start it is said that there is nothing yet, and after one too."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'var' / 'data.db'}")
    assert 0 == main([])  # type: ignore[operator]
    assert [] == list(tmp_path.iterdir())
    (tmp_path / "var").mkdir()
    sqlite3.connect(tmp_path / "var" / "data.db").close()
    assert 0 == main([])  # type: ignore[operator]
    assert 2 == capsys.readouterr().out.count(
        "Nobody has written" if main is report.main else "nothing to review"
    )


@pytest.mark.parametrize("main", [report.main, review.main])
def test_a_database_that_cannot_be_read_is_said(
    main: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with the exit code of a failure."""
    (tmp_path / "data.db").write_bytes(b"no database at all, but bytes" * 100)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'data.db'}")
    assert 1 == main([])  # type: ignore[operator]
    assert "check DATABASE_URL" in capsys.readouterr().err
