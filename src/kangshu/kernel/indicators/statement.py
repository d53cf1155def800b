"""The statement of an indicator: one SELECT that reads what it names in `needs`, and nothing else.

DuckDB's own parser says what a statement is, so that what is looked at is what is run. Functions that make
rows may only make them of what they are given: one that reads files, settings or the catalogue is refused,
and so is everything that is no SELECT. What files, other schemas and `SHOW` would be read is refused too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from kangshu.kernel.lake.engine import engine

ROW_MAKERS = frozenset({"unnest", "range", "generate_series"})
"""Functions that may stand where a table stands."""

_OUTSIDE = frozenset({"current_setting", "getenv", "getvariable"})
"""Functions that say something of the machine."""


@lru_cache(64)
def read_statements(texts: tuple[str, ...]) -> tuple[Any, ...]:
    """What DuckDB reads in texts, one of them a text; nothing of them is run. The same are read once."""
    query = "SELECT json_serialize_sql(text) FROM (SELECT unnest(?::VARCHAR[]) AS text)"
    with engine() as work:
        return tuple(json.loads(row[0]) for row in work.rows(query, [list(texts)]))


def problems_of_statement(read: Any, offered: Collection[str]) -> list[str]:
    """What keeps a text from being one SELECT over the relations that are offered."""
    if read["error"] and read["error_type"] == "not implemented":
        return ["must be one SELECT: it does something else than reading"]
    if read["error"]:
        return [f"cannot be read as SQL of DuckDB: {read['error_message']}"]
    if len(read["statements"]) != 1:
        return [f"must be one SELECT, and is {len(read['statements'])} statements"]
    nodes = list(_nodes(read["statements"]))
    known = {each.lower() for each in offered} | {name.lower() for node in nodes for name in _defined(node)}
    found = [fault for node in nodes if (fault := _fault(node, known))]
    return list(dict.fromkeys(found))


def _fault(node: Mapping[str, Any], known: Collection[str]) -> str:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        path = [node.get(each) for each in ("catalog_name", "schema_name", "table_name")]
        name = ".".join(str(each) for each in path if each)
        return "" if name.lower() in known else f"reads {name}, which `needs` does not name"
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        allowed = ", ".join(sorted(ROW_MAKERS))
        return "" if name in ROW_MAKERS else f"reads {name}(): only {allowed} may make rows"
    if kind == "SHOW_REF":
        return "must be one SELECT: it describes instead of reading"
    if node.get("class") == "FUNCTION" and str(node.get("function_name", "")).lower() in _OUTSIDE:
        return f"asks {node['function_name']}() of the machine, which is no business of an indicator"
    return ""


def _defined(node: Mapping[str, Any]) -> Iterator[str]:
    """The names a WITH gives. One that could be a file is none: it may be read where the WITH is not seen."""
    named = node.get("cte_map")
    if isinstance(named, dict):
        for entry in cast("dict[str, Any]", named).get("map", ()):
            if str(entry["key"]).isidentifier():
                yield str(entry["key"])


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [tree]
    while waiting:
        node: Any = waiting.pop()
        if isinstance(node, dict):
            yield cast("dict[str, Any]", node)
            waiting += cast("dict[str, Any]", node).values()
        elif isinstance(node, list):
            waiting += cast("list[Any]", node)
