"""The order in which the reference store gives facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kangshu.kernel.facts.reference.body import document, values_at, written
from kangshu.kernel.facts.reference.version import Version
from kangshu.kernel.facts.search.order import sort_paths
from kangshu.kernel.facts.search.query import SortKey


def order(keys: Sequence[SortKey]) -> Callable[[Version, Version], int]:
    """By each key in turn; what has no value comes last either way; then by line."""

    def compare(a: Version, b: Version) -> int:
        for key in keys:
            one, other = _sort_value(a, key), _sort_value(b, key)
            if one is None or other is None:
                result = (one is None) - (other is None)
            else:
                result = ((one > other) - (one < other)) * (-1 if key.descending else 1)
            if result:
                return result
        return a.fact.line - b.fact.line

    return compare


def _sort_value(version: Version, key: SortKey) -> Any:
    fact, parameter = version.fact, key.parameter
    if parameter is None:
        return fact.id if key.column == "id" else fact.recorded_at
    if parameter.slot is not None:
        ranges = version.terms.ranges.get(parameter.slot)
        if not ranges:
            return None
        last = key.descending and not parameter.single
        return max(high for _, high in ranges) if last else min(low for low, _ in ranges)
    for path in sort_paths(parameter):
        values = values_at(document(fact), path)
        if values and values[0] is not None:
            return written(values[0]).lower()
    return None
