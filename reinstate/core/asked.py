"""What is asked, and the answers to it: those that are likely, and how sure each has to be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import AnswerPart, GuessesPart, Part, TopicPart, Turn, WordPart
from reinstate.core.signs import is_in_trouble
from reinstate.knowledge import Knowledge

ASK_RULE, FAQ = "ask_rule", "faq"
TOPIC = "topic:"  # how a topic is remembered among the answers
UNDERSTOOD_LITTLE = ("platform_question", "vent", "inform_detail")
SURE_TOLD = 0.6  # from here on what a question tells beside it counts for the case
SURE_BESIDE = 0.55  # from here on a question is answered beside a verdict
NEAR_LEAST = 0.05  # an answer is offered from here
# Of real messages the likeliest answer serves one in five below the first, two in three to the second, and
# nine in ten above (bench/reports/tried.md). Below the first, it is asked what is meant.
LIKELY, SURE_ANSWER = 0.5, 0.9
SURE_PRESUMED = (
    0.85  # from here on an answer is given that presumes a deed; of eight real ones below, three served
)
# Of all likely answers, the share from which one is said before a verdict, or after an answer.
SURE_NARROWER, SURE_NEXT, NEXT_LEAST = 0.5, 0.8, 0.01
NARROWER_LEAST = 1e-5  # below it, all that is likeliest is the noise of a reading
# Below, with a second answer, and before a yes or no, the question is said that is answered: a person may
# have asked it the other way round.
SAID_BACK = 0.6
SURE_IN_FORM = 0.7  # from here on a question is answered while a form asks
MOST_ANSWERS, MOST_OTHERS, MOST_GUESSES = 2, 2, 4
STANDS_OUT = 0.5  # of what all likely answers have, the share from which one is given in place of a topic
MORE_THAN_ONE = 10  # words: a message so long may ask two things in one breath
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
            return (_answer(best, turn, knowledge),)
    near = dict(turn.message.near)
    if turn.in_form:  # what goes on between question and answer is no new question, unless that is sure
        found = [i for i in found if near.get(i, 1.0) >= SURE_IN_FORM]
    first = dict(turn.message.answers)[found[0]] if found else 0.0
    broad = () if turn.in_form else _broad(turn, knowledge, brief=first >= LIKELY)
    if not found:
        return broad
    if first < _likely(found[0], knowledge) and not turn.in_form and found[0] not in turn.answered:
        return broad or (_meant(turn.message, found[0], knowledge),)
    if first < SURE_ANSWER:  # the second may be the only one
        found = found[:1]
    if len(found) == 1 and not turn.in_form and (also := _next(turn.message, found[0], knowledge)):
        found = [*found, also]
    parts = [_answer(i, turn, knowledge, second=bool(n)) for n, i in enumerate(found)]
    return (*parts, *broad)[:MOST_ANSWERS]


def without_needless(turn: Turn, knowledge: Knowledge) -> ParsedMessage:
    """The message without answers whose words nobody has said: of a death nobody speaks by the way."""
    message = turn.message
    needed = {i: knowledge.answers[i].needs for i, _ in (*message.near, *message.answers)}
    said = {knowledge.answers[i].needs for i in turn.answered if i in knowledge.answers}
    missing = {
        i for i, n in needed.items() if n and n not in said and not knowledge.patterns[n].found(message.text)
    }
    if message.pressed or not missing:
        return message
    near, answers = (
        tuple(one for one in many if one[0] not in missing) for many in (message.near, message.answers)
    )
    return replace(message, near=near, answers=answers)


def _likely(answer: str, knowledge: Knowledge) -> float:
    """How surely an answer has to be read to be given and not asked for."""
    return SURE_PRESUMED if knowledge.answers[answer].presumes else LIKELY


def _broad(turn: Turn, knowledge: Knowledge, *, brief: bool) -> tuple[Part, ...]:
    """What is asked broadly beside the rest of a message, unless it was told before."""
    topics = (knowledge.topic_of(intent) for intent in turn.message.asks)
    new = (topic.id for topic in topics if topic and TOPIC + topic.id not in turn.answered)
    return tuple(TopicPart(id_, brief=brief) for id_ in dict.fromkeys(new))


def _answer(id_: str, turn: Turn, knowledge: Knowledge, *, second: bool = False) -> AnswerPart:
    """One answer: a second one, and one that was given before, shortly."""
    message = turn.message
    sure = dict(message.near).get(id_, 1.0)
    yes_or_no = knowledge.answers[id_].says_yes_or_no and not message.pressed
    return AnswerPart(
        id_,
        short=second or id_ in turn.answered,
        done=_is_done(id_, message, knowledge),
        perhaps=second or sure < SAID_BACK or yes_or_no,
        nearby=() if second else (_others(message, id_, knowledge) or nearby(message, (id_,))),
    )


def _next(message: ParsedMessage, first: str, knowledge: Knowledge) -> str | None:
    """What usually follows an answer, where the message sounds like it more than like anything else."""
    rest = {i: p for i, p in message.near if i != first}
    best = max(rest, key=lambda i: rest[i], default="")
    follows = best in knowledge.answers[first].follow_ups and len(message.text.split()) >= MORE_THAN_ONE
    return best if follows and rest[best] >= max(NEXT_LEAST, SURE_NEXT * sum(rest.values())) else None


def narrower(message: ParsedMessage, cause: str, knowledge: Knowledge) -> str | None:
    """The answer about a cause that a message which tells of it sounds like more than like all others."""
    best, sure = next(iter(message.near), ("", 0.0))
    own = bool(best) and knowledge.answers[best].about == cause
    least = NEXT_LEAST if own and knowledge.answers[best].presumes else NARROWER_LEAST
    enough = max(least, SURE_NARROWER * sum(p for _, p in message.near))
    return best if own and sure >= enough else None


def of_topic(turn: Turn, topic: str, knowledge: Knowledge, *, brief: bool) -> Part:
    """What a broad question is answered with: the one answer of its topic that stands out, or the topic."""
    message = turn.message
    serving = {
        i: p
        for i, p in message.near
        if message.intent in knowledge.answers[i].serves
        and (p >= SURE_PRESUMED or not knowledge.answers[i].presumes)
    }
    found = tuple(sorted(serving, key=lambda i: -serving[i]))
    others = tuple(f"faq/{i}" for i in found)
    plain = message.pressed or len(message.text.split()) <= PLAIN
    if found and not plain and serving[found[0]] >= STANDS_OUT * sum(p for _, p in message.near):
        return AnswerPart(
            found[0], short=brief or found[0] in turn.answered, nearby=others[1 : MOST_OTHERS + 1]
        )
    return TopicPart(topic, brief=brief or TOPIC + topic in turn.answered, others=others[:MOST_OTHERS])


def offered(message: ParsedMessage) -> tuple[str, ...]:
    """The likeliest answers, as far as they are likely at all."""
    return tuple(f"faq/{i}" for i, sure in message.near[:2] if sure >= NEAR_LEAST)


def perhaps(message: ParsedMessage, knowledge: Knowledge) -> Part:
    """The likeliest answer, with its question; what may be meant, where none is likely enough."""
    best, sure = next(iter(message.near), ("", 0.0))
    if sure >= NEAR_LEAST:
        return _meant(message, best, knowledge, likely=sure >= _likely(best, knowledge))
    if not message.alternatives:
        return WordPart("utter_nothing_to_answer")
    return GuessesPart(message.alternatives, is_in_trouble(message, knowledge))


def _meant(message: ParsedMessage, best: str, knowledge: Knowledge, *, likely: bool = False) -> Part:
    """The likeliest answer, where it is likely or nothing else may be meant; else all that may be."""
    found = guesses(message, knowledge)
    if likely or len(found) < 2:
        return AnswerPart(best, perhaps=True, nearby=_others(message, best, knowledge))
    return GuessesPart(found, is_in_trouble(message, knowledge))


def guesses(message: ParsedMessage, knowledge: Knowledge) -> tuple[str, ...]:
    """What a message may mean, as intents of answers and causes, the likeliest first."""
    likely = {f"faq/{i}": sure for i, sure in message.near}
    for cause in knowledge.causes:
        denied = message.intent == f"deny_{cause}"
        likely[message.intent if denied else f"cause_{cause}"] = message.share(cause)
    first = sorted(likely, key=lambda intent: -likely[intent])
    found = [intent for intent in first if likely[intent] >= NEAR_LEAST]
    about = next((intent.partition("_")[2] for intent in found if not intent.startswith("faq/")), "")
    if narrow := narrower(message, about, knowledge):
        found.insert(1, f"faq/{narrow}")
    return tuple(dict.fromkeys(found))[:MOST_GUESSES]


def _others(message: ParsedMessage, given: str, knowledge: Knowledge) -> tuple[str, ...]:
    """What else is likely meant, as intents, where the answer that is given is not sure."""
    if message.pressed or dict(message.near).get(given, 1.0) >= SURE_ANSWER:
        return ()
    return tuple(i for i in guesses(message, knowledge) if i != f"faq/{given}")[:MOST_OTHERS]


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
