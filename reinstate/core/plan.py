"""What one turn meets, what is said in it, and what is remembered. Pure.

`reinstate.core.policy` decides it; `reinstate.replies` finds the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reinstate.core.case import Case
from reinstate.core.parsed import ParsedMessage
from reinstate.core.verdict import Verdict
from reinstate.knowledge import Role


@dataclass(frozen=True)
class AnswerPart:
    """An answer of `knowledge/answers/`; see `reinstate.replies.answers.answer_message`.

    `perhaps` where it is not sure that just this was asked; what is `nearby`, as intents, may have been meant
    as well, and is nearer to the message than what is usually asked next.
    """

    id: str
    short: bool = False
    done: bool = False
    bare: bool = False
    perhaps: bool = False
    nearby: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuessesPart:
    """What a message may mean, as intents of answers and causes, the likeliest first.

    Of a cause it is said what helps where the account is `in_trouble`, else what the rule is.
    """

    intents: tuple[str, ...]
    in_trouble: bool = False


@dataclass(frozen=True)
class RulePart:
    """The rule on a cause, where no single answer fits the question."""

    cause: str


@dataclass(frozen=True)
class TopicPart:
    """A topic of `knowledge/topics/`; `others`, intents of single answers, may have been meant."""

    id: str
    brief: bool = False
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class LookalikePart:
    """What looks like a suspension and is none."""

    id: str
    brief: bool = False


@dataclass(frozen=True)
class VerdictPart:
    """The verdict of a case; see `reinstate.replies.verdict.verdict_message`.

    `case` is the one to be judged: the person's, or one cause of it that they ask about again; `nearby`
    are intents of answers that are near to what was said; `hedged` is what was read too unsurely to be said
    as a fact; not `restricted` is a deed that is told, and nothing that has come of it.
    """

    case: Case
    verdict: Verdict
    explain: bool = True
    brief: bool = False
    unchanged: bool = False
    alternatives: tuple[str, ...] = ()
    nearby: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    hedged: bool = False
    restricted: bool = True


@dataclass(frozen=True)
class NoticePart:
    """What was understood of a pasted notice."""


@dataclass(frozen=True)
class UpworkAnswerPart:
    """What Upwork has answered, by its id in `knowledge/upwork_answers.yml`, and the verdict after it."""

    id: str
    case: Case
    verdict: Verdict


@dataclass(frozen=True)
class QuestionPart:
    """The one open question of a turn, as `question_id` names it."""

    asked: str
    again: bool = False


@dataclass(frozen=True)
class ChoicePart:
    """What a message could mean, as buttons: which cause is "closer", or whether one "happened"."""

    intents: tuple[str, ...]
    why: Literal["closer", "happened"]


@dataclass(frozen=True)
class WordPart:
    """A response of the domain by its name."""

    response: str


Part = (
    AnswerPart
    | GuessesPart
    | RulePart
    | TopicPart
    | LookalikePart
    | VerdictPart
    | NoticePart
    | UpworkAnswerPart
    | QuestionPart
    | ChoicePart
    | WordPart
)


@dataclass(frozen=True)
class Turn:
    """What a message meets.

    Attributes:
        message: what was written.
        case: what was known before.
        asked: the open question, as `question_id` names it.
        rows: the rows of the last verdict that was told, None where none was.
        answered: ids of the answers given lately, the latest first.
        role: who writes, as far as they told.
        in_form: whether a form asks its own questions.
        just_asked: whether the open question stood in the turn before: a bare "yes" answers only that.
        asked_again: whether it stood there in other words, so that it is not asked once more.
        letter: whether a letter stands, beside which nothing new is asked of the case.
    """

    message: ParsedMessage
    case: Case
    asked: str | None = None
    rows: tuple[str, ...] | None = None
    answered: tuple[str, ...] = ()
    role: Role | None = None
    in_form: bool = False
    just_asked: bool = True
    asked_again: bool = False
    letter: bool = False

    @property
    def answerable(self) -> str | None:
        """The open question, as far as this message can be its answer."""
        bare = self.message.intent in ("affirm", "deny") and not self.message.pressed
        return None if bare and not self.just_asked else self.asked


@dataclass(frozen=True)
class Plan:
    """What is said, in order, and what is remembered.

    Attributes:
        parts: what is said.
        case: the case afterwards.
        asked: the question that is open afterwards.
        answered: as in `Turn`.
        judged: the verdict that was told in this turn, None where none was.
        lookalike: id of what it is instead of a suspension, if that was told.
    """

    parts: tuple[Part, ...]
    case: Case
    asked: str | None
    answered: tuple[str, ...]
    judged: Verdict | None = None
    lookalike: str | None = None
