"""Decides what is said to a message, and what it changes. Pure.

Rules pick the action (`data/rules/`); for everything that tells of a case or asks something, what is
said follows from the case and the message alone, and is decided here. `reinstate.replies` finds the
words.

The act decides what may change a case: who asks about a rule has none, who asks how something is
done keeps theirs as it is, unless they tell of it in the same message.
"""

from __future__ import annotations

from dataclasses import replace

from reinstate.core.asked import (
    ASK_RULE,
    FAQ,
    FOLLOWS_UP,
    SURE_TOLD,
    TOPIC,
    UNDERSTOOD_LITTLE,
    answers_to,
    narrower,
    nearby,
    of_topic,
    offered,
    perhaps,
    without_needless,
)
from reinstate.core.case import HAPPENED, Case
from reinstate.core.doubt import (
    NO_REASON,
    SURE_CAUSE,
    SURE_DENIAL,
    SURE_TOLD_PLAINLY,
    asked_beside,
    closer_of,
    instead_of_judging,
    is_about,
    is_doubtful,
    supported,
    told_in_form,
    told_not_asked,
)
from reinstate.core.parsed import CORRECTS, LEADS, ParsedMessage
from reinstate.core.plan import (
    AnswerPart,
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
    WordPart,
)
from reinstate.core.signs import asks, in_trouble
from reinstate.core.update import update_case
from reinstate.core.verdict import Verdict, decide, next_question, question_id
from reinstate.knowledge import Knowledge

EVADE, NEW_ACCOUNT = "help_evade", "ask_new_account"
CLIENT = "client_"  # how the ids of answers to clients begin
HELPER = "helper_for_friend"  # what is said to who writes for somebody else
_NEXT_STEP, _PLATFORM = "ask_next_step", "platform_question"
RESTORED = "restored"  # the answer of Upwork's after which nothing is suspended
RULES = ("ask_rule", "ask_prevention")  # answers to these open no case
# From here on who asks in trouble is taken to speak of a cause: by the answer to it, by a clause of it.
SURE_ABOUT, SURE_CLAUSE = 0.5, 0.99
KEPT_ANSWERS = 60  # all of a talk
PLAIN_DEED = 15  # words in which somebody tells that they did what they asked about


def plan(turn: Turn, knowledge: Knowledge) -> Plan:
    """Decide one turn."""
    if turn.role == "client":
        theirs = tuple(m for m in turn.message.mentions if not knowledge.causes[m.id].of_freelancers)
        turn = replace(turn, message=replace(turn.message, mentions=theirs))
    decided = _plan(turn, knowledge)
    if _has_not_appealed(turn, knowledge) and not decided.case.appealed:
        decided = replace(decided, case=decided.case.with_appealed("no"))
    if decided.judged:  # what is told is the verdict of just this case
        return decided
    return replace(decided, case=_with_likely_cause(decided.case, turn, knowledge))


def _has_not_appealed(turn: Turn, knowledge: Knowledge) -> bool:
    """Whether the answer to what was just asked stands before something else ("not yet. and my money?")."""
    asked = turn.asked == "appealed" and turn.just_asked
    return asked and knowledge.patterns["not_yet"].found(turn.message.text)


def _with_likely_cause(case: Case, turn: Turn, knowledge: Knowledge) -> Case:
    """The case of who asks about an account in trouble, with what the question, or a part of it, is about.

    It is only suspected: the question is answered and nothing judged, but what follows is read beside it,
    and a letter is about it.
    """
    message = turn.message
    plain = message.pressed or message.pasted or turn.in_form or message.intent in (EVADE, NEW_ACCOUNT)
    plain = plain or message.intent == ASK_RULE or _is_unnoticed(turn, knowledge)
    if case.causes or case.disputed or plain or not (turn.case.notice or in_trouble(message, knowledge)):
        return case
    answers = ((knowledge.answers[i], sure) for i, sure in message.answers[:1])
    asked = (a.about for a, sure in answers if sure >= SURE_ABOUT and a.kind != "rule")
    told = {m.id: m.stance for m in message.told if m.confidence >= SURE_CLAUSE}
    likely = next((a for a in asked if a in knowledge.causes), None)
    if likely is None and len(told) == 1:
        likely = next(iter(told))
    return case.name(likely, "denies" if told.get(likely) == "denies" else "unsure") if likely else case


