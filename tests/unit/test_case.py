"""A case and what a message changes in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reinstate.core.case import Case, CauseMention
from reinstate.core.facts import gathered
from reinstate.core.parsed import ParsedMessage
from reinstate.core.statements import Statement
from reinstate.core.update import update_case
from reinstate.knowledge import knowledge

FACTS = knowledge()
CAUSES = sorted(FACTS.causes)
ids = st.sampled_from(CAUSES)
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | ids,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def reading(cause: str, stance: str = "admits") -> CauseMention:
    """A sure reading."""
    return CauseMention(cause, 0.9, stance, "")  # type: ignore[arg-type]


def heard(text: str = "", intent: str = "", *mentions: CauseMention, **details: object) -> ParsedMessage:
    """A message."""
    return ParsedMessage(intent=intent, text=text, mentions=mentions, **details)  # type: ignore[arg-type]


ACKNOWLEDGED = [
    ("ok", True),
    ("Okay, got it. Thanks!", True),
    ("i see", True),
    ("fine 👍", True),
    ("yes", False),
    ("ok yes", False),
    ("good client, i knew him", False),
    ("", False),
]


@pytest.mark.parametrize(("text", "acknowledges"), ACKNOWLEDGED)
def test_okay_is_no_yes(text: str, acknowledges: bool) -> None:
    """Who only says that something was read has answered nothing."""
    message = heard(text, "affirm", confidence=0.99)
    assert acknowledges == message.acknowledges
    case = update_case(Case(causes=("paid_outside",)), message, "circumstance:repeated", FACTS)
    assert acknowledges == (() == case.circumstances)


@given(st.dictionaries(st.sampled_from([*Case().to_slots(), "x"]), odd))
def test_any_slots_make_a_case(slots: dict[str, object]) -> None:
    """Stored slots of any shape are survived, and a read case writes and reads back the same."""
    case = Case.from_slots(slots, FACTS)
    assert case == Case.from_slots(case.to_slots(), FACTS)
    assert not set(case.causes) & set(case.disputed)


def test_which_questions_were_answered_is_kept() -> None:
    """What a person tells is heard in each message of theirs, not in Upwork's words, and outlives a slot."""
    case = update_case(Case(), heard("4 tickets, silence", "", heard=("appealed",)), None, FACTS)
    case = update_case(case, heard("under review", "", heard=("notice",), pasted=True), None, FACTS)
    case = update_case(case, heard("he paid 45 a month", "", heard=("rented_account",)), None, FACTS)
    assert ("appealed", "rented_account") == Case.from_slots(case.to_slots(), FACTS).heard


@given(st.lists(st.tuples(ids, st.sampled_from(["admits", "denies", "unsure"])), max_size=8))
def test_a_cause_is_named_or_disputed_never_both(said: list[tuple[str, str]]) -> None:
    """The latest word on a cause counts, and the latest cause stands first."""
    case = Case()
    for cause, stance in said:
        case = case.name(cause, stance)  # type: ignore[arg-type]
        assert not set(case.causes) & set(case.disputed)
        assert cause == (case.disputed if stance == "denies" else case.causes)[0]
    assert len(set(case.causes)) == len(case.causes)


def test_the_best_reading_stands_first() -> None:
    """Of several causes in one message the surest one leads."""
    case = update_case(
        Case(), heard("", "", reading("paid_outside"), reading("contact_sharing")), None, FACTS
    )
    assert ("paid_outside", "contact_sharing") == case.causes


CORRECTIONS = ["no, it was the vpn", "actually it was the vpn", "sorry, i meant the vpn", "wait it was a vpn"]


@pytest.mark.parametrize("text", CORRECTIONS)
def test_a_correction_takes_the_old_cause_out(text: str) -> None:
    """ "No, it was X" puts X in the place of the old cause, and what was said about that goes too."""
    before = Case(causes=("paid_outside",), circumstances=("repeated",))
    case = update_case(
        before, heard(text, "cause_location_mismatch", reading("location_mismatch")), None, FACTS
    )
    assert (("location_mismatch",), (), ()) == (case.causes, case.disputed, case.circumstances)


def test_not_x_but_y_disputes_x() -> None:
    """A denied cause is only in `disputed`."""
    before = Case(causes=("paid_outside",))
    both = (reading("location_mismatch"), reading("paid_outside", "denies"))
    case = update_case(before, heard("i was not paid outside, it was the vpn", "", *both), None, FACTS)
    assert (("location_mismatch",), ("paid_outside",)) == (case.causes, case.disputed)


