"""Answers to questions, as messages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reinstate.core.case import Case
from reinstate.core.verdict import decide
from reinstate.knowledge import Answer, Gist, Knowledge, Role, Topic
from reinstate.replies.message import (
    MOST_SOURCES,
    Button,
    Message,
    bullets,
    paragraphs,
    sources,
    titled_buttons,
)

_MOST = 4  # buttons: what else may be meant, and what follows up
_MOST_SAID, _ROOM = 3, 650  # of what may be meant, and characters of them
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
        nearby: intents that can be pressed before what usually follows; before the whole, of a short one.
    """
    follow_ups = (answer.id,) if short else answer.follow_ups
    pressable = dict.fromkeys((*nearby, *(f"faq/{i}" for i in follow_ups)))
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
    if perhaps:
        response, values = "utter_answer_perhaps", {"question": answer.question, **values}
    return Message(response, values, buttons[:_MOST], sources(answer.sources, knowledge))


def guesses_message(intents: Sequence[str], knowledge: Knowledge, *, in_trouble: bool = False) -> Message:
    """What a message may mean: each said shortly, to be pressed for the whole of it, and "something else".

    What presumes what must not be presumed can be pressed only.

    Args:
        intents: of answers and causes, the likeliest first.
        knowledge: what is said of them.
        in_trouble: whether of a cause it is said what helps, or what the rule is.
    """
    found = [gist for intent in intents if (gist := _gist(intent, knowledge, in_trouble=in_trouble))]
    gists = list({gist.about: gist for gist in reversed(found)}.values())[::-1][:_MOST_SAID]
    while sum(len(gist.about) + len(gist.said) for gist in gists) > _ROOM:
        gists.pop()
    other = Button(knowledge.table.wording.other, "/something_else")
    return Message(
        "utter_guesses" if gists else "utter_perhaps",
        {"guesses": paragraphs(f"{gist.about}\n{gist.said}" for gist in gists)},
        (*titled_buttons(intents, knowledge)[:_MOST], other),
        sources((source for gist in gists for source in gist.sources[:1]), knowledge),
    )


def _gist(intent: str, knowledge: Knowledge, *, in_trouble: bool) -> Gist | None:
    """What is said shortly of an answer or a cause; a cause and its denial are about the same."""
    gist, (kind, _, cause) = knowledge.gist_of(intent), intent.partition("_")
    if gist is None or not in_trouble or cause not in knowledge.causes:
        return gist
    verdict = decide(Case().name(cause, "denies" if kind == "deny" else "unsure"), knowledge)
    return Gist(gist.about, verdict.say, verdict.sources)


def topic_message(topic: Topic, case: Case, knowledge: Knowledge, *, brief: bool = False) -> Message:
    """A topic's answer, the known cause and notice first.

    `brief` where a verdict follows: what matters most.
    """
    cause = case.first_cause or ""
    prevention = knowledge.causes[cause].prevention if cause and topic.id == PREVENTION else ()
    of_cause = paragraphs([topic.per_cause.get(cause, ""), bullets(prevention)])
    first = [of_cause, topic.per_notice.get(case.notice or "", "")]
    if brief:
        text = paragraphs(first) or topic.answer[0]
        return Message("utter_answer", {"answer": text}, (), sources(topic.sources, knowledge))
    own = knowledge.causes[cause].sources[:1] if of_cause else ()
    return Message(
        "utter_answer",
        {"answer": paragraphs([*first, *topic.answer, topic.unknown or ""])},
        (),
        sources((*topic.sources[: MOST_SOURCES - len(own)], *own), knowledge),
    )