def _plan(turn: Turn, knowledge: Knowledge) -> Plan:
    turn = replace(turn, message=without_needless(turn, knowledge))
    turn = replace(turn, message=_told(turn, knowledge))
    message, before = turn.message, turn.case
    if message.upwork_answer:
        return _upwork_answered(turn, message.upwork_answer, knowledge)
    replies = _answers_open(turn) and len(message.text.split()) <= FOLLOWS_UP
    answers = () if message.intent == EVADE or replies else answers_to(turn, knowledge)
    if turn.role == "client" and not message.pressed:
        case = update_case(before, message, None, knowledge)
        return replace(_keep(turn, _to_client(turn, answers, case, knowledge)), case=case)
    corrects = bool(CORRECTS.search(message.text)) and bool(message.told)
    closer = closer_of(message)
    if turn.asked and not answers and _answers_else(turn, knowledge):
        case = _beside(turn, knowledge)
        noted = (WordPart("utter_noted"),) if case != before or turn.asked_again else ()
        again = () if turn.asked_again else (QuestionPart(turn.asked, again=True),)
        return replace(_keep(turn, (*noted, *again)), case=case)
    if closer and not (message.answers or corrects or _answers_open(turn)):
        return replace(_keep(turn, (closer,), asked=None), case=_beside(turn, knowledge))
    if message.acknowledges and turn.asked and turn.just_asked:
        return _keep(turn, (WordPart("utter_take_your_time"), QuestionPart(turn.asked, again=True)))
    if turn.role == "helper" and HELPER not in turn.answered and not message.told and not message.pressed:
        others = tuple(a for a in answers if not isinstance(a, AnswerPart) or a.id != HELPER)
        return _keep(turn, (AnswerPart(HELPER), *others[:1]))
    if message.intent.startswith("lookalike_") and _overrules(turn):
        return _lookalike(turn, answers, knowledge)
    if broken := _broken_rule(turn, knowledge):
        return _keep(turn, (AnswerPart(broken, done=True),))
    if message.intent == ASK_RULE or _is_unnoticed(turn, knowledge):
        return _rule(turn, answers, knowledge)
    if message.intent == "cause_unknown" and not message.told and not turn.asked and not turn.in_form:
        case = update_case(before, message, None, knowledge)
        follows = before != Case()  # a verdict, in the same turn: the triage may have nothing left to ask
        known = AnswerPart(NO_REASON, short=follows or NO_REASON in turn.answered, bare=True)
        answers = tuple(
            replace(a, bare=True, short=follows or a.short) for a in answers if isinstance(a, AnswerPart)
        )
        return replace(_keep(turn, answers or (known,)), case=case)
    if _asks(message) and not _answers_open(turn):
        return _question(turn, answers, knowledge)
    if message.intent.startswith("lookalike_"):
        return _keep(turn, answers) if answers else _judge(turn, before, (), knowledge)
    follows = knowledge.patterns["follows_up"].found(message.text) and len(message.text.split()) <= FOLLOWS_UP
    follows = follows and not message.told
    if follows and (before != Case() or turn.answered) and (answers or message.near) and not turn.in_form:
        return _keep(turn, answers or (AnswerPart(message.near[0][0]),))
    if is_doubtful(turn, knowledge):
        said = answers or (instead_of_judging(message, knowledge),)
        bare = replace(message, circumstances=(), denied_circumstances=())  # of a cause that is not known
        return replace(_keep(turn, said), case=_beside(replace(turn, message=bare), knowledge))
    case = update_case(before, message, turn.answerable, knowledge)
    if turn.in_form and not message.told:
        noted = (WordPart("utter_noted"),) if case != before else ()
        return replace(_keep(turn, (*noted, *answers)), case=case)
    of_case = case.causes or case.disputed
    near = not (of_case or message.pasted) and message.near and message.near[0][1] >= SURE_ABOUT
    if near or not (of_case or case.notice or case.appealed):
        return replace(_keep(turn, answers or (perhaps(message, knowledge),)), case=case)
    return _judge(turn, case, answers, knowledge)


def _told(turn: Turn, knowledge: Knowledge) -> ParsedMessage:
    """The message, as what it tells is taken beside what is known."""
    if turn.in_form:
        return told_in_form(turn.message)
    known = (*turn.case.causes, *turn.case.disputed)
    return asked_beside(turn, told_not_asked(turn, supported(turn.message, known), knowledge), knowledge)


