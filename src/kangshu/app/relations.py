"""The relations that views read, made in an engine: facts, landed tables, and the views over them.

Views that are kept are read as they are kept; the others are made of what is below. Rows are those that a
lens lets through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from kangshu.app.fact_lake import table_of
from kangshu.app.lens import Lens, current_facts, later
from kangshu.kernel.facts.stretch_rows import VERSION_COLUMNS
from kangshu.kernel.lake.columns import SQL_TYPES
from kangshu.kernel.lake.engine import Engine, listed, quoted
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.lake.held import Held
from kangshu.kernel.lake.model import Column, Model
from kangshu.kernel.lake.store import COUNTY, MESSAGE, RECORDED, REPLACES, ROW, SOURCE, Lake
from kangshu.kernel.lake.versions import newest
from kangshu.kernel.policies.definition import Scope
from kangshu.kernel.views.compile import CompiledView, compile_view
from kangshu.kernel.views.elements import Elements
from kangshu.kernel.views.lineage import Lineage
from kangshu.kernel.views.view_set import OF_FACTS, ViewSet

CARRIED = ("_tx", "_id", "_version", "_recorded", "_person", "_org", "_county")
"""What every row of a kept ViewDefinition brings along of the version of the fact that it is made of."""
FACT_KEY = ("id", "version", "tx", "recorded")
ROW_KEY = (SOURCE, MESSAGE, ROW)

_AS_TEXT = ("JSON", "TIME")
"""Types that a Delta table does not have."""


class Present:
    """The lake at one moment: each table is looked up once and stays as it was then.

    Safe to share between threads.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._held: dict[str, Held | None] = {}
        self._lock = RLock()

    @property
    def scratch(self) -> Path:
        """A folder for work that does not fit into memory."""
        return self._lake.scratch

    def held(self, table: str) -> Held | None:
        """A table; None if there is none."""
        with self._lock:
            if table not in self._held:
                self._held[table] = self._lake.held(table)
            return self._held[table]

    def look_again(self, table: str) -> Held | None:
        """A table that was written just now."""
        with self._lock:
            self._held.pop(table, None)
            return self.held(table)


def kept_as(view: str, county: str | None = None) -> str:
    """The table of the lake that keeps a view, over everything or what is from a county."""
    return f"view_{view}" if county is None else f"view_{view}_{county}"


