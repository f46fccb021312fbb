"""What an answer to a question for the letter changes: the story, and the facts asked for after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rasa_sdk.events import EventType, SlotSet

from actions.standing import answers
from actions.turn import since_set, was_said
from actions.writing import Writing, kept
from reinstate.core import statements
from reinstate.core.case import Case
from reinstate.core.cleaning import is_sentence, sentences
from reinstate.core.facts import Fact, corrects_facts, gathered, outdated
from reinstate.core.letter import CLIENTS, HAPPENED, PARTS_OF, REPLY
from reinstate.core.own_words import STORY, TOLD, part_of
from reinstate.core.parsed import CORRECTS, ParsedMessage
from reinstate.core.signs import asks
from reinstate.core.statements import Statement
from reinstate.core.update import update_case
from reinstate.core.wishes import parse_wishes
from reinstate.knowledge import knowledge, put
from reinstate.replies.message import Message

_NOT_OF_LETTER = 0.7  # an answer's sentence is kept out of the letter only if it surely does not belong there
_ASIDE = 0.9  # how surely all of an answer has to be said to us to be none
_NOT_OF_STORY = 0.99  # a sentence of what was to be written for it
_AS_OWNER = Message("utter_letter_as_owner")
_ANSWERED = ("changed", "proof")  # kinds of sentences that answer a question for the letter
_FEW = 4  # words of an answer that may be one though no sentence of it belongs into a letter
_WISH = 40  # words up to which a text may ask for a message to a client instead
_STORY = 12  # words from which on a text is what was to be written, whatever it sounds like
_SURE_CAUSE = 0.85  # how surely a story has to tell a cause for the letter to be about that
_BESIDE_STORY = ("changed", "proof", "record")  # what was told in talk and may be used beside it


def story(said: Writing) -> list[EventType]:
    """The slots after what happened was written for the letter; none where nothing was.

    What is written takes the place of what was told of it; a few words only stand beside it.
    """
    tells = said.message.pressed or any(s.kind == HAPPENED for s in said.says)
    wanted = None if tells and said.message.intent != "draft_appeal" else said.wanted
    if wanted in (CLIENTS, REPLY) and wanted != said.kind and len(said.message.text.split()) <= _WISH:
        return [SlotSet("letter_kind", wanted), SlotSet("letter_asked", []), SlotSet("letter_done", True)]
    whole = len(said.message.text.split()) >= _STORY and not said.message.pressed
    return _whole_story(said) if whole else _few_words(said)


def _whole_story(said: Writing) -> list[EventType]:
    new = _written(said, said.message)
    if all(s.place == statements.OUT for s in new):
        return []
    if _speaks_of_another(said, new):
        return _asked_as_owner(said)
    if other := _other_matter(said):  # said to us; the question is put again, about the other matter
        return [SlotSet("letter_kind", said.kind), *said.set({**other.to_slots(), **said.followed(other)})]
    case, facts = _heard(said, said.message, HAPPENED, whole=True)
    talk = [s for s in said.told if s.kind in _BESIDE_STORY]
    kept_edits = said.kept_edits(said.kind, ())
    return said.going_on(case=case, facts=facts, told=(*talk, *new), letter_edits=kept_edits)


def _other_matter(said: Writing) -> Case | None:
    """The case of who only says that the letter is about something else ("no no, it is about the ID")."""
    message, first = said.message, said.case.first_cause
    denied = any(m.id == first and m.stance == "denies" for m in message.told)
    known = tuple(m for m in message.mentions if m.id in (*said.case.causes, *said.case.disputed))
    other = next((m for m in known if m.id != first), None)
    if len(message.text.split()) > _WISH or not other or not (denied or CORRECTS.search(message.text)):
        return None
    case = update_case(said.case, replace(message, mentions=known, choices=()), None, knowledge())
    return case if case.first_cause == other.id else case.name(other.id, other.stance)


def _few_words(said: Writing) -> list[EventType]:
    """The letter is then made of what was told; "yes" and "no" only say that nothing is written."""
    message, patterns = said.message, knowledge().patterns
    nothing = any(patterns[name].found(message.text) for name in ("has_nothing", "agrees"))
    if message.intent in ("affirm", "skip") or nothing:
        return said.of_talk()
    heard = parse_wishes(message.text, knowledge())
    if message.pressed or not answers(message) or any(wish.kind != "add" for wish in heard.wishes):
        return []
    message = _wanted(said) if heard.wishes else message
    new = _written(said, message)
    if all(s.place == statements.OUT for s in new):
        return []
    case, facts = _heard(said, message, HAPPENED)
    if outdated(said.facts, facts) and corrects_facts(message, knowledge()):
        return _taken(said, message, HAPPENED)
    placed = (s if s.place == statements.OUT else replace(s, place=part_of(s.kind)) for s in new)
    return said.of_talk(placed, case=case, facts=facts)


def _written(said: Writing, message: ParsedMessage) -> tuple[Statement, ...]:
    """The sentences of a story, without what frames every letter."""
    frames = knowledge().patterns["frames"]
    own = (s for s in sentences(_said_right(said.voice(message.text))) if not frames.found(s))
    return statements.written(own, said.says, STORY, _NOT_OF_STORY, _asks)


def _said_right(text: str) -> str:
    """A text without the numbers and dates that it puts right in the same breath."""
    return put(knowledge().patterns["misspoken"].says[0], "", text)


def _asks(text: str) -> bool:
    """Whether a sentence asks something; with or without its mark."""
    return asks(text, knowledge())


def _asked_as_owner(said: Writing) -> list[EventType]:
    """Asks to write as the owner of the account would; the form then asks its question again."""
    said.say([_AS_OWNER])
    return [SlotSet("letter_kind", said.kind)]  # so that nothing else answers


def _was_asked_as_owner(said: Writing) -> bool:
    """Whether that was asked since the open question was put."""
    return was_said(_AS_OWNER, since_set(said.tracker, "letter_asked"))


def _speaks_of_another(said: Writing, story: Iterable[Statement]) -> bool:
    """Whether who writes for somebody speaks of them as "he" or "she", and was not told yet not to."""
    if _was_asked_as_owner(said):
        return False
    patterns, told = knowledge().patterns, [s.text for s in story]
    text = " ".join(told)
    of_oneself = sum(map(patterns["of_oneself"].found, told))
    owns = of_oneself or patterns["own_account"].found(text)
    helps = said.role == "helper" or (patterns["of_owners_things"].found(text) and not owns)
    return helps and sum(map(patterns["speaks_of_owner"].found, told)) > of_oneself / 2


def _third_person(said: Writing) -> bool:
    """Whether the answer of a helper speaks of the owner as "he", and they were not told yet not to."""
    helps = said.role == "helper" and not said.message.pressed
    return (
        helps and not _was_asked_as_owner(said) and knowledge().patterns["of_them"].found(said.message.text)
    )


def answered(said: Writing) -> list[EventType]:
    """The slots after an answer to another question; none where it is no answer."""
    message, asked = said.message, said.open_fact
    if said.suggested and (message.intent == "affirm" or knowledge().patterns["agrees"].found(message.text)):
        used = {s.text: replace(s, place=part_of(s.kind)) for s in said.suggested}
        return said.going_on(told=[used.get(s.text, s) for s in said.told])
    nothing = knowledge().patterns["has_nothing"].found(message.text)
    declines = message.pressed and message.intent in ("deny", "cause_unknown")
    if nothing or declines or message.intent == "skip":
        return said.going_on()
    if not (_is_answer(said) or _tells_fact(said, message, asked)):
        return []
    wishes = parse_wishes(message.text, knowledge()).wishes
    if any(wish.kind != "add" for wish in wishes):
        return []
    if _third_person(said):
        return _asked_as_owner(said)
    return _taken(said, _wanted(said) if wishes else message, asked)


def _wanted(said: Writing) -> ParsedMessage:
    """The message with what stands behind "add that"."""
    wishes = parse_wishes(said.message.text, knowledge()).wishes
    return replace(said.message, text=". ".join(wish.sentence for wish in wishes))


def tells(said: Writing) -> bool:
    """Whether a message tells something that surely belongs into a letter."""
    return any(s.for_letter and s.sure >= _NOT_OF_LETTER for s in said.says)


def _is_answer(said: Writing) -> bool:
    """Whether a message can be an answer for the letter, or is surely said to us, or asks us something."""
    if said.message.pressed or len(said.message.text.split()) <= _FEW:
        return answers(said.message)
    if tells(said):
        return True
    beside = (not s.for_letter and (s.sure >= _ASIDE or _asks(s.text)) for s in said.says)
    return not all(beside) and answers(said.message)


def _tells_fact(said: Writing, message: ParsedMessage, asked: str) -> bool:
    """Whether a text tells the fact that was asked for, whatever it sounds like ("may")."""
    if message.pressed or knowledge().facts[asked].free:
        return False
    facts = gathered(said.facts, message, said.case, said.case, knowledge(), asked)
    return any(fact.kind == asked and fact not in said.facts for fact in facts)


def _heard(
    said: Writing, message: ParsedMessage, asked: str, *, whole: bool = False
) -> tuple[Case, tuple[Fact, ...]]:
    """The case and the facts after an answer.

    A fragment of an answer opens no other case and denies none; "it is X, not Y" of two known ones does, and
    a `whole` story tells the cause where none is known.
    """
    causes = {*said.case.causes, *said.case.disputed}
    known = causes if corrects_facts(message, knowledge()) else set()
    named = tuple(m for m in message.mentions if m.id in known)
    if whole and not causes:
        named = tuple(m for m in message.told if m.confidence >= _SURE_CAUSE)[:1]
    heard = replace(message, mentions=named, choices=())
    if not message.pressed and message.intent.removeprefix("circumstance_") not in _circumstances(asked):
        heard = replace(heard, intent="inform_detail")  # "never again" does not tell how often it was
    case = update_case(said.case, heard, None, knowledge())
    message = replace(message, text=_said_right(said.voice(message.text)))
    return case, gathered(said.facts, message, said.case, case, knowledge(), asked)


def _taken(said: Writing, message: ParsedMessage, asked: str) -> list[EventType]:
    """The slots after an answer: its facts and its sentences."""
    case, facts = _heard(said, message, asked)
    new = {fact.kind for fact in facts if fact not in said.facts}
    gone = outdated(said.facts, facts)
    talk = statements.without(said.told, ((fact.words, fact.value) for fact in gone))
    told = tuple(s for s in said.told if s.place or s in talk)  # what was written for it stays
    says: tuple[Statement, ...] = ()
    if not (message.pressed or message.pasted):
        others = [f for f in facts if f.kind in new - {asked}]
        own = sentences(_said_right(said.voice(message.text)))
        says = statements.written(own, said.says, TOLD, _NOT_OF_LETTER, _asks)
        says = statements.answering((s for s in says if not _only_tells(s, others)), asked)
    told = statements.added(told, _placed(says, asked))
    if asked not in new and (new or gone) and corrects_facts(message, knowledge()):
        return said.set({**case.to_slots(), **said.followed(case), **kept(facts, told)})
    return said.going_on(case=case, facts=facts, told=told)


def _placed(says: Iterable[Statement], asked: str) -> Iterator[Statement]:
    """The sentences of an answer where its question belongs, but for what surely answers another one.

    What follows a sentence that stays goes on from it ("none of it was in my appeal"), and stays too. What
    puts right what was told is talk until it is used.
    """
    stays = False
    for statement in says:
        if asked == HAPPENED:
            yield replace(statement, place="")
        elif statement.place == statements.OUT:
            yield statement
        else:
            other = statement.kind in _ANSWERED and statement.sure >= _ASIDE and not stays
            own = part_of(statement.kind)
            here = PARTS_OF.get(asked, own)
            yield replace(statement, place=own if other else here)
            stays = stays or not other or own == here


def _only_tells(statement: Statement, facts: Iterable[Fact]) -> bool:
    """Whether words that are no sentence tell one of some facts ("last week of October") and nothing else."""
    told = any(statement.text in f.words and statement.tells_only(f.value) for f in facts)
    return told and not is_sentence(statement.text, knowledge())


def _circumstances(fact: str) -> set[str | None]:
    """The circumstances that the answers to a question tell."""
    return {value.circumstance for value in knowledge().facts[fact].values.values()}
