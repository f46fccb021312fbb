"""A broken knowledge base is told with file, line and mend, all mistakes at once."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
import yaml

from reinstate.core.case import Case, CauseMention
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import AnswerPart, Plan, TopicPart, Turn, VerdictPart
from reinstate.core.verdict import decide, next_question
from reinstate.knowledge import (
    APPEALED,
    NOTICES,
    ROLES,
    ROOT,
    STANCES,
    KnowledgeError,
    Stance,
    knowledge,
    load,
)
from reinstate.replies.answers import answer_message, topic_message
from reinstate.replies.message import Message
from reinstate.replies.questions import question_message
from reinstate.replies.render import render
from reinstate.replies.verdict import (
    lookalike_message,
    notice_message,
    rule_message,
    verdict_message,
)
from reinstate.replies.why import why_messages

FACTS = knowledge()
RESPONSES = yaml.safe_load((ROOT.parent / "domain.yml").read_text(encoding="utf-8"))["responses"]
LONGEST = 900  # of a whole reply: DESIGN, settled details


def replacing(old: str, new: str) -> Callable[[str], str]:
    """An edit of a file's text."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


BROKEN = [
    ("causes/inactivity.yml", replacing("severity:", "severety:"), "'severety' is not a key"),
    ("causes/inactivity.yml", replacing("severity: minor", "severity: small"), "'severity' does not fit"),
    ("causes/inactivity.yml", replacing("id: inactivity", "id: idle"), "id must be the file's name"),
    ("causes/inactivity.yml", replacing("  - guide", "  - gide"), "'gide' is not one of the sources"),
    ("causes/inactivity.yml", replacing("title:", "title: x\ntitle:"), "'title' stands twice"),
    ("causes/inactivity.yml", replacing("title: ", "title: " + "x" * 41), "'title' does not fit"),
    ("causes/inactivity.yml", lambda text: "title: [", "this is not YAML"),
    ("causes/inactivity.yml", lambda text: "just words", "a mapping of keys"),
    ("topics/funds.yml", replacing("per_cause:", "per_cause:\n  nothing_such: x"), "not one of the causes"),
    ("verdicts.yml", replacing("path: none\n    odds: none", "path: none\n    odds: likely"), "go together"),
    ("verdicts.yml", replacing("cause: [poor_feedback]", "cause: [poor_food]"), "not a cause that exists"),
    ("verdicts.yml", replacing("id: refused\n", "id: waiting\n"), "stands twice"),
    (
        "verdicts.yml",
        replacing("id: cannot_tell\n", "id: cannot_tell\n    when: {appealed: [final]}\n"),
        "last row",
    ),
    ("sources.yml", replacing("mark: official", "mark: rumour"), "'mark' does not fit"),
    ("notices.yml", replacing("notices:", "kinds:"), "one key 'notices:'"),
    ("circumstances.yml", replacing("'\\bby (mistake", "'\\bby (("), "no regular expression"),
]


