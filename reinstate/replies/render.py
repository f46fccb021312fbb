"""A plan -> the messages of a reply. Pure."""

from __future__ import annotations

from dataclasses import replace

from reinstate.core.plan import (
    AnswerPart,
    ChoicePart,
    GuessesPart,
    LookalikePart,
    NoticePart,
    Part,
    Plan,
    QuestionPart,
    RulePart,
    TopicPart,
    Turn,
    UpworkAnswerPart,
    VerdictPart,
)
from reinstate.core.signs import asks
from reinstate.core.verdict import question_of
from reinstate.knowledge import Knowledge
from reinstate.replies.answers import answer_message, guesses_message, topic_message
from reinstate.replies.message import FORM, Message, titled_buttons, within
from reinstate.replies.questions import choice_message, happened_message, question_message
from reinstate.replies.verdict import (
    lookalike_message,
    notice_message,
    rule_message,
    unchanged_message,
    upwork_answer_message,
    verdict_message,
)

ROOM = 700  # characters of a turn, of 900 in all, beside who this is and the domain's words around them
_NO_IDEA = '/inform_notice{"id":"unknown"}'


def render(plan: Plan, turn: Turn, knowledge: Knowledge) -> list[Message]:
    """The messages that say a plan, with as many buttons and words as a reply may have.

    What several parts say together may be too long: the answers among them are then short.
    """
    room = ROOM - FORM if turn.in_form else ROOM
    for shorten in (lambda part: part, _short):
        messages = [_message(shorten(part), plan, turn, knowledge) for part in plan.parts]
        if sum(len(value) for message in messages for value in message.values.values()) <= room:
            break
    return within(_making_room(plan, messages))


def _making_room(plan: Plan, messages: list[Message]) -> list[Message]:
    """The messages without what a verdict and the question after it can spare, so that its own buttons stay.

    That one does not know what the notice says can be written; of two sets of yes and no, one is an answer.
    """
    verdict = next((part.verdict for part in plan.parts if isinstance(part, VerdictPart)), None)
    asked = next((part.asked for part in plan.parts if isinstance(part, QuestionPart)), None)
    if verdict is None or asked is None:
        return messages
    spared = {_NO_IDEA} if asked == "notice" else {f"/cause_{verdict.cause}", f"/deny_{verdict.cause}"}
    spared = spared if asked != "appealed" else set()
    return [replace(m, buttons=tuple(b for b in m.buttons if b.payload not in spared)) for m in messages]


def _short(part: Part) -> Part:
    match part:
        case AnswerPart():
            return replace(part, short=True)
        case TopicPart() | LookalikePart():
            return replace(part, brief=True)
        case _:
            return part


def _message(part: Part, plan: Plan, turn: Turn, knowledge: Knowledge) -> Message:
    match part:
        case AnswerPart():
            message = answer_message(
                knowledge.answers[part.id],
                plan.case,
                turn.role,
                knowledge,
                short=part.short,
                done=part.done,
                perhaps=part.perhaps,
                nearby=part.nearby,
            )
            return replace(message, buttons=()) if part.bare or turn.in_form else message
        case GuessesPart(intents, in_trouble):
            return guesses_message(intents, knowledge, in_trouble=in_trouble)
        case RulePart(cause):
            return rule_message(knowledge.causes[cause], knowledge)
        case TopicPart(id_, brief, others):
            message = topic_message(knowledge.topics[id_], plan.case, knowledge, brief=brief)
            buttons = titled_buttons(others, knowledge)
            return message if turn.in_form else replace(message, buttons=buttons)
        case LookalikePart(id_, brief):
            return lookalike_message(knowledge.lookalikes[id_], knowledge, brief=brief)
        case VerdictPart(verdict=verdict, unchanged=True):
            asked = asks(turn.message.text, knowledge) and not (turn.message.pressed or turn.message.pasted)
            return unchanged_message(part.case, verdict, knowledge, asked=asked)
        case VerdictPart():
            return verdict_message(
                part.case,
                part.verdict,
                knowledge,
                explain=part.explain,
                brief=part.brief,
                alternatives=part.alternatives,
                nearby=part.nearby,
                told=part.told,
                hedged=part.hedged,
                restricted=part.restricted,
            )
        case NoticePart():
            return notice_message(turn.message, plan.case, knowledge)
        case UpworkAnswerPart(id_, case, verdict):
            return upwork_answer_message(
                knowledge.upwork_answers[id_], turn.message, case, verdict, knowledge
            )
        case QuestionPart(asked, again):
            question = question_of(plan.case, asked, knowledge)
            return question_message(question or "notice", knowledge, again=again)
        case ChoicePart(intents, "happened"):
            return happened_message(intents[0].partition("_")[2], knowledge)
        case ChoicePart(intents, _):
            return choice_message(intents, knowledge, "utter_which_closer")
        case _:
            return Message(part.response)
