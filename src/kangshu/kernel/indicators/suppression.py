"""Hide small numbers, and as many others that the hidden ones cannot be computed from what is shown.

A cell is small if its numerator or denominator is above zero and below the smallest number that may be shown.
The cells of a period hang together by lines: a cell is the sum of the cells that break it down by one more
stratum. Two things are made sure of. What is hidden of a shown sum is together no small number. And no hidden
cell follows from the lines: the equations in the hidden cells determine none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from kangshu.kernel.indicators.cell import Count, Hidden, Strata

Key = tuple[str, Strata]
Line = tuple[Key, tuple[Key, ...]]
"""A sum, and what it is the sum of."""

_PRIME = (1 << 61) - 1
"""The equations are solved modulo a prime: their coefficients are 1 and -1, and numbers stay short."""


def hide(counts: Sequence[Count], smallest: int) -> dict[Key, Hidden]:
    """Which cells are not shown, and why."""
    found: dict[Key, Hidden] = {}
    by_period: dict[str, dict[Key, Count]] = defaultdict(dict)
    for count in counts:
        by_period[count.period][(count.period, count.strata)] = count
    for cells in by_period.values():
        small = {key for key, count in cells.items() if is_small(count, smallest)}
        if small:
            for key in _shielded(cells, small, smallest):
                found[key] = "small" if key in small else "shields"
    return found


def is_small(count: Count, smallest: int) -> bool:
    """Whether a cell by itself must not be shown."""
    numbers = (count.numerator, count.denominator or Decimal(0))
    return any(0 < number < smallest for number in numbers)


def lines_of(keys: Sequence[Key]) -> list[Line]:
    """Every sum among cells of one period, with its parts."""
    parts: dict[tuple[Key, str], list[Key]] = defaultdict(list)
    for period, strata in keys:
        for name, value in strata:
            rest = tuple(each for each in strata if each != (name, value))
            parts[((period, rest), name)].append((period, strata))
    there = set(keys)
    return [(whole, tuple(found)) for (whole, _), found in parts.items() if whole in there]


def determined(lines: Sequence[Line], hidden: set[Key]) -> set[Key]:
    """The hidden cells that follow from those shown: pivots that stand alone in the reduced equations."""
    solved: dict[Key, dict[Key, int]] = {}
    for whole, parts in lines:
        row = {part: 1 for part in parts if part in hidden} | ({whole: _PRIME - 1} if whole in hidden else {})
        for pivot in [key for key in row if key in solved]:
            _subtract(row, solved[pivot], row[pivot])
        if not row:
            continue
        pivot = next(iter(row))
        inverse = pow(row[pivot], -1, _PRIME)
        row = {key: value * inverse % _PRIME for key, value in row.items()}
        for other in solved.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        solved[pivot] = row
    return {pivot for pivot, row in solved.items() if len(row) == 1}


def _subtract(row: dict[Key, int], other: Mapping[Key, int], times: int) -> None:
    for key, value in other.items():
        left = (row.get(key, 0) - times * value) % _PRIME
        if left:
            row[key] = left
        else:
            row.pop(key, None)


def _shielded(cells: Mapping[Key, Count], small: set[Key], smallest: int) -> set[Key]:
    """Small cells and those hidden for their sake."""
    lines = lines_of(list(cells))
    holding: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        for key in (line[0], *line[1]):
            holding[key].append(line)
    hidden = set(small)
    while True:
        chosen = {_next(line, cells, hidden) for line in lines if _tells(line, cells, hidden, smallest)}
        if not chosen:
            open_lines = (
                next((line for line in holding[key] if not hidden.issuperset((line[0], *line[1]))), None)
                for key in determined(lines, hidden)
            )
            chosen = {_next(line, cells, hidden) for line in open_lines if line}
        if not chosen:
            return hidden
        hidden |= chosen


def _tells(line: Line, cells: Mapping[Key, Count], hidden: set[Key], smallest: int) -> bool:
    """Whether a shown sum says that what is hidden of it is small."""
    whole, parts = line
    if whole in hidden:
        return False
    gone = [cells[part] for part in parts if part in hidden]
    if not gone:
        return False
    numerator = sum((each.numerator for each in gone), Decimal(0))
    denominator = sum((each.denominator or Decimal(0) for each in gone), Decimal(0))
    return len(gone) == 1 or 0 < numerator < smallest or 0 < denominator < smallest


def _next(line: Line, cells: Mapping[Key, Count], hidden: set[Key]) -> Key:
    """What to hide next: the smallest part that is not nothing, any part, at last the sum itself."""
    whole, parts = line
    left = [part for part in parts if part not in hidden]
    if not left:
        return whole
    return min(left, key=lambda key: (cells[key].numerator == 0, cells[key].units, repr(key)))
