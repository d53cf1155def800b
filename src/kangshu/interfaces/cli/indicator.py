"""`kangshu indicator`: numbers about a population: what they are, how many, and what is behind them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer
from rich.table import Table

from kangshu.app.cell_table import cell_table, check_file, write_cells
from kangshu.app.identity_provider.client_token import principal_of_token
from kangshu.app.platform import Platform
from kangshu.app.spark_planning import SparkPlanning
from kangshu.domains.planning.measure_report import Counted
from kangshu.interfaces.cli.console import err, out, platform, tell_refused
from kangshu.interfaces.cli.days import Day, Known, county_of, day_of, utc
from kangshu.interfaces.cli.indicator_words import definition_of
from kangshu.interfaces.web.fhir.json_text import write_pretty
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.explain import Which
from kangshu.kernel.indicators.period import Kind as PeriodKind
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.policies.definition import Grant, Principal, Resource

app = typer.Typer(
    no_args_is_help=True,
    help="Numbers about a population.\n\nExample: kangshu indicator compute xinyi infant_mortality",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
Place = Annotated[str, typer.Argument(help="A pack with indicators.")]
Several = Annotated[list[str] | None, typer.Argument(help="Which of its indicators; all if none is named.")]
County = Annotated[str | None, typer.Option(help="Only facts from this county, instead of the place's own.")]

_WRITTEN: Mapping[PeriodKind, str] = {
    "year": "Write --period 2025.",
    "quarter": "Write --period 2025Q3.",
    "month": "Write --period 2025-07.",
}
_CELL = ("numerator", "denominator", "value", "units", "complete", "hidden")


@app.command(name="list")
def list_indicators(
    place: Annotated[str | None, typer.Argument(help="Only those of this pack.")] = None,
    as_json: AsJson = False,
) -> None:
    """Name the indicators of the packs.

    Example: kangshu indicator list xinyi
    """
    with platform() as built:
        tell_refused(built)
        names = [built.planning.place(place).place] if place else list(built.planning.places)
        for name in names:
            for each in built.planning.place(name).indicators.indicators:
                told = (name, each.id, each.title, each.unit, each.period, each.kind, ",".join(each.strata))
                keys = ("place", "indicator", "title", "unit", "period", "kind", "strata")
                row = dict(zip(keys, told, strict=True))
                print(json.dumps(row, ensure_ascii=False) if as_json else "\t".join(told))


@app.command()
def compute(
    place: Place,
    indicators: Several = None,
    on: Day = None,
    as_of: Known = None,
    by: Annotated[list[str] | None, typer.Option(help="Broken down by this; may come twice.")] = None,
    county: County = None,
    spark: Annotated[
        str | None, typer.Option(help="Count on Spark there: local[*], or the address of a cluster.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option(help="A setting of Spark, NAME=VALUE; may come again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count indicators over the facts of this installation, by period; those that are entered as they are.

    Example: kangshu indicator compute xinyi hypertension_management --by town
    """
    with platform() as built:
        chosen = _chosen(built, place, indicators)
        _refuse_strata(chosen, by or ())
        counting = SparkPlanning(built.planning, spark, _settings(setting or ())) if spark else None
        found = _evaluated(built, place, chosen, day_of(built, on), utc(as_of), county_of(county), counting)
    rows = [row for each in found for row in _rows(each, tuple(sorted(by or ())))]
    if as_json:
        for row in rows:
            print(json.dumps(row, default=_plain, ensure_ascii=False))
        return
    names = ["indicator", "period", *(by or ()), "numerator", "denominator", "value", "unit", "complete"]
    table = Table(*names)
    for row in rows:
        shown = {**row, "value": row["hidden"] or row["value"]}
        table.add_row(*("" if shown.get(name) is None else _plain(shown[name]) for name in names))
    out.print(table)


@app.command()
def explain(
    place: Place,
    indicator: Annotated[str, typer.Argument(help="One of its indicators.")],
    period: Annotated[str | None, typer.Option(help="List the units of this period: 2025, 2025Q3.")] = None,
    group: Annotated[
        list[str] | None, typer.Option("--in", help="Only of this group, as town=东镇; may come twice.")
    ] = None,
    which: Annotated[str, typer.Option(help=f"One of {', '.join(get_args(Which))}.")] = "all",
    on: Day = None,
    county: County = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Units at most.")] = 50,
    token: Annotated[
        str, typer.Option(envvar="KANGSHU_TOKEN", help="Whose leave is used to list units.")
    ] = "",
) -> None:
    """Say what an indicator is and what it rests on; with a period, list the units behind its number.

    Example: kangshu indicator explain xinyi tertiary_stay
    """
    with platform() as built:
        chosen = built.planning.place(place).indicators.get(indicator)
        if period is None:
            print(definition_of(chosen))
            return
        if parse_period(period).kind != chosen.period:
            raise Invalid(f"{indicator} is counted by the {chosen.period}.", remedy=_WRITTEN[chosen.period])
        if which not in get_args(Which):
            raise Invalid(f"There is no {which}.", remedy=f"There are {', '.join(get_args(Which))}.")
        if not token:
            raise Invalid("No token is given.", remedy="Give one with --token; `kangshu token` makes it.")
        principal = principal_of_token(built.settings.home, built.clock, token)
        purpose = built.policies.usual_purpose(principal)
        found = built.measures.units(
            built.policies.decide(principal, "export", Resource("fact"), purpose),
            place,
            chosen,
            period=period,
            strata=_strata(group or ()),
            which=cast(Which, which),
            on=day_of(built, on),
            county=county_of(county),
            limit=limit,
        )
        for each in found:
            print(f"{each.unit}\t{each.happened}\t{_plain(each.numerator)}\t{_plain(each.denominator)}")
        err.print(f"{len(found):,} units.")


