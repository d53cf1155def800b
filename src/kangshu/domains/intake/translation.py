"""The seam where local codes get their standard ones: what intake asks of whoever knows the maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from kangshu.kernel.facts.local_codes import Seen


@dataclass(frozen=True, slots=True)
class Translation:
    """A body with standard codings beside the local ones, the very same object where none came; and the
    local codes in it that lead nowhere."""

    body: bytes
    unknown: tuple[Seen, ...] = ()


class Translate(Protocol):
    """Translates what one institution sends, under the maps of a moment. Asks nothing of the database."""

    def __call__(self, type_: str, id_: str, body: bytes, resource: Mapping[str, Any]) -> Translation:
        """`resource` is the body, parsed."""
        ...

    def sent(self, type_: str, body: bytes) -> bytes:
        """The body as the institution wrote it, without codings that were added here."""
        ...
