"""What a knowledge file may hold. Unknown keys are mistakes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import BaseModel, Extra, Field

from reinstate.knowledge.patterns import Pattern, matches, says

Path_ = Literal["appeal", "support", "fix", "wait", "none"]
Odds = Literal["likely", "possible", "unlikely", "none"]
Severity = Literal["minor", "hold", "serious"]
Stance = Literal["admits", "denies", "unsure", "asks"]
Appealed = Literal["no", "waiting", "asked", "refused", "final"]
Tone = Literal["brief", "formal", "warm"]
LetterStance = Literal["admits", "explains", "disputes", "asks"]
Role = Literal["freelancer", "client", "agency", "helper"]

NOTICES = (
    "warning",
    "hold",
    "timed",
    "new_work_blocked",
    "permanent",
    "identity_hold",
    "payment_hold",
    "not_suspended",
    "unknown",
)
APPEALED: tuple[Appealed, ...] = ("no", "waiting", "asked", "refused", "final")
TONES: tuple[Tone, ...] = ("brief", "formal", "warm")
STANCES: tuple[Stance, ...] = ("admits", "denies", "unsure", "asks")
ROLES: tuple[Role, ...] = ("freelancer", "client", "agency", "helper")


class _Frozen(BaseModel):
    class Config:
        extra = Extra.forbid
        frozen = True
        anystr_strip_whitespace = True
        min_anystr_length = 1


class _AsWritten(_Frozen):
    """Texts in which blanks at the ends count, and which may be empty."""

    class Config:
        anystr_strip_whitespace = False
        min_anystr_length = 0


class Source(_Frozen):
    """Where a fact comes from. `address` is missing only for the guide and users' reports."""

    id: str
    address: str | None
    title: str
    mark: Literal["guide", "official", "staff", "users"]
    read: str


class Question(_Frozen):
    """A circumstance of a cause, and the question that finds it out.

    `otherwise` is the circumstance that holds when the answer is no, if there is one.
    """

    circumstance: str
    question: str
    again: str
    if_yes: str = Field(max_length=24)
    if_no: str = Field(max_length=24)
    otherwise: str | None = None


class Suffered(_Frozen):
    """How people tell that something was done to them; `says_not`: that they did it as well."""

    says: tuple[Pattern, ...]
    says_not: tuple[Pattern, ...] = ()


class Cause(_Frozen):
    """Why an account is suspended: what is known of it, and what helps.

    Whom it was done to (`suffered`) denies to have done it. `by_others` is set where somebody else
    acted in the person's place, so that what else is told is hardly the person's deed; `offered` where
    others ask a person to do it, so that who refused has not done it. `letter` is what a letter calls it,
    where that is not its phrase. `of_freelancers` is set where no client's account can have it.
    """

    id: str
    title: str = Field(max_length=40)
    phrase: str
    happened: str
    other_names: tuple[str, ...]
    group: str
    guide: str | None
    policy: str
    differ: str | None
    unknown: str | None
    severity: Severity
    follows: str
    steps: tuple[str, ...]
    avoid: tuple[str, ...]
    evidence: tuple[str, ...]
    prevention: tuple[str, ...]
    ask: tuple[Question, ...]
    sources: tuple[str, ...]
    letter: str | None = None
    of_freelancers: bool = False
    suffered: Suffered | None = None
    by_others: bool = False
    offered: bool = False

    @property
    def in_letter(self) -> str:
        """What a letter calls it."""
        return self.letter or self.phrase


class Lookalike(_Frozen):
    """Something that looks like a suspension and is none."""

    id: str
    title: str = Field(max_length=40)
    phrase: str
    policy: str
    steps: tuple[str, ...]
    path: Path_
    odds: Odds
    sources: tuple[str, ...]


class Topic(_Frozen):
    """An answer to a question that is not a cause, with variations per cause and notice."""

    id: str
    title: str
    intents: tuple[str, ...] = ()
    answer: tuple[str, ...]
    per_cause: Mapping[str, str]
    per_notice: Mapping[str, str]
    unknown: str | None
    sources: tuple[str, ...]


