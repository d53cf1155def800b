"""What a place pack says of a city: tables, rates and statements, offered to an engine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kangshu.domains.synthetic.city.order import Order
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import Engine, literal, quoted

SHARED = (
    "complaints conditions effects family_names given_names medicines panels prevalence tests treatments"
    " vaccines"
).split()
"""Tables of illness, care and names that another place pack has already."""

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,6})(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Place:
    """`folder` of the place pack, `shared` of the one whose tables of illness it uses; SQL `functions`."""

    folder: Path
    shared: Path
    functions: str

    def settings(self) -> Mapping[str, Any]:
        """What `city.toml` says."""
        return parse_toml((self.folder / "city.toml").read_text("utf-8"), "city.toml")

    def statements(self, stage: str) -> Iterable[str]:
        """The SQL of a stage, in the order of its files."""
        for path in sorted((self.folder / "generator" / stage).glob("*.sql")):
            yield path.read_text("utf-8")


def prepare(work: Engine, place: Place, order: Order) -> None:
    """Offer tables and variables of a city to the engine."""
    # Neither more memory nor more threads than a small machine has.
    work.run("SET memory_limit = '4GB'")
    work.run("SET threads = 2")
    work.run(place.functions)
    for name in SHARED:
        _offer(work, place.shared / f"{name}.tsv")
    for path in sorted(place.folder.glob("*.tsv")):
        _offer(work, path)
    for name, value in _variables(place.settings(), order).items():
        work.run(f"SET VARIABLE {name} = {value}")


def run_stage(work: Engine, place: Place, stage: str) -> None:
    """Run the statements of a stage."""
    for statement in place.statements(stage):
        work.run(statement)


def _variables(settings: Mapping[str, Any], order: Order) -> Mapping[str, Any]:
    rates: Mapping[str, float] = settings["rates"]
    listed = ", ".join(f"{literal(name)}: {_double(value)}" for name, value in rates.items())
    return {
        "seed": order.seed,
        "residents": order.residents,
        "scale": _double(order.residents / settings["full_residents"]),
        "full_village_clinics": settings["full_village_clinics"],
        "full_private_clinics": settings["full_private_clinics"],
        "division": literal(settings["division"]),
        "rates": f"{{{listed}}}",
        "first_day": sql_date(order.first),
        "first_year": order.first.year,
        # What happens next year is decided already: nobody is in two hospitals over new year.
        "last_year": order.until.year + 1,
        "until": sql_date(order.until),
        "after": sql_date(order.until + timedelta(days=1)),
    }


def _double(value: float) -> str:
    """A number as SQL writes it; without the cast it would be a decimal, which overflows."""
    return f"CAST({float(value)!r} AS DOUBLE)"


def sql_date(day: date) -> str:
    """A day as SQL writes it."""
    return f"DATE '{day.isoformat()}'"


def _offer(work: Engine, path: Path) -> None:
    """Make a table of a file; a column whose cells are all numbers, none of them a code, has numbers."""
    rows = read_tsv(path)
    columns = {name: [row[name] or None for row in rows] for name in rows[0]}
    data = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    work.offer(f"tsv_{path.stem}", data)
    chosen = ", ".join(f"{_typed(name, cells)} AS {quoted(name)}" for name, cells in columns.items())
    work.run(f"CREATE OR REPLACE TABLE {quoted(path.stem)} AS SELECT {chosen} FROM tsv_{path.stem}")


def _typed(name: str, cells: Iterable[str | None]) -> str:
    there = [cell for cell in cells if cell is not None]
    if not there or not all(_NUMBER.fullmatch(cell) for cell in there):
        return quoted(name)
    whole = not any("." in cell for cell in there)
    return f"CAST({quoted(name)} AS {'INTEGER' if whole else 'DOUBLE'})"
