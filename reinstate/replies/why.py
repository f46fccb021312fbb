"""Why a verdict is what it is, and what follows for the person, as messages. Pure."""

from __future__ import annotations

from reinstate.core.verdict import Verdict
from reinstate.knowledge import Cause, Knowledge
from reinstate.replies.message import FORM, Message, bullets, paragraphs, sources, titled_buttons
from reinstate.replies.verdict import follow_ups_of

MOST = 3  # pieces of evidence, things not to do, and what people ask next
ROOM = 812  # characters of a turn, of 900 in all, beside the domain's words and a human sentence


def why_messages(verdict: Verdict, knowledge: Knowledge, *, in_form: bool = False) -> list[Message]:
    """What the guide and Upwork's pages say, what can prove it, and what not to do; where they say it.

    What a turn has no room for is left out, first what the verdict has said already: its reason, and the
    evidence, which stands there where the person denies it. A form asks its question again below it.
    """
    cause = knowledge.causes.get(verdict.cause or "")
    named = sources(verdict.sources, knowledge)
    if cause is None:
        return [Message("utter_why", {"say": verdict.say}, (), named)]
    evidence = knowledge.table.wording.evidence.format(bullets(cause.evidence[:MOST]))
    shown = verdict.stance == "denies" or (cause.severity == "hold" and verdict.path == "appeal")
    parts = [verdict.say, *_views(cause, knowledge), "" if shown or not cause.evidence else evidence]
    avoid = bullets(cause.avoid[:MOST])
    room = ROOM - FORM * in_form - len(avoid)
    for spared in (verdict.say, evidence, cause.unknown, cause.differ):
        if len(paragraphs(parts)) > room:
            parts = [part for part in parts if part != spared]
    why = Message("utter_why", {"say": paragraphs(parts)}, (), named)
    if len(paragraphs(parts)) > room:
        return [why]
    follow_ups = follow_ups_of(verdict, knowledge)[:MOST]
    return [why, Message("utter_avoid", {"avoid": avoid}, titled_buttons(follow_ups, knowledge))]


def _views(cause: Cause, knowledge: Knowledge) -> list[str]:
    """What the guide and Upwork's own pages say of a cause, where they differ, what nobody knows."""
    wording = knowledge.table.wording
    return [
        wording.guide.format(cause.guide) if cause.guide else "",
        wording.policy.format(cause.policy),
        cause.differ or "",
        cause.unknown or "",
    ]