@dataclass(frozen=True, slots=True)
class Relations:
    """Makes relations. Safe to share between threads.

    models  by the names of their tables
    """

    views: ViewSet
    models: Mapping[str, Model]
    types: Mapping[str, str]
    elements: Elements
    _texts: dict[str, str] = field(default_factory=dict[str, str])

    def texts(self) -> Mapping[str, str]:
        """The ViewDefinitions of the packs as SQL."""
        if not self._texts:
            self._texts.update({name: self.compiled(name, "facts").sql for name in self.views.definitions})
        return self._texts

    def table_of_base(self, base: str) -> str:
        """The table of the lake that holds a base."""
        return table_of(self.types[base.removeprefix(OF_FACTS)]) if base not in self.models else base

    def key_of_base(self, base: str) -> tuple[str, ...]:
        """What tells a row of a base from all others."""
        return ROW_KEY if base in self.models else FACT_KEY

    def later_of_base(self, base: str) -> str:
        """The condition on rows of a base that something of the same key was there before."""
        # Rows of before there was such a column may have come in the place of others.
        return f"coalesce({REPLACES}, true)" if base in self.models else "version > 1"

    def compiled(self, name: str, source: str, *, carried: bool = False) -> CompiledView:
        """A ViewDefinition of the packs over a relation."""
        view = self.views.definitions[name]
        return compile_view(view, self.elements, source=source, carry=CARRIED if carried else ())

    def make(self, work: Engine, names: Iterable[str], lens: Lens, present: Present) -> None:
        """Make views and all they read."""
        kept = [
            name
            for name, view in self.views.selects.items()
            if view.keep and lens.is_open and present.held(kept_as(name, lens.county))
        ]
        for name in self.views.order(names, kept):
            held = present.held(kept_as(name, lens.county)) if name in kept else None
            if held is not None:
                held.offer(work, name)
            else:
                self._make(work, name, lens, present)

    def make_changed(
        self, work: Engine, names: Iterable[str], lineage: Lineage, base: str, lens: Lens, present: Present
    ) -> None:
        """The same over what changed in one base, all versions of it; what else is followed is empty.

        The rows of the base that came or went are in the table `changed`.
        """
        for name in self.views.order(names):
            if name == base:
                self._make_changed_base(work, base, lens, present)
            elif name in lineage.followed:
                self._make(work, name, Lens(Scope()), present)
            elif name in lineage.along and name in self.views.definitions:
                self._make_definition(work, name, lens, present, only=base)
            else:
                self._make(work, name, lens, present)

    def _make(self, work: Engine, name: str, lens: Lens, present: Present) -> None:
        if name in self.views.tables:
            offer_rows(work, name, self.views.tables[name])
        elif name in self.views.selects:
            view = self.views.selects[name]
            kind = "TABLE" if view.keep else "VIEW"
            work.run(f"CREATE {kind} {quoted(name)} AS {view.sql}")
        elif name in self.views.definitions:
            self._make_definition(work, name, lens, present)
        elif name in self.models:
            self._make_landed(work, name, lens, present)
        else:
            self._make_facts(work, name, lens, present)

    def _make_facts(self, work: Engine, name: str, lens: Lens, present: Present) -> None:
        type_ = self.types[name.removeprefix(OF_FACTS)]
        held = present.held(table_of(type_))
        if held is None:
            _make_empty(work, name, VERSION_COLUMNS)
            return
        stored = f"stored_{name}"
        held.offer(work, stored)
        work.run(f"CREATE VIEW {name} AS {current_facts(type_, stored, lens)}")

    def _make_landed(self, work: Engine, name: str, lens: Lens, present: Present) -> None:
        held = present.held(name)
        if held is None:
            _make_empty(work, name, columns_of_landed(self.models[name]))
            return
        stored = f"stored_{name}"
        held.offer(work, stored)
        rows = newest(self.models[name], stored, as_of=lens.as_of, condition=lens.on_rows())
        work.run(f"CREATE VIEW {quoted(name)} AS SELECT * EXCLUDE ({REPLACES}) FROM ({rows})")

    def _make_definition(
        self, work: Engine, name: str, lens: Lens, present: Present, *, only: str | None = None
    ) -> None:
        type_ = self.views.definitions[name].resource
        flat, facts = present.held(kept_as(name)), present.held(table_of(type_))
        compiled = self.compiled(name, "facts")
        if flat is None or facts is None:
            _make_empty(work, name, {each.name: each.type for each in compiled.columns})
            return
        stored = f"stored_{name}"
        flat.offer(work, stored)
        columns = ", ".join(_read_back(each.name, each.type) for each in compiled.columns)
        if only == f"{OF_FACTS}{type_.lower()}":
            changed = f"{quoted(stored)} WHERE _id IN (SELECT id FROM changed)"
            work.run(f"CREATE VIEW {quoted(name)} AS SELECT {columns} FROM {changed}")
            return
        facts.offer(work, f"versions_{name}")
        newer = later(f"versions_{name}", lens)
        work.run(
            f"CREATE VIEW {quoted(name)} AS SELECT {columns} FROM"
            f" (SELECT * FROM {quoted(stored)} WHERE {lens.on_facts(type_, '_')}) AS r"
            f" ANTI JOIN {newer} ON l.id = r._id AND l.version > r._version"
        )

    def _make_changed_base(self, work: Engine, base: str, lens: Lens, present: Present) -> None:
        held = present.held(self.table_of_base(base))
        assert held is not None, "what changed is there"
        stored = f"stored_{base}"
        held.offer(work, stored)
        if base in self.models:
            key, condition = (SOURCE, *self.models[base].key), lens.on_rows()
        else:
            key, condition = ("id",), lens.on_facts(self.types[base.removeprefix(OF_FACTS)])
        if not work.one(f"SELECT count(*) FROM changed WHERE {self.later_of_base(base)}"):
            # Nothing has an earlier version: all of it is here.
            work.run(f"CREATE VIEW {quoted(base)} AS SELECT * FROM changed WHERE {condition}")
            return
        work.run(
            f"CREATE TABLE {quoted(base)} AS SELECT * FROM (SELECT * FROM {quoted(stored)} SEMI JOIN changed"
            f" USING ({listed(key)}) UNION ALL BY NAME SELECT * FROM changed) WHERE {condition}"
        )


def _read_back(name: str, type_: str) -> str:
    if type_.removesuffix("[]") in _AS_TEXT:
        return f"CAST({quoted(name)} AS {type_}) AS {quoted(name)}"
    return quoted(name)


def kept_columns(compiled: CompiledView) -> str:
    """The columns of a compiled view as a Delta table can hold them, with what they carry."""
    columns: list[str] = [*CARRIED]
    for each in compiled.columns:
        many = "[]" if each.type.endswith("[]") else ""
        as_text = each.type.removesuffix("[]") in _AS_TEXT
        name = quoted(each.name)
        columns.append(f"CAST({name} AS VARCHAR{many}) AS {name}" if as_text else name)
    return ", ".join(columns)


def columns_of_landed(model: Model) -> dict[str, str]:
    """The columns of a table of a logical model as views read it, with their SQL types."""
    found = {SOURCE: "VARCHAR", COUNTY: "VARCHAR", MESSAGE: "BIGINT", ROW: "BIGINT", RECORDED: "TIMESTAMP"}
    found |= {"_hash": "BIGINT"}
    found |= {column.name: SQL_TYPES[column.type] for column in model.columns}
    return found | {part.name: f"{_struct(part.columns)}[]" for part in model.parts}


def _struct(columns: Iterable[Column]) -> str:
    return "STRUCT(" + ", ".join(f"{quoted(each.name)} {SQL_TYPES[each.type]}" for each in columns) + ")"


def _make_empty(work: Engine, name: str, columns: Mapping[str, str]) -> None:
    heads = ", ".join(f"{quoted(column)} {type_}" for column, type_ in columns.items())
    work.run(f"CREATE TABLE {quoted(name)} ({heads})")
