"""Dates, numbers and quantities in SQL: values in a slot, compared with bounds."""

from __future__ import annotations

from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.search.bounds import Bound
from kangshu.kernel.facts.search.conditions import Bind, all_of
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
