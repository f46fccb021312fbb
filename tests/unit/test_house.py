"""Rules of the house that a reader relies on."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
from pathlib import Path

import pytest
import rasa
import yaml
from rasa.core.actions.action import RemoteAction
from rasa.core.nlg.interpolator import interpolate_text

from actions.triage import FORMS
from reinstate.inprocess import RASA_VERSION
from reinstate.knowledge import knowledge

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sorted([*(ROOT / "reinstate").rglob("*.py"), *(ROOT / "actions").rglob("*.py")])
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
# What the code of each folder may import of ours, beside itself: one way only.
LAYERS = {
    "knowledge": set(),
    "core": {"knowledge"},
    "replies": {"knowledge", "core"},
    "understanding": {"knowledge", "core"},
    "stores": {"server"},
    "channels": {"server", "stores"},
    "operator": {"knowledge", "core", "replies", "stores", "channels", "server", "inprocess", "train"},
}
RASA_FREE = ("knowledge", "core", "replies")
# sha256 of RemoteAction as of Rasa 3.6.21, whose `run` reinstate/inprocess.py replaces.
REMOTE_ACTION = "dc8df00f7d7119aafa2b3a53b32518b8d283f04c175237c318c1cf483a9b46e5"


def imports(file: Path) -> set[str]:
    """Names of the modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize(("folder", "allowed"), LAYERS.items())
def test_imports_point_one_way(folder: str, allowed: set[str]) -> None:
    """knowledge <- core <- replies <- actions; understanding, channels and stores stand apart."""
    rooms = {f"reinstate.{room}" for room in {*allowed, folder}}
    guilty = {
        f"{file.name}: {module}"
        for file in (ROOT / "reinstate" / folder).rglob("*.py")
        for module in imports(file)
        if module.startswith(("reinstate.", "actions")) and ".".join(module.split(".")[:2]) not in rooms
    }
    assert set() == guilty


@pytest.mark.parametrize("folder", RASA_FREE)
def test_pure_rooms_know_no_rasa(folder: str) -> None:
    """What is known, decided and said needs neither Rasa nor a server."""
    files = (ROOT / "reinstate" / folder).rglob("*.py")
    assert set() == {m for f in files for m in imports(f) if re.match(r"(rasa|sanic)\b", m)}


def test_nothing_imports_the_actions() -> None:
    """Actions are adapters: the product never depends on them."""
    guilty = [
        f.name for f in (ROOT / "reinstate").rglob("*.py") if any(m.startswith("actions") for m in imports(f))
    ]
    assert [] == guilty


def test_only_an_operator_starts_what_is_for_operators() -> None:
    """The bot runs without it."""
    outside = [f for f in PYTHON if f.parent.name != "operator"]
    assert [] == [f.name for f in outside if any(m.startswith("reinstate.operator") for m in imports(f))]


def test_python_holds_no_prose() -> None:
    """What a person reads is in domain.yml or knowledge/: no action hands over a literal text."""
    guilty = []
    for file in PYTHON:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "utter_message":
                guilty += [file.name for k in node.keywords if k.arg == "text"]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Line", "Button"):
                literals = [
                    a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                guilty += [f"{file.name}: {text}" for text in literals if " " in text]
    assert [] == guilty


def test_every_response_that_code_names_is_in_the_domain() -> None:
    """A response without words would be silence."""
    named = set()
    for file in PYTHON:
        named |= set(re.findall(r'"(utter_[a-z_]+)"', file.read_text(encoding="utf-8")))
    named -= {"utter_action"}  # where Rasa keeps a line's response
    begins = {name for name in named if name.endswith("_")}
    assert set() == named - begins - set(DOMAIN["responses"])
    assert set() == {begin for begin in begins if not any(r.startswith(begin) for r in DOMAIN["responses"])}


def test_forms_are_those_of_the_domain() -> None:
    """Actions in the process are not handed the domain, so they name its forms' slots."""
    assert {f: list(slots) for f, slots in FORMS.items()} == {
        form: settings["required_slots"] for form, settings in DOMAIN["forms"].items()
    }


def test_every_intent_has_a_rule() -> None:
    """Whatever is understood is answered."""
    rules = (ROOT / "data" / "rules" / "rules.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"intent: (\w+)", rules))
    assert set() == set(DOMAIN["intents"]) - used


def test_every_cause_can_be_heard() -> None:
    """Each cause and look-alike of the knowledge base has its intents in the domain."""
    wanted = {f"{kind}_{c}" for c in knowledge().causes for kind in ("cause", "deny")}
    wanted |= {f"lookalike_{i}" for i in knowledge().lookalikes}
    wanted |= {f"circumstance_{i}" for i in knowledge().circumstances}
    assert set() == wanted - set(DOMAIN["intents"])


def test_every_topic_intent_exists() -> None:
    """A topic names only intents of the domain."""
    assert set() == {i for t in knowledge().topics.values() for i in t.intents} - set(DOMAIN["intents"])


def test_rasa_is_the_one_whose_action_call_is_replaced() -> None:
    """When Rasa's RemoteAction changes, reinstate/inprocess.py has to be looked at again."""
    source = inspect.getsource(RemoteAction)
    digest = hashlib.sha256(source.encode()).hexdigest()
    assert (RASA_VERSION, REMOTE_ACTION) == (rasa.__version__, digest)


def test_ids_in_the_buttons_of_the_domain_are_no_slots() -> None:
    """Rasa fills braces with slots; of an id in single ones it would log an error, with every slot of the case."""
    payloads = [
        button["payload"]
        for variations in DOMAIN["responses"].values()
        for variation in variations
        for button in variation.get("buttons", ())
    ]
    assert any("{{" in payload for payload in payloads)
    for payload in payloads:
        filled = interpolate_text(payload, {})
        assert filled == payload.replace("{{", "{").replace("}}", "}")
        assert payload.count("{") == 2 * filled.count("{")
