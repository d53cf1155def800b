"""The parameters of a search that shape its answer and do not choose facts.

https://hl7.org/fhir/R4/search.html#return
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from kangshu.interfaces.web.fhir.call import Call, Params
from kangshu.interfaces.web.fhir.paging import CURSOR, Trail, cursor_of, trail_of
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.search.query import Total

DEFAULT_COUNT = 20
MAX_COUNT = 1000
MAX_INCLUDES = 50

_INCLUDES = {
    "_include": ("forward", False),
    "_include:iterate": ("forward", True),
    "_include:recurse": ("forward", True),
    "_revinclude": ("reverse", False),
    "_revinclude:iterate": ("reverse", True),
    "_revinclude:recurse": ("reverse", True),
}
_SHAPING = frozenset(
    {
        "_format",
        "_pretty",
        "_summary",
        "_elements",
        "_count",
        "_total",
        "_sort",
        "_contained",
        "_containedType",
        CURSOR,
    }
)
_TOTALS = ("none", "estimate", "accurate")


@dataclass(frozen=True, slots=True)
class Include:
    """One `_include` or `_revinclude`. `source` and `parameter` may be `*`; `target` "" for any type."""

    direction: Literal["forward", "reverse"]
    source: str
    parameter: str
    target: str
    iterate: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """How to answer, and `filters`, the parameters left over that choose facts."""

    count: int
    total: Total
    sort: str
    trail: Trail
    only_total: bool
    includes: tuple[Include, ...]
    filters: Params

    @property
    def cursor(self) -> str | None:
        """Where the page asked for begins; None for the first one."""
        return cursor_of(self.trail)


def parse_shape(call: Call) -> Shape:
    """Raises Invalid with one problem per bad parameter."""
    problems: list[Problem] = []
    includes: list[Include] = []
    filters: list[tuple[str, str]] = []
    for name, value in call.params:
        if name in _INCLUDES:
            _take_include(name, value, includes, problems)
        elif name not in _SHAPING and name and value:
            filters.append((name, value))
    if call.param("_contained") not in ("", "false"):
        problems.append(_problem("_contained", "Contained resources are not searched.", "not-supported"))
    count = _count(call.param("_count"), problems)
    total = call.param("_total")
    if total and total not in _TOTALS:
        problems.append(_problem("_total", "_total is not one of none, estimate, accurate."))
    includes = list(dict.fromkeys(includes))
    if len(includes) > MAX_INCLUDES:
        problems.append(_problem("_include", f"More than {MAX_INCLUDES} includes.", "too-costly"))
    if problems:
        raise Invalid("The search has bad parameters.", problems=tuple(problems))
    return Shape(
        count=count,
        total=cast(Total, total) if total else "auto",
        sort=",".join(value for name, value in call.params if name == "_sort"),
        trail=trail_of(call),
        only_total=count == 0 or call.param("_summary") == "count",
        includes=tuple(includes),
        filters=tuple(filters),
    )


def _take_include(name: str, value: str, includes: list[Include], problems: list[Problem]) -> None:
    direction, iterate = _INCLUDES[name]
    parts = value.split(":")
    if value == "*":
        parts = ["*", "*"]
    if not 2 <= len(parts) <= 3 or not all(parts[:2]):
        problems.append(_problem(name, f"{name} is written Type:parameter or Type:parameter:TargetType."))
        return
    target = parts[2] if len(parts) == 3 else ""
    includes.append(
        Include(cast(Literal["forward", "reverse"], direction), parts[0], parts[1], target, iterate)
    )


def _count(text: str, problems: list[Problem]) -> int:
    if not text:
        return DEFAULT_COUNT
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        problems.append(_problem("_count", "_count is not a whole number of 0 or more."))
        return DEFAULT_COUNT
    return min(int(text), MAX_COUNT)


def _problem(path: str, message: str, code: str = "value") -> Problem:
    return Problem("error", code, path, message)
