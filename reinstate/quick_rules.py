"""Lets Rasa's RulePolicy look at the rules that can fit, instead of at all of them, in each prediction.

Each prediction tries each of some six hundred rules; which fit is decided by the latest action and intent
for all but a few. The rules that remain are tried by Rasa itself, so that the outcome is the same.

A message is first looked for by its words, and then by its intent, where every rule names an intent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy

_Key = tuple[Any, Any]
_By = dict[_Key, dict[str, str]]
_TABLES = (RULES, RULES_FOR_LOOP_UNHAPPY_PATH)
_MESSAGE_WITHOUT_INTENT = ("action_listen", None)
_try_all = RulePolicy._get_possible_keys
_find_action = RulePolicy._find_action_from_rules


def install() -> None:
    """From now on, in this process."""
    RulePolicy._get_possible_keys = possible_keys
    RulePolicy._find_action_from_rules = find_action


def find_action(policy: Any, tracker: Any, domain: Any, use_text_for_last_user_input: bool) -> Any:
    """What `RulePolicy._find_action_from_rules` finds; nothing by words, where no rule can be found so."""
    if use_text_for_last_user_input and not any(
        _MESSAGE_WITHOUT_INTENT in _by_latest_of(policy, policy.lookup[table]) for table in _TABLES
    ):
        return None, None, False
    return _find_action(policy, tracker, domain, use_text_for_last_user_input)


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
    by_latest = _by_latest_of(policy, rules)
    fitting = {**by_latest.get((action, intent), {}), **by_latest.get((action, None), {})}
    return set(_try_all(policy, fitting, states))


def _by_latest_of(policy: Any, rules: dict[str, str]) -> _By:
    """Rules by the action and the intent of their latest state, found out once."""
    known: dict[int, _By] = policy.__dict__.setdefault("_rules_by_latest", {})
    if id(rules) not in known:
        known[id(rules)] = _by_latest(rules)
    return known[id(rules)]


def _by_latest(rules: dict[str, str]) -> _By:
    found: _By = defaultdict(dict)
    for key, rule in rules.items():
        found[_key(json.loads(key)[-1])][key] = rule
    return found


def _key(state: dict[str, Any]) -> _Key:
    action, user = state.get("prev_action") or {}, state.get("user") or {}
    return action.get("action_name"), user.get("intent")
