"""What the bot asks, as messages with buttons. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reinstate.core.case import HAPPENED
from reinstate.knowledge import Knowledge, Question
from reinstate.replies.message import MOST_BUTTONS, Button, Message, titled_buttons

ASKED_NOTICES = ("hold", "permanent", "unknown")
TRIAGE_NOTICES = ("hold", "permanent", "timed", "identity_hold", "unknown")
ASKED_APPEALS = ("no", "waiting", "refused")


def question_message(
    question: Question | str,
    knowledge: Knowledge,
    *,
    again: bool = False,
    alone: bool = False,
    heard: bool = False,
) -> Message:
    """An open question with its buttons.

    Args:
        question: about a circumstance, or "happened:<cause>", "notice" or "appealed".
        knowledge: for the titles.
        again: in other words.
        alone: whether nothing else in the turn has buttons, so that all answers can have one.
        heard: whether what a notice says was told; then, and beside a verdict, only how Upwork calls it is
            asked.
    """
    suffix = "_again" if again else ""
    if isinstance(question, str) and question.startswith(HAPPENED):
        return happened_message(question.partition(":")[2], knowledge)
    if isinstance(question, Question):
        buttons: tuple[Button, ...] = (
            Button(question.if_yes, f"/circumstance_{question.circumstance}"),
            Button(question.if_no, f'/deny_circumstance{{"id":"{question.circumstance}"}}'),
        )
        return Message(
            "utter_question", {"question": question.again if again else question.question}, buttons
        )
    if question == "notice":
        notices = TRIAGE_NOTICES if alone else ASKED_NOTICES
        suffix = suffix or ("" if alone and not heard else "_kind")
        buttons = tuple(Button(knowledge.notices[n].title, f'/inform_notice{{"id":"{n}"}}') for n in notices)
        return Message(f"utter_ask_notice{suffix}", {}, buttons)
    states = [a for a in knowledge.appeals.values() if alone or a.id in ASKED_APPEALS]
    buttons = tuple(Button(a.title, f'/inform_appealed{{"id":"{a.id}"}}') for a in states)
    return Message(f"utter_ask_appealed{suffix}", {}, buttons)


def happened_message(cause_id: str, knowledge: Knowledge) -> Message:
    """Whether a cause happened, where the words do not tell."""
    cause, wording = knowledge.causes[cause_id], knowledge.table.wording
    yes = Button(wording.happened, f"/cause_{cause.id}")
    no = Button(wording.did_not_happen, f"/deny_{cause.id}")
    return Message("utter_did_that_happen", {"phrase": cause.phrase, "happened": cause.happened}, (yes, no))


def yes_no_message(response: str, knowledge: Knowledge) -> Message:
    """A question that yes or no answers."""
    wording = knowledge.table.wording
    return Message(response, {}, (Button(wording.yes, "/affirm"), Button(wording.no, "/deny")))


def choice_message(intents: Sequence[str], knowledge: Knowledge, response: str) -> Message:
    """What a message could mean, and "something else".

    Args:
        intents: what it could be; those without a title are left out.
        knowledge: for the titles.
        response: the response of the domain that asks.
    """
    other = Button(knowledge.table.wording.other, "/something_else")
    return Message(response, {}, (*titled_buttons(intents, knowledge)[: MOST_BUTTONS - 1], other))


def groups_message(knowledge: Knowledge, response: str) -> Message:
    """The groups of causes as buttons; the response may list all causes beside them."""
    buttons = tuple(Button(g.title, f'/inform_group{{"id":"{g.id}"}}') for g in knowledge.groups.values())
    return Message(response, {"causes": causes_list(knowledge)}, buttons)


def group_message(group: str, knowledge: Knowledge) -> Message:
    """The causes of one group as buttons."""
    buttons = [Button(c.title, f"/cause_{c.id}") for c in knowledge.causes.values() if c.group == group]
    other = Button(knowledge.table.wording.other, "/ask_causes")
    return Message("utter_ask_group", {}, (*buttons[: MOST_BUTTONS - 1], other))


def causes_list(knowledge: Knowledge) -> str:
    """All causes by group, a line a group."""
    return "\n".join(
        f"• {group.title}: " + ", ".join(c.title for c in knowledge.causes.values() if c.group == group.id)
        for group in knowledge.groups.values()
    )
