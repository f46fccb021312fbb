"""The Rasa graph component that reads a message: encoders, head, segments and details."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from reinstate.core.case import CauseMention
from reinstate.core.wishes import is_wish
from reinstate.knowledge import knowledge
from reinstate.understanding import (
    acts,
    details,
    encoders,
    head,
    language,
    mentions,
    nearest,
    reading,
    segments,
    vectors,
    words,
)
from reinstate.understanding.head import WORDS
from reinstate.understanding.labels import ABOUT_CAUSES, ANSWER, DENY, NOTICE, Labels
from reinstate.understanding.language import ENGLISH
from reinstate.understanding.thresholds import Thresholds

logger = logging.getLogger(__name__)

LONGEST_WHOLE = 1000
FEWEST_KNOWN = 0.34  # share of words that must stand in some example, or the text is gibberish
_WORD = re.compile(r"[^\W\d_]+")
HEAD, ACTS, KNOWN = "head.npz", "acts.npz", "known.txt"
MOST_CLAUSES, MOST_PIECES, MOST_QUESTIONS = 4, 8, 3
_FOREIGN = {
    "understood": 0.12,
    "outside": 0.6,
    "sure": 0.8,
    "margin": 0.5,
    "denied": 0.2,
    "unclear": 0.12,
}  # less is understood, more is asked, and a denial is heard sooner: to be accused of it is worse
_RANKED = 10
_WORDS_COUNT = 2.0  # beside a vector: words tell near answers apart better (bench/reports/tried.md)
_HERE = Path(__file__).parent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MessageReader(GraphComponent):
    """Sets what `reinstate.core.parsed.ParsedMessage` takes from a message.

    That is `intent`, `intent_ranking`, `causes`, `answer` (the best one or null), `answers`, `near`, `asks`,
    `choices`, `alternatives`, `distressed` and `details`.

    Config:
        encoders: names or folders, see `reinstate.understanding.encoders.load`.
        english: those of them that read English only.
        slow: those that read only messages and questions of which the others are not sure.
        nearest: those in whose vectors the nearest examples are looked for.
        thresholds: see `reinstate.understanding.thresholds.Thresholds`.
        act_weight: how much what a person wants (`reinstate.understanding.acts`) counts beside the topic.
        prior_of_denials: how likely, before reading, a denial is beside the cause it denies: the
            examples hold about as many of each, while most people tell what did happen.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What holds where config.yml is silent."""
        return {
            "encoders": ["use"],
            "english": [],
            "slow": [],
            "nearest": ["use"],
            "thresholds": {},
            "act_weight": 1.5,
            "prior_of_denials": 0.5,
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
        return cls(config, model_storage, resource, None, None)

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        trained: head.Head | None,
        wants: head.Head | None,
        known: frozenset[str] = frozenset(),
    ) -> None:
        """Hold the heads of intents and of acts, which read by each encoder and by words, and known words."""
        self._config, self._storage, self._resource = config, model_storage, resource
        self._thresholds = Thresholds(**config["thresholds"])
        self._encoders = _load_encoders(config["encoders"])
        self._hold(trained, wants, known)

    def _hold(self, trained: head.Head | None, wants: head.Head | None, known: frozenset[str]) -> None:
        self._trained, self._wants, self._known = trained, wants, known
        self._labels = Labels(trained.labels, knowledge()) if trained else None
        if self._labels and wants:
            order = {act: column for column, act in enumerate(wants.labels)}
            self._act_of = [order[acts.act_of(label)] for label in self._labels.each]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains again when an encoder, the way of training or an answer's own words change.

        By itself it looks at the class, its settings and the examples only.
        """
        names = config.get("encoders", cls.get_default_config()["encoders"])
        vectors = "+".join(encoder.fingerprint for encoder in _load_encoders(names).values())
        sources = b"".join(file.read_bytes() for file in sorted(_HERE.glob("*.py")))
        taught = "".join(a.question + a.short for a in knowledge().answers.values())
        return f"{vectors or 'no encoder'} {hashlib.sha256(sources + taught.encode()).hexdigest()}"

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the head on all intent examples and store it."""
        examples = training_data.intent_examples
        texts = [example.get(TEXT) for example in examples]
        labels = [example.get(INTENT_RESPONSE_KEY) or example.get(INTENT) for example in examples]
        asked = {label.removeprefix(ANSWER) for label in labels if label.startswith(ANSWER)}
        for answer in (knowledge().answers[i] for i in sorted(asked & set(knowledge().answers))):
            texts += [answer.question, f"{answer.question} {answer.short}"]
            labels += [ANSWER + answer.id] * 2
        logger.info("training on %d examples", len(texts))
        counted = words.count(texts)
        english = [language.find(text, knowledge().languages) == ENGLISH for text in texts]
        read = {name: self._read_by(name, texts, english) for name in self._encoders}
        trained = _fit(counted, read, labels, head.fit_vectors)
        trained = trained.with_prior({label: self._prior(label) for label in trained.labels})
        looked_for = [name for name in self._config["nearest"] if name in read]
        near = {name: read[name].nearest(labels, trained.labels) for name in looked_for}
        trained = replace(trained, nearest=near)
        each = Labels(trained.labels, knowledge())
        wanted = [acts.act_of(each.each[each.index[label]]) for label in labels]
        wants = _fit(counted, read, wanted, head.fit_few) if len(set(wanted)) > 1 else None
        known = frozenset(word for text in texts for word in _WORD.findall(text.casefold()))
        with self._storage.write_to(self._resource) as folder:
            head.save(trained, folder / HEAD)
            if wants:
                head.save(wants, folder / ACTS)
            (folder / KNOWN).write_text("\n".join(sorted(known)), encoding="utf-8")
        self._hold(trained, wants, known)
        return self._resource

    def _read_by(self, name: str, texts: Sequence[str], english: Sequence[bool]) -> _Read:
        """What an encoder makes of the examples, of those in English where it reads no others."""
        chosen = [
            n for n, is_english in enumerate(english) if is_english or name not in self._config["english"]
        ]
        return _Read(chosen, vectors.of_texts(name, [texts[n] for n in chosen]))

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
            wants = head.load(folder / ACTS) if (folder / ACTS).is_file() else None
            known = frozenset((folder / KNOWN).read_text(encoding="utf-8").split("\n"))
            return cls(config, model_storage, resource, head.load(folder / HEAD), wants, known)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave training data as it is; nothing after this component reads it."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Read each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            found = details.find(text, knowledge())
            encoded: encoders.Encoded = {name: {} for name in self._encoders}
            result = self.read(text, found, encoded)
            message.set(encoders.ENCODED, encoded)  # for who reads the same message after this
            causes = _accused(text, result.causes) if found.pasted else result.causes
            if found.upwork_answer:
                result = reading.Result(((NOTICE, 1.0),))
            ranking = [{"name": name, "confidence": p} for name, p in result.ranking[:_RANKED]]
            answers, near = (_ids(ids) for ids in (result.answers, result.near))
            set_ = {
                INTENT: ranking[0],
                "intent_ranking": ranking,
                "causes": [asdict(cause) for cause in causes],
                "answer": answers[0] if answers else None,
                "answers": answers,
                "near": near,
                "asks": list(result.asks),
                "choices": list(result.choices),
                "alternatives": list(result.alternatives),
                "distressed": result.distressed,
                "details": asdict(found),
                ENTITIES: message.get(ENTITIES, []),
            }
            for name, value in set_.items():
                message.set(name, value, add_to_output=True)
        return messages

    def read(
        self, text: str, found: details.Details, encoded: encoders.Encoded | None = None
    ) -> reading.Result:
        """Read one message in bounded time; `found` are its details, and `encoded` keeps what was encoded.

        What wants a sentence of a letter otherwise is no story, whatever the sentence is to say.
        """
        if is_wish(text, knowledge()):
            return reading.Result((("letter_change", 1.0),))
        seen = self.see(text, found, encoded)
        if seen is None:
            return reading.Result(((reading.NOT_UNDERSTOOD, 1.0),))
        english = found.language == ENGLISH
        thresholds = self._thresholds if english else replace(self._thresholds, **_FOREIGN)
        return reading.read(seen, self.labels, thresholds)

    def see(
        self, text: str, found: details.Details, encoded: encoders.Encoded | None = None
    ) -> reading.Seen | None:
        """What a message is read from, or None where it has no letter and no digit, or is gibberish.

        A long text counts by its parts only.
        """
        english = found.language == ENGLISH
        if not any(letter.isalnum() for letter in text) or (english and self._is_gibberish(text)):
            return None
        whole: Sequence[str] = [text] if len(text) <= LONGEST_WHOLE else []
        told = self._telling(segments.clauses(text), MOST_CLAUSES, beside=whole)
        small = self._telling(segments.pieces(text), MOST_PIECES, beside=whole)
        asked = segments.questions(text)[-MOST_QUESTIONS:]
        texts = [*whole, *told, *small, *asked]
        each = {one: number for number, one in enumerate(dict.fromkeys(texts))}
        closely = {*(whole or told), *asked}
        kept: encoders.Encoded = {name: {} for name in self._encoders} if encoded is None else encoded
        rows = self._probabilities(list(each), closely, kept, english=english)[[each[one] for one in texts]]
        parts, questions = rows[: len(rows) - len(asked)], rows[len(rows) - len(asked) :]
        if not whole:
            parts = np.vstack([reading.strongest(parts, self.labels), parts])
        return reading.Seen(text, told, parts, questions)

    def _is_gibberish(self, text: str) -> bool:
        """Whether hardly any of several words was ever seen."""
        said = _WORD.findall(text.casefold())
        return len(said) > 1 and sum(word in self._known for word in said) < FEWEST_KNOWN * len(said)

    @property
    def labels(self) -> Labels:
        """What the columns of probabilities stand for."""
        if self._labels is None:
            raise RuntimeError("this reader has not been trained")
        return self._labels

    @property
    def _head(self) -> head.Head:
        if self._trained is None:
            raise RuntimeError("this reader has not been trained")
        return self._trained

    def _prior(self, label: str) -> float:
        """How likely an intent is before anything is read, beside most others."""
        return float(self._config["prior_of_denials"]) if label.startswith(DENY) else 1.0

    def _telling(self, parts: list[str], most: int, *, beside: Sequence[str]) -> list[str]:
        """Those parts of a text that, by their words alone, name a cause most clearly; none if it is one."""
        if beside and len(parts) < 2:
            return []
        named = self.labels.columns(*ABOUT_CAUSES)
        if len(parts) <= most or not named:
            return parts[:most]
        parts = list(dict.fromkeys(parts))
        by_words = self._head.probabilities({WORDS: words.count_few(tuple(parts))})
        clearness = by_words[:, named].max(axis=1)
        return [parts[n] for n in sorted(clearness.argsort()[-most:])]

    def _probabilities(
        self, texts: Sequence[str], closely: Collection[str], kept: encoders.Encoded, *, english: bool
    ) -> head.Probabilities:
        """A row for each text; encoders of English stay out of other languages.

        What is to be read `closely` is read by slow encoders, too, where the others are not sure of it.
        """
        used = {n: e for n, e in self._encoders.items() if english or n not in self._config["english"]}
        quick = {n: e for n, e in used.items() if n not in self._config["slow"]}
        views: dict[str, head.View] = {WORDS: words.count_few(tuple(texts))}
        views |= {n: encoders.of_message(e, texts, kept[n]) for n, e in quick.items()}
        rows = self._of_views(views)
        slow = used.keys() - quick.keys()
        unsure = np.array([text in closely for text in texts]) & (rows.max(axis=1) < self._thresholds.alone)
        if slow and unsure.any():
            chosen = [texts[n] for n in np.flatnonzero(unsure)]
            seen = {name: view[unsure] for name, view in views.items()}
            seen |= {n: encoders.of_message(used[n], chosen, kept[n]) for n in slow}
            rows[unsure] = self._of_views(seen)
        return rows

    def _of_views(self, views: Mapping[str, head.View]) -> head.Probabilities:
        """What the heads of topics and of acts make of texts together."""
        about = self._head.probabilities(views)
        if self._wants is None:
            return about
        wanted = self._wants.probabilities(views)[:, self._act_of] ** float(self._config["act_weight"])
        both = about * wanted
        return np.asarray(both / both.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class _Read:
    """The examples that an encoder reads, by their numbers, and a vector for each."""

    chosen: Sequence[int]
    rows: encoders.Vectors

    def fit(self, fit: head.Fit, labels: Sequence[str], names: Sequence[str]) -> head.Linear:
        """The head of these vectors; `labels` are of all examples."""
        return fit(self.rows, [labels[n] for n in self.chosen], names)

    def nearest(self, labels: Sequence[str], names: Sequence[str]) -> nearest.Nearest:
        """These vectors, to look for the nearest; `labels` are of all examples."""
        return nearest.fit(self.rows, [labels[n] for n in self.chosen], names)


def _fit(counted: head.View, read: Mapping[str, _Read], labels: Sequence[str], fit: head.Fit) -> head.Head:
    """Fit each view of the examples, vectors by a function of `reinstate.understanding.head`."""
    names = tuple(sorted(set(labels)))
    views = {name: view.fit(fit, labels, names) for name, view in read.items()}
    by_words = head.fit_words(counted, labels).times(_WORDS_COUNT if views else 1.0)
    return head.combine({WORDS: by_words, **views}, labels)


def _accused(text: str, causes: Sequence[CauseMention]) -> Sequence[CauseMention]:
    """What a pasted notice accuses of: by its own terms first, and nothing of it is told by the person."""
    named = mentions.named(text, knowledge())
    read = [replace(c, stance="unsure") for c in causes if c.id not in {n.id for n in named}]
    return [*named, *read]


def _ids(found: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"id": answer, "confidence": probability} for answer, probability in found]


def _load_encoders(names: Sequence[str]) -> Mapping[str, encoders.Encoder]:
    """The encoders by their names; none at all if one of them cannot be loaded."""
    try:
        return {name: encoders.load(name) for name in names}
    except encoders.EncoderError as error:
        logger.warning(
            "%s. Reading with the FALLBACK, with which other languages and off-topic text are read worse. "
            "Mend: run `make run` again, or name another encoder in config.yml.",
            error,
        )
        return {}
