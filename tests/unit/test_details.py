"""What a message says beside its causes, and in which language."""

from __future__ import annotations

import pytest

from reinstate.knowledge import knowledge
from reinstate.understanding import details, language

LANGUAGES = [
    ("my account was suspended because of my brother", "en"),
    ("hi", "en"),
    ("do you love me", "en"),
    ("my JSS is 92% and my Connects are gone", "en"),
    ("mi cuenta fue suspendida y no sé por qué, que hago", "es"),
    ("minha conta foi bloqueada, o que eu faço? não sei porque", "pt"),
    ("mon compte est bloqué et je ne sais pas pourquoi", "fr"),
    ("na suspend po ang account ko, hindi ko alam kung bakit", "tl"),
    ("mera account suspend ho gaya hai, kya karu", "hi_latin"),
    ("मेरा Upwork account बंद हो गया", "hi"),
    ("میرا اکاؤنٹ بند ہو گیا ہے", "ur"),
    ("تم إيقاف حسابي", "ar"),
    ("আমার একাউন্ট বন্ধ", "bn"),
    ("мій акаунт заблокували", "uk"),
    ("мой аккаунт в Upwork заблокировали", "ru"),
]
PASTED = [
    (
        "We have reviewed your account and placed it on hold because we could not confirm your identity. "
        "Please submit your documents within 7 business days. Upwork Support",
        True,
        "within 7 business days",
    ),
    (
        "Your account has been restricted until a review is done. To keep access you have to answer this "
        "message before March 3, 2026, and attach what shows who you are and where you live.",
        True,
        "before March 3, 2026",
    ),
    ("my account was suspended within 14 days of joining", False, None),
    ("they told me that i broke a rule and i have no idea which. " * 5, False, None),
]


ANSWERS = [
    (
        "refused",
        "Hi Ana, Thanks for your appeal. After careful consideration we've determined that our original decision "
        "was correct. Your account will remain suspended. If you have information that was not part of your "
        "appeal, you can reply to this message.",
    ),
    (
        "refused",
        "Hello, we have completed the review of your appeal. Unfortunately we are not able to restore your account "
        "at this time because we found that payments were made outside of Upwork.",
    ),
    ("refused", "We've reviewed your appeal and decided not to lift the suspension on your account."),
    ("refused", "Thank you for reaching out. Upon further review we stand by our decision on your account."),
    (
        "final",
        "Hello Maria, Thank you for reaching out. We have carefully reviewed your appeal. Unfortunately, we are "
        "unable to reinstate your account. This decision is final, and we will not be able to respond to further "
        "inquiries about it. Upwork Trust & Safety",
    ),
    ("final", "After a second review we have decided to keep your account closed. Our decision is final."),
    (
        "final",
        'they answered: "We have reviewed your case again and our decision remains the same. No further appeals '
        'will be considered for your account."',
    ),
    (
        "asks",
        "Hi, thanks for contacting us. To continue our review, we need some more information. What is your "
        "relationship with the owner of the other account? Please reply within 5 business days.",
    ),
    (
        "asks",
        "Thank you for your appeal. In order to complete our review please upload a copy of your government ID.",
    ),
    (
        "automatic",
        "Thank you for contacting Upwork Support. We have received your request (#4471) and a member of our team "
        "will get back to you within 2-3 business days.",
    ),
    (
        "automatic",
        "Hi! This is an automated message to let you know that your ticket was created. We'll be in touch.",
    ),
    ("restored", "Good news! We've completed our review and your account has been reinstated."),
    (
        "fake",
        "Dear user, your account is suspended. To reactivate it please pay a fee of $75 in USDT to our team.",
    ),
    (None, "they said they will not reinstate my account"),
    (
        None,
        "we live in the same house and my wife has her own account, can you tell me if that is a problem?",
    ),
    (
        None,
        "Your account has been permanently suspended. We detected payments outside. This decision is final.",
    ),
    (
        None,
        "Dear freelancer, we have reviewed your account and found that payments were received outside of Upwork. "
        "Your account has been permanently suspended. You may appeal this decision within 14 days.",
    ),
]


@pytest.mark.parametrize(("text", "wanted"), LANGUAGES)
def test_a_language_is_recognised(text: str, wanted: str) -> None:
    """By its letters or by its frequent words; what tells nothing counts as English."""
    assert wanted == language.find(text, knowledge().languages)


@pytest.mark.parametrize(("text", "pasted", "deadline"), PASTED)
def test_a_notice_is_told_from_a_story(text: str, pasted: bool, deadline: str | None) -> None:
    """Upwork's own words, long enough, and the deadline in them."""
    found = details.find(text, knowledge())
    assert (pasted, deadline) == (found.pasted, found.deadline)


@pytest.mark.parametrize(("kind", "text"), ANSWERS)
def test_an_answer_of_upworks_is_told_from_a_notice_and_from_a_story(kind: str | None, text: str) -> None:
    """By what Upwork says to the person, its kind first; then it tells how far the appeal is."""
    found = details.find(text, knowledge())
    assert kind == found.upwork_answer
    if kind:
        assert found.pasted
        assert knowledge().upwork_answers[kind].appealed == found.appealed


def test_what_is_denied_of_a_circumstance_is_no_circumstance() -> None:
    """On purpose is the contrary of by mistake."""
    found = details.find("i did it on purpose, not by accident", knowledge())
    assert ("by_mistake",) == found.denied_circumstances
    assert "by_mistake" not in found.circumstances


def test_a_question_tells_nothing_of_the_case() -> None:
    """ "How many warnings before permanent?" does not mean that the block is permanent."""
    asked, told = "how many warnings before permanent?", "they say it's permanent"
    assert (None, "permanent") == tuple(details.find(text, knowledge()).notice for text in (asked, told))
    assert "permanent" == details.find(f"{told}. {asked}", knowledge()).notice


def test_a_notice_that_is_denied_is_taken_back() -> None:
    """Who says what it is not has no other kind of notice by that."""
    found = details.find("wrong: it is not a payment hold, I never had one", knowledge())
    assert (None, "payment_hold") == (found.notice, found.denied_notice)


def test_the_quoted_notice_counts_before_words_that_are_asked_about() -> None:
    """ "Whats the difference between hold and permanent. mine says ..." """
    asked = "a permanent block or only a hold, i wonder which"
    assert "permanent" == details.find(asked, knowledge()).notice
    assert "hold" == details.find(f'{asked}. mine says "your account is on hold"', knowledge()).notice
    assert None is details.find("whats the difference between hold and permanent", knowledge()).notice
