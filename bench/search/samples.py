"""Values to search for, drawn from what is stored: other ones in every run, unless a seed is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson
import psycopg

TYPES = (
    "Patient",
    "Observation",
    "Encounter",
    "Condition",
    "MedicationRequest",
    "DiagnosticReport",
    "Immunization",
)
PER_TYPE = 1_000

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Samples:
    """Stored resources of each type, and the dice to pick from them."""

    resources: Mapping[str, Sequence[Resource]]
    dice: Random

    def again(self, seed: str) -> Samples:
        """The same resources with dice that fall as they do for everyone with that seed."""
        return Samples(self.resources, Random(seed))

    def pick(self, type: str) -> Resource:
        return self.dice.choice(self.resources[type])

    def pick_with(self, type: str, element: str) -> Resource:
        """One that has the element."""
        while True:
            found = self.pick(type)
            if element in found:
                return found


def draw(url: str, dice: Random) -> Samples:
    """Resources spread over the whole of each table, not the first of it."""
    with psycopg.connect(url) as connection:
        return Samples({type: list(_some(connection, type, dice)) for type in TYPES}, dice)


def _some(connection: psycopg.Connection[Any], type: str, dice: Random) -> Iterator[Resource]:
    """By random lines: `TABLESAMPLE` would give whole pages, that is few patients and all of each."""
    bounds = connection.execute("SELECT min(line), max(line) FROM fact WHERE type = %s", (type,)).fetchone()
    if bounds is None or bounds[0] is None:
        raise SystemExit(
            f"There is no {type} to sample; the dataset is not complete. Delete it and run again."
        )
    lines = [dice.randint(*bounds) for _ in range(PER_TYPE)]
    rows = connection.execute(
        "SELECT f.body FROM unnest(%s::bigint[]) AS l CROSS JOIN LATERAL (SELECT body FROM fact"
        " WHERE type = %s AND line >= l AND superseded_at IS NULL AND NOT deleted ORDER BY line LIMIT 1) f",
        (lines, type),
    )
    for (body,) in rows:
        yield orjson.loads(body)
