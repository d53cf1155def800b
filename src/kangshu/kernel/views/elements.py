"""What a standard says about the elements of its types: which repeat and what they are.

Made from the text of `elements.tsv` of a pack; nothing here knows any of them but what every type has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

_ONE, _MANY = False, True

_EVERYWHERE: Mapping[str, tuple[str, bool]] = {
    "id": ("id", _ONE),
    "extension": ("Extension", _MANY),
    "modifierExtension": ("Extension", _MANY),
    "meta": ("Meta", _ONE),
    "implicitRules": ("uri", _ONE),
    "language": ("code", _ONE),
    "text": ("Narrative", _ONE),
    "contained": ("Resource", _MANY),
}
"""What the table leaves out because every resource, or every element, has it."""

_IN_PARTS = {"id", "extension", "modifierExtension"}

PRIMITIVES: Mapping[str, str] = {
    **dict.fromkeys(
        "string code id uri url canonical oid uuid markdown base64Binary xhtml".split(),
        "text",
    ),
    **dict.fromkeys("integer positiveInt unsignedInt integer64".split(), "integer"),
    **dict.fromkeys("date dateTime instant".split(), "moment"),
    "boolean": "boolean",
    "decimal": "decimal",
    "time": "time",
}
"""The primitive types of FHIR, each with the kind of value it holds."""

ANY_RESOURCE = "Resource"

_ABOVE: Mapping[str, str] = {
    **dict.fromkeys("code id markdown".split(), "string"),
    **dict.fromkeys("url canonical uuid oid".split(), "uri"),
    **dict.fromkeys("positiveInt unsignedInt".split(), "integer"),
    **dict.fromkeys("Age Count Distance Duration".split(), "Quantity"),
}
_SYSTEM: Mapping[str, str] = {
    "Boolean": "boolean",
    "Integer": "integer",
    "Decimal": "decimal",
    "String": "string",
    "Date": "date",
    "DateTime": "dateTime",
    "Time": "time",
}


def is_exactly(type_name: str, wanted: str, *, computed: bool) -> bool:
    """Whether a type is the one that is wanted. The types of `System` are those of computed values."""
    system = wanted.removeprefix("System.")
    if system in _SYSTEM:
        return computed and type_name == _SYSTEM[system]
    return wanted.removeprefix("FHIR.") == type_name


def is_a(type_name: str, wanted: str, *, computed: bool) -> bool:
    """Whether a type is the one that is wanted, or made from it."""
    above = _ABOVE.get(type_name, type_name)
    return is_exactly(type_name, wanted, computed=computed) or above == wanted.removeprefix("FHIR.")


def kind_of(type_name: str) -> str:
    """What kind of value a type holds: text, integer, decimal, boolean, moment, time; else complex."""
    return PRIMITIVES.get(type_name, "complex")


@dataclass(frozen=True, slots=True)
class Element:
    """One element. `choice` says that its JSON member has the name of the type at its end."""

    name: str
    path: str
    many: bool
    types: tuple[str, ...]
    choice: bool

    def member(self, type_name: str) -> str:
        """The name of the JSON member that holds the element as that type."""
        return f"{self.name}{type_name[0].upper()}{type_name[1:]}" if self.choice else self.name


@dataclass(frozen=True)
class Elements:
    """All elements by path (`Patient.contact.name`, `HumanName.given`, `Observation.value[x]`)."""

    by_path: Mapping[str, Element]

    @cached_property
    def roots(self) -> frozenset[str]:
        """The types, with resources among them."""
        return frozenset(path.partition(".")[0] for path in self.by_path)

    def child(self, type_name: str, name: str) -> Element | None:
        """The element a type calls `name`; None where it has none. `type_name` may be the path of a part."""
        found = self.by_path.get(f"{type_name}.{name}") or self.by_path.get(f"{type_name}.{name}[x]")
        if found is not None:
            return found
        if name in _EVERYWHERE and (name in _IN_PARTS or "." not in type_name):
            kind, many = _EVERYWHERE[name]
            return Element(name, f"{type_name}.{name}", many, (kind,), choice=False)
        return None

    def types_of(self, element: Element) -> tuple[str, ...]:
        """The types an element may have; the path of a part is a type too."""
        return tuple(self._type_of(element, kind) for kind in element.types)

    def _type_of(self, element: Element, kind: str) -> str:
        if kind.startswith("#"):
            return kind[1:]
        if kind in PRIMITIVES or kind in self.roots or kind == ANY_RESOURCE:
            return kind
        return element.path

    def knows(self, type_name: str) -> bool:
        """Whether that is a type of the standard."""
        return type_name in PRIMITIVES or type_name in self.roots


def parse_elements(table: str) -> Elements:
    """Read the text of `elements.tsv`: path, flags (`*`: repeats), types with `|` between them."""
    by_path: dict[str, Element] = {}
    for line in table.splitlines()[1:]:
        path, flags, types = line.split("\t")
        name = path.rpartition(".")[2]
        choice = name.endswith("[x]")
        by_path[path] = Element(name.removesuffix("[x]"), path, "*" in flags, tuple(types.split("|")), choice)
    return Elements(by_path)
