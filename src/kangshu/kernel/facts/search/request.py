"""A search request as a query: parameters with modifiers, chains and `_has`, sorting.

The grammar is that of FHIR R4 search (https://hl7.org/fhir/R4/search.html). Parameters that shape the
answer (`_include`, `_summary` …) are the interface's business and unknown here.
"""

from __future__ import annotations

from collections.abc import Sequence

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.parameters import Catalogue, Parameter
from kangshu.kernel.facts.search.context import FROM_WITHIN, SearchContext
from kangshu.kernel.facts.search.escapes import split, unescape
from kangshu.kernel.facts.search.not_understood import NotUnderstood
from kangshu.kernel.facts.search.query import (
    AllOf,
    AnyOf,
    Chain,
    Clause,
    Has,
    Ids,
    Member,
    OfType,
    Query,
    Ranges,
    Recorded,
    SortKey,
    Total,
    Words,
)
from kangshu.kernel.facts.search.values import Values
from kangshu.kernel.facts.search.windows import windows

MAX_VALUES = 2000
"""Alternatives one parameter may list."""
MAX_ALL_VALUES = 5000
"""Alternatives all parameters may list together, for every type anew: a statement has places for 65,535."""
MAX_CLAUSES = 50
MAX_SORT = 10
MAX_CHAIN = 4


def parse_query(
    catalogue: Catalogue,
    type: str | tuple[str, ...],
    pairs: Sequence[tuple[str, str]],
    *,
    sort: str = "",
    count: int = 20,
    cursor: str | None = None,
    total: Total = "auto",
    lenient: bool = False,
    context: SearchContext = FROM_WITHIN,
) -> Query:
    """A query from (name, value) pairs as they stand in a search URL, decoded.

    With `lenient`, unknown parameters are left out and listed in `ignored`; values that are wrong are always
    refused. Raises `Invalid` with one problem per bad parameter.
    """
    types = (type,) if isinstance(type, str) else type
    parser = _Request(catalogue, types, context)
    clauses: list[Clause] = []
    problems: list[Problem] = []
    ignored: list[str] = []
    for name, value in pairs:
        try:
            clauses.append(parser.clause(name, value))
        except NotUnderstood as wrong:
            if lenient and wrong.code == "not-supported":
                ignored.append(name)
            else:
                problems.append(Problem("error", wrong.code, name[:100], wrong.message))
    try:
        keys = parser.sort_keys(sort)
    except NotUnderstood as wrong:
        keys = ()
        if lenient and wrong.code == "not-supported":
            ignored.append("_sort")
        else:
            problems.append(Problem("error", wrong.code, "_sort", wrong.message))
    if sum(_values(name, value, types) for name, value in pairs) > MAX_ALL_VALUES:
        problems.append(
            Problem("error", "too-costly", "", f"More than {MAX_ALL_VALUES} values to search for.")
        )
    elif len(clauses) > MAX_CLAUSES:
        problems.append(Problem("error", "too-costly", "", f"More than {MAX_CLAUSES} search parameters."))
    if problems:
        raise Invalid("The search is not understood.", problems=tuple(problems))
    keys = keys or _order_of_dates(types, clauses)
    return Query(types, tuple(clauses), keys, count, cursor, total, tuple(ignored))


def _values(name: str, value: str, types: tuple[str, ...]) -> int:
    """How many values a parameter asks for, each asked of every type."""
    return (value.count(",") + 1) * (1 if name.startswith("_") else len(types))


def _order_of_dates(types: tuple[str, ...], clauses: Sequence[Clause]) -> tuple[SortKey, ...]:
    """A search from one date to another comes in the order of that date, if it asks for no other order.

    So it needs no more of the index than its page is long; in any other order it needs the whole window.
    """
    bounded = windows(clauses) if len(types) == 1 else {}
    for clause in clauses:
        if isinstance(clause, Ranges) and clause.parameter.slot in bounded:
            return (SortKey(clause.parameter, "", descending=False),)
    return ()


