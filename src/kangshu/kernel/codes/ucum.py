"""Units of measure by UCUM: expressions read, and values converted between units of one kind.

https://ucum.org/ucum. The table of prefixes and units is a code system like any other (properties `kind`,
`value`, `of`, `metric`, `arbitrary`, `scale`); the grammar is here. Factors are exact fractions, so that a
conversion there and back gives the same number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial

from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.codes.code_system import CodeSystem, Concept

UCUM = "http://unitsofmeasure.org"

LONGEST = 200
"""Characters an expression may have."""

_DEEPEST = 20
_MOST_EXPONENT = 99
_ANNOTATION = re.compile(r"\{[\x20-\x7a\x7c\x7e]*\}")
_EXPONENT = re.compile(r"[+-]?\d{1,3}")
_DIGITS = re.compile(r"\d{1,30}")
_SYMBOL = re.compile(r"(?:\[[^\[\]]*\]|[^0-9.\-+/(){}\[\]\s]|10[*^])+")

_ZEROS: Mapping[str, tuple[Fraction, Fraction]] = {
    "Cel": (Fraction(1), Fraction("273.15")),
    "degF": (Fraction(5, 9), Fraction("459.67")),
    "degRe": (Fraction(5, 4), Fraction("218.52")),
}
"""Scales with a zero of their own: kelvin are `factor * (value + zero)`."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as its factor to the base units, and their exponents. `zero` is added before (temperatures)."""

    factor: Fraction
    dimensions: Mapping[str, int]
    zero: Fraction = Fraction(0)
    scale: str = ""

    def times(self, other: Unit, sign: int) -> Unit:
        """The product, or with sign -1 the quotient. Raises `NotSupported` for units with a zero."""
        if self.is_special or other.is_special:
            raise NotSupported("A unit with a scale of its own cannot be multiplied.", code="not-supported")
        dimensions = dict(self.dimensions)
        for name, exponent in other.dimensions.items():
            dimensions[name] = dimensions.get(name, 0) + sign * exponent
        return Unit(
            self.factor * other.factor**sign, {name: each for name, each in dimensions.items() if each}
        )

    def power(self, exponent: int) -> Unit:
        if exponent == 1:
            return self
        if self.is_special or abs(exponent) > _MOST_EXPONENT:
            raise NotSupported("This unit cannot be raised to that power.", code="not-supported")
        dimensions = {name: each * exponent for name, each in self.dimensions.items() if exponent}
        return Unit(self.factor**exponent, dimensions)

    @property
    def is_special(self) -> bool:
        return bool(self.zero or self.scale)


_ONE = Unit(Fraction(1), {})


