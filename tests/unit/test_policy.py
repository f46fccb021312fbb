"""What is said to a message and what it changes, as a table; and what of it fits a reply."""

from __future__ import annotations

from typing import Any

import pytest

from reinstate.core.case import Case, CauseMention
from reinstate.core.doubt import NO_REASON
from reinstate.core.parsed import ParsedMessage
from reinstate.core.plan import (
    AnswerPart,
    ChoicePart,
    GuessesPart,
    LookalikePart,
    Plan,
    QuestionPart,
    TopicPart,
    Turn,
    VerdictPart,
)
from reinstate.core.policy import CLIENT, HELPER, plan
from reinstate.core.signs import is_in_trouble
from reinstate.core.statements import Kind, Statement
from reinstate.core.verdict import decide
from reinstate.knowledge import Stance, knowledge
from reinstate.replies.answers import guesses_message
from reinstate.replies.message import MOST_BUTTONS, Button, Message, within
from reinstate.replies.render import render

FACTS = knowledge()
PAID = Case(causes=("paid_outside",))


def named(cause: str, stance: Stance = "admits", sure: float = 0.95) -> CauseMention:
    """A cause that a message names."""
    return CauseMention(cause, sure, stance, "")


def met(
    text: str, intent: str, *mentions: CauseMention, sure: float = 0.98, case: Case | None = None, **turn: Any
) -> Plan:
    """What is done about a message; details of the message and of the turn by their names."""
    of_message = {k: turn.pop(k) for k in list(turn) if k not in Turn.__dataclass_fields__}
    of_message.setdefault("ranked", {intent: sure})
    message = ParsedMessage(intent, text, mentions, confidence=sure, language="en", **of_message)
    return plan(Turn(message, case or Case(), **turn), FACTS)


def kinds(planned: Plan) -> list[str]:
    """What a plan says, by the names of its parts."""
    return [type(part).__name__.removesuffix("Part") for part in planned.parts]


RULES = [
    ("is it ok to take a tip by paypal?", {"answers": (("rule_tip_outside", 0.9),)}, ["Answer"]),
    ("can they ban me for being paid outside?", {}, ["Rule"]),
    ("am i allowed to do that?", {"mentions": ()}, ["Topic"]),
]


@pytest.mark.parametrize(("text", "message", "said"), RULES)
@pytest.mark.parametrize(
    "before", [Case(), Case(causes=("inactivity",), notice="hold")], ids=["new", "known"]
)
def test_whether_something_is_allowed_opens_no_case(
    text: str, message: dict[str, Any], said: list[str], before: Case
) -> None:
    """The rule is said: no verdict, no question, and whatever was known stays as it was."""
    mentions = message.get("mentions", (named("paid_outside", "asks"),))
    planned = met(text, "ask_rule", *mentions, answers=message.get("answers", ()), case=before)
    assert (said, before, None) == (kinds(planned), planned.case, planned.judged)


def test_a_rule_told_to_be_broken_says_what_to_do_now() -> None:
    """ "I did it once, can they ban me?" is still no case."""
    broken = next(a for a in FACTS.answers.values() if a.kind == "rule" and a.done and a.about)
    told = named(str(broken.about))
    planned = met("i did it once, is it bad?", "ask_rule", told, answers=((broken.id, 0.9),))
    part = AnswerPart(broken.id, done=True, perhaps=broken.says_yes_or_no)
    assert ((part,), Case()) == (planned.parts, planned.case)


def test_a_yes_or_no_stands_beside_its_question() -> None:
    """ "Is it bad to ask?" is no "May I ask?": what is answered is said before the yes."""
    yes = next(a for a in FACTS.answers.values() if a.says_yes_or_no)
    plain = next(a for a in FACTS.answers.values() if not a.says_yes_or_no)
    for answer, said_back in ((yes, True), (plain, False)):
        planned = met("is that a problem", "faq", answers=((answer.id, 0.95),), near=((answer.id, 0.95),))
        assert [said_back] == [part.perhaps for part in planned.parts if isinstance(part, AnswerPart)]


