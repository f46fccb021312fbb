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


@pytest.mark.parametrize(("text", "wanted"), LANGUAGES)
def test_a_language_is_recognised(text: str, wanted: str) -> None:
    """By its letters or by its frequent words; what tells nothing counts as English."""
    assert wanted == language.find(text, knowledge().languages)


@pytest.mark.parametrize(("text", "pasted", "deadline"), PASTED)
def test_a_notice_is_told_from_a_story(text: str, pasted: bool, deadline: str | None) -> None:
    """Upwork's own words, long enough, and the deadline in them."""
    found = details.find(text, knowledge())
    assert (pasted, deadline) == (found.pasted, found.deadline)


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
