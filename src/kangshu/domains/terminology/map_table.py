"""How a table becomes concept maps, one for each span of days in which the same rows hold.

The table has the columns `source`, `target`, `equivalence`, `from`, `to` and `basis`; a row without days
holds always. Each map is complete for its days, and a version of the same URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kangshu.domains.terminology.reading import find_or_refuse, rows
from kangshu.domains.terminology.table import Table
from kangshu.kernel.base.errors import Problem
from kangshu.kernel.codes.concept_map import EFFECTIVE

EQUIVALENCES = (
    "relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact",
    "unmatched", "disjoint",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MapDescription:
    """A concept map: from the codes of `source` to those of `target`, by the rows of `file`."""

    id: str
    url: str
    name: str
    title: str
    version: str
    publisher: str
    source: str
    target: str
    file: str


@dataclass(frozen=True, slots=True)
class Row:
    """One pair of codes, and from when until when it holds; both days included."""

    source: str
    target: str
    equivalence: str
    first: date | None
    last: date | None
    basis: str

    def holds(self, on: date) -> bool:
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


@dataclass(frozen=True, slots=True)
class MadeMaps:
    """ConceptMap resources, the pairs that are in them, and what was wrong with rows that are not."""

    resources: tuple[dict[str, Any], ...]
    count: int
    problems: tuple[Problem, ...]


def make_maps(description: MapDescription, folders: Sequence[Path]) -> MadeMaps:
    """The maps of a table. Raises `NotFound` and `Invalid` as for any table of codes."""
    path = find_or_refuse(description.file, folders)
    columns = ("equivalence", "from", "to", "basis")
    table = Table(path.name, "source", "target", joined=columns, separator=_separator(path))
    good: list[Row] = []
    problems: list[Problem] = []
    for line, written in rows(table, path):
        found = _row(written)
        if isinstance(found, Row):
            good.append(found)
        else:
            problems.append(Problem("error", "value", f"{path.name}:{line}", found))
    resources = tuple(_resource(description, good, *span) for span in _spans(good))
    return MadeMaps(resources, len(good), tuple(problems))


def _separator(path: Path) -> str:
    return "tab" if path.suffix == ".tsv" else "comma"


def _row(written: Mapping[str, str]) -> Row | str:
    """The row, or what is wrong with it."""
    cells = {name: cell.strip() for name, cell in written.items()}
    if not cells["source"] or not cells["basis"]:
        return "The row has no source code, or nothing says on what it is based."
    if cells["equivalence"] not in EQUIVALENCES:
        return f"The equivalence is none of {', '.join(EQUIVALENCES)}."
    if not cells["target"] and cells["equivalence"] != "unmatched":
        return "The row has no target code; a code that leads nowhere is unmatched."
    try:
        first, last = (date.fromisoformat(cells[name]) if cells[name] else None for name in ("from", "to"))
    except ValueError:
        return "From and to are days like 2026-01-31."
    if first and last and last < first:
        return "The row ends before it begins."
    return Row(cells["source"], cells["target"], cells["equivalence"], first, last, cells["basis"])


def _spans(good: Iterable[Row]) -> list[tuple[date | None, date | None]]:
    """The spans between the days on which any row begins or has ended."""
    good = list(good)
    starts = {each.first for each in good if each.first}
    starts |= {each.last + timedelta(1) for each in good if each.last}
    edges: list[date | None] = [None, *sorted(starts)]
    ends = [each - timedelta(1) for each in edges[1:] if each]
    spans = list(zip(edges, [*ends, None], strict=True))
    return [span for span in spans if any(each.holds(span[0] or span[1] or date.max) for each in good)]


def _resource(
    description: MapDescription, good: Iterable[Row], first: date | None, last: date | None
) -> dict[str, Any]:
    elements: dict[str, list[dict[str, str]]] = {}
    for each in good:
        if each.holds(first or last or date.max):
            target = {"equivalence": each.equivalence, "comment": each.basis}
            elements.setdefault(each.source, []).append(
                {"code": each.target, **target} if each.target else target
            )
    period = {"start": first and first.isoformat(), "end": last and last.isoformat()}
    stated = {name: day for name, day in period.items() if day}
    resource: dict[str, Any] = {
        "resourceType": "ConceptMap",
        "id": id_of(description.id, first),
        "url": description.url,
        "version": f"{description.version}.{first.isoformat()}" if first else description.version,
        "name": description.name,
        "title": description.title,
        "status": "active",
        "publisher": description.publisher,
        "group": [
            {
                "source": description.source,
                "target": description.target,
                "element": [{"code": code, "target": found} for code, found in elements.items()],
            }
        ],
    }
    if stated:
        resource["extension"] = [{"url": EFFECTIVE, "valuePeriod": stated}]
    return resource


def id_of(identifier: str, first: date | None) -> str:
    """The id of the map that is good from a day on."""
    return f"{identifier}-{first.isoformat()}" if first else identifier


def retired(description: MapDescription, first: date | None) -> dict[str, Any]:
    """What takes the place of a map whose days no table speaks of any more."""
    return {
        "resourceType": "ConceptMap",
        "id": id_of(description.id, first),
        "url": f"{description.url}/retired",
        "version": "0",
        "name": description.name,
        "title": description.title,
        "status": "retired",
    }
