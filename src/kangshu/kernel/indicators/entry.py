"""The entry: a value that somebody enters with its source and evidence; followed by others, never changed.

What was known at a time is what had been recorded until then; an entry without a value takes back what was
entered before it. Entries are in a table of the lake; those of a document are rows of a pack.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.indicators.book import Book, written
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import Period, parse_period
from kangshu.kernel.lake.reader import Note
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.policies.definition import Grant

TABLE = "indicator_entry"

LONGEST = 500
"""Characters that a source or evidence may have."""

_LARGEST, _FINEST = Decimal(10) ** 15, 12
_OF_FILE = ("indicator", "period", "value", "source", "evidence", "who", "recorded")
_COLUMNS = ("place", "indicator", "period", "value", "source", "evidence", "who")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a period.

    place     whose: the name of the place's pack
    value     None takes back what was entered before
    source    the document or system it is from; `evidence` where in it, or where the proof is kept
    who       who entered it, by the id of the principal; of a document: its issuer
    recorded  when that was known here
    """

    place: str
    indicator: str
    period: Period
    value: Decimal | None
    source: str
    evidence: str
    who: str
    recorded: datetime


def parse_entry(indicator: Indicator, place: str, row: Mapping[str, str], recorded: datetime) -> Entry:
    """The entry of texts: period, value (empty: taken back), source, evidence, who.

    Raises `Invalid` with every problem.
    """
    problems = problems_of_texts(row, ("source", "evidence", "who"))
    period, value = None, None
    try:
        period = parse_period(row.get("period", "").strip())
        if period.kind != indicator.period:
            problems.append(_problem("period", f"must be a {indicator.period}", f"not-a-{indicator.period}"))
        elif period.first > recorded.date():
            problems.append(_problem("period", "has not begun", "not-begun"))
    except Invalid:
        problems.append(_problem("period", "must be a period: 2025, 2025Q3 or 2025-07", "not-a-period"))
    try:
        value = parse_number(row.get("value", ""))
        problems += _beyond(indicator, value)
    except Invalid as error:
        problems += [_problem("value", each.message, each.code) for each in error.problems]
    if problems or period is None:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"The entry for {indicator.id} is wrong. {listed}.", problems=tuple(problems))
    texts = (row["source"].strip(), row["evidence"].strip(), row["who"].strip())
    return Entry(place, indicator.id, period, value, *texts, recorded)


def problems_of_texts(row: Mapping[str, str], keys: Iterable[str]) -> list[Problem]:
    """Texts that somebody enters: what is missing or too long."""
    texts = {key: row.get(key, "").strip() for key in keys}
    found = [_problem(key, "is missing", "missing") for key, text in texts.items() if not text]
    return found + [
        _problem(key, f"has more than {LONGEST} characters", "too-long")
        for key, text in texts.items()
        if len(text) > LONGEST
    ]


def parse_number(text: str) -> Decimal | None:
    """The number somebody enters; None for nothing. Raises `Invalid`."""
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    # An exponent would write a short text out to any length.
    if number.is_finite() and abs(number) < _LARGEST and abs(int(number.as_tuple().exponent)) <= _FINEST:
        return number
    raise Invalid("It is no number.", problems=(_problem("", "must be a number", "not-a-number"),))


def _beyond(indicator: Indicator, value: Decimal | None) -> list[Problem]:
    if value is None:
        return []
    if indicator.lowest is not None and value < indicator.lowest:
        return [_problem("value", f"must be {indicator.lowest} or more", "too-low")]
    if indicator.highest is not None and value > indicator.highest:
        return [_problem("value", f"must be {indicator.highest} or less", "too-high")]
    return []


def read_entries(
    path: Path, place: str, indicators: Mapping[str, Indicator], unread: Collection[str] = ()
) -> tuple[Entry, ...]:
    """The entries of a pack: columns indicator, period, value, source, evidence, who, recorded.

    `unread`: indicators that are there and wrong, of whose entries nothing can be said.
    Raises `Invalid` with every problem.
    """
    found: list[Entry] = []
    problems: list[Problem] = []
    for number, row in enumerate(read_tsv(path, _OF_FILE), 2):
        if row["indicator"] in unread:
            continue
        indicator = indicators.get(row["indicator"])
        if indicator is None:
            problems.append(_problem(f"line {number}", f"names {row['indicator']}, which is no indicator"))
            continue
        try:
            recorded = datetime.fromisoformat(row["recorded"]).replace(tzinfo=UTC)
        except ValueError:
            problems.append(_problem(f"line {number} recorded", "must be a day: 2026-01-31"))
            recorded = datetime.max.replace(tzinfo=UTC)
        try:
            found.append(parse_entry(indicator, place, row, recorded))
        except Invalid as error:
            problems += [_problem(f"line {number} {each.path}", each.message) for each in error.problems]
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"{path.name}: {listed}.", problems=tuple(problems))
    return tuple(found)


def known(entries: Iterable[Entry], as_of: datetime | None = None) -> tuple[Entry, ...]:
    """The last entry of each indicator and period, now or as of a time; what was taken back is not there."""
    last: dict[tuple[str, str, Period], Entry] = {}
    for entry in sorted(entries, key=lambda each: each.recorded):
        if as_of is None or entry.recorded <= as_of:
            last[(entry.place, entry.indicator, entry.period)] = entry
    return tuple(entry for entry in last.values() if entry.value is not None)


class EntryBook:
    """The entries of a county in the lake, for who has a grant."""

    def __init__(self, lake: Lake, grant: Grant, note: Note) -> None:
        self._book = Book(lake, grant, note, TABLE, _COLUMNS)

    def add(self, county: str, entries: Sequence[Entry]) -> None:
        """Add entries, all or none. Raises `Refused` for a county the grant does not open."""
        self._book.add(county, [(each.recorded, _row(each)) for each in entries])

    def read(self, place: str) -> tuple[Entry, ...]:
        """Every entry of a place, in the order they were recorded, also those that others have followed."""
        return tuple(_entry(recorded, *texts) for recorded, texts in self._book.read(place))


def _row(entry: Entry) -> dict[str, str | None]:
    texts = {name: getattr(entry, name) for name in _COLUMNS}
    return texts | {"period": entry.period.label, "value": written(entry.value)}


def _entry(recorded: datetime, *texts: Any) -> Entry:
    place, indicator, period, value, source, evidence, who = texts
    number = None if value is None else Decimal(value)
    return Entry(place, indicator, parse_period(period), number, source, evidence, who, recorded)


def _problem(path: str, message: str, code: str = "invalid") -> Problem:
    return Problem("error", code, path, message)
