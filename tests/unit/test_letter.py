"""The letter says what the person told, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reinstate.core.case import Case, CauseMention
from reinstate.core.cleaning import phrase, put_well, sentences, written_well
from reinstate.core.edits import Edit, edited
from reinstate.core.facts import Fact, gathered
from reinstate.core.fulfilled import edits_of
from reinstate.core.letter import (
    LONGEST,
    MOST_QUESTIONS,
    Letter,
    Sentence,
    as_owner,
    draft,
    next_question,
    nothing_new,
    stance_of,
    without_answer,
)
from reinstate.core.own_words import STORY
from reinstate.core.parsed import ParsedMessage
from reinstate.core.review import left_out
from reinstate.core.statements import (
    KINDS,
    MOST,
    OUT,
    Kind,
    Statement,
    about,
    added,
    answering,
    without,
    written,
)
from reinstate.core.update import update_case
from reinstate.core.wishes import Wish, is_wish, parse_wishes
from reinstate.knowledge import TONES, Tone, knowledge
from reinstate.replies.letter import letter_messages
from reinstate.understanding import details
from tests.unit.test_facts import mentioned

FACTS = knowledge()
BRIEFEST = 1200  # characters of the review form
CAUSES = sorted(FACTS.causes)
LETTER_KINDS = sorted(i for i, letter in FACTS.letters.items() if letter.paragraphs)
TELLING = [text for kind in FACTS.facts.values() for text in (*kind.yes, *kind.no)]
NOISE = ["lol", "hello there", "what do i do now", "these idiots", "please help me i have kids", "idk"]


Told = str | tuple[str, str]


def told(case: Case, *texts: Told) -> tuple[Case, tuple[Fact, ...], tuple[Statement, ...]]:
    """What is known after some messages, each an answer to what would be asked.

    A message tells what happened, unless its kind goes before it.
    """
    facts: tuple[Fact, ...] = ()
    statements: tuple[Statement, ...] = ()
    asked: list[str] = ["happened"]
    for said in texts:
        kind, text = ("happened", said) if isinstance(said, str) else said
        found = details.find(text, FACTS)
        message = ParsedMessage(
            "inform_detail",
            text,
            mentioned=mentioned(text),
            circumstances=found.circumstances,
            denied_circumstances=found.denied_circumstances,
            statements=tuple(Statement(kind_of(kind), sentence) for sentence in sentences(text)),
        )
        after = update_case(case, message, None, FACTS)
        facts = gathered(facts, message, case, after, FACTS, asked[-1])
        case, statements = after, added(statements, message.statements)
        following = next_question(case, facts, statements, asked, FACTS)
        asked += [following] if following else []
    assert len(asked) <= MOST_QUESTIONS
    return case, facts, statements


def kind_of(name: str) -> Kind:
    """A kind by its name."""
    return next(kind for kind in KINDS if kind == name)


def letter_of(case: Case, *texts: Told, tone: Tone = "formal", kind: str = "appeal") -> Letter:
    """The letter after some messages."""
    case, facts, statements = told(case, *texts)
    return draft(case, facts, statements, tone, FACTS, kind)


def admitting(cause: str) -> Case:
    """A person who says that it happened."""
    return Case(causes=(cause,))


def denying(cause: str) -> Case:
    """A person who says that it did not."""
    return Case(disputed=(cause,))


# --- nothing is claimed that was not told ---------------------------------------------------------------------------

cases = st.builds(
    Case,
    causes=st.lists(st.sampled_from(CAUSES), max_size=1).map(tuple),
    disputed=st.lists(st.sampled_from(CAUSES), max_size=1).map(tuple),
    notice=st.sampled_from((None, "hold", "permanent", "identity_hold", "timed", "unknown")),
    appealed=st.sampled_from((None, "no", "waiting", "refused")),
).map(lambda case: replace(case, causes=tuple(c for c in case.causes if c not in case.disputed)))
messages = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.lists(st.sampled_from([*TELLING, *NOISE]), min_size=1, max_size=3).map(". ".join),
    ),
    max_size=5,
)


@settings(max_examples=30, deadline=None)
@given(cases, messages, st.sampled_from(TONES), st.sampled_from(LETTER_KINDS))
def test_every_fact_comes_from_words_of_the_person(
    case: Case, texts: list[Told], tone: Tone, kind: str
) -> None:
    """Each fact keeps words that were written; each sentence is a frame, made of facts, or the person's own."""
    case, facts, statements = told(case, *texts)
    letter = draft(case, facts, statements, tone, FACTS, kind)
    written = " ".join(text for _, text in texts)
    for sentence in letter.sentences:
        for fact in sentence.facts:
            assert fact.words in written
        frame = {r.say for r in _rows(case, kind) if not r.needs and "{" not in r.say.replace("{phrase}", "")}
        framed = {s.replace("{phrase}", _phrase(case)) for s in frame}
        own = [words.rstrip(".") for words in sentence.words.splitlines()]  # of a list, each thing
        assert sentence.facts or (own and all(words in written for words in own)) or sentence.text in framed


