"""The views of packs as resources: ViewDefinitions as they are written, SELECTs as Libraries (SQLView).

https://build.fhir.org/ig/HL7/sql-on-fhir/StructureDefinition-SQLView.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.views.sql_view import SqlView
from kangshu.kernel.views.view_set import ViewSet

Json = dict[str, Any]

URL = "urn:kangshu:view:"
"""Begins the canonical address of each view of a pack that has none of its own."""

_IG = "https://sql-on-fhir.org/ig"


@dataclass(frozen=True, slots=True)
class ViewCatalogue:
    """What there is to say of the views of packs.

    definitions  ViewDefinitions by name, with id and address
    libraries    the SELECTs over them, each a Library, with when it was written
    names        id, name or address -> name
    """

    definitions: Mapping[str, Json]
    libraries: tuple[tuple[Json, datetime], ...]
    names: Mapping[str, str]

    def name_of(self, reference: str) -> str:
        """The name of the view that an id, a relative reference or a canonical address means.

        Raises `NotFound`.
        """
        asked = reference.partition("|")[0].removeprefix("ViewDefinition/").removeprefix("Library/")
        if asked not in self.names:
            raise NotFound(
                "No pack has this view.", remedy="GET ViewDefinition and Library?type=sql-view list them."
            )
        return self.names[asked]


def read_view_catalogue(packs: Mapping[str, Pack], views: ViewSet) -> ViewCatalogue:
    """The views of a set that was read from these packs."""
    paths = {
        path.name.partition(".")[0]: path
        for pack in packs.values()
        if not (pack.folder / "rules").is_dir()
        for ending in (".view.json", ".sql")
        for path in (pack.folder / "views").glob(f"*{ending}")
    }
    definitions = {name: _definition(name, paths[name]) for name in sorted(views.definitions)}
    libraries = [(_library(each), _written(paths[each.name])) for _, each in sorted(views.selects.items())]
    names = {name: name for name in views.names}
    names |= {resource["id"]: name for name, resource in definitions.items()}
    names |= {resource["url"]: name for name, resource in definitions.items()}
    names |= {library["id"]: library["name"] for library, _ in libraries}
    names |= {library["url"]: library["name"] for library, _ in libraries}
    return ViewCatalogue(definitions, tuple(libraries), names)


def _definition(name: str, path: Path) -> Json:
    written: Json = orjson.loads(path.read_bytes())
    first = {"resourceType": "ViewDefinition", "id": name.replace("_", "-"), "url": f"{URL}{name}"}
    return {**first, **written, "id": first["id"]}


def _library(view: SqlView) -> Json:
    content = {
        "contentType": "application/sql",
        "extension": [{"url": f"{_IG}/StructureDefinition/sql-text", "valueString": view.sql}],
        "data": base64.b64encode(view.sql.encode()).decode(),
    }
    needed = [
        {"type": "depends-on", "label": name, "resource": f"{URL}{name}"} for name in sorted(view.needs)
    ]
    title = {"title": view.title} if view.title else {}
    return {
        "resourceType": "Library",
        "id": f"view.{view.name}".replace("_", "-"),
        "meta": {"profile": [f"{_IG}/StructureDefinition/SQLView"]},
        "url": f"{URL}{view.name}",
        "name": view.name,
        **title,
        "status": "active",
        "type": {"coding": [{"system": f"{_IG}/CodeSystem/LibraryTypesCodes", "code": "sql-view"}]},
        "description": view.about or view.name,
        "relatedArtifact": needed,
        "content": [content],
    }


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
