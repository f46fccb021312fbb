"""What one message says, and what it changes in a case. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reinstate.case import Case, Reading
from reinstate.knowledge import APPEALED, NOTICES, STANCES, Knowledge

_CORRECTS = re.compile(
    r"^\W*(no|nope|nah|actually|wait|sorry|correction|i meant?|not that|wrong|oh)\b", re.IGNORECASE
)
FORGET_INTENT = "forget_me"
# Typed commands and the intents that they stand for.
COMMANDS = {"start": "greet", "help": "ask_capabilities", "restart": "restart", "forget": FORGET_INTENT}
# Words with which people deny, in the languages that are read.
NEGATES = re.compile(
    r"n['’]t\b|\b(not|never|no|nobody|none|nothing|neither|nor|without|cannot|false|falsely|lie|lies|lying|untrue|wrong"
    r"|wrongly|mistaken|accuse[ds]?|only|(do|did|does|is|was|were|have|has|had|ca|wo|would|could|are)nt|aint"
    r"|nunca|jam[aá]s|jamais|falso|mentira|n[aã]o|nem|pas|rien|aucun|faux|nahi|nahin|kabhi|hindi|wala|peke"
    r"|не|нет|никогда|ничего|ложь|ні|ніколи|нічого|брехня|не?має)\b"
    r"|नहीं|कभी|झूठ|نہیں|کبھی|جھوٹ|না|নাই|মিথ্যা|لا|لم|ليس|كذب",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*(how|is|are|am|does|do|did|can|could|has|have|what|which|why|will|would|when|should|who)\b|\?\s*$",
    re.IGNORECASE,
)
_ACCUSES = re.compile(
    r"\b(they|upwork|notice|e-?mail|accus\w*|claim\w*|suspen\w*|bann\w*|block\w*|because)\b", re.IGNORECASE
)
_LEADS = re.compile(r"^\W*(?:(?P<yes>yes|yeah|yep|yup|sure)|no|nope|nah)\b", re.IGNORECASE)
# "That's not true", "they are lying", "I never did that": of the accusation, not of a question.
_DISPUTES = re.compile(
    r"^\W*(?:(?:no|nope|but|well)\b\W*)*"
    r"(?:(?:it|that|this)(?:\W?s| is| was)?(?: just| simply| all)? ?(?:not true|untrue|false|a lie|lies)"
    r"|not true|(?:they|upwork)(?:\W?re| are| is)? (?:lying|lies|wrong)"
    r"|i (?:have )?never (?:did|done) (?:that|this|it|such\b.*|anything\b.*|so)"
    r"|i (?:did not|didn\W?t) do (?:that|this|it|such\b.*|anything\b.*))\W*$",
    re.IGNORECASE,
)
_HACKED = "account_compromised"
# A deed of one's own; "I think they sent" and "I got a ban for" tell of none.
_OWN_DEED = re.compile(
    r"\b(?:i|we)(?:['’]?ve|['’]?d)?\b(?! (?:think|guess|believe|suppose|saw|see|found|noticed|got|was|were|am"
    r"|can|could|did|do|don|have been|never)\b)",
    re.IGNORECASE,
)
_SURE = 0.76
_CLEAR, _CORRECTING, _DENYING = 0.6, 0.5, 0.95
_SHORT = 2
_UNKNOWN = "cause_unknown"
_NO_ANSWER = (_UNKNOWN, "skip")
_TELLING = ("cause_", "deny_", "circumstance_", "inform_")


@dataclass(frozen=True)
class Heard:
    """One message as the NLU or a button gave it.

    Attributes:
        intent: name of the intent.
        text: what was written (masked), or the button's payload.
        readings: the causes named, best first.
        choices: intents that are too close to call, best first.
        alternatives: intents that it may be instead of what was read, best first.
        notice, appealed, circumstances, denied_circumstances: details found in the text.
        mentioned: details as they were written, with their kind ("time", "amount", ...).
        language: id of the language it was written in.
        pasted: whether it is a notice in Upwork's own words.
        deadline: the words of a pasted notice that set one.
        value: the allow-listed value a button carries, if any.
        confidence: of the intent; 1 for a button.
    """

    intent: str
    text: str
    readings: tuple[Reading, ...] = ()
    choices: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    notice: str | None = None
    appealed: str | None = None
    circumstances: tuple[str, ...] = ()
    denied_circumstances: tuple[str, ...] = ()
    mentioned: tuple[tuple[str, str], ...] = ()
    language: str | None = None
    pasted: bool = False
    deadline: str | None = None
    value: str | None = None
    confidence: float = 1.0

    @classmethod
    def from_parse(cls, parsed: Mapping[str, Any], knowledge: Knowledge) -> Heard:
        """Read Rasa's `latest_message`; anything of an unexpected shape counts as not said.

        Who says that they do not know names only what is read surely.
        """
        intent = str((parsed.get("intent") or {}).get("name") or "")
        text = str(parsed.get("text") or "")
        if text.startswith("/"):
            entities = parsed.get("entities") or []
            value = next((e.get("value") for e in entities if e.get("entity") == "id"), None)
            return cls(
                intent=intent,
                text=text,
                readings=_pressed(intent, knowledge),
                value=value if isinstance(value, str) else None,
            )
        details = parsed.get("details") or {}
        readings = tuple(
            Reading(r["id"], float(r["confidence"]), r["stance"], str(r["text"]))
            for r in parsed.get("causes") or []
            if r.get("id") in knowledge.causes
            and r.get("stance") in STANCES
            and (intent != _UNKNOWN or float(r["confidence"]) >= _SURE)
        )
        return cls(
            intent=intent,
            text=text,
            readings=readings,
            choices=tuple(parsed.get("choices") or ()),
            alternatives=tuple(parsed.get("alternatives") or ()),
            notice=details.get("notice"),
            appealed=details.get("appealed"),
            circumstances=tuple(details.get("circumstances") or ()),
            denied_circumstances=tuple(details.get("denied_circumstances") or ()),
            mentioned=_mentioned(parsed.get("entities") or ()),
            language=details.get("language"),
            pasted=bool(details.get("pasted")),
            deadline=details.get("deadline"),
            confidence=float((parsed.get("intent") or {}).get("confidence") or 0.0),
        )

    def beside(self, case: Case) -> Heard:
        """The message without what is too unsure to change a case that has a cause already.

        What follows a story is often a fragment of it ("he was fine with that"), which sounds a
        little like many causes. What they told they hardly take back without a word of denial.
        """
        known = {*case.causes, *case.disputed}
        if not known or self.text.startswith("/"):
            return self
        least = _CORRECTING if _CORRECTS.search(self.text) else _CLEAR
        clear = tuple(
            r
            for r in self.readings
            if (r.confidence >= least or (r.id in known and r.stance == case.stance(r.id)))
            and not (r.id in case.causes and r.stance == "denies" and self._hardly_denies(r))
        )
        close = any(choice.partition("_")[2] in known for choice in self.choices)
        return replace(self, readings=clear, choices=() if close else self.choices)

    def _hardly_denies(self, reading: Reading) -> bool:
        return reading.confidence < _DENYING and not NEGATES.search(self.text)

    @property
    def names_circumstance(self) -> bool:
        """Whether the intent's circumstance counts: a sure reading that no detail speaks against."""
        return self.confidence >= _SURE and not self.circumstances and not self.denied_circumstances

    @property
    def answers(self) -> bool:
        """Whether a yes or no is one: long words that only sound a little like it are not.

        Nor is a question ("so that's it?").
        """
        if _LEADS.search(self.text):
            return True
        asks = self.text.rstrip().endswith("?")
        return not asks and (self.confidence >= _SURE or len(self.text.split()) <= _SHORT)

    @property
    def clears(self) -> bool:
        """Whether it only tells what did not happen, and of no accusation: that is no lead."""
        denies = self.readings and all(r.stance == "denies" for r in self.readings)
        return bool(denies) and not _ACCUSES.search(self.text)

    @property
    def asks(self) -> bool:
        """Whether the message begins as a question; what it names may be a plan, not what happened."""
        found = _ASKS.match(self.text)
        return found is not None and found[1] is not None

    @property
    def tells(self) -> bool:
        """Whether the message tells something of the case, and does not only ask."""
        return bool(self.readings) or self.intent.startswith(_TELLING) or not _ASKS.search(self.text)


