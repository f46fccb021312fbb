"""The Rasa graph component that reads a message: encoders, head, clauses and details."""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from reinstate.core.letter import parse_edit
from reinstate.knowledge import knowledge
from reinstate.understanding import clauses, details, encoders, head, reading, spelling, words
from reinstate.understanding.language import ENGLISH, find

logger = logging.getLogger(__name__)

LONGEST_WHOLE = 1000
VOCABULARY, HEAD = "vocabulary.json", "head.npz"
WORDS = "words"
MOST_CLAUSES, MOST_PIECES = 4, 12
_PART = 2000  # examples that one process encodes at a time
_FOREIGN = {"understood": 0.12, "sure": 0.8, "margin": 0.5}  # less is understood, more is asked
_EDIT = reading.Result((("letter_change", 1.0),), (), ())
_RANKED = 10
_TRAINED_BY = (head, spelling, words, sys.modules[__name__])
# "No, it was that I ...": the "no" is about what was said before.
_CORRECTS = re.compile(
    r"^\W*(?:no|nope|nah)\b\W*(?:it|that|this)(?:\W?s| is| was)\s+(?:that\s+|because\s+)?"
    r"(?!not\b|n['’]t)(?=\S+\s+\S)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|</?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Seen:
    """What one message is read from, as `reinstate.understanding.reading.read` takes it."""

    text: str
    clauses: Sequence[str]
    rows: head.Probabilities


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MessageReader(GraphComponent):
    """Sets `intent`, `intent_ranking`, `causes`, `choices`, `alternatives` and `details` of a message.

    Config:
        encoders: names or folders, see `reinstate.understanding.encoders.load`.
        strength: of the head, see `reinstate.understanding.head.fit`.
        thresholds: see `reinstate.understanding.reading.Thresholds`.
        prior_of_denials: how likely, before reading, a denial is beside the cause it denies: the
            examples hold about as many of each, while most people tell what did happen.
        prior_of_outside: the same for what is no case at all, of which examples can only be few.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What holds where config.yml is silent."""
        return {
            "encoders": ["use"],
            "strength": 40.0,
            "thresholds": {},
            "prior_of_denials": 0.5,
            "prior_of_outside": 4.0,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageReader:
        """Make an untrained reader."""
        return cls(config, model_storage, resource, None, {})

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        trained: head.Head | None,
        vocabulary: dict[str, int],
    ) -> None:
        """Hold the known words and the head, which reads by each encoder and by words."""
        self._config, self._storage, self._resource = config, model_storage, resource
        self._thresholds = reading.Thresholds(**config["thresholds"])
        self._encoders = _load_encoders(config["encoders"])
        self._speller = spelling.Speller(vocabulary)
        self._trained = trained

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains again when an encoder or the way of training changes.

        By itself it looks at the class and its settings only.
        """
        names = config.get("encoders", cls.get_default_config()["encoders"])
        vectors = "+".join(encoder.fingerprint for encoder in _load_encoders(names).values())
        sources = "".join(inspect.getsource(module) for module in _TRAINED_BY)
        return f"{vectors or 'no encoder'} {hashlib.sha256(sources.encode()).hexdigest()}"

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the head on all intent examples and store it."""
        examples = training_data.intent_examples
        texts = [example.get(TEXT) for example in examples]
        labels = [example.get(INTENT) for example in examples]
        logger.info("training on %d examples", len(texts))
        trained = head.combine(self._fit(texts, labels), labels)
        self._trained = trained.with_prior({label: self._prior(label) for label in trained.labels})
        languages = knowledge().languages
        english = [text for text in texts if find(text, languages) == ENGLISH]
        with self._storage.write_to(self._resource) as folder:
            head.save(self._trained, folder / HEAD)
            vocabulary = json.dumps(spelling.vocabulary(english), ensure_ascii=False)
            (folder / VOCABULARY).write_text(vocabulary, encoding="utf-8")
        return self._resource

    def _fit(self, texts: Sequence[str], labels: Sequence[str]) -> dict[str, head.Linear]:
        """Fit each view of the examples; where there are many, in as many processes as there are cores."""
        strength, names = self._config["strength"], list(self._encoders)
        parts = [texts[start : start + _PART] for start in range(0, len(texts), _PART)]
        by_words, *rows = joblib.Parallel(n_jobs=min(len(parts), os.cpu_count() or 1))(
            [
                joblib.delayed(head.fit_words)(texts, labels, strength),
                *(joblib.delayed(encoders.encode)(name, part) for name in names for part in parts),
            ]
        )
        encoded = {
            name: np.concatenate(rows[number * len(parts) : (number + 1) * len(parts)])
            for number, name in enumerate(names)
        }
        return {WORDS: by_words} | {name: head.fit(v, labels, strength) for name, v in encoded.items()}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MessageReader:
        """Read the stored head."""
        with model_storage.read_from(resource) as folder:
            trained = head.load(folder / HEAD)
            vocabulary = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, trained, vocabulary)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave training data as it is; nothing after this component reads it."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Read each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            found = details.find(text, knowledge())
            result = _EDIT if parse_edit(text) else self.read(text, found)
            causes = [replace(c, stance="unsure") if found.pasted else c for c in result.causes]
            ranking = [{"name": name, "confidence": p} for name, p in result.ranking[:_RANKED]]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set("causes", [asdict(cause) for cause in causes], add_to_output=True)
            message.set("choices", list(result.choices), add_to_output=True)
            message.set("alternatives", list(result.alternatives), add_to_output=True)
            message.set("details", asdict(found), add_to_output=True)
            message.set(ENTITIES, message.get(ENTITIES, []), add_to_output=True)
        return messages

    def read(self, text: str, found: details.Details) -> reading.Result:
        """Read one message in bounded time; `found` are its details."""
        if not (seen := self.see(text, found)):
            return reading.Result(((reading.NOT_UNDERSTOOD, 1.0),), (), ())
        english = found.language == ENGLISH
        thresholds = self._thresholds if english else replace(self._thresholds, **_FOREIGN)
        return reading.read(seen.text, seen.clauses, seen.rows, self.labels, thresholds)

    def see(self, text: str, found: details.Details) -> Seen | None:
        """What a message is read from, or None where it has no letter and no digit."""
        english = found.language == ENGLISH
        text = _CORRECTS.sub("", _MARKUP.sub(" ", self._speller.correct(text) if english else text))
        if not any(letter.isalnum() for letter in text):
            return None
        return Seen(text, *self._rows_of(text))

    @property
    def labels(self) -> tuple[str, ...]:
        """The intents, in the order of the columns of `rows`."""
        return self._head.labels

    @property
    def _head(self) -> head.Head:
        if self._trained is None:
            raise RuntimeError("this reader has not been trained")
        return self._trained

    def _rows_of(self, text: str) -> tuple[list[str], head.Probabilities]:
        """The clauses of a text that count, none where it is one, and rows of probabilities.

        First the text's own, then those of its clauses, then those of its smaller pieces. A long text
        counts by its parts only.
        """
        whole: Sequence[str] = [text] if len(text) <= LONGEST_WHOLE else []
        told = self._telling(clauses.split(text), MOST_CLAUSES, beside=whole)
        small = self._telling(clauses.pieces(text), MOST_PIECES, beside=whole)
        texts = [*whole, *told, *small]
        each = {one: number for number, one in enumerate(dict.fromkeys(texts))}
        rows = self._probabilities(list(each))[[each[one] for one in texts]]
        if not whole:
            rows = np.vstack([reading.strongest(rows, self.labels), rows])
        return told, rows

    def _prior(self, label: str) -> float:
        """How likely an intent is before anything is read, beside most others."""
        if label.startswith(reading.DENY):
            return float(self._config["prior_of_denials"])
        return float(self._config["prior_of_outside"]) if label in reading.OUTSIDE else 1.0

    def _telling(self, parts: list[str], most: int, *, beside: Sequence[str]) -> list[str]:
        """Those parts of a text that, by their words alone, name a cause most clearly; none if it is one."""
        if beside and len(parts) < 2:
            return []
        if len(parts) <= most:
            return parts
        parts = list(dict.fromkeys(parts))
        named = [n for n, label in enumerate(self.labels) if label.startswith(reading.ABOUT)]
        clearness = self._head.probabilities({WORDS: words.count(parts)})[:, named].max(axis=1)
        return [parts[n] for n in sorted(clearness.argsort()[-most:])]

    def _probabilities(self, texts: Sequence[str]) -> head.Probabilities:
        """A row for each text."""
        seen: dict[str, Any] = {name: encoder.encode(texts) for name, encoder in self._encoders.items()}
        return self._head.probabilities({WORDS: words.count(texts), **seen})


def _load_encoders(names: Sequence[str]) -> Mapping[str, encoders.Encoder]:
    """The encoders by their names; none at all if one of them cannot be loaded."""
    try:
        return {name: encoders.load(name) for name in names}
    except encoders.EncoderError as error:
        logger.warning(
            "%s. CauseMention with the FALLBACK, which understands far less. "
            "Mend: run `make run` again, or name another encoder in config.yml.",
            error,
        )
        return {}
