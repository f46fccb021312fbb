"""A verdict, its reasons, and what is no suspension, as messages. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reinstate.core.case import Case
from reinstate.core.facts import ASKED_FOR, quoted
from reinstate.core.letter import QUESTIONS
from reinstate.core.parsed import ParsedMessage
from reinstate.core.verdict import SOMETHING_NEW, Verdict
from reinstate.knowledge import Cause, Knowledge, Lookalike, UpworkAnswer, Wording
from reinstate.replies.message import (
    Button,
    Message,
    bullets,
    numbered,
    paragraphs,
    payload_of,
    sources,
    titled_buttons,
)

_NAME = "Upwork"  # stays as it is inside a sentence
MOST_STEPS, MOST_LESSER, MOST_FOLLOW_UPS = 3, 2, 3


def verdict_message(
    case: Case,
    verdict: Verdict,
    knowledge: Knowledge,
    *,
    explain: bool = True,
    brief: bool = False,
    alternatives: Sequence[str] = (),
    nearby: Sequence[str] = (),
    told: Collection[str] = (),
    hedged: bool = False,
    restricted: bool = True,
) -> Message:
    """A verdict on one card: what is realistic, why, up to three steps, and what can be done next.

    What the rules say in full is `reinstate.replies.why`.

    Args:
        case: the case that was judged.
        verdict: its verdict.
        knowledge: where the words come from.
        explain: whether to say what it is about; False after an answer that changed only the path.
        brief: without steps, where the turn answers something else as well.
        alternatives: intents that the message could mean as well.
        nearby: intents of answers near to what was said, before what people usually ask next.
        told: causes that the turn has named already.
        hedged: whether what it is about is said as a possibility.
        restricted: whether anybody said that something has come of a deed that is told.
    """
    wording = knowledge.table.wording
    cause = knowledge.causes[verdict.cause] if verdict.cause else None
    frame = _framed(cause, verdict, wording, hedged=hedged, restricted=restricted)
    about = _about(case, cause, verdict, knowledge, told, framed=frame and frame[0]) if explain else ""
    outcome = _outcome(verdict, knowledge)
    # Of what nobody said, nothing is promised or taken away: the cause first, and the outcome if it is that.
    if about and frame:
        outcome = outcome if outcome.startswith(_NAME) else outcome[:1].lower() + outcome[1:]
        about, outcome = frame[1].format(outcome), about
    parts = [
        outcome,
        about,
        verdict.say,
        "" if brief else _what_to_do(cause, verdict, knowledge),
    ]
    return Message(
        "utter_verdict",
        {"card": paragraphs(parts)},
        _next(case, cause, verdict, knowledge, alternatives, nearby, accused=bool(told)),
        sources(verdict.sources, knowledge),
    )


def _outcome(verdict: Verdict, knowledge: Knowledge) -> str:
    """What is realistic, in one plain sentence."""
    if verdict.odds is None:
        return knowledge.table.wording.cannot_tell
    return knowledge.table.wording.outcomes[f"{verdict.path}_{verdict.odds}"]


def _about(
    case: Case,
    cause: Cause | None,
    verdict: Verdict,
    knowledge: Knowledge,
    told: Collection[str],
    *,
    framed: str | None,
) -> str:
    """What Upwork seems to hold against the person, or what they tell, and what else they named."""
    wording = knowledge.table.wording
    if cause is None:
        notice = knowledge.notice_of(case.notice)
        return wording.about_notice.format(notice.phrase) if notice else ""
    about = wording.about[verdict.stance]
    if framed:
        about = framed
    elif cause.severity == "hold" and verdict.stance != "denies":
        about = wording.about_hold
    lesser = [knowledge.causes[c].phrase for c in case.causes if c in verdict.lesser and c not in told]
    also = wording.also.format(", ".join(lesser[:MOST_LESSER])) if lesser else ""
    return " ".join(part for part in (about.format(cause.phrase), also) if part)


def _framed(
    cause: Cause | None, verdict: Verdict, wording: Wording, *, hedged: bool, restricted: bool
) -> tuple[str, str] | None:
    """How a cause and its outcome are said where nobody said that it is held against the person.

    Of a hold one sees what it is, and who denies a deed is accused of it.
    """
    if cause is None or verdict.stance == "denies":
        return None
    hold = cause.severity == "hold"
    if (verdict.stance == "unsure" and not hold) or (hedged and verdict.stance == "admits"):
        return wording.about["unsure"], wording.if_so
    return None if restricted or hold else (wording.about_notice, wording.if_restricted)


def _what_to_do(cause: Cause | None, verdict: Verdict, knowledge: Knowledge) -> str:
    wording = knowledge.table.wording
    if verdict.path == "none":
        return paragraphs(knowledge.topics["no_path"].answer)
    if verdict.path == "wait":
        return paragraphs(knowledge.topics["waiting"].answer)
    if cause is None:
        return ""
    if verdict.stance == "denies" or (cause.severity == "hold" and verdict.path == "appeal"):
        return wording.evidence.format(bullets(cause.evidence[:MOST_STEPS]))
    return wording.steps.format(numbered(cause.steps[:MOST_STEPS]))


def _next(
    case: Case,
    cause: Cause | None,
    verdict: Verdict,
    knowledge: Knowledge,
    alternatives: Sequence[str],
    nearby: Sequence[str],
    *,
    accused: bool,
) -> tuple[Button, ...]:
    """The letter, whether it is right at all, what the rules say, and what people ask next.

    Of a notice that accuses of it nothing is to be confirmed; it can be corrected by itself.
    """
    wording = knowledge.table.wording
    letter = _letter(case, verdict, knowledge)
    own = follow_ups_of(verdict, knowledge)
    follow_ups = titled_buttons(list(dict.fromkeys((*own[:2], *nearby, *own[2:]))), knowledge)
    if cause is None:
        return (*letter, *follow_ups)
    not_right = Button(wording.not_right, "/feedback_wrong_cause")
    if accused:
        return (*letter, not_right)
    it_did = f"cause_{cause.id}"
    maybe = verdict.stance != "admits"
    happened = (Button(wording.happened, f"/{it_did}"),) if maybe else ()
    if verdict.stance == "unsure":
        happened = (*happened, Button(wording.did_not_happen, f"/deny_{cause.id}"))
    others = [intent for intent in alternatives if intent != it_did]
    return (
        *letter,
        not_right,
        *happened,
        Button(wording.why, "/ask_why"),
        *instead(others[:1], knowledge),
        *follow_ups[:MOST_FOLLOW_UPS],
    )


def follow_ups_of(verdict: Verdict, knowledge: Knowledge) -> tuple[str, ...]:
    """What people ask next after a verdict of this path."""
    return knowledge.table.wording.follow_ups.get(verdict.path, ())


def instead(intents: Sequence[str], knowledge: Knowledge) -> tuple[Button, ...]:
    """Buttons that put another cause in the place of the one that was read."""
    titles = {intent: knowledge.title_of(intent) for intent in intents}
    payloads = {
        intent: f'/feedback_wrong_cause{{"id":"{intent.removeprefix("cause_")}"}}'
        if intent.startswith("cause_")
        else payload_of(intent)
        for intent in intents
    }
    return tuple(
        Button(knowledge.table.wording.instead.format(title), payloads[intent])
        for intent, title in titles.items()
        if title
    )


def rule_message(cause: Cause, knowledge: Knowledge) -> Message:
    """The rule on a cause, for who asks about it and has no case: what counts, and what keeps one safe.

    With one press it is the cause of a suspension.
    """
    parts = [cause.policy, bullets(cause.prevention[:MOST_STEPS])]
    led_to_it = titled_buttons([f"cause_{cause.id}"], knowledge)
    answer = {"answer": paragraphs(parts)}
    return Message("utter_answer", answer, led_to_it, sources(cause.sources, knowledge))


def notice_message(message: ParsedMessage, case: Case, knowledge: Knowledge) -> Message:
    """What was understood of a pasted notice, to be corrected."""
    wording = knowledge.table.wording
    notice = knowledge.notice_of(case.notice)
    named = [knowledge.causes[r.id] for r in message.mentions]
    values = {
        "notice": notice.phrase if notice else wording.not_known,
        "causes": ", ".join(cause.phrase for cause in named) or wording.not_known,
        "deadline": message.deadline or wording.not_known,
    }
    return Message("utter_read_notice", values, (Button(wording.wrong_notice, "/wrong_notice"),))


def upwork_answer_message(
    answer: UpworkAnswer, message: ParsedMessage, case: Case, verdict: Verdict, knowledge: Knowledge
) -> Message:
    """What Upwork has answered, what is realistic now, and the step that fits."""
    wording, cause = knowledge.table.wording, knowledge.causes.get(verdict.cause or "")
    decided = answer.appealed in ("refused", "final", "asked")
    asks = next((text for kind, text, _ in quoted(message.text, knowledge) if kind == ASKED_FOR), "")
    then = (answer.then or "").format(evidence=bullets(cause.evidence[:MOST_STEPS]) if cause else "")
    parts = [
        _outcome(verdict, knowledge) if decided else "",
        verdict.say if decided else "",
        _what_to_do(cause, verdict, knowledge) if verdict.path in ("none", "wait") and decided else then,
        wording.upwork_asks.format(asks) if asks and answer.appealed == "asked" else "",
        wording.deadline.format(message.deadline) if message.deadline else "",
    ]
    follow_ups = titled_buttons(follow_ups_of(verdict, knowledge), knowledge)
    return Message(
        "utter_read_answer",
        {"answer": answer.phrase, "card": paragraphs(parts)},
        (
            *_letter(case, verdict, knowledge),
            Button(wording.wrong_answer, '/wrong_notice{"id":"appealed"}'),
            *follow_ups[:MOST_FOLLOW_UPS],
        ),
        sources(answer.sources, knowledge),
    )


def _letter(case: Case, verdict: Verdict, knowledge: Knowledge) -> tuple[Button, ...]:
    """The letter that fits: what Upwork asks is answered, else it is an appeal; or what would open one."""
    if case.appealed == "asked":
        return (Button(str(knowledge.letters[QUESTIONS].title), f'/draft_appeal{{"id":"{QUESTIONS}"}}'),)
    if case.appealed == "final" and verdict.path == "none":
        return (Button(knowledge.table.wording.something_new, f"/circumstance_{SOMETHING_NEW}"),)
    fits = verdict.path in ("appeal", "support")
    return (Button(knowledge.table.wording.draft, "/draft_appeal"),) if fits else ()


def unchanged_message(case: Case, verdict: Verdict, knowledge: Knowledge, *, asked: bool) -> Message:
    """What was told changes nothing, and is kept: the outcome stands above and is not said again.

    Where something was `asked` too, which is not understood, that is said.
    """
    next_ = titled_buttons(follow_ups_of(verdict, knowledge)[:MOST_FOLLOW_UPS], knowledge)
    return Message(
        "utter_unchanged_asked" if asked else "utter_unchanged",
        {},
        (*_letter(case, verdict, knowledge), *next_),
    )


def lookalike_message(lookalike: Lookalike, knowledge: Knowledge, *, brief: bool = False) -> Message:
    """What looks like a suspension and is none."""
    parts = [lookalike.policy, "" if brief else numbered(lookalike.steps)]
    return Message(
        "utter_lookalike",
        {"phrase": lookalike.phrase, "body": paragraphs(parts)},
        (Button(knowledge.table.wording.not_right, "/something_else"),),
        sources(lookalike.sources, knowledge),
    )
