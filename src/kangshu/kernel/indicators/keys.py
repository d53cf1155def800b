"""The keys of an indicator's TOML: which there are, what each must be, and which go together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from kangshu.kernel.base.errors import Problem
from kangshu.kernel.indicators.period import KINDS
from kangshu.kernel.params.definition import parse_dated

Kind = Literal["computed", "entered"]
Direction = Literal["up", "down"]

GIVEN = frozenset({"on", "as_of"})
"""Parameters every SELECT may use: the last day that is counted, and until when what was known counts."""
COLUMNS = frozenset({"unit", "numerator", "denominator", "happened", "recorded", "complete"})
"""Columns of a SELECT that are no strata."""

TEXTS = ("id", "title", "title_en", "unit", "numerator", "basis", "verify")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "direction": get_args(Direction),
    "period": KINDS,
    "kind": get_args(Kind),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LISTS = ("strata", "needs", "follows")
_OTHER = ("denominator", "decimals")
_OPTIONAL = ("factor", "lowest", "highest", "since", "closes", "counts", "params", "targets", *_LISTS)
_PARAMETER = re.compile(r"\$([a-z_]\w*)")


def problems_of_keys(table: Mapping[str, Any], sql: str | None) -> list[Problem]:
    """Everything wrong with an indicator but its targets. `sql`: its SELECT; None where it has none."""
    found = [*_problems_of_names(table), *_problems_of_forms(table), *_problems_of_kind(table, sql)]
    return found + _problems_of_params(table, sql or "")


def parameters_in(sql: str) -> frozenset[str]:
    """The names behind `$` in a statement."""
    return frozenset(_PARAMETER.findall(sql))


def _problems_of_names(table: Mapping[str, Any]) -> list[Problem]:
    needed = (*TEXTS, *CHOICES, *_OTHER)
    found = [
        Problem.at(key, "is not a key of an indicator") for key in table if key not in (*needed, *_OPTIONAL)
    ]
    found += [Problem.at(key, "is missing") for key in needed if key not in table]
    found += [
        Problem.at(key, "must be a text that is not empty")
        for key in TEXTS
        if key in table and not (isinstance(table[key], str) and table[key].strip())
    ]
    found += [
        Problem.at(key, f"must be one of {', '.join(choices)}")
        for key, choices in CHOICES.items()
        if key in table and table[key] not in choices
    ]
    return found


def _problems_of_forms(table: Mapping[str, Any]) -> list[Problem]:
    found = [
        Problem.at(key, message)
        for key, (test, message) in _FORMS.items()
        if key in table and not test(table[key])
    ]
    found += [
        Problem.at(key, "must be a list of names, each once; not one of the columns every SELECT has")
        for key in _LISTS
        if key in table and not _is_names(table[key])
    ]
    if "counts" in table and table["counts"] not in _names_in(table.get("needs")):
        found.append(Problem.at("counts", "must be one of the views in needs"))
    if isinstance(table.get("id"), str) and not _NAME.fullmatch(table["id"]):
        found.append(Problem.at("id", "must be lower-case letters, digits and _"))
    return found


def _problems_of_kind(table: Mapping[str, Any], sql: str | None) -> list[Problem]:
    kind = table.get("kind")
    if kind == "computed" and not (sql or "").strip():
        return [Problem.at("sql", "is missing: a computed indicator has a SELECT beside it")]
    if kind == "computed":
        return _problems_of_follows(table, sql or "")
    if kind == "entered":
        found = [] if sql is None else [Problem.at("sql", "does not go with an entered indicator")]
        extra = ("strata", "needs", "follows", "since", "params")
        return found + [
            Problem.at(key, "does not go with an entered indicator") for key in extra if table.get(key)
        ]
    return []


def _problems_of_follows(table: Mapping[str, Any], sql: str) -> list[Problem]:
    follows, needs = table.get("follows", []), table.get("needs", [])
    if not (_is_names(follows) and _is_names(needs)):
        return []
    found = [
        Problem.at("follows", f"names {name}, which `needs` does not")
        for name in follows
        if name not in needs
    ]
    if follows and "on" in parameters_in(sql):
        found.append(Problem.at("follows", "does not go with $on: then a unit changes from day to day"))
    return found


def _problems_of_params(table: Mapping[str, Any], sql: str) -> list[Problem]:
    params: Any = table.get("params", {})
    if not isinstance(params, dict):
        return []
    written = cast("dict[str, Any]", params)
    used = parameters_in(sql) - GIVEN
    found = [
        Problem.at(f"params.{name}", "is not used in the SELECT") for name in sorted(written.keys() - used)
    ]
    found += [Problem.at(f"params.{name}", "is used and not given") for name in sorted(used - written.keys())]
    for name, each in written.items():
        parse_dated(each, f"params.{name}", found)
    return found


def _is_decimals(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 6


def is_number(value: Any) -> bool:
    """Whether a value of TOML is a number one can count with: not a truth, not infinite, not NaN."""
    return type(value) is int or (isinstance(value, Decimal) and value.is_finite())


def _is_factor(value: Any) -> bool:
    return is_number(value) and value > 0


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
    "lowest": (is_number, "must be a number"),
    "highest": (is_number, "must be a number"),
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


def _names_in(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
