"""The linters of others on `deploy/`, where they are installed beside this Python or on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yml"))
LINTERS = {
    "hadolint": ["hadolint", "--failure-threshold", "info", "deploy/Dockerfile"],
    "yamllint": ["yamllint", "--strict", "deploy"],
    # What is left below "high" is meant: the proxy is public, and digests are the operator's to pin.
    "compose-lint": ["compose-lint", "--fail-on", "high", "deploy/compose.yml"],
    "kubernetes-validate": [
        *("kubernetes-validate", "--strict"),
        *(str(file) for file in MANIFESTS if file.name != "kustomization.yml"),
    ],
    "caddy": ["caddy", "validate", "--adapter", "caddyfile", "--config", "deploy/Caddyfile"],
}


@pytest.mark.parametrize("name", LINTERS)
def test_a_linter_finds_nothing(name: str, tmp_path: Path) -> None:
    """Dockerfile, compose file, manifests and proxy are what their programs take."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    program = shutil.which(name, path=path)
    if program is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run(
        [program, *LINTERS[name][1:]],
        cwd=ROOT,
        env={"PATH": path, "HOME": str(tmp_path), "SITE": "reinstate.example"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
