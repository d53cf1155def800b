"""The values of one search parameter, by its kind: token, string, reference, date, quantity, composite …

https://hl7.org/fhir/R4/search.html#ptypes
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.facts.parameters import Catalogue, Parameter
from kangshu.kernel.facts.search.bounds import Bound, BoundError, date_bound, number_bound
from kangshu.kernel.facts.search.context import SearchContext
from kangshu.kernel.facts.search.escapes import split, unescape
from kangshu.kernel.facts.search.near import place_box
from kangshu.kernel.facts.search.not_understood import NotUnderstood
from kangshu.kernel.facts.search.query import AllOf, AnyOf, Clause, Displays, Element, Ranges, Strings, Tokens
from kangshu.kernel.facts.strings import normalise

MAX_CODES = 20_000
"""Codes that `:in`, `:not-in`, `:above` and `:below` of one parameter may stand for."""

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class Values:
    """Reads values of parameters of one or several types; with several, only parameters all of them share."""

    def __init__(self, catalogue: Catalogue, types: tuple[str, ...], context: SearchContext) -> None:
        self._catalogue = catalogue
        self._types = types
        self._context = context

    def parameter(self, name: str) -> Parameter:
        """The parameter that all the types know by the name."""
        parameter = None
        for type_ in self._types:
            parameter = self._catalogue.find(type_, name)
            if parameter is None:
                where = type_ if len(self._types) == 1 else "every type asked for"
                raise NotUnderstood("not-supported", f"{where} has no such search parameter.")
        assert parameter is not None
        return parameter

    def clause(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        """What the alternatives, as written, ask for together. Raises `NotUnderstood`."""
        if modifier == "missing":
            return self._missing(parameter, values)
        if any(not v for v in values):
            raise NotUnderstood("value", "The value is empty.")
        makers = {
            "token": self._token,
            "string": self._string,
            "reference": self._reference,
            "uri": self._uri,
            "date": self._range,
            "number": self._range,
            "quantity": self._quantity,
            "composite": self._composite,
            "special": self._places,
        }
        return makers[parameter.kind](parameter, modifier, values)

    def _missing(self, parameter: Parameter, values: list[str]) -> Clause:
        if values not in (["true"], ["false"]):
            raise NotUnderstood("value", "`:missing` takes true or false.")
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
            raise NotUnderstood("not-supported", "This modifier does not go with a token parameter.")
        tokens = tuple(self._token_value(parameter, v) for v in values)
        return Tokens(tokens, negate=modifier == "not")

    def _meant(self, parameter: Parameter, modifier: str, values: list[str]) -> Iterator[str]:
        """Tokens of the codes that a value set holds, or that stand above or below a code."""
        codes = self._context.codes
        if codes is None:
            raise NotUnderstood("not-supported", f"`:{modifier}` cannot be used here.")
        count = 0
        for value in values:
            try:
                found = codes(modifier, value)
            except KangshuError as error:
                raise NotUnderstood("value", str(error)) from None
            count += len(found)
            if count > MAX_CODES:
                raise NotUnderstood("too-costly", f"This stands for more than {MAX_CODES} codes.")
            for system, code in found:
                escaped = "|".join(each.replace("\\", "\\\\").replace("|", "\\|") for each in (system, code))
                yield self._token_value(parameter, escaped)

    def _token_value(self, parameter: Parameter, value: str) -> str:
        parts = split(value, "|")
        if len(parts) > 2:
            raise NotUnderstood("value", "A token is written system|code.")
        if len(parts) == 1:
            return f"{parameter.name}={unescape(parts[0])}"
        system, code = (unescape(p) for p in parts)
        if not system and not code:
            raise NotUnderstood("value", "A token needs a system or a code.")
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
            raise NotUnderstood("not-supported", "This modifier does not go with a string parameter.")
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
            raise NotUnderstood("not-supported", "This modifier does not go with a uri parameter.")
        return Tokens(tuple(f"{parameter.name}={v}" for v in plain), negate=modifier == "not")

    # -- reference

    def _reference(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        name = parameter.name
        if modifier == "identifier":
            return Tokens(tuple(f"{name}:identifier={unescape(v)}" for v in values))
        if modifier in ("above", "below", "in", "not-in", "text", "code-text"):
            raise NotUnderstood("not-supported", "This modifier is not offered for references.")
        if modifier and modifier != "not" and modifier not in self._catalogue.types:
            raise NotUnderstood("not-supported", "The modifier is not a known type.")
        target = modifier if modifier != "not" else ""
        tokens = tuple(t for v in values for t in self._reference_tokens(parameter, target, unescape(v)))
        return Tokens(tokens, negate=modifier == "not")

    def _reference_tokens(self, parameter: Parameter, target: str, value: str) -> list[str]:
        name = parameter.name
        if self._context.base:
            value = value.removeprefix(f"{self._context.base}/")
        if _ABSOLUTE.match(value):
            return [f"{name}={value}"]
        address, _, _ = value.partition("/_history/")
        type_, slash, id_ = address.rpartition("/")
        if slash:
            if target and target != type_:
                raise NotUnderstood("value", "The reference is of another type than the modifier says.")
            return [f"{name}={type_}/{id_}"]
        targets = [target] if target else list(parameter.targets or self._catalogue.types)
        return [f"{name}={t}/{id_}" for t in targets] + [f"{name}={id_}"]

    # -- date, number, quantity

    def bound(self, kind: str, value: str) -> Bound:
        """A bound of a date or, for any other kind, of a number."""
        try:
            if kind == "date":
                return date_bound(unescape(value), now=self._context.now)
            return number_bound(unescape(value))
        except BoundError as error:
            raise NotUnderstood("value", str(error)) from None

    def _range(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if modifier:
            raise NotUnderstood("not-supported", "This modifier does not go with a date or number parameter.")
        bounds = ((self.bound(parameter.kind, v), ()) for v in values)
        return Ranges(parameter, tuple(bounds))

    def _quantity(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if modifier:
            raise NotUnderstood("not-supported", "This modifier does not go with a quantity parameter.")
        return Ranges(parameter, tuple(self._quantity_value(parameter, v) for v in values))

    def _quantity_value(self, parameter: Parameter, value: str) -> tuple[Bound, tuple[str, ...]]:
        parts = [unescape(p) for p in split(value, "|")]
        bound = self.bound("number", parts[0])
        if len(parts) == 1:
            return bound, ()
        if len(parts) != 3:
            raise NotUnderstood("value", "A quantity is written number|system|code.")
        _, system, code = parts
        if not code:
            raise NotUnderstood("value", "A quantity with a system needs a unit code.")
        unit = f"{parameter.name}:unit={system}|{code}" if system else f"{parameter.name}:unit={code}"
        return bound, (unit,)

    def _places(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if parameter.name != "near" or modifier:
            raise NotUnderstood("not-supported", "This parameter is not offered.")
        return AnyOf(tuple(self._near(v) for v in values))

    def _near(self, value: str) -> Clause:
        clauses: list[Clause] = []
        for name, (low, high) in place_box(value).items():
            parameter = self.parameter(name)
            clauses.append(Ranges(parameter, ((Bound("ge", low, low, point=True), ()),)))
            clauses.append(Ranges(parameter, ((Bound("le", high, high, point=True), ()),)))
        return AllOf(tuple(clauses))

    # -- composite

    def _composite(self, parameter: Parameter, modifier: str, values: list[str]) -> Clause:
        if modifier:
            raise NotUnderstood("not-supported", "This modifier does not go with a composite parameter.")
        return AnyOf(tuple(self._composite_value(parameter, v) for v in values))

    def _composite_value(self, parameter: Parameter, value: str) -> Clause:
        parts = split(value, "$")
        if len(parts) != len(parameter.components):
            raise NotUnderstood("value", f"Takes {len(parameter.components)} values joined by $.")
        clauses = [
            self.clause(self.parameter(component.name), "", [part])
            for component, part in zip(parameter.components, parts, strict=True)
        ]
        if not parameter.elements():
            return AllOf(tuple(clauses))
        return AllOf((*clauses, _element(parameter, clauses)))


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