@settings(max_examples=30, deadline=None)
@given(cases, messages, st.sampled_from(TONES))
def test_every_number_name_and_month_was_told(case: Case, texts: list[Told], tone: Tone) -> None:
    """What can be checked letter by letter: figures, months and names of services stand in the messages."""
    case, facts, statements = told(case, *texts)
    written = " ".join(text for _, text in texts).casefold()
    body = " ".join(s.text for s in draft(case, facts, statements, tone, FACTS).sentences)
    for figure in re.findall(r"\d[\d,.]*\d|\d", body):
        assert figure.replace(",", "").removesuffix("000") in written.replace(",", "")
    for month in re.findall(
        r"\b(?:January|February|March|April|May|June|July|August|September|October)\b", body
    ):
        assert month[:3].casefold() in written
    for service in re.findall(r"\b(?:PayPal|Wise|Payoneer|WhatsApp|Skype|Telegram|LinkedIn|Zoom)\b", body):
        assert service.casefold() in written


@settings(max_examples=30, deadline=None)
@given(cases, messages, st.sampled_from(TONES), st.sampled_from(LETTER_KINDS))
def test_any_messages_make_a_letter_that_fits(case: Case, texts: list[Told], tone: Tone, kind: str) -> None:
    """No message breaks the draft, leaves a placeholder, or makes it longer than its form holds."""
    text = letter_of(case, *texts, tone=tone, kind=kind).text
    assert len(text) <= (BRIEFEST if tone == "brief" and kind == "appeal" else LONGEST)
    assert "{" not in text
    assert "  " not in text


@settings(deadline=None)
@given(st.text(max_size=4000))
def test_any_text_is_put_well_or_left_out(text: str) -> None:
    """Whatever is written, what stays begins with a capital and ends with one stop."""
    for said in sentences(text):
        if sentence := put_well(said, FACTS):
            assert sentence[0].upper() == sentence[0]
            assert sentence.endswith(".")


def _rows(case: Case, kind: str) -> list:  # type: ignore[type-arg]
    cause = next(iter((*case.causes, *case.disputed)), "")
    own = FACTS.letters.get(cause, FACTS.letters["generic"])
    return [*own.rows, *FACTS.letters[kind].rows]


def _phrase(case: Case) -> str:
    cause = next(iter((*case.causes, *case.disputed)), None)
    return FACTS.causes[cause].in_letter if cause else ""


# --- what stands in it ----------------------------------------------------------------------------------------------

LETTERS = [
    (
        admitting("paid_outside"),
        [
            ("aside", "Hi so upwork banned me this morning."),
            "I think its because in march a client i met on upwork paid me like 200 bucks on wise for one "
            "milestone, client asked because his card was declined.",
            ("changed", "I will keep all payments on upwork"),
            ("proof", "screenshots of our chat"),
        ],
        [
            "In March a client I met on Upwork paid me about $200 on Wise for one milestone, client asked because "
            "his card was declined.",
            "I will keep all payments on Upwork.",
            "As evidence I can provide screenshots of our chat.",
            "I do not dispute this",
        ],
        ["this morning", "banned", "Hi so", "I think", "The client proposed"],
    ),
    (
        admitting("paid_outside"),
        ["paypal. once. oct 12"],
        ["On October 12, a client paid me once by PayPal, outside Upwork.", "I do not dispute this"],
        ["proposed", "Wise", "$"],
    ),
    (
        admitting("paid_outside"),
        ["he paid me by paypal and i said ok", "oct 12", "client", ("regret", "i feel bad about it")],
        ["He paid me by PayPal and I said ok.", "This was on October 12."],
        ["a client paid me"],
    ),
    (
        admitting("paid_outside"),
        ["I was paid by paypal once, but he was my client for years before upwork", "since 2018", "invoices"],
        ["I was paid by PayPal once, but he was my client for years", "I have known this client since 2018"],
        ["I do not dispute this", "Since 2018, a client"],
    ),
    (
        denying("paid_outside"),
        ["nobody ever paid me outside of upwork", ("aside", "I dont have anything")],
        ["Nobody ever paid me outside of Upwork.", "I dispute this accusation."],
        ["do not dispute", "evidence", "paid me once"],
    ),
    (
        denying("multiple_accounts"),
        [
            "the second one is my brothers. we share a printer lol",
            "the internet",
            ("proof", "his passport and mine"),
        ],
        ["The second one is my brother", "We share a printer.", "I dispute"],
        ["lol", "do not dispute", "forgotten", "belongs to"],
    ),
    (
        admitting("identity_verification"),
        ["my identity check failed, i grew a beard since the photo on my passport", "in march"],
        ["I grew a beard since the photo on my passport.", "This was in March."],
        ["I do not dispute", "accused"],
    ),
    (
        admitting("proposal_spam"),
        ["i copy pasted one cover letter to like 80 jobs", "in June"],
        ["I copy pasted one cover letter to about 80 jobs.", "This was in June."],
        ["like 80"],
    ),
]


@pytest.mark.parametrize(("case", "texts", "stands", "misses"), LETTERS)
def test_facts_become_sentences(case: Case, texts: list[Told], stands: list[str], misses: list[str]) -> None:
    """What was told stands in clean sentences, and what was not meant for a letter is not in it."""
    text = letter_of(case, *texts).text
    assert [] == [piece for piece in stands if piece not in text]
    assert [] == [piece for piece in misses if piece in text]


def test_a_full_letter_has_the_length_that_is_read() -> None:
    """However much was told, no more than is read; in the order in which it was told."""
    deeds = [f"I sent the same proposal to {n} jobs because I wanted work." for n in range(20, 60)]
    letter = letter_of(admitting("proposal_spam"), *deeds, ("changed", "I write each one by hand now."))
    assert 120 <= len(letter.text.split()) <= 330
    own = [s.words for s in letter.sentences if s.words]
    assert own == [*(d for d in deeds if d in own), "I write each one by hand now."]


