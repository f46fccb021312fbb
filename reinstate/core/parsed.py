"""What one message says, as the rest of the program takes it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reinstate.core.case import Case, CauseMention
from reinstate.core.statements import Statement, from_slot
from reinstate.knowledge import ROLES, STANCES, Knowledge, Role

CORRECTS = re.compile(
    r"^\W*(no|nope|nah|actually|wait|sorry|correction|i meant?|not that|wrong|oh)\b", re.IGNORECASE
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
_CLEAR, _CORRECTING = 0.6, 0.5
_SHORT = 2
_UNKNOWN = "cause_unknown"
HOLDS = "holds_"  # before a circumstance, among what is heard: that it holds
_TELLING = ("cause_", "deny_", "circumstance_", "inform_")


@dataclass(frozen=True)
class ParsedMessage:
    """One message as the NLU or a button gave it.

    Attributes:
        intent: name of the intent.
        text: what was written (masked), or the button's payload.
        mentions: the causes named, best first; those that are only asked about too.
        answers: ids of answers to what is asked, with their probability; those to be given first.
        near: other answers, likeliest first, for what is asked beside what was talked about last.
        asks: intents of the broad questions that sentences of it ask, beside the intent.
        choices: intents that are too close to call, best first.
        alternatives: intents that it may be instead of what was read, best first.
        notice, denied_notice, appealed, circumstances, denied_circumstances: details found in the text.
        mentioned: details as they were written, with their kind ("time", "amount", ...).
        role: who writes, if they tell.
        distressed: whether it shows that the person suffers or is angry.
        language: id of the language it was written in.
        pasted: whether it is a notice or an answer in Upwork's own words.
        upwork_answer: id of the kind of answer, where it is one.
        deadline: the words of a pasted notice that set one.
        heard: which questions some sentence of it answers, see `Case.heard`.
        holds: circumstances that excuse, of which a sentence tells surely that they hold.
        statements: its sentences, with the parts of a letter that they belong to.
        value: the allow-listed value a button carries, if any.
        ranked: how likely each of the likeliest intents is.
        confidence: of the intent; 1 for a button.
    """

    intent: str
    text: str
    mentions: tuple[CauseMention, ...] = ()
    answers: tuple[tuple[str, float], ...] = ()
    near: tuple[tuple[str, float], ...] = ()
    asks: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    notice: str | None = None
    appealed: str | None = None
    circumstances: tuple[str, ...] = ()
    denied_circumstances: tuple[str, ...] = ()
    denied_notice: str | None = None
    mentioned: tuple[tuple[str, str], ...] = ()
    role: Role | None = None
    distressed: bool = False
    language: str | None = None
    pasted: bool = False
    upwork_answer: str | None = None
    deadline: str | None = None
    heard: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    value: str | None = None
    ranked: Mapping[str, float] = field(default_factory=dict)
    confidence: float = 1.0

    @classmethod
    def from_parse(cls, parsed: Mapping[str, Any], knowledge: Knowledge) -> ParsedMessage:
        """Read Rasa's `latest_message`; anything of an unexpected shape counts as not said.

        Who says that they do not know names only what is read surely.
        """
        intent = str((parsed.get("intent") or {}).get("name") or "")
        text = str(parsed.get("text") or "")
        if text.startswith("/"):
            entities = parsed.get("entities") or []
            value = next((e.get("value") for e in entities if e.get("entity") == "id"), None)
            pressed = value if isinstance(value, str) else ""
            return cls(
                intent=intent,
                text=text,
                mentions=_pressed(intent, knowledge),
                answers=((pressed, 1.0),) if intent == "faq" and pressed in knowledge.answers else (),
                value=pressed or None,
            )
        details, heard = parsed.get("details") or {}, parsed.get("heard") or ()
        mentions = tuple(
            CauseMention(
                r["id"], float(r["confidence"]), next(s for s in STANCES if s == r["stance"]), str(r["text"])
            )
            for r in parsed.get("causes") or []
            if r.get("id") in knowledge.causes
            and r.get("stance") in STANCES
            and (intent != _UNKNOWN or float(r["confidence"]) >= _SURE)
        )
        return cls(
            intent=intent,
            text=text,
            mentions=mentions,
            answers=_answers(parsed.get("answers"), knowledge),
            near=_answers(parsed.get("near"), knowledge),
            asks=tuple(i for i in parsed.get("asks") or () if isinstance(i, str)),
            choices=tuple(parsed.get("choices") or ()),
            alternatives=tuple(parsed.get("alternatives") or ()),
            notice=details.get("notice"),
            appealed=details.get("appealed"),
            circumstances=tuple(details.get("circumstances") or ()),
            denied_circumstances=tuple(details.get("denied_circumstances") or ()),
            denied_notice=details.get("denied_notice"),
            mentioned=_mentioned(parsed.get("entities") or ()),
            role=next((r for r in ROLES if r == details.get("role")), None),
            distressed=bool(parsed.get("distressed")),
            language=details.get("language"),
            pasted=bool(details.get("pasted")),
            upwork_answer=next(
                (i for i in knowledge.upwork_answers if i == details.get("upwork_answer")), None
            ),
            deadline=details.get("deadline"),
            heard=tuple(h for h in heard if not h.startswith(HOLDS)),
            holds=tuple(h.removeprefix(HOLDS) for h in heard if h.startswith(HOLDS)),
            statements=from_slot(parsed.get("statements")),
            ranked={str(i["name"]): float(i["confidence"]) for i in parsed.get("intent_ranking") or ()},
            confidence=float((parsed.get("intent") or {}).get("confidence") or 0.0),
        )

    @property
    def told(self) -> tuple[CauseMention, ...]:
        """The causes that are admitted, denied or suspected, not only asked about."""
        return tuple(m for m in self.mentions if m.stance != "asks")

    def share(self, cause: str) -> float:
        """How likely the message as a whole tells of a cause, or denies it."""
        return sum(self.ranked.get(f"{kind}_{cause}", 0.0) for kind in ("cause", "deny"))

    @property
    def pressed(self) -> bool:
        """Whether it is a button."""
        return self.text.startswith("/")

    def beside(self, case: Case, knowledge: Knowledge) -> ParsedMessage:
        """The message without what is too unsure to change a case that has a cause already.

        What follows a story is often a fragment of it ("he was fine with that"), which sounds a
        little like many causes; and who promises to do it no more denies nothing.
        """
        known = {*case.causes, *case.disputed}
        if not known or self.pressed:
            return self
        least = _CORRECTING if CORRECTS.search(self.text) else _CLEAR
        promised = known if knowledge.patterns["promises"].found(self.text) else set()
        clear = tuple(
            r
            for r in self.mentions
            if r.id not in promised
            if r.stance == "asks"
            or (r.confidence >= least and (r.id in known or least < _CLEAR or self._tells_deed(r)))
            or (r.id in known and r.stance == case.stance(r.id))
        )
        close = any(choice.partition("_")[2] in known for choice in self.choices)
        return replace(self, mentions=clear, choices=() if close else self.choices)

    def _tells_deed(self, mention: CauseMention) -> bool:
        """Whether a cause was read where something is told: a new certificate or a promise is no deed.

        Nor is a scrap beside other sentences ("money? 215 dollars").
        """
        read = [s for s in self.statements if s.text in mention.text or mention.text in s.text]
        told = (s for s in read if s.kind in ("happened", "status"))
        return not read or any(len(s.text.split()) > _SHORT or len(read) == 1 for s in told)

    @property
    def names_circumstance(self) -> bool:
        """Whether the intent's circumstance counts: a sure reading that no detail speaks against."""
        return self.confidence >= _SURE and not self.circumstances and not self.denied_circumstances

    @property
    def acknowledges(self) -> bool:
        """Whether it only says that something was read ("ok"), which answers no question."""
        return _ACKNOWLEDGES.fullmatch(self.text) is not None

    @property
    def affirms(self) -> bool:
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
        denies = self.mentions and all(r.stance == "denies" for r in self.mentions)
        return bool(denies) and not _ACCUSES.search(self.text)

    @property
    def tells(self) -> bool:
        """Whether the message tells something of the case, and does not only ask."""
        return bool(self.told) or self.intent.startswith(_TELLING) or not _ASKS.search(self.text)


def _answers(found: Any, knowledge: Knowledge) -> tuple[tuple[str, float], ...]:
    return tuple((a["id"], float(a["confidence"])) for a in found or () if a.get("id") in knowledge.answers)


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


def _pressed(intent: str, knowledge: Knowledge) -> tuple[CauseMention, ...]:
    """A pressed button that names a cause is as sure as can be."""
    kind, _, cause = intent.partition("_")
    if kind not in ("cause", "deny") or cause not in knowledge.causes:
        return ()
    return (CauseMention(cause, 1.0, "denies" if kind == "deny" else "admits", ""),)
