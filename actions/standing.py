"""A letter that stands: what a message changes in it, and whether it is about it at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from textwrap import shorten
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import last_turns, responses, since_restart
from actions.writing import (
    Writing,
    kept,
    kind_asked_for,
    not_needed,
    shown,
    tone_of,
    with_slots,
)
from reinstate.core import statements
from reinstate.core.asked import SURE_TOLD
from reinstate.core.cleaning import phrase, sentences
from reinstate.core.doubt import SURE_CAUSE
from reinstate.core.edits import Edit, edited, is_returned
from reinstate.core.facts import corrects_facts, gathered, outdated, to_slot
from reinstate.core.fulfilled import edits_of, holding, is_said, lost
from reinstate.core.letter import APPEAL, EVIDENCE, LONGEST, REPLY, Letter
from reinstate.core.own_words import part_of
from reinstate.core.parsed import CORRECTS, ParsedMessage
from reinstate.core.persons import as_owner_he
from reinstate.core.returned import returned
from reinstate.core.review import left_out, put_in
from reinstate.core.statements import Statement
from reinstate.core.update import update_case
from reinstate.core.wishes import Wish, Wishes, parse_wishes
from reinstate.knowledge import knowledge, says
from reinstate.replies.letter import PUT_IN, change_message, in_short, part_message, taken_out_message
from reinstate.replies.message import Message

_QUESTIONS = ("ask_", "platform_question", "out_of_scope")
_TALK = ("greet", "thank", "goodbye", "vent", "draft_appeal", "letter_", "feedback_")
_TALK_WORDS = 5
_SURE_OF_LETTER, _SURELY_OF_LETTER = 0.7, 0.9
_OF_LETTER = "utter_letter_"  # how the responses that show a letter, or its sentences, begin
_SURE_OTHER = 0.95  # from here on what begins with a no is something else than the letter that stands
_POINTS = 3  # words that only point at something ("put it in")
_MOST_UNDONE = 200  # characters
_SURE_TALK = 0.8  # "the wise statements" sounds a little like an opinion, and answers
_SAYS_LITTLE = ("affirm", "deny", "vent", "out_of_scope", "nlu_fallback", "platform_question", "faq")
_NEVER_OF_LETTER = ("forget_me", "ask_forget", "restart", "crisis")
ALWAYS_INTERRUPT = ("forget_me", "restart", "crisis", "help_evade", "cancel", "go_back")
_WRONG_CAUSE = ("something_else", "feedback_wrong_cause")


class OrOfLetter:
    """Once a letter stands, what a person writes is about it, unless it plainly asks something else."""

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Change the letter, or else answer."""
        said = Writing(dispatcher, tracker)
        events = None if last_turns(tracker)[0] else of_letter(said)
        # What the rule of the intent says after this would be about something else.
        return (
            self.answer(dispatcher, tracker) if events is None else [*events, FollowupAction("action_listen")]
        )

    def answer(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """What is said where it is not about a letter."""
        raise NotImplementedError


def of_letter(said: Writing) -> list[EventType] | None:
    """What a message changes in the letter that stands; None where it is about something else."""
    message, tracker = said.message, said.tracker
    if not tracker.get_slot("letter_done") or said.in_form:
        return None
    no_path = said.kind == APPEAL and tracker.get_slot("path") == "none"
    heard = parse_wishes(message.text, knowledge())
    never = message.intent in _NEVER_OF_LETTER and not (message.intent == "ask_forget" and heard.wishes)
    if never or no_path:
        return None
    if (sent := returned(message.text, said.letter, knowledge())) is not None:
        return shown(said, said.tone, said.kind, (*said.edits, sent))
    nothing = knowledge().patterns["not_restricted"].found(message.text) and message.notice is None
    if nothing and said.kind != REPLY:
        return [SlotSet("notice", None), *not_needed(said)]
    if message.pasted or message.upwork_answer:
        return None
    if knowledge().wishes["send"].found(message.text):
        said.say([Message("utter_letter_not_sent")])
        return []
    stops = message.pressed or len(message.text.split()) <= _TALK_WORDS
    if message.intent == "cancel" and stops and not heard:
        said.say([Message("utter_cancelled")])
        return said.set({"letter_done": None})
    if message.pressed:
        return _pressed(said) if message.intent.startswith("letter_") else None
    if message.intent == "draft_appeal" and not heard and knowledge().wishes["how"].found(message.text):
        return _how(said)
    if kind_asked_for(message) and not heard.wishes:
        return None
    heard = _with_tone(said, heard)
    if heard.tone and is_returned(said.edits):  # the letter is what was sent back
        if not heard.wishes:
            return _how(said)
        heard = replace(heard, tone=None)
    if heard:
        return _fulfilled(said, heard)
    asks = knowledge().patterns["asks_something"].found(message.text)
    if any(map(_is_of_letter, said.says)) or (
        knowledge().wishes["of_words"].found(message.text) and not asks
    ):
        return _how(said)
    if message.intent in ("affirm", "deny") and not said.asked:
        return _how(said)
    if message.intent == "letter_change":
        retold = _retold(said, message.text)
        return _how(said) if retold is None else retold
    if _objects(said):
        return _how(said)
    return None if _is_other(message) else _retold(said, message.text)


def _objects(said: Writing) -> bool:
    """Whether a message, right after the letter was shown, is not understood or begins with a no."""
    message = said.message
    shown_now = any(name.startswith(_OF_LETTER) for name in responses(last_turns(said.tracker)[1]))
    if not shown_now or message.pressed or _asks(message):
        return False
    no = knowledge().wishes["objects"].found(message.text) and message.confidence < _SURE_OTHER
    return no or message.intent == "nlu_fallback"


def _with_tone(said: Writing, heard: Wishes) -> Wishes:
    """What is wanted, with the tone that it sounds like where nothing else is."""
    tone = tone_of(said.message.intent.removeprefix("letter_"))
    return heard if heard or not tone else replace(heard, tone=tone)


def _is_of_letter(statement: Statement) -> bool:
    """Whether a sentence surely says how the letter should read."""
    return statement.kind == statements.OF_LETTER and statement.sure >= _SURE_OF_LETTER


def _pressed(said: Writing) -> list[EventType] | None:
    if said.message.value == PUT_IN:
        letter = said.letter
        named = next(iter(said.named_out), "")
        out = left_out((said.draft(said.tone, said.kind), letter), said.told, knowledge())
        edits = put_in(letter, (s for s in out if in_short(s) in named), said.told, knowledge())
        if edits:
            return shown(said, said.tone, said.kind, (*said.edits, *edits))
        said.say([change_message(letter, said.another("utter_letter_same"))])  # it was pressed before
        return []
    tone = tone_of(said.message.intent.removeprefix("letter_"))
    if tone and not is_returned(said.edits):
        return _fulfilled(said, Wishes(tone=tone))
    said.say([change_message(said.letter, said.another("utter_letter_change"))])
    return []


def _is_other(message: ParsedMessage) -> bool:
    """Whether a message asks something, only keeps the talk going, or names another cause instead."""
    if message.intent in (*ALWAYS_INTERRUPT, "ask_forget", "keep", "ask_human", "draft_appeal"):
        return True
    return _asks(message) or not message.tells or not answers(message)


def _asks(message: ParsedMessage) -> bool:
    """Whether a sentence of a message asks something."""
    asks = knowledge().patterns["asks_something"]
    return any(asks.found(sentence) for sentence in sentences(message.text))


def _retold(said: Writing, text: str) -> list[EventType] | None:
    """The letter after facts that were put right; None where nothing in it is told otherwise.

    What else is said beside a letter stays out of it unless that is asked for ("add ..."): it is said to us.
    """
    if not corrects_facts(said.message, knowledge()):
        return None
    slots = _after(said, text)
    if slots.get("path") == "none" and said.kind == APPEAL:
        return None
    changed = Writing(said.dispatcher, with_slots(said.tracker, slots))
    if changed.letter.text == said.letter.text:
        if said.message.intent in _SAYS_LITTLE or _names_other(said):
            return None
        said.say([change_message(said.letter, said.another("utter_letter_unchanged"))])
        return said.set(slots)
    return [*said.set(slots), *shown(changed, said.tone, said.kind, said.edits)]


def _after(said: Writing, text: str) -> dict[str, Any]:
    """The slots after what is put right beside a letter; it names no cause."""
    message = replace(said.message, text=said.voice(text), mentions=(), choices=())
    if text != said.message.text:  # what stands in a wish is no detail of the case
        message = replace(message, intent="inform_detail", circumstances=(), denied_circumstances=())
    case = update_case(said.case, message, None, knowledge())
    named = says(knowledge().facts[EVIDENCE].says, text) and phrase(text, knowledge())
    facts = gathered(
        said.facts, message, said.case, case, knowledge(), EVIDENCE if named else None, anew=True
    )
    if facts == said.facts and (right := _taken_back(said)):
        return right
    gone = outdated(said.facts, facts)
    told = statements.without(said.told, ((fact.words, fact.value) for fact in gone))
    lost = [s.text for s in said.told if s not in told]  # what else they told is left to the patterns
    facts = tuple(replace(f, answers=f.answers or any(text in f.words for text in lost)) for f in facts)
    return {**case.to_slots(), **said.followed(case), **kept(facts, told)}


def _voiced(wish: Wish, said: Writing) -> Wish:
    """A wish with its sentence as the owner of the account would say it, and with its part."""
    sentence = said.voice(wish.sentence)
    if said.role == "helper":
        texts = [str(e.get("text") or "") for e in since_restart(said.tracker) if e.get("event") == "user"]
        told = (statement.text for statement in said.told)
        sentence = as_owner_he(sentence, [*texts, *told, said.message.text], knowledge())
    kinds = (s.kind for s in said.says if s.for_letter and (s.text in sentence or sentence in s.text))
    return replace(wish, sentence=sentence, part=part_of(next(kinds, "")))


def _how(said: Writing) -> list[EventType]:
    """How a sentence is changed."""
    said.say([change_message(said.letter, said.another("utter_letter_how_to_change"))])
    return []


def _names_other(said: Writing) -> bool:
    """Whether a whole sentence surely tells of a cause that is not the case's."""
    message, known = said.message, (*said.case.causes, *said.case.disputed)
    sure = message.intent.startswith("cause_") and message.confidence >= SURE_CAUSE
    told = (m for m in message.told if m.stance != "denies" and m.confidence >= SURE_TOLD)
    tells = any(s.for_letter for s in message.statements)
    return sure and tells and any(m.id not in known for m in told)


def _taken_back(said: Writing) -> dict[str, Any]:
    """The slots where a message denies the cause that the letter is about, and another was named before.

    What was told and changed goes with the other one.
    """
    wrong, *others = said.case.causes or ("",)
    denied = any(m.id == wrong and m.stance == "denies" for m in said.message.told)
    denied = denied and CORRECTS.search(said.message.text) is not None
    if not (others and denied) or parse_wishes(said.message.text, knowledge()).wishes:
        return {}
    case = said.case.name(wrong, "denies")
    facts = (replace(f, cause=str(case.first_cause)) if f.cause == wrong else f for f in said.facts)
    right = Writing(said.dispatcher, with_slots(said.tracker, case.to_slots()))
    edits = right.kept_edits(said.kind, (edit for edit in said.edits if not edit.old))
    return {**case.to_slots(), **said.followed(case), "facts": to_slot(facts), "letter_edits": edits}


def _fulfilled(said: Writing, heard: Wishes) -> list[EventType]:
    """The letter with what was wanted of it, and what cannot be done."""
    rest = replace(said.message, text=heard.rest)
    slots = _after(said, heard.rest) if heard.rest and corrects_facts(rest, knowledge()) else {}
    asked = Writing(said.dispatcher, with_slots(said.tracker, slots))
    letter, edits, failed = _with_wishes(asked, said, heard)
    tone = heard.tone or said.tone
    if len(letter.text) > LONGEST:
        said.say([Message(said.another("utter_letter_too_long"))])
        return []
    if failed and letter.text == said.letter.text and not (heard.tone or heard.shows):
        said.say([_why_not(failed[0], said)])
        return said.set(slots)
    undone = [*(_told_of(wish) for wish in failed), *_wanted_else(heard, said.says)]
    gone = lost((e for e in edits if e not in said.edits), knowledge())
    if gone:
        said.say([taken_out_message(gone)])
    if undone:
        what = shorten("; ".join(undone), _MOST_UNDONE, placeholder=" …")
        said.say([Message(said.another("utter_letter_undone"), {"what": what})])
    elif (
        not gone
        and heard.tone
        and not heard.wishes
        and edited(asked.draft(tone, said.kind), edits).text == said.letter.text
    ):
        said.say([change_message(letter, said.another("utter_letter_same"))])
        return said.set(slots)
    return [*said.set(slots), *shown(asked, tone, said.kind, edits)]


def _why_not(wish: Wish, said: Writing) -> Message:
    """Why nothing was done for a wish, and what can be."""
    if numbers := holding(wish, said.letter, knowledge()):
        return part_message(said.letter, numbers, said.another("utter_letter_tells_more"))
    kinds = {"add": "utter_letter_not_clean", "undo": "utter_letter_how_to_change"}
    spoiled = wish.sentence and _is_to_us(wish, said.says)
    response = "utter_letter_not_clean" if spoiled else kinds.get(wish.kind, "utter_letter_not_found")
    return change_message(said.letter, said.another(response))


def _is_to_us(wish: Wish, says: Iterable[Statement]) -> bool:
    """Whether the words of a wish hold some that are said to us, and none of a letter."""
    least = _SURELY_OF_LETTER if wish.exact or wish.kind == "change" else _SURE_OF_LETTER
    of_letter = (s for s in says if s.kind == statements.OF_LETTER and s.sure >= least)
    return knowledge().wishes["of_words"].found(wish.sentence) or any(
        s.text in wish.sentence for s in of_letter
    )


def _told_of(wish: Wish) -> str:
    """A wish in the words that it was said in, or by its numbers."""
    return (
        wish.sentence
        if wish.kind == "undo"
        else wish.what or wish.sentence or ", ".join(map(str, wish.numbers)) or wish.kind
    )


def _wanted_else(heard: Wishes, says: Sequence[Statement]) -> Iterator[str]:
    """What else a message says of the letter, beside wishes that were read: nothing was done about it."""
    asks, said = knowledge().patterns["asks_something"], knowledge().wishes
    of_letter = [s.text for s in says if _is_of_letter(s)]
    for sentence in sentences(heard.rest):
        about = any(text in sentence for text in of_letter)
        points = len(sentence.split()) <= _POINTS
        told = said["how"].found(sentence) or ((about or said["instructs"].found(sentence)) and not points)
        if told and not asks.found(sentence):
            yield sentence


def _with_wishes(asked: Writing, said: Writing, heard: Wishes) -> tuple[Letter, tuple[Edit, ...], list[Wish]]:
    """The letter with what was wanted of it, its edits, and the wishes that cannot be fulfilled."""
    letter, edits, failed = asked.letter, asked.edits, []
    now: dict[str, str] = {}
    undone = False
    for wish in heard.wishes:
        if wish.kind == "undo" and edits:
            edits, undone = _before_last(said, edits), True
            letter = edited(asked.draft(said.tone, said.kind), edits)
            failed += [wish] if wish.sentence else []
            continue
        # Nobody knows which numbers are meant where others were shown before.
        if (undone and (wish.numbers or wish.to)) or (wish.sentence and _is_to_us(wish, said.says)):
            failed.append(wish)
            continue
        wish = _voiced(wish, said)
        more = edits_of(wish, said.letter if wish.numbers else letter, knowledge())
        failed += [] if more or is_said(wish, letter, knowledge()) else [wish]
        more = tuple(_as_changed(edit, now) for edit in more)
        now |= {edit.old: edit.new for edit in more if edit.old and edit.new}
        edits, letter = (*edits, *more), edited(letter, more)
    return letter, edits, failed


def _before_last(said: Writing, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits before the last message that changed something, as far as its events are known."""
    events = (event for event in since_restart(said.tracker) if event.get("name") == "letter_edits")
    values = [event.get("value") for event in events]
    if edits != said.edits or not values[1:]:
        return edits[:-1]
    before = Writing(said.dispatcher, with_slots(said.tracker, {"letter_edits": values[1]})).edits
    return before if before == edits[: len(before)] and len(before) < len(edits) else edits[:-1]


def _as_changed(edit: Edit, now: Mapping[str, str]) -> Edit:
    """An edit of a letter whose sentences read otherwise `now`, by an edit of the same message."""
    new = now.get(edit.new, edit.new) if edit.new == edit.old else edit.new  # a move
    places = {"after": now.get(edit.after, edit.after), "before": now.get(edit.before, edit.before)}
    return replace(edit, old=now.get(edit.old, edit.old), new=new, **places)


def answers(message: ParsedMessage) -> bool:
    """Whether a text can answer, or asks something else, or is a few words that only keep the talk going."""
    if message.pressed:
        return message.intent.startswith(("inform_detail", "circumstance_", "deny_circumstance"))
    if message.intent in _WRONG_CAUSE and not message.told and len(message.text.split()) <= _TALK_WORDS:
        return False
    if message.intent.startswith(_QUESTIONS) and not message.tells:
        return False
    talks = message.intent.startswith(_TALK) and message.confidence >= _SURE_TALK
    return not (talks and len(message.text.split()) <= _TALK_WORDS)
