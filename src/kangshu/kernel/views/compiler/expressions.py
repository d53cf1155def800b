"""A tree of FHIRPath in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.compiler import operators
from kangshu.kernel.views.compiler.functions import FUNCTIONS, reference_key, resource_key
from kangshu.kernel.views.compiler.navigation import Navigation
from kangshu.kernel.views.compiler.values import (
    EMPTY,
    Value,
    as_list,
    boolean,
    exists,
    literal,
    numeric,
    one,
    variable,
)
from kangshu.kernel.views.definition import Constant, not_supported
from kangshu.kernel.views.elements import is_a
from kangshu.kernel.views.fhirpath.grammar import type_name
from kangshu.kernel.views.fhirpath.nodes import (
    Binary,
    Call,
    Empty,
    Expression,
    Indexer,
    Literal,
    Member,
    Named,
    Sign,
    This,
    TypeTest,
)

_KINDS_BESIDE = {"integer": ("integer", "decimal"), "decimal": ("integer", "decimal")}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is about, the resource around it, and the numbers of row and thing."""

    focus: Value
    resource: Value
    row: str = "0"
    index: str = "0"


class Expressions:
    """Compiles expressions of one view."""

    def __init__(self, navigation: Navigation, constants: Mapping[str, Constant]) -> None:
        self.navigation = navigation
        self.constants = constants

    def value(self, node: Expression, scope: Scope) -> Value:
        """The SQL of an expression. Raises `Invalid` where it is not offered."""
        match node:
            case Literal(value=value, kind=kind):
                return literal(value, kind)
            case Empty():
                return EMPTY
            case This(name=name):
                return self._special(name, scope)
            case Named(name=name):
                return self._named(name, scope)
            case Member(base=None, name=name) if scope.focus.type == name:
                return scope.focus
            case Member(base=base, name=name):
                return self.navigation.member(self._base(base, scope), name)
            case Indexer(base=base, index=index):
                return self._indexed(
                    self.navigation.settled(self.value(base, scope)), self.value(index, scope)
                )
            case Sign(operator=sign, operand=operand):
                return self._signed(sign, numeric(self.navigation.settled(self.value(operand, scope))))
            case Binary():
                return self._binary(node, scope)
            case TypeTest(operator=operator, operand=operand, type=wanted):
                return self._type_test(operator, self.value(operand, scope), wanted)
            case Call():
                return self._call(node, scope)

    def condition(self, node: Expression, scope: Scope) -> str:
        """An expression as a condition: true for one thing that is no boolean."""
        return self._truth(self.value(node, scope))

    def _truth(self, value: Value) -> str:
        if value.kind == "empty":
            return "NULL::BOOLEAN"
        if value.choice is not None:
            return f"(CASE WHEN {self.navigation.there(value)} THEN true END)"
        if value.kind == "boolean":
            return one(value)
        return f"(CASE WHEN {one(value)} IS NOT NULL THEN true END)"

    def _base(self, base: Expression | None, scope: Scope) -> Value:
        return scope.focus if base is None else self.value(base, scope)

    def _special(self, name: str, scope: Scope) -> Value:
        if name == "$total":
            raise not_supported("$total and aggregate() are not part of what views offer.")
        return Value(scope.index, "integer") if name == "$index" else scope.focus

    def _named(self, name: str, scope: Scope) -> Value:
        if name in self.constants:
            return literal(self.constants[name].value, self.constants[name].type)
        if name == "rowIndex":
            return Value(scope.row, "integer")
        if name in ("resource", "rootResource", "context"):
            return scope.resource
        raise Invalid(f"There is no constant %{name}.", remedy="Name it in `constant` of the view.")

    def _indexed(self, value: Value, index: Value) -> Value:
        if index.kind != "integer":
            raise not_supported("An index is a whole number.")
        if value.kind == "empty":
            return EMPTY
        place = one(index)
        if place.isdecimal():
            return value.with_sql(f"({as_list(value)})[{int(place) + 1}]", many=False)
        return value.with_sql(
            f"(CASE WHEN {place} >= 0 THEN ({as_list(value)})[{place} + 1] END)", many=False
        )

    def _signed(self, sign: str, value: Value) -> Value:
        if value.kind not in ("integer", "decimal", "empty"):
            raise not_supported("Only numbers have a sign.")
        return value.with_sql(f"(-{one(value)})", many=False) if sign == "-" else value

    def _binary(self, node: Binary, scope: Scope) -> Value:
        operator = node.operator
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if operator in ("and", "or", "xor", "implies"):
            return operators.logical(operator, self._truth(left), self._truth(right))
        left, right = self._settled_beside(left, right), self._settled_beside(right, left)
        match operator:
            case "=":
                return operators.equal(left, right)
            case "!=":
                return boolean(f"(NOT {operators.equal(left, right).sql})")
            case "<" | ">" | "<=" | ">=":
                return operators.ordered(operator, left, right)
            case "&":
                return operators.joined(left, right)
            case "|":
                return operators.union(left, right)
            case "in":
                return operators.member(left, right)
            case "contains":
                return operators.member(right, left)
            case "~" | "!~":
                raise not_supported("Equivalence (`~`) is not part of what views offer.", "Use `=`.")
            case _:
                return operators.arithmetic(operator, left, right)

    def _settled_beside(self, value: Value, other: Value) -> Value:
        """A choice as the kind of value it is compared with."""
        if value.choice is None or other.choice is not None:
            return self.navigation.settled(value)
        return self.navigation.settled(value, _KINDS_BESIDE.get(other.kind, (other.kind,)))

    def _type_test(self, operator: str, value: Value, wanted: str) -> Value:
        primitive = value.choice is None and value.kind not in ("complex", "empty")
        if operator == "is" and primitive and is_a(value.type, wanted, computed=value.computed):
            return boolean(f"(CASE WHEN {one(value)} IS NOT NULL THEN true END)")
        found = self.navigation.of_type(value, wanted)
        if operator != "is":
            as_is = operator == "ofType" or not found.many
            return found if as_is else replace(found, sql=one(found), many=False)
        there = self.navigation.there(value)
        return boolean(f"(CASE WHEN {there} THEN {exists(found)} END)")

    def _call(self, node: Call, scope: Scope) -> Value:
        base, name, arguments = self._base(node.base, scope), node.name, node.arguments
        match name:
            case "where" | "select" | "all" if len(arguments) == 1:
                return self._per_thing(name, self.navigation.settled(base), arguments[0], scope)
            case "exists" if len(arguments) == 1:
                found = self._per_thing("where", self.navigation.settled(base), arguments[0], scope)
                return boolean(exists(found))
            case "exists" if not arguments:
                return boolean(self.navigation.there(base))
            case "not" if not arguments:
                return boolean(f"(NOT {self._truth(base)})")
            case "ofType" | "as" | "is" if len(arguments) == 1:
                return self._type_test(name, base, _type(arguments[0]))
            case "iif" if len(arguments) in (2, 3):
                return self._chosen([*arguments], scope)
            case "extension" if len(arguments) == 1:
                return self._extension(base, self.value(arguments[0], scope))
            case "getResourceKey" if not arguments:
                return resource_key(self.navigation, base)
            case "getReferenceKey" if len(arguments) <= 1:
                return reference_key(self.navigation, base, _type(arguments[0]) if arguments else None)
            case _:
                return self._plain(name, base, arguments, scope)

    def _plain(self, name: str, base: Value, arguments: tuple[Expression, ...], scope: Scope) -> Value:
        if name not in FUNCTIONS:
            raise not_supported(f"The function {name}() is not part of what views offer.")
        function, least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise not_supported(f"{name}() takes {least} to {most} arguments here, not {len(arguments)}.")
        given = [self.navigation.settled(self.value(each, scope)) for each in arguments]
        if name not in ("empty", "count", "hasValue"):
            base = self.navigation.settled(base)
        if base.kind == "empty" and name not in _OF_NOTHING:
            return EMPTY
        if any(each.kind == "empty" for each in given):
            return EMPTY
        return function(self.navigation, base, given)

    def _per_thing(self, name: str, base: Value, argument: Expression, scope: Scope) -> Value:
        if base.kind == "empty":
            return boolean("true") if name == "all" else EMPTY
        if not base.many:
            return self._on_one(name, base, argument, replace(scope, focus=base))
        each, place = variable(), variable()
        inner = replace(scope, focus=base.with_sql(each, many=False), index=f"({place} - 1)")
        if name == "select":
            found = self.value(argument, inner)
            if found.kind == "empty":
                return EMPTY
            things = f"list_transform({base.sql}, lambda {each}, {place}: {found.sql})"
            other = variable()
            joined = (
                f"flatten({things})"
                if found.many
                else f"list_filter({things}, lambda {other}: {other} IS NOT NULL)"
            )
            return found.with_sql(joined, many=True)
        condition = f"coalesce({self.condition(argument, inner)}, false)"
        lambda_ = f"lambda {each}, {place}" if place in condition else f"lambda {each}"
        if name == "all":
            return boolean(f"coalesce(len(list_filter({base.sql}, {lambda_}: NOT {condition})) = 0, true)")
        return replace(base, sql=f"list_filter({base.sql}, {lambda_}: {condition})", origin=None)

    def _on_one(self, name: str, base: Value, argument: Expression, scope: Scope) -> Value:
        if name == "select":
            return self.value(argument, scope)
        condition = self.condition(argument, scope)
        if name == "all":
            return boolean(f"(NOT {exists(base)} OR coalesce({condition}, false))")
        return replace(base, sql=f"(CASE WHEN {condition} THEN {base.sql} END)", origin=None)

    def _chosen(self, arguments: list[Expression], scope: Scope) -> Value:
        condition = self.condition(arguments[0], scope)
        found = [numeric(self.navigation.settled(self.value(each, scope))) for each in arguments[1:]]
        there = [each for each in found if each.kind != "empty"]
        if not there:
            return EMPTY
        if len({each.kind for each in there}) > 1 or there[0].kind == "complex":
            raise not_supported("Both results of iif() must be values of one kind.")
        many = any(each.many for each in there)
        results = [
            "NULL" if each.kind == "empty" else as_list(each) if many else each.sql
            for each in (*found, EMPTY)
        ]
        return there[0].with_sql(
            f"(CASE WHEN {condition} THEN {results[0]} ELSE {results[1]} END)", many=many
        )

    def _extension(self, base: Value, url: Value) -> Value:
        below = self.navigation.member(base, "extension")
        if below.kind == "empty" or url.kind != "text":
            return EMPTY
        each = variable()
        found = self.navigation.member(below.with_sql(each, many=False), "url")
        return below.with_sql(f"list_filter({below.sql}, lambda {each}: {found.sql} = {one(url)})", many=True)


_OF_NOTHING = {
    "empty",
    "count",
    "join",
    "hasValue",
    "allTrue",
    "anyTrue",
    "allFalse",
    "anyFalse",
    "isDistinct",
}


def _type(node: Expression) -> str:
    found = type_name(node)
    if found is None:
        raise not_supported("The name of a type was expected.", "Write it bare: `ofType(Quantity)`.")
    return found