QUESTIONS = [
    ("what about my money?", "faq", (), Case(), None),
    (
        "they say i was paid outside and blocked me. what about my money?",
        "faq",
        ("paid_outside",),
        Case(),
        None,
    ),
    ("what about my money?", "faq", (), PAID, "circumstance:met_before_upwork"),
    ("suspended for paypal, what about my money?", "cause_paid_outside", ("paid_outside",), Case(), None),
]


@pytest.mark.parametrize(("text", "intent", "causes", "before", "asked"), QUESTIONS)
def test_an_answer_stands_first_and_no_question_follows(
    text: str, intent: str, causes: tuple[str, ...], before: Case, asked: str | None
) -> None:
    """What is asked is answered before anything is judged; what was open stays open, unsaid."""
    told = tuple(named(cause) for cause in causes)
    given = (("money_during_hold", 0.9),)
    ranked = {f"cause_{cause}": 0.3 for cause in causes}
    planned = met(text, intent, *told, answers=given, ranked=ranked, case=before, asked=asked)
    assert ("Answer", False) == (kinds(planned)[0], "Question" in kinds(planned))
    assert (bool(causes), asked) == ("Verdict" in kinds(planned), planned.asked)
    assert all(part.brief for part in planned.parts if isinstance(part, VerdictPart))
    assert "money_during_hold" == planned.answered[0]


def test_two_questions_are_both_answered_the_second_shortly() -> None:
    """In the order in which they were read."""
    given = (("money_during_hold", 0.9), ("appeal_how_often", 0.8))
    planned = met("what about my money? how often may i appeal?", "faq", answers=given)
    assert (
        AnswerPart("money_during_hold"),
        AnswerPart("appeal_how_often", short=True, perhaps=True),
    ) == planned.parts


UNSURELY = (("rule_contact_before", 0.1),)
UNSURE = [
    ("i put my skype in a proposal", "cause_contact_sharing", 0.8, {}, True),
    ("i put my skype in a proposal", "cause_contact_sharing", 0.9, {}, True),
    ("suspended, i put my skype in a proposal", "cause_contact_sharing", 0.8, {}, True),
    ("suspended, i put my skype in a proposal", "cause_contact_sharing", 0.8, {"near": UNSURELY}, False),
    ("suspended, i put my skype in a proposal", "cause_contact_sharing", 0.4, {}, False),
    ("i never gave my skype to anybody", "deny_contact_sharing", 0.9, {}, False),
    ("/cause_contact_sharing", "cause_contact_sharing", 0.5, {}, True),
    ("i put my skype in a proposal", "cause_contact_sharing", 0.5, {"asked": "notice"}, True),
    ("i put my skype in a proposal", "cause_contact_sharing", 0.5, {"case": PAID}, True),
]


@pytest.mark.parametrize(("text", "intent", "sure", "turn", "judged"), UNSURE)
def test_a_first_message_that_is_read_unsurely_is_not_judged(
    text: str, intent: str, sure: float, turn: dict[str, Any], judged: bool
) -> None:
    """It is offered; a button, a case that is known, or that nothing else is likely speaks for judging."""
    stance: Stance = "denies" if intent.startswith("deny_") else "admits"
    ranked = {intent: sure}
    planned = met(text, intent, named("contact_sharing", stance), sure=sure, ranked=ranked, **turn)
    assert judged == (planned.judged is not None)
    if not judged:
        (part,) = planned.parts
        assert isinstance(part, GuessesPart)
        assert (intent, Case()) == (part.intents[0], planned.case)


@pytest.mark.parametrize("others", [(), ("cause_proposal_spam",)])
def test_what_is_read_unsurely_hears_the_rule_and_confesses_nothing(others: tuple[str, ...]) -> None:
    """ "Was my skype too much?": what it may be can be pressed, or that it is not so."""
    told = named("contact_sharing", "unsure")
    text = "was my skype in the proposal too much?"
    planned = met(text, "cause_contact_sharing", told, sure=0.7, alternatives=others)
    meant = ("cause_contact_sharing", *(others or ("deny_contact_sharing",)))
    assert ((GuessesPart(meant),), Case()) == (planned.parts, planned.case)
    (said,) = render(planned, Turn(ParsedMessage("cause_contact_sharing", ""), Case()), FACTS)
    assert 1 == said.values["guesses"].count(FACTS.causes["contact_sharing"].policy)
    assert [*(f"/{i}" for i in meant), "/something_else"] == [b.payload for b in said.buttons]