SLIPS = [
    ("blocked since yesterday", "I have been blocked since yesterday."),
    ("my account is on hold since 9 days", "My account has been on hold for 9 days."),
    ("I am suspend since 9 october", "I have been suspended since 9 October."),
    ("not knew him before", "I did not know him before."),
    ("I did not copy anything from nobody", "I did not copy anything from anybody."),
    (
        "i took my husbands name, its on my slovenian id card",
        "I took my husband's name, its on my Slovenian ID card.",
    ),
    ("say its not fraud, my sister let me use the card", "It is not fraud, my sister let me use the card."),
    (
        "Read the room, its all in there, and tell me what you need",
        "Please read the room, it is all in there, and tell me what you need.",
    ),
    ("6 yrs, jesus, on Upwork", "6 years, on Upwork."),
    ("Marvin pasted the same bullshit 4 times", "Marvin pasted the same text 4 times."),
    ("Your damn form would not take my name", "Your form would not take my name."),
    ("i paid 612,40 usd on monday", "I paid $612.40 on Monday."),
    # what only sounds like one of these
    ("I blocked this client and reported him", "I blocked this client and reported him."),
    (
        "Read your rules twice since then and I keep them",
        "I read your rules twice since then and I keep them.",
    ),
    ("Write my own proposals by hand", "Write my own proposals by hand."),
    (
        "I sent two clients a link so they can see my work",
        "I sent two clients a link so they can see my work.",
    ),
    ("I have Adobe licences", "I have Adobe licences."),
    ('he wrote "pls be reachable, im in a hurry"', 'He wrote "pls be reachable, im in a hurry".'),
    ("i ask them to change my profile name", "I ask you to change my profile name."),
    ("I asked them to pay on Upwork", "I asked them to pay on Upwork."),
    ("I copied the text from its about page", "I copied the text from its about page."),
    ("I painted Mary, Jesus and the saints", "I painted Mary, Jesus and the saints."),
]


@pytest.mark.parametrize(("written", "stands"), SLIPS)
def test_what_is_no_slip_is_left(written: str, stands: str) -> None:
    """Slips of who learnt English late or swears are put right, and what only looks like one stays."""
    assert stands == written_well(written, FACTS)


STORIES = [
    (
        admitting("contact_sharing"),
        "My account was restricted on 4 May for sharing contact details. A client from Oslo asked for my Telegram"
        " because his files were too large for the chat. I gave him my name there, and we wrote about the files"
        " only. There was no contract yet, and I did not know that this has to wait for one.",
    ),
    (
        denying("multiple_accounts"),
        "You closed my account on 3 November for several accounts. I have had one account since 2017 and never"
        " opened another. I share a flat with a colleague who has his own account for sound design. We use the"
        " same router. I have never logged in to his account, and he has never logged in to mine. Both our names"
        " stand in the rent contract, and each of us has a bank account of his own.",
    ),
    (
        admitting("identity_verification"),
        "My account has been on hold since 8 June. On 6 June I uploaded my new passport for the identity check."
        " I married in April, so the passport has my new name and the profile still has the old one. It is the"
        " same person. I have the marriage certificate with both names and can send it at once.",
    ),
]


@pytest.mark.parametrize(("case", "story"), STORIES, ids=["admitted", "disputed", "a check"])
def test_a_story_of_a_few_sentences_makes_a_letter_of_120_to_220_words(case: Case, story: str) -> None:
    """Between what is too short to be heard and what nobody reads; the brief one fits Upwork's form."""
    told = [Statement("happened", sentence, place=STORY) for sentence in sentences(story)]
    full, brief = (draft(case, (), told, tone, FACTS) for tone in ("formal", "brief"))
    assert 120 <= len(full.text.split()) <= 220
    assert len(brief.text) < 1200


STANCES = [
    (admitting("paid_outside"), "he paid me by paypal once", "admits"),
    (admitting("paid_outside"), "he was my client before upwork", "explains"),
    (admitting("feedback_manipulation"), "friend hired me, but the job was real", "explains"),
    (admitting("identity_verification"), "it failed", "explains"),
    (denying("paid_outside"), "nobody paid me", "disputes"),
    (Case(causes=("location_mismatch",), unsure=("location_mismatch",)), "i travel", "asks"),
    (Case(), "no idea", "asks"),
    (admitting("paid_outside"), "I know it was wrong", "admits"),
]


@pytest.mark.parametrize(("case", "text", "stance"), STANCES)
def test_only_who_admits_admits(case: Case, text: str, stance: str) -> None:
    """Whoever only suspects a cause asks; an exception, a failed check or a denial admits nothing."""
    after, facts, statements = told(case, text)
    assert stance == stance_of(after, facts, statements, FACTS)
    assert ("I do not dispute" in draft(after, facts, statements, "formal", FACTS).text) == (
        stance == "admits"
    )


def test_who_was_only_asked_was_paid_nothing() -> None:
    """A means that was only talked about is no payment."""
    text = letter_of(
        admitting("paid_outside"), ("aside", "he only asked me about paypal, nothing was paid")
    ).text
    assert "paid me" not in text


