"""What is masked before anything is read, stored or logged, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reinstate.server.masking import mask

MASKED = [
    ("mail me john.doe+x@gmail.com now", "mail me [email] now"),
    ("call 0300 1234567", "call [phone]"),
    ("+380 67 123 45 67", "[phone]"),
    ("whatsapp +91-98765 43210 ok", "whatsapp [phone] ok"),
    ("(555) 123-4567", "[phone]"),
    ("01712345678", "[phone]"),
    ("card 4111 1111 1111 1111", "card [card]"),
    ("4111-1111-1111-1111", "[card]"),
    ("iban DE89 3704 0044 0532 0130 00", "iban [iban]"),
    ("passport AB1234567", "passport [id number]"),
    ("on 12.05.2024 4111 1111 1111 1111", "on 12.05.2024 [card]"),
    ("06.12.34.56.78", "[phone]"),
    ("06-12-34-56-78", "[phone]"),
    ("8 (912) 345-67-89", "[phone]"),
    ("(044) 123-45-67", "[phone]"),
    ("601 234 567", "[phone]"),
]
KEPT = [
    "in 2019 and 2020 i made $1,200.50 on 12.05.2024",
    "100 proposals, 0 hires, 2-3 days",
    "earned 10 000 000 rupees",
    "I sent 1500000 rupees",
    "from 2019-2024",
    "$45000 and €3.200,00",
    "12/05/2024 - 13/06/2024",
    "on 2024-05-12 14:30 they wrote",
    "my score is 98% after 200+ jobs",
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_private_numbers_are_masked(text: str, masked: str) -> None:
    """E-mail, phone (national too), card, IBAN and ID-like numbers are replaced."""
    assert masked == mask(text)


@pytest.mark.parametrize("text", KEPT)
def test_facts_of_a_case_stay(text: str) -> None:
    """Amounts, years, dates and counts are not private and are needed."""
    assert text == mask(text)


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    """What is masked stays masked as it is."""
    assert mask(mask(text)) == mask(text)
