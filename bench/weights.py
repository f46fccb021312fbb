"""The weights of `reinstate.nlu.evidence` that fit the open sets best: printed, to be put there.

python -m bench.weights
"""

from __future__ import annotations

import gc
import logging
import sys
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.evaluate import OPEN, SEVERAL, read_set
from reinstate.knowledge import knowledge
from reinstate.nlu import details, evidence
from reinstate.nlu.language import ENGLISH
from reinstate.nlu.reader import MessageReader
from reinstate.settings import MODEL


def loaded() -> MessageReader:
    """The reader of the trained model."""
    import structlog
    from rasa.core.agent import Agent

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    agent = Agent.load(MODEL)
    return next(o for o in gc.get_objects() if isinstance(o, MessageReader) and agent)


def main() -> None:
    """Fit both models on every English message of the open sets, and print their weights."""
    reader = loaded()
    ids = evidence.causes(reader.labels)
    named, denied = Examples(), Examples()
    for gold in (*read_set(OPEN), *read_set(SEVERAL)):
        found = details.find(gold["text"], knowledge())
        if found.language != ENGLISH or not (seen := reader.see(gold["text"], found)):
            continue
        admits, denies = evidence.said(seen.clauses, seen.rows, reader.labels)
        stances = {cause["id"]: cause["stance"] for cause in gold["causes"]}
        named.add(evidence.named_by(seen.clauses, admits, denies), [cause in stances for cause in ids])
        polarity = evidence.denied_by(seen.text, seen.clauses, admits, denies)
        told = [ids.index(cause) for cause in stances]
        denied.add(polarity[told], [stance == "denies" for stance in stances.values()])
    for name, by, examples in (
        ("NAMED", evidence.NAMED_BY, named),
        ("DENIED", evidence.DENIED_BY, denied),
    ):
        sys.stdout.write(f"{name} = {examples.weights()}  # {', '.join(by)}, constant\n")


@dataclass
class Examples:
    """What a logistic model is fitted on."""

    features: list[NDArray[np.float64]] = field(default_factory=list)
    targets: list[bool] = field(default_factory=list)

    def add(self, features: NDArray[np.float64], targets: list[bool]) -> None:
        """Take in as many rows of features as targets."""
        self.features.append(features)
        self.targets.extend(targets)

    def weights(self) -> list[float]:
        """The weights of the features and the constant that fit best, to two digits."""
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression().fit(np.concatenate(self.features), self.targets)
        return [round(float(w), 2) for w in (*model.coef_[0], model.intercept_[0])]


if __name__ == "__main__":
    main()
