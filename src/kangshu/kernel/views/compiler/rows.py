"""The rows of a view: one relation inside the other, each unnesting one thing more.

A union is an unnesting too, of the numbers of its branches: in the rows of one branch the others are left
alone. So a resource is parsed once whatever the view looks like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.views.compiler.expressions import Expressions, Scope
from kangshu.kernel.views.compiler.navigation import Navigation
from kangshu.kernel.views.compiler.output import converted, plural_error, settled, type_of
from kangshu.kernel.views.compiler.values import Value, as_list, text_literal
from kangshu.kernel.views.definition import Column, Path, Select, Unnest, ViewDefinition
from kangshu.kernel.views.fhirpath.nodes import Call, Expression, Indexer, Member, Named, This, parts


@dataclass(frozen=True, slots=True)
class Output:
    """A column as SQL: `many` where the list is still to be narrowed to one value."""

    column: Column
    sql: str
    type: str
    many: bool


class Rows:
    """Builds the relations of one view from the innermost outwards."""

    def __init__(self, view: ViewDefinition, navigation: Navigation, base: str) -> None:
        self.view = view
        self.navigation = navigation
        self.expressions = Expressions(navigation, view.constants)
        self.relation = base
        self.problems: list[Problem] = []
        self._levels = 0

    def say(self, error: Invalid, place: str) -> None:
        self.problems.append(Problem("error", error.code, place, f"{error.message} {error.remedy}".strip()))

    def warn(self, place: str, message: str) -> None:
        self.problems.append(Problem("warning", "informational", place, message))

    def level(self, **columns: str) -> None:
        """Put a relation around the present one with columns of its own beside those there are."""
        added = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        self.relation = f"SELECT *, {added} FROM ({self.relation})"

    def filter(self, scope: Scope) -> None:
        """Keep the resources the view is about. By unnesting: a plain filter would parse each body twice."""
        conditions = [f'r."resourceType" = {text_literal(self.view.resource)}']
        for path in self.view.where:
            sql = self._compiled(path, scope, condition=True)
            if sql is not None:
                conditions.append(f"coalesce({sql.sql}, false)")
        self.level(kept=f"unnest(CASE WHEN {' AND '.join(conditions)} THEN [1] END)")

    def _compiled(self, path: Path, scope: Scope, *, condition: bool = False) -> Value | None:
        """The value of a path; None where it is broken, which is noted."""
        self.navigation.unknown.clear()
        try:
            value = self.expressions.value(path.tree, scope)
            if condition:
                value = self._tested(value, path, scope)
        except Invalid as error:
            self.say(error, path.place)
            return None
        for unknown in self.navigation.unknown:
            self.warn(path.place, unknown)
        return value

    def _tested(self, value: Value, path: Path, scope: Scope) -> Value:
        if value.choice is None and value.kind not in ("boolean", "empty"):
            raise Invalid(
                f"A condition must be true or false, and this is a {value.type}.",
                remedy="Compare it, or ask `exists()`.",
            )
        return Value(self.expressions.condition(path.tree, scope), "boolean")

    def select(self, select: Select, scope: Scope, guard: str) -> Iterator[Output]:
        """Add what a select unnests; its columns. `guard` says in which rows it counts, '' in all."""
        if select.unnest is not None:
            found = self._unnested(select.unnest, scope, guard)
            if found is None:
                return
            scope = found
        for column in select.columns:
            output = self._column(column, scope)
            if output is not None:
                yield output
        for nested in select.selects:
            yield from self.select(nested, scope, guard)
        if select.union:
            yield from self._union(select, scope, guard)

    def _union(self, select: Select, scope: Scope, guard: str) -> Iterator[Output]:
        self._levels += 1
        name = f"u{self._levels}"
        numbers = f"[{', '.join(str(number) for number in range(len(select.union)))}]"
        self.level(**{name: f"unnest({self._guarded(numbers, guard, 'NULL')})"})
        branches = [
            [*self.select(branch, scope, f"{name} = {number}")] for number, branch in enumerate(select.union)
        ]
        for columns in zip(*branches, strict=False):
            first = columns[0]
            if len({(each.type, bool(each.column.collection)) for each in columns}) > 1:
                types = ", ".join(each.type for each in columns)
                told = f"The column {first.column.name} has not one type in all branches: {types}."
                self.say(Invalid(told, remedy="Give it one `type`."), first.column.place)
                continue
            many = any(each.many for each in columns)
            cases = " ".join(
                f"WHEN {number} THEN {_listed(each) if many else each.sql}"
                for number, each in enumerate(columns)
            )
            yield replace(first, sql=f"(CASE {name} {cases} END)", many=many)

    def _guarded(self, things: str, guard: str, otherwise: str) -> str:
        return f"CASE WHEN {guard} THEN {things} ELSE [{otherwise}] END" if guard else things

    def _unnested(self, unnest: Unnest, scope: Scope, guard: str) -> Scope | None:
        self._levels += 1
        number = self._levels
        if unnest.how == "repeat":
            return self._repeated(unnest, scope, guard, number)
        value = self._compiled(unnest.paths[0], scope)
        if value is None:
            return None
        try:
            value = self.navigation.settled(value)
        except Invalid as error:
            self.say(error, unnest.paths[0].place)
            return None
        things = as_list(value)
        if unnest.how == "forEachOrNull":
            self.level(**{f"n{number}": things})
            things = f"CASE WHEN len(n{number}) > 0 THEN n{number} ELSE [NULL] END"
        return self._rows_of(things, value, scope, guard, number)

    def _rows_of(self, things: str, value: Value, scope: Scope, guard: str, number: int) -> Scope:
        self.level(**{f"l{number}": self._guarded(things, guard, "NULL")})
        self.level(
            **{f"e{number}": f"unnest(l{number})", f"i{number}": f"generate_subscripts(l{number}, 1) - 1"}
        )
        focus = value.with_sql(f"e{number}", many=False)
        return replace(scope, focus=focus, row=f"coalesce(i{number}, 0)")

    def _repeated(self, unnest: Unnest, scope: Scope, guard: str, number: int) -> Scope | None:
        """All things that the paths find, and find again below each of them, the nearest first."""
        for path in unnest.paths:
            if not _descends(path.tree):
                told = Invalid(
                    "A path that is repeated must lead from a thing to elements of it.",
                    remedy="Begin it with the name of an element.",
                )
                self.say(told, path.place)
                return None
        first = self._children(unnest, scope)
        if first is None:
            return None
        node = Value("n", first.type, shape=self.navigation.fresh(first.type))
        if node.shape is not None:
            node.shape.whole = True
        below = self._children(unnest, replace(scope, focus=node))
        if below is None:
            return None
        if below.kind != "empty" and below.type != first.type:
            self.say(Invalid(f"A {first.type} repeats to a {below.type}."), unnest.paths[0].place)
            return None
        nodes = "[]::JSON[]" if below.kind == "empty" else as_list(below)
        roots, walk = f"l{number}r", f"w{number}"
        found = "[]::JSON[]" if first.kind == "empty" else as_list(first)
        self.level(**{roots: self._guarded(found, guard, "NULL")})
        start = f"SELECT unnest({roots}) AS n, [generate_subscripts({roots}, 1)] AS o"
        step = f"SELECT o, {nodes} AS c FROM {walk}"
        again = f"SELECT unnest(c) AS n, list_append(o, generate_subscripts(c, 1)) AS o FROM ({step})"
        steps = f"WITH RECURSIVE {walk}(n, o) AS ({start} UNION ALL {again})"
        things = f"({steps} SELECT list(n ORDER BY o) FROM {walk})"
        inner = self._rows_of(things, first, scope, "", number)
        shape = self.navigation.fresh(first.type)
        self.level(**{f"s{number}": self.navigation.parsed(f"e{number}", shape)})
        return replace(inner, focus=Value(f"s{number}", first.type, shape=shape))

    def _children(self, unnest: Unnest, scope: Scope) -> Value | None:
        values: list[Value] = []
        for path in unnest.paths:
            value = self._compiled(path, scope)
            if value is None:
                return None
            if value.kind not in ("complex", "empty") or value.choice is not None:
                self.say(Invalid("Only things with parts can be repeated."), path.place)
                return None
            self.navigation.keep_whole(value)
            if value.kind == "complex":
                values.append(value)
        if not values:
            return Value("NULL", "")
        if len({value.type for value in values}) > 1:
            types = ", ".join(value.type for value in values)
            self.say(Invalid(f"The paths lead to different types: {types}."), unnest.paths[0].place)
            return None
        lists = ", ".join(as_list(value) for value in values)
        return values[0].with_sql(f"flatten([{lists}])" if len(values) > 1 else lists, many=True)

    def _column(self, column: Column, scope: Scope) -> Output | None:
        value = self._compiled(column.path, scope)
        if value is None:
            return None
        column_at = column.path.place.removesuffix(".path")
        try:
            sql_type = type_of(column, value, self.navigation)
        except Invalid as error:
            self.say(error, f"{column_at}.{'tag' if column.tags else 'type'}")
            return None
        try:
            value = settled(column, value, self.navigation)
            sql_type = type_of(column, value, self.navigation)
            sql = converted(value, sql_type, self.navigation)
        except Invalid as error:
            self.say(error, column.path.place)
            return None
        if column.collection:
            listed = (
                f"coalesce({sql}, [])" if value.many else f"CASE WHEN {sql} IS NULL THEN [] ELSE [{sql}] END"
            )
            return Output(column, f"CAST({listed} AS {sql_type}[])", f"{sql_type}[]", many=False)
        if value.many and column.collection is None:
            self.warn(
                column.path.place, f"the column {column.name} may get more than one value, an error then"
            )
        return Output(column, sql, sql_type, value.many)


def _listed(output: Output) -> str:
    if output.many:
        return output.sql
    return f"(CASE WHEN {output.sql} IS NULL THEN [] ELSE [{output.sql}] END)"


def narrowed(output: Output, name: str) -> str:
    """One value of a column that found a list."""
    if not output.many:
        return name
    return f"CASE WHEN len({name}) > 1 THEN {plural_error(output.column)} ELSE {name}[1] END"


def _descends(node: Expression) -> bool:
    """Whether an expression leads from the focus to something inside it, and so comes to an end."""
    if any(isinstance(each, Named) and each.name != "rowIndex" for each in _all(node)):
        return False
    match node:
        case Member(base=None):
            return True
        case Member(base=This()):
            return True
        case Call(base=None, name="extension"):
            return True
        case Member(base=base) | Call(base=base) if base is not None:
            return _descends(base)
        case Indexer(base=base):
            return _descends(base)
        case _:
            return False


def _all(node: Expression) -> Iterator[Expression]:
    yield node
    for part in parts(node):
        yield from _all(part)
