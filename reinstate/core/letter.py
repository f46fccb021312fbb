"""Drafts a letter from what a person wrote for it, or told. Pure.

The heart is the story that they wrote, whole and in its order; where they wrote none, the sentences of
their talk, mended, each in its part. Facts that stand in none of them (the answer "twice", a button) become
sentences by the patterns of `knowledge/letters/`, which also frame the letter. Nothing is said that was not
told: a sentence carries the words or the facts that it was made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reinstate.core.case import Case
from reinstate.core.cleaning import capital, in_list, is_sentence, stems
from reinstate.core.facts import Fact, of_cause, tells
from reinstate.core.own_words import NEW, STORY, TOLD, nearly_says, own_words, part_of
from reinstate.core.statements import Statement, belonging
from reinstate.knowledge import Knowledge, LetterPatterns, LetterRow, LetterStance, Tone

LONGEST = 3000
APPEAL, QUESTIONS, CLIENTS, REPLY, PEOPLE = "appeal", "questions", "clients", "reply", "people"
MOST_QUESTIONS = 4
_BEGINNING = 5  # words of a sentence in which its verb stands; what has none there only names things
_FEW_THINGS = 4  # words of what only names it, whatever it sounds like ("the work diary")
_LONG = 25  # words of what was written for a letter from which on it tells what belongs to a story
EMPTY_LINE = "\n\n"  # what stands between two paragraphs
ADDED = "added"  # the part of sentences that a person added and that have no part in this letter
_GROUNDS = "notice_words"
HAPPENED = "happened"  # the fact that only asks what happened
FRAME = ("subject", "greeting", "ending")  # the parts around what is said
_ACCOUNT, _DETAIL, _POSITION, _REGRET = "account", "detail", "position", "regret"
# The parts whose patterns tell facts; the others frame the letter and may name a fact that was told already.
_BESIDE = ("unaware", "removed", "evidence")
_TELLING = ("what", "who", "why", "often", *_BESIDE)
# The parts in which the answer to a question stands.
PARTS_OF = {"changed": "changed", NEW: NEW, "evidence": "proof"}
_LISTED = ("proof",)
_DOCUMENT, EVIDENCE = "document", "evidence"  # a document that can be shown is named once
_OPTIONAL, _PLACE = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]"), re.compile(r"\{(\w+)\}")
_BEGINS = re.compile(r"(?:I|We|He|She|It|They|You)\b")  # a sentence that tells of proof
_NEWS = (NEW, "changed", "proof")
_EXCUSED = "hold"  # a severity: whose check failed has broken no rule
_OWNS, _SORRY = "knew", "sorry"  # the facts that the person says themselves that it was wrong


@dataclass(frozen=True)
class Sentence:
    """One sentence, its place, and the facts that it was made of.

    `words` where it is the person's own, of a list a line for each thing; `gap` where it stands otherwise
    apart from what is before it than by one space, or by an empty line where a paragraph begins.
    """

    text: str
    part: str
    facts: tuple[Fact, ...] = ()
    words: str = ""
    gap: str = ""


@dataclass(frozen=True)
class Letter:
    """A draft.

    Attributes:
        all: its sentences, from the subject to the name; those of one part in their order.
        frame: the parts of each paragraph, in their order.
    """

    all: tuple[Sentence, ...]
    frame: tuple[tuple[str, ...], ...]

    @property
    def paragraphs(self) -> tuple[tuple[Sentence, ...], ...]:
        """The sentences in their places."""
        grouped = (tuple(s for part in names for s in self.all if s.part == part) for names in self.frame)
        return tuple(paragraph for paragraph in grouped if paragraph)

    @property
    def text(self) -> str:
        """The letter as one text to copy."""
        text = ""
        for paragraph in self.paragraphs:
            for sentence in paragraph:
                begins = sentence is paragraph[0]
                as_sent = sentence.gap and (EMPTY_LINE in sentence.gap) == begins
                usual = EMPTY_LINE if begins else " "
                if begins or not text[-1:].isspace():
                    text = text.rstrip() + (sentence.gap if as_sent else usual)
                text += sentence.text
        return text.strip()

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Those between greeting and ending, which can be changed one by one."""
        return tuple(s for paragraph in self.paragraphs for s in paragraph if s.part not in FRAME)

    def place(self, part: str) -> str:
        """The part itself where the letter has it, a story for what happened, else that of what was added."""
        if part == TOLD and any(s.part == STORY for s in self.all):
            return STORY
        return part if any(part in names for names in self.frame) else ADDED