TOLD_IN_A_FORM = [
    ("changed", {}, None),
    ("proof", {}, None),
    ("happened", {}, "account_compromised"),
    ("happened", {"choices": ("cause_account_compromised", "cause_account_sharing")}, None),
]


@pytest.mark.parametrize(("kind", "message", "opened"), TOLD_IN_A_FORM)
def test_what_is_told_while_a_form_asks_opens_hardly_another_case(
    kind: Kind, message: dict[str, Any], opened: str | None
) -> None:
    """ "I changed my password" has changed since, and tells of no hacked account."""
    told = (Statement(kind, "I changed my password", 0.95),)
    mention = named("account_compromised")
    planned = met(
        "I changed my password",
        "cause_account_compromised",
        mention,
        case=PAID,
        in_form=True,
        statements=told,
        **message,
    )
    assert ((opened,) if opened else ()) == tuple(c for c in planned.case.causes if c not in PAID.causes)


@pytest.mark.parametrize(
    ("text", "sure", "answered"),
    [
        ("70 jobs in 2 weeks october", 0.3, False),
        ("70 jobs in 2 weeks october", 0.9, True),
        ("is 70 jobs in 2 weeks much?", 0.3, True),
        ("in october I sent it to about 70 jobs in 2 weeks", 0.3, True),
    ],
)
def test_a_few_words_that_ask_nothing_are_a_detail(text: str, sure: float, answered: bool) -> None:
    """Beside a known case they are not answered as a question that they hardly sound like."""
    found = (("jss_drop", sure),)
    planned = met(text, "faq", case=PAID, answers=found, near=found)
    assert answered == any(isinstance(part, AnswerPart | GuessesPart) for part in planned.parts)


def test_exceptions_come_before_no_path() -> None:
    """Who was paid outside again and again is asked for what would excuse it, then told that it is hopeless."""
    story = "suspended, i took paypal many times"
    turn = met(story, "cause_paid_outside", named("paid_outside"), circumstances=("repeated",))
    asked = []
    while turn.asked and turn.asked.startswith("circumstance:"):
        assert turn.judged is not None
        assert "none" != turn.judged.path
        asked.append(turn.asked)
        rows = turn.judged.rows
        turn = met("no", "deny", case=turn.case, asked=turn.asked, rows=rows)
    assert "circumstance:met_before_upwork" == asked[0]
    assert turn.judged is not None
    assert ("none", None) == (turn.judged.path, turn.asked)


def test_an_exception_told_in_the_same_message_counts_at_once() -> None:
    """ "Many times, but he was my client before" is not hopeless for a moment."""
    told: dict[str, Any] = {"circumstances": ("repeated", "met_before_upwork")}
    planned = met(
        "suspended, paypal, my client for years before", "cause_paid_outside", named("paid_outside"), **told
    )
    assert planned.judged is not None
    assert ("appeal", "possible") == (planned.judged.path, planned.judged.odds)


CLIENTS = [
    ("upwork blocked me because my card failed", "cause_payment_dispute", (("client_card_failed", 0.9),)),
    ("my freelancer asked for paypal", "cause_paid_outside", (("client_pay_outside", 0.6),)),
]


@pytest.mark.parametrize(("text", "intent", "answers"), CLIENTS)
def test_a_client_is_not_judged(text: str, intent: str, answers: tuple[tuple[str, float], ...]) -> None:
    """They get an answer for clients; what they tell is kept for a letter of theirs."""
    cause = named(intent.removeprefix("cause_"))
    planned = met(text, intent, cause, answers=answers, role="client")
    assert (["Answer"], None, None) == (kinds(planned), planned.judged, planned.asked)
    assert planned.case.causes == (intent.removeprefix("cause_"),)


FOLLOW_UPS = [
    ("and how many times?", "appeal_how_often"),
    ("i would like to know how often the people of a platform may ask such a thing", "rule_ask_review"),
]


@pytest.mark.parametrize(("text", "wanted"), FOLLOW_UPS)
def test_a_short_follow_up_is_read_beside_the_last_answer(text: str, wanted: str) -> None:
    """A few words mean what they may mean there; a whole sentence means what it says."""
    near = (("rule_ask_review", 0.5), ("appeal_how_often", 0.3))
    planned = met(text, "faq", answers=near[:1], near=near, answered=("appeal_where",))
    assert [wanted] == [part.id for part in planned.parts if isinstance(part, AnswerPart)]