class Units:
    """The units of one version of UCUM. Thread-safe: what is remembered never changes."""

    def __init__(self, prefixes: Mapping[str, Fraction], atoms: Mapping[str, Concept]) -> None:
        self._prefixes = prefixes
        self._atoms = atoms
        self._known: dict[str, Unit] = {}

    def parse(self, expression: str) -> Unit:
        """The unit of an expression (`mmol/L`, `10*9/L`). Raises `Invalid` for one that is none."""
        if len(expression) > LONGEST:
            raise Invalid("The unit is too long.", code="value")
        return _Reader(self, expression).read() if expression else _ONE

    def is_valid(self, expression: str) -> bool:
        """Whether it is an expression of UCUM."""
        try:
            self.parse(expression)
        except NotSupported:
            return True
        except Invalid:
            return False
        return bool(expression)

    def is_same_kind(self, one: str, other: str) -> bool:
        """Whether both are units, and one can be converted to the other."""
        try:
            return self.parse(one).dimensions == self.parse(other).dimensions
        except Invalid:
            return False

    def convert(self, value: Decimal, unit: str, wanted: str) -> Decimal:
        """The value in another unit, to 28 digits.

        Raises `Invalid` for what is no unit or of another kind, `NotSupported` for logarithmic scales.
        """
        source, target = self.parse(unit), self.parse(wanted)
        if source.scale or target.scale:
            if source == target:
                return value
            raise NotSupported("Values on this scale are not converted.", code="not-supported")
        if source.dimensions != target.dimensions:
            raise Invalid("The units do not measure the same.", code="value")
        exact = source.factor * (Fraction(value) + source.zero) / target.factor - target.zero
        with localcontext() as context:
            context.prec = 28
            return Decimal(exact.numerator) / Decimal(exact.denominator)

    def symbol(self, text: str, depth: int) -> Unit:
        """The unit of a symbol, with a prefix or without. Raises `Invalid`."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._symbol(text, depth)
        return found

    def _symbol(self, text: str, depth: int) -> Unit:
        atom = self._atoms.get(text)
        if atom is not None:
            return self._atom(atom, depth)
        # A longer prefix first: `dag` is deka-gram, not deci-something.
        for length in (2, 1):
            prefix, atom = self._prefixes.get(text[:length]), self._atoms.get(text[length:])
            if prefix is not None and atom is not None and _text(atom, "metric") == "true":
                unit = self._atom(atom, depth)
                # A prefix scales the degree, not the place of the zero.
                zero = unit.zero / prefix if unit.zero else unit.zero
                return replace(unit, factor=unit.factor * prefix, zero=zero)
        raise Invalid("There is no such unit.", code="value")

    def _atom(self, atom: Concept, depth: int) -> Unit:
        if depth > _DEEPEST:
            raise Invalid("The table of units goes in a circle.", code="value")
        if _text(atom, "kind") == "base" or _text(atom, "arbitrary") == "true":
            return Unit(Fraction(1), {atom.code: 1})
        scale = _text(atom, "scale")
        inner = _Reader(self, _text(atom, "of"), depth + 1).read() if _text(atom, "of") != "1" else _ONE
        if scale in _ZEROS:
            factor, zero = _ZEROS[scale]
            return Unit(factor, {"K": 1}, zero)
        return replace(inner, factor=inner.factor * Fraction(_text(atom, "value") or "1"), scale=scale)


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, units: Units, text: str, depth: int = 0) -> None:
        self._units = units
        self._text = text
        self._at = 0
        self._depth = depth

    def read(self) -> Unit:
        sign = -1 if self._takes("/") else 1
        unit = self._term(0, sign)
        if self._at != len(self._text):
            raise self._wrong()
        return unit

    def _term(self, nested: int, sign: int = 1) -> Unit:
        unit = self._component(nested)
        if sign < 0:
            unit = _ONE.times(unit, -1)
        while True:
            if self._takes("."):
                unit = unit.times(self._component(nested), 1)
            elif self._takes("/"):
                unit = unit.times(self._component(nested), -1)
            else:
                return unit

    def _component(self, nested: int) -> Unit:
        if nested > _DEEPEST:
            raise self._wrong()
        if self._takes("("):
            sign = -1 if self._takes("/") else 1
            unit = self._term(nested + 1, sign)
            if not self._takes(")"):
                raise self._wrong()
            return unit
        if self._matches(_ANNOTATION):
            return _ONE
        unit = self._annotatable()
        self._matches(_ANNOTATION)
        return unit

    def _annotatable(self) -> Unit:
        if not self._text.startswith(("10*", "10^"), self._at):
            number = self._matches(_DIGITS)
            if number:
                return Unit(Fraction(int(number)), {}) if int(number) else self._refuse()
        symbol = self._matches(_SYMBOL)
        if not symbol:
            raise self._wrong()
        unit = self._units.symbol(symbol, self._depth)
        exponent = self._matches(_EXPONENT)
        return unit.power(int(exponent)) if exponent else unit

    def _refuse(self) -> Unit:
        raise self._wrong()

    def _takes(self, character: str) -> bool:
        if self._text.startswith(character, self._at):
            self._at += len(character)
            return True
        return False

    def _matches(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _wrong(self) -> Invalid:
        return Invalid(f"This is not a unit of UCUM (at character {self._at + 1}).", code="value")


def units_of(system: CodeSystem) -> Units:
    """The units of the code system UCUM as `kangshu codes import ucum` makes it."""
    prefixes: dict[str, Fraction] = {}
    atoms: dict[str, Concept] = {}
    for concept in system.concepts.values():
        # A letter may be a prefix and a unit (`m`, `h`): prefixes are written with a hyphen behind.
        if _text(concept, "kind") == "prefix":
            prefixes[concept.code.removesuffix("-")] = Fraction(_text(concept, "value"))
        else:
            atoms[concept.code] = concept
    return Units(prefixes, atoms)


def with_grammar(system: CodeSystem) -> CodeSystem:
    """The system, whose codes are all expressions of its units."""
    return replace(system, grammar=partial(_concept, units_of(system)), content="complete")


def _concept(units: Units, code: str) -> Concept | None:
    return Concept(code, display=code) if units.is_valid(code) else None


def _text(concept: Concept, name: str) -> str:
    for each in concept.properties:
        if each.code == name:
            return str(each.value).lower() if isinstance(each.value, bool) else str(each.value)
    return ""