class _Request:
    """The parameters of a search for one or several types.

    Types keep what parameters of the same name ask for in places of their own, so several types are asked
    one by one.
    """

    def __init__(
        self, catalogue: Catalogue, types: tuple[str, ...], context: SearchContext, depth: int = 0
    ) -> None:
        self._catalogue = catalogue
        self._types = types
        self._context = context
        self._depth = depth
        self.values = Values(catalogue, types, context)

    def clause(self, written: str, value: str) -> Clause:
        """One parameter as written, `name[:modifier][.chain]`, with its value."""
        if "\x00" in value or "\x00" in written:
            raise NotUnderstood("value", "A null character cannot be searched for.")
        if written.startswith("_has:"):
            return self._has(written, value)
        head, dot, rest = written.partition(".")
        name, _, modifier = head.partition(":")
        if len(self._types) > 1 and not name.startswith("_"):
            self.values.parameter(name)
            return self._of_each_type(written, value)
        if dot:
            return self._chain(name, modifier, rest, value)
        values = split(value, ",")
        if len(values) > MAX_VALUES:
            raise NotUnderstood("too-costly", f"More than {MAX_VALUES} alternatives.")
        special = self._special(name, modifier, values)
        if special is not None:
            return special
        return self.values.clause(self.values.parameter(name), modifier, values)

    def _of_each_type(self, written: str, value: str) -> Clause:
        clauses = [
            _Request(self._catalogue, (type_,), self._context, self._depth).clause(written, value)
            for type_ in self._types
        ]
        if all(clause == clauses[0] for clause in clauses):
            return clauses[0]
        each = zip(self._types, clauses, strict=True)
        return AnyOf(tuple(AllOf((OfType(type_), clause)) for type_, clause in each))

    def sort_keys(self, sort: str) -> tuple[SortKey, ...]:
        """`_sort`: comma-separated names, `-` for descending."""
        keys: list[SortKey] = []
        parts = list(filter(None, (p.strip() for p in sort.split(","))))
        if len(parts) > MAX_SORT:
            raise NotUnderstood("too-costly", f"A search may be sorted by {MAX_SORT} parameters.")
        for part in parts:
            name = part.lstrip("-")
            descending = part.startswith("-")
            if name in ("_id", "_lastUpdated"):
                column = "id" if name == "_id" else "recorded_at"
                keys.append(SortKey(None, column, descending))
                continue
            parameter = self.values.parameter(name)
            if parameter.kind in ("composite", "special"):
                raise NotUnderstood("not-supported", "Cannot sort by a parameter of this kind.")
            others = [self._catalogue.parameter(type_, name) for type_ in self._types]
            if any(_sorted_from(other) != _sorted_from(parameter) for other in others):
                raise NotUnderstood(
                    "not-supported",
                    "The types asked for keep this in different places; sort by _lastUpdated or _id instead,"
                    " or ask for one type.",
                )
            keys.append(SortKey(parameter, "", descending))
        return tuple(keys)

    def _special(self, name: str, modifier: str, values: list[str]) -> Clause | None:
        if name == "_id":
            if modifier not in ("", "not"):
                raise NotUnderstood("not-supported", "This modifier does not go with _id.")
            return Ids(tuple(unescape(v) for v in values), negate=modifier == "not")
        if name == "_lastUpdated":
            if modifier:
                raise NotUnderstood("not-supported", "No modifier goes with _lastUpdated.")
            return Recorded(tuple(self.values.bound("date", v) for v in values))
        if name in ("_text", "_content"):
            return Words(name == "_text", tuple(unescape(v) for v in values))
        if name == "_list":
            member = self._catalogue.find("List", "item")
            if member is None:
                raise NotUnderstood("not-supported", "There are no lists here.")
            return Member(self._only_type(), member, tuple(unescape(v) for v in values))
        return None

    # -- chains

    def _chain(self, name: str, modifier: str, rest: str, value: str) -> Clause:
        self._check_depth()
        parameter = self.values.parameter(name)
        if parameter.kind != "reference":
            raise NotUnderstood("not-supported", "Only a reference parameter can be chained.")
        targets = [modifier] if modifier else list(parameter.targets or ())
        options: list[Clause] = []
        wrong: NotUnderstood | None = None
        for target in targets:
            inner = self._behind(target)
            try:
                where = (inner.clause(rest, value),)
                address = _canonical_address(self._catalogue, parameter, target)
                options.append(Chain(parameter, target, where, address))
            except NotUnderstood as error:
                # A chain without a type goes to whichever targets know the parameter.
                wrong = error if wrong is None or error.code != "not-supported" else wrong
        if not options:
            raise wrong or NotUnderstood("not-supported", "The reference has no known target type.")
        return options[0] if len(options) == 1 else AnyOf(tuple(options))

    def _has(self, written: str, value: str) -> Clause:
        self._check_depth()
        parts = written.split(":", 3)
        if len(parts) != 4 or not parts[3]:
            raise NotUnderstood("value", "Written _has:Type:reference:parameter.")
        _, type_, name, rest = parts
        if type_ not in self._catalogue.types:
            raise NotUnderstood("not-supported", "The type in _has is not known.")
        inner = self._behind(type_)
        parameter = inner.values.parameter(name)
        if parameter.kind != "reference":
            raise NotUnderstood("not-supported", "The second part of _has must be a reference parameter.")
        target = self._only_type()
        address = _canonical_address(self._catalogue, parameter, target)
        return Has(target, type_, parameter, (inner.clause(rest, value),), address)

    def _only_type(self) -> str:
        if len(self._types) != 1:
            raise NotUnderstood("not-supported", "This is asked for one type at a time.")
        return self._types[0]

    def _check_depth(self) -> None:
        if self._depth >= MAX_CHAIN:
            raise NotUnderstood("too-costly", f"A chain may have {MAX_CHAIN} links.")

    def _behind(self, type_: str) -> _Request:
        """What stands behind a link of a chain, which is about another type."""
        return _Request(self._catalogue, (type_,), self._context, self._depth + 1)


def _sorted_from(parameter: Parameter) -> object:
    """Where what the parameter sorts by is kept."""
    return parameter.paths if parameter.slot is None else (parameter.slot, parameter.single)


def _canonical_address(catalogue: Catalogue, parameter: Parameter, target: str) -> Parameter | None:
    """The parameter with the canonical addresses of `target`, if a reference by `parameter` may be one."""
    if all(path.datatype in ("Reference", "Resource") for path in parameter.paths):
        return None
    address = catalogue.find(target, "url")
    return address if address is not None and address.kind == "uri" else None
