"""Chains that lead through little are followed before the search, not inside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kangshu.kernel.facts.search.query import AnyOf, Chain, Clause, Query, Tokens
from kangshu.kernel.facts.search.statement import Expected, Select, each_of

CHAINED = 1_000
"""A chain that leads through no more facts than this is followed before, not inside, the search."""

Listed = Callable[[str, dict[str, Any]], list[str]]
"""The values of a statement of one column."""


def followed(query: Query, expected: Expected, listed: Listed) -> Query:
    """The same query with what its chains lead through found and named, as far as that is little."""

    def follow(clause: Clause) -> Clause:
        match clause:
            case Chain():
                return _targets(replace(clause, where=tuple(map(follow, clause.where))), expected, listed)
            case AnyOf():
                options = tuple(map(follow, clause.clauses))
                tokens = [each for each in options if isinstance(each, Tokens) and not each.negate]
                if len(tokens) < len(options):
                    return AnyOf(options)
                return Tokens(tuple(token for each in tokens for token in each.any_of))
            case _:
                return clause

    return replace(query, where=tuple(map(follow, query.where)))


def _targets(chain: Chain, expected: Expected, listed: Listed) -> Clause:
    """What the chain leads to, by name; the chain itself if that is too much."""
    select = Select(expected)
    inner = select.of_type("f", chain.type, chain.where)
    limit = select.bind(CHAINED + 1)
    start = select.bind(f"{chain.type}/")
    target = each_of([f"{start}::text || f.id", *select.addresses("f", chain.address)])
    rows = f"SELECT {target} AS target FROM fact f WHERE {inner} OFFSET 0"
    targets = listed(
        f"SELECT target FROM ({rows}) f WHERE target IS NOT NULL LIMIT {limit}", select.parameters
    )
    if len(targets) > CHAINED:
        return chain
    return Tokens(tuple(f"{chain.name}={target}" for target in targets))
