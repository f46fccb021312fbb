"""What `make doctor` finds before a start: one line each, with the mend, and nothing left behind."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reinstate.operator import doctor, finding, services
from reinstate.server import app
from reinstate.server.settings import Settings
from tests.running import ROOT, free_port

LOCKED = """# made by make lock
one==1.0 \\
    --hash=sha256:00
two-three==2.1 ; sys_platform != 'nowhere' \\
    --hash=sha256:00
never==3.0 ; sys_platform == 'nowhere' \\
    --hash=sha256:00
"""
INSTALLED = [
    ({"one": "1.0", "two-three": "2.1"}, []),
    ({"one": "1.0", "two-three": "2.1", "more": "9"}, []),
    ({"two-three": "2.1"}, ["one is missing"]),
    ({"one": "1.1", "two-three": "2.0"}, ["one is 1.1 and not 1.0", "two-three is 2.0 and not 2.1"]),
]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the database sets DATABASE_URL for Rasa: it is put back for the next test."""
    monkeypatch.setenv("DATABASE_URL", "")


def settings(folder: Path, **given: str) -> Settings:
    """Settings whose files are in a folder."""
    own = {
        "DATABASE_URL": f"sqlite:///{folder / 'data.db'}",
        "PORT": str(free_port()),
        "SESSION_SECRET": "for tests",
    }
    return Settings.from_environment({**own, **given})


def wrong(check: Callable[[Settings], str], given: Settings) -> str:
    """What a check says that is wrong."""
    with pytest.raises(finding.Wrong) as found:
        check(given)
    return str(found.value)


@pytest.mark.parametrize(("installed", "amiss"), INSTALLED)
def test_packages_are_compared_with_those_that_are_locked(
    installed: dict[str, str], amiss: list[str]
) -> None:
    """What another system needs is not missed, and what else is there is none of our business."""
    assert amiss == doctor.differing(LOCKED, installed)


def test_this_environment_is_right() -> None:
    """The one that runs the tests has what is locked, and a knowledge base without mistakes."""
    assert finding.OK == doctor.packages() == doctor.knowledge() == doctor.shared_memory()


def test_a_start_that_nothing_stands_in_the_way_of(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    given = settings(tmp_path)
    checks = (
        doctor.rasa,
        doctor.port,
        doctor.disk,
        doctor.database,
        services.redis,
        services.slack,
        services.telegram,
    )
    assert all(check(given).startswith(finding.OK) for check in checks)
    assert [] == list(tmp_path.iterdir())


def test_a_database_is_tried_by_writing_and_left_as_it_was(tmp_path: Path) -> None:
    """The tables are there afterwards, as after a start, and no row and no side file."""
    given = settings(tmp_path)
    sqlite3.connect(tmp_path / "data.db").close()
    assert finding.OK == doctor.database(given)
    assert ["data.db"] == [file.name for file in tmp_path.iterdir()]
    with sqlite3.connect(tmp_path / "data.db") as connection:
        assert (0,) == connection.execute("SELECT count(*) FROM events").fetchone()
    connection.close()


def test_a_broken_database_is_named(tmp_path: Path) -> None:
    """In the words of the start."""
    (tmp_path / "data.db").write_bytes(b"no database at all, but bytes" * 100)
    with pytest.raises(Exception, match=r"the database cannot be used \(.*\): check DATABASE_URL"):
        doctor.database(settings(tmp_path))


def test_a_table_that_takes_no_turn_is_named(tmp_path: Path) -> None:
    """One that another program made."""
    with sqlite3.connect(tmp_path / "data.db") as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT)")
    connection.close()
    assert "no turn can be kept (" in wrong(doctor.database, settings(tmp_path))


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """With the mend that the start names."""
    given = settings(tmp_path)
    taken = app.bind(given)
    taken.listen()
    try:
        with pytest.raises(app.StartError, match="choose another with PORT="):
            doctor.port(given)
    finally:
        taken.close()


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    """Whoever runs this: in /proc nobody can make one."""
    given = settings(tmp_path, DATABASE_URL="sqlite:////proc/self/fdinfo/data.db")
    assert "a file cannot be made in /proc/self/fdinfo" in wrong(doctor.disk, given)


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before SQLite has no room for its copy."""
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 2**60)
    assert "MB free and needs" in wrong(doctor.disk, settings(tmp_path))


def test_a_file_of_somebody_else_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a start by root."""
    (tmp_path / "data.db-wal").touch()
    monkeypatch.setattr(doctor.os, "access", lambda file, _mode: not str(file).endswith("-wal"))
    assert "data.db-wal cannot be written" in wrong(doctor.disk, settings(tmp_path))