DISPUTES = [
    ("It's not true!", True),
    ("no, they are lying", True),
    ("i never did that", True),
    ("I didn't do anything wrong", True),
    ("no i didn't", False),
    ("it is not true that i had a bot, it was a macro", False),
    ("they are wrong about the date, not about the rest", False),
]


@pytest.mark.parametrize(("text", "disputes"), DISPUTES)
def test_a_short_denial_disputes_what_they_are_accused_of(text: str, disputes: bool) -> None:
    """It is about the accusation; a bare no is about the open question."""
    before = Case(causes=("paid_outside",))
    case = update_case(before, heard(text, "deny"), "circumstance:met_before_upwork", FACTS)
    assert disputes == (case.disputed == ("paid_outside",))


INTRUDERS = [
    ("they sent spam from it", ("account_compromised",)),
    ("i think they sent spam", ("account_compromised",)),
    ("i got a ban for spam", ("account_compromised",)),
    ("i sent spam too", ("proposal_spam", "account_compromised")),
    ("I've sent the same letter before", ("proposal_spam", "account_compromised")),
]


@pytest.mark.parametrize(("text", "causes"), INTRUDERS)
def test_what_an_intruder_did_is_no_deed_of_the_persons(text: str, causes: tuple[str, ...]) -> None:
    """Beside a break-in, only what they say of themselves counts."""
    before = Case(causes=("account_compromised",))
    told = CauseMention("proposal_spam", 0.9, "admits", text)
    assert causes == update_case(before, heard(text, "cause_proposal_spam", told), None, FACTS).causes


def test_a_question_about_a_cause_takes_no_admission_back() -> None:
    """ "And the vpn?" asks about what was named; it is not less sure for that."""
    before = Case(causes=("paid_outside", "location_mismatch"))
    told = reading("location_mismatch", "unsure")
    after = update_case(before, heard("and the vpn?", "cause_location_mismatch", told), None, FACTS)
    assert (("location_mismatch", "paid_outside"), ()) == (after.causes, after.unsure)


def test_naming_a_cause_ends_not_suspended() -> None:
    """Whoever names a cause and a word of trouble speaks of a suspension again; a deed alone tells of none."""
    free = Case(notice="not_suspended")
    assert (
        update_case(free, heard("blocked for a break", "", reading("inactivity")), None, FACTS).notice is None
    )
    assert (
        update_case(free, heard("I was away", "", reading("inactivity")), None, FACTS).notice == free.notice
    )


def test_an_exception_that_a_sentence_tells_counts_where_it_is_asked_for() -> None:
    """It is no fact of a letter, and hints at no cause."""
    message = heard(
        "my old boss, I brought him here", "", reading("paid_outside"), holds=("met_before_upwork",)
    )
    case = update_case(Case(), message, None, FACTS)
    assert ("met_before_upwork",) == case.circumstances
    assert () == gathered((), message, Case(), case, FACTS)
    assert Case() == update_case(Case(), replace(message, mentions=()), None, FACTS)


def test_a_refused_appeal_is_not_on_its_way_again() -> None:
    """Who tells when they appealed tells of the one that was refused; another one is a new wait."""
    refused = Case(appealed="refused")
    told = heard("I appealed on 9 October and wrote only that he is a client", "", appealed="waiting")
    assert "refused" == update_case(refused, told, None, FACTS).appealed
    again = heard("I appealed again on Monday, no answer yet", "", appealed="waiting")
    assert "waiting" == update_case(refused, again, None, FACTS).appealed


def test_that_nothing_is_restricted_is_kept() -> None:
    """It outlives the deeds that are told after it, and takes back no block that was told before."""
    case = update_case(Case(), heard("nothing is blocked, I only ask", ""), None, FACTS)
    assert case.notice == "not_suspended"
    blocked = update_case(Case(notice="permanent"), heard("no. nothing is blocked yet", ""), None, FACTS)
    assert blocked.notice == "permanent"


ANSWERS = [
    ("circumstance:by_mistake", "affirm", ("by_mistake",), ()),
    ("circumstance:by_mistake", "deny", (), ("by_mistake",)),
    (None, "affirm", (), ()),
]


@pytest.mark.parametrize(("asked", "intent", "holds", "not_so"), ANSWERS)
def test_yes_and_no_answer_the_open_question(
    asked: str | None, intent: str, holds: tuple[str, ...], not_so: tuple[str, ...]
) -> None:
    """A bare yes or no counts only for the question that is open."""
    case = update_case(Case(causes=("multiple_accounts",)), heard("yes", intent), asked, FACTS)
    assert (holds, not_so) == (case.circumstances, case.denied_circumstances)


