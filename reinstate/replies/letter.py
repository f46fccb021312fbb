"""The letter, its questions, and the case in short, as messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import shorten

from reinstate.core.case import Case
from reinstate.core.facts import Fact, of_cause
from reinstate.core.letter import APPEAL, CLIENTS, PEOPLE, REPLY, Letter
from reinstate.core.review import checked
from reinstate.core.statements import Statement
from reinstate.knowledge import FactKind, FactValue, Knowledge, Role, Tone, matches
from reinstate.replies.message import MOST_BUTTONS, Button, Message, bullets, numbered

_BEGINNING = 6  # words by which a sentence of the draft is known again
_MOST_KINDS = 2
_IDENTITY = {"identity_hold", "identity_verification"}  # what is answered on a way of its own
_IN_A_TICKET = ("waiting", "refused", "final")  # Upwork has the appeal: what is new goes to the same place
_MOST_SAID, _MOST_LEFT_OUT = 240, 100  # characters
_MOST_SHARP = 3
_MASKED = re.compile(r"\[(?:email|phone|card|iban|id number)\]")
LEFT_OUT = "utter_letter_left_out"
PUT_IN = "put_in"  # what the button under what was left out asks for


def understood_message(
    case: Case,
    facts: Sequence[Fact],
    told: Sequence[Statement],
    response: str,
    nothing: str,
    knowledge: Knowledge,
) -> Message:
    """What is known so far, to be corrected.

    Args:
        case: what the verdict goes by.
        facts: what a letter would be made of.
        told: the sentences that it would be made of.
        response: the response of the domain that says it.
        nothing: the one where nothing is known.
        knowledge: for the words.
    """
    wording, cause = knowledge.table.wording, case.first_cause
    notice = knowledge.notice_of(case.notice)
    lines = [
        wording.understood_about.format(knowledge.causes[cause].phrase) if cause else "",
        wording.understood_disputed if cause in case.disputed else "",
        wording.understood_notice.format(notice.phrase) if notice and case.notice != "unknown" else "",
        *(
            _line(kind, of_cause(facts, cause, knowledge), told)
            for kind in knowledge.facts.values()
            if kind.label
        ),
        knowledge.appeals[case.appealed].said.capitalize() if case.appealed else "",
    ]
    known = [line for line in lines if line]
    if not known:
        return Message(nothing)
    button = (Button(wording.not_right, "/feedback_wrong_cause"),) if cause else ()
    return Message(response, {"understood": bullets(known)}, button)


def _line(kind: FactKind, facts: Sequence[Fact], told: Sequence[Statement]) -> str:
    if kind.free == "statements":
        said = " / ".join(s.text for s in told if s.kind == kind.id)
        return f"{kind.label}: {shorten(said, _MOST_SAID, placeholder=' …')}" if said else ""
    values = ((kind.values.get(fact.value), fact.value) for fact in facts if fact.kind == kind.id)
    found = [(value.title or value.letter) if value else text for value, text in values]
    return f"{kind.label}: {', '.join(found)}" if found else ""


def fact_messages(
    kind: FactKind, told: Sequence[str], knowledge: Knowledge, *, again: bool, most: int
) -> list[Message]:
    """The question for a fact, which may be skipped or stopped; what was told of it can be used as it is.

    Args:
        kind: the fact.
        told: sentences of talk that answer it.
        knowledge: for the titles.
        again: in other words.
        most: how many buttons the turn has room for.
    """
    wording = knowledge.table.wording
    use = [Button(wording.use_that, "/affirm")] if told else []
    answers = [Button(v.title, _payload(kind, i, v)) for i, v in kind.values.items() if v.title]
    rest = [Button(wording.skip, "/skip"), Button(wording.stop, "/cancel")]
    buttons = [*use, *answers[: max(0, most - len(rest))], *rest][: max(0, most)]
    question = kind.again if again and kind.again else kind.ask
    asked = Message("utter_question", {"question": str(question)}, tuple(buttons))
    said = " ".join(f"“{text}”" for text in told)
    return [*([Message("utter_letter_told", {"sentences": said})] if told and not again else []), asked]


def _payload(kind: FactKind, id_: str, value: FactValue) -> str:
    if value.circumstance:
        return f"/circumstance_{value.circumstance}"
    if value.denied:
        return f'/deny_circumstance{{"id":"{value.denied}"}}'
    return f'/inform_detail{{"id":"{kind.id}.{id_}"}}'


def letter_messages(
    letter: Letter,
    tone: Tone,
    kind: str,
    case: Case,
    role: Role | None,
    left_out: Sequence[Statement],
    knowledge: Knowledge,
    *,
    own: bool = False,
) -> list[Message]:
    """The draft, what of the person's words is not in it, and what can be done with it."""
    wording = knowledge.table.wording
    toned = not own and any(row.tone for row in knowledge.letters[kind].rows)
    tones = [Button(title, f"/letter_{t}") for t, title in wording.tones.items() if toned and t != tone]
    kinds = [
        Button(str(other.title), f'/letter_change{{"id":"{other.id}"}}')
        for other in knowledge.letters.values()
        if kind != REPLY and other.title and other.id not in (kind, CLIENTS if role == "client" else PEOPLE)
    ]
    buttons = (*tones, Button(wording.change_sentence, "/letter_change"), *kinds[:_MOST_KINDS])
    of_identity = _IDENTITY & {case.notice, case.first_cause}
    use = "_other" if kind != APPEAL else "_identity" if of_identity else ""
    use = "_ticket" if kind == APPEAL and case.appealed in _IN_A_TICKET else use
    return [
        Message("utter_letter", {"letter": letter.text}, kind="letter"),
        *numbers_messages(letter),
        *left_out_messages(left_out, knowledge),
        *_notes(letter, knowledge),
        Message(f"utter_letter_use{use}", {}, buttons[: MOST_BUTTONS - bool(left_out)]),
    ]


