"""$expand: every code of a value set, in order, page by page, flat or as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.entry import Entry, Wanted, entry_of
from kangshu.kernel.codes.issues import CodesRefused, issue
from kangshu.kernel.codes.membership import check_value_set
from kangshu.kernel.codes.selection import Found, check_expandable, selected
from kangshu.kernel.codes.used import systems_in, used_by
from kangshu.kernel.codes.value_set import ValueSet


@dataclass(frozen=True, slots=True)
class Expansion:
    """A page of an expansion, and what it was made from.

    used      (parameter, canonical) pairs to be told: used-codesystem, used-valueset, warning-draft …
    declared  properties that occur, by code, with their URI
    """

    total: int
    entries: tuple[Entry, ...]
    used: tuple[tuple[str, str], ...] = ()
    declared: Mapping[str, str] = field(default_factory=dict[str, str])
    fragments: tuple[str, ...] = ()


def expand(context: Context, value_set: ValueSet, wanted: Wanted) -> Expansion:
    """One page of the codes of a value set. Raises `CodesRefused` where it cannot be made or is too large."""
    check_value_set(context, value_set)
    check_expandable(context, value_set)
    found = _limited(
        value_set,
        wanted,
        list(selected(context, value_set, text=wanted.text, without_systems=wanted.without_systems)),
    )
    total = len(found)
    is_paged = wanted.count is not None or wanted.offset > 0
    if is_paged:
        end = None if wanted.count is None else wanted.offset + wanted.count
        found = found[wanted.offset : end]
    declared: dict[str, str] = {}
    entries = [entry_of(context, each, wanted, declared) for each in found]
    # With something taken out, a tree would put codes where their definition does not.
    if not (wanted.is_flat or is_paged or value_set.excludes):
        entries = _as_tree(found, entries)
    systems = systems_in(context, value_set)
    return Expansion(
        total=total,
        entries=tuple(entries),
        used=tuple(dict.fromkeys(used_by(context, value_set, systems))),
        declared=declared,
        fragments=tuple(each.url for each in systems if each.content == "fragment"),
    )


def _limited(value_set: ValueSet, wanted: Wanted, found: list[Found]) -> list[Found]:
    size = len(found) if wanted.count is None else min(wanted.count, len(found))
    if size > wanted.most:
        raise CodesRefused(issue("VALUESET_TOO_COSTLY", value_set=value_set.label, limit=str(wanted.most)))
    return found


def _as_tree(found: Sequence[Found], entries: Sequence[Entry]) -> list[Entry]:
    """Entries below the nearest broader concept that is there as well; listed codes stay side by side."""
    numbers = {
        (each.system.canonical, each.concept.code): n for n, each in enumerate(found) if each.is_nested
    }
    below: dict[int, list[int]] = {}
    tops: list[int] = []
    for number, each in enumerate(found):
        above = _above(each, numbers) if each.is_nested else None
        (tops if above is None else below.setdefault(above, [])).append(number)
    return [_grown(number, entries, below) for number in tops]


def _above(found: Found, numbers: Mapping[tuple[str, str], int]) -> int | None:
    for parent in found.concept.parents:
        number = numbers.get((found.system.canonical, parent))
        if number is not None:
            return number
    return None


def _grown(number: int, entries: Sequence[Entry], below: Mapping[int, Sequence[int]]) -> Entry:
    inner = tuple(_grown(each, entries, below) for each in below.get(number, ()))
    return replace(entries[number], below=inner) if inner else entries[number]
