"""What each part of the reader is worth: the same open set, read with parts left out or changed.

python -m bench.variants            about ten minutes; prints the table and writes the report
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import joblib
import numpy as np
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import vstack

from bench.evaluate import table
from bench.figures import OPEN, Judged, figures, read_set
from reinstate.server.settings import ROOT
from reinstate.understanding import encoders, head, segments, words
from reinstate.understanding.classifier import MessageReader
from reinstate.understanding.head import WORDS, Head
from reinstate.understanding.importer import Importer

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
ENCODERS = ("use", "minilm")  # each is a view of its own: trained together, a variant reads by those it names


class Wordless(Head):
    """A head that reads by sentence vectors only; where it is given words only, they still count.

    By those the reader chooses the parts of a long message.
    """

    def probabilities(self, seen: Mapping[str, head.View]) -> head.Probabilities:
        """As a head, without the words."""
        wordless = {name: view for name, view in seen.items() if name != WORDS}
        return super().probabilities(wordless or seen)


@dataclass(frozen=True)
class Variant:
    """What is changed of the reader as it is used.

    Attributes:
        config: its settings, as in config.yml.
        share: of the examples of each intent.
        head: the head it reads by, made out of the one that was trained.
        split, pieces: the functions of `reinstate.understanding.segments` that cut a message.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    share: float = 1.0
    head: Callable[[Head], Head] = lambda trained: trained
    split: Callable[[str], list[str]] = segments.clauses
    pieces: Callable[[str], list[str]] = segments.pieces


VARIANTS = {
    "as it is used": Variant(),
    "without words": Variant(head=lambda trained: Wordless(**vars(trained))),
    "words only (the fallback)": Variant({"encoders": []}),
    "MiniLM and words": Variant({"encoders": ["minilm"]}),
    "USE and words": Variant({"encoders": ["use"]}),
    "half of the examples": Variant(share=0.5),
    "three quarters of the examples": Variant(share=0.75),
    "sharpness 3": Variant(head=lambda trained: replace(trained, sharpness=3.0)),
    "sharpness 6": Variant(head=lambda trained: replace(trained, sharpness=6.0)),
    "denials as likely as causes": Variant({"prior_of_denials": 1.0}),
    "without nearest examples": Variant(head=lambda trained: replace(trained, nearest={})),
    "without smaller pieces": Variant(pieces=lambda text: [text]),
    "without clauses and pieces": Variant(split=lambda text: [text], pieces=lambda text: [text]),
    "a cause is named from 0.3": Variant({"thresholds": {"named": 0.3}}),
    "a cause is named from 0.6": Variant({"thresholds": {"named": 0.6}}),
    "confidence as trained": Variant({"thresholds": {"slope": 1.0, "offset": 0.0}}),
}


class Lab:
    """The training examples, the open set, and what was trained."""

    def __init__(self, folder: Path) -> None:
        """Read both; what is trained goes into the folder."""
        config, domain, data = (str(ROOT / name) for name in ("config.yml", "domain.yml", "data"))
        self.examples = Importer(config, domain, [data]).get_nlu_data().intent_examples
        self.golds = read_set(OPEN)
        self.folder, self.storage = folder, LocalModelStorage.create(folder)

    def judge(self, variant: Variant) -> list[Judged]:
        """Read the open set with a variant."""
        load = head.load
        with (
            patch.object(head, "load", lambda file: variant.head(load(file))),
            patch.multiple(segments, clauses=variant.split, pieces=variant.pieces),
        ):
            read = self._reader(variant).process([Message({TEXT: gold["text"]}) for gold in self.golds])
        return [Judged(gold, message.data, 0.0) for gold, message in zip(self.golds, read)]

    def _reader(self, variant: Variant) -> MessageReader:
        """A variant's reader, trained unless an earlier one was trained alike."""
        config = {**MessageReader.get_default_config(), **variant.config}
        training = {**config, "encoders": ENCODERS, "thresholds": {}}
        resource = Resource(joblib.hash((variant.share, training)))
        if not (self.folder / resource.name).exists():
            untrained = MessageReader.create(training, self.storage, resource, None)
            untrained.train(TrainingData(list(self._part(variant.share))))
        return MessageReader.load(config, self.storage, resource, None)

    def _part(self, share: float) -> Iterator[Message]:
        """A share of the examples, each intent's alike."""
        seen: Counter[str] = Counter()
        for example in self.examples:
            seen[intent := example.get(INTENT)] += 1
            if seen[intent] * share % 1 < share:
                yield example


def once(encode: Callable[[Sequence[str]], Any], stack: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """The same function of texts, which works each text out once; `stack` makes one of its rows."""
    rows: dict[str, Any] = {}

    def kept(texts: Sequence[str]) -> Any:
        if new := [text for text in dict.fromkeys(texts) if text not in rows]:
            rows.update(zip(new, encode(new)))
        return stack([rows[text] for text in texts])

    return kept


def main() -> None:
    """Judge every variant, print, and write the report."""
    found = {}
    with ExitStack() as kept:
        for encoder in map(encoders.load, ENCODERS):
            kept.enter_context(patch.object(encoder, "encode", once(encoder.encode, np.stack)))
        kept.enter_context(patch.object(words, "count", once(words.count, partial(vstack, format="csr"))))
        kept.enter_context(joblib.parallel_config("threading"))  # in this process, where rows are kept
        folder = Path(kept.enter_context(TemporaryDirectory()))
        fitted = joblib.Memory(folder / "words", verbose=0).cache(head.fit_words)
        kept.enter_context(patch.object(head, "fit_words", fitted))
        lab = Lab(folder)
        for name, variant in VARIANTS.items():
            sys.stderr.write(f"  {name} ...\n")
            found[name] = figures(lab.judge(variant))
    text = table({key: {name: every[key] for name, every in found.items()} for key in SHOWN})
    sys.stdout.write(text + "\n")
    REPORT.write_text(f"# {__doc__.splitlines()[0]}\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
