"""Where a reading is too unsure to be judged by, and what is said instead. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reinstate.core.asked import ASK_RULE, FAQ, SAID_BACK, SURE_TOLD, guesses, offered, perhaps
from reinstate.core.case import Case
from reinstate.core.cleaning import sentences
from reinstate.core.parsed import CORRECTS, ParsedMessage
from reinstate.core.plan import AnswerPart, ChoicePart, GuessesPart, Part, Turn
from reinstate.core.signs import BARE, is_in_trouble
from reinstate.knowledge import Knowledge

NO_REASON = "notice_no_reason"  # what is said to who has no idea why, before they are asked
SURE_TOLD_PLAINLY = 0.9  # a deed that is told so surely is judged, whatever the whole is
# The stated confidence from which a first message is judged, and a denial without a word of an account in
# trouble. Below, of replies with a verdict to real messages one in seven served (bench/reports/tried.md).
SURE_CAUSE, SURE_DENIAL = 0.85, 0.96
SURE_LEAST = 0.5  # below it, whatever else speaks for it, no real message was read right
SURE_UNCLEAR = 0.75  # from here on a cause is judged though it is unclear whether it is admitted
SURE_RULE = 0.3  # from here on what sounds like a deed may as well ask whether it is allowed
SURE_UNKNOWN = 0.3  # from here on who tells of an account in trouble is taken not to know why
SURE_TELLS = 0.8  # from here on a sentence tells something of a case
SURE_BROAD = 0.95  # from here on something broad is asked, with or without a mark
DETAIL = 8  # words that ask nothing and are taken for a detail rather than for an unsure question
ABOUT = 0.1  # probability of a cause from which a question is about it
# Words, probability, beside the likeliest: see `supported`.
SHORT_STORY, FRAGMENT, BESIDE = 20, 0.05, 0.4


def supported(message: ParsedMessage, known: Collection[str] = ()) -> ParsedMessage:
    """A message without the causes that only a fragment of it sounds like.

    Of real stories, three in four of those were wrong, and new evidence ("a certificate, five stars") would
    open another case. In a short message that is about a cause, a part of it that tells of another one
    surely is no fragment; nor is one that surely tells of a cause that is `known`.
    """
    if message.pressed or message.pasted or message.intent == ASK_RULE:
        return message
    least = max(FRAGMENT, BESIDE * max((message.share(m.id) for m in message.told), default=0.0))
    about = message.intent.startswith(("cause_", "deny_")) and message.confidence >= SURE_TOLD
    plain = (about and len(message.text.split()) <= SHORT_STORY) or message.role == "helper"
    sure = SURE_TOLD_PLAINLY if plain else 1.1
    kept = tuple(
        m
        for m in message.mentions
        if m.stance == "asks"
        or message.share(m.id) >= least
        or m.confidence >= (SURE_TOLD_PLAINLY if m.id in known else sure)
    )
    return replace(message, mentions=kept)


def told_in_form(message: ParsedMessage) -> ParsedMessage:
    """A message while a form asks: what it tells opens no choice between other cases.

    What can be shown or has changed ("I changed my password") opens no other case either.
    """
    happened = any(s.kind == "happened" for s in message.statements)
    if not _tells(message) or (happened and not message.choices):
        return message
    return replace(message, intent="inform_detail", mentions=(), choices=())


def told_not_asked(turn: Turn, message: ParsedMessage, knowledge: Knowledge) -> ParsedMessage:
    """A message that goes on telling of a known case, and asks nothing, whatever it sounds like.

    A few words that ask nothing ("70 jobs in 2 weeks") are a detail rather than a question that they hardly
    sound like. What surely asks something broad ("what about my money") needs no mark to ask it.
    """
    asks = knowledge.patterns["asks_something"]
    broad = message.intent.startswith("ask_") and message.intent != ASK_RULE
    sounds = (broad and message.confidence < SURE_BROAD) or message.intent in (FAQ, ASK_RULE)
    if turn.case == Case() or message.pressed or not sounds:
        return message
    few = len(message.text.split()) <= DETAIL and max((p for _, p in message.near), default=1.0) < SAID_BACK
    if not (_tells(message) or few) or any(
        asks.found(text) for text in (message.text, *(s.text for s in message.statements))
    ):
        return message
    return replace(message, intent="inform_detail", answers=())


def asked_beside(turn: Turn, message: ParsedMessage, knowledge: Knowledge) -> ParsedMessage:
    """A question beside a known case, without other causes that it only sounds like.

    "And my money, the client paid it" is no admission of another payment.
    """
    if not turn.case.causes or message.pressed or message.pasted or message.confidence >= SURE_CAUSE:
        return message
    judged, patterns = message.intent.startswith(("cause_", "deny_")), knowledge.patterns
    if not judged or CORRECTS.search(message.text) or patterns["reports"].found(message.text):
        return message
    if not any(patterns["asks_something"].found(text) for text in sentences(message.text)):
        return message
    known = tuple(m for m in message.mentions if m.id in turn.case.causes or m.stance == "asks")
    return message if known else replace(message, intent="nlu_fallback", mentions=(), choices=())


def _tells(message: ParsedMessage) -> bool:
    """Whether a sentence of a message surely tells something of a case."""
    return any(s.for_letter and s.sure >= SURE_TELLS for s in message.statements)


def is_doubtful(turn: Turn, knowledge: Knowledge) -> bool:
    """Whether a first message is read too unsurely to be judged by it: asking beats guessing."""
    message = turn.message
    if turn.asked or turn.in_form or turn.case != Case() or message.pressed or message.pasted:
        return False
    if not message.intent.startswith(("cause_", "deny_")):
        return False
    trouble = knowledge.patterns["trouble"].found(message.text)
    cause = knowledge.causes.get(message.intent.partition("_")[2])
    if cause and cause.by_others and message.confidence >= SURE_UNCLEAR:
        return False  # nobody is accused by it, and it cannot wait
    if message.confidence < SURE_LEAST or (0 < len(message.text.split()) <= BARE and not trouble):
        return True
    denies = message.intent.startswith("deny_")
    accused = denies and knowledge.patterns["reports"].found(message.text)
    if message.language not in (None, "en"):
        return message.confidence < SURE_CAUSE
    if accused or trouble:
        # They share what the whole says, and so do a cause and its denial: how it is meant is read elsewhere.
        sure = max(message.confidence, sum(message.share(m.id) for m in message.told))
        return sure < SURE_CAUSE and len(guesses(message, knowledge)) > 1
    if message.text.rstrip().endswith("?") or message.ranked.get(ASK_RULE, 0.0) >= SURE_RULE:
        return True  # asked, and nothing says that anything has come of it
    if any(m.stance == "admits" and m.confidence >= SURE_TOLD_PLAINLY for m in message.told):
        return False
    return message.confidence < (SURE_DENIAL if denies else SURE_CAUSE)


def instead_of_judging(message: ParsedMessage, knowledge: Knowledge) -> Part:
    """The likeliest answer; else what it may be."""
    cause = message.intent.partition("_")[2]
    trouble = knowledge.patterns["trouble"].found(message.text)
    plainly = any(m.confidence >= SURE_TOLD_PLAINLY for m in message.told)
    if trouble and not plainly and message.ranked.get("cause_unknown", 0.0) >= SURE_UNKNOWN:
        return AnswerPart(NO_REASON, bare=True)
    if offered(message):
        return perhaps(message, knowledge)
    found = dict.fromkeys((message.intent, *guesses(message, knowledge), *message.alternatives))
    if len(found) == 1:  # it may as well be denied
        found |= dict.fromkeys((f"cause_{cause}", f"deny_{cause}"))
    return GuessesPart(tuple(found), is_in_trouble(message, knowledge))


def closer_of(message: ParsedMessage) -> ChoicePart | None:
    """The question between what it may be; none where only the stance is unclear and the cause is sure."""
    if not message.choices:
        return None
    first, *rest = message.choices
    same = rest and rest[0].partition("_")[2] == first.partition("_")[2]
    if same and message.confidence >= SURE_UNCLEAR:
        return None
    return ChoicePart(message.choices, "happened" if same else "closer")


def is_about(message: ParsedMessage, cause: str) -> bool:
    """Whether a question is about a cause as a whole, and does not only name it on the way."""
    return message.share(cause) >= ABOUT
