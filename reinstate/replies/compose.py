"""Verdict and Topic -> messages (text, buttons) that a channel can send. Pure.

A message names a response of `domain.yml` and the values for its placeholders; the words are
there and in `knowledge/`, never here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reinstate.core.case import Case
from reinstate.core.letter import Letter
from reinstate.core.parsed import Heard
from reinstate.core.verdict import Verdict
from reinstate.knowledge import Cause, Knowledge, Lookalike, Question, Tone, Topic

MOST_BUTTONS = 5
MOST_SOURCES = 5
VERDICT_SOURCES, TOPIC_SOURCES, MOST_LESSER = 2, 3, 2
PREVENTION = "prevention"  # the topic to which every cause adds what helps against it
TRIAGE_NOTICES = ("hold", "permanent", "timed", "identity_hold", "unknown")


@dataclass(frozen=True)
class Button:
    """What a person reads, and the intent that is sent when they press it (64 bytes at most)."""

    title: str
    payload: str


@dataclass(frozen=True)
class Message:
    """One message: a response of the domain, values for its placeholders, buttons."""

    response: str
    values: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()


def verdict_messages(
    case: Case,
    verdict: Verdict,
    knowledge: Knowledge,
    *,
    explain: bool = True,
    alternatives: Sequence[str] = (),
    brief: bool = False,
    told: Collection[str] = (),
) -> list[Message]:
    """A verdict in two to four messages: the cause, the path, other causes, the sources.

    It is short enough to be read at a glance; what the rules say in full is `why_messages`.

    Args:
        case: the case that was judged.
        verdict: its verdict.
        knowledge: where the words come from.
        explain: whether to tell about the cause; False after an answer that changed only the path.
        alternatives: intents that the message could mean as well, offered beside the cause.
        brief: whether the turn says much beside it: the cause is named only.
        told: causes that the turn has named already.
    """
    messages = []
    cause = knowledge.causes[verdict.cause] if verdict.cause else None
    if cause and explain:
        named_only = brief or bool(verdict.lesser)
        messages.append(_cause_message(cause, verdict, knowledge, alternatives, brief=named_only))
    elif explain and (notice := knowledge.notice_of(case.notice)):
        messages.append(Message("utter_notice_means", {"phrase": notice.phrase, "means": notice.means}))
    messages.append(_path_message(cause, verdict, knowledge, avoid=not (explain or verdict.lesser)))
    if lesser_ones := set(verdict.lesser) - set(told):
        latest = sorted(lesser_ones, key=case.causes.index)
        phrases = [knowledge.causes[c].phrase for c in latest]
        rest = [knowledge.table.wording.more] if len(phrases) > MOST_LESSER else []
        lesser = ", ".join([*phrases[:MOST_LESSER], *rest])
        messages.append(Message("utter_several_causes", {"lesser": lesser}))
    if not verdict.sources:
        return messages
    why = (Button(knowledge.table.wording.why, "/ask_why"),) if cause and explain else ()
    leading = verdict.sources[:VERDICT_SOURCES] if brief else _leading(verdict, knowledge)
    sources = sources_message(leading, knowledge)
    return [*messages, replace(sources, buttons=why)]


def _leading(verdict: Verdict, knowledge: Knowledge) -> list[str]:
    """The first sources of a verdict, and the first one with an address of the next grave cause."""
    others = (i for cause in verdict.lesser[:1] for i in knowledge.causes[cause].sources)
    return [*verdict.sources[:VERDICT_SOURCES], *[i for i in others if knowledge.sources[i].address][:1]]


def why_messages(verdict: Verdict, knowledge: Knowledge) -> list[Message]:
    """Why a verdict is what it is: what the guide and Upwork's pages say, and where they say it."""
    cause = knowledge.causes[verdict.cause] if verdict.cause else None
    views = _views(cause, knowledge) if cause else []
    why = Message("utter_why", {"say": _paragraphs([verdict.say, *views])})
    return [why, sources_message(verdict.sources[:TOPIC_SOURCES], knowledge)] if verdict.sources else [why]


def taken_in_messages(message: Heard, case: Case, knowledge: Knowledge) -> list[Message]:
    """What was understood of a pasted notice, to be corrected; or the details a message mentions."""
    notice = knowledge.notice_of(case.notice)
    if not message.pasted or not notice:
        mentioned = ", ".join(value for _, value in message.mentioned)
        return [Message("utter_mentioned", {"mentioned": mentioned})] if mentioned else []
    wording = knowledge.table.wording
    named = [knowledge.causes[r.id] for r in message.readings]
    causes = ", ".join(cause.phrase for cause in named) or wording.not_known
    values = {"notice": notice.phrase, "causes": causes, "deadline": message.deadline or wording.not_known}
    wrong_cause = (Button(wording.wrong_cause, "/feedback_wrong_cause"),) if named else ()
    return [
        Message("utter_read_notice", values, (Button(wording.wrong_notice, "/wrong_notice"), *wrong_cause))
    ]


