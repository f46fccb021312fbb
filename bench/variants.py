"""What each part of the reader is worth: the same open set, read with parts left out or changed.

python -m bench.variants            about ten minutes; prints the table and writes the report
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench.evaluate import OPEN, ROOT, Judged, figures, read_set, table
from reinstate.knowledge import knowledge
from reinstate.nlu import clauses, encoders, head, reading, words
from reinstate.nlu.examples import read
from reinstate.nlu.language import ENGLISH, find
from reinstate.nlu.reader import MessageReader

REPORT = Path(__file__).parent / "reports" / "variants.md"
SHOWN = (
    "causes right",
    "causes right or offered",
    "intents right",
    "macro F1",
    "denials right",
    "near rejected",
    "several precision",
    "several recall",
    "calibration error",
)
BOTH = ("minilm", "use")


@dataclass(frozen=True)
class Variant:
    """One way to build the reader; the defaults are the one that is used.

    `encoders` read the messages of which `quick`, which read everything first, are less than `sure`.
    """

    encoders: tuple[str, ...] = BOTH
    quick: tuple[str, ...] = ("use",)
    sure: float = MessageReader.get_default_config()["sure"]
    words: bool = True
    share: float = head.SPARSE_SHARE
    strength: float = MessageReader.get_default_config()["strength"]
    denials: float = MessageReader.get_default_config()["prior_of_denials"]
    outside: float = MessageReader.get_default_config()["prior_of_outside"]
    english: bool = True
    clauses: bool = True
    thresholds: reading.Thresholds = field(default_factory=reading.Thresholds)


USED = Variant()
VARIANTS = {
    "as it is used": USED,
    "without words": replace(USED, words=False),
    "words only (the fallback)": replace(USED, encoders=(), quick=()),
    "MiniLM and words": replace(USED, encoders=("minilm",), quick=("minilm",)),
    "USE and words": replace(USED, encoders=("use",)),
    "both encoders for every message": replace(USED, sure=2.0),
    "both encoders for every message and clause": replace(USED, quick=BOTH),
    "both where less than 0.8 sure": replace(USED, sure=0.8),
    "words count 0.4": replace(USED, share=0.4),
    "words count 1.0": replace(USED, share=1.0),
    "strength 10": replace(USED, strength=10.0),
    "strength 100": replace(USED, strength=100.0),
    "denials as likely as causes": replace(USED, denials=1.0),
    "outside as likely as causes": replace(USED, outside=1.0),
    "one head for all languages": replace(USED, english=False),
    "without clauses": replace(USED, clauses=False),
    "a cause is named from 0.3": replace(USED, thresholds=reading.Thresholds(named=0.3)),
    "a cause is named from 0.6": replace(USED, thresholds=reading.Thresholds(named=0.6)),
    "confidence as trained": replace(USED, thresholds=reading.Thresholds(slope=1.0, offset=0.0)),
}


class Lab:
    """The training examples and the open set, encoded once."""

    def __init__(self) -> None:
        """Read both."""
        examples = list(read(ROOT / "data" / "nlu"))
        self.texts = [example.text for example in examples]
        self.labels = [example.intent for example in examples]
        self.held = head.half(self.labels)
        languages = knowledge().languages
        self.english = [n for n, text in enumerate(self.texts) if find(text, languages) == ENGLISH]
        self.names = sorted(set(self.labels))
        self.golds = read_set(OPEN)
        self.parts = [clauses.split(gold["text"]) for gold in self.golds]
        self._say(f"{len(self.texts)} examples, {len(self.golds)} messages")
        self.fitted = cache(self._fitted)
        self.rows = cache(self._rows)

    def judge(self, variant: Variant) -> list[Judged]:
        """Read the open set with a variant."""
        quick, thorough = (self._head(variant, names) for names in (variant.quick, variant.encoders))
        judged = []
        for number, gold in enumerate(self.golds):
            parts = self.parts[number] if variant.clauses and len(self.parts[number]) > 1 else []
            rows = quick(number)[: 1 + len(parts)]
            if reading.lead(rows[0], self.names) < variant.sure:
                rows[:1] = thorough(number)[:1]
            result = reading.read(gold["text"], parts, rows, self.names, variant.thresholds)
            judged.append(Judged(gold, _as_parsed(result), 0.0))
        return judged

    def _head(self, variant: Variant, names: tuple[str, ...]) -> Callable[[int], head.Probabilities]:
        """Rows of a message and its clauses by a head over some encoders, and words."""
        views = [("encoders", names)] if names else []
        views += [("words", ())] if variant.words else []
        used = self.english if variant.english else range(len(self.texts))
        trained = head.combine(
            {kind: self.fitted(names, variant.strength, variant.english) for kind, names in views},
            [self.labels[n] for n in used],
            variant.share,
        )
        priors = dict.fromkeys(trained.labels, 1.0) | dict.fromkeys(reading.OUTSIDE, variant.outside)
        priors |= {label: variant.denials for label in trained.labels if label.startswith(reading.DENY)}
        trained = trained.with_prior(priors)
        return lambda number: trained.probabilities({kind: self.rows(names)[number] for kind, names in views})

    def _fitted(self, names: tuple[str, ...], strength: float, english: bool) -> head.Fitted:
        """One view of the examples: by some encoders or, without any, by words."""
        view = np.concatenate([self._vectors(n) for n in names], axis=1) if names else words.count(self.texts)
        if not names or not english:
            fitted = head.fit(view, self.labels, self.held, strength)
            return fitted.of(self.english) if english else fitted
        known = [self.labels[n] for n in self.english]
        return head.fit(view[self.english], known, self.held[self.english], strength)

    def _rows(self, names: tuple[str, ...]) -> list[Any]:
        """The same view of each message and its clauses."""
        encode = encoders.join(names).encode if names else words.count
        return [encode([gold["text"], *parts]) for gold, parts in zip(self.golds, self.parts)]

    @cache  # noqa: B019 - one lab a run
    def _vectors(self, name: str) -> encoders.Vectors:
        """The training examples by one encoder."""
        return encoders.join([name]).encode(self.texts)

    @staticmethod
    def _say(text: str) -> None:
        sys.stderr.write(text + "\n")


def _as_parsed(result: reading.Result) -> dict[str, Any]:
    ranking = [{"name": name, "confidence": p} for name, p in result.ranking[:10]]
    return {
        "intent": ranking[0],
        "intent_ranking": ranking,
        "causes": [{"id": c.id, "stance": c.stance} for c in result.causes],
        "choices": list(result.choices),
        "alternatives": list(result.alternatives),
    }


def main() -> None:
    """Judge every variant, print, and write the report."""
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"][0]
    if (tuple(config["encoders"]), config["strength"]) != (BOTH, USED.strength):
        sys.exit("config.yml names other encoders or another strength than this command's USED variant")
    lab, found = Lab(), {}
    for name, variant in VARIANTS.items():
        sys.stderr.write(f"  {name} ...\n")
        every = figures(lab.judge(variant))
        found[name] = {key: every[key] for key in SHOWN}
    turned = {key: {name: values[key] for name, values in found.items()} for key in SHOWN}
    text = table(turned)
    sys.stdout.write(text + "\n")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(f"# {__doc__.splitlines()[0]}\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