def test_who_denies_never_admits() -> None:
    """A sentence that tells the deed has no place in a letter that disputes it; who owns it does not dispute."""
    denied = letter_of(denying("paid_outside"), "he paid me by paypal once. he lied about it").text
    assert "PayPal" not in denied
    assert "He lied about it." in denied
    owned = letter_of(denying("paid_outside"), "he paid me by paypal once. i know it was wrong").text
    assert "I do not dispute this; it was wrong." in owned
    assert "I dispute" not in owned


def test_a_block_is_no_restriction() -> None:
    """The letter says what the notice says."""
    text = letter_of(replace(admitting("paid_outside"), notice="permanent"), "paypal once in may").text
    assert "My Upwork account has been permanently blocked." in text


def test_the_notice_is_quoted() -> None:
    """What a pasted notice holds against the person stands in it word for word."""
    notice = "We have suspended your account. We detected payments outside of Upwork, in breach of our terms."
    message = ParsedMessage("inform_notice", notice, pasted=True)
    case = admitting("paid_outside")
    facts = gathered((), message, case, case, FACTS)
    assert (
        'The notice says: "We detected payments outside of Upwork'
        in draft(case, facts, (), "formal", FACTS).text
    )


def test_nothing_is_said_twice() -> None:
    """A fact that stands in the person's own words needs no sentence beside it."""
    text = letter_of(
        admitting("paid_outside"),
        "a client paid me by paypal in june.",
        ("proof", "i have screenshots of the chat. i can show screenshots"),
    ).text
    assert text.count("PayPal") == 1
    assert text.casefold().count("june") == 1
    assert "As evidence" not in text
    text = letter_of(
        admitting("client_harassment"), "i sent him many angry messages in july", "i apologized to him"
    ).text
    assert text.casefold().count("apologi") == 1


def test_a_part_of_a_letter_is_not_another() -> None:
    """What was done, what has changed, what can be shown and what is wanted stand in their order."""
    letter = letter_of(
        admitting("contact_sharing"),
        ("wish", "Please let me take the test again."),
        ("proof", "I have the whole chat."),
        ("changed", "I deleted the number."),
        ("record", "I have a score of 96 percent."),
        "I gave him my number in the proposal.",
    )
    own = [s.words for s in letter.sentences if s.words]
    assert [
        "I gave him my number in the proposal.",
        "I have a score of 96 percent.",
        "I deleted the number.",
        "I have the whole chat.",
        "Please let me take the test again.",
    ] == own


def test_what_is_no_sentence_is_a_detail() -> None:
    """ "85 dollars in May" stands behind the sentences, led in; a short answer is put as its pattern says."""
    text = letter_of(
        admitting("paid_outside"),
        "85 dollars in may and 140 dollars in june, by paypal",
        "he was the one who wanted it",
        ("changed", "nothing outside since then"),
    ).text
    assert "He was the one who wanted it. In detail: $85 in May and $140 in June, by PayPal." in text
    assert "What has changed: nothing outside since then." in text


def test_a_scrap_of_the_talk_is_no_detail() -> None:
    """What is neither a sentence nor holds a figure does not stand beside sentences."""
    text = letter_of(admitting("paid_outside"), "he was the one who wanted it. in latin letters").text
    assert ("He was the one who wanted it." in text, "atin letters" in text) == (True, False)


def test_what_was_found_in_passing_is_not_put() -> None:
    """ "In June I told him no more" tells of no deed in June; what was asked for and answered is put."""
    said = (Statement("happened", "He paid me by Wise."), Statement("aside", "it was not in june at all"))
    passing = Fact("when", "in June", "it was not in june at all", "paid_outside")
    for fact, stands in ((passing, False), (replace(passing, answers=True), True)):
        text = draft(admitting("paid_outside"), (fact,), said, "formal", FACTS).text
        assert stands == ("in June" in text)


def test_a_long_answer_is_what_it_tells() -> None:
    """Who goes on telling when asked what has changed has not said what has changed."""
    told = [Statement("happened", f"He paid me {n} dollars.") for n in (400, 500, 600)]
    assert ["happened"] * 3 == [s.kind for s in answering(told, "changed")]
    assert ["changed"] == [s.kind for s in answering(told[:1], "changed")]
    changed = Statement("changed", "I told him no more.")
    assert ["happened", "changed"] == [s.kind for s in answering([told[0], changed], "changed")]


def test_what_was_read_of_another_cause_stays_out() -> None:
    """A letter is about one accusation, and holds nothing that tells of another one of the case."""
    case = Case(causes=("proposal_spam", "location_mismatch"))
    own = Statement("happened", "I sent one text to 60 jobs.")
    other = Statement("happened", "I used a VPN in Lisbon.", 1.0, "location_mismatch")
    text = draft(case, (), (own, other), "formal", FACTS).text
    assert "60 jobs" in text
    assert "VPN" not in text
    mention = CauseMention("location_mismatch", 0.9, "admits", "I used a VPN in Lisbon.")
    assert (own, other) == about((own, replace(other, cause="")), (mention,))


def test_statements_are_kept_once_and_put_right() -> None:
    """A sentence that was put right goes, one that was told twice stands once, a plea for the letter is not kept.

    Of very much, what is for no letter goes first.
    """
    first, second = Statement("happened", "it was in March"), Statement("happened", "he asked me")
    assert (first, second) == added((first,), (second, first, Statement("draft", "write it")))
    aside = Statement("aside", "what now?")
    assert (first, aside) == added((first,), (aside,))
    many = tuple(Statement("happened", f"job {n}") for n in range(MOST))
    assert many == added((aside,), many)
    assert (second,) == without((first, second), (("it was in March", "in March"),))
    longer = Statement("happened", "340 euro in March and 185 in August")
    assert (longer,) == without((longer,), ((longer.text, "in March"),))


