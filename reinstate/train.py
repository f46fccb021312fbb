"""Trains the model into `models/reinstate.tar.gz` if anything it is made of has changed."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from reinstate import knowledge
from reinstate.server.settings import MODEL, ROOT
from reinstate.understanding import examples

STAMP = MODEL.with_suffix("").with_suffix(".json")
LOG = MODEL.with_name("train.log")
# Rasa copies all examples several times; without looking for garbage that takes a third less time.
_RUN_RASA = "import gc; gc.disable(); import sys, rasa.__main__ as r; sys.argv[0] = 'rasa'; r.main()"
INPUTS = ("config.yml", "domain.yml", "data", "knowledge", "reinstate/understanding", "requirements.txt")


def fingerprint(root: Path, inputs: Iterable[str] = INPUTS) -> str:
    """A digest of the names and contents of all input files."""
    digest = hashlib.sha256()
    for name in inputs:
        path = root / name
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current(current: str) -> bool:
    """Whether the stored model was trained from what is there now."""
    if not (MODEL.is_file() and STAMP.is_file()):
        return False
    return bool(json.loads(STAMP.read_text(encoding="utf-8")).get("fingerprint") == current)


def main() -> None:
    """Train, or with `--validate` check the data as Rasa does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validate", action="store_true", help="check domain, data and rules only")
    parser.add_argument("--force", action="store_true", help="train even if nothing has changed")
    chosen = parser.parse_args()
    try:
        knowledge.load()
    except knowledge.KnowledgeError as error:
        sys.exit(f"{error}\nknowledge/ has mistakes: mend them, then run this again")
    if doubles := examples.repeated(ROOT / "data" / "nlu"):
        sys.exit("\n".join(doubles) + f"\n{len(doubles)} training examples stand twice")
    if chosen.validate:
        sys.exit(
            _rasa("data", "validate", "--domain", "domain.yml", "--data", "data", "--config", "config.yml")
        )
    current = fingerprint(ROOT)
    if not chosen.force and is_current(current):
        sys.stdout.write("The model is up to date.\n")
        return
    sys.stdout.write("Training the model, four to ten minutes from nothing, less after that ...\n")
    sys.stdout.flush()
    started = time.monotonic()
    options = ["--domain", "domain.yml", "--data", "data", "--config", "config.yml", "--out", "models"]
    name = MODEL.name.removesuffix(".tar.gz")
    if _rasa("train", *options, "--fixed-model-name", name, "--skip-validation") != 0:
        sys.exit("training failed: see the lines above for the file and entry to mend")
    STAMP.write_text(json.dumps({"fingerprint": current}) + "\n", encoding="utf-8")
    size = MODEL.stat().st_size / 2**20
    sys.stdout.write(f"Trained in {time.monotonic() - started:.0f} s, {size:.1f} MB.\n")


def _rasa(*words: str) -> int:
    """Run a command of Rasa's own; its exit code. Its hundreds of lines go to a log file.

    Where it fails, the log's errors are shown, or its end where it names none.
    """
    LOG.parent.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "TQDM_DISABLE": "1",
        "NO_COLOR": "1",
    }
    with LOG.open("w", encoding="utf-8") as log:
        command = [sys.executable, "-c", _RUN_RASA, *words]
        code = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False
        ).returncode
    if code:
        lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
        telling = [line for line in lines if "rror" in line or "Exception" in line]
        sys.stdout.write("\n".join((telling or lines)[-20:]) + f"\n(all of it: {LOG.relative_to(ROOT)})\n")
    return code


if __name__ == "__main__":
    main()
