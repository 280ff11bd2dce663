"""Finds e-mail and IP addresses, telephone numbers, payment cards and IBANs; replaces them or drops the page."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal

from m3w_builder.classes import dataclass
from m3w_builder.document import Document, Image, Text
from m3w_builder.stage import Drop

Kind = Literal["email", "phone", "ip", "card", "iban"]


def luhn(digits: str) -> bool:
    """Whether the last digit of a payment card's number is the check of the others (ISO/IEC 7812)."""
    total = 0
    for index, digit in enumerate(reversed([int(character) for character in digits if character.isdigit()])):
        doubled = digit * 2 if index % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def iban(text: str) -> bool:
    """Whether an IBAN's two check digits are right (ISO 13616)."""
    compact = re.sub(r"\s", "", text).upper()
    moved = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def _public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


def _card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn(digits)


def _always(_: str) -> bool:
    return True


# In this order: what an earlier rule took, a later one no longer sees. The replacements are names and numbers that
# stand for nobody (RFC 2606, RFC 5737; the card and IBAN fail their checks on purpose).
_RULES: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool], str]] = {
    "email": (
        re.compile(r"(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
        _always,
        "email@example.com",
    ),
    "iban": (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"), iban, "XX00 0000 0000 0000"),
    "card": (re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d.,-]?\d)"), _card, "0000 0000 0000 0001"),
    "ip": (
        # IPv6 that is routed begins with 2 or 3: "std::fill" and "a::b" are code.
        re.compile(
            r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
            r"|(?<![\w:.])[23][0-9a-fA-F]{3}:(?:[0-9a-fA-F]{0,4}:){1,6}[0-9a-fA-F]{0,4}(?![\w:])"
        ),
        _public,
        "192.0.2.1",
    ),
    # Only what is written as a telephone number: with its country code, or a North American one in its usual form.
    "phone": (
        re.compile(
            r"(?<![\w+])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}"
            r"|\(\d{3}\) ?\d{3}[ .-]\d{4})(?![\w-])"
        ),
        _always,
        "+1 555 0100",
    ),
}


@dataclass(frozen=True, slots=True)
class Pii:
    """Replaces what names or reaches a person, in texts and in what stands at pictures, or drops such documents."""

    name: ClassVar[str] = "pii"
    reasons: ClassVar[Mapping[str, str]] = {"personal_data": "personal data of one of `kinds` stand in the text"}

    kinds: tuple[Kind, ...] = ("email", "ip", "phone", "card", "iban")
    """What is looked for; cards and IBANs by their check digits, IP addresses only where they are public ones
    (e-mail and public IP addresses: FineWeb, arXiv 2406.17557, section 3.7)."""
    action: Literal["replace", "drop"] = "replace"
    """Put a name or number that stands for nobody in its place, or drop the document."""

    def __call__(self, batch: Sequence[Document], /) -> list[Document | Drop]:
        return [self.judge(document) for document in batch]

    def judge(self, document: Document) -> Document | Drop:
        found: dict[str, int] = {}
        for item in document.items:
            names = (
                ("text",) if isinstance(item, Text) else ("alt", "title", "caption") if isinstance(item, Image) else ()
            )
            for name in names:
                setattr(item, name, self.clean(getattr(item, name), found))
        if found and self.action == "drop":
            return Drop("personal_data", ", ".join(sorted(found)), sum(found.values()), 0)
        if found:
            document.scores["pii"] = float(sum(found.values()))
        return document

    def clean(self, text: str, found: dict[str, int]) -> str:
        """The text with what was found replaced, counted in `found` by kind."""
        for kind, (pattern, check, instead) in _RULES.items():
            if kind in self.kinds:

                def replace(
                    match: re.Match[str], kind: str = kind, check: Callable[[str], bool] = check, instead: str = instead
                ) -> str:
                    if not check(match[0]):
                        return match[0]
                    found[kind] = found.get(kind, 0) + 1
                    return instead

                text = pattern.sub(replace, text)
        return text