def _notes(letter: Letter, knowledge: Knowledge) -> list[Message]:
    """What in the person's own words may harm them, or has to be put in by themselves."""
    own = " ".join(s.text for s in letter.sentences if s.words)
    found = dict.fromkeys(match[0].lower() for match in matches(knowledge.patterns["sharp"].says, own))
    sharp = ", ".join(f"“{words}”" for words in list(found)[:_MOST_SHARP])
    notes = [Message("utter_letter_sharp", {"words": sharp})] if sharp else []
    return [*notes, *([Message("utter_letter_masked")] if _MASKED.search(own) else [])]


def story_message(story: str, knowledge: Knowledge, *, again: bool) -> Message:
    """The question for the heart of a letter, in the person's own words.

    Args:
        story: what the heart should tell.
        knowledge: for the titles.
        again: in other words.
    """
    wording = knowledge.table.wording
    buttons = (Button(wording.skip, "/skip"), Button(wording.stop, "/cancel"))
    if again:
        return Message("utter_letter_story_again", {}, buttons)
    return Message("utter_letter_story", {"story": story}, buttons)


def numbers_messages(letter: Letter) -> list[Message]:
    """The sentences of a letter in which the person told something, with the numbers to change them."""
    own = any(s.words or s.facts for s in letter.sentences)
    begun = [f"{n}. {_beginning(text)}" for n, text in enumerate(checked(letter), 1)] if own else []
    return [Message("utter_letter_numbers", {"sentences": "\n".join(begun)})] if begun else []


def left_out_messages(left_out: Sequence[Statement], knowledge: Knowledge) -> list[Message]:
    """Words that a letter does not hold, which one press puts in."""
    if not left_out:
        return []
    said = [in_short(s) for s in left_out]
    button = Button(knowledge.table.wording.put_in, f'/letter_change{{"id":"{PUT_IN}"}}')
    return [Message(LEFT_OUT, {"sentences": bullets(said)}, (button,))]


def in_short(statement: Statement) -> str:
    """A sentence as far as it is named where a letter does not hold it."""
    return shorten(statement.text, _MOST_LEFT_OUT, placeholder=" …")


def change_message(letter: Letter, response: str) -> Message:
    """How the draft's sentences begin, with the numbers by which they can be changed."""
    return Message(response, {"sentences": numbered([_beginning(s.text) for s in letter.sentences])})


def part_message(letter: Letter, numbers: Sequence[int], response: str) -> Message:
    """Sentences that tell more than what is to go, whole and with their numbers."""
    told = (f"{n}. {s.text}" for n, s in enumerate(letter.sentences, 1) if n in numbers)
    return Message(response, {"sentences": "\n".join(told), "number": str(numbers[0])})


def _beginning(sentence: str) -> str:
    return " ".join(sentence.split()[:_BEGINNING]) + " …"


def taken_out_message(gone: Sequence[str]) -> Message:
    """Which sentences went, and how they come back."""
    said = [shorten(text, _MOST_LEFT_OUT, placeholder=" …") for text in gone[:_MOST_SHARP]]
    return Message("utter_letter_taken_out", {"sentences": bullets(said)})


def nothing_new_message(case: Case, response: str, knowledge: Knowledge) -> Message:
    """That a second appeal needs something new, and what that could be."""
    cause = case.first_cause
    evidence = knowledge.causes[cause].evidence if cause else knowledge.table.wording.could_be_new
    return Message(response, {"evidence": bullets(evidence)})


def summary_message(case: Case, told: Sequence[Statement], knowledge: Knowledge) -> Message:
    """A case in a few lines that a person can copy for whoever helps them."""
    nothing = knowledge.table.wording.not_known
    cause = case.first_cause
    evidence = knowledge.causes[cause].evidence if cause else ()
    notice = knowledge.notice_of(case.notice)
    circumstances = [knowledge.circumstances[c].said for c in case.circumstances]
    values = {
        "causes": ", ".join(knowledge.causes[c].phrase for c in case.causes) or nothing,
        "disputed": ", ".join(knowledge.causes[c].phrase for c in case.disputed) or nothing,
        "story": "; ".join([*(s.text for s in told if s.for_letter), *circumstances]) or nothing,
        "notice": notice.title if notice else nothing,
        "appealed": knowledge.appeals[case.appealed].title if case.appealed else nothing,
        "evidence": "; ".join(evidence) or nothing,
    }
    return Message("utter_summary", values, kind="letter")
