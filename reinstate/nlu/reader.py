"""The Rasa graph component that reads a message: encoder, head, clauses and details."""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from reinstate.knowledge import knowledge
from reinstate.letter import parse_edit
from reinstate.nlu import clauses, details, encoders, head, reading, spelling, words
from reinstate.nlu.language import ENGLISH, find

logger = logging.getLogger(__name__)

LONGEST_WHOLE = 1000
VOCABULARY, HEADS = "vocabulary.json", "heads.npz"
WORDS, SENTENCES, QUICK = "words", "sentences", "quick"
MOST_CLAUSES = 4
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
    """What one message is read from, as `reinstate.nlu.reading.read` takes it."""

    text: str
    clauses: Sequence[str]
    rows: head.Probabilities


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MessageReader(GraphComponent):
    """Sets `intent`, `intent_ranking`, `causes`, `choices`, `alternatives` and `details` of a message.

    Config:
        encoders: names or folders, see `reinstate.nlu.encoders.load`.
        multilingual: the one of them that reads languages other than English; None if none does.
        quick: the one of them that reads a message and its clauses first; None if all always read.
        sure: from this probability by the quick one on, the others are not asked about the message.
        strength: of the head, see `reinstate.nlu.head.fit`.
        thresholds: see `reinstate.nlu.reading.Thresholds`.
        prior_of_denials: how likely, before reading, a denial is beside the cause it denies: the
            examples hold about as many of each, while most people tell what did happen.
        prior_of_outside: the same for what is no case at all, of which examples can only be few.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What holds where config.yml is silent."""
        return {
            "encoders": ["minilm", "use"],
            "multilingual": "use",
            "quick": "use",
            "sure": 0.9,
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
        return cls(config, model_storage, resource, {}, {})

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        heads: dict[str, head.Head],
        vocabulary: dict[str, int],
    ) -> None:
        """Hold the known words and the heads.

        "quick" reads an English message and its clauses by one encoder and words; "main" reads a
        message of which that one is unsure by all encoders and words, in three times the time. Both
        have seen English only. "foreign" reads other languages by the multilingual encoder and words,
        "fallback" anything by words.
        """
        self._config, self._storage, self._resource, self._heads = config, model_storage, resource, heads
        self._thresholds = reading.Thresholds(**config["thresholds"])
        self._encoder = _load_encoder(config["encoders"])
        known = {name: name for name in config["encoders"]}
        self._multilingual, self._quick = known.get(config["multilingual"]), known.get(config["quick"])
        self._speller = spelling.Speller(vocabulary)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains again when an encoder or the way of training changes.

        By itself it looks at the class and its settings only.
        """
        encoder = _load_encoder(config.get("encoders", cls.get_default_config()["encoders"]))
        vectors = encoder.fingerprint if encoder else "no encoder"
        sources = "".join(inspect.getsource(module) for module in _TRAINED_BY)
        return f"{vectors} {hashlib.sha256(sources.encode()).hexdigest()}"

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the heads on all intent examples and store them."""
        examples = training_data.intent_examples
        texts = [example.get(TEXT) for example in examples]
        labels = [example.get(INTENT) for example in examples]
        held, strength = head.half(labels), self._config["strength"]
        logger.info("training on %d examples", len(texts))
        languages = knowledge().languages
        english = [n for n, text in enumerate(texts) if find(text, languages) == ENGLISH]
        fitted = {WORDS: head.fit(words.count(texts), labels, held, strength)}
        trained = {"fallback": head.combine(fitted, labels)}
        if self._encoder:
            each = self._encoder.encode_each([texts[n] for n in english])
            known, among = [labels[n] for n in english], held[english]
            sentences = np.concatenate(list(each.values()), axis=1)
            plain = {WORDS: fitted[WORDS].of(english)}
            main = head.fit(sentences, known, among, strength)
            trained["main"] = head.combine({SENTENCES: main} | plain, known)
            if self._quick:
                quick = head.fit(each[self._quick], known, among, strength)
                trained["quick"] = head.combine({QUICK: quick} | plain, known)
            if name := self._multilingual:
                others = sorted(set(range(len(texts))) - set(english))
                rows = [each[name], encoders.load(name).encode([texts[n] for n in others])]
                every = np.concatenate(rows)[np.argsort(english + others)]
                foreign = {name: head.fit(every, labels, held, strength)}
                trained["foreign"] = head.combine({**foreign, **fitted}, labels)
        priors = {label: self._prior(label) for label in set(labels)}
        self._heads = {kind: one.with_prior(priors) for kind, one in trained.items()}
        with self._storage.write_to(self._resource) as folder:
            head.save(self._heads, folder / HEADS)
            vocabulary = json.dumps(spelling.vocabulary([texts[n] for n in english]), ensure_ascii=False)
            (folder / VOCABULARY).write_text(vocabulary, encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MessageReader:
        """Read the stored heads."""
        with model_storage.read_from(resource) as folder:
            heads = head.load(folder / HEADS)
            vocabulary = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, heads, vocabulary)

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
        return Seen(text, *self._rows_of(text, foreign=not english))

    @property
    def labels(self) -> tuple[str, ...]:
        """The intents, in the order of the columns of `rows`."""
        return self._heads["fallback"].labels

    def _rows_of(self, text: str, *, foreign: bool) -> tuple[list[str], head.Probabilities]:
        """The clauses of a text that count, none where it is one, and probabilities: its own, then theirs.

        A long text counts clause by clause only.
        """
        parts = clauses.split(text)
        whole: Sequence[str] = [text] if len(text) <= LONGEST_WHOLE else []
        if whole and len(parts) < 2:
            parts = []
        if len(parts) > MOST_CLAUSES:
            parts = self._telling(parts)
        rows = self._probabilities(whole, parts, foreign=foreign)
        if not whole:
            rows = reading.strongest(rows, self.labels)
        return parts, rows

    def _prior(self, label: str) -> float:
        """How likely an intent is before anything is read, beside most others."""
        if label.startswith(reading.DENY):
            return float(self._config["prior_of_denials"])
        return float(self._config["prior_of_outside"]) if label in reading.OUTSIDE else 1.0

    def _telling(self, parts: Sequence[str]) -> list[str]:
        """Those clauses of a long text that, by their words alone, name a cause most clearly."""
        quick, parts = self._heads["fallback"], list(dict.fromkeys(parts))
        named = [n for n, label in enumerate(quick.labels) if label.startswith(reading.ABOUT)]
        clearness = quick.probabilities({WORDS: words.count(parts)})[:, named].max(axis=1)
        best = sorted(clearness.argsort()[-MOST_CLAUSES:])
        return [parts[n] for n in best]

    def _probabilities(
        self, whole: Sequence[str], parts: Sequence[str], *, foreign: bool
    ) -> head.Probabilities:
        """Rows of the whole message (none or one) and of its clauses, by the heads that fit."""
        texts = [*whole, *parts]
        counted = words.count(texts)
        if not self._encoder or "main" not in self._heads:
            return self._rows("fallback", counted, {})
        if foreign and (name := self._multilingual) and "foreign" in self._heads:
            return self._rows("foreign", counted, {name: encoders.load(name).encode(texts)})
        if not self._quick or "quick" not in self._heads:
            return self._rows("main", counted, {SENTENCES: self._encoder.encode(texts)})
        seen = encoders.load(self._quick).encode(texts)
        rows = self._rows("quick", counted, {QUICK: seen})
        if whole and reading.lead(rows[0], self.labels) < self._config["sure"]:
            sentences = self._encoder.complete(whole, {self._quick: seen[:1]})
            rows[:1] = self._rows("main", counted[:1], {SENTENCES: sentences})
        return rows

    def _rows(self, kind: str, counted: Any, vectors: Mapping[str, encoders.Vectors]) -> head.Probabilities:
        """What one head makes of texts, seen by their words and by their vectors."""
        return self._heads[kind].probabilities({WORDS: counted, **vectors})


def _load_encoder(names: Sequence[str]) -> encoders.JoinedEncoder | None:
    try:
        return encoders.join(names)
    except encoders.EncoderError as error:
        logger.warning(
            "%s. Reading with the FALLBACK, which understands far less. "
            "Mend: run `make run` again, or name another encoder in config.yml.",
            error,
        )
        return None
