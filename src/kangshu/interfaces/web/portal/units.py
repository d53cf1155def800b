"""What is behind a cell: its units, each with the way to its record, for who may see the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, cast
from urllib.parse import urlencode

from kangshu.app.platform import Platform
from kangshu.domains.planning.breakdown import periods_of
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import Plan
from kangshu.interfaces.web.portal.grants import grant_for, may
from kangshu.interfaces.web.portal.group_names import names_in, stratum_title
from kangshu.interfaces.web.portal.opened_plan import OpenedPlan, open_plan
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.base.errors import NotFound, Refused
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.indicators.cell import Strata
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.explain import Asked, Unit, Which
from kangshu.kernel.policies.definition import Grant, Resource

ROWS = 50
PAGES = 400
"""More pages nobody turns: strata and `which` narrow them better."""
WHICH: tuple[Which, ...] = ("all", "reached", "missed")
PERSON = "patient"
"""The view whose `id` is the number of a person; the `id` of others is that of a fact of their type."""
LONGEST = 15
"""Digits of the number of a person at most; longer keys stand for who is in tables only."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit; `link` leads to its record, '' where there is none, or the reader may not see it."""

    name: str
    happened: date
    numerator: Decimal
    denominator: Decimal | None
    complete: bool
    link: str


@dataclass(frozen=True, slots=True)
class UnitsPage(Page):
    """address: of the page of the indicator; strata: (stratum, group) of the cell in words; which: all of its
    units, those in the numerator, or those not in it; here: address of this page up to `which`; reason: why
    the reader may see them, '' where they may not: then `rows` are empty."""

    template: ClassVar[str] = "units.html"
    title: ClassVar[str] = "cockpit.facts"
    section: ClassVar[str] = "plans"

    address: str
    plan: Plan
    standing: Standing
    period: str
    strata: tuple[tuple[str, str], ...]
    which: Which
    choices: tuple[Which, ...]
    here: str
    reason: str
    rows: tuple[UnitRow, ...]
    page: int
    more: bool

    @property
    def status(self) -> int:
        """HTTP status."""
        return 200 if self.reason else 403


def units(platform: Platform, call: Call) -> UnitsPage:
    """The units of the cell the address names. Raises `Refused`, `NotFound`."""
    opened = open_plan(platform, call)
    standing = opened.standing(str(call.parts["indicator"]))
    result = opened.counted.results.get(standing.indicator.id)
    period = call.query.get("period", "")
    if result is None or period not in periods_of(result):
        raise NotFound(f"Nothing was counted of {standing.indicator.id} in that period.")
    strata = tuple(
        (name, call.query[name] or None) for name in standing.indicator.strata if name in call.query
    )
    grant = _grant(platform, call, opened.plan)
    page = min(PAGES, max(1, call.number("page") or 1))
    which = cast("Which", call.query.get("which")) if call.query.get("which") in WHICH else "all"
    rows, more = (
        ((), False) if grant is None else _rows(platform, call, opened, standing, grant, strata, which)
    )
    address = f"{opened.address}/{standing.indicator.id}"
    said = {"period": period} | {name: value or "" for name, value in strata}
    return UnitsPage(
        address=address,
        plan=opened.plan,
        standing=standing,
        period=period,
        strata=tuple(
            (stratum_title(name, call.words), names_in(platform, name, call.words)(value))
            for name, value in strata
        ),
        which=which,
        choices=WHICH,
        here=f"{address}/facts?{urlencode(said)}",
        reason=platform.policies.reasons(grant.policy_ids, call.words.language) if grant else "",
        rows=rows,
        page=page,
        more=more,
    )


def _grant(platform: Platform, call: Call, plan: Plan) -> Grant | None:
    """Leave to see facts of the plan's county; None for who sees numbers only."""
    try:
        grant = grant_for(platform, call.principal, "search", Resource("fact", county=plan.county))
    except Refused:
        return None
    whole = grant.scope.everything or plan.county in grant.scope.counties
    return grant if whole and grant.scope.types is None else None


def _rows(
    platform: Platform,
    call: Call,
    opened: OpenedPlan,
    standing: Standing,
    grant: Grant,
    strata: Strata,
    which: Which,
) -> tuple[tuple[UnitRow, ...], bool]:
    skip = (min(PAGES, max(1, call.number("page") or 1)) - 1) * ROWS
    asked = Asked(call.query["period"], strata, which, skip=skip, limit=ROWS)
    found = platform.counted_plans.units(
        grant, opened.content, opened.plan, standing.indicator, asked, opened.counted
    )
    counts = standing.indicator.counts
    persons = _persons(platform, counts, [each.unit for each in found.units])
    used = tuple(f"{_type_of(counts)}/{each.unit}" for each in found.units) if _is_fact(counts) else ()
    platform.note(
        grant,
        Use(_type_of(counts) or "indicator", used, tuple(sorted(set(persons.values()))), len(found.units)),
    )
    # Who may see all facts of the county may as a rule see its records; the record itself asks again.
    sees = may(platform, call.principal, "view_record", Resource("fact", county=opened.plan.county))
    rows = tuple(
        UnitRow(
            _name(call, standing.indicator, each),
            each.happened,
            each.numerator,
            each.denominator,
            each.complete,
            _link(counts, each, persons) if sees else "",
        )
        for each in found.units
    )
    return rows, found.after is not None


def _persons(platform: Platform, counts: str, keys: list[str]) -> dict[str, int]:
    """Whose each unit is, where that is known."""
    if counts == PERSON:
        return {key: int(key) for key in keys if key.isdecimal() and len(key) <= LONGEST}
    if not counts:
        return {}
    return platform.persons_of_facts(_type_of(counts), sorted(set(keys)))


def _link(counts: str, unit: Unit, persons: Mapping[str, int]) -> str:
    person = persons.get(unit.unit)
    if person is None:
        return ""
    base = f"/residents/{person}"
    return base if counts == PERSON else f"{base}/entries/{_type_of(counts)}/{unit.unit}"


def _name(call: Call, indicator: Indicator, unit: Unit) -> str:
    kind = call.words.say_or(f"cockpit.unit_{indicator.counts}", "")
    return f"{kind} {unit.unit}".strip()


def _is_fact(counts: str) -> bool:
    return bool(counts) and counts != PERSON


def _type_of(counts: str) -> str:
    """`medication_request` -> `MedicationRequest`."""
    return "".join(word.capitalize() for word in counts.split("_"))