def test_the_same_question_again_is_answered_shortly() -> None:
    """No block twice."""
    given = (("money_during_hold", 0.9),)
    text = "so what happens to all the money that is in there now?"
    planned = met(text, "faq", answers=given, answered=("money_during_hold",))
    assert (AnswerPart("money_during_hold", short=True),) == planned.parts


def test_who_has_no_idea_why_is_told_something_first() -> None:
    """Triage asks after it, and puts its own buttons under its question."""
    planned = met("they suspended me, no idea why", "cause_unknown")
    assert [NO_REASON] == [part.id for part in planned.parts if isinstance(part, AnswerPart)]
    turn = Turn(ParsedMessage("cause_unknown", ""), Case())
    assert [()] == [message.buttons for message in render(planned, turn, FACTS)]


def test_a_look_alike_is_no_suspension() -> None:
    """It ends what was open, and judges no cause."""
    planned = met("my profile is private", "lookalike_profile_private", asked="notice")
    assert (LookalikePart("profile_private"),) == planned.parts
    assert ("not_suspended", None, None) == (planned.case.notice, planned.asked, planned.judged)


def test_a_verdict_asks_one_question_at_most() -> None:
    """Whatever the cause, one question, and it stands last."""
    for cause in FACTS.causes:
        planned = met("suspended", f"cause_{cause}", named(cause))
        questions = [part for part in planned.parts if isinstance(part, QuestionPart)]
        assert [planned.asked] * len(questions) == [q.asked for q in questions]
        assert len(questions) == bool(planned.asked)
        assert not questions or planned.parts[-1] is questions[0]


def test_what_is_hardly_likely_is_asked() -> None:
    """Below a half, each of what may be meant is said shortly, and can be pressed for the whole."""
    one, other = "appeal_where", "appeal_how_often"
    close = met("hm what of it", "inform_detail", near=((one, 0.2), (other, 0.19)))
    meant = (f"faq/{one}", f"faq/{other}")
    assert (GuessesPart(meant),) == close.parts
    asked = met("where is it", "faq", answers=((one, 0.2),), near=((one, 0.2), (other, 0.19)))
    assert close.parts == asked.parts
    (said,) = render(close, Turn(ParsedMessage("inform_detail", "hm"), Case()), FACTS)
    for id_ in (one, other):
        assert FACTS.answers[id_].question in said.values["guesses"]
        assert FACTS.answers[id_].short in said.values["guesses"]
    assert [FACTS.title_of(i) for i in meant] == [b.title for b in said.buttons[:-1]]
    assert "/something_else" == said.buttons[-1].payload
    likely = met("hm what of it", "inform_detail", near=((one, 0.6), (other, 0.1)))
    assert (AnswerPart(one, perhaps=True, nearby=(f"faq/{other}",)),) == likely.parts
    alone = met("hm what of it", "inform_detail", near=((one, 0.3),))
    assert (AnswerPart(one, perhaps=True),) == alone.parts
    none = met("hm", "inform_detail", alternatives=("cause_inactivity",))
    assert (GuessesPart(("cause_inactivity",)),) == none.parts


def test_what_presumes_a_deed_is_no_guess() -> None:
    """It can be pressed; nobody is told by mistake what they should do after a lie."""
    presuming = next(i for i, a in FACTS.answers.items() if a.presumes)
    message = guesses_message((f"faq/{presuming}", "faq/appeal_where", "deny_paid_outside"), FACTS)
    assert FACTS.answers[presuming].short not in message.values["guesses"]
    assert FACTS.answers[presuming].title == message.buttons[0].title
    assert FACTS.causes["paid_outside"].policy in message.values["guesses"]
    assert FACTS.causes["paid_outside"].title != message.buttons[2].title  # no confession by a press


