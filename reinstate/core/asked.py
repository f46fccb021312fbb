"""What is asked, and the answers to it: those that are likely, and how sure each has to be. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import AnswerPart, ChoicePart, Part, TopicPart, Turn, WordPart
from reinstate.knowledge import Knowledge

ASK_RULE, FAQ = "ask_rule", "faq"
TOPIC = "topic:"  # how a topic is remembered among the answers
UNDERSTOOD_LITTLE = ("platform_question", "vent", "inform_detail")
SURE_TOLD = 0.6  # from here on what a question tells beside it counts for the case
SURE_BESIDE = 0.55  # from here on a question is answered beside a verdict
NEAR_LEAST = 0.05  # an answer is offered from here
SURE_NEAR, LEADS_BY = 0.08, 1.2  # an answer that is as likely, and so much likelier than the next, is given
# Below, the next likely answers are said beside the one that is given: of real messages the likeliest
# serves a half, one of the likeliest three two thirds (bench/reports/tried.md).
SURE_ANSWER = 0.9
# Below, with a second answer, and before a yes or no, the question is said that is answered: a person may
# have asked it the other way round.
SAID_BACK = 0.6
SURE_IN_FORM = 0.7  # from here on a question is answered while a form asks
MOST_OTHERS = 2
STANDS_OUT = 0.5  # of what all likely answers have, the share from which one is given in place of a topic
PLAIN = 6  # words: a broad question so short is broad ("is it permanent?")
FOLLOWS_UP = 6  # words: a question so short is read beside what was answered last
_RELATED = 8.0  # how much likelier an answer to it is one of the same topic


def answers_to(turn: Turn, knowledge: Knowledge) -> tuple[Part, ...]:
    """The answers to what is asked: the first in full, a second short, one that was just given too.

    A short question ("and how many times?") is read beside what was answered last.
    """
    tells = turn.message.intent.startswith(("cause_", "deny_")) and turn.message.intent != "cause_unknown"
    least = SURE_BESIDE if tells else 0.0
    found = [i for i, sure in turn.message.answers if sure >= least]
    last = knowledge.answers.get(turn.answered[0]) if turn.answered else None
    again = last is not None and found[:1] == [last.id]  # the same question once more is no follow-up
    if last and not again and not turn.message.pressed and len(turn.message.text.split()) <= FOLLOWS_UP:
        candidates = {**dict(turn.message.near), **dict(turn.message.answers)}
        related = {
            i: p * (_RELATED if i in last.follow_ups or _same_topic(i, last.id, knowledge) else 1.0)
            for i, p in candidates.items()
            if i != last.id
        }
        best = max(related, key=lambda i: related[i], default=None)
        follows = knowledge.patterns["follows_up"].found(turn.message.text)
        little = turn.message.intent in (FAQ, ASK_RULE, "nlu_fallback", *UNDERSTOOD_LITTLE)
        own = knowledge.topic_of(turn.message.intent)  # "what about my money?" says itself what it is about
        if best and (little or (follows and not own)):
            found = [best]
    near = dict(turn.message.near)
    if turn.in_form:  # what goes on between question and answer is no new question, unless that is sure
        found = [i for i in found if near.get(i, 1.0) >= SURE_IN_FORM]
    if len(found) > 1 and near.get(found[0], 1.0) < SURE_ANSWER:  # the second may be the only one
        found = found[:1]
    alone = len(found) == 1 and not turn.in_form
    others = _others(turn.message, found, knowledge) if alone else ()
    return tuple(
        AnswerPart(
            i,
            short=bool(n) or i in turn.answered,
            done=_is_done(i, turn.message, knowledge),
            perhaps=bool(n)
            or near.get(i, 1.0) < SAID_BACK
            or (knowledge.answers[i].says_yes_or_no and not turn.message.pressed),
            others=() if i in turn.answered else others,
            nearby=() if n or others else nearby(turn.message, found),
        )
        for n, i in enumerate(found[:2])
    )


def of_topic(turn: Turn, topic: str, knowledge: Knowledge, *, brief: bool) -> Part:
    """What a broad question is answered with: the one answer of its topic that stands out, or the topic."""
    message = turn.message
    serving = {i: p for i, p in message.near if message.intent in knowledge.answers[i].serves}
    found = tuple(sorted(serving, key=lambda i: -serving[i]))
    others = tuple(f"faq/{i}" for i in found)
    plain = message.pressed or len(message.text.split()) <= PLAIN
    if found and not plain and serving[found[0]] >= STANDS_OUT * sum(p for _, p in message.near):
        return AnswerPart(
            found[0], short=brief or found[0] in turn.answered, others=others[1 : MOST_OTHERS + 1]
        )
    return TopicPart(topic, brief=brief or TOPIC + topic in turn.answered, others=others[:MOST_OTHERS])


def offered(message: ParsedMessage) -> tuple[str, ...]:
    """The likeliest answers, as far as they are likely at all."""
    return tuple(f"faq/{i}" for i, sure in message.near[:2] if sure >= NEAR_LEAST)


def perhaps(message: ParsedMessage, knowledge: Knowledge) -> Part:
    """The likeliest answer, with its question where others are about as likely; else what it may be."""
    (best, sure), *others = message.near or (("", 0.0),)
    if sure >= NEAR_LEAST:
        leads = sure >= SURE_NEAR and all(sure >= LEADS_BY * other for _, other in others)
        return AnswerPart(best, perhaps=not leads, others=_others(message, (best,), knowledge))
    likely = message.alternatives
    return ChoicePart(likely, "perhaps") if likely else WordPart("utter_nothing_to_answer")


def _others(message: ParsedMessage, given: Sequence[str], knowledge: Knowledge) -> tuple[str, ...]:
    """What else is likely meant, as intents, where the answer that is given is not sure."""
    if message.pressed or dict(message.near).get(given[0], 1.0) >= SURE_ANSWER:
        return ()
    likely = {f"faq/{i}": sure for i, sure in message.near if i not in given}
    likely |= {f"cause_{i}": message.share(i) for i in knowledge.causes}
    first = sorted(likely, key=lambda intent: -likely[intent])[:MOST_OTHERS]
    return tuple(intent for intent in first if likely[intent] >= NEAR_LEAST)


def nearby(message: ParsedMessage, given: Sequence[str]) -> tuple[str, ...]:
    """The answers next to those that are given, to be pressed: of plain questions one in ten means one."""
    return (
        () if message.pressed else tuple(f"faq/{i}" for i, _ in message.near if i not in given)[:MOST_OTHERS]
    )


def _same_topic(one: str, other: str, knowledge: Knowledge) -> bool:
    return knowledge.answers[one].serves[:1] == knowledge.answers[other].serves[:1]


def _is_done(answer: str, message: ParsedMessage, knowledge: Knowledge) -> bool:
    """Whether a person asks about a rule that they tell to have broken."""
    found = knowledge.answers[answer]
    return found.done is not None and any(
        m.id == found.about and m.stance == "admits" and m.confidence >= SURE_TOLD for m in message.told
    )
