"""The picture of what a view is made of and what is made of it: one below the other, joined by arcs.

What is read stands above what reads it, so that it can be read on a phone as on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kangshu.app.described_views import DescribedView

_STEP, _TOP, _LINE, _NEAREST, _FARTHEST = 40, 22, 100, 14, 92
INDICATORS = ""
"""The name under which all indicators stand as one."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing on the line; `view` is None for the indicators. `rows` is None where nothing is counted."""

    y: int
    view: DescribedView | None
    chosen: bool
    rows: int | None


@dataclass(frozen=True, slots=True)
class Arc:
    """From what is read to what reads it; `near`: the chosen view is one of them."""

    path: str
    tip: str
    near: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it; `x` is where the line is."""

    height: int
    x: int
    stops: tuple[Stop, ...]
    arcs: tuple[Arc, ...]

    @property
    def views(self) -> Mapping[str, DescribedView]:
        """What is drawn, by name."""
        return {stop.view.name: stop.view for stop in self.stops if stop.view}


def draw(
    chosen: str,
    order: Sequence[DescribedView],
    indicator_needs: Iterable[Sequence[str]],
    rows: Mapping[str, int],
) -> Drawing:
    """`order`: each behind what it is made of; `indicator_needs`: what each indicator is counted from."""
    place = {view.name: number for number, view in enumerate(order)}
    stops = [Stop(_y(place[each.name]), each, each.name == chosen, rows.get(each.name)) for each in order]
    pairs = [(need, view.name) for view in order for need in view.needs if need in place]
    counted = sorted({need for needs in indicator_needs for need in needs if need in place})
    if counted:
        place[INDICATORS] = len(order)
        stops.append(Stop(_y(len(order)), None, chosen=False, rows=None))
        pairs += [(need, INDICATORS) for need in counted]
    arcs = [_arc(place[one], place[other], near=chosen in (one, other)) for one, other in pairs]
    arcs.sort(key=lambda arc: arc.near)
    return Drawing(2 * _TOP + _STEP * (len(stops) - 1), _LINE, tuple(stops), tuple(arcs))


def _y(place: int) -> int:
    return _TOP + _STEP * place


def _arc(start: int, end: int, *, near: bool) -> Arc:
    high, low, wide = _y(start), _y(end), min(_FARTHEST, _NEAREST + 6 * (end - start - 1))
    x = _LINE - 8
    path = f"M{x} {high}C{x - wide * 4 // 3} {high} {x - wide * 4 // 3} {low} {x} {low}"
    return Arc(path, f"{x - 6},{low - 4} {x + 1},{low} {x - 6},{low + 4}", near)