def test_a_guess_at_a_cause_says_what_helps_where_the_account_is_in_trouble() -> None:
    """The rule is for who asks about it; a cause and its denial are one guess."""
    intents = ("cause_paid_outside", "deny_paid_outside", "cause_identity_verification")
    said = guesses_message(intents, FACTS, in_trouble=True).values["guesses"]
    for cause in ("paid_outside", "identity_verification"):
        assert decide(Case().name(cause, "unsure"), FACTS).say in said
        assert FACTS.causes[cause].policy not in said
    assert 1 == said.count(FACTS.causes["paid_outside"].title)


@pytest.mark.parametrize(
    ("text", "in_trouble"),
    [
        ("a client paid me on paypal, now I am suspended", True),
        ("they wrote to me about a client who paid on paypal", True),
        ("I let my cousin in and nothing has happened so far", False),
        ("may a client pay me on paypal?", False),
    ],
)
def test_who_tells_a_deed_is_taken_to_be_in_trouble(text: str, in_trouble: bool) -> None:
    """Unless they only ask, or tell that nothing has come of it."""
    message = ParsedMessage("cause_paid_outside", text, ranked={"cause_paid_outside": 0.8})
    assert in_trouble is is_in_trouble(message, FACTS)


def test_guesses_fit_a_turn() -> None:
    """Whatever three answers and causes they are."""
    longest = sorted(FACTS.answers.values(), key=lambda a: -len(a.question + a.short))[:3]
    said = guesses_message([f"faq/{a.id}" for a in longest], FACTS).values["guesses"]
    assert len(said) <= 700


def test_a_likely_answer_is_given_in_full() -> None:
    """What else may be meant can be pressed."""
    near, ranked = (("appeal_where", 0.55), ("appeal_how_often", 0.04)), {"deny_paid_outside": 0.3}
    planned = met("suspended over paypal, where now", "faq", answers=near[:1], near=near, ranked=ranked)
    assert (AnswerPart("appeal_where", perhaps=True, nearby=("cause_paid_outside",)),) == planned.parts


@pytest.mark.parametrize(("sure", "brief"), [(0.9, True), (0.2, False)])
def test_a_broad_question_is_short_only_beside_an_answer(sure: float, brief: bool) -> None:
    """Alone it is said whole, with its sources."""
    near = (("appeal_where", sure), ("appeal_how_often", 0.06))
    planned = met(
        "where is it? and what about my money?", "faq", answers=near[:1], near=near, asks=("ask_funds",)
    )
    assert TopicPart("funds", brief=brief) == planned.parts[-1]
    said = render(planned, Turn(ParsedMessage("faq", ""), Case()), FACTS)
    assert all(message.sources for message in said[:1])


def test_what_usually_follows_is_said_where_the_rest_sounds_like_it() -> None:
    """Who asks for two things in one breath gets both, the second shortly."""
    first = FACTS.answers["rule_call_before"]
    follows = first.follow_ups[0]
    near = ((first.id, 0.8), (follows, 0.1), ("appeal_where", 0.01))
    text = "he calls me before any contract and only by telegram, is it a scam"
    planned = met(text, "faq", answers=near[:1], near=near)
    assert [first.id, follows] == [part.id for part in planned.parts if isinstance(part, AnswerPart)]
    for said, second in (("he calls me", 0.1), (text, 0.009)):
        alone = met(said, "faq", answers=near[:1], near=(near[0], (follows, second), near[2]))
        assert [first.id] == [part.id for part in alone.parts if isinstance(part, AnswerPart)]


def test_an_answer_to_this_kind_of_case_stands_before_the_verdict() -> None:
    """ "It failed three times" gets what is done then; a rule to somebody who broke it does not."""
    told = named("identity_verification")
    near = (("id_failed", 2e-4), ("appeal_where", 1e-5))
    planned = met("my check failed three times", "cause_identity_verification", told, near=near)
    assert ["Answer", "Verdict"] == kinds(planned)[:2]
    assert "id_failed" == planned.answered[0]
    noise = (("id_failed", 2e-6), ("appeal_where", 1e-7))
    plain = met("my check failed", "cause_identity_verification", told, near=noise)
    assert "Verdict" == kinds(plain)[0]
    rule = (("rule_paid_outside", 2e-4), ("appeal_where", 1e-5))
    assert (
        "Verdict" == kinds(met("paid by paypal", "cause_paid_outside", named("paid_outside"), near=rule))[0]
    )