@app.command()
def export(
    place: Place,
    file: Annotated[
        Path, typer.Option("--out", help="File to write: .csv, .parquet, .ndjson; .json of FHIR.")
    ],
    indicators: Several = None,
    fhir: Annotated[bool, typer.Option("--fhir", help="A Bundle of Measures and MeasureReports.")] = False,
    on: Day = None,
    as_of: Known = None,
    county: County = None,
) -> None:
    """Write indicators with all their cells to a file: a flat table, or FHIR.

    Example: kangshu indicator export xinyi --fhir --out xinyi.json
    """
    with platform() as built:
        if not fhir:
            check_file(file)
        chosen = _chosen(built, place, indicators)
        found = _evaluated(built, place, chosen, day_of(built, on), utc(as_of), county_of(county))
        if fhir:
            resources = [built.measures.resource(place, each) for each in chosen]
            resources += [built.measures.report(each) for each in found]
            entries = [{"resource": each} for each in resources]
            bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
            file.write_bytes(write_pretty(bundle))
            err.print(f"{len(chosen):,} Measures, {len(found):,} MeasureReports.")
        else:
            err.print(f"{write_cells(cell_table(found), file):,} cells.")


def _chosen(built: Platform, place: str, names: Iterable[str] | None) -> list[Indicator]:
    known = built.planning.place(place).indicators
    return [known.get(each) for each in names or ()] or list(known.indicators)


def _evaluated(
    built: Platform,
    place: str,
    chosen: list[Indicator],
    on: date,
    as_of: datetime | None,
    county: str | None,
    spark: SparkPlanning | None = None,
) -> list[Counted]:
    grant = numbers_grant(built)
    return list(built.measures.evaluate(grant, place, chosen, on=on, as_of=as_of, county=county, spark=spark))


def _settings(written: Iterable[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in written]
    found = {name: value for name, _, value in pairs}
    if not all(found) or not all(found.values()):
        raise Invalid("A setting of Spark is not NAME=VALUE.", remedy="For example spark.executor.memory=4g.")
    return found


def numbers_grant(built: Platform) -> Grant:
    """Leave to see numbers: whoever may start programs here sees them as the commission does."""
    principal = Principal("command-line", "command line", "city_commission")
    return built.policies.decide(principal, "read", Resource("indicator"), "oversight")


def _rows(counted: Counted, by: tuple[str, ...]) -> list[dict[str, Any]]:
    indicator = counted.indicator
    whose = {"indicator": indicator.id, "period": counted.period.label}
    after = {"unit": indicator.unit, "origin": "entered" if counted.entry else "computed"}
    if counted.entry is not None:
        numbers = {**dict.fromkeys(_CELL), "value": counted.entry.value, "hidden": ""}
        return [] if by else [{**whose, **numbers, **after}]
    return [
        {**whose, **dict(cell.strata), **_numbers(cell), **after}
        for cell in counted.cells
        if tuple(name for name, _ in cell.strata) == by
    ]


def _numbers(cell: Cell) -> dict[str, Any]:
    return {name: getattr(cell, name) for name in _CELL}


def _refuse_strata(chosen: Iterable[Indicator], by: Iterable[str]) -> None:
    known = sorted({name for each in chosen for name in each.strata})
    if unknown := sorted(set(by) - set(known)):
        raise Invalid(
            f"No indicator is broken down by {', '.join(unknown)}.",
            remedy=f"There are {', '.join(known) or 'none'}.",
        )


def _strata(pairs: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    found: list[tuple[str, str | None]] = []
    for text in pairs:
        name, mark, value = text.partition("=")
        if not mark:
            raise Invalid(
                f"{text} is no group.", remedy="Write town=东镇; town= for those of whom it is not known."
            )
        found.append((name, value or None))
    return tuple(sorted(found))


def _plain(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else "" if value is None else str(value)
