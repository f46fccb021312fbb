"""Answers to questions, as messages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reinstate.core.case import Case
from reinstate.knowledge import Answer, Knowledge, Role, Topic
from reinstate.replies.message import (
    MOST_SOURCES,
    Message,
    bullets,
    paragraphs,
    sources,
    titled_buttons,
)

_MOST = 4  # buttons: what else may be meant, and what follows up
PREVENTION = "prevention"  # the topic to which every cause adds what helps against it


def answer_message(
    answer: Answer,
    case: Case,
    role: Role | None,
    knowledge: Knowledge,
    *,
    short: bool = False,
    done: bool = False,
    perhaps: bool = False,
    others: Sequence[str] = (),
    nearby: Sequence[str] = (),
) -> Message:
    """The answer to one question, with the known cause, notice and role in mind.

    Args:
        answer: what is said.
        case: what is known; a cause or a notice may have a sentence of its own.
        role: who asks, if they told.
        knowledge: for sources and titles.
        short: only what answers the question itself.
        done: whether the person tells that they have broken the rule that they ask about.
        perhaps: whether it is not sure that just this was asked: its question is said with it.
        others: intents, of answers and causes, that may have been meant instead: each is said shortly after
            this one, and can be pressed for the whole of it.
        nearby: intents that can be pressed before what usually follows.
    """
    follow_ups = ((answer.id,) if others else ()) if short else answer.follow_ups
    pressable = dict.fromkeys((*others, *nearby, *(f"faq/{i}" for i in follow_ups)))
    buttons = titled_buttons(list(pressable), knowledge)
    if role and role in answer.per_role:
        text = answer.per_role[role]
    elif short:
        text = answer.short
    else:
        cause = case.first_cause or ""
        more = answer.per_cause.get(cause) or answer.per_notice.get(case.notice or "") or answer.more
        text = " ".join(part for part in (answer.short, answer.done if done else more) if part)
    response, values = "utter_answer", {"answer": text}
    if perhaps or others:
        response, values = "utter_answer_perhaps", {"question": answer.question, **values}
    if others:
        gists = (knowledge.gist_of(intent) for intent in others)
        response = "utter_answer_or"
        values |= {"others": paragraphs(f"{about}\n{gist}" for about, gist in gists)}
    return Message(response, values, buttons[:_MOST], sources(answer.sources, knowledge))


def topic_message(topic: Topic, case: Case, knowledge: Knowledge, *, brief: bool = False) -> Message:
    """A topic's answer, the known cause and notice first.

    `brief` where a verdict follows: what matters most.
    """
    cause = case.first_cause or ""
    prevention = knowledge.causes[cause].prevention if cause and topic.id == PREVENTION else ()
    of_cause = paragraphs([topic.per_cause.get(cause, ""), bullets(prevention)])
    first = [of_cause, topic.per_notice.get(case.notice or "", "")]
    if brief:
        return Message("utter_answer", {"answer": paragraphs(first) or topic.answer[0]})
    own = knowledge.causes[cause].sources[:1] if of_cause else ()
    return Message(
        "utter_answer",
        {"answer": paragraphs([*first, *topic.answer, topic.unknown or ""])},
        (),
        sources((*topic.sources[: MOST_SOURCES - len(own)], *own), knowledge),
    )