@pytest.mark.parametrize(("file", "edit", "told"), BROKEN, ids=[told for _, _, told in BROKEN])
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, file: str, edit: Callable[[str], str], told: str
) -> None:
    """Each kind of mistake names its file, a line and what to do."""
    root = tmp_path / "knowledge"
    shutil.copytree(ROOT, root)
    (root / file).write_text(edit((root / file).read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        load(root)
    mistakes = [str(m) for m in raised.value.mistakes if told in str(m)]
    assert mistakes
    assert mistakes[0].startswith(f"knowledge/{file}:")
    assert raised.value.mistakes[0].line >= 1


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Mistakes in several files come in one list."""
    root = tmp_path / "knowledge"
    shutil.copytree(ROOT, root)
    for file, edit, _ in (BROKEN[0], BROKEN[8], BROKEN[13]):
        (root / file).write_text(edit((root / file).read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        load(root)
    assert {"inactivity.yml", "sources.yml"} <= {m.file.name for m in raised.value.mistakes}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """Nothing is guessed when a file is gone."""
    root = tmp_path / "knowledge"
    shutil.copytree(ROOT, root)
    (root / "groups.yml").unlink()
    with pytest.raises(KnowledgeError, match=r"groups\.yml:1: the file is missing"):
        load(root)


def test_the_command_says_that_the_base_is_sound() -> None:
    """`make check-knowledge` ends well on the knowledge that is shipped."""
    done = subprocess.run(
        [sys.executable, "-m", "reinstate.knowledge"],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, True) == (done.returncode, "is sound" in done.stdout)


def test_the_whole_of_the_guide_and_more_is_there() -> None:
    """Nineteen causes, four look-alikes; the guide's seven have both views."""
    assert (19, 4) == (len(FACTS.causes), len(FACTS.lookalikes))
    assert 7 == sum(cause.guide is not None for cause in FACTS.causes.values())


@pytest.mark.parametrize("cause", sorted(FACTS.causes))
@pytest.mark.parametrize("stance", [s for s in STANCES if s != "asks"])
def test_a_whole_first_verdict_is_short_and_names_its_sources(cause: str, stance: Stance) -> None:
    """Verdict and question together: what a worried person can read at once."""
    told = {}
    for notice, appealed, circumstance in product(
        (None, *NOTICES), (None, *APPEALED), (None, *FACTS.circumstances)
    ):
        held = (circumstance,) if circumstance else ()
        case = Case(circumstances=held, notice=notice, appealed=appealed).name(cause, stance)
        verdict, question = decide(case, FACTS), next_question(case, FACTS)
        asked = [question_message(question, FACTS)] if question else []
        turn = [verdict_message(case, verdict, FACTS), *asked]
        told[verdict.rows, turn[-1].response] = sum(len(_rendered(message)) for message in turn)
        assert turn[0].sources
    assert max(told.values()) <= LONGEST


@pytest.mark.parametrize("cause", sorted(FACTS.causes))
@pytest.mark.parametrize("pasted", [False, True], ids=["told", "pasted"])
def test_a_whole_first_verdict_on_two_causes_is_short(cause: str, pasted: bool) -> None:
    """The same where another cause is named beside it, also by a notice that is said back."""
    notice: str | None = "permanent" if pasted else None
    stance: Stance = "unsure" if pasted else "admits"
    for other in FACTS.causes.keys() - {cause}:
        case = Case(notice=notice).name(other, stance).name(cause, stance)
        mentions = tuple(CauseMention(c, 1.0, stance, "") for c in (cause, other))
        heard = ParsedMessage("inform_notice", "", mentions, pasted=pasted, deadline="within 14 days")
        verdict, question = decide(case, FACTS), next_question(case, FACTS)
        turn = [
            *([notice_message(heard, case, FACTS)] if pasted else ()),
            verdict_message(case, verdict, FACTS, brief=pasted, told=(cause, other) if pasted else ()),
            *([question_message(question, FACTS)] if question else ()),
        ]
        assert sum(len(_rendered(message)) for message in turn) <= LONGEST, other


@pytest.mark.parametrize("cause", sorted(FACTS.causes))
def test_what_the_rules_say_fits_a_message(cause: str) -> None:
    """The guide's view, the pages' view and where they differ stand in the answer to "why?"."""
    why = why_messages(decide(Case(causes=(cause,)), FACTS), FACTS)[0]
    views = (FACTS.causes[cause].guide, FACTS.causes[cause].policy, FACTS.causes[cause].differ)
    assert all(view in _rendered(why) for view in views if view)
    assert len(_rendered(why)) <= LONGEST


@pytest.mark.parametrize("cause", sorted(FACTS.causes))
def test_the_rule_on_a_cause_fits_a_message(cause: str) -> None:
    """Who only asks reads the rule, what keeps one safe, and where it stands."""
    rule = rule_message(FACTS.causes[cause], FACTS)
    assert FACTS.causes[cause].policy in _rendered(rule)
    assert len(_rendered(rule)) <= LONGEST
    assert rule.sources


@pytest.mark.parametrize("lookalike", sorted(FACTS.lookalikes))
def test_a_look_alike_fits_a_message(lookalike: str) -> None:
    """What it is and what to do about it."""
    message = lookalike_message(FACTS.lookalikes[lookalike], FACTS)
    assert len(_rendered(message)) <= LONGEST
    assert message.sources


def _rendered(message: Message) -> str:
    """The longest wording of a message as Rasa fills it in."""
    filled = (
        re.sub(r"{(\w+)}", lambda found: message.values[found[1]], wording["text"])
        for wording in RESPONSES[message.response]
    )
    return max(filled, key=len)


@pytest.mark.parametrize("topic", sorted(FACTS.topics))
def test_every_topic_fits_a_message_with_every_cause(topic: str) -> None:
    """A cause and a notice add their sentence and the answer still fits."""
    for cause in (None, *FACTS.causes):
        for notice in (None, *FACTS.notices):
            case = Case(causes=(cause,) if cause else (), notice=notice)
            message = topic_message(FACTS.topics[topic], case, FACTS)
            assert len(_rendered(message)) <= LONGEST, (cause, notice)


@pytest.mark.parametrize("answer", sorted(FACTS.answers))
def test_two_answers_fit_a_reply_whoever_asks(answer: str) -> None:
    """Any cause, notice or role may change an answer; beside it stands the longest short one."""
    told = [
        answer_message(FACTS.answers[answer], case, role, FACTS, done=done)
        for role in (None, *ROLES)
        for done in (False, True)
        for case in (
            Case(),
            *(Case(causes=(c,)) for c in FACTS.answers[answer].per_cause),
            *(Case(notice=n) for n in FACTS.answers[answer].per_notice),
        )
    ]
    second = max(len(other.short) for other in FACTS.answers.values())
    assert max(len(_rendered(message)) for message in told) + second <= LONGEST
    assert all(message.values["answer"] for message in told)


@pytest.mark.parametrize("cause", sorted(FACTS.causes))
def test_an_answer_fits_a_reply_before_a_verdict(cause: str) -> None:
    """The longest answer, question and verdict that can stand in one turn, in every state of an appeal."""
    length = {i: len(_rendered(answer_message(a, Case(), None, FACTS))) for i, a in FACTS.answers.items()}
    answer = AnswerPart(max(length, key=lambda i: length[i]), perhaps=True)
    for notice, appealed, other in product((None, *NOTICES), (None, *APPEALED), FACTS.causes):
        case = Case(notice=notice, appealed=appealed).name(other, "admits").name(cause, "admits")
        planned = Plan((answer, VerdictPart(case, decide(case, FACTS), brief=True)), case, None, ())
        reply = render(planned, Turn(ParsedMessage("ask_appeal", ""), case), FACTS)
        assert sum(len(_rendered(message)) for message in reply) <= LONGEST, (notice, appealed, other)


def test_a_topic_fits_a_reply_above_the_question_of_a_form() -> None:
    """The longest topic, for whichever cause and notice, and the question for the letter below it."""
    asked = max(len(str(wording)) for kind in FACTS.facts.values() for wording in (kind.ask, kind.again))
    for topic, cause, notice in product(FACTS.topics, FACTS.causes, (None, *NOTICES)):
        case = Case(notice=notice).name(cause, "admits")
        planned = Plan((TopicPart(topic),), case, None, ())
        reply = render(planned, Turn(ParsedMessage("ask_appeal", ""), case, in_form=True), FACTS)
        assert sum(len(_rendered(message)) for message in reply) + asked <= LONGEST, (topic, cause, notice)


def test_titles_are_unique() -> None:
    """A person can tell any two buttons apart."""
    titles = [e.title for part in (FACTS.causes, FACTS.lookalikes) for e in part.values()]
    assert len(titles) == len(set(titles))
