"""What a message changes in a case. Pure."""

from __future__ import annotations

from dataclasses import replace

from reinstate.core.case import HAPPENED, Case, CauseMention
from reinstate.core.cleaning import sentences
from reinstate.core.facts import denied, gathered
from reinstate.core.parsed import CORRECTS, LEADS, ParsedMessage
from reinstate.core.verdict import SOMETHING_NEW, decide
from reinstate.knowledge import APPEALED, NOTICES, Circumstance, Knowledge, matches, says

_NO_ANSWER = ("cause_unknown", "skip")
_SURE_PROMISE = 0.8  # how surely all of a message tells what is otherwise now
_SURE_PROOF = 0.8  # how surely a sentence tells what can be shown


def update_case(case: Case, message: ParsedMessage, asked: str | None, knowledge: Knowledge) -> Case:
    """The case after a message.

    Args:
        case: what was known before.
        message: what was said.
        asked: the open question, as `question_id` names it, or None.
        knowledge: for the ids that exist.
    """
    message = _meant(message, asked, knowledge)
    before, case = case, _hear_causes(case, message, knowledge)
    case = _hear_facts(_hear_details(case, message, knowledge), message, knowledge)
    kind, _, rest = message.intent.partition("_")
    yes = _led_answer(message, asked, knowledge)
    told = message.circumstances or message.denied_circumstances
    denied = message.value or (None if told else _asked_circumstance(asked))
    if _disputes(case, message, asked, knowledge):
        case = case.name(case.causes[0], "denies")
    elif asked and yes is not None:
        case = _hear_answer(case, asked, knowledge, yes=yes)
    elif kind == "circumstance" and message.names_circumstance and _is_of_case(rest, case, knowledge):
        case = _with_circumstance(case, rest, knowledge)
    elif message.intent == "deny_circumstance" and denied in knowledge.circumstances:
        case = _circumstance_answer(case, str(denied), knowledge, yes=False)
    elif message.intent == "inform_notice" and message.value in NOTICES:
        case = case.with_notice(str(message.value))
    elif message.intent == "inform_appealed":
        case = next((case.with_appealed(a) for a in APPEALED if a == message.value), case)
    elif asked and (message.intent in _NO_ANSWER or knowledge.patterns["knows_not"].found(message.text)):
        case = _hear_no_answer(case, asked)
    elif message.intent in ("affirm", "deny") and asked and message.affirms:
        case = _hear_answer(case, asked, knowledge, yes=message.intent == "affirm")
    return _hinted(before, case, knowledge)


def _meant(message: ParsedMessage, asked: str | None, knowledge: Knowledge) -> ParsedMessage:
    """The message with the circumstances that it names only to deny them among the denied ones.

    "No, it does not say different person"; a no to the open question counts before what it repeats. What
    was refused, or done to the person, is no circumstance of a deed ("he wanted to rent my account").
    """
    lead = LEADS.search(message.text)
    no = _asked_circumstance(asked) if lead and not lead["yes"] else None
    undone = {r.id for r in message.told if r.stance == "denies"}
    named = {c: knowledge.circumstances[c] for c in message.circumstances}
    not_so = tuple(
        c
        for c, circumstance in named.items()
        if c == no
        or (circumstance.tells_of in undone and not circumstance.excuses)
        or _is_denied(circumstance, message, knowledge)
    )
    if not not_so:
        return message
    left = tuple(c for c in message.circumstances if c not in not_so)
    intent = "inform_detail" if message.intent.partition("_")[2] in not_so else message.intent
    return replace(
        message,
        intent=intent,
        circumstances=left,
        denied_circumstances=(*message.denied_circumstances, *not_so),
    )


def _is_denied(circumstance: Circumstance, message: ParsedMessage, knowledge: Knowledge) -> bool:
    found = [
        denied(sentence[: match.start()], knowledge)
        for sentence in sentences(message.text)
        for match in matches(circumstance.says, sentence)
    ]
    return bool(found) and all(found)


def _disputes(case: Case, message: ParsedMessage, asked: str | None, knowledge: Knowledge) -> bool:
    """Whether a message without a cause is about the accusation ("that's not true").

    "No, that's not true" answers the open question of who told the cause themselves.
    """
    if not case.causes or message.told or not knowledge.patterns["disputes"].found(message.text):
        return False
    blames = knowledge.patterns["blames"].found(message.text)
    answers = LEADS.search(message.text) and not blames and _asked_circumstance(asked)
    return not (answers and case.stance(case.causes[0]) == "admits")


def _hinted(before: Case, case: Case, knowledge: Knowledge) -> Case:
    """Where no cause is known, the one that a new circumstance hints at, as a possibility."""
    if case.causes or case.disputed:
        return case
    new = (knowledge.circumstances[c] for c in case.circumstances if c not in before.circumstances)
    hinted = next((circumstance.tells_of for circumstance in new if circumstance.tells_of), None)
    return case.name(hinted, "unsure") if hinted else case


