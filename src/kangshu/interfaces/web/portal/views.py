"""Lineage: which views there are and how they are kept; what one says, is made of, and is read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.described_views import DescribedView
from kangshu.app.platform import Platform
from kangshu.app.view_lineage import CountedIndicator, ViewLineage, ViewState
from kangshu.interfaces.web.portal.grants import grant_for, may
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.view_drawing import Drawing, draw
from kangshu.kernel.policies.definition import Resource


@dataclass(frozen=True, slots=True)
class Branch:
    """Something in a list, with what it is made of or what is made of it; `again`: it stands before, too."""

    view: DescribedView
    rows: int | None
    again: bool
    inside: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class ViewsPage(Page):
    """over_views, over_resources: the views and how they are kept; sources: what has come in, with rows;
    indicators: what is counted from views, its views in `known`; may_plans: plans can be seen."""

    template: ClassVar[str] = "views.html"
    title: ClassVar[str] = "views.title"
    section: ClassVar[str] = "views"

    over_views: tuple[ViewState, ...]
    over_resources: tuple[ViewState, ...]
    sources: tuple[tuple[DescribedView, int], ...]
    indicators: tuple[CountedIndicator, ...]
    known: dict[str, DescribedView]
    may_plans: bool


@dataclass(frozen=True, slots=True)
class ViewPage(Page):
    """state: how the view is kept, None for what has come in; rows: of what has come in; below, above: what
    it is made of and what is made of it; indicators: those counted from it or what is made of it."""

    template: ClassVar[str] = "view.html"
    title: ClassVar[str] = "views.title"
    section: ClassVar[str] = "views"

    view: DescribedView
    state: ViewState | None
    rows: int | None
    drawing: Drawing
    below: tuple[Branch, ...]
    above: tuple[Branch, ...]
    indicators: tuple[CountedIndicator, ...]
    may_plans: bool


def views(platform: Platform, call: Call) -> ViewsPage:
    """All views. Raises `Refused`."""
    grant = grant_for(platform, call.principal, "read", Resource("view"))
    lineage = platform.view_lineage
    present = lineage.present()
    states = lineage.states(grant, present=present)
    come_in = [view for view in lineage.described.values() if view.kind in ("landed", "facts")]
    rows = lineage.rows_below((view.name for view in come_in), present)
    return ViewsPage(
        tuple(state for state in states if state.view.kind == "select"),
        tuple(state for state in states if state.view.kind == "definition"),
        tuple((view, rows[view.name]) for view in come_in),
        lineage.indicators(),
        dict(lineage.described),
        _may_plans(platform, call),
    )


def view(platform: Platform, call: Call) -> ViewPage:
    """The view of the address. Raises `Refused`, and `NotFound` for one that nobody has."""
    grant = grant_for(platform, call.principal, "read", Resource("view"))
    lineage = platform.view_lineage
    chosen = lineage.of(str(call.parts["name"]))
    below, above = lineage.below(chosen.name), lineage.above(chosen.name)
    present = lineage.present()
    rows = lineage.rows_below([*below, chosen.name], present)
    reached = {chosen.name, *above}
    counted = tuple(each for each in lineage.indicators() if reached & {*each.indicator.needs})
    order = [lineage.of(name) for name in (*below, chosen.name, *above)]
    states = lineage.states(grant, [chosen.name], present) if chosen.is_view else ()
    needs = [[name for name in each.indicator.needs if name in reached] for each in counted]
    return ViewPage(
        chosen,
        states[0] if states else None,
        rows.get(chosen.name),
        draw(chosen.name, order, needs, rows),
        _made_of(lineage, chosen, rows, set()),
        _read_by(lineage, chosen.name, set()),
        counted,
        _may_plans(platform, call),
    )


def _may_plans(platform: Platform, call: Call) -> bool:
    return may(platform, call.principal, "read", Resource("indicator"))


def _made_of(
    lineage: ViewLineage, one: DescribedView, rows: Mapping[str, int], seen: set[str]
) -> tuple[Branch, ...]:
    found: list[Branch] = []
    for name in one.needs:
        each, again = lineage.of(name), name in seen
        seen.add(name)
        inside = () if again else _made_of(lineage, each, rows, seen)
        found.append(Branch(each, rows.get(name), again and bool(each.needs), inside))
    return tuple(found)


def _read_by(lineage: ViewLineage, name: str, seen: set[str]) -> tuple[Branch, ...]:
    found: list[Branch] = []
    for reader in lineage.readers(name):
        again = reader in seen
        seen.add(reader)
        inside = () if again else _read_by(lineage, reader, seen)
        found.append(Branch(lineage.of(reader), None, again and bool(lineage.readers(reader)), inside))
    return tuple(found)
