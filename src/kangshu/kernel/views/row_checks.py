"""How many rows a view must have to be kept, as `[checks]` of its TOML says.

least    rows at least, over everything
shrinks  the share of rows, from 0 to 1, that may go between two times it is made
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kangshu.kernel.base.errors import Problem

_KEYS = ("least", "shrinks")


@dataclass(frozen=True, slots=True)
class RowChecks:
    """What is asked of the number of rows; None: nothing."""

    least: int | None = None
    shrinks: float | None = None

    def broken(self, rows: int, before: int | None) -> str:
        """What is wrong with a number of rows, after so many before; '' if nothing is."""
        if self.least is not None and rows < self.least:
            return f"{rows} rows, fewer than the {self.least} it must have"
        if self.shrinks is not None and before is not None and rows < before * (1 - self.shrinks):
            return f"{rows} rows, {before} before: more than the share {self.shrinks} of them went"
        return ""


NO_CHECKS = RowChecks()


def parse_row_checks(table: Any) -> RowChecks:
    """Checks from what a TOML says; nothing of what has problems."""
    return RowChecks(**table) if not problems_of_row_checks(table) else NO_CHECKS


def problems_of_row_checks(table: Any) -> list[Problem]:
    """What is wrong with what a TOML says."""
    if not isinstance(table, dict):
        return [Problem.at("checks", "must be a table")]
    said = cast("Mapping[str, Any]", table)
    found = [Problem.at(f"checks.{key}", "is not a check of rows") for key in said if key not in _KEYS]
    least, shrinks = (said.get(key) for key in _KEYS)
    if least is not None and (type(least) is not int or least < 1):
        found.append(Problem.at("checks.least", "must be a number of rows, 1 or more"))
    if shrinks is not None and (type(shrinks) not in (int, float) or not 0 <= shrinks < 1):
        found.append(Problem.at("checks.shrinks", "must be a share from 0 to below 1"))
    return found
