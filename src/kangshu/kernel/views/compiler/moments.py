"""Dates and times of different precision in SQL, the same as `reference/moments.py` says it."""

from __future__ import annotations

import re

from kangshu.kernel.views.compiler.values import DECIMAL

_LITERAL = re.compile(r"'[^']*'")


def compared(left: str, right: str, kind: str, operator: str) -> str:
    """A comparison; NULL where the less precise of both cannot tell."""
    one, other = _precision(left, kind), _precision(right, kind)
    if kind == "time":
        alike = f"(TRY_CAST({left} AS TIME) {operator} TRY_CAST({right} AS TIME))"
    else:
        exact = f"(TRY_CAST({left} AS TIMESTAMPTZ) {operator} TRY_CAST({right} AS TIMESTAMPTZ))"
        alike = f"(CASE WHEN length({left}) <= 10 THEN {left} {operator} {right} ELSE {exact} END)"
    shared = f"least({one}, {other})"
    first, second = f"left({left}, {shared})", f"left({right}, {shared})"
    unlike = f"(CASE WHEN {first} <> {second} THEN {first} {operator} {second} END)"
    return f"(CASE WHEN {one} = {other} THEN {alike} ELSE {unlike} END)"


def _precision(sql: str, kind: str) -> str:
    if _LITERAL.fullmatch(sql):
        return str(_precision_of(sql[1:-1], kind))
    if kind == "time":
        return f"least(length({sql}), 8)"
    seconds = f"(CASE WHEN substr({sql}, 17, 1) = ':' THEN 19 ELSE 16 END)"
    return f"(CASE WHEN length({sql}) <= 10 THEN length({sql}) ELSE {seconds} END)"


def _precision_of(text: str, kind: str) -> int:
    if kind == "time":
        return min(len(text), 8)
    return len(text) if len(text) <= 10 else 19 if text[16:17] == ":" else 16


def moment_boundary(sql: str, type_name: str, *, high: bool) -> str:
    """The first or last moment a text may mean."""
    if type_name == "time":
        return _clock(sql, high=high)
    if type_name == "date":
        return _day(sql, high=high)
    clock = f"split_part({sql}, 'T', 2)"
    zone = f"regexp_extract({clock}, '(Z|[+-].*)$')"
    bare = f"regexp_replace({clock}, '(Z|[+-].*)$', '')"
    outermost = "-12:00" if high else "+14:00"
    day = _day(f"split_part({sql}, 'T', 1)", high=high)
    return f"({day} || 'T' || {_clock(bare, high=high)} || coalesce(nullif({zone}, ''), '{outermost}'))"


def _day(sql: str, *, high: bool) -> str:
    year, month = f"({sql} || '-01-01')", f"({sql} || '-01')"
    if high:
        year, month = f"({sql} || '-12-31')", f"CAST(last_day(TRY_CAST({month} AS DATE)) AS VARCHAR)"
    return f"(CASE length({sql}) WHEN 4 THEN {year} WHEN 7 THEN {month} ELSE {sql} END)"


def _clock(sql: str, *, high: bool) -> str:
    pattern, digit = ("23:59:59.999", "9") if high else ("00:00:00.000", "0")
    part = f"left(rpad(split_part({sql}, '.', 2), 3, '{digit}'), 3)"
    precise = f"(split_part({sql}, '.', 1) || '.' || {part})"
    padded = f"{sql} || substr('{pattern}', length({sql}) + 1)"
    return f"(CASE WHEN contains({sql}, '.') THEN {precise} ELSE {padded} END)"


def number_boundary(written: str, *, high: bool) -> str:
    """The least or greatest number that is written like that."""
    half = f"TRY_CAST('0.' || repeat('0', length(split_part({written}, '.', 2))) || '5' AS {DECIMAL})"
    return f"(TRY_CAST({written} AS {DECIMAL}) {'+' if high else '-'} {half})"
