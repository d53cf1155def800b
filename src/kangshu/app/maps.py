"""Maps: the boundaries that were handed in for counties, kept below the home of the installation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from kangshu.domains.planning.boundaries import Boundaries, geojson_of, parse_boundaries
from kangshu.kernel.base.errors import Invalid

_COUNTY = re.compile(r"\d{6}")


@dataclass(frozen=True, slots=True)
class Maps:
    """One file a county. Safe to share between threads; a file that is replaced is read again."""

    folder: Path
    _read: dict[str, tuple[int, Boundaries]] = field(default_factory=dict[str, tuple[int, Boundaries]])
    _lock: Lock = field(default_factory=Lock)

    def find(self, county: str) -> Boundaries | None:
        """The boundaries of a county, None where nobody has handed any in."""
        path = self._path(county)
        try:
            changed = path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        with self._lock:
            known = self._read.get(county)
            if known is None or known[0] != changed:
                known = self._read[county] = (changed, parse_boundaries(path.read_bytes(), county))
            return known[1]

    def take(self, county: str, text: bytes, *, name_property: str | None = None) -> Boundaries:
        """Keep the boundaries of a county, in the place of others. Raises `Invalid` with every problem."""
        path = self._path(county)
        found = parse_boundaries(text, county, name_property=name_property)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(geojson_of(found), "utf-8")
        fresh.replace(path)
        return found

    def remove(self, county: str) -> bool:
        """Whether there was something to remove."""
        path = self._path(county)
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def _path(self, county: str) -> Path:
        if not _COUNTY.fullmatch(county):
            raise Invalid("A county is a code of six digits (GB/T 2260).", remedy="Write 440983.")
        return self.folder / f"{county}.geojson"
