"""What an answer to a question for the letter changes: the story, and the facts asked for after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rasa_sdk.events import EventType

from actions.standing import answers, story_edits
from actions.writing import Writing, kept, with_slots
from reinstate.core import statements
from reinstate.core.case import Case
from reinstate.core.cleaning import is_sentence, sentences
from reinstate.core.facts import Fact, corrects_facts, gathered, outdated
from reinstate.core.letter import HAPPENED
from reinstate.core.own_words import STORY, TOLD, part_of
from reinstate.core.parsed import ParsedMessage
from reinstate.core.statements import Statement
from reinstate.core.update import update_case
from reinstate.core.wishes import parse_wishes
from reinstate.knowledge import knowledge

NOT_OF_LETTER = 0.7  # an answer's sentence is kept out of the letter only if it surely does not belong there
_NOT_OF_STORY = 0.9  # a sentence of what was to be written for it
_FEW = 4  # words of an answer that may be one though no sentence of it belongs into a letter
_STORY = 20  # words from which on a text can stand in place of what was told before


def story(said: Writing) -> list[EventType]:
    """The slots after what happened was written for the letter, or the sentences that tell it were agreed to.

    What is written takes the place of all that was told; a few words more stand beside it.
    """
    message, patterns, told = said.message, knowledge().patterns, bool(said.review.own)
    nothing = patterns["has_nothing"].found(message.text)
    if (
        message.intent in ("affirm", "skip")
        or patterns["agrees"].found(message.text)
        or (nothing and not told)
    ):
        return said.looked_through()
    heard = parse_wishes(message.text, knowledge())
    if (told or said.review.beside) and any(wish.kind != "add" for wish in heard.wishes):
        edits = said.kept_edits(said.kind, story_edits(said, heard))
        changed = Writing(said.dispatcher, with_slots(said.tracker, {"letter_edits": edits}))
        return changed.looked_through(letter_edits=edits) if edits else []
    if heard.wishes:
        message = _wanted(said)
    elif nothing or message.pressed or not answers(message) or _only_asks(message):
        return []
    case, facts = _heard(said, message, HAPPENED)
    if outdated(said.facts, facts) and corrects_facts(message, knowledge()):
        return _taken(said, message, HAPPENED)
    text = said.voice(message.text)
    adds = told and (bool(heard.wishes) or len(text.split()) < _STORY)
    framed = (s for s in sentences(text) if not patterns["frames"].found(s))
    new = statements.written(framed, said.says, TOLD if adds else STORY, _NOT_OF_STORY)
    if not new:
        return []
    if adds:
        return said.looked_through(new, case=case, facts=facts)
    own = [replace(f, answers=True) if f.words in text else f for f in facts]
    return said.going_on(case=case, facts=own, told=new, letter_edits=said.kept_edits(said.kind, ()))


def answered(said: Writing) -> list[EventType]:
    """The slots after an answer to another question; none where it is no answer."""
    message, asked = said.message, said.open_fact
    nothing = knowledge().patterns["has_nothing"].found(message.text)
    declines = message.pressed and message.intent in ("deny", "cause_unknown")
    if nothing or declines or message.intent == "skip":
        return said.going_on()
    if not (_is_answer(said) or _tells(said, message, asked)):
        return []
    wishes = parse_wishes(message.text, knowledge()).wishes
    if any(wish.kind != "add" for wish in wishes):
        return []
    return _taken(said, _wanted(said) if wishes else message, asked)


def _wanted(said: Writing) -> ParsedMessage:
    """The message with what stands behind "add that"."""
    wishes = parse_wishes(said.message.text, knowledge()).wishes
    return replace(said.message, text=". ".join(wish.sentence for wish in wishes))


def _is_answer(said: Writing) -> bool:
    """Whether a message can be an answer for the letter, or is said to us."""
    tells = any(s.for_letter and s.sure >= NOT_OF_LETTER for s in said.says)
    aside = not tells and len(said.message.text.split()) > _FEW and not said.message.pressed
    return answers(said.message) and not aside


def _only_asks(message: ParsedMessage) -> bool:
    """Whether every sentence of a message asks something."""
    return all(map(knowledge().patterns["asks_something"].found, sentences(message.text)))


def _tells(said: Writing, message: ParsedMessage, asked: str) -> bool:
    """Whether a text tells the fact that was asked for, whatever it sounds like ("may")."""
    if message.pressed or knowledge().facts[asked].free:
        return False
    facts = gathered(said.facts, message, said.case, said.case, knowledge(), asked)
    return any(fact.kind == asked and fact not in said.facts for fact in facts)


def _heard(said: Writing, message: ParsedMessage, asked: str) -> tuple[Case, tuple[Fact, ...]]:
    """The case and the facts after an answer.

    A fragment of an answer opens no other case and denies none; "it is X, not Y" of two known ones does.
    """
    known = {*said.case.causes, *said.case.disputed} if corrects_facts(message, knowledge()) else set()
    named = tuple(m for m in message.mentions if m.id in known)
    heard = replace(message, mentions=named, choices=())
    if not message.pressed and message.intent.removeprefix("circumstance_") not in _circumstances(asked):
        heard = replace(heard, intent="inform_detail")  # "never again" does not tell how often it was
    case = update_case(said.case, heard, None, knowledge())
    message = replace(message, text=said.voice(message.text))
    return case, gathered(said.facts, message, said.case, case, knowledge(), asked)


def _taken(said: Writing, message: ParsedMessage, asked: str) -> list[EventType]:
    """The slots after an answer: its facts and its sentences."""
    case, facts = _heard(said, message, asked)
    new = {fact.kind for fact in facts if fact not in said.facts}
    gone = outdated(said.facts, facts)
    told = statements.without(said.told, ((fact.words, fact.value) for fact in gone))
    says: tuple[Statement, ...] = ()
    if not (message.pressed or message.pasted):
        others = [f for f in facts if f.kind in new - {asked}]
        says = statements.written(sentences(said.voice(message.text)), said.says, "", NOT_OF_LETTER)
        says = statements.answering((s for s in says if not _only_tells(s, others)), asked)
    if asked != HAPPENED:
        says = tuple(replace(s, place=part_of(s.kind)) for s in says)
    told = statements.added(told, says)
    if asked not in new and (new or gone) and corrects_facts(message, knowledge()):
        return said.set({**case.to_slots(), **said.followed(case), **kept(facts, told)})
    return said.going_on(case=case, facts=facts, told=told)


def _only_tells(statement: Statement, facts: Iterable[Fact]) -> bool:
    """Whether words that are no sentence tell one of some facts ("last week of October") and nothing else."""
    told = any(statement.text in f.words and statement.tells_only(f.value) for f in facts)
    return told and not is_sentence(statement.text, knowledge())


def _circumstances(fact: str) -> set[str | None]:
    """The circumstances that the answers to a question tell."""
    return {value.circumstance for value in knowledge().facts[fact].values.values()}
