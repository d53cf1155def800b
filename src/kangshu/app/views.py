"""The analyst's door: a view over facts, through a grant, into a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from kangshu.app.fact_lake import FactLake, current, table_of
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.lake.engine import Engine, Unreadable, engine, literal
from kangshu.kernel.policies.definition import Grant
from kangshu.kernel.views.compile import CompiledView, compile_view
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.elements import Elements
from kangshu.kernel.views.run import plural_values

Form = Literal["ndjson", "json", "csv", "parquet"]
FORMS: tuple[Form, ...] = get_args(Form)

_WRITTEN = {
    "ndjson": "FORMAT json",
    "json": "FORMAT json, ARRAY true",
    "csv": "FORMAT csv, HEADER true",
    "parquet": "FORMAT parquet",
}
_FACTS, _STORED = "facts", "stored"


@dataclass(frozen=True, slots=True)
class Views:
    """Runs ViewDefinitions on the facts as they are, or were. Safe to share between threads."""

    facts: FactLake
    elements: Elements
    note: Note

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
        at_most = "" if limit is None else f" LIMIT {limit}"
        with engine(self.facts.lake.scratch) as work:
            self._offer(work, view.resource, grant, as_of)
            query = f"SELECT * FROM ({compiled.sql}){at_most}"
            try:
                [(rows,)] = work.rows_read(f"COPY ({query}) TO {literal(str(path))} ({_WRITTEN[form]})")
            except Unreadable as error:
                raise plural_values(error) from None
        self.note(grant, Use(view.resource, (), (), rows))
        return rows

    def _offer(self, work: Engine, type_: str, grant: Grant, as_of: datetime | None) -> None:
        if self.facts.lake.offer(work, _STORED, table_of(type_)):
            work.run(f"CREATE VIEW {_FACTS} AS {current(type_, _STORED, grant.scope, as_of)}")
        else:
            work.run(f"CREATE TABLE {_FACTS} (id VARCHAR, body VARCHAR)")
