"""What each part of the reader is worth: the same open set, read with parts left out or changed.

python -m bench.variants            about ten minutes; prints the table and writes the report
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.evaluate import OPEN, ROOT, Judged, figures, read_set, table
from reinstate.nlu import clauses, encoders, head, reading, words
from reinstate.nlu.examples import read
from reinstate.nlu.reader import WORDS, MessageReader

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
DEFAULTS = MessageReader.get_default_config()


@dataclass(frozen=True)
class Variant:
    """One way to build the reader; the defaults are the one that is used."""

    encoders: tuple[str, ...] = tuple(DEFAULTS["encoders"])
    words: bool = True
    sharpness: float = head.SHARPNESS
    strength: float = DEFAULTS["strength"]
    denials: float = DEFAULTS["prior_of_denials"]
    outside: float = DEFAULTS["prior_of_outside"]
    share: float = 1.0
    clauses: bool = True
    pieces: bool = True
    thresholds: reading.Thresholds = field(default_factory=reading.Thresholds)


USED = Variant()
VARIANTS = {
    "as it is used": USED,
    "without words": replace(USED, words=False),
    "words only (the fallback)": replace(USED, encoders=()),
    "MiniLM and words": replace(USED, encoders=("minilm",)),
    "USE, MiniLM and words": replace(USED, encoders=("use", "minilm")),
    "half of the examples": replace(USED, share=0.5),
    "three quarters of the examples": replace(USED, share=0.75),
    "sharpness 3": replace(USED, sharpness=3.0),
    "sharpness 6": replace(USED, sharpness=6.0),
    "strength 10": replace(USED, strength=10.0),
    "strength 100": replace(USED, strength=100.0),
    "denials as likely as causes": replace(USED, denials=1.0),
    "outside as likely as causes": replace(USED, outside=1.0),
    "without smaller pieces": replace(USED, pieces=False),
    "without clauses and pieces": replace(USED, clauses=False, pieces=False),
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
        self.golds = read_set(OPEN)
        self.clauses = [_parts(clauses.split(gold["text"])) for gold in self.golds]
        self.pieces = [_parts(clauses.pieces(gold["text"])) for gold in self.golds]
        sys.stderr.write(f"{len(self.texts)} examples, {len(self.golds)} messages\n")
        self.fitted, self.view, self.rows = cache(self._fitted), cache(self._view), cache(self._rows)

    def judge(self, variant: Variant) -> list[Judged]:
        """Read the open set with a variant."""
        names = [*variant.encoders, *([WORDS] if variant.words else [])]
        views = {name: self.fitted(name, variant.strength, variant.share) for name in names}
        trained = replace(head.combine(views, self.labels), sharpness=variant.sharpness)
        priors = dict.fromkeys(trained.labels, 1.0) | dict.fromkeys(reading.OUTSIDE, variant.outside)
        priors |= {label: variant.denials for label in trained.labels if label.startswith(reading.DENY)}
        trained = trained.with_prior(priors)
        judged = []
        for number, gold in enumerate(self.golds):
            told = self.clauses[number]
            rows = trained.probabilities({name: self.rows(name)[number] for name in names})
            whole, by_clause, by_piece = np.split(rows, [1, 1 + len(told)])
            told = told if variant.clauses else []
            kept = [whole, by_clause[: len(told)], by_piece if variant.pieces else by_piece[:0]]
            result = reading.read(gold["text"], told, np.vstack(kept), trained.labels, variant.thresholds)
            judged.append(Judged(gold, _as_parsed(result), 0.0))
        return judged

    def _fitted(self, name: str, strength: float, share: float) -> head.Linear:
        """One view of a share of the examples, each intent's alike."""
        seen: Counter[str] = Counter()
        chosen = []
        for number, label in enumerate(self.labels):
            seen[label] += 1
            if int(seen[label] * share) > int((seen[label] - 1) * share):
                chosen.append(number)
        return head.fit(self.view(name)[chosen], [self.labels[n] for n in chosen], strength)

    def _view(self, name: str) -> Any:
        """The training examples by an encoder or by words."""
        return words.count(self.texts) if name == WORDS else encoders.load(name).encode(self.texts)

    def _rows(self, name: str) -> list[Any]:
        """The same view of each message, its clauses and its pieces."""
        encode = words.count if name == WORDS else encoders.load(name).encode
        every = zip(self.golds, self.clauses, self.pieces)
        return [encode([gold["text"], *told, *small]) for gold, told, small in every]


def _parts(found: list[str]) -> list[str]:
    return found if len(found) > 1 else []


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
