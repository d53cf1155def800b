"""The resident identity number, GB 11643-1999: six digits of area, birth date, serial number, check digit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

Sex = Literal["male", "female"]


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A number whose check digit and date are right. It need not have been issued."""

    number: str
    birth: date
    sex: Sex


def check_digit(body: str) -> str:
    """The 18th character for the first seventeen digits."""
    return _CHECK[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]


def parse_resident_id(text: str, *, on: date) -> ResidentId | None:
    """The number, or None where it cannot be one: wrong length, check digit or date, or born after `on`.

    A fifteen-digit number of the first generation is written out to eighteen.
    """
    number = text.strip().upper()
    if len(number) == 15 and number.isascii() and number.isdecimal():
        body = number[:6] + "19" + number[6:]
        number = body + check_digit(body)
    body = number[:17]
    if len(number) != 18 or not (body.isascii() and body.isdecimal()) or number[17] != check_digit(body):
        return None
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    if birth > on or birth.year < 1850:
        return None
    return ResidentId(number, birth, "male" if int(number[16]) % 2 else "female")