def draft(
    case: Case,
    facts: Sequence[Fact],
    told: Sequence[Statement],
    tone: Tone,
    knowledge: Knowledge,
    kind: str = APPEAL,
) -> Letter:
    """Write a letter.

    Args:
        case: tells which cause it is about, and what the notice says.
        facts: what the person told, as far as it is known by itself.
        told: their own sentences, as they were written.
        tone: brief, formal or warm.
        knowledge: the sentence patterns.
        kind: which letter: an id of `knowledge/letters/` that is no cause's.
    """
    said = [s.text for s in told]
    cause, told = case.first_cause, belonging(told)
    known, frame = of_cause(facts, cause, knowledge), knowledge.letters[kind]
    parts = [part for paragraph in frame.paragraphs for part in paragraph]
    stance = stance_of(case, known, told, knowledge)
    chosen = own_words(told, case, known, tone, knowledge, disputes=stance == "disputes")
    own = [Sentence(o.text, o.part, words=o.words) for o in chosen if o.part in parts]
    own_deed = knowledge.patterns["own_deed"]
    happened = [s for s in own if s.part == TOLD]
    story = [s for s in own if s.part == STORY]
    if stance == "asks" and happened and (cause or any(own_deed.found(s.text) for s in happened)):
        stance = "explains"  # who tells what happened knows which rule it is
    opening = case
    if any(knowledge.patterns["measure_told"].found(s.text) for s in story):  # the person says it themselves
        opening = replace(case, notice=None)
    if any(knowledge.patterns["appeal_told"].found(s.text) for s in story):
        opening = replace(opening, appealed=None)
    rows = _Rows((*_of_cause(cause, knowledge).rows, *frame.rows), case, stance, tone, cause, knowledge)
    openings = replace(rows, case=opening)
    spoken = {s.part for s in own} | {part_of(s.kind) for s in told if s.place}
    left = [f for f in known if not any(_says(s, f, knowledge) for s in own)]
    written = any(s.place for s in told)
    if written:  # beside what was written for the letter, only what was asked for
        left = [f for f in left if f.answers]
    if (
        TOLD in spoken
    ):  # what was found in passing, in what was said and does not stand, may be of something else
        stands = [s.words for s in own]
        left = [f for f in left if not any(_overlap(f.words, w) for w in (stands if f.answers else said))]
    beside = TOLD in spoken and not any(knowledge.facts[f.kind].deed for f in left)
    framing = [f for f in known if _REGRET not in spoken or f.kind not in (_OWNS, _SORRY)]
    found = [
        s
        for part in parts
        if part not in (*_TELLING, _DETAIL)
        if (s := (openings if part == _ACCOUNT else rows).first(part, framing))
    ]
    found += rows.tell(parts, left, beside=beside)
    # Who tells the deed has said what it is; who disputes it may tell all but that.
    silent = stance == "disputes" and not _says_what_for(story, knowledge)
    if (story and not silent) or (
        TOLD in spoken and cause is None
    ):  # who tells it need not say what it concerns
        found = [s for s in found if s.part != "accused" or s.facts]
    told_words = {stem for s in story for stem in stems(s.text, knowledge)}
    quoted = next((f for f in known if f.kind == _GROUNDS), None)
    if quoted and nearly_says(told_words, set(stems(quoted.value, knowledge))):
        found = [s for s in found if s.part != "accused"]  # what the notice says stands in the story
    owns = _REGRET in spoken or any(_tells_deed(f, knowledge) for f in known)
    if story or (stance == "admits" and not owns):
        found = [s for s in found if s.part != _POSITION]  # nobody is made to say that they do not dispute it
    led = _led((s for s in own if s not in story), rows)
    return Letter((*found, *story, *led), (*frame.paragraphs[:-2], (ADDED,), *frame.paragraphs[-2:]))


