"""How much of what is private the masks find, and how many facts they take by mistake.

    python -m bench.masks            the table, and `bench/reports/masks.md`
    python -m bench.masks --show     what was missed and what was taken, too

Measured on the sentences of `bench/masks.yml`, and on numbers that libraries make: IBANs of every country
that has them, a mobile and a fixed number of every country as it is written abroad and at home, cards of each
issuer. Each in the spellings of phones and other scripts, too. Found is what is masked to its last character
without taking one that stands beside it.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import sys
from collections.abc import Callable, Iterator
from functools import partial

import phonenumbers
import yaml
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import iban, luhn, numdb

from reinstate.server.masking import REGIONS, mask
from reinstate.server.settings import ROOT

REPORT = ROOT / "bench" / "reports" / "masks.md"
SENTENCES = ("it is «{}» ok", "my number «{}», they said", "«{}»")
# Issuer by issuer: what its numbers begin with, and how long they are.
CARDS = {
    "4": 16,
    "51": 16,
    "2221": 16,
    "34": 15,
    "37": 15,
    "6011": 16,
    "3528": 16,
    "36": 14,
    "62": 19,
    "6759": 16,
}
# The noughts of digits in other scripts, and what phones and pages put in without its being seen.
NOUGHTS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10, 0x1D7CE)
UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u2060\ufeff\u034f\ufe0f\u3164"
SAMPLE = 8
Item = tuple[str, str]  # kind and text


def _dashed(dash: str, text: str) -> str:
    return text.replace("-", dash).replace(" ", dash)


def _spaced(space: str, text: str) -> str:
    return text.replace(" ", space)


def _in_digits(nought: int, text: str) -> str:
    return re.sub("[0-9]", lambda digit: chr(nought + int(digit[0])), text)


def _in_key_caps(text: str) -> str:
    return re.sub("[0-9]", "\\g<0>\ufe0f\u20e3", text)


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


# What phones, pages and keyboards of other scripts make of the same number or address.
SPELLINGS: dict[str, Callable[[str], str]] = {
    **{f"dash {ord(dash):x}": partial(_dashed, dash) for dash in "‐‑‒–—−－﹣"},
    **{f"space {ord(space):x}": partial(_spaced, space) for space in "\u00a0\u2007\u2009\u202f\u3000"},
    **{f"unseen {ord(mark):x}": mark.join for mark in UNSEEN},
    **{f"digits {nought:x}": partial(_in_digits, nought) for nought in NOUGHTS},
    "key caps": _in_key_caps,
    "wide": _wide,
}


def written() -> Iterator[Item]:
    """The sentences of the file, each with its kind; what has to be masked stands between « and »."""
    for kind, sentences in _file()["private"].items():
        yield from ((f"{kind}, as people write it", sentence) for sentence in sentences)


def made(chance: random.Random) -> Iterator[Item]:
    """Numbers made by libraries, in a sentence each."""
    for kind, numbers in (("iban", _ibans(chance)), ("phone", _phones()), ("card", _cards(chance))):
        for what, number in numbers:
            yield f"{kind}, {what}", chance.choice(SENTENCES).format(number)


def _ibans(chance: random.Random) -> Iterator[Item]:
    for _, country, _, about, _ in numdb.get("iban").prefixes:
        number = ""
        while not iban.is_valid(number):
            bban = "".join(
                "".join(
                    chance.choice(string.digits if kind == "n" else string.ascii_uppercase)
                    for _ in range(int(n))
                )
                for n, kind in re.findall(r"(\d+)!([nac])", about["bban"])
            )
            number = f"{country}{iban.calc_check_digits(f'{country}00{bban}')}{bban}"
        yield "of every country", iban.format(number) if chance.random() < 0.5 else number


def _phones() -> Iterator[Item]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        home = "at home, where most freelancers are" if region in REGIONS else "at home, elsewhere"
        for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
            if number := phonenumbers.example_number_for_type(region, kind):
                for form in (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164):
                    yield "with its country", phonenumbers.format_number(number, form)
                yield home, phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


def _cards(chance: random.Random) -> Iterator[Item]:
    for begin, length in CARDS.items():
        for gap in ("", " ", "-", "."):
            digits = begin + "".join(chance.choice(string.digits) for _ in range(length - len(begin) - 1))
            digits += luhn.calc_check_digit(digits)
            yield "of every issuer", gap.join(digits[i : i + 4] for i in range(0, length, 4))


def spelt(items: list[Item], chance: random.Random) -> Iterator[Item]:
    """A sample of each kind, in every spelling; the marks stay."""
    kinds: dict[str, list[str]] = {}
    for kind, text in items:
        kinds.setdefault(kind.partition(",")[0], []).append(text)
    for kind, texts in kinds.items():
        for change in SPELLINGS.values():
            for text in chance.sample(texts, min(SAMPLE, len(texts))):
                before, private, after = re.split("[«»]", text, maxsplit=2)
                yield f"{kind}, in other spellings", f"{before}«{change(private)}»{after}"


def is_found(marked: str) -> bool:
    """Whether all between « and » is masked, and nothing else."""
    expected = r"\[[a-z -]+\]".join(re.escape(kept) for kept in re.split("«[^»]*»", marked))
    return bool(re.fullmatch(expected, mask(re.sub("[«»]", "", marked))))


def measure() -> tuple[str, list[Item]]:
    """The table, and what was not as it should be."""
    chance = random.Random(7)
    facts = [(kind, text) for kind, texts in _file()["facts"].items() for text in texts]
    items = [*written(), *made(chance)]
    items += spelt(items, chance)
    wrong = [item for item in (*items, *facts) if not is_found(item[1])]
    rows = ["| private | of these | found | recall |", "|---|---|---|---|"]
    rows += _rows(items, wrong)
    rows += ["", "| facts | of these | kept | taken by mistake |", "|---|---|---|---|"]
    rows += _rows(facts, wrong, mistakes=True)
    return "\n".join(rows), wrong


def _rows(items: list[Item], wrong: list[Item], *, mistakes: bool = False) -> Iterator[str]:
    for kind in sorted({kind for kind, _ in items}):
        of = [item for item in items if item[0] == kind]
        bad = sum(item in wrong for item in of)
        figure = bad if mistakes else f"{1 - bad / len(of):.3f}"
        yield f"| {kind} | {len(of)} | {len(of) - bad} | {figure} |"


def _file() -> dict[str, dict[str, list[str]]]:
    return dict(yaml.safe_load((ROOT / "bench" / "masks.yml").read_text(encoding="utf-8")))


def report(table: str) -> str:
    """The page with the table."""
    about = str(__doc__).partition("Measured")[2].strip()
    return f"# {str(__doc__).splitlines()[0]}\n\n`python -m bench.masks`. Measured {about}\n\n{table}\n"


def main() -> None:
    """Print the table and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--show", action="store_true", help="what was not as it should be")
    given = parser.parse_args()
    table, wrong = measure()
    if given.show:
        for kind, text in wrong:
            sys.stdout.write(f"{kind}: {text}\n  -> {mask(re.sub('[«»]', '', text))}\n")
    sys.stdout.write(f"{table}\n")
    REPORT.write_text(report(table), encoding="utf-8")


if __name__ == "__main__":
    main()
