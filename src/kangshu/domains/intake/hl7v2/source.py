"""Where a row of the tables reads from: a field, a component of it, or a constant."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kangshu.domains.intake.hl7v2.run import Run
from kangshu.domains.intake.hl7v2.tables import Row
from kangshu.kernel.base.errors import Invalid

DEEPEST = 3
"""The depth of what has no separators below it: subcomponents."""

_FIELD = re.compile(r"(?:([A-Z][A-Z0-9]{2})-)?(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Source:
    """A field or component, of this segment or of one read before."""

    segment: str | None
    number: int
    component: int | None


def written_at(parts: Sequence[str], source: Source, run: Run, depth: int) -> str:
    """The text at the source, '' for none. `parts` stand at `depth`."""
    if source.segment is not None:
        found = run.latest.get(source.segment)
        written = found.field(source.number).split(run.separators[0], 1)[0] if found is not None else ""
        depth = 1
    else:
        written = parts[source.number] if source.number < len(parts) else ""
    if source.component is None or not written:
        return written
    pieces = written.split(run.separators[depth]) if depth < DEEPEST else [written]
    return pieces[source.component - 1] if source.component <= len(pieces) else ""


def parse_source(written: str, row: Row) -> Source:
    """`5`, `5.2` or `PV1-44`. Raises `Invalid` for anything else."""
    match = _FIELD.fullmatch(written)
    if match is None:
        raise Invalid(f"{row.where}: {written} is not a source: 5, 5.2, PV1-44, =constant, @Type or a dot.")
    return Source(match[1], int(match[2]), int(match[3]) if match[3] else None)


def parse_constant(written: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(written)
    except ValueError:
        return written
