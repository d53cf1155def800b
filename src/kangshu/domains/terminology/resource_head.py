"""What every code system and value set that is made from a table says first."""

from __future__ import annotations

from typing import Any, Literal, Protocol


class Described(Protocol):
    """How a table is described to those who ask for codes."""

    @property
    def id(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def publisher(self) -> str: ...


def head_of(type_: Literal["CodeSystem", "ValueSet"], described: Described, language: str) -> dict[str, Any]:
    """The beginning of the resource."""
    return {
        "resourceType": type_,
        "id": described.id,
        "language": language,
        "url": described.url,
        "version": described.version,
        "name": described.name,
        "title": described.title,
        "status": "active",
        "experimental": False,
        "publisher": described.publisher,
    }