def _beside(turn: Turn, knowledge: Knowledge) -> Case:
    """The case with what a message tells beside a cause that is not sure: what the notice says, for one."""
    return update_case(turn.case, replace(turn.message, mentions=(), choices=()), None, knowledge)


def _upwork_answered(turn: Turn, answer: str, knowledge: Knowledge) -> Plan:
    """What Upwork's answer means, and the step that fits; it tells a cause only where none is known."""
    known = turn.case.causes or turn.case.disputed
    message = replace(turn.message, mentions=() if known else turn.message.told[:1], choices=())
    case = update_case(turn.case, message, None, knowledge)
    if answer == RESTORED:
        case = case.with_notice("not_suspended")
    verdict = decide(case, knowledge)
    kept = _keep(turn, (UpworkAnswerPart(answer, case, verdict),), asked=None)
    return replace(kept, case=case, judged=verdict)


def _to_client(turn: Turn, answers: tuple[Part, ...], case: Case, knowledge: Knowledge) -> tuple[Part, ...]:
    """What a client is told: where they tell of it, why such accounts are restricted; else what they ask."""
    restricted = f"{CLIENT}restricted"
    if turn.message.told and case.first_cause and restricted not in turn.answered:
        return (AnswerPart(restricted),)
    sure = dict(turn.message.answers)
    theirs = tuple(
        a
        for a in answers
        if isinstance(a, AnswerPart)
        and (
            _is_for_clients(a.id, knowledge)
            or (knowledge.answers[a.id].about is None and sure.get(a.id, 0.0) >= SURE_ABOUT)
        )
    )
    return theirs or _of_client(turn.message, knowledge)


def _is_for_clients(answer: str, knowledge: Knowledge) -> bool:
    return answer.startswith(CLIENT) or "client" in knowledge.answers[answer].per_role


def _of_client(message: ParsedMessage, knowledge: Knowledge) -> tuple[Part, ...]:
    """What is likeliest of what is said to clients: none of the freelancers' causes is theirs."""
    theirs = (i for i, _ in message.near if _is_for_clients(i, knowledge))
    return (AnswerPart(next(theirs, f"{CLIENT}restricted")),)


def _answers_open(turn: Turn) -> bool:
    """Whether what sounds like a question tells what was just asked for ("it is permanent")."""
    told = {"notice": turn.message.notice, "appealed": turn.message.appealed}
    return turn.just_asked and bool(told.get(turn.asked or ""))


def _answers_else(turn: Turn, knowledge: Knowledge) -> bool:
    """Whether a yes or no to the question that was just asked is one to something else ("yes, same router").

    The question is then asked in other words, once.
    """
    message = turn.message
    asked = turn.just_asked and str(turn.asked).startswith(("circumstance:", HAPPENED))
    plain = message.pressed or turn.in_form or not LEADS.search(message.text)
    closer = closer_of(message)
    unclear = closer is not None and closer.why == "happened"
    if not asked or plain or (message.told and not unclear) or _asks(message):
        return False
    case = _beside(turn, knowledge)
    heard = case if unclear else update_case(turn.case, message, turn.answerable, knowledge)
    return (
        heard == case
        and question_id(next_question(case, knowledge)) == turn.asked
        and decide(case, knowledge).rows == turn.rows
    )


def _overrules(turn: Turn) -> bool:
    """Whether a look-alike takes the place of a case; "i removed it already" is a fragment of the story."""
    known = turn.case.causes or turn.case.disputed
    return not known or turn.message.pressed or turn.message.confidence >= SURE_DENIAL


def _asks(message: ParsedMessage) -> bool:
    """Whether the message asks something, whatever else it tells."""
    return message.intent.startswith("ask_") or message.intent in (FAQ, EVADE, *UNDERSTOOD_LITTLE)


def _keep(turn: Turn, parts: tuple[Part, ...], *, asked: str | None = "") -> Plan:
    """Say something that changes no case; `asked` is the open question, the same one where not given."""
    given = tuple(part.id for part in parts if isinstance(part, AnswerPart))
    given += tuple(TOPIC + part.id for part in parts if isinstance(part, TopicPart))
    answered = (*given, *(i for i in turn.answered if i not in given))[:KEPT_ANSWERS]
    return Plan(parts, turn.case, turn.asked if asked == "" else asked, answered)


