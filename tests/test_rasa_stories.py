"""The main flows as Rasa sees them: `rasa test core` on the test stories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reinstate.server.settings import MODEL, ROOT

STORIES = ROOT / "tests" / "test_stories.yml"


@pytest.mark.soak  # tests/conversations/ holds the same flows, through the running bot
def test_every_test_story_is_predicted(tmp_path: Path) -> None:
    """Each action of each test story is the one that the trained rules predict."""
    command = [sys.executable, "-W", "ignore", "-m", "rasa", "test", "core", "--fail-on-prediction-errors"]
    done = subprocess.run(
        [*command, "--stories", str(STORIES), "--model", str(MODEL), "--out", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = tmp_path / "failed_test_stories.yml"
    told = failed.read_text(encoding="utf-8") if failed.exists() else done.stderr[-4000:]
    assert done.returncode == 0 and "None of the test stories failed" in told, told