def _hear_causes(case: Case, message: ParsedMessage, knowledge: Knowledge) -> Case:
    promises = bool(message.statements) and all(
        s.kind == "changed" and s.sure >= _SURE_PROMISE for s in message.statements
    )
    mentions = [
        replace(r, stance=case.stance(r.id)) if r.stance == "unsure" and r.id in case.causes else r
        for r in _without_intruders(case, message, knowledge)
        # a guess does not take back that it did not happen, nor what is otherwise now that it did
        if not (r.stance == "unsure" and r.id in case.disputed)
        and not (promises and r.stance == "denies" and r.id in case.causes)
    ]
    named = [r for r in mentions if r.stance != "denies"]
    denied = [r for r in mentions if r.stance == "denies"]
    corrects = bool(CORRECTS.search(message.text))
    troubled = (
        corrects or message.pressed or message.pasted or knowledge.patterns["trouble"].found(message.text)
    )
    if named and troubled and case.notice == "not_suspended":
        case = case.with_notice(None)  # a cause is named as one of a suspension after all
    others = denied and all(r.id not in case.causes for r in denied)
    if (
        corrects
        and others
        and not named
        and case.causes
        and knowledge.patterns["reports"].found(message.text)
    ):
        return case.correct(denied[0].id, "denies").read(denied)  # "no, they accuse me of that"
    corrects = corrects and not denied
    if corrects and named and case.causes:
        if named[0].id not in case.causes:
            return case.correct(named[0].id, named[0].stance).read(named)
        if knowledge.patterns["is_reason"].found(message.text):  # what was added since is not
            case = replace(case, causes=case.causes[case.causes.index(named[0].id) :])
    after = _without_denied_harm(case.read(mentions), knowledge)
    if not case.disputed or named or message.pressed:
        return after
    # What else did not happen is no accusation: the one that is disputed stays the first.
    first = case.disputed[0]
    return replace(after, disputed=(first, *(other for other in after.disputed if other != first)))


def _without_denied_harm(case: Case, knowledge: Knowledge) -> Case:
    """The case without what was not done to the person after all: nobody is accused of having been hacked."""
    return replace(case, disputed=tuple(c for c in case.disputed if not knowledge.causes[c].by_others))


def _without_intruders(case: Case, message: ParsedMessage, knowledge: Knowledge) -> tuple[CauseMention, ...]:
    """The mentions without what another did in the person's place: it is no deed of theirs."""
    others = {cause.id for cause in knowledge.causes.values() if cause.by_others}
    admitted = {r.id for r in message.told if r.stance == "admits"}
    admitted |= {cause for cause in case.causes if case.stance(cause) == "admits"}
    if message.pressed or not others & admitted:
        return message.told
    return tuple(
        r
        for r in message.told
        if r.id in others or r.stance == "denies" or knowledge.patterns["own_deed"].found(r.text)
    )


def _is_of_case(circumstance: str, case: Case, knowledge: Knowledge) -> bool:
    """Whether a circumstance can be of a case: one that tells of a cause is of no case of other causes."""
    if circumstance not in knowledge.circumstances:
        return False
    known = (*case.causes, *case.disputed)
    told = knowledge.circumstances[circumstance].tells_of
    asked = {q.circumstance for cause in known for q in knowledge.causes[cause].ask}
    return not known or told is None or told in known or circumstance in asked


def _hear_facts(case: Case, message: ParsedMessage, knowledge: Knowledge) -> Case:
    """The case with the circumstances that the facts of a message tell or rule out ("I met him on Upwork").

    What would excuse is told in its own words only: who shares a connection has no relative by that.
    """
    if message.pressed or message.pasted or not case.causes:
        return case
    causes = set(case.causes)
    kinds = {kind.id: kind for kind in knowledge.facts.values() if not causes.isdisjoint(kind.causes)}
    values = (v for kind in kinds.values() for v in kind.values.values() if v.circumstance or v.denied)
    if not any(says(v.says, message.text) for v in values):
        return case
    for fact in gathered((), message, case, case, knowledge):
        kind = kinds.get(fact.kind)
        value = kind.values.get(fact.value) if kind else None
        if value is None:
            continue
        holds, ruled_out = value.circumstance, value.denied
        if holds and not knowledge.circumstances[holds].excuses and holds not in message.denied_circumstances:
            case = _with_circumstance(case, holds, knowledge)
        if ruled_out and ruled_out not in message.circumstances:
            case = case.with_circumstance(ruled_out, holds=False)
    return case


