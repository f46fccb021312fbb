"""Masks what identifies a person or an account before anything is read, stored or logged.

Amounts, years, dates and counts stay, because a case needs them. Patterns look at the plain text (see
`plain`); the text itself keeps every character that is not masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers
from stdnum import iban, luhn

from reinstate.server.plain import Shadow

EMAIL, PHONE, CARD, IBAN, ID = "[email]", "[phone]", "[card]", "[iban]", "[id number]"
Span = tuple[int, int, str]

# Where Upwork's freelancers mostly are; national numbers are only known as such per country.
REGIONS = (
    "IN", "PK", "BD", "PH", "UA", "NG", "US", "GB", "BR", "EG", "KE", "VN", "ID", "RU", "TR",
    "AR", "CO", "MX", "RS", "PL", "RO", "ZA", "MA", "LK", "NP", "DE", "FR", "ES", "IT", "GE",
)  # fmt: skip
_LEAST_PHONE_DIGITS, _LEAST_AFTER_WORD = 9, 7
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34

_AT = r"\s?(?:@|%40|&#64;|\(\s?at?\s?\)|\[\s?at\s?\]|\{\s?at\s?\})\s?"
_DOT = r"\s?(?:\(\s?dot\s?\)|\[\s?dot\s?\]|\{\s?dot\s?\})\s?"
_PROVIDER = r"(?:g(?:oogle)?mail|yahoo|ymail|hotmail|outlook|icloud|proton(?:mail)?|yandex|mail|live|aol|gmx)"
_EMAIL = re.compile(
    rf"[\w.+%'’-]{{1,64}}(?:{_DOT}[\w.+%-]{{1,64}}){{0,3}}{_AT}"
    rf"(?:[\w-]+(?:(?:\.|{_DOT})[\w-]+)+|{_PROVIDER}\b(?:\s?\.\s?\w{{2,6}}\b)?)"
    rf"|[\w.+%-]{{1,64}}\s+at\s+(?:{_PROVIDER}|[\w-]{{1,63}})\s+dot\s+\w{{2,6}}\b",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\s?\d{2}(?:[\s./_|-]{0,2}[A-Z0-9]){11,40}", re.IGNORECASE)
# Greek and Cyrillic capitals that look like the Latin ones of an IBAN.
_LOOKALIKES = str.maketrans("АВЕІКМНОРСТУХЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEIKMHOPCTYXSJABEZHIKMNOPTYX")
_CARD = re.compile(r"(?<!\d)\d(?:[\s.,:;/_|*=~'-]{0,2}\d){12,40}")
# What cards begin with; years do not.
_ISSUED = re.compile(r"2[2-7]|[3-6]")
_DIGITS = re.compile(r"(?<![\w.,$€£₹])\+?\(?\d[\d\s().\-/]{7,}\d(?![\w%])")
_PHONE_AFTER_WORD = re.compile(
    r"(?:\b(?:phone|call|ring|text|whats\s?app|viber|signal|telegram|tel|mobile|cell(?:phone)?|sms|fax"
    r"|number)\b[\s:.#=-]{0,3}(?:(?:me|us|him|her|at|on|is|no|nr|number)\b[\s:.#=-]{0,3}){0,3}"
    r"|(?<![\w.+])(?=\+))(\+?\(?\d(?:[\s().\-/]{0,2}\d){6,14})(?![\w%])",
    re.IGNORECASE,
)
_MONEY_AFTER = re.compile(
    r"\s?(?:(?:usd|eur|gbp|inr|pkr|bdt|php|uah|ngn|egp|kes|vnd|idr|rub|try|ars|cop|mxn|rsd|pln|ron|zar|mad|lkr|npr|rs|ksh|naira)"
    r"|dollars?|bucks|rupees|pounds|taka|pesos?|hours?|hrs?|connects|proposals|jobs?|views|%)\b",
    re.IGNORECASE,
)
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d{2}"
_DATE = re.compile(  # a whole one: "06.12.34.56.78" is a number that only begins like it
    rf"(?<!\d)(?<!\d[-./])(?:{_YEAR}[-./]{_MONTH}[-./]{_DAY}"
    rf"|(?:{_DAY}[-./]{_MONTH}|{_MONTH}[-./]{_DAY})[-./](?:{_YEAR}|\d{{2}}))(?![-./]?\d)"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .]\d{3})*[ .]000")
_YEARS = re.compile(r"(?:19|20)\d{2}(?:\s?[-/ ]\s?(?:19|20)\d{2})+")
# The series of passports is Cyrillic in some countries; tax numbers have a letter at their end.
_LETTER_ID = re.compile(
    r"\b(?:(?=\w*\d{5})[A-ZА-ЯЁЄІЇҐ]{1,5}[\s-]?\d{5,10}[A-Z]?|[A-Z]{5}\d{4}[A-Z]|\d{7,9}[A-Z])\b"
)
# After the name of a paper shorter ones are private too, also where digits and letters change or stand apart.
# Beside a licence a bare number may be what it cost.
_NAMED_ID = re.compile(
    r"\b(?:(?i:passport|(?:my|national|identity|personal|tax)\s+id|id\s?card|identity\s+card|residence\s+permit"
    r"|national\s+insurance|ssn|nin|nino|nid|cnic|curp|cpf|dni|паспорт\w{0,3})|(?P<may>(?i:licen[cs]e|tin)))"
    r"(?:['’]s)?\b(?i:[\s:.#=(№\"“-]{1,3}(?:no|nr|number|is|was|with|the)\b){0,3}[\s:.#=(№\"“-]{1,3}"
    r"(?P<id>(?:[A-Z]{1,5}[\s-]?|[a-z]{1,3})?\d[\dA-Za-z]*(?:[\s-]\d[\dA-Za-z]*){0,7}(?:[\s-][A-Z]\b)?)"
    r"(?![\w%]|-[a-z])"
)
_SPACED_DATE = re.compile(
    rf"{_YEAR}[ -]{_MONTH}(?:[ -]{_DAY})?|{_DAY}[ -]{_MONTH}[ -]{_YEAR}|{_MONTH}[ -]{_YEAR}"
)
_LEAST_NAMED_DIGITS = 5


def mask(text: str) -> str:
    """The text with e-mail addresses, IBANs, card, phone and ID-like numbers replaced.

    What stood between two of them may be one, too: it is looked at until nothing is found.
    """
    while (masked := _mask_once(text)) != text:
        text = masked
    return text


def _mask_once(text: str) -> str:
    shadow = Shadow(text)
    for find in (_emails, _ibans, _cards, _named_ids, _numbers, _ids):
        if spans := list(find(shadow.plain)):
            text = shadow.replace(spans)
            shadow = Shadow(text)
    return text


def _emails(text: str) -> Iterator[Span]:
    return ((*match.span(), EMAIL) for match in _EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[Span]:
    latin = text.translate(_LOOKALIKES)
    for match in _IBAN.finditer(latin):
        # Words may follow without a gap that tells: the longest beginning that is one is it.
        places = [place for place in range(*match.span()) if latin[place].isalnum()]
        for length in range(min(_LONGEST_IBAN, len(places)), _SHORTEST_IBAN - 1, -1):
            end = places[length - 1] + 1
            if iban.is_valid("".join(latin[place] for place in places[:length])):
                yield match.start(), end, IBAN
                break


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        # An expiry date or another number may stand beside it.
        places = [place for place in range(*match.span()) if text[place].isdigit()]
        first = 0
        while first < len(places):
            length = _card_length(text, places[first:])
            if length:
                yield places[first], places[first + length - 1] + 1, CARD
            first += length or 1


def _card_length(text: str, places: Sequence[int]) -> int:
    """How many of the digits from the first on are a card's number; 0 where they begin none."""
    before = text[places[0] - 1 : places[0]]
    if before.isdigit() or not _ISSUED.match("".join(text[place] for place in places[:2])):
        return 0
    for length in range(min(19, len(places)), 12, -1):
        ends = not text[places[length - 1] + 1 : places[length - 1] + 2].isdigit()
        if ends and luhn.is_valid("".join(text[place] for place in places[:length])):
            return length
    return 0


