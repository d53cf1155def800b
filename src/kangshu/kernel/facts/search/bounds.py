"""Comparisons of a search value with a stored range.

A stored value is a range [low, high): a day, a period, a point (low == high). A search value is
a range as well, as wide as it was written: `2020-03` is the whole month, `5.40` reaches from
5.395 to 5.405. https://hl7.org/fhir/R4/search.html#prefix
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from kangshu.kernel.facts.dates import stretch

Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]

_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[-+.0-9])")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


class BoundError(ValueError):
    """The value is not a date or number that can be compared."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A prefix and the search range [low, high). `point`: numbers, whose order is that of exact values."""

    prefix: Prefix
    low: float
    high: float
    point: bool = False

    def admits(self, low: float, high: float) -> bool:
        """Whether a stored range satisfies the comparison: the meaning the SQL is tested against."""
        match self.prefix:
            case "eq":
                return self._contains(low, high)
            case "ne":
                return not self._contains(low, high)
            case "gt":
                return high > self.high
            case "lt":
                return low < self.low
            case "ge":
                return high > self.high or low >= self.low
            case "le":
                return low < self.low or high <= self.high
            case "sa":
                return low > self.high if self.point else low >= self.high
            case "eb":
                return high < self.low if self.point else high <= self.low
            case "ap":
                return low <= self.high and high >= self.low

    def _contains(self, low: float, high: float) -> bool:
        if self.low == self.high:
            return low == self.low and high == self.high
        return low >= self.low and (high <= self.high if low < high else high < self.high)


def _prefixed(value: str) -> tuple[Prefix, str]:
    match = _PREFIX.match(value)
    if match is None:
        return "eq", value
    return match[1], value[2:]  # pyright: ignore[reportReturnType]


def date_bound(value: str, *, now: float) -> Bound:
    """A bound from `[prefix]date`. `ap` reaches a tenth of the way between `now` and the date, both ways."""
    prefix, text = _prefixed(value.strip())
    found = stretch(text.replace(" ", "+"))
    if found is None:
        raise BoundError("Not a date: write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss][zone].")
    low, high = found
    if prefix == "ap":
        around = abs(now - low) / 10
        return Bound(prefix, low - around, high + around)
    return Bound(prefix, low, high)


def number_bound(value: str) -> Bound:
    """A bound from `[prefix]number`. Equality is as precise as the number was written; order is exact."""
    prefix, text = _prefixed(value.strip())
    if not _NUMBER.fullmatch(text):
        raise BoundError("Not a number.")
    try:
        number = Decimal(text)
        half = Decimal(5).scaleb(_last_digit(number) - 1)
        low, high = float(number - half), float(number + half)
    except InvalidOperation:
        raise BoundError("Not a number that can be compared.") from None
    if not math.isfinite(low) or not math.isfinite(high):
        raise BoundError("The number is too large.")
    exact = float(number)
    if prefix in ("eq", "ne"):
        return Bound(prefix, low, high, point=True)
    if prefix == "ap":
        around = abs(exact) / 10
        return Bound(prefix, exact - around, exact + around, point=True)
    return Bound(prefix, exact, exact, point=True)


def _last_digit(number: Decimal) -> int:
    """The exponent of the last significant digit as written (100 → 0, 5.40 → -2, 1e2 → 2)."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent
