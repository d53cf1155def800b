"""One thing a client of the API wants stored, changed or deleted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """`id` None: an id is given out. `body` None: delete. `if_version` 0: nothing may be there yet."""

    type: str
    id: str | None
    body: bytes | None
    if_version: int | None = None
