"""Queries as SQL over the table `fact`.

Every clause becomes one condition. Conditions on tokens use the GIN index, conditions on a slot
the B-tree of its columns, conditions on strings the trigram index; what no index serves
(`:text`, `_text`, elements of composites) is checked on the rows that the other conditions left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from kangshu.kernel.facts.bounds import Bound
from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.query import (
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
from kangshu.kernel.facts.rows import MARK
from kangshu.kernel.facts.tokens import token_hash

CURRENT = "{a}.superseded_at IS NULL AND NOT {a}.deleted"

DENSE = 5_000
"""Above so many expected referrers, `_has` asks row by row instead of collecting them all."""


class Select:
    """Builds one statement: conditions, and the parameters they name.

    `expected` estimates how many rows a condition on a type leaves; it decides between two
    equivalent forms of `_has`.
    """

    def __init__(self, expected: Callable[[str, dict[str, Any]], int]) -> None:
        self.parameters: dict[str, Any] = {}
        self._expected = expected
        self._aliases = 0

    def bind(self, value: Any) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    def where(self, query: Query) -> str:
        """The condition for `FROM fact f`."""
        if len(query.types) == 1:
            types = f"f.type = {self.bind(query.types[0])}"
        else:
            types = f"f.type = ANY({self.bind(list(query.types))})"
        return self._all([types, CURRENT.format(a="f"), *(self._clause("f", c) for c in query.where)])

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
        operator = "@>" if len(hashes) == 1 else "&&"
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
            conditions.append(f"{a}.tokens && {self.bind([token_hash(u) for u in units])}::bigint[]")
        return "(" + self._all(conditions) + ")"

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
        start = self.bind(f"{clause.name}={clause.type}/")
        return f"{a}.tokens && ARRAY(SELECT token({start}::text || {b}.id) FROM fact {b} WHERE {inner})"

    def _has(self, a: str, clause: Has) -> str:
        b = self._alias()
        inner = self._inner(b, clause.type, clause.where)
        if self._expected(f"FROM fact {b} WHERE {inner}", self.parameters) > DENSE:
            name = self.bind(f"{clause.parameter.name}={clause.target}/")
            refers = f"{b}.tokens @> ARRAY[token({name}::text || {a}.id)]"
            return f"EXISTS (SELECT 1 FROM fact {b} WHERE {refers} AND {inner})"
        return self._referred(a, b, clause.target, clause.parameter, inner)

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

    def order(self, keys: Sequence[SortKey]) -> str:
        parts = [
            f"{self.sort_expression(key)} {'DESC NULLS LAST' if key.descending else 'ASC'}" for key in keys
        ]
        return ", ".join([*parts, "f.line"])

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
