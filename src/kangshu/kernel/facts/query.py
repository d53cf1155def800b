"""What can be asked of the facts: frozen clauses, and the grammar that makes them.

The grammar is that of FHIR R4 search (https://hl7.org/fhir/R4/search.html): parameters with
modifiers, prefixes, chains and `_has`. Parameters that shape the answer (`_include`, `_summary` …)
are the interface's business and unknown here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Literal, Protocol

from kangshu.kernel.base.errors import Invalid, KangshuError, Problem
from kangshu.kernel.facts.bounds import Bound, BoundError, date_bound, number_bound
from kangshu.kernel.facts.extract import normalise
from kangshu.kernel.facts.parameters import Catalogue, Parameter

Total = Literal["none", "estimate", "accurate", "auto"]

MAX_VALUES = 2000
"""Alternatives one parameter may list."""
MAX_CODES = 20_000
"""Codes that `:in`, `:not-in`, `:above` and `:below` of one parameter may stand for."""
MAX_CLAUSES = 50
MAX_CHAIN = 4


@dataclass(frozen=True, slots=True)
class Tokens:
    """Carries any of these tokens (or none of them)."""

    any_of: tuple[str, ...]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Ranges:
    """One of the values in a slot satisfies one of the bounds; with a unit, carries one of its tokens too."""

    parameter: Parameter
    any_of: tuple[tuple[Bound, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Strings:
    """A text of the parameter starts with, or contains, one of the (normalised) values."""

    name: str
    any_of: tuple[str, ...]
    mode: Literal["starts", "contains"]


@dataclass(frozen=True, slots=True)
class Displays:
    """The words shown with a code start with one of the values (`:text`)."""

    paths: tuple[str, ...]
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The narrative (`_text`) or the whole body (`_content`) holds each word of one of the values."""

    narrative: bool
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ids:
    """Has one of these ids (or none of them)."""

    any_of: tuple[str, ...]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """Was stored at a time that satisfies one of the bounds."""

    any_of: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a composite parameter carries the tokens and satisfies the bounds together."""

    name: str
    tokens: tuple[tuple[str, ...], ...]
    bounds: tuple[tuple[str, Bound], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Refers, by the parameter, to something of the type that satisfies the clauses.

    `address` is the parameter by which what is referred to tells its canonical address, if references
    may name it by that instead of by type and id.
    """

    name: str
    type: str
    where: tuple[Clause, ...]
    address: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """Is of type `target`, and something of `type` that satisfies the clauses refers to it.

    `address` as in `Chain`.
    """

    target: str
    type: str
    parameter: Parameter
    where: tuple[Clause, ...]
    address: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Is of type `target`, and an entry of one of the lists (`_list`)."""

    target: str
    parameter: Parameter
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Satisfies one of the clauses."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Satisfies every clause."""

    clauses: tuple[Clause, ...]


Clause = (
    Tokens
    | Ranges
    | Strings
    | Displays
    | Words
    | Ids
    | Recorded
    | Element
    | Chain
    | Has
    | Member
    | AnyOf
    | AllOf
)


@dataclass(frozen=True, slots=True)
class SortKey:
    """`parameter` None: by `column` (`id` or `recorded_at`)."""

    parameter: Parameter | None
    column: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """Facts of the types that satisfy every clause. `ignored` names parameters that were not understood."""

    types: tuple[str, ...]
    where: tuple[Clause, ...] = ()
    sort: tuple[SortKey, ...] = ()
    count: int = 20
    cursor: str | None = None
    total: Total = "auto"
    ignored: tuple[str, ...] = ()


class CodesMeant(Protocol):
    """(system, code) of all that a modifier and its value stand for.

    `in`, `not-in`: the value is the URL of a value set; `above`, `below`: it is `system|code`. Raises
    `KangshuError` for what is not known.
    """

    def __call__(self, modifier: str, value: str) -> Sequence[tuple[str, str]]: ...


