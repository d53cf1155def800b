"""A view as one SELECT of DuckDB over a relation with a column `body`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangshu.kernel.base.errors import Problem
from kangshu.kernel.views.compiler.expressions import Scope
from kangshu.kernel.views.compiler.navigation import Navigation
from kangshu.kernel.views.compiler.rows import Output, Rows, narrowed
from kangshu.kernel.views.compiler.shape import Shape
from kangshu.kernel.views.compiler.values import Value, number_anew
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.elements import Elements
from kangshu.kernel.views.parsing import broken

_UNIT = "\x1f"
"""Separates pieces of JSON text for a moment; no JSON has it, control characters are escaped there."""

_LOSES = r"\.[0-9]+0\s*[,}\]]|[0-9.]{17}|[0-9][eE]|0\.0000"
"""Numbers whose text a parser would not give back: 1.50, more than 15 digits, exponents."""

_NUMBER = r"-?[0-9]+(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)"


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a compiled view; `type` is the SQL type."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class CompiledView:
    """One SELECT and what it brings. `warnings` are what may be a mistake."""

    sql: str
    columns: tuple[ViewColumn, ...]
    warnings: tuple[Problem, ...]


def compile_view(
    view: ViewDefinition, elements: Elements, *, source: str, carry: Sequence[str] = ()
) -> CompiledView:
    """Compile a view over a relation: a name, or a query in brackets, with a column `body` of JSON.

    `carry`: further columns of the relation, their names beginning with `_`, that every row of the view
    brings along in front of its own. Raises `Invalid` with every problem, each with its place.
    """
    compiled, problems = compiled_or_problems(view, elements, source, carry)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or compiled is None:
        raise broken(errors)
    return compiled


def compiled_or_problems(
    view: ViewDefinition, elements: Elements, source: str, carry: Sequence[str] = ()
) -> tuple[CompiledView | None, tuple[Problem, ...]]:
    """The compiled view, None where there are errors, and all problems that were found."""
    if not elements.knows(view.resource):
        told = f"there is no resource type {view.resource}; mind capital letters"
        return None, (Problem("error", "value", "resource", told),)
    wholes: set[tuple[str, ...]] = set()
    attempt = _Attempt(view, elements, wholes, carry)
    known = -1
    while known != len(wholes):
        known = len(wholes)
        attempt = _Attempt(view, elements, wholes, carry)
    problems = tuple(dict.fromkeys(attempt.rows.problems))
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    return attempt.finished(source, problems), problems


class _Attempt:
    """One compilation. Which places must keep their JSON is known only at its end; then it is done again."""

    def __init__(
        self,
        view: ViewDefinition,
        elements: Elements,
        wholes: set[tuple[str, ...]],
        carry: Sequence[str],
    ) -> None:
        number_anew()
        self.carried = "".join(f"{name}, " for name in carry)
        self.navigation = Navigation(elements, wholes)
        shape = Shape((), view.resource, many=False, whole=False)
        shape.below("resourceType", "code", many=False, wholes=wholes)
        root = Value("r", view.resource, shape=shape)
        base = f"SELECT {self.carried}{self.navigation.parsed(chr(2), shape)} AS r FROM \x03"
        self.rows = Rows(view, self.navigation, base)
        scope = Scope(root, root)
        self.rows.filter(scope)
        self.outputs: list[Output] = []
        for select in view.selects:
            self.outputs += self.rows.select(select, scope, "")

    def finished(self, source: str, problems: tuple[Problem, ...]) -> CompiledView:
        names = [f"c{number}" for number in range(len(self.outputs))]
        found = ", ".join(f"{each.sql} AS {name}" for name, each in zip(names, self.outputs, strict=True))
        shown = ", ".join(
            f'{narrowed(each, name)} AS "{each.column.name}"'
            for name, each in zip(names, self.outputs, strict=True)
        )
        exact = self.navigation.kept_written and not self.navigation.kept_whole
        sql = f"SELECT {self.carried}{shown} FROM (SELECT {self.carried}{found} FROM ({self.rows.relation}))"
        sql = self.navigation.finish(sql).replace("\x02", _exact() if exact else "body")
        sql = sql.replace("\x03", source)
        columns = tuple(
            ViewColumn(each.column.name, each.type, each.column.description) for each in self.outputs
        )
        return CompiledView(sql, columns, problems)


def _exact() -> str:
    """The body with such numbers as texts, which keep what was written."""
    text = r'("(?:[^"\\]|\\.)*")'
    parted = f"regexp_replace(body, '{text}|({_NUMBER})', '\\1' || chr(31) || '\\2', 'g')"
    quoted = f"regexp_replace({parted}, chr(31) || '({_NUMBER})', '\"\\1\"', 'g')"
    plain = f"replace({quoted}, chr(31), '')"
    return f"(CASE WHEN regexp_matches(body, '{_LOSES}') THEN {plain} ELSE body END)"
