"""The period: a year, quarter or month that a value is of, by its label: `2025`, `2025Q3`, `2025-07`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from kangshu.kernel.base.errors import Invalid

Kind = Literal["year", "quarter", "month"]

KINDS: tuple[Kind, ...] = get_args(Kind)
MONTHS: dict[Kind, int] = {"year": 12, "quarter": 3, "month": 1}

_LABEL = re.compile(r"(\d{4})(?:Q([1-4])|-(0[1-9]|1[0-2]))?")
_SQL: dict[Kind, str] = {
    "year": "strftime({day}, '%Y')",
    "quarter": "strftime({day}, '%Y') || 'Q' || quarter({day})",
    "month": "strftime({day}, '%Y-%m')",
}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Periods of one kind are in order; `number` counts them without gaps."""

    number: int
    kind: Kind

    @property
    def label(self) -> str:
        """As people write it; labels of one kind sort as the periods do."""
        if self.kind == "year":
            return f"{self.number:04d}"
        if self.kind == "quarter":
            return f"{self.number // 4:04d}Q{self.number % 4 + 1}"
        return f"{self.number // 12:04d}-{self.number % 12 + 1:02d}"

    @property
    def first(self) -> date:
        """Its first day."""
        month = self.number * MONTHS[self.kind]
        return date(month // 12, month % 12 + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        month = (self.number + 1) * MONTHS[self.kind]
        return date(month // 12, month % 12 + 1, 1) - timedelta(days=1)

    def years_since(self, other: Period) -> int:
        """Whole years from another period of its kind to this one."""
        return (self.number - other.number) * MONTHS[self.kind] // 12


def parse_period(label: str) -> Period:
    """The period of a label. Raises `Invalid`."""
    match = _LABEL.fullmatch(label)
    if match is None or label.startswith("0000"):
        raise Invalid(f"{label!r} is not a period.", remedy="Write 2025, 2025Q3 or 2025-07.")
    year, quarter, month = match.groups()
    if quarter:
        return Period(int(year) * 4 + int(quarter) - 1, "quarter")
    if month:
        return Period(int(year) * 12 + int(month) - 1, "month")
    return Period(int(year), "year")


def period_of(day: date, kind: Kind) -> Period:
    """The period a day lies in."""
    return Period((day.year * 12 + day.month - 1) // MONTHS[kind], kind)


def months_in(period: Period) -> list[str]:
    """The labels of its months."""
    first = period.number * MONTHS[period.kind]
    return [Period(first + number, "month").label for number in range(MONTHS[period.kind])]


def label_in_sql(kind: Kind, day: str) -> str:
    """The SQL expression for the label of the period that a day (an expression) lies in."""
    return _SQL[kind].format(day=day)
