"""Masks what identifies a person or an account before anything is read, stored or logged.

Amounts, years, dates and counts stay, because a case needs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import phonenumbers
from stdnum import iban, luhn

EMAIL, PHONE, CARD, IBAN, ID = "[email]", "[phone]", "[card]", "[iban]", "[id number]"

# Where Upwork's freelancers mostly are; national numbers are only known as such per country.
REGIONS = (
    "IN", "PK", "BD", "PH", "UA", "NG", "US", "GB", "BR", "EG", "KE", "VN", "ID", "RU", "TR",
    "AR", "CO", "MX", "RS", "PL", "RO", "ZA", "MA", "LK", "NP", "DE", "FR", "ES", "IT", "GE",
)  # fmt: skip
_LEAST_PHONE_DIGITS = 9

_EMAIL = re.compile(r"[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_DIGITS = re.compile(r"(?<![\w.,$€£₹])\+?\(?\d[\d\s().\-/]{7,}\d(?![\w%])")
_MONEY_AFTER = re.compile(
    r"^\s?(?:usd|eur|dollars?|bucks|rupees|inr|pkr|php|ngn|uah|hours?|hrs?|connects|proposals)\b",
    re.IGNORECASE,
)
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d{2}"
_DATE = re.compile(  # a whole one: "06.12.34.56.78" is a number that only begins like it
    rf"((?<!\d)(?<!\d[-./])(?:{_YEAR}[-./]{_MONTH}[-./]{_DAY}"
    rf"|(?:{_DAY}[-./]{_MONTH}|{_MONTH}[-./]{_DAY})[-./](?:{_YEAR}|\d{{2}}))(?![-./]?\d))"
)
_THOUSANDS = re.compile(r"^\d{1,3}(?:[ .]\d{3})*[ .]000$")
_YEARS = re.compile(r"^(?:19|20)\d{2}(?:\s?[-/ ]\s?(?:19|20)\d{2})+$")
_LETTER_ID = re.compile(r"\b(?=\w*\d{5})(?=\w*[A-Z])[A-Z]{1,5}[\s-]?\d{5,10}[A-Z]?\b")


def mask(text: str) -> str:
    """The text with e-mail addresses, IBANs, card, phone and ID-like numbers replaced."""
    text = _EMAIL.sub(EMAIL, text)
    text = _IBAN.sub(lambda m: IBAN if iban.is_valid(m.group()) else m.group(), text)
    parts = _DATE.split(text)  # every second one is a date
    parts[::2] = [_DIGITS.sub(_mask_digits(part), part) for part in parts[::2]]
    return _LETTER_ID.sub(ID, "".join(parts))


def _mask_digits(text: str) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        found = match.group()
        bare = found.strip()
        digits = re.sub(r"\D", "", bare)
        if _THOUSANDS.match(bare) or _YEARS.match(bare):
            return found
        if _MONEY_AFTER.match(text[match.end() :]):
            return found
        if 13 <= len(digits) <= 19 and luhn.is_valid(digits):
            return CARD
        if len(digits) < _LEAST_PHONE_DIGITS:
            return found
        return PHONE if _is_phone(bare) else ID

    return replace


def _is_phone(number: str) -> bool:
    for region in (None,) if number.startswith("+") else REGIONS:
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
