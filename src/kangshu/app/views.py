"""The analyst's door: a view over facts, through a grant, into a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from kangshu.app.fact_lake import FactLake, table_of
from kangshu.app.kept_views import KeptViews, Progress, is_kept
from kangshu.app.lens import Lens, current_facts
from kangshu.app.relations import kept_as
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.facts.stretch_rows import VERSION_COLUMNS
from kangshu.kernel.lake.engine import Engine, Unreadable, engine, literal, quoted
from kangshu.kernel.policies.definition import Grant, Scope
from kangshu.kernel.views.compile import CompiledView, compile_view
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.elements import Elements
from kangshu.kernel.views.run import plural_values
from kangshu.kernel.views.view_set import ViewSet

Form = Literal["ndjson", "json", "csv", "parquet"]
FORMS: tuple[Form, ...] = get_args(Form)

_WRITTEN = {
    "ndjson": "FORMAT json",
    "json": "FORMAT json, ARRAY true",
    "csv": "FORMAT csv, HEADER true",
    "parquet": "FORMAT parquet",
}
_FACTS = "facts"


@dataclass(frozen=True, slots=True)
class Views:
    """Runs ViewDefinitions on the facts as they are, or were. Safe to share between threads."""

    kept: KeptViews
    note: Note

    @property
    def facts(self) -> FactLake:
        """The lake of facts below."""
        return self.kept.facts

    @property
    def elements(self) -> Elements:
        """What types of resources hold."""
        return self.kept.relations.elements

    @property
    def views(self) -> ViewSet:
        """The views of the packs."""
        return self.kept.relations.views

    def compile(self, view: ViewDefinition) -> CompiledView:
        """The view as SQL over a relation `facts`. Raises `Invalid` with every problem."""
        return compile_view(view, self.elements, source=_FACTS)

    def write(
        self,
        view: ViewDefinition,
        grant: Grant,
        path: Path,
        *,
        form: Form = "ndjson",
        as_of: datetime | None = None,
        limit: int | None = None,
    ) -> int:
        """Write the rows of a view over what the grant lets through; how many rows.

        What was stored before the call is in it. `as_of`: over what was known at a time. Raises `Invalid` for
        a view with problems, and where a column has two values for one row.
        """
        compiled = self.compile(view)
        self.facts.follow()
        with engine(self.facts.lake.scratch) as work:
            self._offer(work, view.resource, Lens(grant.scope, as_of))
            rows = _written(work, compiled.sql, path, form, limit)
        self.note(grant, Use(view.resource, (), (), rows))
        return rows

    def write_named(
        self,
        name: str,
        grant: Grant,
        path: Path,
        *,
        form: Form = "ndjson",
        as_of: datetime | None = None,
        limit: int | None = None,
    ) -> int:
        """The same with a view of the packs. Raises `NotFound` for a name that none has."""
        with engine(self.facts.lake.scratch) as work:
            self.prepare(work, [name], grant.scope, as_of=as_of)
            rows = _written(work, f"SELECT * FROM {quoted(name)}", path, form, limit)
        self.note(grant, Use(name, (), (), rows))
        return rows

    def _offer(self, work: Engine, type_: str, lens: Lens) -> None:
        stored = f"stored_{_FACTS}"
        if self.facts.lake.offer(work, stored, table_of(type_)):
            work.run(f"CREATE VIEW {_FACTS} AS {current_facts(type_, stored, lens)}")
        else:
            heads = ", ".join(f"{column} {kind}" for column, kind in VERSION_COLUMNS.items())
            work.run(f"CREATE TABLE {_FACTS} ({heads})")

    def prepare(
        self,
        work: Engine,
        names: Iterable[str],
        scope: Scope,
        *,
        as_of: datetime | None = None,
        county: str | None = None,
    ) -> None:
        """Make views of the packs, and all they read, in an engine. Whoever reads them notes it.

        `county`: over what is from there only.
        """
        wanted = tuple(names)
        lens = Lens(scope, as_of, county)
        with self.kept.up_to_date(wanted, county, selects=lens.is_open) as present:
            self.kept.relations.make(work, wanted, lens, present)

    def forget(self) -> None:
        """Delete everything that is made from the database or from other tables of the lake."""
        self.facts.forget()
        for table in self.facts.lake.tables():
            if is_kept(table.name):
                self.facts.lake.forget(table.name)

    def over_everything(self) -> list[str]:
        """The views in SQL that are kept over everything: somebody has asked for them."""
        lake = self.facts.lake
        keeping = [name for name, view in self.views.selects.items() if view.keep]
        return sorted(name for name in keeping if lake.held(kept_as(name)) is not None)

    def refresh(self, progress: Progress | None = None, *, also: Iterable[str] = ()) -> None:
        """Bring ViewDefinitions up to date, and what is kept of views in SQL over everything.

        `also`: what is to be kept from now on.
        """
        wanted = [*self.views.definitions, *self.over_everything(), *also]
        with self.kept.up_to_date(sorted({*wanted}), progress=progress):
            pass


def _written(work: Engine, query: str, path: Path, form: Form, limit: int | None) -> int:
    at_most = "" if limit is None else f" LIMIT {limit}"
    with path.open("wb"):
        pass  # Whoever may not write there is told by the system.
    statement = f"COPY (SELECT * FROM ({query}){at_most}) TO {literal(str(path))} ({_WRITTEN[form]})"
    try:
        [(rows,)] = work.rows_read(statement)
    except Unreadable as error:
        raise plural_values(error) from None
    return int(rows)