class _Wrong(Exception):
    """A parameter that cannot be understood: (issue code, what is wrong)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def parse_query(  # noqa: PLR0913  each is something a search may mean
    catalogue: Catalogue,
    type: str | tuple[str, ...],
    pairs: Sequence[tuple[str, str]],
    *,
    sort: str = "",
    count: int = 20,
    cursor: str | None = None,
    total: Total = "auto",
    lenient: bool = False,
    now: float = 0.0,
    base: str = "",
    codes: CodesMeant | None = None,
) -> Query:
    """A query from (name, value) pairs as they stand in a search URL, decoded.

    `now` (epoch seconds) is what `ap` measures closeness of dates from. `base` is the address under which
    facts are asked for here: a reference written with it means the same as one without. With `lenient`,
    unknown parameters are left out and listed in `ignored`; values that are wrong are always refused.
    `codes` says what `:in`, `:not-in`, `:above` and `:below` of tokens stand for.
    Raises `Invalid` with one problem per bad parameter.
    """
    types = (type,) if isinstance(type, str) else type
    parser = _Parser(catalogue, types, now, base, codes=codes)
    clauses: list[Clause] = []
    problems: list[Problem] = []
    ignored: list[str] = []
    for name, value in pairs:
        try:
            clauses.append(parser.clause(name, value))
        except _Wrong as wrong:
            if lenient and wrong.code == "not-supported":
                ignored.append(name)
            else:
                problems.append(Problem("error", wrong.code, name[:100], wrong.message))
    try:
        keys = parser.sort_keys(sort)
    except _Wrong as wrong:
        keys = ()
        if lenient and wrong.code == "not-supported":
            ignored.append("_sort")
        else:
            problems.append(Problem("error", wrong.code, "_sort", wrong.message))
    if len(clauses) > MAX_CLAUSES:
        problems.append(Problem("error", "too-costly", "", f"More than {MAX_CLAUSES} search parameters."))
    if problems:
        raise Invalid("The search is not understood.", problems=tuple(problems))
    return Query(types, tuple(clauses), keys, count, cursor, total, tuple(ignored))


class _Parser:
    """The grammar for one or several types; with several, only parameters all of them share."""

    def __init__(
        self,
        catalogue: Catalogue,
        types: tuple[str, ...],
        now: float,
        base: str,
        depth: int = 0,
        codes: CodesMeant | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._codes = codes
        self._types = types
        self._now = now
        self._base = base
        self._depth = depth

    def clause(self, written: str, value: str) -> Clause:
        """One parameter as written, `name[:modifier][.chain]`, with its value."""
        if "\x00" in value or "\x00" in written:
            raise _Wrong("value", "A null character cannot be searched for.")
        if written.startswith("_has:"):
            return self._has(written, value)
        head, dot, rest = written.partition(".")
        name, _, modifier = head.partition(":")
        if dot:
            return self._chain(name, modifier, rest, value)
        values = split(value, ",")
        if len(values) > MAX_VALUES:
            raise _Wrong("too-costly", f"More than {MAX_VALUES} alternatives.")
        special = self._special(name, modifier, values)
        if special is not None:
            return special
        return self._plain(self._parameter(name), modifier, values)

    def sort_keys(self, sort: str) -> tuple[SortKey, ...]:
        """`_sort`: comma-separated names, `-` for descending."""
        keys: list[SortKey] = []
        for part in filter(None, (p.strip() for p in sort.split(","))):
            name = part.lstrip("-")
            descending = part.startswith("-")
            if name in ("_id", "_lastUpdated"):
                column = "id" if name == "_id" else "recorded_at"
                keys.append(SortKey(None, column, descending))
                continue
            parameter = self._parameter(name)
            if parameter.kind in ("composite", "special"):
                raise _Wrong("not-supported", "Cannot sort by a parameter of this kind.")
            keys.append(SortKey(parameter, "", descending))
        return tuple(keys)

    def _parameter(self, name: str) -> Parameter:
        parameter = None
        for type_ in self._types:
            parameter = self._catalogue.find(type_, name)
            if parameter is None:
                where = type_ if len(self._types) == 1 else "every type asked for"
                raise _Wrong("not-supported", f"{where} has no such search parameter.")
        assert parameter is not None
        return parameter

    def _special(self, name: str, modifier: str, values: list[str]) -> Clause | None:
        if name == "_id":
            if modifier not in ("", "not"):
                raise _Wrong("not-supported", "This modifier does not go with _id.")
            return Ids(tuple(unescape(v) for v in values), negate=modifier == "not")
        if name == "_lastUpdated":
            if modifier:
                raise _Wrong("not-supported", "No modifier goes with _lastUpdated.")
            return Recorded(tuple(self._bound("date", v) for v in values))
        if name in ("_text", "_content"):
            return Words(name == "_text", tuple(unescape(v) for v in values))
        if name == "_list":
            member = self._catalogue.find("List", "item")
            if member is None:
                raise _Wrong("not-supported", "There are no lists here.")
            return Member(self._only_type(), member, tuple(unescape(v) for v in values))
        return None

    def _plain(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if modifier == "missing":
            return self._missing(parameter, values)
        if any(not v for v in values):
            raise _Wrong("value", "The value is empty.")
        makers = {
            "token": self._token,
            "string": self._string,
            "reference": self._reference,
            "uri": self._uri,
            "date": self._range,
            "number": self._range,
            "quantity": self._quantity,
            "composite": self._composite,
            "special": self._near,
        }
        return makers[parameter.kind](parameter, modifier, values)

    def _missing(self, parameter: Parameter, values: list[str]) -> Clause:
        if values not in (["true"], ["false"]):
            raise _Wrong("value", "`:missing` takes true or false.")
        return Tokens((f"{parameter.name}:present",), negate=values == ["true"])

    # -- token

    def _token(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        name = parameter.name
        if modifier == "text":
            return Displays(tuple(parameter.text_json_paths()), tuple(normalise(unescape(v)) for v in values))
        if modifier == "of-type":
            return Tokens(tuple(f"{name}:of-type={unescape(v)}" for v in values))
        if modifier in ("in", "not-in", "above", "below"):
            tokens = tuple(self._meant(parameter, modifier, [unescape(v) for v in values]))
            return Tokens(tokens, negate=modifier == "not-in")
        if modifier not in ("", "not"):
            raise _Wrong("not-supported", "This modifier does not go with a token parameter.")
        tokens = tuple(self._token_value(parameter, v) for v in values)
        return Tokens(tokens, negate=modifier == "not")

    def _meant(self, parameter: Parameter, modifier: str, values: list[str]) -> Iterator[str]:
        """Tokens of the codes that a value set holds, or that stand above or below a code."""
        if self._codes is None:
            raise _Wrong("not-supported", f"`:{modifier}` cannot be used here.")
        count = 0
        for value in values:
            try:
                found = self._codes(modifier, value)
            except KangshuError as error:
                raise _Wrong("value", str(error)) from None
            count += len(found)
            if count > MAX_CODES:
                raise _Wrong("too-costly", f"This stands for more than {MAX_CODES} codes.")
            for system, code in found:
                escaped = "|".join(each.replace("\\", "\\\\").replace("|", "\\|") for each in (system, code))
                yield self._token_value(parameter, escaped)

    def _token_value(self, parameter: Parameter, value: str) -> str:
        parts = split(value, "|")
        if len(parts) > 2:
            raise _Wrong("value", "A token is written system|code.")
        if len(parts) == 1:
            return f"{parameter.name}={unescape(parts[0])}"
        system, code = (unescape(p) for p in parts)
        if not system and not code:
            raise _Wrong("value", "A token needs a system or a code.")
        codes = all(path.datatype == "code" for path in parameter.paths)
        if codes and (not system or parameter.implies(system)):
            # Elements of type `code` carry no system in the data; their binding implies it.
            return f"{parameter.name}={code}" if code else f"{parameter.name}:present"
        return f"{parameter.name}={system}|{code}"

    # -- string and uri

    def _string(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        plain = tuple(unescape(v) for v in values)
        if modifier == "exact":
            return Tokens(tuple(f"{parameter.name}:exact={v}" for v in plain))
        if modifier not in ("", "contains"):
            raise _Wrong("not-supported", "This modifier does not go with a string parameter.")
        return Strings(
            parameter.name, tuple(normalise(v) for v in plain), "contains" if modifier else "starts"
        )

    def _uri(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        plain = tuple(unescape(v) for v in values)
        if modifier == "below":
            return Strings(parameter.name, plain, "starts")
        if modifier == "above":
            return Tokens(tuple(f"{parameter.name}={prefix}" for v in plain for prefix in _prefixes(v)))
        if modifier not in ("", "not"):
            raise _Wrong("not-supported", "This modifier does not go with a uri parameter.")
        return Tokens(tuple(f"{parameter.name}={v}" for v in plain), negate=modifier == "not")

    # -- reference

    def _reference(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        name = parameter.name
        if modifier == "identifier":
            return Tokens(tuple(f"{name}:identifier={unescape(v)}" for v in values))
        if modifier in ("above", "below", "in", "not-in", "text", "code-text"):
            raise _Wrong("not-supported", "This modifier is not offered for references.")
        if modifier and modifier != "not" and modifier not in self._catalogue.types:
            raise _Wrong("not-supported", "The modifier is not a known type.")
        target = modifier if modifier != "not" else ""
        tokens = tuple(t for v in values for t in self._reference_tokens(parameter, target, unescape(v)))
        return Tokens(tokens, negate=modifier == "not")

    def _reference_tokens(self, parameter: Parameter, target: str, value: str) -> list[str]:
        name = parameter.name
        if self._base:
            value = value.removeprefix(f"{self._base}/")
        if _ABSOLUTE.match(value):
            return [f"{name}={value}"]
        address, _, _ = value.partition("/_history/")
        type_, slash, id_ = address.rpartition("/")
        if slash:
            if target and target != type_:
                raise _Wrong("value", "The reference is of another type than the modifier says.")
            return [f"{name}={type_}/{id_}"]
        targets = [target] if target else list(parameter.targets or self._catalogue.types)
        return [f"{name}={t}/{id_}" for t in targets] + [f"{name}={id_}"]

    # -- date, number, quantity

    def _bound(self, kind: str, value: str) -> Bound:
        try:
            if kind == "date":
                return date_bound(unescape(value), now=self._now)
            return number_bound(unescape(value))
        except BoundError as error:
            raise _Wrong("value", str(error)) from None

    def _range(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if modifier:
            raise _Wrong("not-supported", "This modifier does not go with a date or number parameter.")
        bounds = ((self._bound(parameter.kind, v), ()) for v in values)
        return Ranges(parameter, tuple(bounds))

    def _quantity(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if modifier:
            raise _Wrong("not-supported", "This modifier does not go with a quantity parameter.")
        return Ranges(parameter, tuple(self._quantity_value(parameter, v) for v in values))

    def _quantity_value(self, parameter: Parameter, value: str) -> tuple[Bound, tuple[str, ...]]:
        parts = [unescape(p) for p in split(value, "|")]
        bound = self._bound("number", parts[0])
        if len(parts) == 1:
            return bound, ()
        if len(parts) != 3:
            raise _Wrong("value", "A quantity is written number|system|code.")
        _, system, code = parts
        if not code:
            raise _Wrong("value", "A quantity with a system needs a unit code.")
        unit = f"{parameter.name}:unit={system}|{code}" if system else f"{parameter.name}:unit={code}"
        return bound, (unit,)

    def _near(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if parameter.name != "near" or modifier:
            raise _Wrong("not-supported", "This parameter is not offered.")
        return AnyOf(tuple(self._near_value(v) for v in values))

    def _near_value(self, value: str) -> Clause:
        """`latitude|longitude|distance|units` as a box around the place: R4 leaves the precision to us."""
        parts = split(value, "|")
        try:
            latitude, longitude = float(parts[0]), float(parts[1])
            distance = float(parts[2]) if len(parts) > 2 and parts[2] else 1.0
        except (ValueError, IndexError):
            raise _Wrong("value", "Written latitude|longitude|distance|units.") from None
        box = place_box(latitude, longitude, distance, parts[3] if len(parts) > 3 else "km")
        if box is None:
            raise _Wrong(
                "value", "Not a place on Earth, or not a unit of length known here (km, m, [mi_us])."
            )
        clauses: list[Clause] = []
        for name, (low, high) in box.items():
            parameter = self._parameter(name)
            clauses.append(Ranges(parameter, ((Bound("ge", low, low, point=True), ()),)))
            clauses.append(Ranges(parameter, ((Bound("le", high, high, point=True), ()),)))
        return AllOf(tuple(clauses))

    # -- composite

    def _composite(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if modifier:
            raise _Wrong("not-supported", "This modifier does not go with a composite parameter.")
        return AnyOf(tuple(self._composite_value(parameter, v) for v in values))

    def _composite_value(self, parameter: Parameter, value: str) -> Clause:
        parts = split(value, "$")
        if len(parts) != len(parameter.components):
            raise _Wrong("value", f"Takes {len(parameter.components)} values joined by $.")
        clauses = [
            self._plain(self._parameter(component.name), "", [part])
            for component, part in zip(parameter.components, parts, strict=True)
        ]
        if not parameter.elements():
            return AllOf(tuple(clauses))
        return AllOf((*clauses, _element(parameter, clauses)))

    # -- chains

    def _chain(self, name: str, modifier: str, rest: str, value: str) -> Clause:
        self._check_depth()
        parameter = self._parameter(name)
        if parameter.kind != "reference":
            raise _Wrong("not-supported", "Only a reference parameter can be chained.")
        targets = [modifier] if modifier else list(parameter.targets or ())
        options: list[Clause] = []
        wrong: _Wrong | None = None
        for target in targets:
            inner = _Parser(self._catalogue, (target,), self._now, self._base, self._depth + 1, self._codes)
            try:
                where = (inner.clause(rest, value),)
                options.append(
                    Chain(name, target, where, canonical_address(self._catalogue, parameter, target))
                )
            except _Wrong as error:
                # A chain without a type goes to whichever targets know the parameter.
                wrong = error if wrong is None or error.code != "not-supported" else wrong
        if not options:
            raise wrong or _Wrong("not-supported", "The reference has no known target type.")
        return options[0] if len(options) == 1 else AnyOf(tuple(options))

    def _has(self, written: str, value: str) -> Clause:
        self._check_depth()
        parts = written.split(":", 3)
        if len(parts) != 4 or not parts[3]:
            raise _Wrong("value", "Written _has:Type:reference:parameter.")
        _, type_, name, rest = parts
        if type_ not in self._catalogue.types:
            raise _Wrong("not-supported", "The type in _has is not known.")
        inner = _Parser(self._catalogue, (type_,), self._now, self._base, self._depth + 1, self._codes)
        parameter = inner._parameter(name)
        if parameter.kind != "reference":
            raise _Wrong("not-supported", "The second part of _has must be a reference parameter.")
        target = self._only_type()
        address = canonical_address(self._catalogue, parameter, target)
        return Has(target, type_, parameter, (inner.clause(rest, value),), address)

    def _only_type(self) -> str:
        if len(self._types) != 1:
            raise _Wrong("not-supported", "This is asked for one type at a time.")
        return self._types[0]

    def _check_depth(self) -> None:
        if self._depth >= MAX_CHAIN:
            raise _Wrong("too-costly", f"A chain may have {MAX_CHAIN} links.")


def canonical_address(catalogue: Catalogue, parameter: Parameter, target: str) -> Parameter | None:
    """The parameter with the canonical addresses of `target`, if a reference by `parameter` may be one."""
    if all(path.datatype in ("Reference", "Resource") for path in parameter.paths):
        return None
    address = catalogue.find(target, "url")
    return address if address is not None and address.kind == "uri" else None


_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def _prefixes(uri: str) -> list[str]:
    """The uri and everything above it, path segment by path segment."""
    parts = uri.split("/")
    return ["/".join(parts[:n]) for n in range(len(parts), 2, -1)] or [uri]


def _element(parameter: Parameter, clauses: list[Clause]) -> Element:
    tokens: list[tuple[str, ...]] = []
    bounds: list[tuple[str, Bound]] = []
    for clause in clauses:
        if isinstance(clause, Tokens):
            tokens.append(clause.any_of)
        elif isinstance(clause, Ranges):
            bound, units = clause.any_of[0]
            bounds.append((clause.parameter.name, bound))
            if units:
                tokens.append(units)
    return Element(parameter.name, tuple(tokens), tuple(bounds))


def place_box(
    latitude: float, longitude: float, distance: float, units: str
) -> dict[str, tuple[float, float]] | None:
    """Degrees around a place, as bounds of `near:lat` and `near:lon`; None: there is no such place."""
    km = {"km": 1.0, "m": 0.001, "[mi_us]": 1.609344, "mi": 1.609344, "": 1.0}.get(units)
    if km is None or not -90 <= latitude <= 90 or not -180 <= longitude <= 180 or not 0 <= distance < 1e6:
        return None
    up = distance * km / 111.195
    across = up / max(cos(radians(latitude)), 0.01)
    return {"near:lat": (latitude - up, latitude + up), "near:lon": (longitude - across, longitude + across)}


def split(value: str, separator: str) -> list[str]:
    r"""Split at a separator that is not escaped with a backslash; escapes are kept."""
    if "\\" not in value:
        return value.split(separator)
    parts: list[str] = []
    current: list[str] = []
    escaped = False
    for character in value:
        if escaped or character == "\\":
            current.append(character)
            escaped = not escaped and character == "\\"
        elif character == separator:
            parts.append("".join(current))
            current = []
        else:
            current.append(character)
    parts.append("".join(current))
    return parts


def unescape(value: str) -> str:
    r"""`\,` `\|` `\$` `\\` as the characters they stand for."""
    return re.sub(r"\\([,|$\\])", r"\1", value) if "\\" in value else value