def _hear_details(case: Case, message: ParsedMessage, knowledge: Knowledge) -> Case:
    if not message.pasted:
        case = _hear_exceptions(case.hears(message.heard), message, knowledge)
    for circumstance in message.circumstances:
        if knowledge.circumstances[circumstance].excuses or _is_of_case(circumstance, case, knowledge):
            case = _with_circumstance(case, circumstance, knowledge)
    for circumstance in message.denied_circumstances:
        case = case.with_circumstance(circumstance, holds=False)
    if message.upwork_answer and case.appealed == "final" and message.appealed == "waiting":
        return case  # an automatic reply undoes no decision
    shown = any(s.kind == "proof" and s.sure >= _SURE_PROOF for s in message.statements)
    shown = shown and SOMETHING_NEW not in message.denied_circumstances
    if case.appealed == "final" and shown and not message.pasted:  # nobody tells then what was sent before
        case = _with_circumstance(case, SOMETHING_NEW, knowledge)
    graver = case.notice not in (None, "unknown", "not_suspended")
    own = not (message.pressed or message.pasted or CORRECTS.search(message.text))
    if message.notice == "warning" and graver and own:
        pass  # "it is my first warning" takes back nothing
    elif message.notice and not (message.upwork_answer and case.notice):
        case = case.with_notice(message.notice)
    elif message.denied_notice == "permanent" and case.notice in (None, "unknown", "permanent"):
        case = case.with_notice("hold")  # one or the other
    elif message.denied_notice and message.denied_notice == case.notice:
        case = case.with_notice(None)
    elif not (graver or message.pasted) and knowledge.patterns["not_restricted"].found(message.text):
        case = case.with_notice("not_suspended")
    elif case.notice is None and own and knowledge.patterns["quotes_notice"].found(message.text):
        case = case.with_notice("unknown")  # who quotes it has told what it says
    if case.appealed == "final" and knowledge.patterns["not_final"].found(message.text):
        return case.with_appealed("refused")
    first = case.appealed in ("refused", "final") and message.appealed == "waiting" and not message.pressed
    if first and not knowledge.patterns["once_more"].found(message.text):
        return case  # "I appealed on 9 October" tells of the appeal that was refused
    return next((case.with_appealed(a) for a in APPEALED if a == message.appealed), case)


def _hear_answer(case: Case, asked: str, knowledge: Knowledge, *, yes: bool) -> Case:
    kind, _, what = asked.partition(":")
    if kind == "circumstance":
        return _circumstance_answer(case, what, knowledge, yes=yes)
    if kind == "appealed":
        return case.with_appealed("waiting" if yes else "no")
    cause = what if kind == HAPPENED else decide(case, knowledge).cause
    if kind == HAPPENED or (cause and case.stance(cause) == "unsure"):
        # What a notice says is answered by no yes or no; whether it happened, which stands beside it, is.
        return _without_denied_harm(case.name(str(cause), "admits" if yes else "denies"), knowledge)
    return case


def _hear_no_answer(case: Case, asked: str) -> Case:
    """Who does not know is not asked again, and nothing is taken to hold."""
    kind, _, what = asked.partition(":")
    if kind == "circumstance":
        return case.with_circumstance(what, holds=False)
    if kind == "notice":
        return case if case.notice else case.with_notice("unknown")
    return case.with_appealed("no") if kind == "appealed" else case


def _asked_circumstance(asked: str | None) -> str | None:
    """The circumstance that the open question is about; words without a button deny that one."""
    kind, _, what = (asked or "").partition(":")
    return what if kind == "circumstance" else None


def _led_answer(message: ParsedMessage, asked: str | None, knowledge: Knowledge) -> bool | None:
    """The yes or no that a typed answer to a question begins with.

    "No, somebody I met here" is a no. What tells something else ("yes, same wifi") counts for that
    and answers nothing.
    """
    lead = LEADS.search(message.text)
    kind, _, what = (asked or "").partition(":")
    if kind == "appealed" and not message.appealed:
        if knowledge.patterns["not_yet"].found(message.text):
            return False
        return bool(lead["yes"]) if lead and message.intent.startswith("inform_") else None
    if not lead or kind not in ("circumstance", HAPPENED) or message.circumstances:
        return None
    return bool(lead["yes"]) if message.intent in (f"circumstance_{what}", "inform_detail") else None


def _hear_exceptions(case: Case, message: ParsedMessage, knowledge: Knowledge) -> Case:
    """The case with the exceptions that sentences surely tell, where its causes ask for them."""
    asked = {q.circumstance for c in (*case.causes, *case.disputed) for q in knowledge.causes[c].ask}
    for circumstance in message.holds:
        if circumstance in asked and circumstance not in message.denied_circumstances:
            case = _with_circumstance(case, circumstance, knowledge)
    return case


def _with_circumstance(case: Case, circumstance: str, knowledge: Knowledge) -> Case:
    """Note a circumstance; its opposite, where it has one, holds no longer."""
    opposite = _opposite(circumstance, knowledge)
    if opposite:
        case = case.with_circumstance(opposite, holds=False)
    return case.with_circumstance(circumstance, holds=True)


def _opposite(circumstance: str, knowledge: Knowledge) -> str | None:
    """What holds instead: "more than once" and "the first time" exclude each other."""
    pairs = [(q.circumstance, q.otherwise) for c in knowledge.causes.values() for q in c.ask if q.otherwise]
    return {**dict(pairs), **{b: a for a, b in pairs}}.get(circumstance)


def _circumstance_answer(case: Case, circumstance: str, knowledge: Knowledge, *, yes: bool) -> Case:
    if yes:
        return _with_circumstance(case, circumstance, knowledge)
    case = case.with_circumstance(circumstance, holds=False)
    for question in (q for cause in case.causes for q in knowledge.causes[cause].ask):
        if question.circumstance == circumstance and question.otherwise:
            return case.with_circumstance(question.otherwise, holds=True)
    return case