def test_beside_a_sure_answer_nothing_else_is_said() -> None:
    """What else it might be is noise where the question was plain; it can be pressed."""
    near = (("appeal_where", 0.9), ("appeal_how_often", 0.09))
    planned = met("where do i appeal?", "faq", answers=near[:1], near=near)
    assert (AnswerPart("appeal_where", nearby=("faq/appeal_how_often",)),) == planned.parts


BROAD = [(0.3, 0.05, AnswerPart), (0.3, 0.32, TopicPart)]


@pytest.mark.parametrize(("one", "other", "kind"), BROAD)
def test_a_broad_question_gets_the_answer_that_stands_out(one: float, other: float, kind: type) -> None:
    """ "How many warnings before permanent" is no question about permanence as such."""
    serving = [i for i, a in FACTS.answers.items() if "ask_permanent" in a.serves][:2]
    near = ((serving[0], one), (serving[1], other), ("appeal_where", 0.2 if kind is TopicPart else 0.0))
    (part,) = met("so how many of these before it is permanent", "ask_permanent", near=near).parts
    assert isinstance(part, (AnswerPart, TopicPart))
    assert isinstance(part, kind)
    assert f"faq/{serving[1]}" in (part.nearby if isinstance(part, AnswerPart) else part.others)


STORIES = [
    ("many words about a client, a friend and one job " * 3, {"cause_poor_feedback": 0.02}, ["paid_outside"]),
    ("many words about a client, a friend and one job " * 3, {"cause_poor_feedback": 0.5}, None),
    ("paid by paypal, bad reviews", {"cause_poor_feedback": 0.02}, None),
]


@pytest.mark.parametrize(("text", "ranked", "kept"), STORIES)
def test_a_fragment_of_a_long_story_opens_no_case(
    text: str, ranked: dict[str, float], kept: list[str] | None
) -> None:
    """A cause that one clause sounds like counts only where the whole, or a short message, tells of it."""
    told = (named("paid_outside"), named("poor_feedback"))
    planned = met(text, "cause_paid_outside", *told, ranked={"cause_paid_outside": 0.9, **ranked})
    assert set(kept or ["paid_outside", "poor_feedback"]) == set(planned.case.causes)


# --- as many buttons as a reply may have ---------------------------------------------------------


def buttons(count: int, prefix: str) -> tuple[Button, ...]:
    """So many buttons."""
    return tuple(Button(f"{prefix}{n}", f"/{prefix}{n}") for n in range(count))


WITHIN = [
    ([(2, "a"), (2, "b")], ["a0", "a1", "b0", "b1"]),
    ([(5, "a"), (2, "q")], ["a0", "a1", "a2", "q0", "q1"]),
    ([(3, "a"), (5, "q")], ["q0", "q1", "q2", "q3", "q4"]),
    ([(1, "n"), (4, "a"), (2, "q")], ["a0", "a1", "a2", "q0", "q1"]),
    ([(2, "a"), (3, "a")], ["a0", "a1", "a2"]),
    ([(0, "a"), (7, "q")], ["q0", "q1", "q2", "q3", "q4"]),
    ([], []),
]


@pytest.mark.parametrize(("reply", "kept"), WITHIN)
def test_a_reply_keeps_as_many_buttons_as_it_may_have(reply: list[tuple[int, str]], kept: list[str]) -> None:
    """The question's own come first; of the others the first ones stay; every message stays."""
    messages = [Message("utter_answer", {"answer": name}, buttons(count, name)) for count, name in reply]
    shown = within(messages)
    assert [m.values for m in messages] == [m.values for m in shown]
    assert kept == [button.title for message in shown for button in message.buttons]
    assert len(kept) <= MOST_BUTTONS


def test_knowledge_holds_the_answers_that_the_policy_names() -> None:
    """An id in Python that no file has would be a turn without an answer."""
    assert {NO_REASON, HELPER, f"{CLIENT}restricted"} <= set(FACTS.answers)


TELLS_TROUBLE = [
    ("my account is on hold. how long does it take?", True),
    ("how do i verify so that i get no hold later?", False),
    ("if they ask and i can't do it, will they ban me?", False),
]


