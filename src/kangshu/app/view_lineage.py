"""Where numbers come from: views, what they are made of, what is made of them, and how they are kept."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kangshu.app.described_views import DescribedView, describe_views
from kangshu.app.kept_views import KeptViews
from kangshu.app.refresh_notes import RefreshNote, read_notes
from kangshu.app.relations import Present, kept_as
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.held import Held
from kangshu.kernel.policies.definition import Grant


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A table that keeps a view, over everything or what is from a county.

    current  whether it is made of all that is below it in the lake
    """

    note: RefreshNote
    current: bool

    @property
    def state(self) -> str:
        """How it stands, in one word."""
        failed, made = self.note.failed, self.note.made
        if failed and (made is None or failed > made):
            return "failed"
        return "current" if self.current else "behind"


@dataclass(frozen=True, slots=True)
class ViewState:
    """A view with the tables that keep it, that over everything first; `is_kept`: whether any is to."""

    view: DescribedView
    is_kept: bool
    least: int | None
    shrinks: float | None
    tables: tuple[KeptTable, ...]

    @property
    def whole(self) -> KeptTable | None:
        """The table over everything, or the first there is."""
        return self.tables[0] if self.tables else None


@dataclass(frozen=True, slots=True)
class CountedIndicator:
    """An indicator that is counted from views, and the plans of its place that have it."""

    place: str
    indicator: Indicator
    plans: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class ViewLineage:
    """Definitions of views and how they are kept, for whoever may see them. Safe to share between threads."""

    kept: KeptViews
    places: Mapping[str, PlaceContent]
    note: Note
    _described: dict[str, DescribedView] = field(default_factory=dict[str, DescribedView])
    _counts: dict[str, tuple[Hashable, int]] = field(default_factory=dict[str, tuple[Hashable, int]])

    @property
    def described(self) -> Mapping[str, DescribedView]:
        """All views, and what they or indicators read."""
        if not self._described:
            every = (each for content in self.places.values() for each in content.indicators.indicators)
            needs = {name for each in every for name in each.needs}
            self._described.update(describe_views(self.kept.relations, needs))
        return self._described

    def of(self, name: str) -> DescribedView:
        """A view, or what views read. Raises `NotFound`."""
        if name not in self.described:
            raise NotFound(f"There is no view {name}.", remedy="`kangshu view list` names them.")
        return self.described[name]

    def present(self) -> Present:
        """The lake at this moment, for one page: what it tells goes together, and is looked up once."""
        return Present(self.kept.lake)

    def states(
        self, grant: Grant, names: Iterable[str] | None = None, present: Present | None = None
    ) -> tuple[ViewState, ...]:
        """How views are kept: all, or those named; numbers of rows, no row."""
        notes, present = read_notes(self.kept.lake), present or self.present()
        wanted = self.kept.relations.views.names if names is None else tuple(names)
        found = tuple(self._state(name, notes, present) for name in wanted)
        self.note(grant, Use("view", (), (), len(found)))
        return found

    def _state(self, name: str, notes: Mapping[str, RefreshNote], present: Present) -> ViewState:
        select = self.kept.relations.views.selects.get(name)
        known = {note.table: note for note in notes.values() if note.view == name}
        whole = kept_as(name)
        if whole not in known and present.held(whole):
            known[whole] = RefreshNote(whole, name, None)
        tables = tuple(
            KeptTable(note, self.kept.is_current(name, note.county, present))
            for note in sorted(known.values(), key=lambda note: note.county or "")
        )
        least, shrinks = (select.checks.least, select.checks.shrinks) if select else (None, None)
        return ViewState(self.of(name), select is None or select.keep, least, shrinks, tables)

    def below(self, name: str) -> tuple[str, ...]:
        """What something is made of, all of it, each behind what it is made of itself."""
        if not self.of(name).is_view:
            return ()
        return self._in_order({*self.kept.relations.views.order([name])} - {name})

    def above(self, name: str) -> tuple[str, ...]:
        """Views that are made of something, all of them, in their order."""
        names = self.kept.relations.views.names
        return self._in_order(each for each in names if name in self.below(each))

    def _in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Each behind what it is made of: by how many steps it is from what has come in, then by name."""
        return tuple(sorted(names, key=lambda name: (self._steps(name), name)))

    def _steps(self, name: str) -> int:
        return max((1 + self._steps(each) for each in self.of(name).needs), default=0)

    def readers(self, name: str) -> tuple[str, ...]:
        """Views that read something themselves."""
        return tuple(each.name for each in self.described.values() if name in each.needs)

    def indicators(self) -> tuple[CountedIndicator, ...]:
        """All indicators that are counted."""
        return tuple(
            CountedIndicator(place, each, tuple(_with(content, each.id)))
            for place, content in self.places.items()
            for each in content.indicators.indicators
            if each.kind == "computed" and set(each.needs) & self.described.keys()
        )

    def rows_below(self, names: Iterable[str], present: Present | None = None) -> Mapping[str, int]:
        """How many rows there are of what has come in: facts with all their versions, landed tables."""
        present, found = present or self.present(), dict[str, int]()
        for name in names:
            if self.of(name).kind in ("facts", "landed"):
                held = present.held(self.kept.relations.table_of_base(name))
                found[name] = self._count(name, held) if held else 0
        return found

    def _count(self, name: str, held: Held) -> int:
        """The rows of a table; counted again when it has other files."""
        files = (held.version, held.uris)
        at, rows = self._counts.get(name, (None, 0))
        if at != files:
            with engine(self.kept.lake.scratch) as work:
                held.offer(work, "counted")
                rows = int(work.one("SELECT count(*) FROM counted"))
            self._counts[name] = (files, rows)
        return rows


def state_as_json(state: ViewState) -> Iterable[dict[str, Any]]:
    """A line for each table that keeps a view; one for a view that has none."""
    told: dict[str, Any] = {"view": state.view.name, "title": state.view.title, "kept": state.is_kept}
    checks = {"key": list(state.view.key), "least": state.least, "shrinks": state.shrinks}
    if not state.tables:
        yield {**told, "state": "", "checks": checks}
    for each in state.tables:
        note = each.note
        yield {
            **told,
            "county": note.county,
            "state": each.state,
            "made": note.made.isoformat() if note.made else None,
            "rows": note.rows,
            "seconds": note.seconds,
            "problem": note.problem,
            "checks": checks,
        }


def _with(content: PlaceContent, indicator: str) -> Iterable[Plan]:
    for plan in content.plans.values():
        if any(row.indicator == indicator for row in plan.rows):
            yield plan
