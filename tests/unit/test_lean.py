"""What answers holds no TensorFlow; what needs it finds it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reinstate.server import lean
from reinstate.server.settings import MODEL, ROOT

# What the image leaves out once the model is trained.
LEFT_OUT = re.findall(
    r"site-packages/(\w+)",
    (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").partition("rm -r ")[2],
)
ANSWERING = f"""
import sys
from reinstate.server import app
app.lean.leave_training_out()
app.Agent.load({str(MODEL)!r})
print([name for name in {LEFT_OUT} if name in sys.modules])
from rasa.utils import train_utils
print(train_utils.NUMBER_OF_SUB_TOKENS, "tensorflow" in sys.modules)
"""


def test_the_model_answers_without_what_the_image_leaves_out() -> None:
    """TensorFlow, which comes once something of a helper of training is asked for, and what that needs."""
    assert "tensorflow" in LEFT_OUT
    command = [sys.executable, "-W", "ignore", "-c", ANSWERING]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ["[]", "number_of_sub_tokens True"] == printed.splitlines()


def test_a_late_module_runs_once_something_of_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when it is only imported, once or again."""
    package = tmp_path / "dawdles"
    package.mkdir()
    (package / "__init__.py").write_text("ran = []\n")
    (package / "late.py").write_text("from dawdles import ran\nran.append(1)\nanswer = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    lean.import_late("dawdles.late")

    import dawdles.late  # type: ignore[import-not-found]
    import dawdles.late as again

    assert [] == dawdles.ran
    assert 42 == again.answer == dawdles.late.answer
    assert [1] == dawdles.ran
    for name in ("dawdles", "dawdles.late"):
        monkeypatch.delitem(sys.modules, name)
