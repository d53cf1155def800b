"""How many facts a query may leave, as far as its clauses tell: what the planner has no way to know."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kangshu.kernel.facts.search.following import CHAINED
from kangshu.kernel.facts.search.query import AllOf, AnyOf, Clause, Ids, Query, Ranges, Tokens
from kangshu.kernel.facts.tokens import token_hash


def is_uncertain(query: Query) -> bool:
    """Whether a number is asked for beside something else.

    A code and its values depend on each other, of which the planner knows nothing.
    """
    kinds = {clause.parameter.kind for clause in query.where if isinstance(clause, Ranges)}
    return len(query.types) == 1 < len(query.where) and not kinds.isdisjoint(("number", "quantity"))


def is_narrow(clauses: Sequence[Clause], common: Collection[int]) -> bool:
    """Whether one of the clauses leaves few facts for certain: a token that is not common, or an id."""
    return any(_is_narrow(clause, common) for clause in clauses)


def _is_narrow(clause: Clause, common: Collection[int]) -> bool:
    match clause:
        case Ids():
            return not clause.negate
        case Tokens():
            few = len(clause.any_of) <= CHAINED and not clause.negate
            return few and not any(token_hash(token) in common for token in clause.any_of)
        case AllOf():
            return is_narrow(clause.clauses, common)
        case AnyOf():
            return all(_is_narrow(each, common) for each in clause.clauses)
        case _:
            return False