def test_an_answer_is_what_was_asked_for() -> None:
    """What answers the question for what is new, or what has changed, is that."""
    said = (Statement("happened", "I work on two projects at a time"), Statement("wish", "please lift it"))
    assert ["changed", "wish"] == [s.kind for s in answering(said, "changed")]
    assert ["new", "wish"] == [s.kind for s in answering(said, "new")]
    assert ["proof", "wish"] == [s.kind for s in answering(said, "evidence")]
    assert said == answering(said, "when")


def test_what_is_written_for_a_letter_stands_whole() -> None:
    """Sentences of a story are not cut into clauses; only what is surely no part of it is left out."""
    text = (
        "In May he paid me, and my account was closed.",
        "so ok.",
        "maybe June.",
        "I have it, can I send it?",
    )
    says = (
        Statement("happened", "In May he paid me"),
        Statement("status", "and my account was closed"),
        Statement("aside", "so ok.", 0.97),
        Statement("aside", "maybe June.", 0.6),
        Statement("proof", "I have it"),
        Statement("aside", "can I send it?", 0.9),
    )
    story = written(text, says, STORY, 0.9, lambda sentence: sentence.endswith("?"))
    told = [(text[0], STORY), (text[1], OUT), (text[2], STORY), ("I have it", STORY)]
    assert told == [(s.text, s.place) for s in story]


def test_a_story_takes_the_place_of_what_was_told() -> None:
    """Of talk nothing is put beside it, in its order and its words; only what was asked for after it."""
    talk = Statement("happened", "he paid me over wise twice")
    story = [
        Statement(k, t, place=STORY)
        for k, t in (("regret", "I am sorry."), ("happened", "because he was in a hurry?"))
    ]
    answer = Fact("proposed_by", "client", "Who proposed it? The client", "paid_outside", True)
    passing = Fact("when", "in June", "it was in june", "paid_outside")
    text = draft(admitting("paid_outside"), (answer, passing), (talk, *story), "formal", FACTS).text
    assert "I am sorry. Because he was in a hurry?" in text
    assert "The client proposed it." in text
    assert "Wise" not in text and "June" not in text
    assert "and I am sorry" not in text


def test_a_rude_sentence_stands_in_no_letter() -> None:
    """Nor is it offered to be put in."""
    rude = Statement("happened", "these idiots closed it in May", place=STORY)
    letter = draft(admitting("paid_outside"), (), (rude,), "formal", FACTS)
    assert "idiots" not in letter.text
    assert not left_out((letter,), (rude,), FACTS)


def test_the_answer_before_is_taken_back() -> None:
    """One step back: what happened is looked through again, another answer is gone."""
    story, changed = (
        Statement("happened", "he paid", place=STORY),
        Statement("changed", "no more", place="changed"),
    )
    assert (story,) == without_answer((story, changed), "changed")
    assert (replace(story, place=""), replace(changed, place="")) == without_answer(
        (story, changed), "happened"
    )


def test_a_sentence_that_tells_more_than_a_fact_stays() -> None:
    """Which document a person has says nothing of what is written in it."""
    text = letter_of(
        admitting("identity_verification"),
        "my name in the passport is Rahim Uddin and in the profile Md Rahim Uddin",
        "last week",
    ).text
    assert "My name in the passport is Rahim Uddin and in the profile Md Rahim Uddin." in text


def test_a_circumstance_excuses_its_own_cause_only() -> None:
    """Who moved explains their location with it, and not that they gave a client their number."""
    case = replace(admitting("contact_sharing"), circumstances=("moved_country",))
    assert stance_of(case, (), (), FACTS) == "admits"
    case = replace(admitting("location_mismatch"), circumstances=("moved_country",))
    assert stance_of(case, (), (), FACTS) == "explains"


def test_of_two_times_for_two_matters_none_is_taken() -> None:
    """A date that may belong to something else stands in no letter."""
    text = "i moved last year and in march i gave a client my telegram"
    mentions = tuple(CauseMention(c, 0.9, "admits", "") for c in ("contact_sharing", "location_mismatch"))
    message = ParsedMessage("inform_detail", text, mentions=mentions, mentioned=mentioned(text))
    case = admitting("contact_sharing")
    assert "when" not in {fact.kind for fact in gathered((), message, case, case, FACTS)}


def test_who_helps_somebody_speaks_as_they_do() -> None:
    """Sentences that speak of the owner as somebody else stand in no letter of theirs."""
    she = Statement("changed", "she will write each one herself")
    own = Statement("changed", "i will write each one myself")
    assert ((), (own,)) == as_owner((), (she, own), FACTS)


# --- what is asked --------------------------------------------------------------------------------------------------

ASKED = [
    (admitting("paid_outside"), "paypal. once. oct 12", "proposed_by"),
    (admitting("paid_outside"), "client asked, paypal, once, on oct 12", "changed"),
    (denying("multiple_accounts"), "the second account is my brother's", "connection"),
    (admitting("multiple_accounts"), "i forgot the old account", "changed"),
    (admitting("contact_sharing"), "I gave him my skype in the proposal in may", "proposed_by"),
    (Case(), "", "changed"),
]


