"""Lets Rasa's RulePolicy look at the rules that can fit, instead of at all of them, in each prediction.

Three predictions a turn try each of some six hundred rules; which fit is decided by the latest action and
intent for all but a few. The rules that remain are tried by Rasa itself, so that the outcome is the same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy

_Key = tuple[Any, Any]
_try_all = RulePolicy._get_possible_keys


def install() -> None:
    """From now on, in this process."""
    RulePolicy._get_possible_keys = possible_keys


def possible_keys(policy: Any, rules: dict[str, str], states: list[dict[str, Any]]) -> set[str]:
    """The keys of rules that fit, as `RulePolicy._get_possible_keys` finds them.

    Args:
        policy: whose rules they are; what is found out about them is kept with it.
        rules: from the states of a rule, as JSON, to its action.
        states: of the conversation, the latest last.
    """
    action, intent = _key(states[-1]) if states else (None, None)
    if action is None:
        return set(_try_all(policy, rules, states))
    known = policy.__dict__.setdefault("_rules_by_latest", {})
    if id(rules) not in known:
        known[id(rules)] = _by_latest(rules)
    by_latest = known[id(rules)]
    fitting = {**by_latest.get((action, intent), {}), **by_latest.get((action, None), {})}
    return set(_try_all(policy, fitting, states))


def _by_latest(rules: dict[str, str]) -> dict[_Key, dict[str, str]]:
    """Rules by the action and the intent of their latest state."""
    found: dict[_Key, dict[str, str]] = defaultdict(dict)
    for key, rule in rules.items():
        found[_key(json.loads(key)[-1])][key] = rule
    return found


def _key(state: dict[str, Any]) -> _Key:
    action, user = state.get("prev_action") or {}, state.get("user") or {}
    return action.get("action_name"), user.get("intent")