def unchanged_message(verdict: Verdict, knowledge: Knowledge) -> Message:
    """What was told changes nothing: the path in one line."""
    wording = knowledge.table.wording
    odds = wording.odds[verdict.odds] if verdict.odds else wording.not_known
    return Message("utter_unchanged", {"path": wording.paths[verdict.path], "odds": odds})


def _cause_message(
    cause: Cause, verdict: Verdict, knowledge: Knowledge, alternatives: Sequence[str], *, brief: bool
) -> Message:
    """The cause and what usually follows; `brief` where more than it is told in the same turn."""
    denies = verdict.stance == "denies"
    policy = knowledge.table.wording.policy.format(cause.policy)
    about = ["" if denies else cause.follows, cause.differ or (policy if denies else "")]
    parts = [*([] if brief else about), "" if verdict.lesser else cause.unknown or ""]
    values = {"title": cause.title, "about": "".join(f"\n\n{part}" for part in parts if part)}
    it_did, wording = f"cause_{cause.id}", knowledge.table.wording
    maybe = verdict.stance == "unsure"
    stances = [Button(wording.happened, f"/{it_did}")] if maybe or it_did in alternatives else []
    stances += [Button(wording.did_not_happen, f"/deny_{cause.id}")] if maybe else []
    others = [intent for intent in alternatives if intent != it_did]
    return Message(f"utter_cause_{verdict.stance}", values, (*stances, *_rather(others, knowledge)))


def _rather(alternatives: Sequence[str], knowledge: Knowledge) -> tuple[Button, ...]:
    """Buttons that put another cause in the place of the one that was read."""
    titles = {intent: knowledge.title_of(intent) for intent in alternatives}
    payloads = {
        intent: f'/feedback_wrong_cause{{"id":"{intent.removeprefix("cause_")}"}}'
        if intent.startswith("cause_")
        else f"/{intent}"
        for intent in alternatives
    }
    return tuple(
        Button(knowledge.table.wording.rather.format(title), payloads[intent])
        for intent, title in titles.items()
        if title
    )


def _views(cause: Cause, knowledge: Knowledge) -> list[str]:
    """What the guide and Upwork's own pages say of a cause, where they differ, what nobody knows."""
    wording = knowledge.table.wording
    return [
        wording.guide.format(cause.guide) if cause.guide else "",
        wording.policy.format(cause.policy),
        cause.differ or "",
        cause.unknown or "",
    ]


def _path_message(cause: Cause | None, verdict: Verdict, knowledge: Knowledge, *, avoid: bool) -> Message:
    """The path and its odds; `avoid`: with what not to do."""
    wording = knowledge.table.wording
    parts = [verdict.say]
    if verdict.path == "none":
        parts += knowledge.topics["no_path"].answer
    elif verdict.path == "wait":
        parts += knowledge.topics["waiting"].answer
    elif cause:
        denies = verdict.stance == "denies"
        parts += [
            wording.evidence.format(_bullets(cause.evidence)) if denies else "",
            "" if denies else wording.steps.format(_numbered(cause.steps)),
            _bullets(cause.avoid) if avoid else "",
        ]
    values = {"path": wording.paths[verdict.path], "body": _paragraphs(parts)}
    if verdict.odds is None:
        return Message("utter_path_cannot_tell", values)
    return Message("utter_path", {**values, "odds": wording.odds[verdict.odds]})


def topic_messages(topic: Topic, case: Case, knowledge: Knowledge, *, brief: bool = False) -> list[Message]:
    """A topic's answer, the known cause and notice first, and its sources.

    `brief` where a verdict with sources of its own follows: what matters most.
    """
    cause = (case.causes or case.disputed or ("",))[0]
    prevention = knowledge.causes[cause].prevention if cause and topic.id == PREVENTION else ()
    of_cause = _paragraphs([topic.per_cause.get(cause, ""), _bullets(prevention)])
    first = [of_cause, topic.per_notice.get(case.notice or "", "")]
    if brief:
        return [Message("utter_topic", {"answer": _paragraphs(first) or topic.answer[0]})]
    text = _paragraphs([*first, *topic.answer, topic.unknown or ""])
    messages = [Message("utter_topic", {"answer": text})]
    own = knowledge.causes[cause].sources[:1] if of_cause else ()
    sources = (*topic.sources[: TOPIC_SOURCES - len(own)], *own)
    return [*messages, sources_message(sources, knowledge)] if sources else messages


