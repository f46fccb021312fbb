"""The Rasa graph component that reads single sentences, by two heads over the same views of them.

One tells into which part of a letter a sentence belongs, the other which of our questions it answers, so
that nobody is asked what they have told. Their examples are lists of sentences.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from reinstate.core.cleaning import sentences
from reinstate.core.parsed import HOLDS
from reinstate.core.statements import DRAFT, KINDS, NOT_OF_LETTER, OF_LETTER, Kind, Statement, to_slot
from reinstate.core.wishes import parse_wishes
from reinstate.knowledge import knowledge
from reinstate.understanding import encoders, head, vectors, words
from reinstate.understanding.head import WORDS

STATEMENTS, HEARD = "statements", "heard"  # what is set of a message, and the heads that read it
NOTHING = "nothing"  # the label of a sentence that answers no question of ours
_BELONGS = 0.5
_HOLDS = 0.8  # how surely one sentence has to say that an exception holds
_HEARD = 0.5  # how surely one sentence has to answer a question that is then not asked any more
DRAFT_APPEAL, _SURE_DRAFT, _SURE_READ, _SURE_OUT = "draft_appeal", 0.85, 0.75, 0.7
# "Put it back" sounds like evasion, "correct the spelling" like nothing of ours.
LETTER_CHANGE, _SURE_OF_LETTER, _SURE_INTENT = "letter_change", 0.85, 0.95
_MISTAKEN = ("help_evade", "out_of_scope", "platform_question", "nlu_fallback")
# What a message may be read as beside the wish for the letter: that wish is then what it is about. A cause is
# judged first; the verdict offers the letter.
_ROOM = (
    "faq",
    "ask_",
    "inform_",
    "circumstance_",
    "vent",
    "out_of_scope",
    "platform_question",
    "nlu_fallback",
    "affirm",
)
MOST, LONG_WORDS = 40, 8  # sentences of a message; words from which on a sentence is cut into clauses
# Where a sentence that runs on tells something else: "he paid me by paypal and now they banned me".
_RUNS_ON = re.compile(
    r""",?\s+(?=(?:and|but|so|because|then|now)\s+(?:i|he|she|they|we|it|you|my|his|her|their|the|now|upwork
          |what|how|can|please|is|do|will|am)\b)
      | ,\s+(?=(?:i|he|she|they|we|it|you|my|our|upwork|what|how|can|please|is|do|will)\b)
      | ,\s+(?=(?:in|on|last|since|after|before|when|yesterday|now)\s+\w+)
      | \s+(?=(?:what|how|can|should)\s+(?:do|can|should|i|you)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class StatementReader(GraphComponent):
    """Sets `statements` and `heard` of each message.

    The first is [kind, text, how sure, cause] for each sentence, see `reinstate.core.statements`; of a wish
    for a letter ("add that ...") the sentences are those that are to be added. The second are the questions
    that are answered somewhere: "notice", "appealed", or the id of a circumstance.

    Config:
        encoder: the one that reads sentences, see `reinstate.understanding.encoders.load`.
        statements: the folder with a file of sentences for each kind; only training reads it.
        heard: the folder with a file for each question, of sentences that answer it and that do not.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What holds where config.yml is silent."""
        return {"encoder": "use", STATEMENTS: "data/statements", HEARD: "data/heard"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> StatementReader:
        """Make an untrained reader."""
        return cls(config, model_storage, resource, {})

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        trained: Mapping[str, head.Head],
    ) -> None:
        """Hold the heads, which read by one encoder and by words."""
        self._config, self._storage, self._resource, self._trained = config, model_storage, resource, trained
        try:
            self._encoder: encoders.Encoder | None = encoders.load(config["encoder"])
        except encoders.EncoderError:  # the message reader says so, with the mend
            self._encoder = None

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains again when the examples or the way of training change."""
        folders = (Path({**cls.get_default_config(), **config}[of]) for of in (STATEMENTS, HEARD))
        files = (Path(__file__), *(file for folder in folders for file in sorted(folder.glob("*.yml"))))
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the heads on the examples and store them; Rasa's own training data has none of them."""
        self._trained = {of: self._fit(examples(Path(self._config[of]))) for of in (STATEMENTS, HEARD)}
        with self._storage.write_to(self._resource) as folder:
            for of, fitted in self._trained.items():
                head.save(fitted, folder / f"{of}.npz")
        return self._resource

    def _fit(self, labelled: Sequence[tuple[str, str]]) -> head.Head:
        labels, texts = zip(*labelled)
        fitted = {WORDS: head.fit_words(words.count(texts), labels)}
        if self._encoder:
            rows = vectors.of_texts(self._config["encoder"], texts)
            fitted[self._config["encoder"]] = head.fit_few(rows, labels, sorted(set(labels)))
        return head.combine(fitted, labels)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> StatementReader:
        """Read the stored head."""
        with model_storage.read_from(resource) as folder:
            heads = {of: head.load(folder / f"{of}.npz") for of in (STATEMENTS, HEARD)}
            return cls(config, model_storage, resource, heads)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave training data as it is."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Read each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            heard = parse_wishes(text, knowledge())
            wanted = [wish.sentence for wish in heard.wishes if wish.sentence]
            told = [*wanted, *([heard.rest] if heard.rest else [])] if wanted else [text]
            encoded = (message.get(encoders.ENCODED) or {}).get(self._config["encoder"], {})
            read = [self.read(one, encoded) for one in told]
            found = [statement for statements, _ in read for statement in statements]
            message.set(STATEMENTS, to_slot(found), add_to_output=True)
            answered = dict.fromkeys(question for _, questions in read for question in questions)
            message.set(HEARD, list(answered), add_to_output=True)
            asks = any(statement.kind == DRAFT and statement.sure >= _SURE_DRAFT for statement in found)
            if asks and _has_room(message):
                message.set(INTENT, {"name": DRAFT_APPEAL, "confidence": 1.0}, add_to_output=True)
            if _mistaken(message, found):
                message.set(INTENT, {"name": LETTER_CHANGE, "confidence": 1.0}, add_to_output=True)
        return messages

    def read(
        self, text: str, encoded: dict[str, encoders.Vectors] | None = None
    ) -> tuple[list[Statement], list[str]]:
        """The sentences of a text with their kinds, and the questions that they answer.

        Neighbours of one kind in one sentence stay together. What was `encoded` before is not encoded again.
        """
        if not self._trained:
            raise RuntimeError("this reader has not been trained")
        cut = [parts for sentence in sentences(text) if (parts := clauses(sentence))][:MOST]
        if not cut:
            return [], []
        texts = [part.strip(" ,") for parts in cut for part in parts]
        views: dict[str, head.View] = {WORDS: words.count_few(tuple(texts))}
        if self._encoder:
            kept = {} if encoded is None else encoded
            views[self._config["encoder"]] = encoders.of_message(self._encoder, texts, kept)
        kinds, answers = (self._trained[of] for of in (STATEMENTS, HEARD))
        rows = iter(kinds.probabilities(views))
        found = [s for parts in cut for s in _joined(parts, [next(rows) for _ in parts], kinds.labels)]
        tells = np.array([not text.endswith("?") for text in texts])  # their question answers none of ours
        return found, _answered(answers.probabilities(views) * tells[:, None], answers.labels)


def _answered(rows: head.Probabilities, labels: Sequence[str]) -> list[str]:
    """What sentences answer: questions, and with `HOLDS` before them exceptions that surely hold."""
    found = []
    for label in labels:
        question = label.removeprefix(HOLDS)
        both = [n for n, other in enumerate(labels) if other in (question, HOLDS + question)]
        if question != NOTHING and rows[:, both].sum(axis=1).max() >= _HEARD:
            found.append(question)
        if label != question and rows[:, labels.index(label)].max() >= _HOLDS:
            found.append(label)
    return list(dict.fromkeys(found))


def _mistaken(message: Message, found: Sequence[Statement]) -> bool:
    """Whether what is said of a letter was read as something else that has nothing to do with it."""
    of_letter = [s.kind == OF_LETTER and s.sure >= _SURE_OF_LETTER for s in found]
    read = message.get(INTENT) or {}
    unsure = float(read.get("confidence") or 0.0) < _SURE_INTENT
    return read.get("name") in _MISTAKEN and any(of_letter) and (unsure or all(of_letter))


def _has_room(message: Message) -> bool:
    """Whether what was read leaves room for the letter that a sentence asks for; Upwork's ask for none."""
    read, details = message.get(INTENT) or {}, message.get("details") or {}
    theirs = details.get("pasted") or details.get("upwork_answer")
    unsure = float(read.get("confidence") or 0.0) < _SURE_READ
    return not theirs and (unsure or str(read.get("name")).startswith(_ROOM))


def clauses(sentence: str) -> list[str]:
    """A sentence, cut where it runs on; joined, its parts are the sentence again."""
    if len(sentence.split()) < LONG_WORDS:
        return [sentence] if any(letter.isalnum() for letter in sentence) else []
    starts = [0, *(found.start() for found in _RUNS_ON.finditer(sentence) if found.start()), len(sentence)]
    parts = [sentence[start:end] for start, end in pairwise(starts)]
    return [part for part in parts if any(letter.isalnum() for letter in part)]


def _joined(
    parts: Sequence[str], rows: Sequence[head.Probabilities], labels: Sequence[str]
) -> Iterator[Statement]:
    found = [_kind(row, labels) for row in rows]
    within = next((kind for kind, _ in found if kind not in NOT_OF_LETTER), None)
    if within:  # what may well be told goes with the rest of its sentence, which is
        found = [(within, s) if k in NOT_OF_LETTER and s < _SURE_OUT else (k, s) for k, s in found]
    for kind, same in groupby(zip(parts, found), key=lambda one: one[1][0]):
        told = list(same)
        text = "".join(part for part, _ in told).strip(" ,")
        yield Statement(kind, text, min(sure for _, (_, sure) in told))


def _kind(row: head.Probabilities, labels: Sequence[str]) -> tuple[Kind, float]:
    """The kind of a sentence, and how sure it is that it belongs into a letter, or does not."""
    likely = {kind: float(row[labels.index(kind)]) for kind in KINDS if kind in labels}
    if likely.get("draft", 0.0) >= _SURE_DRAFT:
        return "draft", likely["draft"]
    within = {kind: p for kind, p in likely.items() if kind not in NOT_OF_LETTER}
    sure = sum(within.values())
    among = within if sure >= _BELONGS else {k: p for k, p in likely.items() if k not in within}
    return max(among, key=lambda kind: among[kind]), max(sure, 1 - sure)


def examples(folder: Path) -> list[tuple[str, str]]:
    """Kind and sentence of each example.

    Args:
        folder: with a file of sentences for each kind.
    """
    found: list[tuple[str, str]] = []
    for file in sorted(folder.glob("*.yml")):
        kinds: Mapping[str, list[str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
        found += [(kind, text) for kind, texts in kinds.items() for text in texts]
    return found
