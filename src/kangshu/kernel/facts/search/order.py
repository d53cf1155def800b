"""The order of facts in SQL: by columns where there are some, else by what stands in the body."""

from __future__ import annotations

from collections.abc import Sequence

from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.search.conditions import Bind
from kangshu.kernel.facts.search.query import Query, SortKey

_SORTED_BY: dict[str, tuple[tuple[str, ...], ...]] = {
    "HumanName": (("family",), ("text",), ("given",)),
    "Address": (("city",), ("text",), ("line",)),
    "CodeableConcept": (("coding", "code"), ("text",)),
    "Coding": (("code",),),
    "Identifier": (("value",),),
    "ContactPoint": (("value",),),
    "Reference": (("reference",),),
}
"""What stands for a value of the datatype when facts are put in order."""


def order(bind: Bind, keys: Sequence[SortKey], *, are_present: bool = False) -> str:
    """ORDER BY; facts without a value last. `are_present`: the first key has a value in every row."""
    parts: list[str] = []
    for key in keys:
        nulls = "" if are_present and not parts else " NULLS LAST"
        parts.append(_sorted_by(bind, key) + (f" DESC{nulls}" if key.descending else " ASC"))
    return ", ".join([*parts, "f.line"])


def sort_column(key: SortKey) -> str | None:
    """The indexed column the key sorts by, if it can be empty."""
    parameter = key.parameter
    if parameter is None or parameter.slot is None:
        return None
    return f"f.{'high' if key.descending and not parameter.single else 'low'}{parameter.slot}"


def key_column(query: Query) -> str | None:
    """The indexed column that is all the query sorts by, within one type; lines decide between equals."""
    return sort_column(query.sort[0]) if len(query.sort) == 1 == len(query.types) else None


def follows(bind: Bind, key: SortKey, value: float, line: int) -> str:
    """That a fact comes after the one with that value and line, where only the key sorts."""
    column, bound, further = sort_column(key), bind(value), "<" if key.descending else ">"
    # The first says no more than the rest, but so the index is entered at the right place.
    return f"{column} {further}= {bound} AND ({column} {further} {bound} OR f.line > {bind(line)})"


def _sorted_by(bind: Bind, key: SortKey) -> str:
    """What a key sorts by: a column where there is one, else the first value in the body."""
    if key.parameter is None:
        return f"f.{key.column}"
    column = sort_column(key)
    if column is not None:
        return column
    texts = ", ".join(
        f"jsonb_path_query_first(f.body::jsonb, {bind(path)}::jsonpath) #>> '{{}}'"
        for path in sort_paths(key.parameter)
    )
    return f"lower(coalesce({texts}))"


def sort_paths(parameter: Parameter) -> list[str]:
    """jsonpaths to what a parameter without a slot sorts by, the first that has a value."""
    return [
        path.json_path(*below) for path in parameter.paths for below in _SORTED_BY.get(path.datatype, ((),))
    ]
