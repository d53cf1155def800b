"""What the views of the packs are, and what they read: titles, columns with type and meaning, text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kangshu.app.lens import Lens
from kangshu.app.relations import Present, Relations, columns_of_landed
from kangshu.kernel.lake.engine import engine, quoted
from kangshu.kernel.lake.model import Model
from kangshu.kernel.lake.store import COUNTY, MESSAGE, RECORDED, ROW, SOURCE, Lake
from kangshu.kernel.views.view_set import OF_FACTS

Kind = Literal["select", "definition", "landed", "facts", "codes"]
"""A view in SQL, one over resources; a table of a logical model, facts of a type, a small table of a pack."""

_OF_EVERY_LANDED: Mapping[str, str] = {
    SOURCE: "报送机构",
    COUNTY: "所属县（区）代码",
    MESSAGE: "报文号",
    ROW: "报文中的行号",
    RECORDED: "何时记录到平台（UTC）",
    "_hash": "内容摘要",
}


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """A column. `meaning` is '' where nothing is said; `path`: where in the resource it is from."""

    name: str
    type: str
    meaning: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class DescribedView:
    """A view, or what views read, as its readers need it. `sql` is what makes it; '' for what has come in."""

    name: str
    kind: Kind
    title: str
    title_en: str
    about: str
    sql: str
    key: tuple[str, ...]
    needs: tuple[str, ...]
    columns: tuple[DescribedColumn, ...]

    @property
    def is_view(self) -> bool:
        """Whether it can be asked for, and is not just read by others."""
        return self.kind in ("select", "definition")


def describe_views(relations: Relations, beside: Iterable[str] = ()) -> Mapping[str, DescribedView]:
    """All views and what they read, by name; their types are found by making them where nothing is.

    `beside`: what others read, such as indicators; landed tables among it are described, too.
    """
    views = relations.views
    with tempfile.TemporaryDirectory(prefix="kangshu-views-") as folder:
        nothing = Lake(str(Path(folder) / "lake"), Path(folder))
        with engine(Path(folder)) as work:
            relations.make(work, views.names, Lens(), Present(nothing))
            types = {name: work.types(f"FROM {quoted(name)}") for name in views.names}
    found = {name: _view(relations, name, types[name]) for name in views.names}
    read = {name for view in found.values() for name in view.needs} - found.keys()
    read |= (relations.models.keys() & {*beside}) - found.keys()
    return found | {name: _read(relations, name) for name in sorted(read)}


def strange_columns(relations: Relations, view: DescribedView) -> tuple[list[str], list[str]]:
    """Columns of a view that nothing is said of, and what is said of columns it has not."""
    own = [column.name for column in view.columns]
    select = relations.views.selects.get(view.name)
    said = (select.columns or {}) if select else {}
    return [column.name for column in view.columns if not column.meaning], sorted(said.keys() - set(own))


def _view(relations: Relations, name: str, types: Mapping[str, str]) -> DescribedView:
    views = relations.views
    needs = tuple(sorted(views.needs_of(name)))
    if name in views.selects:
        one = views.selects[name]
        said = one.columns or {}
        columns = tuple(DescribedColumn(each, type_, said.get(each, "")) for each, type_ in types.items())
        return DescribedView(
            name, "select", one.title, one.title_en, one.about, one.sql, one.key, needs, columns
        )
    view = views.definitions[name]
    columns = tuple(
        DescribedColumn(each.name, types[each.name], each.description, each.path.text)
        for each in view.all_columns()
    )
    sql, about = relations.texts()[name], view.description
    return DescribedView(name, "definition", view.title, about, about, sql, (), needs, columns)


def _read(relations: Relations, name: str) -> DescribedView:
    if name in relations.models:
        return _landed(relations.models[name])
    if name.startswith(OF_FACTS):
        type_ = relations.types[name.removeprefix(OF_FACTS)]
        about = "Of each fact its id, whose it is, who sent it, and when it was recorded."
        return DescribedView(name, "facts", f"FHIR {type_}", f"FHIR {type_}", about, "", (), (), ())
    rows = relations.views.tables[name]
    columns = tuple(DescribedColumn(each, "VARCHAR", "") for each in (rows[0] if rows else ()))
    return DescribedView(name, "codes", f"对照表 {name}", f"Table {name}", "", "", (), (), columns)


def _landed(model: Model) -> DescribedView:
    titles = {**_OF_EVERY_LANDED, **{each.name: each.title for each in (*model.columns, *model.parts)}}
    columns = tuple(
        DescribedColumn(name, type_ if len(type_) < _LONG else "STRUCT[]", titles[name])
        for name, type_ in columns_of_landed(model).items()
    )
    key, about = (SOURCE, *model.key), f"{model.title_en}. {model.basis}."
    return DescribedView(model.table, "landed", model.title, model.title_en, about, "", key, (), columns)


_LONG = 40
"""Types of parts are longer than this, and are lists of their columns."""