class Answer(_Frozen):
    """The answer to one question that people ask.

    Attributes:
        title: what a button says.
        question: the question in a person's words.
        kind: whether it says if something is allowed or risky (`rule`), how something is done, or
            what is so.
        about: the cause or look-alike it is about, if one.
        serves: the intents that ask for it; the first one is the topic it belongs to.
        presumes: whether it presumes what must not be presumed of who may have asked something else: a
            deed, a lie, a death.
        needs: the pattern without whose words in the talk it is never said unasked; none where empty.
        short: answers the question itself; all that is said where another answer goes first.
        more: what follows it.
        done: of a rule, what to do for who has broken it and has heard nothing yet.
        per_cause, per_notice: said in place of `more` where the cause or the notice is known.
        per_role: said in place of the whole answer to somebody who is no freelancer.
        follow_ups: answers that a person would ask for next.
    """

    id: str = Field(regex=r"^[a-z0-9_]{1,40}$")
    title: str = Field(max_length=40)
    question: str
    kind: Literal["rule", "how", "fact"]
    about: str | None
    serves: tuple[str, ...]
    presumes: bool = False
    needs: str = ""
    short: str = Field(max_length=260)
    more: str = Field(max_length=480)
    done: str | None = None
    per_cause: Mapping[str, str]
    per_notice: Mapping[str, str]
    per_role: Mapping[Role, str]
    sources: tuple[str, ...]
    follow_ups: tuple[str, ...]

    @property
    def says_yes_or_no(self) -> bool:
        """Whether it begins with a yes or a no, which tells something only beside its question."""
        return self.short.startswith(("Yes", "No,", "No.", "No:", "No;"))


class Notice(_Frozen):
    """A kind of restriction, as the email or the banner at log-in tells it.

    `says` are regular expressions (case-insensitive) that find it in a message; the first
    notice of the file with a match wins.
    """

    id: str
    title: str = Field(max_length=30)
    phrase: str
    means: str
    says: tuple[Pattern, ...]
    sources: tuple[str, ...]


class Circumstance(_Frozen):
    """Something that changes what is realistic; `says` as in `Notice`.

    `says_not` are regular expressions that find the message in which a person says the contrary.
    `tells_of` is the cause that it hints at where a person names none. `excuses` is set where
    someone to whom it happened does not thereby admit that a rule was broken.
    """

    id: str
    title: str = Field(max_length=40)
    said: str
    says: tuple[Pattern, ...]
    says_not: tuple[Pattern, ...] = ()
    tells_of: str | None = None
    excuses: bool = False


class Phrase(_Frozen):
    """How people say something, whatever it is about; `yes` and `no` are tried by the checks.

    `says` as in `Notice`: sentences of `yes` are found by one of them, those of `no` by none.
    """

    id: str
    says: tuple[Pattern, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]

    def found(self, text: str) -> bool:
        """Whether a text says it."""
        return says(self.says, text)

    def match(self, text: str) -> re.Match[str] | None:
        """Where a text says it first, by the first pattern that finds it."""
        return next(matches(self.says, text), None)


class AppealState(_Frozen):
    """How far an appeal has come; `says` as in `Notice`."""

    id: str
    title: str = Field(max_length=30)
    said: str
    says: tuple[Pattern, ...]


class UpworkAnswer(_Frozen):
    """What Upwork answers to an appeal or in a ticket; the first of the file that is found in a text counts.

    Attributes:
        phrase: what it is.
        says: as in `Notice`; `needs`: each of these has to find something as well.
        appealed: how far the appeal is then.
        letter: the kind of letter that fits.
        then: what to do; "{evidence}" is what can prove the cause.
        yes, no: as in `Phrase`.
    """

    id: str
    phrase: str
    says: tuple[Pattern, ...]
    needs: tuple[Pattern, ...] = ()
    appealed: Appealed | None = None
    letter: str | None = None
    then: str | None = None
    sources: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]

    def found(self, text: str) -> bool:
        """Whether a text says it."""
        return says(self.says, text) and all(says((pattern,), text) for pattern in self.needs)


class Language(_Frozen):
    """A language that is recognised: by `letters`, a range that only it uses here, or by `words`."""

    id: str
    title: str = Field(max_length=40)
    sentence: str = ""
    letters: str = ""
    words: tuple[str, ...] = ()


class Group(_Frozen):
    """Causes that are offered together when a list of all would be too long."""

    id: str
    title: str = Field(max_length=30)


class FactValue(_Frozen):
    """One of the few values that a fact may have.

    Attributes:
        title: its button under the fact's question, where it has one.
        says: as in `Notice`; where it is said anywhere.
        answers: what says it too in the answer to the fact's question.
        circumstance, denied: the circumstance that holds, or that does not hold, where it is so.
        letter: what stands for it in a letter's sentences.
    """

    title: str | None = Field(None, max_length=24)
    says: tuple[Pattern, ...] = ()
    answers: tuple[Pattern, ...] = ()
    circumstance: str | None = None
    denied: str | None = None
    letter: str = ""