def hear(case: Case, heard: Heard, asked: str | None, knowledge: Knowledge) -> Case:
    """The case after a message.

    Args:
        case: what was known before.
        heard: the message.
        asked: the open question: "circumstance:<id>", "notice", "appealed" or None.
        knowledge: for the ids that exist.
    """
    before, case = case, _hear_causes(case, heard)
    if heard.tells:
        case = _hear_details(case, heard, knowledge)
    kind, _, rest = heard.intent.partition("_")
    yes = _led_answer(heard, asked, knowledge)
    told = heard.circumstances or heard.denied_circumstances
    denied = heard.value or (None if told else _asked_circumstance(asked))
    if case.causes and not heard.readings and _DISPUTES.match(heard.text):
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


def _hinted(before: Case, case: Case, knowledge: Knowledge) -> Case:
    """Where no cause is known, the one that a new circumstance hints at, as a possibility."""
    if case.causes or case.disputed:
        return case
    new = (knowledge.circumstances[c] for c in case.circumstances if c not in before.circumstances)
    hinted = next((circumstance.tells_of for circumstance in new if circumstance.tells_of), None)
    return case.name(hinted, "unsure") if hinted else case


def _hear_causes(case: Case, heard: Heard) -> Case:
    readings = [
        replace(r, stance=case.stance(r.id)) if r.stance == "unsure" and r.id in case.causes else r
        for r in _without_intruders(case, heard)
    ]
    named = [r for r in readings if r.stance != "denies"]
    denied = [r for r in readings if r.stance == "denies"]
    corrects = bool(_CORRECTS.search(heard.text)) and not denied
    if corrects and named and case.causes and named[0].id not in case.causes:
        return case.correct(named[0].id, named[0].stance).read(named)
    after = case.read(readings)
    if not case.disputed or named or heard.text.startswith("/"):
        return after
    # What else did not happen is no accusation: the one that is disputed stays the first.
    first = case.disputed[0]
    return replace(after, disputed=(first, *(other for other in after.disputed if other != first)))