@pytest.mark.parametrize(("case", "text", "asked"), ASKED)
def test_what_was_told_is_not_asked(case: Case, text: str, asked: str) -> None:
    """After what happened, the question is for what is missing and matters for this cause."""
    after, facts, statements = told(case, text if text else ("aside", text))
    assert "happened" == next_question(after, facts, statements, (), FACTS)
    assert asked == next_question(after, facts, statements, ("happened",), FACTS)


def test_a_refused_appeal_asks_for_something_new() -> None:
    """Without something new there is no letter; with it the letter says so."""
    case = replace(admitting("proposal_spam"), appealed="refused")
    assert "new" == next_question(case, (), (), ("happened",), FACTS)
    assert nothing_new(case, ())
    new = Statement("new", "i have found the messages of the client")
    assert not nothing_new(case, (new,))
    assert (
        "What is new since the first decision: I have found" in draft(case, (), (new,), "formal", FACTS).text
    )


# --- cleaning -------------------------------------------------------------------------------------------------------

CLEANED = [
    ("i paid the fee", "I paid the fee."),
    ("im a designer and dont use bots", "I am a designer and do not use bots."),
    ("client name is bob, he is from canada", "The client name is Bob, he is from Canada."),
    ("share a printer lol", "I share a printer."),
    ("we share a printer lol", "We share a printer."),
    ("gave him my number in the proposal", "I gave him my number in the proposal."),
    ("never used a bot", "I never used a bot."),
    ("client he pay me", "The client he pay me."),
    ("these idiots banned me", ""),
    ("he paid 200 usd via paypal in march", "He paid $200 via PayPal in March."),
    ("2 times only", "2 times only."),
]


@pytest.mark.parametrize(("written", "stands"), CLEANED)
def test_a_sentence_is_put_well_or_left_out(written: str, stands: str) -> None:
    """Names, apostrophes and money are put right; what cannot be made a sentence is left out."""
    assert stands == put_well(written, FACTS)


PHRASES = [
    ("I have screenshots of the chat", "screenshots of the chat"),
    ("the address of the website", "the address of the website"),
    ("My passport", "my passport"),
    ("I dont have anything", ""),
    ("I will pay attention", ""),
]


@pytest.mark.parametrize(("written", "stays"), PHRASES)
def test_a_thing_is_named_by_a_phrase(written: str, stays: str) -> None:
    """What can be attached is a few words without a verb."""
    assert stays == phrase(written, FACTS)


# --- wishes ---------------------------------------------------------------------------------------------------------

WISHES = [
    (
        "change sentence 3 to I paid the fee in March",
        [Wish("change", (3,), sentence="I paid the fee in March")],
    ),
    ("sentence 2: it was in May", [Wish("change", (2,), sentence="it was in May")]),
    ("remove sentence 4", [Wish("leave_out", (4,))]),
    ("remove the second sentence", [Wish("leave_out", (2,))]),
    ("drop the last sentence", [Wish("leave_out", (0,))]),
    (
        'replace sentence 1 with "My account is blocked"',
        [Wish("change", (1,), sentence="My account is blocked")],
    ),
    ("leave out the part about the printer", [Wish("leave_out", what="printer")]),
    ("please don't mention my brother", [Wish("leave_out", what="brother")]),
    ("leave out the thief thing please", [Wish("leave_out", what="thief thing")]),
    ("add that I have invoices", [Wish("add", sentence="I have invoices")]),
    ("put that it was 400 euro", [Wish("add", sentence="it was 400 euro")]),
    ('replace "mistake" with "error"', [Wish("replace", what="mistake", sentence="error")]),
    (
        "instead of last Tuesday say on 18 November",
        [Wish("replace", what="last Tuesday", sentence="on 18 November")],
    ),
    ("Thank you, please leave out 5 and 6 because it is not for Upwork", [Wish("leave_out", (5, 6))]),
    (
        "add: The client noticed that the style was different.",
        [Wish("add", sentence="The client noticed that the style was different.", exact=True)],
    ),
    ("change 3 to: it was in May", [Wish("change", (3,), sentence="it was in May")]),
    ("Add after 6: I did not know it", [Wish("add", sentence="I did not know it", to=6)]),
    ("put sentence 10 after 7 please", [Wish("move", (10,), to=7)]),
    ("sentences 3 and 4 should come before 2", [Wish("move", (3, 4), to=-2)]),
    ("no no, please only take out 'and to tell me'", [Wish("leave_out", what="and to tell me", exact=True)]),
    (
        "leave out sentences 4 and 6, and add that I was ill",
        [Wish("leave_out", (4, 6)), Wish("add", sentence="I was ill")],
    ),
    (
        "change 4 to: I tried it twice, and both failed. and 5: I have no attempts left.",
        [
            Wish("change", (4,), sentence="I tried it twice, and both failed."),
            Wish("change", (5,), sentence="I have no attempts left."),
        ],
    ),
    (
        'change sentence 4 to: I wrote him. I called him a liar, and I wrote "you will regret it". and leave out 8',
        [
            Wish(
                "change", (4,), sentence='I wrote him. I called him a liar, and I wrote "you will regret it".'
            ),
            Wish("leave_out", (8,)),
        ],
    ),
    ("take 'mail says' out of the quote, ugly", [Wish("leave_out", what="mail says", exact=True)]),
    ("show it again, without 'mail says'", [Wish("leave_out", what="mail says", exact=True)]),
    (
        "Add: mine is from 2019. His is newer.",
        [Wish("add", sentence="mine is from 2019. His is newer.", exact=True)],
    ),
    ("undo that", [Wish("undo")]),
    ("put that back please", [Wish("undo", what="back")]),
    (
        "No, put it back, only the bit with the tea must go",
        [Wish("undo", what="back", sentence="only the bit with the tea must go")],
    ),
    ("ffs. undo that", [Wish("undo")]),
]
# What is no plain wish is not guessed at.
NONE = [
    "the hair thing is bad for me. take that out",
    "say it better: i told the client",
    "Sentence 7 reads badly",
    "make it nicer",
    "sentence 3 is wrong",
    "sentence 5: make it better",
    "change sentence 5 to be more polite",
    "replace sentence 1 with something simpler",
    "write it nicer, full sentences",
    "correct my english, its not good",
    "You left out the client! He knows it",
    "the part about the tax is for you. take it out",
    "add that it was the only time directly after 'I did it'",
    "put in that I work 4 years on Upwork, before the evidence",
    "took it down for one hour and put it back",
    "drop it",
    "I never said it was wrong",
    "remove my account",
    "delete everything i wrote",
]


