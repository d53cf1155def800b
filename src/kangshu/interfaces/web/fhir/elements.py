"""What R4 says about the elements of resources and data types: repeats, summary, required, types.

Read from `elements.tsv` of the pack `standards/fhir_r4`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

COMMON = {"id", "resourceType", "meta", "implicitRules", "language"}
"""Elements of every resource that are part of every summary."""


_EVERYWHERE = {
    "extension": "Extension",
    "modifierExtension": "Extension",
    "meta": "Meta",
    "text": "Narrative",
}
"""The types of the elements that the table leaves out because every resource has them."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element, as the standard defines it."""

    path: str
    repeats: bool
    summary: bool
    required: bool
    modifier: bool
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Elements:
    """All elements by path (`Patient.contact.name`, `HumanName.given`, `Observation.value[x]`)."""

    by_path: Mapping[str, Element]
    roots: frozenset[str]

    def child(self, path: str, name: str) -> Element | None:
        """The element a JSON member `name` (`valueQuantity` too) stands for, None when unknown."""
        path = self.content_of(path)
        found = self.by_path.get(f"{path}.{name}")
        if found is not None:
            return found
        for cut in range(len(name) - 1, 0, -1):
            if name[cut].isupper():
                found = self.by_path.get(f"{path}.{name[:cut]}[x]")
                if found is not None:
                    return found
        return None

    def choice(self, path: str, name: str) -> Element | None:
        """The element with a choice of types that FHIRPath calls `name`."""
        return self.by_path.get(f"{self.content_of(path)}.{name}[x]")

    def path_below(self, path: str, name: str) -> str:
        """The path to look the children of member `name` up under; "" when nothing is known."""
        element = self.child(path, name)
        if element is None:
            return _EVERYWHERE.get(name, "")
        if element.path.endswith("[x]"):
            chosen = name[len(element.path.rpartition(".")[2]) - 3 :]
            return chosen if chosen in self.roots else ""
        kind = element.types[0] if element.types else ""
        if kind.startswith("#"):
            return kind[1:]
        return kind if kind in self.roots else element.path

    def content_of(self, path: str) -> str:
        """The path itself, or the one it has its content from."""
        element = self.by_path.get(path)
        if element is None or not element.types:
            return path
        kind = element.types[0]
        if kind.startswith("#"):
            return kind[1:]
        return kind if kind in self.roots else path


@cache
def load_elements(table: Path) -> Elements:
    """Read the table once per process."""
    by_path: dict[str, Element] = {}
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        path, flags, types = line.split("\t")
        by_path[path] = Element(
            path, "*" in flags, "s" in flags, "r" in flags, "m" in flags, tuple(types.split("|"))
        )
    return Elements(by_path, frozenset(path.partition(".")[0] for path in by_path))