def _without_intruders(case: Case, heard: Heard) -> tuple[Reading, ...]:
    """The readings without what whoever broke into an account did there: it is no deed of the person's."""
    hacked = any(r.id == _HACKED and r.stance == "admits" for r in heard.readings)
    if heard.text.startswith("/") or not (
        hacked or (_HACKED in case.causes and case.stance(_HACKED) == "admits")
    ):
        return heard.readings
    return tuple(
        r for r in heard.readings if r.id == _HACKED or r.stance == "denies" or _OWN_DEED.search(r.text)
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
    lead, what = _LEADS.search(heard.text), _asked_circumstance(asked)
    if lead and asked == "appealed" and heard.intent.startswith("inform_") and not heard.appealed:
        return bool(lead["yes"])
    if not lead or not what or not heard.intent.startswith("circumstance_"):
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


def _mentioned(entities: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """What the entities say, in the order of the text, without those inside longer ones."""
    spans = [
        (e.get("start", 0), e.get("end", 0), str(e.get("entity")), str(e.get("value"))) for e in entities
    ]
    kept = [
        (start, kind, value)
        for start, end, kind, value in spans
        if not any(a <= start and end <= b and (a, b) != (start, end) for a, b, _, _ in spans)
    ]
    return tuple(dict.fromkeys((kind, value) for _, kind, value in sorted(kept)))


def _pressed(intent: str, knowledge: Knowledge) -> tuple[Reading, ...]:
    """A pressed button that names a cause is as sure as can be."""
    kind, _, cause = intent.partition("_")
    if kind not in ("cause", "deny") or cause not in knowledge.causes:
        return ()
    return (Reading(cause, 1.0, "denies" if kind == "deny" else "admits", ""),)