def test_no_to_more_than_once_is_the_first_time() -> None:
    """Where a no tells as much as a yes, it is kept."""
    message = heard("/deny_circumstance", "deny_circumstance", value="repeated")
    case = update_case(Case(causes=("paid_outside",)), message, None, FACTS)
    assert ("first_time",) == case.circumstances


def test_a_mind_can_be_changed_about_a_circumstance() -> None:
    """What was said not to hold can hold later."""
    case = Case().with_circumstance("repeated", holds=False).with_circumstance("repeated", holds=True)
    assert (("repeated",), ()) == (case.circumstances, case.denied_circumstances)


@pytest.mark.parametrize("value", ["x", None, "not_a_notice", 7])
def test_only_listed_values_of_a_button_count(value: object) -> None:
    """A value that no button of ours carries changes nothing."""
    message = heard("/inform_notice", "inform_notice", value=value)
    assert Case() == update_case(Case(), message, None, FACTS)


@given(odd, odd, odd)
def test_any_parse_result_is_read(intent: object, causes: object, details: object) -> None:
    """Whatever Rasa hands over, reading it raises nothing for dictionaries of any content."""
    parsed = {
        "intent": {"name": intent},
        "text": "x",
        "causes": causes if isinstance(causes, list) and all(isinstance(c, dict) for c in causes) else [],
        "details": details if isinstance(details, dict) else {},
    }
    assert ParsedMessage.from_parse(parsed, FACTS).text == "x"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("No, not say different person", "circumstance:different_person"),
        ("No, a different person, that they never wrote", "circumstance:different_person"),
        ("they did not say different person", None),
    ],
)
def test_what_is_named_to_be_denied_does_not_hold(text: str, asked: str | None) -> None:
    """A no counts before what it repeats."""
    message = heard(text, "circumstance_different_person", circumstances=("different_person",))
    case = update_case(Case(causes=("identity_verification",)), message, asked, FACTS)
    assert "different_person" not in case.circumstances
    assert "different_person" in case.denied_circumstances


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("it is on hold, this is my first warning", "hold"),
        ("no, it was only a warning", "warning"),
    ],
)
def test_a_warning_is_no_hold_taken_back(text: str, after: str) -> None:
    """Who was never warned before has still a hold; who corrects it has none."""
    message = ParsedMessage("inform_detail", text, notice="warning")
    assert after == update_case(Case(notice="hold"), message, None, FACTS).notice


CIRCUMSTANCES = [
    ("a deed that was refused", ("account_sharing",), "denies", "rented_account", False),
    ("a deed", ("account_sharing",), "admits", "rented_account", True),
    ("an exception told with a denial", ("multiple_accounts",), "denies", "relative_same_connection", True),
    ("of another cause", ("automation_tools",), "admits", "after_suspension", False),
    ("of any cause", ("automation_tools",), "admits", "by_mistake", True),
]


@pytest.mark.parametrize(("rule", "causes", "stance", "circumstance", "holds"), CIRCUMSTANCES)
def test_a_circumstance_needs_its_deed(
    rule: str, causes: tuple[str, ...], stance: str, circumstance: str, holds: bool
) -> None:
    """What was refused, or belongs to another cause, is no circumstance of the case."""
    message = heard("he wanted it", "", *(reading(c, stance) for c in causes), circumstances=(circumstance,))
    assert holds == (circumstance in update_case(Case(), message, None, FACTS).circumstances), rule


def test_a_circumstance_read_by_the_intent_needs_its_cause() -> None:
    """ "I removed it already", a script, opened no second account."""
    message = heard("i removed it already", "circumstance_after_suspension", confidence=0.9)
    for cause, holds in (("automation_tools", False), ("multiple_accounts", True)):
        after = update_case(Case(causes=(cause,)), message, None, FACTS)
        assert holds == ("after_suspension" in after.circumstances)


FACTS_TOLD = [
    ("a client i met on upwork paid me through paypal", ("met_before_upwork",)),
    ("a client paid me through paypal", ()),
]


@pytest.mark.parametrize(("text", "denied"), FACTS_TOLD)
def test_what_a_fact_rules_out_is_known(text: str, denied: tuple[str, ...]) -> None:
    """Where they met is told before it is asked."""
    message = heard(text, "cause_paid_outside", reading("paid_outside"))
    assert denied == update_case(Case(), message, None, FACTS).denied_circumstances


def test_not_yet_is_an_answer_before_whatever_follows_it() -> None:
    """ "Not yet. Money? 215 dollars" has answered whether an appeal was sent."""
    case = Case(causes=("contact_sharing",))
    after = update_case(case, heard("not yet. money? 215 dollars", "faq"), "appealed", FACTS)
    assert "no" == after.appealed


