"""Run a compiled view on an engine of the lake."""

from __future__ import annotations

from typing import Any

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import Engine, Unreadable
from kangshu.kernel.views.compile import CompiledView


def run_view(engine: Engine, view: CompiledView) -> list[dict[str, Any]]:
    """The rows of a view, all at once: for few. Raises `Invalid` where a column has two values for a row."""
    names = [column.name for column in view.columns]
    try:
        found = engine.rows_read(view.sql)
    except Unreadable as error:
        raise plural_values(error) from None
    return [dict(zip(names, row, strict=True)) for row in found]


def plural_values(error: Unreadable) -> Invalid:
    """What a query that ended says, where it ended by a rule of views; otherwise the error itself."""
    told = error.message.removeprefix("Invalid Input Error: ")
    if "more than one value" in told.lower():
        return Invalid(told, remedy="", code="value")
    return error