class FactKind(_AsWritten):
    """Something that a letter may tell, and how it is found in what a person writes.

    A fact has one of a few `values`, or a text: what the entity `entity` or the group `value` of a
    pattern of `says` takes from a sentence, or the answer to its question as it was written.

    Attributes:
        label: its name where a person reads what was understood.
        ask, again: its question, and the second wording.
        entity: the entity of a message that holds it.
        fits: what such a text must look like, unless it answers the question.
        fixes: how a text is put for the letter: pattern and what stands in its place, in order.
        free: whether the answer itself is what is told: a phrase, or statements of the kind named so.
        several: whether a person may tell more than one.
        beside: what the sentence around it has to say, unless it answers the question.
        not_after, not_before: what stands right before it, or right after it, where it is another thing.
        own: whether a "no" or "not" before it belongs to it.
        causes: those that it may be told of; all where none is named.
        deed: whether it tells the deed itself, which has no place in a letter that disputes it.
        unless: facts after which it is not asked for.
        instead_of: facts that the answer to its question does not tell, though it looks so.
        of_story: whether a story in the person's own words tells it, so that it is not asked for after one.
        yes, no: sentences that tell it, and that do not; tests/unit/test_facts.py tries them.
    """

    id: str
    label: str | None = None
    ask: str | None = None
    again: str | None = None
    entity: str | None = None
    fits: Pattern | None = None
    fixes: tuple[tuple[Pattern, str], ...] = ()
    values: Mapping[str, FactValue] = {}
    says: tuple[Pattern, ...] = ()
    answers: tuple[Pattern, ...] = ()
    free: Literal["statements", "phrase"] | None = None
    several: bool = False
    beside: tuple[Pattern, ...] = ()
    not_after: tuple[Pattern, ...] = ()
    not_before: tuple[Pattern, ...] = ()
    own: bool = False
    causes: tuple[str, ...] = ()
    deed: bool = False
    unless: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()
    of_story: bool = False
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


class Cleaning(_AsWritten):
    """How a person's own sentence is put before it may stand in a letter.

    `pattern` is found in it (any case); `put` stands in its place, in order. `talk` is done only to what was
    not written for a letter; what `swears` is put first, so that the rest of its sentence can stand.
    """

    id: str
    pattern: Pattern
    put: str = ""
    talk: bool = False
    swears: bool = False


class Person(_Frozen):
    """The words for a person in a sentence: as who does something, to whom, whose it is, and what they do."""

    id: str
    subject: str
    object: str
    whose: str
    alone: str
    reflexive: str
    present: str
    past: str
    have: str
    do: str


class LetterRow(_Frozen):
    """One sentence pattern of a letter, and when it is written.

    In `say`, "{fact}" is a fact, "{phrase}" what the cause is called; what stands in square brackets is
    left out where a fact in it was not told. A fact outside brackets has to be told.

    Attributes:
        part: the place in the letter; of all rows of a part the first that fits is written.
        needs: facts that have to be told: "often", or "often=once".
        lacks: facts that have to be missing.
        stance, notice, appealed, tone: as in `When`; a missing one always holds.
    """

    part: str
    stance: tuple[LetterStance, ...] = ()
    notice: tuple[str, ...] = ()
    appealed: tuple[Appealed, ...] = ()
    tone: tuple[Tone, ...] = ()
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    say: str


class LetterPatterns(_Frozen):
    """The sentence patterns of one cause, or of one kind of letter, and what is asked for it.

    Attributes:
        paragraphs: of a kind, the parts of each paragraph in their order.
        asks: the facts that matter, by stance, the most telling first.
        rows: the sentences; a cause's go before those of the kind.
        title: the button of a kind.
        says: how people ask for that kind.
        story: what its heart should tell, in the person's own words; it goes on after "your own words: ".
    """

    id: str
    title: str | None = Field(None, max_length=24)
    story: str | None = Field(None, max_length=180)
    says: tuple[Pattern, ...] = ()
    paragraphs: tuple[tuple[str, ...], ...] = ()
    asks: Mapping[LetterStance, tuple[str, ...]] = {}
    rows: tuple[LetterRow, ...]


class When(_Frozen):
    """Conditions of a row; a missing one always holds.

    `any` and `all` speak of circumstances; `cause: [unknown]` is a case without a cause.
    """

    cause: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    stance: tuple[Stance, ...] = ()
    notice: tuple[str, ...] = ()
    appealed: tuple[Appealed, ...] = ()
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()


class Row(_Frozen):
    """One row of the decision table: when it holds, and what is realistic then.

    `odds` is missing where nobody can tell ("support" without a judgement).
    """

    id: str
    when: When = When()
    path: Path_
    odds: Odds | None
    say: str
    sources: tuple[str, ...] = ()