def lookalike_messages(lookalike: Lookalike, knowledge: Knowledge) -> list[Message]:
    """What looks like a suspension and is none."""
    values = {"title": lookalike.title, "policy": lookalike.policy, "steps": _numbered(lookalike.steps)}
    return [Message("utter_lookalike", values), sources_message(lookalike.sources, knowledge)]


def sources_message(ids: Iterable[str], knowledge: Knowledge) -> Message:
    """Titles and addresses, at most `MOST_SOURCES`."""
    found = [knowledge.sources[i] for i in list(dict.fromkeys(ids))[:MOST_SOURCES]]
    lines = [f"{s.title} – {s.address}" if s.address else s.title for s in found]
    return Message("utter_sources", {"sources": _bullets(lines)})


def question_message(question: Question | str, knowledge: Knowledge, *, again: bool = False) -> Message:
    """The open question with its buttons; `again` asks in other words."""
    suffix = "_again" if again else ""
    if isinstance(question, Question):
        buttons: tuple[Button, ...] = (
            Button(question.if_yes, f"/circumstance_{question.circumstance}"),
            Button(question.if_no, f'/deny_circumstance{{"id":"{question.circumstance}"}}'),
        )
        return Message(
            "utter_question", {"question": question.again if again else question.question}, buttons
        )
    if question == "notice":
        buttons = tuple(
            Button(knowledge.notices[n].title, f'/inform_notice{{"id":"{n}"}}') for n in TRIAGE_NOTICES
        )
        return Message(f"utter_ask_notice{suffix}", {}, buttons)
    buttons = tuple(Button(a.title, f'/inform_appealed{{"id":"{a.id}"}}') for a in knowledge.appeals.values())
    return Message(f"utter_ask_appealed{suffix}", {}, buttons)


def yes_no_message(response: str, knowledge: Knowledge) -> Message:
    """A question that yes or no answers."""
    wording = knowledge.table.wording
    return Message(response, {}, (Button(wording.yes, "/affirm"), Button(wording.no, "/deny")))


def skip_message(response: str, knowledge: Knowledge) -> Message:
    """A question for the letter, which may be skipped or stopped."""
    wording = knowledge.table.wording
    return Message(response, {}, (Button(wording.skip, "/skip"), Button(wording.stop, "/cancel")))


def letter_messages(letter: Letter, tone: Tone, knowledge: Knowledge) -> list[Message]:
    """The draft, and what can be done with it."""
    others = [Button(words.title, f"/letter_{t}") for t, words in knowledge.letters.items() if t != tone]
    change = Button(knowledge.table.wording.change_sentence, "/letter_change")
    return [
        Message("utter_letter", {"letter": letter.text}),
        Message("utter_letter_use", {}, (*others, change)),
    ]


def change_message(letter: Letter) -> Message:
    """The draft's sentences with the numbers by which they can be changed."""
    return Message("utter_letter_how_to_change", {"sentences": _numbered(letter.sentences)})


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
    return Message("utter_summary", values)


def after_verdict_message(verdict: Verdict, knowledge: Knowledge) -> Message:
    """What a person can do after a verdict: draft an appeal, or say whether it was right."""
    wording = knowledge.table.wording
    letter = (Button(wording.draft, "/draft_appeal"),) if verdict.path in ("appeal", "support") else ()
    opinions = (
        Button(wording.helpful, "/feedback_helpful"),
        Button(wording.not_helpful, "/feedback_not_helpful"),
        Button(wording.wrong_cause, "/feedback_wrong_cause"),
    )
    return Message("utter_after_verdict", {}, (*letter, *opinions))


def choice_message(intents: Sequence[str], knowledge: Knowledge, response: str) -> Message:
    """Two or three possible meanings and "something else".

    Args:
        intents: what it could be; those without a title are left out.
        knowledge: for the titles.
        response: the response of the domain that asks.
    """
    other = knowledge.table.wording.other
    buttons = titled_buttons(intents, knowledge)
    return Message(response, {}, (*buttons[: MOST_BUTTONS - 1], Button(other, "/something_else")))


def titled_buttons(intents: Sequence[str], knowledge: Knowledge) -> tuple[Button, ...]:
    """What a message could mean, to be pressed; what has no title is left out."""
    titles = {i: knowledge.title_of(i) for i in intents}
    return tuple(Button(title, f"/{intent}") for intent, title in titles.items() if title)


def groups_message(knowledge: Knowledge, response: str) -> Message:
    """The groups of causes as buttons."""
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
        f"• {group.title}: " + ", ".join(c.phrase for c in knowledge.causes.values() if c.group == group.id)
        for group in knowledge.groups.values()
    )


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"• {line}" for line in lines)
