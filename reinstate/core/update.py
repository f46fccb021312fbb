"""What a message changes in a case. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from reinstate.core.case import Case, Reading
from reinstate.core.parsed import CORRECTS, LEADS, Heard
from reinstate.knowledge import APPEALED, NOTICES, Knowledge

# "That's not true", "they are lying", "I never did that": of the accusation, not of a question.
_DISPUTES = re.compile(
    r"^\W*(?:(?:no|nope|but|well)\b\W*)*"
    r"(?:(?:it|that|this)(?:\W?s| is| was)?(?: just| simply| all)? ?(?:not true|untrue|false|a lie|lies)"
    r"|not true|(?:they|upwork)(?:\W?re| are| is)? (?:lying|lies|wrong)"
    r"|i (?:have )?never (?:did|done) (?:that|this|it|such\b.*|anything\b.*|so)"
    r"|i (?:did not|didn\W?t) do (?:that|this|it|such\b.*|anything\b.*))\W*$",
    re.IGNORECASE,
)
_BLAMES = re.compile(r"\b(?:they|upwork)\b", re.IGNORECASE)
# A deed of one's own; "I think they sent" and "I got a ban for" tell of none.
_OWN_DEED = re.compile(
    r"\b(?:i|we)(?:['’]?ve|['’]?d)?\b(?! (?:think|guess|believe|suppose|saw|see|found|noticed|got|was|were|am"
    r"|can|could|did|do|don|have been|never)\b)",
    re.IGNORECASE,
)
_NO_ANSWER = ("cause_unknown", "skip")


def hear(case: Case, heard: Heard, asked: str | None, knowledge: Knowledge) -> Case:
    """The case after a message.

    Args:
        case: what was known before.
        heard: the message.
        asked: the open question: "circumstance:<id>", "notice", "appealed" or None.
        knowledge: for the ids that exist.
    """
    before, case = case, _hear_causes(case, heard, knowledge)
    if heard.tells:
        case = _hear_details(case, heard, knowledge)
    kind, _, rest = heard.intent.partition("_")
    yes = _led_answer(heard, asked, knowledge)
    told = heard.circumstances or heard.denied_circumstances
    denied = heard.value or (None if told else _asked_circumstance(asked))
    if _disputes(case, heard, asked):
        case = case.name(case.causes[0], "denies")
    elif asked and yes is not None:
        case = _hear_answer(case, asked, knowledge, yes=yes)
    elif kind == "circumstance" and rest in knowledge.circumstances and heard.names_circumstance:
        case = _with_circumstance(case, rest, knowledge)
    elif heard.intent == "deny_circumstance" and denied in knowledge.circumstances:
        case = _circumstance_answer(case, str(denied), knowledge, yes=False)
    elif heard.intent == "inform_notice" and heard.value in NOTICES:
        case = case.with_notice(str(heard.value))
    elif heard.intent == "inform_appealed":
        case = next((case.with_appealed(a) for a in APPEALED if a == heard.value), case)
    elif heard.intent in ("affirm", "deny") and asked and heard.answers:
        case = _hear_answer(case, asked, knowledge, yes=heard.intent == "affirm")
    elif heard.intent in _NO_ANSWER and asked:
        case = _hear_no_answer(case, asked)
    return _hinted(before, case, knowledge)


def _disputes(case: Case, heard: Heard, asked: str | None) -> bool:
    """Whether a message without a cause is about the accusation ("that's not true").

    "No, that's not true" answers the open question of who told the cause themselves.
    """
    if not case.causes or heard.readings or not _DISPUTES.match(heard.text):
        return False
    blames = _BLAMES.search(heard.text)
    answers = LEADS.search(heard.text) and not blames and _asked_circumstance(asked)
    return not (answers and case.stance(case.causes[0]) == "admits")


def _hinted(before: Case, case: Case, knowledge: Knowledge) -> Case:
    """Where no cause is known, the one that a new circumstance hints at, as a possibility."""
    if case.causes or case.disputed:
        return case
    new = (knowledge.circumstances[c] for c in case.circumstances if c not in before.circumstances)
    hinted = next((circumstance.tells_of for circumstance in new if circumstance.tells_of), None)
    return case.name(hinted, "unsure") if hinted else case


def _hear_causes(case: Case, heard: Heard, knowledge: Knowledge) -> Case:
    readings = [
        replace(r, stance=case.stance(r.id)) if r.stance == "unsure" and r.id in case.causes else r
        for r in _without_intruders(case, heard, knowledge)
    ]
    named = [r for r in readings if r.stance != "denies"]
    denied = [r for r in readings if r.stance == "denies"]
    corrects = bool(CORRECTS.search(heard.text)) and not denied
    if corrects and named and case.causes and named[0].id not in case.causes:
        return case.correct(named[0].id, named[0].stance).read(named)
    after = case.read(readings)
    if not case.disputed or named or heard.text.startswith("/"):
        return after
    # What else did not happen is no accusation: the one that is disputed stays the first.
    first = case.disputed[0]
    return replace(after, disputed=(first, *(other for other in after.disputed if other != first)))


def _without_intruders(case: Case, heard: Heard, knowledge: Knowledge) -> tuple[Reading, ...]:
    """The readings without what another did in the person's place: it is no deed of theirs."""
    others = {cause.id for cause in knowledge.causes.values() if cause.by_others}
    admitted = {r.id for r in heard.readings if r.stance == "admits"}
    admitted |= {cause for cause in case.causes if case.stance(cause) == "admits"}
    if heard.text.startswith("/") or not others & admitted:
        return heard.readings
    return tuple(
        r for r in heard.readings if r.id in others or r.stance == "denies" or _OWN_DEED.search(r.text)
    )


