"""The indicator: a number about a population; how it is counted, or that it is entered; what to reach.

An indicator is an item of a pack below `indicators/`: `NAME.toml`, for one that is counted `NAME.sql` and
`NAME.examples.toml` beside it. Indicators of one pack form a set. They share tables (`tables/*.tsv`, all
columns text); the views they need are described in `needs.tsv`.

The SELECT gives one row per counted unit: `unit` (the address of a fact, or a key), `numerator`,
`denominator` (numbers; 0 or 1 where things are counted), `happened` (the date that decides the period), a
column for each stratum; and, where it can, `recorded` (when that was known) and `complete` (whether all was
there to judge).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.indicators.keys import CHOICES, TEXTS, Direction, Kind, problems_of_keys
from kangshu.kernel.indicators.period import KINDS
from kangshu.kernel.indicators.period import Kind as PeriodKind
from kangshu.kernel.indicators.target import Target, parse_targets
from kangshu.kernel.params.definition import Dated, parse_dated

FOLDER = "indicators"
"""Where the indicators of a pack lie; `folder` reads it."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator.

    numerator, denominator  in words; an empty denominator means that the value is a sum
    direction   which way is better; up or down
    factor      what the quotient is multiplied by: 100 for %, 1000 for ‰
    lowest, highest  what a value cannot go beyond: a forecast does not either
    follows     views of which each row makes units of its own day, whatever the others are: after a change
                only the months of what changed are counted again
    since       what is counted begins here; values of earlier periods are entered
    counts      the view whose `id` a unit is, so that it leads to its fact; empty: a key of its own
    closes      days after the end of a period until its value is final
    params      values of the parameters in the SELECT, each by date, oldest first
    """

    id: str
    title: str
    title_en: str
    unit: str
    direction: Direction
    period: PeriodKind
    kind: Kind
    numerator: str
    denominator: str
    strata: tuple[str, ...]
    decimals: int
    factor: Decimal
    lowest: Decimal | None
    highest: Decimal | None
    basis: str
    verify: str
    needs: tuple[str, ...]
    follows: tuple[str, ...]
    since: date | None
    closes: int
    counts: str
    params: Mapping[str, tuple[Dated, ...]]
    targets: tuple[Target, ...]
    sql: str

    @property
    def version(self) -> str:
        """A short hash of all that a value depends on: it changes when the definition does."""
        said = (self.numerator, self.denominator, self.strata, self.decimals, self.factor, self.sql)
        params = sorted(
            (name, [(each.since, each.value) for each in dated]) for name, dated in self.params.items()
        )
        return hashlib.sha256(repr((*said, params)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """The indicators of a pack with the tables they share.

    outside  views that come from elsewhere: view -> column -> type, as models write types
    """

    name: str
    indicators: tuple[Indicator, ...]
    tables: Mapping[str, list[dict[str, str]]]
    outside: Mapping[str, Mapping[str, str]]

    def get(self, id: str) -> Indicator:
        """The indicator of that id. Raises `NotFound`."""
        for indicator in self.indicators:
            if indicator.id == id:
                return indicator
        known = ", ".join(indicator.id for indicator in self.indicators)
        raise NotFound(f"There is no indicator {id} in {self.name}.", remedy=f"There are {known or 'none'}.")


@lru_cache(1024)
def parse_indicator(toml: str, sql: str | None, where: str) -> Indicator:
    """Read one indicator. Raises `Invalid` with every problem; `where` is the stem for messages.

    `sql`: the text of its SELECT; None where it has none. The same texts are read once.
    """
    table = parse_toml(toml, f"{where}.toml", parse_float=Decimal)
    problems = problems_of_keys(table, sql)
    period = cast("PeriodKind", table.get("period"))
    targets = parse_targets(table.get("targets", []), period, problems) if period in KINDS else ()
    problems += _problems_of_each(table, targets)
    if problems:
        raise refused(f"Indicator {where}", problems, "See the page `define-an-indicator`.")
    params = cast("dict[str, Any]", table.get("params", {}))
    return Indicator(
        **{key: table[key].strip() for key in (*TEXTS, "denominator")},
        **{key: table[key] for key in CHOICES},
        strata=tuple(table.get("strata", ())),
        needs=tuple(table.get("needs", ())),
        follows=tuple(table.get("follows", ())),
        decimals=table["decimals"],
        factor=Decimal(table.get("factor", 1)),
        lowest=None if "lowest" not in table else Decimal(table["lowest"]),
        highest=None if "highest" not in table else Decimal(table["highest"]),
        since=table.get("since"),
        closes=table.get("closes", 0),
        counts=table.get("counts", ""),
        params={name: parse_dated(each, name, []) for name, each in params.items()},
        targets=targets,
        sql=_statement(sql or ""),
    )


def _statement(sql: str) -> str:
    """The text, fit to stand between brackets: a comment at its end must not hide the bracket."""
    text = sql.strip().removesuffix(";")
    return f"{text}\n" if "--" in text.rpartition("\n")[2] else text


def parse_targets_of(indicator: Indicator, table: Mapping[str, Any]) -> tuple[Target, ...]:
    """Targets for an indicator that is defined elsewhere: a table with `targets` and nothing else.

    Raises `Invalid` with every problem.
    """
    problems = [_problem(key, "is not a key of targets") for key in table if key != "targets"]
    targets = parse_targets(table.get("targets", []), indicator.period, problems)
    problems += [] if targets or problems else [_problem("targets", "is missing")]
    problems += _problems_of_each({"kind": indicator.kind, "strata": indicator.strata}, targets)
    if problems:
        raise refused(f"Targets of {indicator.id}", problems, "See the page `define-an-indicator`.")
    return targets


def _problems_of_each(table: Mapping[str, Any], targets: Sequence[Target]) -> list[Problem]:
    strata: Any = table.get("strata", ())
    if table.get("kind") != "computed" or not isinstance(strata, list | tuple):
        return []
    return [
        _problem(f"targets[{number}].each", "must be a stratum of the indicator")
        for number, each in enumerate(targets)
        if each.each is not None and each.each not in strata
    ]


def refused(what: str, problems: list[Problem], remedy: str) -> Invalid:
    """The error that names every problem."""
    more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
    first = f"{problems[0].path}: {problems[0].message}"
    return Invalid(f"{what}: {first}{more}.", remedy=remedy, problems=tuple(problems))


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
