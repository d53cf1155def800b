"""Dates, numbers and quantities in SQL: values in a slot, compared with bounds."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nextafter

from kangshu.kernel.facts.columns import NARROW, wide_token
from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.search.bounds import Bound
from kangshu.kernel.facts.search.conditions import Bind, all_of
from kangshu.kernel.facts.search.query import Clause, Ranges
from kangshu.kernel.facts.tokens import token_hash


def in_range(bind: Bind, a: str, parameter: Parameter, bound: Bound, units: tuple[str, ...]) -> str:
    """One of the values in the slot of the parameter satisfies the bound, in one of the units if any."""
    slot = parameter.slot
    low, high = f"{a}.low{slot}", f"{a}.high{slot}"
    conditions = [f"{low} IS NOT NULL"] if bound.prefix == "ne" else []
    if parameter.single:
        conditions.append(compare(bind, bound, low, high))
    else:
        conditions += _several(bind, a, str(slot), bound, low, high)
    if units:
        # What has the code mostly has the unit too. Said in this way the planner does not take one for
        # independent of the other.
        conditions.append(f"coalesce({a}.tokens && {bind([token_hash(u) for u in units])}::bigint[], false)")
    return "(" + all_of(conditions) + ")"


def windows(bind: Bind, a: str, clauses: Sequence[Clause]) -> list[str]:
    """For dates bounded from both sides: where the low ends must lie, in one column and so in one index.

    The conditions on the bounds look at both ends, and half of all facts satisfy each of them.
    """
    bounds: dict[int, list[Bound]] = {}
    for clause in clauses:
        if not isinstance(clause, Ranges) or clause.parameter.kind != "date" or len(clause.any_of) != 1:
            continue
        bound, slot = clause.any_of[0][0], clause.parameter.slot
        is_one_column = bound.prefix == "eq" and clause.parameter.single
        if slot is not None and not is_one_column:
            bounds.setdefault(slot, []).append(bound)
    found: list[str] = []
    for slot, several in bounds.items():
        lows = [bound.low for bound in several if bound.prefix in ("eq", "ge", "gt", "sa", "ap")]
        highs = [bound.high for bound in several if bound.prefix in ("eq", "le", "lt", "eb", "ap")]
        if lows and highs:
            found.append(_window(bind, a, slot, max(lows), min(highs)))
    return found


def _window(bind: Bind, a: str, slot: int, low: float, high: float) -> str:
    below = f"{a}.low{slot} <= {bind(high)}"
    near = f"{a}.low{slot} >= {bind(low - NARROW)}"
    is_wide = f"{a}.tokens @> {bind([token_hash(wide_token(slot))])}::bigint[]"
    reaches = f"{a}.high{slot} >= {bind(low)}"
    # The same as `below`, written otherwise: what both arms have in common PostgreSQL takes out of them.
    # Then it does not see that the first is a stretch between two ends, and expects half of all facts in it.
    also_below = f"{a}.low{slot} < {bind(nextafter(high, inf))}"
    return f"(({near} AND {below}) OR ({is_wide} AND {reaches} AND {also_below}))"


def _several(bind: Bind, a: str, slot: str, bound: Bound, low: str, high: str) -> list[str]:
    """Of several values the columns hold the outer bounds, `repeats` holds each of them."""
    each = compare(bind, bound, "(e->>0)::float8", "(e->>1)::float8")
    exact = (
        f"CASE WHEN {a}.repeats->'{slot}' IS NULL THEN {compare(bind, bound, low, high)}"
        f" ELSE EXISTS (SELECT 1 FROM jsonb_array_elements({a}.repeats->'{slot}') e WHERE {each}) END"
    )
    return [*_reach(bind, bound, low, high), exact]


def _reach(bind: Bind, bound: Bound, low: str, high: str) -> list[str]:
    """What the outer bounds must fulfil if any value inside them is to: this the index can use."""
    match bound.prefix:
        case "gt" | "ge" | "sa":
            return [f"{high} >= {bind(bound.low)}"]
        case "lt" | "le" | "eb":
            return [f"{low} <= {bind(bound.high)}"]
        case "ne":
            return []
        case _:
            return [f"{high} >= {bind(bound.low)}", f"{low} <= {bind(bound.high)}"]


def compare(bind: Bind, bound: Bound, low: str, high: str) -> str:
    """`Bound.admits` in SQL."""
    below, above = bind(bound.low), bind(bound.high)
    match bound.prefix:
        case "eq":
            return _contains(bound, low, high, below, above)
        case "ne":
            return f"NOT ({_contains(bound, low, high, below, above)})"
        case "gt":
            return f"{high} > {above}"
        case "lt":
            return f"{low} < {below}"
        case "ge":
            return f"({high} >= {below} AND ({high} > {above} OR {low} >= {below}))"
        case "le":
            return f"({low} <= {above} AND ({low} < {below} OR {high} <= {above}))"
        case "sa":
            return f"{low} > {above}" if bound.point else f"{low} >= {above}"
        case "eb":
            return f"{high} < {below}" if bound.point else f"{high} <= {below}"
        case "ap":
            return f"({low} <= {above} AND {high} >= {below})"


def _contains(bound: Bound, low: str, high: str, below: str, above: str) -> str:
    if bound.low == bound.high:
        return f"({low} = {below} AND {high} = {below})"
    return f"({low} >= {below} AND {low} < {above} AND {high} <= {above})"
