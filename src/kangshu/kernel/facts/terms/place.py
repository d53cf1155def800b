"""Where values stand and what is made of them there; and reading values that may have any shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

Json = dict[str, Any]

REMEMBERED = 4_096
"""Recent values remembered per place."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one parameter makes of the values at a place.

    only_type   of references, only those to this type count
    subject_of  set if a reference to this type says whom the fact is about
    """

    name: str
    slot: int | None = None
    only_type: str | None = None
    subject_of: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The uses of one place, and the zone of times that name none."""

    uses: tuple[Use, ...]
    zone: tzinfo

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(use.name for use in self.uses)

    @property
    def slots(self) -> tuple[int, ...]:
        return tuple(use.slot for use in self.uses if use.slot is not None)

    @property
    def present(self) -> tuple[str, ...]:
        return tuple(f"{name}:present" for name in self.names)


def objects(value: Any) -> Iterator[Json]:
    """The objects in a list, or the one object."""
    for element in value if isinstance(value, list) else (value,):  # pyright: ignore[reportUnknownVariableType]
        if isinstance(element, dict):
            yield element


def text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def texts(value: Any) -> Iterator[str]:
    """The strings in a list, or the one string."""
    for element in value if isinstance(value, list) else (value,):  # pyright: ignore[reportUnknownVariableType]
        if isinstance(element, str) and element:
            yield element
