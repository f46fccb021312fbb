"""The weights of `reinstate.understanding.mentions` that fit the open sets best: printed, to be put there.

python -m bench.weights
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from rasa.engine.storage.local_model_storage import LocalModelStorage
from sklearn.linear_model import LogisticRegression

from bench.figures import OPEN, REFUSALS, SEVERAL, read_set
from reinstate.knowledge import knowledge
from reinstate.server.settings import MODEL
from reinstate.understanding import details, mentions
from reinstate.understanding.classifier import MessageReader
from reinstate.understanding.language import ENGLISH

Rows = tuple[NDArray[np.float64], list[bool]]  # features, and a target for each row


def loaded() -> MessageReader:
    """The reader of the trained model."""
    with TemporaryDirectory() as folder:
        storage, metadata = LocalModelStorage.from_model_archive(Path(folder), MODEL)
        node = next(n for n in metadata.predict_schema.nodes.values() if n.uses is MessageReader)
        config = MessageReader.get_default_config() | node.config
        return MessageReader.load(config, storage, node.resource, None)


def main() -> None:
    """Fit both models on every English message of the open sets, and print their weights."""
    reader = loaded()
    ids = reader.labels.causes
    named: list[Rows] = []
    denied: list[Rows] = []
    for gold in (*read_set(OPEN), *read_set(SEVERAL), *read_set(REFUSALS)):
        found = details.find(gold["text"], knowledge())
        if found.language != ENGLISH or not (seen := reader.see(gold["text"], found)):
            continue
        admits, denies = mentions.said(seen.clauses, seen.rows, reader.labels)
        stances = {cause["id"]: cause["stance"] for cause in gold["causes"]}
        named.append((mentions.named_by(seen.clauses, admits, denies), [cause in stances for cause in ids]))
        polarity = mentions.denied_by(seen.text, seen.clauses, admits, denies, reader.labels)
        told = [ids.index(cause) for cause in stances]
        denied.append((polarity[told], [stance == "denies" for stance in stances.values()]))
    for name, by, examples in (
        ("NAMED", mentions.NAMED_BY, named),
        ("DENIED", mentions.DENIED_BY, denied),
    ):
        sys.stdout.write(f"{name} = {weights(examples)}  # {', '.join(by)}, constant\n")


def weights(examples: Sequence[Rows]) -> list[float]:
    """The weights of a logistic model and its constant that fit best, to two digits."""
    features, targets = (np.concatenate(part) for part in zip(*examples))
    model = LogisticRegression().fit(features, targets)
    return [round(float(w), 2) for w in (*model.coef_[0], model.intercept_[0])]


if __name__ == "__main__":
    main()