class Wording(_Frozen):
    """How outcomes are said, what introduces a part of an answer ("{}" is the part), and the titles
    of buttons that belong to no cause.

    Attributes:
        outcomes: what is realistic, by "<path>_<odds>".
        tones: the buttons of the letter's tones.
        understood_about, understood_disputed, understood_notice: what was understood, before a letter.
        about: what Upwork seems to hold against a person, by how they stand to it; of a hold `about_hold`.
        if_so: an outcome, where what it is about is a possibility.
        if_restricted: an outcome, where a deed is told and nothing that has come of it.
        could_be_new: what may be new after a refusal, where no cause is known.
        accused: the button of a cause that the person denies.
        something_new: the button of who has what opens a decision that is called final.
        follow_ups: intents that people turn to next, by path; an answer is "faq/<id>".
    """

    outcomes: Mapping[str, str]
    cannot_tell: str
    about: Mapping[Stance, str]
    if_so: str
    if_restricted: str
    about_hold: str
    about_notice: str
    also: str
    guide: str
    policy: str
    steps: str
    evidence: str
    not_known: str
    could_be_new: tuple[str, ...]
    happened: str = Field(max_length=24)
    did_not_happen: str = Field(max_length=24)
    other: str = Field(max_length=24)
    yes: str = Field(max_length=24)
    no: str = Field(max_length=24)
    skip: str = Field(max_length=24)
    stop: str = Field(max_length=24)
    use_that: str = Field(max_length=24)
    put_in: str = Field(max_length=24)
    change_sentence: str = Field(max_length=24)
    tones: Mapping[Tone, str]
    understood_about: str
    understood_disputed: str
    understood_notice: str
    draft: str = Field(max_length=24)
    helpful: str = Field(max_length=24)
    not_helpful: str = Field(max_length=24)
    not_right: str = Field(max_length=24)
    why: str = Field(max_length=24)
    accused: str
    something_new: str = Field(max_length=24)
    instead: str
    wrong_notice: str = Field(max_length=30)
    wrong_answer: str = Field(max_length=30)
    upwork_asks: str
    deadline: str
    follow_ups: Mapping[Path_, tuple[str, ...]]


class Table(_Frozen):
    """`verdicts.yml`: the wording and the rows, first match wins."""

    wording: Wording
    rows: tuple[Row, ...]


class Gist(NamedTuple):
    """What something is about, the shortest that is said of it, and the sources of that."""

    about: str
    said: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Knowledge:
    """All that is true, by id."""

    causes: Mapping[str, Cause]
    lookalikes: Mapping[str, Lookalike]
    topics: Mapping[str, Topic]
    answers: Mapping[str, Answer]
    notices: Mapping[str, Notice]
    circumstances: Mapping[str, Circumstance]
    appeals: Mapping[str, AppealState]
    upwork_answers: Mapping[str, UpworkAnswer]
    groups: Mapping[str, Group]
    languages: Mapping[str, Language]
    patterns: Mapping[str, Phrase]
    roles: Mapping[str, Phrase]
    letters: Mapping[str, LetterPatterns]
    facts: Mapping[str, FactKind]
    cleaning: Mapping[str, Cleaning]
    owner: Mapping[str, Cleaning]
    persons: Mapping[str, Person]
    wishes: Mapping[str, Phrase]
    sources: Mapping[str, Source]
    table: Table

    def notice_of(self, id_: str | None) -> Notice | None:
        """The kind of restriction with this id; None for None and for "not_suspended"."""
        return self.notices.get(id_) if id_ else None

    def topic_of(self, intent: str) -> Topic | None:
        """The topic that answers an intent, if one does."""
        return next((t for t in self.topics.values() if intent in t.intents), None)

    def title_of(self, intent: str) -> str | None:
        """What a person reads for `cause_`, `deny_` or `lookalike_<id>`, `faq/<id>` or a topic's intent."""
        kind, _, rest = intent.partition("_")
        if kind in ("cause", "deny") and rest in self.causes:
            title = self.causes[rest].title
            return title if kind == "cause" else self.table.wording.accused.format(title)
        if kind == "lookalike" and rest in self.lookalikes:
            return self.lookalikes[rest].title
        if intent.startswith("faq/") and (answer := self.answers.get(intent.partition("/")[2])):
            return answer.title
        topic = self.topic_of(intent)
        return topic.title if topic else None

    def gist_of(self, intent: str) -> Gist | None:
        """The gist of `faq/<id>`, `cause_<id>` or `deny_<id>`; None of all else, and of what presumes."""
        if answer := self.answers.get(intent.removeprefix("faq/")):
            return None if answer.presumes else Gist(answer.question, answer.short, answer.sources)
        if cause := self.causes.get(intent.partition("_")[2]):
            return Gist(cause.title, cause.policy, cause.sources)
        return None
