"""Indicators as FHIR Measures, and what is counted of them as MeasureReports.

Neither is stored: a Measure is what a pack says, a MeasureReport what is counted when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kangshu.app.planning import Planning
from kangshu.app.spark_planning import SparkPlanning
from kangshu.domains.planning.measure import UcumOf, id_of, measure, url_of
from kangshu.domains.planning.measure_report import Counted, measure_report
from kangshu.kernel.base.errors import Invalid, NotFound, NotSupported
from kangshu.kernel.base.time import Clock
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.codes.unit_spellings import spellings_of
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.indicators.cell import Strata
from kangshu.kernel.indicators.definition import FOLDER, Indicator
from kangshu.kernel.indicators.entry import known
from kangshu.kernel.indicators.explain import Unit, Which, units
from kangshu.kernel.indicators.period import Period, parse_period
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.policies.definition import Grant

Json = dict[str, Any]

_REPORTER = "康枢 Kangshu"


@dataclass(frozen=True, slots=True)
class Measures:
    """The indicators of all packs, as FHIR knows them. Safe to share between threads.

    by_id      id of the Measure -> name of the pack and indicator
    resources  the Measures, each with when it was written
    """

    planning: Planning
    by_id: Mapping[str, tuple[str, Indicator]]
    resources: tuple[tuple[Json, datetime], ...]
    ucum: UcumOf
    clock: Clock

    def get(self, id: str) -> tuple[str, Indicator]:
        """The pack and the indicator of a Measure. Raises `NotFound`."""
        if id not in self.by_id:
            raise NotFound("No pack has this Measure.", remedy="GET Measure lists them.")
        return self.by_id[id]

    def find(self, canonical: str) -> tuple[str, Indicator]:
        """The same by `Measure/id`, a canonical address or `address|version`. Raises `NotFound`."""
        url, _, version = canonical.partition("|")
        for id_, (place, indicator) in self.by_id.items():
            if url in (url_of(place, indicator), f"Measure/{id_}", id_):
                if version not in ("", indicator.version):
                    raise NotFound(
                        "The Measure is there in another version.", remedy=f"It is {indicator.version}."
                    )
                return place, indicator
        raise NotFound("No pack has this Measure.", remedy="GET Measure lists them.")

    def resource(self, place: str, indicator: Indicator) -> Json:
        """The Measure of an indicator."""
        return measure(place, indicator, ucum=self.ucum)

    def report(self, counted: Counted) -> Json:
        """The MeasureReport of what is known of a period."""
        return measure_report(counted, ucum=self.ucum, reporter=_REPORTER)

    def evaluate(
        self,
        grant: Grant,
        place: str,
        indicators: Iterable[Indicator],
        *,
        on: date,
        as_of: datetime | None = None,
        county: str | None = None,
        period: Period | None = None,
        spark: SparkPlanning | None = None,
    ) -> Iterator[Counted]:
        """What is known of indicators: in a period, also where nothing is; else in each there is something.

        `county`: over facts from there; None: from the place's own. `spark`: who counts, instead of DuckDB.
        """
        content = self.planning.place(place)
        chosen = tuple(indicators)
        where = county or self.planning.county_of(place)
        results = (spark or self.planning).count(grant, content, chosen, on=on, as_of=as_of, county=where)
        # What was entered is of the place as a whole: of another county nothing is known.
        whole = where in (None, self.planning.county_of(place))
        stated = [*content.entries, *self.planning.books.entries(grant, content)] if whole else ()
        entries = {(each.indicator, each.period): each for each in known(stated, as_of)}
        for each in chosen:
            result = results.get(each.id)
            cells = result.cells if result else ()
            periods = {parse_period(cell.period) for cell in cells}
            periods |= {at for name, at in entries if name == each.id}
            for at in sorted(periods) if period is None else [period]:
                found = tuple(cell for cell in cells if cell.period == at.label)
                entry = None if found else entries.get((each.id, at))
                yield Counted(place, each, at, found, entry, on, as_of, self.clock())

    def units(
        self,
        grant: Grant,
        place: str,
        indicator: Indicator,
        *,
        period: str,
        strata: Strata = (),
        which: Which = "all",
        on: date,
        county: str | None = None,
        limit: int = 50,
    ) -> tuple[Unit, ...]:
        """The first units of a cell, counted over the facts that a grant lets through.

        Raises `NotSupported` for an indicator that nothing is counted of.
        """
        if indicator.kind != "computed":
            raise NotSupported(
                f"{indicator.id} is entered: nothing is counted.", remedy="Its evidence is with its value."
            )
        content, where = self.planning.place(place), county or self.planning.county_of(place)
        with engine(self.planning.views.facts.lake.scratch) as work:
            self.planning.prepare(work, content, [indicator], grant.scope, county=where)
            page = units(work, indicator, period=period, strata=strata, on=on, which=which, limit=limit)
        # A unit is the address of a fact, or a key of its own.
        addresses = tuple(each.unit for each in page.units if "/" in each.unit)
        self.planning.note(grant, Use(indicator.id, addresses, (), len(page.units)))
        return page.units


def read_measures(packs: Mapping[str, Pack], planning: Planning, clock: Clock) -> Measures:
    """The Measures of all packs that have indicators. Raises `Invalid` where two would have one id."""
    spellings = spellings_of(
        (row["written"], row["ucum"]) for row in read_tsv(packs["ucum"].folder / "unit_spellings.tsv")
    )

    def ucum(unit: str) -> str | None:
        return unit if unit == "%" else spellings.ucum(unit)

    written = _written(pack.folder for pack in packs.values())
    by_id: dict[str, tuple[str, Indicator]] = {}
    resources: list[tuple[Json, datetime]] = []
    for place, content in planning.places.items():
        for indicator in content.indicators.indicators:
            id_ = id_of(place, indicator)
            if id_ in by_id:
                raise Invalid(
                    f"The indicator {indicator.id} of {place} has no id of its own as a Measure.",
                    remedy="Give the pack or the indicator a name that differs in more than - and _.",
                )
            by_id[id_] = (place, indicator)
            found = measure(place, indicator, ucum=ucum)
            resources.append((found, written[indicator.id]))
    return Measures(planning, by_id, tuple(resources), ucum, clock)


def _written(folders: Iterable[Path]) -> dict[str, datetime]:
    """By indicator, when the newest of its files was written; they may be of a programme of the place."""
    newest: dict[str, float] = {}
    for path in (path for folder in folders for path in (folder / FOLDER).glob("*.*")):
        name, _, ending = path.name.partition(".")
        if ending in ("toml", "sql"):
            newest[name] = max(newest.get(name, 0), path.stat().st_mtime)
    return {name: datetime.fromtimestamp(int(at), UTC) for name, at in newest.items()}