@pytest.mark.parametrize(("text", "suspected"), TELLS_TROUBLE)
def test_a_question_about_a_ban_that_may_come_suspects_nothing(text: str, suspected: bool) -> None:
    """What is asked about is only held for the cause where the account is told to be restricted."""
    answer = next(
        a for a in FACTS.answers.values() if a.about == "identity_verification" and a.kind != "rule"
    )
    planned = met(text, "faq", answers=((answer.id, 0.9),))
    assert suspected == ("identity_verification" in planned.case.causes)


def test_what_may_be_a_question_about_a_rule_opens_no_case() -> None:
    """ "Can I use one letter for all jobs" sounds like the deed."""
    told, ranked = named("proposal_spam", "unsure", 0.54), {"cause_proposal_spam": 0.5, "ask_rule": 0.46}
    planned = met("one letter for all jobs", "cause_proposal_spam", told, sure=0.9, ranked=ranked)
    assert (None, Case()) == (planned.judged, planned.case)


def test_a_broad_question_is_no_follow_up_of_the_last_answer() -> None:
    """ "What about my money?" says itself what it is about; "and how often?" does not."""
    near = (("hacked_payout", 0.01), ("money_lost_or_safe", 0.005))
    planned = met("what about my money?", "ask_funds", near=near, answered=("appeal_wait_time",))
    assert ["funds"] == [part.id for part in planned.parts if isinstance(part, TopicPart)]


def test_who_did_what_they_asked_about_is_told_what_to_do_now() -> None:
    """The rule answered last; not where something else is told or the account is in trouble."""
    did = (Statement("changed", "i did it last week", 0.7),)
    rule = "rule_contact_before"
    planned = met("i did it last week", "inform_detail", statements=did, answered=(rule,))
    assert (AnswerPart(rule, done=True),) == planned.parts
    others: tuple[dict[str, Any], ...] = (
        {"statements": (Statement("status", "i did it and got banned", 0.9),)},
        {"statements": did, "case": PAID},
        {"statements": (Statement("aside", "i see", 0.9),)},
    )
    for other in others:
        other_plan = met("i did it last week", "inform_detail", answered=(rule,), **other)
        assert (AnswerPart(rule, done=True),) != other_plan.parts


def test_what_is_known_is_no_fragment() -> None:
    """A denial of the cause of the case counts, whatever else a long message is mostly about."""
    told = (named("account_compromised"), named("paid_outside", "denies", 0.99))
    long = "somebody broke in and sent all of it around while i was asleep, and i never took a cent outside of it"
    ranked = {"cause_account_compromised": 0.97}
    for case in (PAID, Case(causes=("inactivity",))):
        planned = met(long, "cause_account_compromised", *told, ranked=ranked, case=case)
        assert (case == PAID) == ("paid_outside" in planned.case.disputed)


def test_a_client_is_answered_before_anything_is_asked_of_freelancers() -> None:
    """Not whether a cause of theirs happened."""
    choices = ("cause_payment_dispute", "deny_payment_dispute")
    told = named("payment_dispute", "unsure", 0.6)
    planned = met("card failed", "cause_payment_dispute", told, sure=0.6, choices=choices, role="client")
    assert ["Answer"] == kinds(planned)


def test_a_yes_to_something_else_keeps_the_question() -> None:
    """It is asked in other words, once; what was unclear asks nothing."""
    doubted = Case(causes=("multiple_accounts",), unsure=("multiple_accounts",))
    rows = met(
        "maybe for two accounts", "cause_multiple_accounts", named("multiple_accounts", "unsure"), case=Case()
    ).judged
    assert rows is not None
    asked = "happened:multiple_accounts"
    message: dict[str, Any] = {
        "choices": ("cause_location_mismatch", "deny_location_mismatch"),
        "sure": 0.6,
        "case": doubted,
        "asked": asked,
        "rows": rows.rows,
    }
    unsure = named("location_mismatch", "unsure", 0.5)
    first = met("yes, same router", "deny_location_mismatch", unsure, **message)
    assert ((QuestionPart(asked, again=True),), asked) == (first.parts, first.asked)
    second = met("yes, same router", "deny_location_mismatch", unsure, asked_again=True, **message)
    assert ([], asked) == (
        [p for p in second.parts if isinstance(p, QuestionPart | ChoicePart)],
        second.asked,
    )
