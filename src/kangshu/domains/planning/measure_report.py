"""The value of an indicator in one period as a FHIR R4 MeasureReport: counts, score, strata.

Where a cell is hidden, no number of it is in the report, and a data-absent-reason says so.

https://hl7.org/fhir/R4/measurereport.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kangshu.domains.planning.measure import (
    POPULATIONS,
    UcumOf,
    improvement,
    population_concept,
    quantity,
    scoring_of,
    stratum_concept,
    url_of,
)
from kangshu.kernel.base.time import instant
from kangshu.kernel.indicators.cell import Cell, Strata, levels_of
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import Entry
from kangshu.kernel.indicators.period import Period
from kangshu.kernel.indicators.series import is_closed

Json = dict[str, Any]

_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_UNKNOWN = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_EXTENSION = "urn:kangshu:extension"


@dataclass(frozen=True, slots=True)
class Counted:
    """What is known of an indicator in a period.

    cells   what was counted, everybody first; of an entered indicator there are none
    entry   what was entered, where nothing was counted
    on      the last day that was counted; `as_of`: what was known then, None: what is known
    made    when that was asked
    """

    place: str
    indicator: Indicator
    period: Period
    cells: tuple[Cell, ...]
    entry: Entry | None
    on: date
    as_of: datetime | None
    made: datetime


def measure_report(counted: Counted, *, ucum: UcumOf, reporter: str) -> Json:
    """A report of type summary. `reporter`: who stands for it, in words."""
    indicator, period = counted.indicator, counted.period
    whole = next((each for each in counted.cells if not each.strata), None)
    group = {**_measured(counted, whole, ucum), "stratifier": _stratifiers(counted, ucum)}
    return {
        "resourceType": "MeasureReport",
        "language": "zh-CN",
        "extension": _facts_about(counted),
        "status": "complete",
        "type": "summary",
        "measure": f"{url_of(counted.place, indicator)}|{indicator.version}",
        "date": instant(counted.made),
        "reporter": {"display": reporter},
        "period": {"start": period.first.isoformat(), "end": period.last.isoformat()},
        "improvementNotation": improvement(indicator),
        "group": [{key: value for key, value in group.items() if value != []}],
    }


def _facts_about(counted: Counted) -> list[Json]:
    """Where the value is from, whether it is final, and what was known when."""
    closed = is_closed(counted.indicator, counted.period, counted.on)
    found: list[Json] = [
        {"url": f"{_EXTENSION}:origin", "valueCode": "entered" if counted.entry else "computed"},
        {"url": f"{_EXTENSION}:closed", "valueBoolean": closed},
        {"url": f"{_EXTENSION}:on", "valueDate": counted.on.isoformat()},
    ]
    if counted.as_of is not None:
        found.append({"url": f"{_EXTENSION}:as-of", "valueInstant": instant(counted.as_of)})
    if counted.entry is not None:
        said = f"{counted.entry.source}：{counted.entry.evidence}"
        found.append({"url": f"{_EXTENSION}:evidence", "valueString": said})
    return found


def _stratifiers(counted: Counted, ucum: UcumOf) -> list[Json]:
    levels = [level for level in levels_of(counted.indicator.strata) if level]
    found = [(level, _cells_of(counted.cells, level)) for level in levels]
    return [
        {
            "code": [stratum_concept(name) for name in level],
            "stratum": [_stratum(counted, each, ucum) for each in cells],
        }
        for level, cells in found
        if cells
    ]


def _cells_of(cells: Sequence[Cell], level: tuple[str, ...]) -> list[Cell]:
    return [each for each in cells if tuple(name for name, _ in each.strata) == level]


def _stratum(counted: Counted, cell: Cell, ucum: UcumOf) -> Json:
    return {**_group_of(cell.strata), **_measured(counted, cell, ucum)}


def _group_of(strata: Strata) -> Json:
    if len(strata) == 1:
        return {"value": _said(strata[0][1])}
    return {"component": [{"code": stratum_concept(name), "value": _said(value)} for name, value in strata]}


def _said(value: str | None) -> Json:
    """The value of a stratum; one that is not known says so."""
    if value is None:
        return {"coding": [{"system": _UNKNOWN, "code": "unknown"}]}
    return {"text": value}


def _measured(counted: Counted, cell: Cell | None, ucum: UcumOf) -> Json:
    """Completeness, counts and score of a cell; None: nothing was counted."""
    value = counted.entry.value if counted.entry else cell.value if cell else None
    score: Json = quantity(counted.indicator, ucum)
    if value is None:
        score["extension"] = [_absent("masked" if cell and cell.hidden else _nothing(counted))]
    else:
        score["value"] = value
    codes = POPULATIONS[scoring_of(counted.indicator)]
    found: Json = {}
    if cell is not None:
        found["extension"] = [_completeness(cell)]
        found["population"] = [_population(cell, code) for code in codes]
    return {**found, "measureScore": score}


def _nothing(counted: Counted) -> str:
    """Why a cell that is not hidden has no value: nothing to divide by, or nobody entered any."""
    return "not-applicable" if counted.indicator.kind == "computed" else "unknown"


def _population(cell: Cell, code: str) -> Json:
    amount = {
        "initial-population": None if cell.units is None else Decimal(cell.units),
        "denominator": cell.denominator,
    }.get(code, cell.numerator)
    found: Json = {"code": population_concept(code)}
    if cell.hidden or amount is None:
        found["_count"] = {"extension": [_absent("masked" if cell.hidden else "unknown")]}
    elif amount == amount.to_integral_value() and abs(amount) < 1 << 31:
        found["count"] = int(amount)
    else:
        # Days or money: R4 has whole numbers only.
        exact = Decimal(format(amount.normalize(), "f"))
        found["_count"] = {"extension": [{"url": f"{_EXTENSION}:amount", "valueDecimal": exact}]}
    return found


def _completeness(cell: Cell) -> Json:
    parts: list[Json] = [
        {"url": "months", "valueInteger": cell.months},
        {"url": "months-due", "valueInteger": cell.months_due},
    ]
    if cell.complete is not None:
        parts.append({"url": "units-complete", "valueDecimal": cell.complete})
    return {"url": f"{_EXTENSION}:data-completeness", "extension": parts}


def _absent(reason: str) -> Json:
    return {"url": _ABSENT, "valueCode": reason}
