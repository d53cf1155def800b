"""What columns are called: the name a feed promises, and the same name as people write it in a heading."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from kangshu.domains.intake.tables.refusal import refusal

UNNAMED = "_unnamed"
"""The name of a column without one begins with this; its number follows."""
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))


@lru_cache(4096)
def folded(name: str) -> str:
    """A name without what the eye passes over: case, width of characters, blanks and breaks."""
    seen = unicodedata.normalize("NFKC", name.translate(_UNSEEN)).casefold()
    return "".join(seen.split())


def named(names: Sequence[str], wanted: str) -> str | None:
    """The column that is called so: to the letter, else the only one that looks so; None if there is none."""
    if wanted in names:
        return wanted
    looked_for = folded(wanted)
    alike = [name for name in names if folded(name) == looked_for]
    return alike[0] if len(alike) == 1 else None


def how_many(names: Sequence[str], wanted: Sequence[str]) -> int:
    """How many of the wanted columns a row names; one said several times counts once."""
    return len({folded(name) for name in names} & {folded(name) for name in wanted})


def refuse_duplicates(names: Sequence[str], place: str) -> None:
    """Raises `Invalid` where a column is named twice: nobody can tell which one is meant."""
    seen: dict[str, list[int]] = {}
    for number, name in enumerate(names, 1):
        if not name.startswith(UNNAMED):
            seen.setdefault(name.casefold(), []).append(number)
    twice = [
        f"{names[found[0] - 1]} (columns {', '.join(map(str, found))})"
        for found in seen.values()
        if len(found) > 1
    ]
    if twice:
        raise refusal(place, f"Columns are named more than once: {'; '.join(twice)}.", "Name each once.")