def _says_what_for(story: Iterable[Sentence], knowledge: Knowledge) -> bool:
    """Whether a story says what is held against the person, or guesses at it."""
    said = ("reports", "says_what_for", "hedges")
    return any(knowledge.patterns[p].found(s.text) for s in story for p in said)


def _says(sentence: Sentence, fact: Fact, knowledge: Knowledge) -> bool:
    """Whether a person's own sentence tells a fact; that a passport has a photo does not offer to show it."""
    shows = fact.kind not in (_DOCUMENT, EVIDENCE) or sentence.part == PARTS_OF[EVIDENCE]
    return shows and tells(fact, sentence.words, knowledge)


def _overlap(one: str, other: str) -> bool:
    return one in other or other in one


def _led(own: Iterable[Sentence], rows: _Rows) -> Iterator[Sentence]:
    """The person's sentences, the first of those that are new led in, then what is none, as one list.

    Beside a sentence, only what holds a figure ("85 dollars in May"), or names proof: the rest are scraps.
    """
    whole = {s: is_sentence(s.text, rows.knowledge) and not _names_things(s, rows.knowledge) for s in own}
    told = [s for s in whole if whole[s]]
    parts = {s.part for s in told}
    led: set[str] = set()
    for sentence in told:
        row = None if sentence.part in led else rows.first(sentence.part, (), {"words": sentence.text})
        led.add(sentence.part)
        yield replace(sentence, text=row.text) if row else sentence
    bare = [s for s in whole if not whole[s]]
    for part in dict.fromkeys(s.part for s in bare):
        scraps = [
            s for s in bare if s.part == part and (part in _LISTED or part not in parts or _has_figure(s))
        ]
        *first, last = [in_list(s.text, s.words) for s in scraps] or [""]
        listed = f"{', '.join(first)}, and {last}" if first else last
        if scraps and (row := rows.first(f"bare_{part}", (), {"words": f"{listed}."})):
            yield Sentence(row.text, part, words="\n".join(s.words for s in scraps))


def _has_figure(sentence: Sentence) -> bool:
    return any(sign.isdigit() for sign in sentence.text)


def _names_things(sentence: Sentence, knowledge: Knowledge) -> bool:
    """Whether a sentence only names what can be shown ("The police report, and the mail that came")."""
    if sentence.part != PARTS_OF[EVIDENCE] or _BEGINS.match(sentence.text):
        return False
    words = sentence.text.split()
    begun = " ".join(words[:_BEGINNING])
    few = len(words) <= _FEW_THINGS or not knowledge.patterns["verb"].found(begun)
    return few or knowledge.patterns["names_proof"].found(sentence.text)


@dataclass(frozen=True)
class _Rows:
    """The rows of a letter, a cause's own first, and what decides which of them fits."""

    rows: tuple[LetterRow, ...]
    case: Case
    stance: LetterStance
    tone: Tone
    cause: str | None
    knowledge: Knowledge

    def first(self, part: str, facts: Sequence[Fact], more: Mapping[str, str] = {}) -> Sentence | None:
        """The sentence of the first row of a part that fits, and that needs no other than these facts."""
        return next(self.each(part, facts, more), None)

    def has(self, part: str) -> bool:
        """Whether there is a row of a part at all."""
        return any(row.part == part for row in self.rows)

    def each(self, part: str, facts: Sequence[Fact], more: Mapping[str, str] = {}) -> Iterator[Sentence]:
        """The sentences of all such rows."""
        values = {**_values(facts, self.cause, self.knowledge), **more}
        for row in self.rows:
            if row.part == part and _fits(row, self.case, self.stance, self.tone, facts):
                sentence = _sentence(row, values, facts)
                if sentence:
                    yield sentence

    def tell(self, parts: Iterable[str], facts: Sequence[Fact], *, beside: bool) -> Iterator[Sentence]:
        """Sentences of facts: one of each part, and a detail for whatever they leave.

        Beside a person's own words, which tell the story, there are only details.
        """
        left = list(facts)
        for part in (p for p in parts if p in (_BESIDE if beside else _TELLING)):
            if sentence := self.first(part, facts):
                left = [f for f in left if f not in sentence.facts]
                yield sentence
        while left and (sentence := self.first(_DETAIL, left)) and sentence.facts:
            left = [f for f in left if f not in sentence.facts]
            yield sentence


