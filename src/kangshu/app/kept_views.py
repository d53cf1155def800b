"""Views that are kept in the lake and made up to date by what changed below them.

ViewDefinitions are kept with all versions of the facts they are made of, so that one table serves every
grant and every time that is asked for; new versions are added. A view in SQL is kept where its TOML says so,
as it is now, and made again when anything below changed. Each is one commit, which also notes from which
versions it was made: killed anywhere, the next turn finds what is to be done, and who reads meanwhile sees
the rows of before. All of it can be deleted: it is made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kangshu.app.changes import Changes
from kangshu.app.fact_lake import FactLake, table_of
from kangshu.app.lens import Lens
from kangshu.app.merged_views import ADDED, merge
from kangshu.app.refresh_notes import Turn
from kangshu.app.relations import FACT_KEY, Present, Relations, kept_as, kept_columns
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.ordered_work import work_in_order
from kangshu.kernel.facts.exclusive import exclusive
from kangshu.kernel.lake.arrow import Arrow
from kangshu.kernel.lake.engine import Engine, Unreadable, engine, listed, quoted, reading
from kangshu.kernel.lake.held import NOWHERE, Held
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.views.lineage import digest, lineage
from kangshu.kernel.views.run import plural_values
from kangshu.kernel.views.sql_view import SqlView

_TURN = "kept views"
_KEPT = ("view_", "tally_")
_AT_ONCE = 2
"""Views made at once. The engine of each has all processors; this fills the time in which one writes."""

Progress = Callable[[int, int], None]
"""Called with (how many are done, how many there are)."""


def is_kept(table: str) -> bool:
    """Whether a table of the lake is made from others of it, and again if need be."""
    return table.startswith(_KEPT)


@dataclass(frozen=True, slots=True)
class KeptViews:
    """Keeps views. Safe to share between threads and processes."""

    facts: FactLake
    relations: Relations

    @property
    def lake(self) -> Lake:
        """Where they are kept."""
        return self.facts.lake

    @contextmanager
    def up_to_date(
        self,
        names: Iterable[str],
        county: str | None = None,
        progress: Progress | None = None,
        *,
        selects: bool = True,
    ) -> Generator[Present]:
        """The lake with these views, and all below them, as they are now; others wait meanwhile.

        `county`: views in SQL over what is from there only; `selects`: views in SQL at all.
        """
        with self.facts.database.statements() as session, exclusive(session, _TURN):
            self.facts.follow()
            present = Present(self.lake)
            views = self.relations.views
            kept = [
                name
                for name in views.order(names)
                if name in views.definitions
                or (selects and name in views.selects and views.selects[name].keep)
            ]
            needs = {name: {*views.order([name])} & {*kept} - {name} for name in kept}
            turn = Turn(self.lake, self.facts.clock)

            def bring_up(name: str) -> None:
                self._bring_up(name, None if name in views.definitions else county, present, turn)

            try:
                work_in_order(needs, bring_up, threads=_AT_ONCE, progress=progress)
            finally:
                turn.write()
            yield present

    def is_current(self, name: str, county: str | None, present: Present) -> bool:
        """Whether a view is kept, and made of all that is below it in the lake."""
        views, kept = self.relations.views, present.held(kept_as(name, county))
        if name in views.definitions:
            facts = present.held(table_of(views.definitions[name].resource))
            if kept is None or facts is None:
                return facts is None
            return kept.done(self._application(name)) == facts.version
        return kept is not None and _is_made_from(kept, self._state_of(views.selects[name], county, present))

    def _bring_up(self, name: str, county: str | None, present: Present, turn: Turn) -> None:
        views, began, table = self.relations.views, self.facts.clock(), kept_as(name, county)
        try:
            if name in views.definitions:
                made = self._add_versions(name, present)
            else:
                made = self._make_again(views.selects[name], county, present)
        except Invalid as error:
            turn.failed(table, name, county, error.message)
            raise
        if made:
            turn.made(table, name, county, self._rows(present.look_again(table)), began)

    def _rows(self, held: Held | None) -> int:
        if held is None:
            return 0
        with engine(self.lake.scratch) as work:
            held.offer(work, "kept")
            return int(work.one("SELECT count(*) FROM kept"))

    def _application(self, name: str) -> str:
        source = table_of(self.relations.views.definitions[name].resource)
        said = self.relations.compiled(name, source, carried=True).sql
        return f"{hashlib.sha256(said.encode()).hexdigest()[:16]}/{source}"

    def _add_versions(self, name: str, present: Present) -> bool:
        """Add what is new to a ViewDefinition; whether anything was."""
        source = table_of(self.relations.views.definitions[name].resource)
        facts, kept = present.held(source), present.held(kept_as(name))
        if facts is None:
            return False
        application = self._application(name)
        done = kept.done(application) if kept else None
        if done == facts.version:
            return False
        with engine(self.lake.scratch) as work:
            low = _first_change(work, facts, done)
            facts.offer(work, "stored")
            carried = ", ".join(f"{each.removeprefix('_')} AS {each}" for each in ("_tx", "_id", "_version"))
            whose = "recorded AS _recorded, person AS _person, org AS _org, county AS _county"
            new = (
                f"(SELECT body, {carried}, {whose} FROM stored WHERE NOT deleted"
                f"{'' if low is None else f' AND tx >= {low}'})"
            )
            compiled = self.relations.compiled(name, new, carried=True)
            try:
                with reading():
                    rows = work.arrow(f"SELECT {kept_columns(compiled)} FROM ({compiled.sql})")
                condition = None if low is None else f"_tx >= {low}"
                self.lake.keep(kept_as(name), rows, {application: facts.version}, condition=condition)
            except Unreadable as error:
                raise plural_values(error) from None
        return True

    def _make_again(self, view: SqlView, county: str | None, present: Present) -> bool:
        """Make a view in SQL again if anything below changed; whether it did."""
        table = kept_as(view.name, county)
        state = self._state_of(view, county, present)
        kept = present.held(table)
        if kept and _is_made_from(kept, state):
            return False
        lens, only = Lens(county=county), None
        with engine(self.lake.scratch) as work, Changes(self.relations, present, lens) as changes:
            news = self._news(view, kept, state, changes)
            if kept is None or news is None:
                self.relations.make(work, view.needs, lens, present)
                work.run(f"CREATE TABLE kept AS {view.sql}")
            else:
                only = merge(work, view, kept, news)
            refuse_keys(work, view)
            if only is None:
                rows = work.one("SELECT count(*) FROM kept")
                refuse_rows(view, rows, county, self._rows(kept) if kept else None)
            if only == ADDED:
                self.lake.add(table, work.arrow("FROM kept"), state, by=view.by or None)
            else:
                self.lake.keep(table, work.arrow("FROM kept"), state, condition=only, by=view.by or None)
        return True

    def _news(
        self, view: SqlView, kept: Held | None, state: Mapping[str, int], changes: Changes
    ) -> list[Arrow] | None:
        """The rows of what is new below a view that merges them; None: it is to be made as a whole."""
        if kept is None or view.merges is None:
            return None
        done = {name: kept.done(name) for name in state}
        below = lineage(self.relations.views, view.needs, view.follows)
        found = changes.since(done, state, view.needs, below)
        if not found or not all(each.only_new for each in found):
            return None
        return [each.work.table(view.sql) for each in found]

    def _state_of(self, view: SqlView, county: str | None, present: Present) -> dict[str, int]:
        views = self.relations.views
        said = digest(views, [view.name], self.relations.texts(), county or "")
        return self.state(said, lineage(views, [view.name]).bases, present)

    def state(self, said: str, bases: Iterable[str], present: Present) -> dict[str, int]:
        """What is noted of something made of bases as they are now; `said` is a hash of how it is made."""
        tables = {base: self.relations.table_of_base(base) for base in sorted(bases)}
        held = {base: present.held(table) for base, table in tables.items()}
        return {f"{said}/{base}": found.version if found else NOWHERE for base, found in held.items()}


def _is_made_from(kept: Held, state: Mapping[str, int]) -> bool:
    return all(kept.done(application) == version for application, version in state.items())


def _first_change(work: Engine, facts: Held, done: int | None) -> int | None:
    """The first transaction from which versions are other ones; None: all may be."""
    changed = None if done is None else facts.changed_since(done)
    if changed is None:
        return None
    if not (changed.came or changed.went):
        return _NEVER
    facts.offer_changed(work, "changed", changed, FACT_KEY)
    low = work.one("SELECT min(tx) FROM changed")
    return _NEVER if low is None else int(low)


_NEVER = (1 << 62) - 1
"""A transaction that does not come."""


def refuse_keys(work: Engine, view: SqlView) -> None:
    """Raise `Invalid` where the rows of a view, in the table `kept`, are not told apart by its key."""
    unknown = sorted(set(view.key) - set(work.names("FROM kept")))
    if unknown:
        raise Invalid(
            f"The view {view.name} has no column {', '.join(unknown)}, which its key names.",
            remedy=f"Correct `key` in {view.name}.toml, or the SELECT.",
        )
    if not view.key:
        return
    key = listed(view.key)
    missing = " OR ".join(f"{quoted(name)} IS NULL" for name in view.key)
    twice, empty = work.rows(
        f"SELECT (SELECT count(*) FROM (SELECT 1 FROM kept GROUP BY {key} HAVING count(*) > 1)),"
        f" (SELECT count(*) FROM kept WHERE {missing})"
    )[0]
    if twice or empty:
        raise Invalid(
            f"The view {view.name} has {twice} keys ({', '.join(view.key)}) more than once"
            f" and {empty} rows without one. What was kept before stays.",
            remedy="Look at the joins of its SELECT, or correct `key` in its TOML.",
        )


def refuse_rows(view: SqlView, rows: int, county: str | None, before: int | None) -> None:
    """Raise `Invalid` where a view has fewer rows than its checks ask for; `least` is of all counties."""
    checks = view.checks if county is None else replace(view.checks, least=None)
    told = checks.broken(rows, before)
    if told:
        raise Invalid(
            f"The view {view.name} has {told}. What was kept before stays.",
            remedy=f"Look for what is missing below. If it is right, correct `[checks]` in {view.name}.toml,"
            " or make it anew with `kangshu lake rebuild`, which forgets how many there were.",
        )
