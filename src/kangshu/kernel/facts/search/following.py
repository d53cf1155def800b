"""What leads through little to little is followed before the search, not inside it: chains, `_has`, lists.

The search then looks for what was found by name. How little it is, is counted, not estimated: an estimate
that is far off makes PostgreSQL look for the same things again for every row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from typing import Any

from kangshu.kernel.facts.search.query import AllOf, AnyOf, Chain, Clause, Has, Ids, Member, Query, Tokens
from kangshu.kernel.facts.search.statement import Select, each_of, names_resources

CHAINED = 1_000
"""No more facts than this are always followed."""

DENSE = 5
"""So many times the root of the number of facts of the type looked through: more than this are not followed.

Row by row it is then asked whether there is one: that costs the same for a page."""

SURELY = 4
"""More than so many times what is followed are not even listed, if that is how many are expected."""

Expected = Callable[[str, dict[str, Any]], int]
"""How many rows the planner thinks a statement returns, given from its FROM on."""

Listed = Callable[[str, dict[str, Any]], list[str]]
"""The values of a statement of one column."""


def followed(query: Query, expected: Expected, listed: Listed) -> Query:
    """The same query with what its clauses lead to found and named, as far as that is little."""

    def follow(clause: Clause) -> Clause:
        match clause:
            case Chain():
                return _targets(replace(clause, where=tuple(map(follow, clause.where))), expected, listed)
            case Has(address=None) if not names_resources(clause.parameter):
                return _referred(replace(clause, where=tuple(map(follow, clause.where))), expected, listed)
            case Member():
                return _referred(clause, expected, listed)
            case AnyOf():
                options = tuple(map(follow, clause.clauses))
                tokens = [each for each in options if isinstance(each, Tokens) and not each.negate]
                if len(tokens) < len(options):
                    return AnyOf(options)
                return Tokens(tuple(token for each in tokens for token in each.any_of))
            case AllOf():
                return AllOf(tuple(map(follow, clause.clauses)))
            case _:
                return clause

    return replace(query, where=tuple(map(follow, query.where)))


def _targets(chain: Chain, expected: Expected, listed: Listed) -> Clause:
    """What the chain leads to, by name; the chain itself if that is too much."""
    select = Select()
    inner = select.of_type("f", chain.type, chain.where)
    most = _most(chain.type, expected)
    if expected(f"FROM fact f WHERE {inner}", select.parameters) > SURELY * most:
        return chain
    start, limit = select.bind(f"{chain.type}/"), select.bind(most + 1)
    target = each_of([f"{start}::text || f.id", *select.addresses("f", chain.address)])
    rows = f"SELECT {target} AS target FROM fact f WHERE {inner} OFFSET 0"
    targets = listed(
        f"SELECT target FROM ({rows}) f WHERE target IS NOT NULL LIMIT {limit}", select.parameters
    )
    if len(targets) > most:
        return chain
    return Tokens(tuple(f"{chain.parameter.name}={target}" for target in targets))


def _referred(clause: Has | Member, expected: Expected, listed: Listed) -> Clause:
    """The ids that the references lead to; the clause itself if those are too many."""
    select = Select()
    most = _most(clause.target, expected)
    if isinstance(clause, Has):
        inner = select.of_type("f", clause.type, clause.where)
        if expected(f"FROM fact f WHERE {inner}", select.parameters) > SURELY * most:
            return clause
    rows, limit = select.referred("f", clause), select.bind(most + 1)
    ids = listed(f"SELECT id FROM ({rows} OFFSET 0) f WHERE id IS NOT NULL LIMIT {limit}", select.parameters)
    return clause if len(ids) > most else Ids(tuple(dict.fromkeys(ids)))


def _most(type_: str, expected: Expected) -> int:
    """How many facts are followed where those of the type are looked through."""
    select = Select()
    of_type = select.of_type("f", type_)
    return max(CHAINED, round(DENSE * sqrt(expected(f"FROM fact f WHERE {of_type}", select.parameters))))