def answered(turn: Turn, answer: Part) -> Plan:
    """Give one answer, or what may be meant, and change nothing."""
    return _keep(turn, (answer,))


def _lookalike(turn: Turn, answers: tuple[Part, ...], knowledge: Knowledge) -> Plan:
    """No suspension; what is asked of it first."""
    about = turn.message.intent.partition("_")[2]
    answers = tuple(
        a for a in answers if isinstance(a, AnswerPart) and knowledge.answers[a.id].about == about
    )
    lookalike = LookalikePart(about, brief=bool(answers))
    case = turn.case.with_notice("not_suspended")
    return replace(_keep(turn, (*answers, lookalike), asked=None), case=case, lookalike=about)


def _rule(turn: Turn, answers: tuple[Part, ...], knowledge: Knowledge) -> Plan:
    """The rule and nothing of a case: no verdict, no question what the notice says."""
    if turn.message.intent != ASK_RULE:
        answers = tuple(a for a in answers if isinstance(a, AnswerPart) and _is_rule(a.id, knowledge))
    if answers:
        return _keep(turn, answers)
    asked_about = [m.id for m in sorted(turn.message.mentions, key=lambda m: m.stance != "asks")]
    return _keep(turn, (RulePart(asked_about[0]),) if asked_about else (TopicPart("prevention"),))


def _is_rule(answer: str, knowledge: Knowledge) -> bool:
    return knowledge.answers[answer].kind == "rule" or bool(
        set(RULES) & set(knowledge.answers[answer].serves)
    )


def _is_unnoticed(turn: Turn, knowledge: Knowledge) -> bool:
    """Whether a person tells of a deed and that nothing has come of it: they need the rule, no verdict."""
    first = turn.case == Case() and not turn.message.pressed and not turn.message.pasted
    return first and bool(turn.message.told) and knowledge.patterns["unnoticed"].found(turn.message.text)


def _broken_rule(turn: Turn, knowledge: Knowledge) -> str | None:
    """The rule answered last, where a person now tells to have broken it and nothing has come of that."""
    message = turn.message
    last = knowledge.answers.get(turn.answered[0]) if turn.answered else None
    known = turn.case != Case() or turn.in_form or message.pressed or message.intent == "cause_unknown"
    if last is None or known or not _is_rule(last.id, knowledge):
        return None
    of_other = (
        any(m.id != last.about for m in message.told) or message.pasted or in_trouble(message, knowledge)
    )
    told = any(s.kind in ("happened", "changed", "status") for s in message.statements)
    told = told or message.intent == "inform_appealed" or knowledge.patterns["unnoticed"].found(message.text)
    if of_other or not told or asks(message.text, knowledge) or len(message.text.split()) > PLAIN_DEED:
        return None
    return last.id


def _question(turn: Turn, answers: tuple[Part, ...], knowledge: Knowledge) -> Plan:
    """Answer what is asked; what is told on the way is judged after it, shortly."""
    message, before = turn.message, turn.case
    first = knowledge.answers[answers[0].id] if answers and isinstance(answers[0], AnswerPart) else None
    plans = message.intent in (EVADE, NEW_ACCOUNT) or (first is not None and set(RULES) & set(first.serves))
    told = tuple(
        m
        for m in message.told
        if m.confidence >= SURE_TOLD
        and (is_about(message, m.id) or knowledge.patterns["reports"].found(m.text))
    )
    if turn.role == "helper":  # who asks for somebody else tells what happened to them on the way
        told = told or tuple(m for m in message.told if m.confidence >= SURE_TOLD_PLAINLY)
    opens = bool(told) and (knowledge.patterns["trouble"].found(message.text) or before != Case())
    sure = replace(message, mentions=told if opens else ())
    asked = turn.asked if turn.just_asked else None
    case = before if plans or turn.in_form else update_case(before, sure, asked, knowledge)
    if not answers and case != Case() and not turn.in_form:
        outside = message.intent == _PLATFORM  # who has told of a case hardly asks about something else
        if message.intent == _NEXT_STEP or (outside and _NEXT_STEP in message.asks):
            return replace(
                _keep(turn, (VerdictPart(case, decide(case, knowledge), explain=False),)), case=case
            )
        if outside and offered(message):
            answers = (perhaps(message, knowledge),)
    if not answers and (topic := knowledge.topic_of(message.intent)):
        answers = (of_topic(turn, topic.id, knowledge, brief=opens),)
    if turn.in_form and not answers:
        return replace(_keep(turn, ()), case=case)
    if (changed_topic(before, case) and opens) or (not answers and case != Case()):
        return _judge(turn, case, answers, knowledge)
    kept = replace(_keep(turn, answers or (perhaps(message, knowledge),)), case=case)
    about = first.about if first and first.kind != "rule" and case == Case() else None
    if about in knowledge.lookalikes and not knowledge.patterns["trouble"].found(message.text):
        return replace(kept, case=case.with_notice("not_suspended"), asked=None, lookalike=about)
    return kept


