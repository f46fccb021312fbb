"""The letter, its questions, and the case in short, as messages. Pure."""

from __future__ import annotations

from reinstate.core.case import Case
from reinstate.core.letter import Letter
from reinstate.knowledge import Knowledge, Tone
from reinstate.replies.message import Button, Message, numbered


def skip_message(response: str, knowledge: Knowledge) -> Message:
    """A question for the letter, which may be skipped or stopped."""
    wording = knowledge.table.wording
    return Message(response, {}, (Button(wording.skip, "/skip"), Button(wording.stop, "/cancel")))


def letter_messages(letter: Letter, tone: Tone, knowledge: Knowledge) -> list[Message]:
    """The draft, and what can be done with it."""
    others = [Button(words.title, f"/letter_{t}") for t, words in knowledge.letters.items() if t != tone]
    change = Button(knowledge.table.wording.change_sentence, "/letter_change")
    return [
        Message("utter_letter", {"letter": letter.text}, kind="letter"),
        Message("utter_letter_use", {}, (*others, change)),
    ]


def change_message(letter: Letter) -> Message:
    """The draft's sentences with the numbers by which they can be changed."""
    return Message("utter_letter_how_to_change", {"sentences": numbered(letter.sentences)})


def summary_message(case: Case, story: str, knowledge: Knowledge) -> Message:
    """A case in a few lines that a person can copy for whoever helps them."""
    nothing = knowledge.table.wording.not_known
    cause = (case.causes or case.disputed or ("",))[0]
    evidence = knowledge.causes[cause].evidence if cause else ()
    notice = knowledge.notice_of(case.notice)
    told = [knowledge.circumstances[c].said for c in case.circumstances]
    values = {
        "causes": ", ".join(knowledge.causes[c].phrase for c in case.causes) or nothing,
        "disputed": ", ".join(knowledge.causes[c].phrase for c in case.disputed) or nothing,
        "story": "; ".join([s for s in (story, *told) if s]) or nothing,
        "notice": notice.title if notice else nothing,
        "appealed": knowledge.appeals[case.appealed].title if case.appealed else nothing,
        "evidence": "; ".join(evidence) or nothing,
    }
    return Message("utter_summary", values, kind="letter")
