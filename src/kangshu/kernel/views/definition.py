"""The ViewDefinition of SQL on FHIR v2: which columns a resource becomes, in how many rows.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.fhirpath.nodes import Expression

Unnesting = Literal["forEach", "forEachOrNull", "repeat"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value by a name. `type` is its FHIR type; moments, decimals and texts are kept as written."""

    name: str
    type: str
    value: str | int | bool | Decimal


@dataclass(frozen=True, slots=True)
class Path:
    """A FHIRPath expression and where in the definition it stands."""

    text: str
    tree: Expression
    place: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` is a FHIR type or '' ; `collection` is None where the view does not say."""

    name: str
    path: Path
    type: str
    collection: bool | None
    description: str
    tags: Mapping[str, str]
    place: str


@dataclass(frozen=True, slots=True)
class Unnest:
    """Rows of their own for each thing that paths find. Only `repeat` has more than one path."""

    how: Unnesting
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """Columns, then those of nested selects, then those that all branches of a union share."""

    unnest: Unnest | None
    columns: tuple[Column, ...]
    selects: tuple[Select, ...]
    union: tuple[Select, ...]
    place: str

    def all_columns(self) -> Iterator[Column]:
        """The columns in their order; those of a union come from its first branch."""
        yield from self.columns
        for select in self.selects:
            yield from select.all_columns()
        if self.union:
            yield from self.union[0].all_columns()

    def everything(self) -> Iterator[Select]:
        """The select and all inside it."""
        yield self
        for inner in (*self.selects, *self.union):
            yield from inner.everything()


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A view over the resources of one type."""

    name: str
    title: str
    url: str
    description: str
    resource: str
    constants: Mapping[str, Constant]
    where: tuple[Path, ...]
    selects: tuple[Select, ...]

    def all_columns(self) -> Iterator[Column]:
        """The columns in their order."""
        for select in self.selects:
            yield from select.all_columns()

    def everything(self) -> Iterator[Select]:
        """All selects, nested ones and branches of unions too."""
        for select in self.selects:
            yield from select.everything()


def not_supported(what: str, instead: str = "") -> Invalid:
    """The error of an expression that is legal and not offered here."""
    return Invalid(
        what, remedy=instead or "docs/reference/views.md lists what is offered.", code="not-supported"
    )
