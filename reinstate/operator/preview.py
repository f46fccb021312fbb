"""`make preview CAUSE=<id>`: what the bot says about a cause, a look-alike or an answer.

Policy decides and replies find the words, as in a conversation; neither a server nor a model is needed.
What is edited in `knowledge/` is seen at once.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import yaml

from reinstate.core.asked import ASK_RULE
from reinstate.core.case import Case, CauseMention
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import AnswerPart, Turn, VerdictPart
from reinstate.core.policy import answered, plan
from reinstate.core.verdict import decide
from reinstate.knowledge import (
    APPEALED,
    NOTICES,
    Answer,
    Cause,
    Knowledge,
    KnowledgeError,
    Lookalike,
    Role,
    Stance,
    load,
)
from reinstate.operator.spoken import Voice, quoted
from reinstate.replies.message import Message
from reinstate.replies.render import render
from reinstate.replies.why import why_messages

_STANCES: Mapping[Stance, str] = {
    "admits": "Who says that it happened",
    "denies": "Who says that it did not happen",
    "unsure": "Who is not sure",
}
_NOTHING = Case()


def main(arguments: Sequence[str]) -> int:
    """Print the preview; the exit code.

    Args:
        arguments: the id. Without one it is said how to call this, and with an unknown one which there are.
    """
    try:
        knowledge = load()
    except KnowledgeError as error:
        sys.stderr.write(f"{error}\nknowledge/ has mistakes: mend them, then run this again\n")
        return 1
    try:
        voice = Voice()
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        sys.stderr.write(f"domain.yml cannot be read ({error}): mend it, then run this again\n")
        return 1
    wanted = " ".join(arguments).strip()
    pages = list(preview(wanted, knowledge, voice)) if wanted else []
    if not pages:
        sys.stderr.write(f"{_how_to_call(wanted, knowledge)}\n")
        sys.stderr.flush()
        sys.stdout.write("\n".join(catalogue(knowledge)) + "\n")
        return 2
    sys.stdout.write("\n\n".join(pages) + "\n")
    return 0


def _how_to_call(wanted: str, knowledge: Knowledge) -> str:
    if not wanted:
        return f"Call it with an id of the list: make preview CAUSE={next(iter(knowledge.causes))}"
    near = difflib.get_close_matches(wanted, [*knowledge.causes, *knowledge.lookalikes, *knowledge.answers])
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"There is no cause, look-alike or answer '{wanted}'.{meant}"


def catalogue(knowledge: Knowledge) -> Iterator[str]:
    """All that there is a preview of, a line each."""
    kinds: tuple[tuple[str, Mapping[str, Cause | Lookalike | Answer]], ...] = (
        ("Causes", knowledge.causes),
        ("Look-alikes", knowledge.lookalikes),
        ("Answers", knowledge.answers),
    )
    for title, entries in kinds:
        yield f"## {title}"
        yield from (f"- `{id_}` {entry.title}" for id_, entry in entries.items())


def preview(wanted: str, knowledge: Knowledge, voice: Voice) -> Iterator[str]:
    """Parts of a page in Markdown; none for an id that is not known."""
    if wanted in knowledge.causes:
        yield from _of_cause(knowledge.causes[wanted], knowledge, voice)
    if wanted in knowledge.lookalikes:
        yield from _of_lookalike(knowledge.lookalikes[wanted], knowledge, voice)
    if wanted in knowledge.answers:
        yield from _of_answer(knowledge.answers[wanted], knowledge, voice)


def _of_cause(cause: Cause, knowledge: Knowledge, voice: Voice) -> Iterator[str]:
    yield f"# {cause.title}\n\n`{cause.id}`: {cause.severity}, in knowledge/causes/{cause.id}.yml"
    yield "## Who only asks about the rule"
    yield voice.reply(_said(ParsedMessage(ASK_RULE, "", (_named(cause, "asks"),)), knowledge))
    shown: dict[str, dict[str, list[str]]] = {}
    for stance, title in _STANCES.items():
        if stance == "denies" and cause.by_others:
            continue  # nobody is accused of what was done to them
        message = _told(cause, stance)
        yield f"## {title}"
        yield voice.reply(_said(message, knowledge))
        usual, by = _in_short(message, knowledge, voice), dict(_besides(cause, message, knowledge, voice))
        changes = changed(usual, by)
        same = next((other for other, its in shown.items() if its == changes), None)
        shown[title] = changes
        yield from _sections(changes) if not same else [f"What else is known changes it as under “{same}”."]
    yield f"## Who presses “{knowledge.table.wording.why}”"
    yield voice.reply(why_messages(decide(Case().name(cause.id, "admits"), knowledge), knowledge))
    yield from _answers_about(cause.id, knowledge)


def _of_lookalike(lookalike: Lookalike, knowledge: Knowledge, voice: Voice) -> Iterator[str]:
    file = f"knowledge/lookalikes/{lookalike.id}.yml"
    yield f"# {lookalike.title}\n\n`{lookalike.id}`: no suspension, in {file}"
    yield "## Who tells it"
    yield voice.reply(_said(ParsedMessage(f"lookalike_{lookalike.id}", ""), knowledge))
    yield from _answers_about(lookalike.id, knowledge)


def _of_answer(answer: Answer, knowledge: Knowledge, voice: Voice) -> Iterator[str]:
    def given(part: AnswerPart, case: Case = _NOTHING, role: Role | None = None) -> list[Message]:
        turn = Turn(ParsedMessage("faq", ""), case, role=role)
        return render(answered(turn, part), turn, knowledge)

    usual = AnswerPart(answer.id)
    yield f"# {answer.title}\n\n`{answer.id}`: {answer.kind}, in knowledge/answers/{answer.id}.yml"
    yield f"## Who asks “{answer.question}”"
    yield voice.reply(given(usual))
    by = {"another answer before it": given(replace(usual, short=True))}
    if answer.done:
        by["the deed done already"] = given(replace(usual, done=True))
    for cause in answer.per_cause:
        by[f"cause: {knowledge.causes[cause].title}"] = given(usual, _NOTHING.name(cause, "admits"))
    for notice in answer.per_notice:
        by[f"notice: {_title_of(notice, knowledge)}"] = given(usual, Case(notice=notice))
    for role in answer.per_role:
        by[f"role: {role}"] = given(usual, role=role)
    words = {when: voice.words(said) for when, said in by.items()}
    yield from _sections(changed(voice.words(given(usual)), words))


def changed(usual: str, by: Mapping[str, str]) -> dict[str, list[str]]:
    """Words that differ from the usual ones, each with the cases in which they are said.

    Args:
        usual: what is said where nothing else is known.
        by: what is said in each case.
    """
    found: dict[str, list[str]] = {}
    for when, words in by.items():
        if words != usual:
            found.setdefault(words, []).append(when)
    return found


def _sections(changes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for words, cases in changes.items():
        yield f"### With {' | '.join(cases)}\n\n{quoted(words)}"


def _named(cause: Cause, stance: Stance) -> CauseMention:
    return CauseMention(cause.id, 1.0, stance, "")


def _told(cause: Cause, stance: Stance) -> ParsedMessage:
    """A message that tells a cause as surely as can be, and nothing else."""
    intent = f"{'deny' if stance == 'denies' else 'cause'}_{cause.id}"
    return ParsedMessage(intent, "", (_named(cause, stance),), ranked={intent: 1.0})


def _besides(
    cause: Cause, message: ParsedMessage, knowledge: Knowledge, voice: Voice
) -> Iterator[tuple[str, str]]:
    """The verdict where the message tells a notice, how far the appeal is, or a circumstance as well."""
    for notice in NOTICES:
        told = replace(message, notice=notice)
        yield f"notice: {_title_of(notice, knowledge)}", _in_short(told, knowledge, voice)
    for state in APPEALED:
        told = replace(message, appealed=state)
        yield f"appeal: {knowledge.appeals[state].title}", _in_short(told, knowledge, voice)
    for circumstance in (
        c for question in cause.ask for c in (question.circumstance, question.otherwise) if c
    ):
        told = replace(message, circumstances=(circumstance,))
        title = knowledge.circumstances[circumstance].title
        yield f"circumstance: {title}", _in_short(told, knowledge, voice)


def _title_of(notice: str, knowledge: Knowledge) -> str:
    return knowledge.notices[notice].title if notice in knowledge.notices else notice


def _said(message: ParsedMessage, knowledge: Knowledge) -> list[Message]:
    """What is said to the first message of a conversation."""
    turn = Turn(message, _NOTHING)
    return render(plan(turn, knowledge), turn, knowledge)


def _in_short(message: ParsedMessage, knowledge: Knowledge, voice: Voice) -> str:
    """The words of the verdict alone, without its steps."""
    turn = Turn(message, _NOTHING)
    decided = plan(turn, knowledge)
    verdicts = (part for part in decided.parts if isinstance(part, VerdictPart))
    parts = tuple(replace(part, explain=False, brief=True) for part in verdicts)
    return voice.words(render(replace(decided, parts=parts), turn, knowledge))


def _answers_about(id_: str, knowledge: Knowledge) -> Iterator[str]:
    if about := [f"- `{a.id}` {a.title}" for a in knowledge.answers.values() if a.about == id_]:
        yield "## Answers about it, each with a preview of its own"
        yield "\n".join(about)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