def stance_of(
    case: Case, facts: Sequence[Fact], told: Iterable[Statement], knowledge: Knowledge
) -> LetterStance:
    """How the letter takes the accusation: only who broke a rule, and says so, does not dispute it.

    Whose check failed, or whose client was theirs before, has admitted nothing; nor is anything admitted
    for a person whose own words deny a part of it.
    """
    cause = case.first_cause
    owns = any(f.kind == _OWNS for f in of_cause(facts, cause, knowledge))
    if cause in case.disputed and not owns:
        return "disputes"
    if cause is None or case.stance(cause) == "unsure":  # who wrote what happened knows which rule it is
        return "explains" if any(s.place == STORY for s in told) else "asks"
    values = (knowledge.facts[f.kind].values.get(f.value) for f in of_cause(facts, cause, knowledge))
    circumstances = {*case.circumstances, *(v.circumstance for v in values if v and v.circumstance)}
    excused = any(_excuses(c, cause, knowledge) for c in circumstances)
    words = " ".join(
        [*(s.text for s in belonging(told)), *(f.words for f in of_cause(facts, cause, knowledge))]
    )
    denies = any(knowledge.patterns[p].found(words) for p in ("protests", "defends"))
    return (
        "explains"
        if excused or (denies and not owns) or knowledge.causes[cause].severity == _EXCUSED
        else "admits"
    )


def _tells_deed(fact: Fact, knowledge: Knowledge) -> bool:
    """Whether a fact is a deed, or that the person is sorry for it."""
    return knowledge.facts[fact.kind].deed or fact.kind in (_OWNS, _SORRY)


def _excuses(circumstance: str, cause: str, knowledge: Knowledge) -> bool:
    """Whether a circumstance speaks for a person in a cause, and not in another one that they told of."""
    found = knowledge.circumstances[circumstance]
    asked = (question.circumstance for question in knowledge.causes[cause].ask)
    return found.excuses and (found.tells_of in (None, cause) or circumstance in asked)


def next_question(
    case: Case,
    facts: Sequence[Fact],
    told: Sequence[Statement],
    asked: Sequence[str],
    knowledge: Knowledge,
    kind: str = APPEAL,
) -> str | None:
    """The fact that is missing and matters most, if one is left to ask for; at most four are asked.

    Args:
        case: as for `draft`.
        facts: as for `draft`.
        told: as for `draft`.
        asked: the facts that were asked for already.
        knowledge: as for `draft`.
        kind: as for `draft`.
    """
    if len(asked) >= MOST_QUESTIONS:
        return None
    cause = case.first_cause
    stance = stance_of(case, facts, told, knowledge)
    of_kind = _of_cause(cause, knowledge) if kind == APPEAL else knowledge.letters[kind]
    asks = of_kind.asks.get(stance, ())
    if kind == APPEAL and case.appealed == "refused" and not any(s.place == STORY for s in told):
        asks = (NEW, *asks)
    if kind == APPEAL or of_kind.story:
        asks = (HAPPENED, *asks)
    stands = {s.part for s in draft(case, facts, told, "formal", knowledge, kind).sentences}
    stands |= {part_of(s.kind) for s in told if s.place and _answers_by_itself(s, knowledge)}
    story = any(s.place == STORY for s in told)  # beside which nothing of talk stands
    known = {
        f.kind for f in of_cause(facts, cause, knowledge) if f.answers or f.kind != EVIDENCE or not story
    }
    known |= {fact for fact, part in PARTS_OF.items() if part in stands}
    long = sum(len(s.text.split()) for s in told if s.place == STORY) >= _LONG
    missing = (knowledge.facts[fact] for fact in asks if fact not in known and fact not in asked)
    left = (fact for fact in missing if not known & set(fact.unless) and not (long and fact.of_story))
    return next((fact.id for fact in left), None)


def _answers_by_itself(statement: Statement, knowledge: Knowledge) -> bool:
    """Whether a sentence need not be asked for; in a story only an offer tells what can be shown."""
    proof = part_of(statement.kind) == PARTS_OF[EVIDENCE] and statement.place == STORY
    return not proof or knowledge.patterns["offers"].found(statement.text)


