"""What all conditions in SQL are made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Bind = Callable[[Any], str]
"""Takes a value into the statement; what stands for it there."""

CURRENT = "{a}.superseded_at IS NULL AND NOT {a}.deleted"


def all_of(conditions: Sequence[str]) -> str:
    """Every one of the conditions; true of none."""
    return " AND ".join(conditions) or "true"


def any_of(conditions: Sequence[str]) -> str:
    """One of the conditions; false of none."""
    return "(" + (" OR ".join(conditions) or "false") + ")"
