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
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast, get_args

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_needs, read_tsv
from kangshu.kernel.indicators.period import KINDS
from kangshu.kernel.indicators.period import Kind as PeriodKind
from kangshu.kernel.indicators.target import Target, parse_targets
from kangshu.kernel.params.definition import Dated, parse_dated

Kind = Literal["computed", "entered"]
Direction = Literal["up", "down"]

FOLDER = "indicators"
GIVEN = frozenset({"on", "as_of"})
"""Parameters every SELECT may use: the last day that is counted, and until when what was known counts."""
COLUMNS = frozenset({"unit", "numerator", "denominator", "happened", "recorded", "complete"})

_TEXTS = ("id", "title", "title_en", "unit", "numerator", "basis", "verify")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "direction": get_args(Direction),
    "period": KINDS,
    "kind": get_args(Kind),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LISTS = ("strata", "needs")
_OTHER = ("denominator", "decimals")
_OPTIONAL = ("factor", "lowest", "highest", "since", "closes", "params", "targets", *_LISTS)
_PARAMETER = re.compile(r"\$([a-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator.

    numerator, denominator  in words; an empty denominator means that the value is a sum
    direction   which way is better; up or down
    factor      what the quotient is multiplied by: 100 for %, 1000 for ‰
    lowest, highest  what a value cannot go beyond: a forecast does not either
    since       what is counted begins here; values of earlier periods are entered
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
    since: date | None
    closes: int
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
        raise NotFound(f"There is no indicator {id} in {self.name}.")


def parse_indicator(toml: str, sql: str | None, where: str) -> Indicator:
    """Read one indicator. Raises `Invalid` with every problem; `where` is the stem for messages.

    `sql`: the text of its SELECT; None where it has none.
    """
    table = parse_toml(toml, f"{where}.toml", parse_float=Decimal)
    problems = [*_problems_of_keys(table), *_problems_of_forms(table), *_problems_of_kind(table, sql)]
    problems += _problems_of_params(table, sql or "")
    period = cast("PeriodKind", table.get("period"))
    targets = parse_targets(table.get("targets", []), period, problems) if period in KINDS else ()
    if problems:
        raise _refused(f"Indicator {where}", problems, "See the page `define-an-indicator`.")
    params = cast("dict[str, Any]", table.get("params", {}))
    return Indicator(
        **{key: table[key].strip() for key in (*_TEXTS, "denominator")},
        **{key: table[key] for key in _CHOICES},
        strata=tuple(table.get("strata", ())),
        needs=tuple(table.get("needs", ())),
        decimals=table["decimals"],
        factor=Decimal(table.get("factor", 1)),
        lowest=None if "lowest" not in table else Decimal(table["lowest"]),
        highest=None if "highest" not in table else Decimal(table["highest"]),
        since=table.get("since"),
        closes=table.get("closes", 0),
        params={name: parse_dated(each, name, []) for name, each in params.items()},
        targets=targets,
        sql=(sql or "").strip().removesuffix(";"),
    )


def read_indicators(folder: Path) -> IndicatorSet:
    """The indicators and tables of a pack. Raises `Invalid` with every problem of every indicator."""
    indicators: list[Indicator] = []
    problems: list[Problem] = []
    stems = {path.name.partition(".")[0] for path in (folder / FOLDER).glob("*") if path.is_file()}
    for stem in sorted(stems):
        try:
            indicators.append(_read(folder / FOLDER, stem))
        except Invalid as error:
            found = error.problems or (Problem("error", error.code, "", error.message),)
            problems += [
                Problem("error", each.code, f"{stem} {each.path}".strip(), each.message) for each in found
            ]
    if problems:
        raise _refused(f"Indicators of {folder.name}", problems, "Correct the files named.")
    return IndicatorSet(
        folder.name,
        tuple(indicators),
        {path.stem: read_tsv(path) for path in sorted((folder / "tables").glob("*.tsv"))},
        read_needs(folder / "needs.tsv"),
    )


def parameters_in(sql: str) -> frozenset[str]:
    """The names behind `$` in a statement."""
    return frozenset(_PARAMETER.findall(sql))


def _read(folder: Path, stem: str) -> Indicator:
    paths = {ending: folder / f"{stem}.{ending}" for ending in ("toml", "sql")}
    if not paths["toml"].exists():
        raise Invalid(f"There is no {stem}.toml.", problems=(_problem("", f"has no {stem}.toml"),))
    sql = paths["sql"].read_text("utf-8") if paths["sql"].exists() else None
    found = parse_indicator(paths["toml"].read_text("utf-8"), sql, stem)
    if found.id != stem:
        raise Invalid("Wrong name.", problems=(_problem("id", f"is {found.id}, and the files say {stem}"),))
    return found


def _problems_of_keys(table: Mapping[str, Any]) -> list[Problem]:
    needed = (*_TEXTS, *_CHOICES, *_OTHER)
    found = [
        _problem(key, "is not a key of an indicator") for key in table if key not in (*needed, *_OPTIONAL)
    ]
    found += [_problem(key, "is missing") for key in needed if key not in table]
    found += [
        _problem(key, "must be a text that is not empty")
        for key in _TEXTS
        if key in table and not (isinstance(table[key], str) and table[key].strip())
    ]
    found += [
        _problem(key, f"must be one of {', '.join(choices)}")
        for key, choices in _CHOICES.items()
        if key in table and table[key] not in choices
    ]
    return found


def _problems_of_forms(table: Mapping[str, Any]) -> list[Problem]:
    found = [
        _problem(key, message)
        for key, (test, message) in _FORMS.items()
        if key in table and not test(table[key])
    ]
    found += [
        _problem(key, "must be a list of names, each once; not one of the columns every SELECT has")
        for key in _LISTS
        if key in table and not _is_names(table[key])
    ]
    if isinstance(table.get("id"), str) and not _NAME.fullmatch(table["id"]):
        found.append(_problem("id", "must be lower-case letters, digits and _"))
    return found


def _problems_of_kind(table: Mapping[str, Any], sql: str | None) -> list[Problem]:
    kind = table.get("kind")
    if kind == "computed" and not (sql or "").strip():
        return [_problem("sql", "is missing: a computed indicator has a SELECT beside it")]
    if kind == "entered":
        found = [] if sql is None else [_problem("sql", "does not go with an entered indicator")]
        extra = ("strata", "needs", "since", "params")
        return found + [
            _problem(key, "does not go with an entered indicator") for key in extra if table.get(key)
        ]
    return []


def _problems_of_params(table: Mapping[str, Any], sql: str) -> list[Problem]:
    params: Any = table.get("params", {})
    if not isinstance(params, dict):
        return []
    written = cast("dict[str, Any]", params)
    used = parameters_in(sql) - GIVEN
    found = [
        _problem(f"params.{name}", "is not used in the SELECT") for name in sorted(written.keys() - used)
    ]
    found += [_problem(f"params.{name}", "is used and not given") for name in sorted(used - written.keys())]
    for name, each in written.items():
        parse_dated(each, f"params.{name}", found)
    return found


def _is_decimals(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 6


def _is_number(value: Any) -> bool:
    return type(value) in (int, Decimal)


def _is_factor(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_days(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


_FORMS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "denominator": (_is_text, "must be a text; empty where the value is a sum"),
    "decimals": (_is_decimals, "must be a whole number from 0 to 6"),
    "factor": (_is_factor, "must be a number above 0"),
    "lowest": (_is_number, "must be a number"),
    "highest": (_is_number, "must be a number"),
    "since": (_is_day, "must be a date"),
    "closes": (_is_days, "must be a number of days"),
    "params": (_is_table, "must be tables: write [[params.NAME]]"),
}


def _is_names(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    names = cast("list[Any]", value)
    right = all(isinstance(name, str) and _NAME.fullmatch(name) and name not in COLUMNS for name in names)
    return right and len(set(names)) == len(names)


def _refused(what: str, problems: list[Problem], remedy: str) -> Invalid:
    listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
    return Invalid(f"{what}: {listed}.", remedy=remedy, problems=tuple(problems))


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
