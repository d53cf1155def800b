"""When two results are the same: as multisets, whatever the order of rows, with types normalised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


def plain(value: Any) -> Any:
    """A value as both engines could write it; binary numbers to 12 digits: sums of them depend on order."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return "nan" if value != value else float(f"{value:.12g}")
    if isinstance(value, int | Decimal):
        return Decimal(value).normalize() if value else Decimal(0)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value
    if isinstance(value, dict):
        return tuple((key.lower(), plain(each)) for key, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(plain(each) for each in value)
    return value


def bag(rows: Iterable[Iterable[Any]]) -> Counter[Any]:
    """Rows as a multiset."""
    return Counter(tuple(plain(value) for value in row) for row in rows)


def difference(one: Iterable[Iterable[Any]], other: Iterable[Iterable[Any]]) -> list[str]:
    """What only one of two results has, a few of each; empty where they are the same."""
    left, right = bag(one), bag(other)
    few = [f"only DuckDB: {row}" for row in list((left - right).elements())[:5]]
    return few + [f"only Spark: {row}" for row in list((right - left).elements())[:5]]