def _numbers(text: str) -> Iterator[Span]:
    for match in _PHONE_AFTER_WORD.finditer(text):
        number = match.group(1)
        enough = len(_digits(number)) >= _LEAST_AFTER_WORD
        if enough and not _is_fact(number, text[match.end() :]) and not _DATE.match(number):
            yield *match.span(1), PHONE
    start = 0
    for end, after in [*(m.span() for m in _DATE.finditer(text)), (len(text), 0)]:
        # Between two dates.
        for match in _DIGITS.finditer(text[start:end]):
            kind = _kind(match.group().strip(), text[start + match.end() :])
            if kind:
                yield start + match.start(), start + match.end(), kind
        start = after


def _named_ids(text: str) -> Iterator[Span]:
    for match in _NAMED_ID.finditer(text):
        number = match["id"]
        surely = match["may"] is None or any(sign.isalpha() for sign in number)
        enough = len(_digits(number)) >= (_LEAST_NAMED_DIGITS if surely else _LEAST_AFTER_WORD)
        date = _DATE.match(number) or _SPACED_DATE.match(number)
        if enough and not date and not _is_fact(number, text[match.end() :]):
            yield *match.span("id"), ID


def _ids(text: str) -> Iterator[Span]:
    return ((*match.span(), ID) for match in _LETTER_ID.finditer(text))


def _kind(bare: str, after: str) -> str | None:
    """What a number is, if it is private."""
    digits = _digits(bare)
    if len(digits) < _LEAST_PHONE_DIGITS or _is_fact(bare, after):
        return None
    if 13 <= len(digits) <= 19 and luhn.is_valid(digits):
        return CARD
    return PHONE if _is_phone(bare) else ID


def _is_fact(number: str, after: str) -> bool:
    """Whether a number is an amount, a count or some years."""
    return bool(_THOUSANDS.fullmatch(number) or _YEARS.fullmatch(number) or _MONEY_AFTER.match(after))


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _is_phone(number: str) -> bool:
    for region in (None,) if number.startswith("+") else REGIONS:
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