@pytest.mark.parametrize(("text", "wishes"), WISHES)
def test_wishes_are_read(text: str, wishes: list[Wish]) -> None:
    """A sentence is named by its number, a part by what it is about or its words; several in one message."""
    assert wishes == list(parse_wishes(text, FACTS).wishes)


@pytest.mark.parametrize("text", NONE)
def test_what_is_not_said_plainly_is_no_wish(text: str) -> None:
    """How words should read, what is wrong, and what only points at something; nor anything but the letter."""
    assert not parse_wishes(text, FACTS).wishes


def test_sentences_can_be_moved() -> None:
    """Behind or before another one, also into its part; where one is not there, nothing is moved."""
    told = [Statement("happened", f"I did {name} there.", place=STORY) for name in ("one", "two", "three")]
    changed = Statement("changed", "I stopped it.", place="changed")
    letter = draft(admitting("paid_outside"), (), (*told, changed), "formal", FACTS)
    number = {s.text: n for n, s in enumerate(letter.sentences, 1)}
    one, three, stopped = (
        number[text] for text in ("I did one there.", "I did three there.", "I stopped it.")
    )
    moved = edited(letter, edits_of(Wish("move", (stopped, three), to=one), letter, FACTS))
    assert "I did one there. I stopped it. I did three there. I did two there." in moved.text
    moved = edited(letter, edits_of(Wish("move", (three,), to=-one), letter, FACTS))
    assert "I did three there. I did one there. I did two there." in moved.text
    assert () == edits_of(Wish("move", (three, 99), to=one), letter, FACTS)
    more = edited(letter, edits_of(Wish("add", sentence="it was late", to=one), letter, FACTS))
    assert "I did one there. It was late. I did two there." in more.text


def test_a_tone_and_what_else_is_told_are_read_beside_wishes() -> None:
    """What is no wish stays for the facts."""
    heard = parse_wishes("No. It was in May. make it shorter and say I want to withdraw", FACTS)
    assert heard.tone == "brief"
    assert heard.rest == "No. It was in May."
    assert heard.wishes == (Wish("add", sentence="I want to withdraw"),)
    assert parse_wishes("show me the letter again", FACTS).shows


@pytest.mark.parametrize(
    ("text", "plain"), [("remove sentence 4", True), ("I never said that to him", False)]
)
def test_only_plain_wishes_are_wishes_without_a_letter(text: str, plain: bool) -> None:
    """Before a letter stands, words that may tell a story are none."""
    assert plain == is_wish(text, FACTS)


def fulfilled(letter: Letter, text: str) -> Letter:
    """The letter after wishes in plain words."""
    return edited(letter, edits_after(letter, text))


def edits_after(letter: Letter, text: str) -> list[Edit]:
    """The edits that wishes make, one after another."""
    edits: list[Edit] = []
    for wish in parse_wishes(text, FACTS).wishes:
        edits += edits_of(wish, edited(letter, edits), FACTS)
    return edits


def test_wishes_change_what_they_name_and_nothing_else() -> None:
    """A part goes, a sentence comes, and the others stay."""
    letter = letter_of(denying("multiple_accounts"), "the second account is my brothers. we share a printer")
    texts = [s.text for s in letter.sentences]
    without = fulfilled(letter, "leave out the part about the printer")
    assert [t for t in texts if "printer" not in t] == [s.text for s in without.sentences]
    more = fulfilled(letter, "add that i have invoices")
    assert {"I have invoices."} == {s.text for s in more.sentences} - set(texts)
    changed = fulfilled(letter, "change sentence 2 to i was in hospital")
    assert "I was in hospital." == changed.sentences[1].text
    assert len(texts) - 2 == len(fulfilled(letter, "remove sentences 1 and 2").sentences)


def test_words_are_cut_out_of_a_sentence() -> None:
    """What is quoted goes alone where enough of its sentence is left, and with it where not."""
    letter = Letter((Sentence("I have stopped it, told him only through Upwork.", "told"),), (("told",),))
    assert (
        "I have stopped it." == fulfilled(letter, "take out 'told him only through Upwork'").sentences[0].text
    )
    assert () == fulfilled(letter, "take out 'I have stopped it, told him only through'").sentences


