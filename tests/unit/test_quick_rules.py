"""The quick way to the rules that fit finds what Rasa's own way finds."""

from __future__ import annotations

import json
import random
import tarfile
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.policies.rule_policy import RulePolicy

from reinstate import quick_rules
from reinstate.server.settings import MODEL

with tarfile.open(MODEL) as model:
    _file = model.extractfile("components/train_RulePolicy0/rule_policy.json")
    assert _file
    LOOKUP: dict[str, dict[str, str]] = json.loads(_file.read())["lookup"]


def policy() -> Any:
    """What Rasa's own method needs of a policy."""
    names = ("_is_rule_applicable", "_does_rule_match_state", "_rule_key_to_state")
    made = SimpleNamespace(**{name: getattr(RulePolicy, name) for name in names[1:]})
    made._is_rule_applicable = RulePolicy._is_rule_applicable.__get__(made)
    return made


def conversations(rules: dict[str, str], seed: int) -> list[list[dict[str, Any]]]:
    """States of rules, as they are and with parts of others'."""
    chance, known = random.Random(seed), [json.loads(key) for key in rules]
    found: list[list[dict[str, Any]]] = [[], [{}]]
    for states in chance.sample(known, min(20, len(known))):
        found += [states, [*chance.choice(known), *states]]
        mixed = [dict(state) for state in states]
        for part, value in chance.choice(chance.choice(known)).items():
            mixed[-1][part] = value
        found.append(mixed)
        found.append([{part: value for part, value in states[-1].items() if part != "user"}])
    return found


@pytest.mark.parametrize("kind", LOOKUP)
def test_the_same_rules_fit(kind: str) -> None:
    """For each table of the trained model."""
    rules, own = LOOKUP[kind], policy()
    if not isinstance(rules, dict) or not rules:
        return
    fitted = 0
    for states in conversations(rules, seed=17):
        slow = RulePolicy._get_possible_keys(own, rules, states)
        assert slow == quick_rules.possible_keys(own, rules, states)
        fitted += len(slow)
    assert fitted