def story_of(case: Case, knowledge: Knowledge, kind: str = APPEAL) -> str:
    """What the heart of a letter should tell."""
    of_kind = _of_cause(case.first_cause, knowledge) if kind == APPEAL else knowledge.letters[kind]
    story = str(of_kind.story or knowledge.letters["generic"].story)
    refused = case.appealed == "refused" and kind == APPEAL
    return f"{story}{knowledge.letters[APPEAL].story}" if refused else story


def without_answer(told: Iterable[Statement], fact: str) -> tuple[Statement, ...]:
    """What was told, without the answer to a question for a letter; what happened is looked through again."""
    if fact == HAPPENED:
        return tuple(replace(s, place="") for s in told)
    return tuple(s for s in told if s.place != PARTS_OF.get(fact, fact))


def nothing_new(case: Case, told: Iterable[Statement]) -> bool:
    """Whether an appeal was refused and nothing was told that is new since; a story was asked for it."""
    return case.appealed == "refused" and not any(s.kind in _NEWS or s.place == STORY for s in told)


def tells_nothing(case: Case, letter: Letter) -> bool:
    """Whether no cause is known and nothing stands in a letter that the person told."""
    return case.first_cause is None and not any(s.facts or s.words for s in letter.sentences)


def _of_cause(cause: str | None, knowledge: Knowledge) -> LetterPatterns:
    """The patterns of a cause, of those that have none the general ones."""
    return knowledge.letters.get(cause or "", knowledge.letters["generic"])


def _values(facts: Iterable[Fact], cause: str | None, knowledge: Knowledge) -> dict[str, str]:
    """What stands for each fact that was told, and for the cause's name."""
    grouped: dict[str, list[str]] = {}
    shown = {f.value for f in facts if f.kind == _DOCUMENT}
    for fact in facts:
        if fact.kind != EVIDENCE or fact.value.removeprefix("my ") not in shown:
            grouped.setdefault(fact.kind, []).append(fact.in_letter(knowledge))
    values = {kind: _listed(found) for kind, found in grouped.items()}
    return {**values, "phrase": knowledge.causes[cause].in_letter} if cause else values


def _listed(found: Sequence[str]) -> str:
    """Things as a list, without those that another one names with more words."""
    whole = [one for one in found if not any(one != other and one in other for other in found)]
    *first, last = whole
    return f"{', '.join(first)} and {last}" if first else last


def _fits(row: LetterRow, case: Case, stance: LetterStance, tone: Tone, facts: Sequence[Fact]) -> bool:
    told = {f.kind for f in facts} | {f"{f.kind}={f.value}" for f in facts}
    conditions: tuple[tuple[Sequence[str], str], ...] = (
        (row.stance, stance),
        (row.notice, case.notice or "unknown"),
        (row.appealed, case.appealed or "no"),
        (row.tone, tone),
    )
    holds = all(not wanted or value in wanted for wanted, value in conditions)
    return holds and all(n in told for n in row.needs) and not any(n in told for n in row.lacks)


def _sentence(row: LetterRow, values: Mapping[str, str], facts: Sequence[Fact]) -> Sentence | None:
    """A row with its facts in their places; None where one outside brackets was not told."""

    def optional(match: re.Match[str]) -> str:
        return match[1] if all(name in values for name in _PLACE.findall(match[1])) else ""

    say = _OPTIONAL.sub(optional, row.say)
    names = _PLACE.findall(say)
    if any(name not in values for name in names):
        return None
    text = _PLACE.sub(lambda match: values[match[1]], say)
    needed = {*names, *(need.partition("=")[0] for need in row.needs)}
    return Sentence(capital(text), row.part, tuple(f for f in facts if f.kind in needed))


def as_owner(
    facts: Iterable[Fact], told: Iterable[Statement], knowledge: Knowledge
) -> tuple[tuple[Fact, ...], tuple[Statement, ...]]:
    """What who helps somebody told, without sentences that speak of the owner as "she"."""
    of_another = knowledge.patterns["of_another"]
    phrases = tuple(f for f in facts if not (knowledge.facts[f.kind].free and of_another.found(f.value)))
    return phrases, tuple(s for s in told if s.place or not of_another.found(s.text))
