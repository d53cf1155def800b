"""The project: something a place has built, as a row of `projects.tsv` of its pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.tsv import read_tsv

_OF_PROJECT = (
    *("no", "project", "period_start", "period_end", "total_investment_10k_cny"),
    *("planned_2021_2025_10k_cny", "builder", "status"),
)


@dataclass(frozen=True, slots=True)
class Project:
    """A building project of a plan; money in units of 10,000 CNY."""

    no: str
    project: str
    period_start: int
    period_end: int
    total: Decimal
    planned: Decimal
    builder: str
    status: str


def read_projects(path: Path) -> tuple[Project, ...]:
    """The projects of a plan. Raises `Invalid` for a number that is none."""
    try:
        return tuple(_project(row) for row in read_tsv(path, _OF_PROJECT))
    except (ValueError, ArithmeticError) as error:
        raise Invalid(
            f"{path.name} has a year or an amount that is no number.", remedy="Correct the row."
        ) from error


def _project(row: Mapping[str, str]) -> Project:
    return Project(
        row["no"],
        row["project"],
        int(row["period_start"]),
        int(row["period_end"]),
        Decimal(row["total_investment_10k_cny"]),
        Decimal(row["planned_2021_2025_10k_cny"]),
        row["builder"],
        row["status"],
    )
