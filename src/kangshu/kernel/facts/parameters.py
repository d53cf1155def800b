"""Search parameters: by what names facts of a type can be found, and where the values stand.

Everything here comes from a pack (see `catalogue_tables`); the kernel knows kinds and datatypes, not types or
parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.facts.paths import ValuePath

Kind = Literal["token", "string", "reference", "date", "number", "quantity", "uri", "composite", "special"]

EVERY_TYPE = "*"
RANGE_KINDS: frozenset[Kind] = frozenset({"date", "number", "quantity"})
COLUMN_PARAMETERS = frozenset({"_id", "_lastUpdated"})
"""Answered from columns of the store, not from terms."""

_DISPLAY: dict[str, tuple[tuple[str, ...], ...]] = {
    "CodeableConcept": (("text",), ("coding", "display")),
    "Coding": (("display",),),
    "Identifier": (("type", "text"),),
    "Reference": (("display",),),
    "string": ((),),
}


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a composite. `kind` is that of the parameter of the same name."""

    name: str
    kind: Kind
    paths: tuple[ValuePath, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name under which facts of `type` can be searched (`*`: facts of every type).

    slot        range column of the type, 0 … MAX_RANGES - 1; None for kinds without a range
    single      a fact has no more than one value for it
    targets     types a reference can point to; empty: any
    paths       where the values stand; for a composite: the elements that hold the parts together
    """

    type: str
    name: str
    kind: Kind
    slot: int | None = None
    single: bool = False
    targets: tuple[str, ...] = ()
    paths: tuple[ValuePath, ...] = ()
    components: tuple[Component, ...] = ()

    def json_paths(self) -> list[str]:
        """Where the values stand, as PostgreSQL jsonpaths in lax mode."""
        return [path.json_path() for path in self.paths]

    def text_json_paths(self) -> list[str]:
        """Where the text shown to people for the values stands (modifier `:text`), as jsonpaths."""
        return [path.json_path(*below) for path in self.paths for below in _DISPLAY.get(path.datatype, ())]

    def implies(self, system: str) -> bool:
        """Whether codes written without a system may be of `system`: bindings say so, or say nothing."""
        codes = [path for path in self.paths if path.datatype == "code"]
        return any(path.system in (None, system) for path in codes)

    def elements(self) -> tuple[ValuePath, ...]:
        """Of a composite: the repeating elements within which its parts must stand together."""
        return tuple(path for path in self.paths if path.steps) if self.kind == "composite" else ()

    def on_document(self) -> bool:
        """Of a composite: its parts may also stand on the fact itself, outside any element."""
        return self.kind == "composite" and any(not path.steps for path in self.paths)


@dataclass(frozen=True, slots=True)
class FactType:
    """A type of fact.

    partitioned  so frequent that it gets a table partition of its own
    happened     date parameters that say when the fact happened, best first
    subjects     reference parameters that name the subjects it belongs to; `_id`: itself
    """

    name: str
    partitioned: bool
    happened: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every type and search parameter known. `subject_type` is the type that compartments are about."""

    subject_type: str
    types: Mapping[str, FactType]
    by_type: Mapping[str, Mapping[str, Parameter]] = field(repr=False)

    def type(self, name: str) -> FactType:
        """The type of that name; `NotSupported` if there is none."""
        found = self.types.get(name)
        if found is None:
            raise NotSupported("There is no such type.", remedy="See the capability statement for the types.")
        return found

    def parameter(self, type: str, name: str) -> Parameter:
        """The parameter `name` of `type`; `NotSupported` if it has none."""
        found = self.find(type, name)
        if found is None:
            self.type(type)
            raise NotSupported(
                f"{type} has no such search parameter.",
                remedy="See the capability statement for the parameters of the type.",
            )
        return found

    def find(self, type: str, name: str) -> Parameter | None:
        """The parameter `name` of `type`, or None."""
        return self.by_type.get(type, {}).get(name)

    def parameters(self, type: str) -> list[Parameter]:
        """All parameters of `type`, those of every type included, by name."""
        self.type(type)
        return list(self.by_type[type].values())
