"""Reads the training data for Rasa, once.

Rasa's own importer reads the files twice and copies every example eight times, which takes as
long as fitting the head. Nothing in a pipeline of ours changes an example, so a copy may be the same one.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


class Example(Message):
    """A training example that nobody changes."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Example:
        """Give the example itself."""
        return self

    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        """Keep the fingerprint where nothing is changed."""
        if self.get(prop) != info or add_to_output:
            super().set(prop, info, add_to_output)


class Importer(RasaFileImporter):
    """Rasa's importer, with examples that are read once."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All of data/nlu."""
        return TrainingData().merge(*_read(tuple(self._nlu_files), language))


@functools.cache
def _read(files: Sequence[str], language: str | None) -> list[TrainingData]:
    return [_kept(load_data(file, language)) for file in files]


def _kept(read: TrainingData) -> TrainingData:
    examples = [
        Example(example.data, example.output_properties, example.time, example.features)
        for example in read.training_examples
    ]
    return TrainingData(
        examples, read.entity_synonyms, read.regex_features, read.lookup_tables, read.responses
    )
