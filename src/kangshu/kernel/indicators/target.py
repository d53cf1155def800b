"""The target: what a plan says a value shall be in a period, in one of the forms that plans use.

    [[targets]]
    from = 2022-07-01          # the day of the document; a later one for the same period takes its place
    period = "2025"
    form = "at_least"
    value = 60
    kind = "expected"          # binding: 约束性; expected: 预期性
    basis = "信宜市卫生与健康发展事业“十四五”规划 表2"

`base` is the period that a form starts from, where it starts from one; `tolerance` how far `about` reaches;
`each` a stratum of which every single one is to reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.indicators.keys import is_number
from kangshu.kernel.indicators.period import Period, parse_period

Form = Literal[
    "at_least",
    "above",
    "at_most",
    "below",
    "about",
    "up_percent",
    "down_percent",
    "up_each_year",
    "down_each_year",
    "keep_improving",
    "keep",
]
Weight = Literal["binding", "expected"]

FORMS: tuple[Form, ...] = get_args(Form)
WEIGHTS: tuple[Weight, ...] = get_args(Weight)

FROM_BASE = frozenset(
    {"up_percent", "down_percent", "up_each_year", "down_each_year", "keep_improving", "keep"}
)
"""Forms that start from the value of a base period."""

WITHOUT_VALUE = frozenset({"keep_improving", "keep"})
"""Forms that say no number."""

_NEEDED = frozenset({"from", "period", "form", "kind", "basis"})
_KEYS = _NEEDED | {"value", "base", "tolerance", "each"}


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached in a period, as applies from a day on."""

    since: date
    period: Period
    form: Form
    value: Decimal | None
    kind: Weight
    basis: str
    base: Period | None = None
    tolerance: Decimal | None = None
    each: str | None = None


def applying_target(targets: tuple[Target, ...], period: Period, on: date) -> Target | None:
    """The target that counts in a period as applies on a day: that of the period itself, or of the next
    period that has one; None where there is none."""
    known = [each for each in targets if each.since <= on and each.period >= period]
    if not known:
        return None
    nearest = min(each.period for each in known)
    return max((each for each in known if each.period == nearest), key=lambda each: each.since)


def parse_targets(written: Any, kind: str, problems: list[Problem]) -> tuple[Target, ...]:
    """The targets of an indicator with periods of a kind; what is wrong is added to the problems."""
    if not isinstance(written, list):
        problems.append(Problem.at("targets", "must be a list of tables: write [[targets]]"))
        return ()
    found: list[Target] = []
    for number, each in enumerate(cast("list[Any]", written)):
        place = f"targets[{number}]"
        before = len(problems)
        if not isinstance(each, dict):
            problems.append(Problem.at(place, "must be a table"))
            continue
        entry = cast("dict[str, Any]", each)
        problems += _faults(entry, place, kind)
        if len(problems) == before:
            found.append(_target(entry))
    twice = {(each.period, each.since) for each in found}
    if len(twice) < len(found):
        problems.append(Problem.at("targets", "has two targets of one period from the same day"))
    return tuple(sorted(found, key=lambda each: (each.period, each.since)))


def _target(entry: Mapping[str, Any]) -> Target:
    value, base, tolerance = (entry.get(key) for key in ("value", "base", "tolerance"))
    return Target(
        entry["from"],
        parse_period(entry["period"]),
        entry["form"],
        None if value is None else Decimal(value),
        entry["kind"],
        entry["basis"].strip(),
        None if base is None else parse_period(base),
        None if tolerance is None else Decimal(tolerance),
        entry.get("each"),
    )


def _faults(entry: Mapping[str, Any], place: str, kind: str) -> list[Problem]:
    found = [Problem.at(f"{place}.{key}", "is not a key of a target") for key in sorted(entry.keys() - _KEYS)]
    found += [Problem.at(f"{place}.{key}", "is missing") for key in sorted(_NEEDED - entry.keys())]
    for key, value in entry.items():
        reason = _fault_of(key, value, kind) if key in _KEYS else ""
        if reason:
            found.append(Problem.at(f"{place}.{key}", reason))
    return found + [Problem.at(f"{place}.{key}", reason) for key, reason in _unfitting(entry)]


def _fault_of(key: str, value: Any, kind: str) -> str:
    if key == "from":
        right = isinstance(value, date) and not isinstance(value, datetime)
        return "" if right else "must be a date"
    if key in ("value", "tolerance"):
        return "" if is_number(value) else "must be a number"
    if key in ("period", "base"):
        return _fault_of_period(value, kind)
    if key == "each":
        return "" if isinstance(value, str) and value else "must be the name of a stratum"
    if key == "form":
        return "" if value in FORMS else f"must be one of {', '.join(FORMS)}"
    if key == "kind":
        return "" if value in WEIGHTS else f"must be one of {', '.join(WEIGHTS)}"
    return "" if isinstance(value, str) and value.strip() else "must name the document the target is from"


def _fault_of_period(value: Any, kind: str) -> str:
    try:
        found = parse_period(value) if isinstance(value, str) else None
    except Invalid:
        found = None
    if found is None:
        return "must be a period in quotes: 2025, 2025Q3 or 2025-07"
    return "" if found.kind == kind else f"must be a {kind}, as the indicator's period is"


def _unfitting(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    form = entry.get("form")
    if form not in FORMS:
        return []
    found: list[tuple[str, str]] = []
    for key, wanted in (
        ("value", form not in WITHOUT_VALUE),
        ("base", form in FROM_BASE),
        ("tolerance", form == "about"),
    ):
        if wanted and key not in entry:
            found.append((key, f"is missing: the form {form} needs it"))
        if not wanted and key in entry:
            found.append((key, f"does not go with the form {form}"))
    return found