def test_no_model_and_one_of_something_else_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either is trained by `make train`."""
    from reinstate import train

    monkeypatch.setattr(app, "MODEL", app.ROOT / "models" / "there_is_none.tar.gz")
    with pytest.raises(app.StartError, match="run `make train`"):
        doctor.model()
    made = tmp_path / "reinstate.tar.gz"
    made.touch()
    monkeypatch.setattr(app, "MODEL", made)
    monkeypatch.setattr(train, "is_current", lambda _: False)
    with pytest.raises(finding.Wrong, match="`make train` trains it anew"):
        doctor.model()
    monkeypatch.setattr(train, "is_current", lambda _: True)
    assert finding.OK == doctor.model()


def test_shared_memory_that_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container without /dev/shm."""

    def none() -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(multiprocessing, "Lock", none)
    with pytest.raises(finding.Wrong, match=r"Permission denied.*mount a tmpfs at /dev/shm"):
        doctor.shared_memory()


HALF_SET = [
    (services.slack, {"SLACK_BOT_TOKEN": "xoxb-1"}, "set SLACK_SIGNING_SECRET, or SLACK_APP_TOKEN"),
    (services.slack, {"SLACK_APP_TOKEN": "xapp-1"}, "set SLACK_BOT_TOKEN"),
    (services.slack, {"SLACK_SIGNING_SECRET": "0123"}, "set SLACK_BOT_TOKEN"),
    (services.telegram, {"TELEGRAM_WEBHOOK_URL": "bot.example"}, "set TELEGRAM_BOT_TOKEN"),
]


@pytest.mark.parametrize(("check", "given", "mend"), HALF_SET)
def test_a_door_that_would_stay_closed_is_named(
    check: Any, given: dict[str, str], mend: str, tmp_path: Path
) -> None:
    """Who sets a part of it wants it open."""
    assert mend in wrong(check, settings(tmp_path, **given))


def test_a_redis_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Without its password."""
    said = wrong(services.redis, settings(tmp_path, REDIS_URL=f"redis://:verysecret@127.0.0.1:{free_port()}"))
    assert "REDIS_URL" in said
    assert "verysecret" not in said


def lines(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, str]:
    """What the doctor says in an environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return dict(doctor.examined())


def test_a_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on settings is not looked at then."""
    found = lines(monkeypatch, RATE_PER_MINUTE="many")
    assert "RATE_PER_MINUTE='many' is not a whole number" in found["settings"]
    assert "port" not in found


def test_no_secret_is_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever goes wrong, and whoever says it; the exit code tells that something is."""
    nowhere = f"127.0.0.1:{free_port()}"

    def telling(given: Settings) -> str:
        raise RuntimeError(f"could not go on with {given.database_url.reveal()}")

    monkeypatch.setattr(doctor, "port", telling)
    found = lines(
        monkeypatch,
        DATABASE_URL=f"postgresql://bot:s3cretword@{nowhere}/x",
        TELEGRAM_BOT_TOKEN="123:s3cretword",
        TELEGRAM_API_URL=f"http://{nowhere}",
    )
    assert "RuntimeError: could not go on with …" == found["port"]
    assert all("cannot be" in found[name] for name in ("database", "telegram"))
    assert "s3cretword" not in str(found)
    assert 1 == doctor.main()


def test_without_an_environment_the_doctor_says_so(tmp_path: Path) -> None:
    """It needs none to say that there is none, and makes none."""
    done = subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), "doctor"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "packages: there is no .venv here: `make run` makes it\n" == done.stdout
    assert 0 != done.returncode
    assert [] == list(tmp_path.iterdir())


def test_a_package_that_is_missing_is_said_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken environment is what the doctor is called for; it does not fail by it."""
    monkeypatch.setitem(sys.modules, "reinstate.knowledge", None)
    assert "`make run` brings the packages up to date" in dict(doctor.examined())["knowledge"]
