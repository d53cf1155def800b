"""Cells of indicators as one flat table, to be written to a file or handed to an analyst."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from kangshu.domains.planning.measure_report import Counted
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.lake.arrow import Arrow, pa
from kangshu.kernel.lake.engine import engine, literal

_TEXTS = ("place", "indicator", "title", "unit", "version", "period", "origin", "by")
_NUMBERS = ("numerator", "denominator", "value", "complete")
_WHOLE = ("units", "months", "months_due")
_WRITTEN = {
    ".csv": "FORMAT csv, HEADER true",
    ".parquet": "FORMAT parquet",
    ".ndjson": "FORMAT json",
}


def cell_table(counted: Iterable[Counted]) -> Arrow:
    """A row for each cell: whose and of when, a column for each stratum there is, numbers, why hidden.

    `by` names the strata a cell is broken down by, so that an empty stratum column there means: not known.
    """
    found = tuple(counted)
    strata = sorted({name for each in found for name in each.indicator.strata})
    fields = [(name, pa.string()) for name in (*_TEXTS, *strata)]
    fields += [(name, pa.float64()) for name in _NUMBERS]
    fields += [(name, pa.int64()) for name in _WHOLE]
    schema = pa.schema([*fields, ("hidden", pa.string())])
    return pa.Table.from_pylist([row for each in found for row in _rows(each, strata)], schema=schema)


def check_file(path: Path) -> None:
    """Raise `Invalid` for a file in a form there is not, `OSError` for one that cannot be written."""
    if path.suffix not in _WRITTEN:
        raise Invalid(f"{path.name} has no form that is known.", remedy=f"End it in {', '.join(_WRITTEN)}.")
    with path.open("ab"):
        pass


def write_cells(table: Arrow, path: Path) -> int:
    """Write the table in the form that the end of the name says; how many rows."""
    check_file(path)
    with engine() as work:
        work.offer("cells", table)
        work.run(f"COPY (SELECT * FROM cells) TO {literal(str(path))} ({_WRITTEN[path.suffix]})")
    return table.num_rows


def _rows(counted: Counted, strata: Sequence[str]) -> Iterator[dict[str, Any]]:
    indicator = counted.indicator
    whose = {
        "place": counted.place,
        "indicator": indicator.id,
        "title": indicator.title,
        "unit": indicator.unit,
        "version": indicator.version,
        "period": counted.period.label,
        "origin": "entered" if counted.entry else "computed",
    }
    if counted.entry is not None:
        yield {**whose, "by": "", "value": _number(counted.entry.value)}
    for cell in counted.cells:
        yield {**whose, **_of_cell(cell, strata)}


def _of_cell(cell: Cell, strata: Sequence[str]) -> dict[str, Any]:
    groups = dict(cell.strata)
    numbers = {name: _number(getattr(cell, name)) for name in _NUMBERS}
    whole = {name: getattr(cell, name) for name in _WHOLE}
    by = ",".join(name for name, _ in cell.strata)
    return {
        "by": by,
        **{name: groups.get(name) for name in strata},
        **numbers,
        **whole,
        "hidden": cell.hidden,
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