def _hear_details(case: Case, heard: Heard, knowledge: Knowledge) -> Case:
    for circumstance in heard.circumstances:
        case = _with_circumstance(case, circumstance, knowledge)
    for circumstance in heard.denied_circumstances:
        case = case.with_circumstance(circumstance, holds=False)
    if heard.notice:
        case = case.with_notice(heard.notice)
    return next((case.with_appealed(a) for a in APPEALED if a == heard.appealed), case)


def _hear_answer(case: Case, asked: str, knowledge: Knowledge, *, yes: bool) -> Case:
    kind, _, what = asked.partition(":")
    if kind == "circumstance":
        return _circumstance_answer(case, what, knowledge, yes=yes)
    if kind == "appealed":
        return case.with_appealed("waiting" if yes else "no")
    return case


def _hear_no_answer(case: Case, asked: str) -> Case:
    """Who does not know is not asked again, and nothing is taken to hold."""
    kind, _, what = asked.partition(":")
    if kind == "circumstance":
        return case.with_circumstance(what, holds=False)
    if kind == "notice":
        return case.with_notice("unknown")
    return case.with_appealed("no") if kind == "appealed" else case


def _asked_circumstance(asked: str | None) -> str | None:
    """The circumstance that the open question is about; words without a button deny that one."""
    kind, _, what = (asked or "").partition(":")
    return what if kind == "circumstance" else None


def _led_answer(heard: Heard, asked: str | None, knowledge: Knowledge) -> bool | None:
    """The yes or no that a typed answer to a question on a circumstance begins with.

    "No, somebody I met here" is a no, whatever the rest is read as; "no, only once" tells about the
    very thing that was asked, and that counts.
    """
    lead, what = LEADS.search(heard.text), _asked_circumstance(asked)
    if lead and asked == "appealed" and heard.intent.startswith("inform_") and not heard.appealed:
        return bool(lead["yes"])
    if not lead or not what or not heard.intent.startswith(("circumstance_", "inform_detail")):
        return None
    told = heard.circumstances
    return None if what in told or _opposite(what, knowledge) in told else bool(lead["yes"])


def _with_circumstance(case: Case, circumstance: str, knowledge: Knowledge) -> Case:
    """Note a circumstance; its opposite, where it has one, holds no longer."""
    opposite = _opposite(circumstance, knowledge)
    if opposite:
        case = case.with_circumstance(opposite, holds=False)
    return case.with_circumstance(circumstance, holds=True)


def _opposite(circumstance: str, knowledge: Knowledge) -> str | None:
    """What holds instead: "more than once" and "the first time" exclude each other."""
    pairs = [(q.circumstance, q.otherwise) for c in knowledge.causes.values() for q in c.ask if q.otherwise]
    return {**dict(pairs), **{b: a for a, b in pairs}}.get(circumstance)


def _circumstance_answer(case: Case, circumstance: str, knowledge: Knowledge, *, yes: bool) -> Case:
    if yes:
        return _with_circumstance(case, circumstance, knowledge)
    case = case.with_circumstance(circumstance, holds=False)
    for question in (q for cause in case.causes for q in knowledge.causes[cause].ask):
        if question.circumstance == circumstance and question.otherwise:
            return case.with_circumstance(question.otherwise, holds=True)
    return case
