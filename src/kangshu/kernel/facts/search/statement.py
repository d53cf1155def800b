"""Queries as SQL over the table `fact`.

Every clause becomes one condition. Conditions on tokens use the GIN index, conditions on a slot
the B-tree of its columns, conditions on strings the trigram index; what no index serves
(`:text`, `_text`, elements of composites) is checked on the rows that the other conditions left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from math import sqrt
from typing import Any

from kangshu.kernel.facts.columns import MARK, NARROW, wide_token
from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.search.bounds import Bound
from kangshu.kernel.facts.search.query import (
    AllOf,
    AnyOf,
    Chain,
    Clause,
    Displays,
    Element,
    Has,
    Ids,
    Member,
    Query,
    Ranges,
    Recorded,
    SortKey,
    Strings,
    Tokens,
    Words,
)
from kangshu.kernel.facts.tokens import token_hash

CURRENT = "{a}.superseded_at IS NULL AND NOT {a}.deleted"

DENSE = 5
"""Above so many times the root of the number of those referred to, `_has` asks for the referrers row by row
instead of collecting them all: both then cost the same."""

CHAINED = 1_000
"""A chain that leads through no more facts than this is followed before, not inside, the search."""


class Select:
    """Builds one statement: conditions, and the parameters they name.

    `expected` estimates how many rows a condition on a type leaves; it decides between two
    equivalent forms of `_has`. `listed` gives the values of a statement of one column.
    """

    def __init__(
        self,
        expected: Callable[[str, dict[str, Any]], int],
        listed: Callable[[str, dict[str, Any]], list[str]],
    ) -> None:
        self.parameters: dict[str, Any] = {}
        self._expected = expected
        self._listed = listed
        self._aliases = 0

    def bind(self, value: Any) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    def followed(self, query: Query) -> Query:
        """The same query with what its chains lead through found and named, as far as that is little."""
        return replace(query, where=tuple(self._followed(clause) for clause in query.where))

    def _followed(self, clause: Clause) -> Clause:
        match clause:
            case Chain():
                return self._follow(replace(clause, where=tuple(map(self._followed, clause.where))))
            case AnyOf():
                options = tuple(map(self._followed, clause.clauses))
                tokens = [each for each in options if isinstance(each, Tokens) and not each.negate]
                if len(tokens) < len(options):
                    return AnyOf(options)
                return Tokens(tuple(token for each in tokens for token in each.any_of))
            case _:
                return clause

    def _follow(self, chain: Chain) -> Clause:
        select = Select(self._expected, self._listed)
        inner = select._inner("f", chain.type, chain.where)
        limit = select.bind(CHAINED + 1)
        start = select.bind(f"{chain.type}/")
        target = _each([f"{start}::text || f.id", *select._addresses("f", chain.address)])
        rows = f"SELECT {target} AS target FROM fact f WHERE {inner} OFFSET 0"
        targets = self._listed(
            f"SELECT target FROM ({rows}) f WHERE target IS NOT NULL LIMIT {limit}", select.parameters
        )
        if len(targets) > CHAINED:
            return chain
        return Tokens(tuple(f"{chain.name}={target}" for target in targets))

    def where(self, query: Query) -> str:
        """The condition for `FROM fact f`."""
        if len(query.types) == 1:
            types = f"f.type = {self.bind(query.types[0])}"
        else:
            types = f"f.type = ANY({self.bind(list(query.types))})"
        conditions = [self._clause("f", c) for c in query.where]
        return self._all([types, CURRENT.format(a="f"), *conditions, *self._windows("f", query.where)])

    def _all(self, conditions: Sequence[str]) -> str:
        return " AND ".join(conditions) or "true"

    def _any(self, conditions: Sequence[str]) -> str:
        return "(" + (" OR ".join(conditions) or "false") + ")"

    def _clause(self, a: str, clause: Clause) -> str:  # noqa: C901 (one arm for each kind)
        match clause:
            case Tokens():
                return self._tokens(a, clause)
            case Ranges():
                return self._any([self._range(a, clause.parameter, *option) for option in clause.any_of])
            case Strings():
                return self._strings(a, clause)
            case Displays():
                return self._displays(a, clause)
            case Words():
                return self._words(a, clause)
            case Ids():
                condition = f"{a}.id = ANY({self.bind(list(clause.any_of))})"
                return f"NOT ({condition})" if clause.negate else condition
            case Recorded():
                moment = f"extract(epoch FROM {a}.recorded_at)::float8"
                return self._any([self._compare(bound, moment, moment) for bound in clause.any_of])
            case Element():
                return self._element(a, clause)
            case Chain():
                return self._chain(a, clause)
            case Has():
                return self._has(a, clause)
            case Member():
                return self._member(a, clause)
            case AnyOf():
                return self._any([self._clause(a, c) for c in clause.clauses])
            case AllOf():
                return "(" + self._all([self._clause(a, c) for c in clause.clauses]) + ")"

    def _tokens(self, a: str, clause: Tokens) -> str:
        hashes = [token_hash(token) for token in clause.any_of]
        operator = "@>" if len(hashes) == 1 else "&&"  # of no tokens: nothing overlaps
        condition = f"{a}.tokens {operator} {self.bind(hashes)}::bigint[]"
        return f"NOT ({condition})" if clause.negate else condition

    # -- ranges

    def _range(self, a: str, parameter: Parameter, bound: Bound, units: tuple[str, ...]) -> str:
        slot = parameter.slot
        low, high = f"{a}.low{slot}", f"{a}.high{slot}"
        conditions = [f"{low} IS NOT NULL"] if bound.prefix == "ne" else []
        if parameter.single:
            conditions.append(self._compare(bound, low, high))
        else:
            conditions += self._several(a, str(slot), bound, low, high)
        if units:
            # What has the code mostly has the unit too. Said in this way the planner does not take one for
            # independent of the other.
            conditions.append(
                f"coalesce({a}.tokens && {self.bind([token_hash(u) for u in units])}::bigint[], false)"
            )
        return "(" + self._all(conditions) + ")"

    def _windows(self, a: str, clauses: Sequence[Clause]) -> list[str]:
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
                found.append(self._window(a, slot, max(lows), min(highs)))
        return found

    def _window(self, a: str, slot: int, low: float, high: float) -> str:
        below = f"{a}.low{slot} <= {self.bind(high)}"
        near = f"{a}.low{slot} >= {self.bind(low - NARROW)}"
        is_wide = f"{a}.tokens @> {self.bind([token_hash(wide_token(slot))])}::bigint[]"
        reaches = f"{a}.high{slot} >= {self.bind(low)}"
        return f"(({near} AND {below}) OR ({is_wide} AND {reaches} AND {below}))"

    def _several(self, a: str, slot: str, bound: Bound, low: str, high: str) -> list[str]:
        """Of several values the columns hold the outer bounds, `repeats` holds each of them."""
        each = self._compare(bound, "(e->>0)::float8", "(e->>1)::float8")
        exact = (
            f"CASE WHEN {a}.repeats->'{slot}' IS NULL THEN {self._compare(bound, low, high)}"
            f" ELSE EXISTS (SELECT 1 FROM jsonb_array_elements({a}.repeats->'{slot}') e WHERE {each}) END"
        )
        return [*self._reach(bound, low, high), exact]

    def _reach(self, bound: Bound, low: str, high: str) -> list[str]:
        """What the outer bounds must fulfil if any value inside them is to: this the index can use."""
        match bound.prefix:
            case "gt" | "ge" | "sa":
                return [f"{high} >= {self.bind(bound.low)}"]
            case "lt" | "le" | "eb":
                return [f"{low} <= {self.bind(bound.high)}"]
            case "ne":
                return []
            case _:
                return [f"{high} >= {self.bind(bound.low)}", f"{low} <= {self.bind(bound.high)}"]

    def _compare(self, bound: Bound, low: str, high: str) -> str:
        """`Bound.admits` in SQL."""
        below, above = self.bind(bound.low), self.bind(bound.high)
        match bound.prefix:
            case "eq":
                return self._contains(bound, low, high, below, above)
            case "ne":
                return f"NOT ({self._contains(bound, low, high, below, above)})"
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

    def _contains(self, bound: Bound, low: str, high: str, below: str, above: str) -> str:
        if bound.low == bound.high:
            return f"({low} = {below} AND {high} = {below})"
        return f"({low} >= {below} AND {low} < {above} AND {high} <= {above})"

    # -- texts

    def _strings(self, a: str, clause: Strings) -> str:
        column = f"{a}.strings"
        conditions: list[str] = []
        for value in clause.any_of:
            if clause.mode == "starts":
                conditions.append(
                    f"{column} LIKE {self.bind(f'%{MARK}{_like(clause.name)}={_like(value)}%')}"
                )
            else:
                inside = f"{MARK}{re.escape(clause.name)}=[^{MARK}]*{_regex(value)}"
                conditions.append(
                    f"({column} LIKE {self.bind(f'%{_like(value)}%')} AND {column} ~ {self.bind(inside)})"
                )
        return self._any(conditions)

    def _displays(self, a: str, clause: Displays) -> str:
        conditions: list[str] = []
        for value in clause.any_of:
            pattern = self.bind(f"{_like(value)}%")
            for path in clause.paths:
                texts = f"jsonb_path_query({a}.body::jsonb, {self.bind(path)}::jsonpath)"
                conditions.append(
                    f"EXISTS (SELECT 1 FROM {texts} AS t WHERE lower(t #>> '{{}}') LIKE {pattern})"
                )
        return self._any(conditions)

    def _words(self, a: str, clause: Words) -> str:
        text = f"({a}.body::json #>> '{{text,div}}')" if clause.narrative else f"{a}.body"
        options = [
            self._all([f"{text} ILIKE {self.bind(f'%{_like(word)}%')}" for word in value.split()])
            for value in clause.any_of
        ]
        return self._any([f"({option})" for option in options])

    # -- other facts

    def _alias(self) -> str:
        self._aliases += 1
        return f"f{self._aliases}"

    def _inner(self, a: str, type_: str, clauses: tuple[Clause, ...]) -> str:
        return self._all(
            [f"{a}.type = {self.bind(type_)}", CURRENT.format(a=a), *(self._clause(a, c) for c in clauses)]
        )

    def _chain(self, a: str, clause: Chain) -> str:
        b = self._alias()
        inner = self._inner(b, clause.type, clause.where)
        token = _each(self._reference_tokens(b, clause.name, clause.type, clause.address))
        return f"{a}.tokens && ARRAY(SELECT {token} FROM fact {b} WHERE {inner})"

    def _has(self, a: str, clause: Has) -> str:
        b = self._alias()
        inner = self._inner(b, clause.type, clause.where)
        is_canonical = clause.address is not None
        if is_canonical or self._is_dense(clause.target, f"FROM fact {b} WHERE {inner}"):
            tokens = self._reference_tokens(a, clause.parameter.name, clause.target, clause.address)
            refers = f"{b}.tokens {'&&' if is_canonical else '@>'} ARRAY[{', '.join(tokens)}]"
            # Not a bare EXISTS: it would become a join, of which the planner expects few rows, and so to need
            # every row; but rows are many, and those of a page are soon found one by one.
            return f"coalesce(EXISTS (SELECT 1 FROM fact {b} WHERE {refers} AND {inner}), false)"
        return self._referred(a, b, clause.target, clause.parameter, inner)

    def _reference_tokens(self, a: str, name: str, type_: str, address: Parameter | None) -> list[str]:
        """The tokens that what refers to the row carries: one for its id, one for its canonical address."""
        start, bare = self.bind(f"{name}={type_}/"), self.bind(f"{name}=")
        urls = [f"token({bare}::text || {url})" for url in self._addresses(a, address)]
        return [f"token({start}::text || {a}.id)", *urls]

    def _addresses(self, a: str, address: Parameter | None) -> list[str]:
        """The canonical addresses that stand in the row's body; NULL where none stands."""
        paths = address.json_paths() if address is not None else []
        return [
            f"(jsonb_path_query_first({a}.body::jsonb, {self.bind(path)}::jsonpath) #>> '{{}}')"
            for path in paths
        ]

    def _is_dense(self, target: str, referrers: str) -> bool:
        current = CURRENT.format(a="f")
        targets = self._expected(f"FROM fact f WHERE f.type = %(type)s AND {current}", {"type": target})
        return self._expected(referrers, self.parameters) > DENSE * sqrt(targets)

    def _referred(self, a: str, b: str, target: str, parameter: Parameter, inner: str) -> str:
        """That the row is what a reference of one of the inner rows leads to; those are found once."""
        empty = "'[]'"
        paths = " || ".join(
            f"jsonb_path_query_array({b}.body::jsonb, {self.bind(f'{path.json_path()}.reference')}::jsonpath)"
            for path in parameter.paths
            if path.only_type in (None, target)
        )
        address = self.bind(f"^{target}/([^/]+)(?:/_history/.*)?$")
        ids = f"SELECT (regexp_match(r, {address}))[1]"
        rows = f"FROM fact {b}, jsonb_array_elements_text({paths or empty}) r WHERE {inner}"
        return f"{a}.id IN ({ids} {rows})"

    def _member(self, a: str, clause: Member) -> str:
        b = self._alias()
        inner = self._inner(b, clause.parameter.type, (Ids(clause.ids),))
        return self._referred(a, b, clause.target, clause.parameter, inner)

    def _element(self, a: str, clause: Element) -> str:
        conditions = [
            f"e->'t' ?| {self.bind([str(token_hash(t)) for t in any_of])}::text[]" for any_of in clause.tokens
        ]
        for name, bound in clause.bounds:
            value = f"(e->'r'->{self.bind(name)}"
            conditions.append(self._compare(bound, f"{value}->>0)::float8", f"{value}->>1)::float8"))
        # Without such elements the fact has no entry at all; then the parts, asked for beside this, decide.
        entries = f"{a}.repeats->{self.bind(clause.name)}"
        matches = f"EXISTS (SELECT 1 FROM jsonb_array_elements({entries}) e WHERE {self._all(conditions)})"
        return f"({a}.repeats IS NULL OR {entries} IS NULL OR {matches})"

    # -- order

    def order(self, keys: Sequence[SortKey], *, are_present: bool = False) -> str:
        """ORDER BY; facts without a value last. `are_present`: the first key has a value in every row."""
        parts: list[str] = []
        for key in keys:
            nulls = "" if are_present and not parts else " NULLS LAST"
            parts.append(self.sort_expression(key) + (f" DESC{nulls}" if key.descending else " ASC"))
        return ", ".join([*parts, "f.line"])

    def sort_column(self, key: SortKey) -> str | None:
        """The indexed column the key sorts by, if it can be empty."""
        has_slot = key.parameter is not None and key.parameter.slot is not None
        return self.sort_expression(key) if has_slot else None

    def sort_expression(self, key: SortKey) -> str:
        """What a key sorts by: a column where there is one, else the first value in the body."""
        if key.parameter is None:
            return f"f.{key.column}"
        if key.parameter.slot is not None:
            return f"f.{'high' if key.descending and not key.parameter.single else 'low'}{key.parameter.slot}"
        texts = ", ".join(
            f"jsonb_path_query_first(f.body::jsonb, {self.bind(path)}::jsonpath) #>> '{{}}'"
            for path in sort_paths(key.parameter)
        )
        return f"lower(coalesce({texts}))"


def _each(values: Sequence[str]) -> str:
    """The values of a row, each a row of its own."""
    return values[0] if len(values) == 1 else f"unnest(ARRAY[{', '.join(values)}])"


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


def sort_paths(parameter: Parameter) -> list[str]:
    return [
        path.json_path(*below) for path in parameter.paths for below in _SORTED_BY.get(path.datatype, ((),))
    ]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _regex(text: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", text)