def test_a_clause_goes_alone_where_it_is_named() -> None:
    """The rest of its sentence stays; a single word that stands in several sentences takes none of them out."""
    told = "On 2 May I took the check, every time a robot answers"
    sentences = tuple(Sentence(f"{t}.", "told", words=t) for t in (told, "A robot wrote it", "I paid, look"))
    letter = Letter(sentences, (("told",),))
    texts = [s.text for s in fulfilled(letter, "take out the part that a robot answers every time").sentences]
    assert ["On 2 May I took the check.", "A robot wrote it.", "I paid, look."] == texts
    assert [] == edits_after(letter, "take out robot")
    assert "I paid." in [s.text for s in fulfilled(letter, "take out look").sentences]


ADDED = [
    ("add please that I am ill", "I am ill", 0),
    ("can you also write that i took them down?", "i took them down", 0),
    ("add to the second sentence: I was in a hurry", "I was in a hurry", 2),
]


@pytest.mark.parametrize(("text", "sentence", "to"), ADDED)
def test_what_asks_us_to_add_is_no_part_of_it(text: str, sentence: str, to: int) -> None:
    """Neither a please nor the question mark, nor where it belongs."""
    (wish,) = parse_wishes(text, FACTS).wishes
    assert (sentence, to) == (wish.sentence, wish.to)


def test_numbers_are_numbers_wherever_they_stand() -> None:
    """ "take 2 and 3 out" takes no sum and no percentage out."""
    sentences = tuple(Sentence(t, "told", words=t) for t in ("It was 2%.", "He paid $23.", "I am sorry."))
    letter = Letter(sentences, (("told",),))
    assert ["It was 2%."] == [s.text for s in fulfilled(letter, "take 2 and 3 out").sentences]


def test_what_is_rude_goes_alone() -> None:
    """The rest of its sentence stays where it is one."""
    assert "I only did it once, I know the rule now." == written_well(
        "I only did it once, i was stupid, I know the rule now.", FACTS
    )
    assert "" == written_well("you are thieves", FACTS)
    assert "I have worked here for nine years." == written_well(
        "I have worked here for nine years and you lock me out like a thief", FACTS
    )
    for text in (
        "9 years, 211 jobs, and you lock me out like a thief without one human looking at it.",
        "they say that I am a scammer and I sold my account",
    ):
        assert "" == written_well(text, FACTS)


def test_what_sounds_sharp_and_what_is_masked_is_said() -> None:
    """It stands as it was written; whoever sends it is told."""
    told = Statement("happened", "Some robot answered, my account number is [iban].", place="story")
    letter = draft(denying("paid_outside"), (), (told,), "formal", FACTS)
    messages = letter_messages(letter, "formal", "appeal", Case(), None, (), FACTS)
    said = {message.response: message.values for message in messages}
    assert "“robot”" in str(said["utter_letter_sharp"])
    assert "utter_letter_masked" in said
    assert "[iban]" in letter.text


def test_sentences_go_to_the_top_and_to_the_end() -> None:
    """Of the person's own; what frames them stays where it is."""
    letter = letter_of(admitting("paid_outside"), "he paid me by paypal. i was in a hurry. it was wrong")
    own = [s.text for s in letter.sentences if s.words]
    number = 1 + [s.text for s in letter.sentences].index(own[2])
    first = fulfilled(letter, f"move {number} to the top, and show me")
    assert [own[2], own[0], own[1]] == [s.text for s in first.sentences if s.words]
    number = 1 + [s.text for s in letter.sentences].index(own[0])
    last = fulfilled(letter, f"put {number} at the end please")
    assert [own[1], own[2], own[0]] == [s.text for s in last.sentences if s.words]


def test_changes_last_in_every_tone_and_with_new_facts() -> None:
    """What was changed, added or taken out stays so in another tone, and where a fact has come."""
    case, facts, statements = told(
        admitting("paid_outside"), "he paid me by paypal once", ("proof", "screenshots")
    )
    formal = draft(case, facts, statements, "formal", FACTS)
    edits = edits_after(
        formal, "leave out the screenshots. add that I am sorry. change sentence 1 to my account is closed"
    )
    more, now, _ = told(case, "it was in march, he paid me by paypal once")
    for tone in TONES:
        for known in (facts, (*facts, *now)):
            text = edited(draft(more, known, statements, tone, FACTS), edits).text
            assert "My account is closed." in text
            assert "I am sorry." in text
            assert "screenshots" not in text


@pytest.mark.parametrize(
    "text", ["leave out the part about dogs", "remove sentence 99", "add that lol idiots"]
)
def test_what_cannot_be_done_changes_nothing(text: str) -> None:
    """A part that is not there, a number too high, or a sentence that is none: no edit."""
    letter = letter_of(admitting("paid_outside"), "paypal once")
    assert parse_wishes(text, FACTS).wishes
    assert [] == edits_after(letter, text)


def test_a_sentence_is_added_where_only_its_words_stand_here_and_there() -> None:
    """ "I put the number in my proposal" is not said by "my phone number" and "the client proposed it"."""
    letter = letter_of(admitting("contact_sharing"), "gave phone number", "he asked", "last week")
    (wish,) = parse_wishes("add: I put the number in my proposal.", FACTS).wishes
    assert ["I put the number in my proposal."] == [edit.new for edit in edits_of(wish, letter, FACTS)]
    assert () == edits_of(replace(wish, sentence="I gave phone number."), letter, FACTS)
