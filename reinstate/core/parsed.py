"""What one message says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reinstate.core.case import Case, Reading
from reinstate.knowledge import STANCES, Knowledge, Stance, says

CORRECTS = re.compile(
    r"^\W*(no|nope|nah|actually|wait|sorry|correction|i meant?|not that|wrong|oh)\b", re.IGNORECASE
)
# Words with which people deny, in the languages that are read.
NEGATES = re.compile(
    r"n['’]t\b|\b(not|never|no|nobody|none|nothing|neither|nor|without|cannot|false|falsely|lie|lies|lying|untrue|wrong"
    r"|wrongly|mistaken|accuse[ds]?|only|(do|did|does|is|was|were|have|has|had|ca|wo|would|could|are)nt|aint"
    r"|nunca|jam[aá]s|jamais|falso|mentira|n[aã]o|nem|pas|rien|aucun|faux|nahi|nahin|kabhi|hindi|wala|peke"
    r"|не|нет|никогда|ничего|ложь|ні|ніколи|нічого|брехня|не?має)\b"
    r"|नहीं|कभी|झूठ|نہیں|کبھی|جھوٹ|না|নাই|মিথ্যা|لا|لم|ليس|كذب",
    re.IGNORECASE,
)
# What another wanted of a person, that they did not go along with it, and that they did in the end.
_WANTED = re.compile(
    r"\b(?:offer|propos|suggest|ask|want|beg|insist|invit|request|demand|tempt|hint|push|pressed|try|tried"
    r"|telling|tell(?:s|ing)? me|put (?:his|her|their)|sen[dt]s? (?:me )?(?:his|her|their)|first message)\w*",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"(?:^|[.,;:!?] *|\b(?:i|we|and|but|so) +)(?:(?:have|had|would|always|politely|only|just|of course) +)*"
    r"(?:refuse[sd]?|decline[ds]?|ignored?|turned (?:\w+ ){0,4}down|passed on|sa(?:id|y) (?:no\b|nope)"
    r"|(?:told|answered) (?:(?:him|her|them|this|that|the) )?(?:\w+ )?(?:no\b|nope|to get lost)|wrote back"
    r"|blocked (?:him|her|them|it)|reported (?:him|her|them|it|the)|flagged)\b"
    r"|\b(?:did ?n['’]?t|did not|do ?n['’]?t|would ?n['’]?t|would not|never(?: once)?) (?:even )?"
    r"(?:g[ai]ve|let|t[ao]ke|took|accept(?:ed)?|agreed?|repl(?:y|ied)|respond(?:ed)?|sen[dt]|hand(?:ed)?|shared?"
    r"|join(?:ed)?|do it|did it|install(?:ed)?|buy|text(?:ed)?)\b"
    r"|\b(?:my answer was no|no,? thank(?:s| you)|no deal|did none of it|out of the question)\b",
    re.IGNORECASE,
)
_YIELDS = re.compile(
    r"\b(?:g[ai]ve (?:in|up)|in the end i|at last i|finally i|then i \w+|i did it|again and again"
    r"|(?:i|and|so) (?:took (?:it|the|his|her|their)|accepted|let (?:him|her|them)|agreed|said yes))\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*(how|is|are|am|does|do|did|can|could|has|have|what|which|why|will|would|when|should|who)\b|\?\s*$",
    re.IGNORECASE,
)
_ACCUSES = re.compile(
    r"\b(they|upwork|notice|e-?mail|accus\w*|claim\w*|suspen\w*|bann\w*|block\w*|because)\b", re.IGNORECASE
)
_ACKNOWLEDGES = re.compile(
    r"\W*(?:(?:ok(?:ay)?|oki?|k+|fine|al+ ?right|cool|great|good|nice|hm+|(?:i )?(?:got it|see)"
    r"|understood|noted|thank(?:s| you)|thx|ty|will do)\b\W*)+",
    re.IGNORECASE,
)
LEADS = re.compile(r"^\W*(?:(?P<yes>yes|yeah|yep|yup|sure)|no|nope|nah)\b", re.IGNORECASE)
_SURE = 0.76
_CLEAR, _CORRECTING, _DENYING = 0.6, 0.5, 0.95
_SHORT = 2
_UNKNOWN = "cause_unknown"
_TELLING = ("cause_", "deny_", "circumstance_", "inform_")


def refuses(text: str) -> bool:
    """Whether a person tells that they did not go along with what another wanted of them."""
    wanted = _WANTED.search(text)
    return bool(wanted and _REFUSES.search(text)) and _YIELDS.search(text) is None


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

        Who says that they do not know names only what is read surely; who suffered it, denies it.
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
            Reading(r["id"], float(r["confidence"]), _stance(r, knowledge), str(r["text"]))
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
        least = _CORRECTING if CORRECTS.search(self.text) else _CLEAR
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
    def acknowledges(self) -> bool:
        """Whether it only says that something was read ("ok"), which answers no question."""
        return _ACKNOWLEDGES.fullmatch(self.text) is not None

    @property
    def answers(self) -> bool:
        """Whether a yes or no is one: long words that only sound a little like it are not.

        Nor is a question ("so that's it?").
        """
        if self.acknowledges:
            return False
        if LEADS.search(self.text):
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


def _stance(reading: Mapping[str, Any], knowledge: Knowledge) -> Stance:
    suffered, text = knowledge.causes[reading["id"]].suffered, str(reading["text"])
    if suffered and says(suffered.says, text) and not says(suffered.says_not, text):
        return "denies"
    return next(stance for stance in STANCES if stance == reading["stance"])


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
