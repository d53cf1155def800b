"""What a search is read against, beside the words of the search itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class CodesMeant(Protocol):
    """(system, code) of all that a modifier and its value stand for.

    `in`, `not-in`: the value is the URL of a value set; `above`, `below`: it is `system|code`. Raises
    `KangshuError` for what is not known.
    """

    def __call__(self, modifier: str, value: str) -> Sequence[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class SearchContext:
    """When and where a search is asked, and who knows the codes it means.

    now    epoch seconds, from which `ap` measures the closeness of dates
    base   the address under which facts are asked for: a reference written with it means the same as without
    codes  what `:in`, `:not-in`, `:above` and `:below` of tokens stand for; None: they cannot be used
    """

    now: float = 0.0
    base: str = ""
    codes: CodesMeant | None = None


FROM_WITHIN = SearchContext()
"""Of a search the platform asks itself: from no address, without code modifiers and closeness of dates."""