def _judge(turn: Turn, case: Case, answers: tuple[Part, ...], knowledge: Knowledge) -> Plan:
    """The verdict, and the one question whose answer could change it; what is asked first stands first."""
    message, before = turn.message, turn.case
    answers = tuple(a for a in answers[:1] if not isinstance(a, GuessesPart))
    if alone := _asked_about(before, case, message, knowledge):
        again = VerdictPart(alone, decide(alone, knowledge), brief=bool(answers))
        return replace(_keep(turn, (*answers, again)), case=case)
    verdict = decide(case, knowledge)
    explain = changed_topic(before, case)
    unchanged = not explain and turn.rows == verdict.rows
    if unchanged and answers:
        return replace(_keep(turn, answers), case=case)
    if unchanged and not answers and asks(message.text, knowledge) and offered(message):
        return replace(_keep(turn, (perhaps(message, knowledge),)), case=case)
    named = message.told[0].id if message.told else None
    first = answers
    if explain and not (answers or message.pressed or message.pasted or turn.in_form):
        first = _of_this_kind(message, verdict, knowledge)
    part = VerdictPart(
        case,
        verdict,
        explain=explain or turn.rows is None,
        brief=bool(first) or message.pasted,
        unchanged=unchanged,
        alternatives=message.alternatives if named and named == verdict.cause else (),
        nearby=() if message.pasted else nearby(message, [a.id for a in first if isinstance(a, AnswerPart)]),
        told=tuple(m.id for m in message.told) if message.pasted else (),
        hedged=message.intent.startswith("cause_")
        and message.confidence < SURE_CAUSE
        and not message.pressed,
        restricted=not _tells_deed_only(turn, case, knowledge),
    )
    notice = (NoticePart(),) if message.pasted else ()
    doubts = explain or turn.rows is None
    quiet = turn.in_form or answers or turn.letter or case.notice == "not_suspended"
    asked = None if quiet else question_id(next_question(case, knowledge, doubts=doubts))
    known = asked is None or asked == turn.asked or asked.startswith(HAPPENED)  # which the verdict asks
    question = () if known else (QuestionPart(str(asked)),)
    kept = _keep(turn, (*first, *notice, part, *question), asked=asked)
    return replace(kept, case=case, judged=verdict)


def _tells_deed_only(turn: Turn, case: Case, knowledge: Knowledge) -> bool:
    """Whether a first message tells a deed, with no word of what may have come of it."""
    message = turn.message
    alone = turn.case == Case() and not (case.notice or case.appealed or message.pressed or message.pasted)
    return alone and not knowledge.patterns["trouble"].found(message.text)


def _of_this_kind(message: ParsedMessage, verdict: Verdict, knowledge: Knowledge) -> tuple[Part, ...]:
    """What holds for just this kind of case, where an answer says it; who has broken a rule needs no rule."""
    found = narrower(message, verdict.cause or "", knowledge)
    answer = knowledge.answers[found] if found else None
    if answer is None or answer.kind == "rule":
        return ()
    return (AnswerPart(answer.id, perhaps=answer.says_yes_or_no),)


def changed_topic(before: Case, after: Case) -> bool:
    """Whether the cause, or the notice where none is known, is not the one told about before."""
    if after.causes:
        return before.causes != after.causes
    if after.disputed:
        return bool(before.causes) or before.disputed[:1] != after.disputed[:1]
    return before.notice != after.notice


def _asked_about(before: Case, case: Case, message: ParsedMessage, knowledge: Knowledge) -> Case | None:
    """The case with that cause alone that a message names again beside a graver one, if it does."""
    named = message.told[0].id if len(message.told) == 1 else None
    if named not in before.causes or replace(case, causes=before.causes) != before:
        return None
    return None if decide(case, knowledge).cause == named else replace(case, causes=(named,))