def test_who_does_not_know_denies_nothing() -> None:
    """ "I don't know" is read like a no; it is one to no question."""
    doubted = Case(causes=("paid_outside",), unsure=("paid_outside",))
    unknowing = heard("I don't know", "deny", confidence=0.98)
    assert doubted == update_case(doubted, unknowing, "happened:paid_outside", FACTS)
    assert "unknown" == update_case(doubted, unknowing, "notice", FACTS).notice


@pytest.mark.parametrize(
    ("word", "intent", "stance"), [("yes", "affirm", "admits"), ("no", "deny", "denies")]
)
def test_a_yes_or_no_is_to_what_one_can_answer(word: str, intent: str, stance: str) -> None:
    """Not what the notice says, but whether it happened, where that is open too."""
    doubted = Case(causes=("proposal_spam",), unsure=("proposal_spam",))
    answer = heard(word, intent, confidence=0.98)
    assert stance == update_case(doubted, answer, "notice", FACTS).stance("proposal_spam")
    admitted = Case(causes=("proposal_spam",))
    assert admitted == update_case(admitted, answer, "notice", FACTS)


def test_the_reason_takes_back_what_was_added_since() -> None:
    """ "No, telegram is the reason"; a no alone takes nothing back."""
    case = Case(causes=("payment_dispute", "contact_sharing"))
    for text, left in (("no. telegram is the reason", 1), ("no, telegram too", 2)):
        after = update_case(
            case, heard(text, "cause_contact_sharing", reading("contact_sharing")), None, FACTS
        )
        assert ("contact_sharing", left) == (after.causes[0], len(after.causes))


@pytest.mark.parametrize(("intent", "stance"), [("affirm", "admits"), ("deny", "denies")])
def test_whether_it_happened_is_answered_by_yes_or_no(intent: str, stance: str) -> None:
    """The open question of who only suspects a cause."""
    case = Case(causes=("paid_outside",), unsure=("paid_outside",))
    word = {"affirm": "yes", "deny": "no"}[intent]
    after = update_case(case, heard(word, intent, confidence=0.98), "happened:paid_outside", FACTS)
    assert stance == after.stance("paid_outside")
    assert "unsure" == after.without_answer("happened:paid_outside").stance("paid_outside")


def test_a_scrap_beside_other_sentences_adds_no_cause() -> None:
    """ "Money? 215 dollars" in a known case is a question about money."""
    text = "not yet. money? 215 dollars"
    parts = [Statement("aside", "money?", 0.9), Statement("happened", "215 dollars", 0.8)]
    message = heard(text, "cause_payment_dispute", CauseMention("payment_dispute", 0.76, "admits", text))
    known = Case(causes=("contact_sharing",))
    assert () == replace(message, statements=tuple(parts)).beside(known, FACTS).mentions
    story = Statement("happened", "the client did a chargeback", 0.9)
    assert replace(message, statements=(*parts, replace(story, text=text))).beside(known, FACTS).mentions


def test_nobody_is_accused_of_what_was_done_to_them() -> None:
    """Who was not hacked disputes nothing; what else is disputed stays."""
    case = update_case(
        Case(causes=("account_compromised",), disputed=("proposal_spam",)),
        heard("nobody hacked me", "deny_account_compromised", reading("account_compromised", "denies")),
        None,
        FACTS,
    )
    assert ((), ("proposal_spam",)) == (case.causes, case.disputed)


def test_a_guess_takes_no_denial_back() -> None:
    """ "I think it was the word cash that the robot saw" does not say that it happened after all."""
    message = heard("maybe it was the word cash", "cause_paid_outside", reading("paid_outside", "unsure"))
    case = update_case(Case(disputed=("paid_outside",)), message, None, FACTS)
    assert ((), ("paid_outside",)) == (case.causes, case.disputed)


def test_what_is_otherwise_now_denies_nothing() -> None:
    """ "I write every proposal by hand now" is a promise of who owned it."""
    text = "I write every proposal by hand now, and no extension in that browser at all"
    promise = heard(
        text,
        "deny_automation_tools",
        reading("automation_tools", "denies"),
        statements=(Statement("changed", text, 0.95),),
    )
    assert ("automation_tools",) == update_case(
        Case(causes=("automation_tools",)), promise, None, FACTS
    ).causes


def test_who_quotes_the_notice_is_not_asked_for_it() -> None:
    """Though nobody can tell from it what kind of measure it is."""
    text = 'they suspended me for "activity in the Work Diary that does not reflect real work"'
    assert "unknown" == update_case(Case(), heard(text, "cause_unknown"), None, FACTS).notice
