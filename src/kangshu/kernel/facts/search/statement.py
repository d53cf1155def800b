"""Queries as SQL over the table `fact`.

Every clause becomes one condition. Conditions on tokens use the GIN index, conditions on a slot
the B-tree of its columns, conditions on strings the trigram index; what no index serves
(`:text`, `_text`, elements of composites) is checked on the rows that the other conditions left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.search.conditions import CURRENT, all_of, any_of
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
    OfType,
    Query,
    Ranges,
    Recorded,
    Strings,
    Tokens,
    Words,
)
from kangshu.kernel.facts.search.ranges import compare, in_range
from kangshu.kernel.facts.search.texts import has_display, has_string, has_words
from kangshu.kernel.facts.search.windows import Window, windows
from kangshu.kernel.facts.tokens import token_hash


class Select:
    """Builds one statement: conditions, and the parameters they name.

    `collects`: every row will be looked at, so that what `_has` asks for is best collected once; else the
    rows are asked one by one until the page is full.
    """

    def __init__(self, *, collects: bool = False) -> None:
        self.parameters: dict[str, Any] = {}
        self._collects = collects
        self._aliases = 0

    def bind(self, value: Any) -> str:
        """Take a value in; what stands for it in the statement."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    def where(self, query: Query, *, less: Window | None = None) -> str:
        """The condition for `FROM fact f`. `less`: the window that the caller looks into by itself."""
        if len(query.types) == 1:
            types = f"f.type = {self.bind(query.types[0])}"
        else:
            types = f"f.type = ANY({self.bind(list(query.types))})"
        conditions = [self._clause("f", c) for c in sorted(query.where, key=_is_laborious)]
        unsaid = [window for window in windows(query.where).values() if not window.said and window != less]
        reached = [window.reached(self.bind, "f") for window in unsaid]
        return all_of([types, CURRENT.format(a="f"), *conditions, *reached])

    def _clause(self, a: str, clause: Clause) -> str:  # noqa: C901 (one arm for each kind)
        match clause:
            case Tokens():
                return self._tokens(a, clause)
            case Ranges():
                return any_of([in_range(self.bind, a, clause.parameter, *option) for option in clause.any_of])
            case Strings():
                return has_string(self.bind, a, clause)
            case Displays():
                return has_display(self.bind, a, clause)
            case Words():
                return has_words(self.bind, a, clause)
            case Ids():
                condition = f"{a}.id = ANY({self.bind(list(clause.any_of))})"
                return f"NOT ({condition})" if clause.negate else condition
            case OfType():
                return f"{a}.type = {self.bind(clause.type)}"
            case Recorded():
                moment = f"extract(epoch FROM {a}.recorded_at)::float8"
                return any_of([compare(self.bind, bound, moment, moment) for bound in clause.any_of])
            case Element():
                return self._element(a, clause)
            case Chain():
                return self._chain(a, clause)
            case Has():
                return self._has(a, clause)
            case Member():
                return self._member(a, clause)
            case AnyOf():
                return any_of([self._clause(a, c) for c in clause.clauses])
            case AllOf():
                return "(" + all_of([self._clause(a, c) for c in clause.clauses]) + ")"

    def _tokens(self, a: str, clause: Tokens) -> str:
        hashes = [token_hash(token) for token in clause.any_of]
        operator = "@>" if len(hashes) == 1 else "&&"  # of no tokens: nothing overlaps
        condition = f"{a}.tokens {operator} {self.bind(hashes)}::bigint[]"
        return f"NOT ({condition})" if clause.negate else condition

    # -- other facts

    def _alias(self) -> str:
        self._aliases += 1
        return f"f{self._aliases}"

    def of_type(self, a: str, type_: str, clauses: tuple[Clause, ...] = ()) -> str:
        """That the row is a current fact of the type that satisfies the clauses."""
        conditions = [self._clause(a, c) for c in sorted(clauses, key=_is_laborious)]
        return all_of([f"{a}.type = {self.bind(type_)}", CURRENT.format(a=a), *conditions])

    def _chain(self, a: str, clause: Chain) -> str:
        b = self._alias()
        if clause.address is not None or names_resources(clause.parameter):
            # What refers to these is not told by what stands at `reference`.
            inner = self.of_type(b, clause.type, clause.where)
            token = each_of(self._reference_tokens(b, clause.parameter.name, clause.type, clause.address))
            return f"{a}.tokens && ARRAY(SELECT {token} FROM fact {b} WHERE {inner})"
        target, references = self._references(a, clause.parameter, clause.type)
        return self._row_by_row(b, clause.type, f"{b}.id = {target}", clause.where, references)

    def _has(self, a: str, clause: Has) -> str:
        b = self._alias()
        if self._collects and clause.address is None and not names_resources(clause.parameter):
            return self._is_referred(a, b, clause)
        tokens = self._reference_tokens(a, clause.parameter.name, clause.target, clause.address)
        refers = f"{b}.tokens {'&&' if clause.address is not None else '@>'} ARRAY[{', '.join(tokens)}]"
        return self._row_by_row(b, clause.type, refers, clause.where)

    def _row_by_row(
        self, b: str, type_: str, key: str, where: tuple[Clause, ...], references: str = ""
    ) -> str:
        """That a fact `b` of the type is found by the key, which tells of the row, and satisfies the clauses.

        Not a bare EXISTS: it would become a join, of which the planner expects few rows, and so to need every
        row; but rows are many, and those of a page are soon found one by one. And first by the key: without
        statistics the planner may think that what the clauses ask for is rarer.
        """
        found = f"(SELECT * FROM fact {b} WHERE {self.of_type(b, type_)} AND {key} OFFSET 0) {b}"
        satisfied = all_of([self._clause(b, c) for c in where])
        tables = f"{references}, LATERAL {found}" if references else found
        return f"coalesce(EXISTS (SELECT 1 FROM {tables} WHERE {satisfied}), false)"

    def _reference_tokens(self, a: str, name: str, type_: str, address: Parameter | None) -> list[str]:
        """The tokens that what refers to the row carries: one for its id, one for its canonical address."""
        start, bare = self.bind(f"{name}={type_}/"), self.bind(f"{name}=")
        urls = [f"token({bare}::text || {url})" for url in self.addresses(a, address)]
        return [f"token({start}::text || {a}.id)", *urls]

    def addresses(self, a: str, address: Parameter | None) -> list[str]:
        """The canonical addresses that stand in the row's body; NULL where none stands."""
        paths = address.json_paths() if address is not None else []
        return [
            f"(jsonb_path_query_first({a}.body::jsonb, {self.bind(path)}::jsonpath) #>> '{{}}')"
            for path in paths
        ]

    def referred(self, b: str, clause: Has | Member) -> str:
        """SELECT of the ids (some NULL) that references of the facts `b` lead to, those of the clause."""
        if isinstance(clause, Has):
            inner = self.of_type(b, clause.type, clause.where)
        else:
            inner = self.of_type(b, clause.parameter.type, (Ids(clause.ids),))
        target, references = self._references(b, clause.parameter, clause.target)
        return f"SELECT {target} AS id FROM fact {b}, {references} WHERE {inner}"

    def _references(self, a: str, parameter: Parameter, target: str) -> tuple[str, str]:
        """The id of the target that a reference of the row names, and the table of its references."""
        empty = "'[]'"
        paths = " || ".join(
            f"jsonb_path_query_array({a}.body::jsonb, {self.bind(f'{path.json_path()}.reference')}::jsonpath)"
            for path in parameter.paths
            if path.only_type in (None, target)
        )
        r, address = self._alias(), self.bind(f"^{target}/([^/]+)(?:/_history/[^/?#]+)?$")
        return f"(regexp_match({r}, {address}))[1]", f"jsonb_array_elements_text({paths or empty}) {r}"

    def _member(self, a: str, clause: Member) -> str:
        return self._is_referred(a, self._alias(), clause)

    def _is_referred(self, a: str, b: str, clause: Has | Member) -> str:
        # Without statistics the planner expects one id, and would find it anew for every row.
        ids = f"WITH referred AS MATERIALIZED ({self.referred(b, clause)}) SELECT id FROM referred"
        return f"{a}.id IN ({ids})"

    def _element(self, a: str, clause: Element) -> str:
        conditions = [
            f"e->'t' ?| {self.bind([str(token_hash(t)) for t in tokens])}::text[]" for tokens in clause.tokens
        ]
        for name, bound in clause.bounds:
            value = f"(e->'r'->{self.bind(name)}"
            conditions.append(compare(self.bind, bound, f"{value}->>0)::float8", f"{value}->>1)::float8"))
        # Without such elements the fact has no entry at all; then the parts, asked for beside this, decide.
        entries = f"{a}.repeats->{self.bind(clause.name)}"
        matches = f"EXISTS (SELECT 1 FROM jsonb_array_elements({entries}) e WHERE {all_of(conditions)})"
        return f"({a}.repeats IS NULL OR {entries} IS NULL OR {matches})"


def names_resources(parameter: Parameter) -> bool:
    """Whether the parameter is about resources that stand inside (`Bundle.entry`) instead of references."""
    return any(path.datatype == "Resource" for path in parameter.paths)


def _is_laborious(clause: Clause) -> bool:
    """What PostgreSQL takes to be as cheap as a look for one token, so that it keeps to the order given."""
    match clause:
        case Tokens():
            return len(clause.any_of) > 1
        case Chain() | Has() | Member():
            return True
        case AnyOf() | AllOf():
            return any(map(_is_laborious, clause.clauses))
        case _:
            return False


def each_of(values: Sequence[str]) -> str:
    """The values of a row, each a row of its own."""
    return values[0] if len(values) == 1 else f"unnest(ARRAY[{', '.join(values)}])"
