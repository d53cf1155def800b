"""From a thing to the elements below it, in SQL. What is taken on the way is noted in the shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from kangshu.kernel.views.compiler.shape import Shape
from kangshu.kernel.views.compiler.values import (
    EMPTY,
    Value,
    exists,
    mapped,
    present,
    text_literal,
    variable,
)
from kangshu.kernel.views.definition import not_supported
from kangshu.kernel.views.elements import ANY_RESOURCE, Elements, is_exactly, kind_of

_ELEMENT = "Element"


class Navigation:
    """Knows the elements, and which places of the resource must keep their JSON."""

    def __init__(self, elements: Elements, wholes: set[tuple[str, ...]]) -> None:
        self.elements = elements
        self.wholes = wholes
        self.shapes: list[Shape] = []
        self.kept_written = False
        """Whether a number is needed as it was written."""
        self.kept_whole = False
        """Whether JSON of something is needed as it was sent."""
        self.unknown: list[str] = []

    def fresh(self, type_name: str) -> Shape:
        """The shape of a thing that is parsed from JSON of its own."""
        shape = Shape((str(len(self.shapes)),), type_name, many=False, whole=False)
        self.shapes.append(shape)
        return shape

    def parsed(self, json_sql: str, shape: Shape) -> str:
        """A thing parsed from JSON, to as much as its shape needs when all is compiled."""
        if shape not in self.shapes:
            self.shapes.append(shape)
        return f"json_transform({json_sql}, \x01{self.shapes.index(shape)}\x01)"

    def finish(self, sql: str) -> str:
        """The statement with the structures in their places."""
        for number, shape in enumerate(self.shapes):
            sql = sql.replace(f"\x01{number}\x01", text_literal(shape.written()))
        return sql

    def keep_whole(self, value: Value) -> None:
        """Let a thing keep its JSON; the view must then be compiled again."""
        if value.shape is not None and not value.shape.whole:
            self.wholes.add(value.shape.path)

    def member(self, value: Value, name: str) -> Value:
        """The elements called `name` below a value."""
        if value.choice is not None:
            below = [self.member(each, name) for each in self.variants(value) if each.kind == "complex"]
            return self.merged([each for each in below if each.kind != "empty"], name)
        if value.kind != "complex":
            return self._extension(value) if name == "extension" else EMPTY
        if value.type == ANY_RESOURCE:
            raise not_supported(f"`{name}` of any resource.", "Say which type is meant: `ofType(…)`.")
        element = self.elements.child(value.type, name)
        if element is None:
            self.unknown.append(f"{value.type} has no element {name}: it is always empty")
            return EMPTY
        if element.choice:
            return replace(value, choice=(value, element), type=element.types[0])
        return self._taken(value, element.name, self.elements.types_of(element)[0], many=element.many)

    def variants(self, value: Value) -> list[Value]:
        """A choice as each of the types it may have."""
        assert value.choice is not None
        base, element = value.choice
        types = zip(element.types, self.elements.types_of(element), strict=True)
        return [self._taken(base, element.member(shown), name, many=element.many) for shown, name in types]

    def of_type(self, value: Value, wanted: str) -> Value:
        """What of a value has a type."""
        if value.choice is not None:
            base, element = value.choice
            bare = wanted.removeprefix("FHIR.")
            if bare not in element.types:
                return EMPTY
            return self._taken(base, element.member(bare), bare, many=element.many)
        if value.type == ANY_RESOURCE:
            return self._resource(value, wanted.removeprefix("FHIR."))
        computed = value.computed and value.kind != "complex"
        return value if is_exactly(value.type, wanted, computed=computed) else EMPTY

    def settled(self, value: Value, kinds: Iterable[str] | None = None) -> Value:
        """A choice as one value, of those types that hold values of some kind."""
        if value.choice is None:
            return value
        element = value.choice[1]
        fitting = {kind_of(each) for each in element.types if kinds is None or kind_of(each) in kinds}
        if kinds is not None and not fitting:
            return EMPTY
        if len(fitting) != 1 or "complex" in fitting:
            raise not_supported(
                f"`{element.name}` may be {', '.join(element.types[:5])} and so on.",
                f"Say which: `{element.name}.ofType({element.types[0]})`.",
            )
        return self.merged([each for each in self.variants(value) if each.kind in fitting], element.name)

    def merged(self, values: list[Value], name: str) -> Value:
        """The one of several values that is there."""
        if not values:
            return EMPTY
        if len({each.kind for each in values}) > 1 or (values[0].kind == "complex" and len(values) > 1):
            raise not_supported(f"`{name}` is of several types here.", "Say which is meant: `ofType(…)`.")
        if len(values) == 1:
            return values[0]
        if values[0].many:
            lists = ", ".join(f"coalesce({each.sql}, [])" for each in values)
            return values[0].with_sql(f"flatten([{lists}])", many=True)
        return values[0].with_sql(f"coalesce({', '.join(each.sql for each in values)})", many=False)

    def there(self, value: Value) -> str:
        """Whether there is anything, of whatever type."""
        if value.choice is None:
            return exists(value)
        return f"({' OR '.join(exists(each) for each in self.variants(value))})"

    def projected(self, value: Value, inner: Callable[[Value], Value]) -> Value:
        """What an expression makes of each thing, all in one collection."""
        if not value.many:
            return inner(value)
        name = variable()
        found = inner(value.with_sql(name, many=False))
        if found.kind == "empty":
            return EMPTY
        sql = f"list_transform({value.sql}, lambda {name}: {found.sql})"
        return found.with_sql(f"flatten({sql})" if found.many else present(sql), many=True)

    def _taken(self, value: Value, member: str, type_name: str, *, many: bool) -> Value:
        assert value.shape is not None
        shape = value.shape.below(member, type_name, many=many, wholes=self.wholes)
        opened, name = self._opened(value), f'"{member}"'
        if value.many:
            each = variable()
            sql = f"list_transform({opened}, lambda {each}: {each}.{name})"
            sql = f"flatten({sql})" if many else sql
        else:
            sql = f"({opened}).{name}" if "(" in opened else f"{opened}.{name}"
        kind = kind_of(type_name)
        if (value.many and not many) or (many and kind != "complex"):
            sql = present(sql)
        below = shape if kind == "complex" else None
        origin = None if below else (value, member, many)
        repeats = value.many or many
        as_text = kind == "decimal"
        return Value(sql, type_name, repeats, as_text, shape=below, origin=origin, computed=False)

    def _opened(self, value: Value) -> str:
        """The thing as a structure, where it is JSON still."""
        assert value.shape is not None
        if not value.shape.whole:
            return value.sql
        shape = value.shape
        return mapped(value, lambda each: self.parsed(each, shape))

    def _extension(self, value: Value) -> Value:
        if value.origin is None:
            raise not_supported("The extensions of a value that was computed.", "Take them from the element.")
        base, member, many = value.origin
        return self.member(self._taken(base, f"_{member}", _ELEMENT, many=many), "extension")

    def _resource(self, value: Value, wanted: str) -> Value:
        def fitting(each: str) -> str:
            told = f"json_extract_string({each}, '$.resourceType')"
            return f"(CASE WHEN {told} = {text_literal(wanted)} THEN {each} END)"

        shape = self.fresh(wanted)
        shape.whole = True
        return replace(value, sql=mapped(value, fitting), type=wanted, shape=shape, origin=None)
