"""The Python API for analysts: an installation, opened for somebody and for a purpose.

    from kangshu.app.analysis import open_installation

    with open_installation(token=token, purpose="oversight") as analysis:
        table = analysis.view("patient")

Everything goes through a grant, as on every other way in: what the policies refuse is refused here, rows are
those of the grant, and each use is an entry of the access log.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from kangshu.app.cell_table import cell_table
from kangshu.app.identity_provider.client_token import principal_of_token
from kangshu.app.platform import Platform
from kangshu.app.settings import Settings, read_settings
from kangshu.app.wiring import build
from kangshu.domains.planning.measure_report import Counted
from kangshu.domains.planning.monitoring import Standing
from kangshu.kernel.base.errors import Invalid, KangshuError
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.indicators.cell import Strata
from kangshu.kernel.indicators.explain import Unit, Which
from kangshu.kernel.lake.arrow import Arrow
from kangshu.kernel.lake.engine import Engine, engine, literal, quoted
from kangshu.kernel.policies.definition import Grant, Principal, Resource
from kangshu.kernel.views.parsing import parse_view


@dataclass(frozen=True, slots=True)
class Tables:
    """Views of the packs as tables that SQL (DuckDB's) can read under their names."""

    engine: Engine

    def query(self, sql: str) -> Arrow:
        """The rows of a SELECT."""
        return self.engine.arrow(sql).read_all()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analyst can ask of an installation. Made by `open_installation`.

    principal  who asks, as the access log will show it
    purpose    what for: oversight, public_health, treatment, operations
    """

    platform: Platform
    principal: Principal
    purpose: str

    def close(self) -> None:
        """Give back the connections."""
        self.platform.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- rows

    def view(self, name: str, *, as_of: datetime | None = None, limit: int | None = None) -> Arrow:
        """The rows of a view of the packs that the grant lets through, now or as known at a time."""
        with self.tables(name, as_of=as_of) as tables:
            return tables.query(
                f"SELECT * FROM {quoted(name)}" + ("" if limit is None else f" LIMIT {limit}")
            )

    @contextmanager
    def tables(
        self, *names: str, as_of: datetime | None = None, county: str | None = None
    ) -> Generator[Tables]:
        """Views of the packs, for SQL of one's own over them, while the block runs.

        `county`: of facts from there only. Each view that is opened is an entry of the access log.
        """
        grant = self._grant(Resource("fact"), "export")
        views = self.platform.views
        with engine(views.facts.lake.scratch) as work:
            views.prepare(work, names, grant.scope, as_of=as_of, county=county)
            for name in names:
                rows = int(work.one(f"SELECT count(*) FROM {quoted(name)}"))
                self.platform.note(grant, Use(name, (), (), rows))
            yield Tables(work)

    def run(self, definition: Mapping[str, Any], *, as_of: datetime | None = None) -> Arrow:
        """The rows of a ViewDefinition of one's own."""
        view = parse_view(dict(definition))
        grant = self._grant(Resource("fact", view.resource), "export")
        with tempfile.TemporaryDirectory(prefix="kangshu-view-") as folder, engine() as work:
            path = Path(folder) / "rows"
            self.platform.views.write(view, grant, path, form="parquet", as_of=as_of)
            return work.arrow(f"SELECT * FROM read_parquet({literal(str(path))})").read_all()

    # -- numbers

    def evaluate(
        self,
        place: str,
        *indicators: str,
        on: date | None = None,
        as_of: datetime | None = None,
        county: str | None = None,
    ) -> tuple[Counted, ...]:
        """What is known of indicators of a place, all if none is named: counted, else as entered.

        `on`: the last day that is counted, today if not said; `county`: over facts from there, the place's
        own if not said.
        """
        known = self.platform.planning.place(place).indicators
        chosen = [known.get(each) for each in indicators] or list(known.indicators)
        found = self.platform.measures.evaluate(
            self._numbers(), place, chosen, on=on or self._today(), as_of=as_of, county=county
        )
        return tuple(found)

    def cells(
        self,
        place: str,
        *indicators: str,
        on: date | None = None,
        as_of: datetime | None = None,
        county: str | None = None,
    ) -> Arrow:
        """The same as one flat table, a row for each period and group; what is small is hidden."""
        return cell_table(self.evaluate(place, *indicators, on=on, as_of=as_of, county=county))

    def report(self, counted: Counted) -> dict[str, Any]:
        """What is known of a period as a FHIR MeasureReport."""
        return self.platform.measures.report(counted)

    def units(
        self,
        place: str,
        indicator: str,
        period: str,
        *,
        strata: Strata = (),
        which: Which = "all",
        on: date | None = None,
        county: str | None = None,
        limit: int = 50,
    ) -> tuple[Unit, ...]:
        """The first units behind a number, for who may see the facts: all, `reached` or `missed`.

        They are those of the facts that the grant lets through, which may be fewer than were counted.
        """
        grant = self._grant(Resource("fact"), "export")
        chosen = self.platform.planning.place(place).indicators.get(indicator)
        return self.platform.measures.units(
            grant,
            place,
            chosen,
            period=period,
            strata=strata,
            which=which,
            on=on or self._today(),
            county=county,
            limit=limit,
        )

    def standings(
        self, place: str, plan: str, *, on: date | None = None, as_of: datetime | None = None
    ) -> tuple[Standing, ...]:
        """How each row of a plan stands: values, trend, distance to the target, forecast."""
        planning = self.platform.planning
        content = planning.place(place)
        day = on or self._today()
        return planning.standings(self._numbers(), content, content.plan(plan), on=day, as_of=as_of)

    def _numbers(self) -> Grant:
        return self._grant(Resource("indicator", "MeasureReport"), "read")

    def _grant(self, resource: Resource, action: str) -> Grant:
        return self.platform.policies.decide(self.principal, action, resource, self.purpose)

    def _today(self) -> date:
        return self.platform.clock().date()


def open_installation(
    *,
    token: str = "",
    principal: Principal | None = None,
    purpose: str = "",
    settings: Settings | None = None,
) -> Analysis:
    """Open the installation of the settings, or of the environment; close it when done, or use `with`.

    Who asks is the bearer of a token (`kangshu token`), or a principal; `purpose` is the usual one of the
    role if it is not said. Raises `Refused` for a token that is not ours, `Invalid` where neither is given.
    """
    chosen = settings or read_settings()
    if not token and principal is None:
        raise Invalid("Nobody asks.", remedy="Give a token (`kangshu token` makes one) or a principal.")
    platform = build(chosen)
    try:
        asking = principal or principal_of_token(chosen.home, platform.clock, token)
        return Analysis(platform, asking, purpose or platform.policies.usual_purpose(asking))
    except KangshuError:
        platform.close()
        raise
