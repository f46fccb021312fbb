"""The Rasa graph component that reads a message: encoder, head, clauses and details."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
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
from reinstate.nlu.language import ENGLISH

logger = logging.getLogger(__name__)

LONGEST_WHOLE = 1000
VOCABULARY = "vocabulary.json"
MOST_CLAUSES = 6
NOTICE_CLAUSE = 0.4
_EDIT = reading.Result((("letter_change", 1.0),), (), ())
ANSWERS = (
    "circumstance_",
    "letter_",
    "skip",
    "cancel",
    "something_else",
    "go_back",
    "feedback_helpful",
    "feedback_not",
)
_RANKED = 10
# "No, it was that I ...": the "no" is about what was said before.
_CORRECTS = re.compile(
    r"^\W*(?:no|nope|nah)\b\W*(?:it|that|this)(?:\W?s| is| was)\s+(?:that\s+|because\s+)?"
    r"(?!not\b|n['’]t)(?=\S+\s+\S)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|</?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MessageReader(GraphComponent):
    """Sets `intent`, `intent_ranking`, `causes`, `choices` and `details` of a message.

    Config:
        encoders: names or folders, see `reinstate.nlu.encoders.load`.
        strength: of the head, see `reinstate.nlu.head.train`.
        thresholds: see `reinstate.nlu.reading.Thresholds`.
        prior_of_answers: how likely, before reading, intents are that only answer a question of
            ours, beside the others.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What holds where config.yml is silent."""
        return {"encoders": ["minilm", "use"], "strength": 20.0, "thresholds": {}, "prior_of_answers": 0.1}

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
        """Hold the heads ("main" for encoders and words, "fallback" for words) and the known words."""
        self._config, self._storage, self._resource, self._heads = config, model_storage, resource, heads
        self._thresholds = reading.Thresholds(**config["thresholds"])
        self._encoder = _load_encoder(config["encoders"])
        self._speller = spelling.Speller(vocabulary)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains again when an encoder or the way of training changes."""
        encoder = _load_encoder(config.get("encoders", cls.get_default_config()["encoders"]))
        vectors = encoder.fingerprint if encoder else "no encoder"
        return f"{vectors} {words.FINGERPRINT} {spelling.FINGERPRINT}"

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the heads on all intent examples and store them."""
        examples = training_data.intent_examples
        texts = [example.get(TEXT) for example in examples]
        labels = [example.get(INTENT) for example in examples]
        strength = self._config["strength"]
        logger.info("training on %d examples", len(texts))
        views = [head.fit(words.count(texts), labels, strength)]
        trained = {"fallback": head.combine(views, labels)}
        if self._encoder:
            views.insert(0, head.fit(self._encoder.encode(texts), labels, strength))
            trained["main"] = head.combine(views, labels)
        answers = [label for label in set(labels) if label.startswith(ANSWERS)]
        prior = self._config["prior_of_answers"]
        self._heads = {kind: plain.with_prior(answers, prior) for kind, plain in trained.items()}
        with self._storage.write_to(self._resource) as folder:
            for kind, stored in self._heads.items():
                stored.save(folder / f"{kind}.npz")
            known = json.dumps(spelling.vocabulary(texts), ensure_ascii=False)
            (folder / VOCABULARY).write_text(known, encoding="utf-8")
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
            heads = {file.stem: head.Head.load(file) for file in folder.glob("*.npz")}
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
            if parse_edit(text):
                result = _EDIT
            else:
                corrected = self._speller.correct(text) if found.language == ENGLISH else text
                result = self.read(corrected, notice=found.pasted)
            causes = [replace(c, stance="unsure") if found.pasted else c for c in result.causes]
            ranking = [{"name": name, "confidence": p} for name, p in result.ranking[:_RANKED]]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set("causes", [asdict(cause) for cause in causes], add_to_output=True)
            message.set("choices", list(result.choices), add_to_output=True)
            message.set("details", asdict(found), add_to_output=True)
            message.set(ENTITIES, message.get(ENTITIES, []), add_to_output=True)
        return messages

    def read(self, text: str, *, notice: bool = False) -> reading.Result:
        """Read one text in bounded time; long ones count clause by clause only.

        Every clause of a notice of Upwork's tells that it is one: what else it tells counts.
        """
        text = _CORRECTS.sub("", _MARKUP.sub(" ", text))
        parts = clauses.split(text)
        whole: Sequence[str] = [text] if len(text) <= LONGEST_WHOLE else []
        if not parts and not text.strip():
            return reading.Result(((reading.NOT_UNDERSTOOD, 1.0),), (), ())
        if whole and len(parts) < 2:
            parts = []
        if len(parts) > MOST_CLAUSES:
            parts = self._telling(parts)
        trained, rows = self._probabilities([*whole, *parts])
        if not whole:
            rows = reading.strongest(rows, trained.labels)
        thresholds = self._thresholds
        if notice and parts:
            thresholds = replace(thresholds, clause=NOTICE_CLAUSE)
            rows = np.vstack([rows[:1], reading.without("inform_notice", rows[1:], trained.labels)])
        return reading.read(text, parts, rows, trained.labels, thresholds)

    def _telling(self, parts: Sequence[str]) -> list[str]:
        """Those clauses of a long text that, by their words alone, name a cause most clearly."""
        quick, parts = self._heads["fallback"], list(dict.fromkeys(parts))
        named = [n for n, label in enumerate(quick.labels) if label.startswith(reading.ABOUT)]
        clearness = quick.probabilities([words.count(parts)])[:, named].max(axis=1)
        best = sorted(clearness.argsort()[-MOST_CLAUSES:])
        return [parts[n] for n in best]

    def _probabilities(self, texts: Sequence[str]) -> tuple[head.Head, head.Probabilities]:
        """Rows by the head for the configured encoders, or by the one that needs none."""
        counts = words.count(texts)
        if self._encoder and "main" in self._heads:
            return self._heads["main"], self._heads["main"].probabilities(
                [self._encoder.encode(texts), counts]
            )
        return self._heads["fallback"], self._heads["fallback"].probabilities([counts])


def _load_encoder(names: Sequence[str]) -> encoders.Encoder | None:
    try:
        return encoders.join(names)
    except encoders.EncoderError as error:
        logger.warning(
            "%s. Reading with the FALLBACK, which understands far less. "
            "Mend: run `make run` again, or name another encoder in config.yml.",
            error,
        )
        return None
