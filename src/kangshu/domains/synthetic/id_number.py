"""Resident identity numbers after GB 11643-1999: 17 digits and a check character."""

from __future__ import annotations

from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def check_character(first: str) -> str:
    """The 18th character for the first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first, strict=True)) % 11]


def identity_number(division: str, birth: date, serial: int) -> str:
    """The number of the resident registered as `serial` (1–999, odd for men) of a division and day."""
    first = f"{division}{birth:%Y%m%d}{serial:03d}"
    return first + check_character(first)


def first_generation(number: str) -> str:
    """The 15-digit form in use before 1999, still found in old files: two-digit year, no check character."""
    return number[:6] + number[8:17]


def with_wrong_check(number: str) -> str:
    """The number as a slip of the pen would have it: right in form, wrong in its check character."""
    return number[:17] + _CHECKS[(_CHECKS.index(number[17]) + 1) % 11]
