"""The name of a condition, by which those who look first and write then wait for each other.

"Create it unless it is there" finds nothing for two who ask at once. Who has the turn of the
condition (`exclusive`) is alone with it, be it the API or an intake, in whatever process.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl


def name_of(type: str, criteria: Iterable[tuple[str, str]]) -> str:
    """The same for the same criteria, in whatever order."""
    return f"condition {type} {sorted(criteria)}"


def name_of_text(type: str, search: str) -> str:
    """The name for criteria written as a URL query, however they are encoded."""
    return name_of(type, parse_qsl(search.lstrip("?"), keep_blank_values=True))
