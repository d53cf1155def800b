"""The feed: what one kind of file from an institution looks like and which logical models it promises.

A place pack has one `sources/NAME.toml` per feed, and beside it SQL where columns do not map one to one:
`NAME.query.sql` asks the institution's database (kind `sql`), `NAME.TABLE.sql` makes the columns of the model
TABLE (by its table name) out of the view `raw`, and carries `_row` along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.lake.model import Column, Model, Models

Kind = Literal["csv", "excel", "parquet", "dbf", "json", "sql"]
Schedule = Literal["daily", "weekly", "monthly", "none"]

ENCODINGS = ("auto", "utf-8", "gb18030", "utf-16")
DELIMITERS = (",", ";", "\t", "|")

_QUERY = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/)*(SELECT|WITH)\b", re.IGNORECASE | re.DOTALL)

_KEYS: Mapping[str, type] = {
    "title": str,
    "title_en": str,
    "kind": str,
    "schedule": str,
    "due_days": int,
    "promises": list,
    "encoding": str,
    "delimiter": str,
    "table": list,
}
_NEEDED = ("title", "title_en", "kind", "schedule", "promises", "table")
_TABLE_KEYS: Mapping[str, type] = {
    "model": str,
    "part": str,
    "file": str,
    "header_row": int,
    "columns": dict,
    "promised": list,
}


@dataclass(frozen=True, slots=True)
class FeedTable:
    """One table of a feed.

    part        a part of the model, or '' for the thing itself
    file        name of the member of an archive, of the sheet, or of the list in a JSON object; '' for the
                only one there is
    header_row  the row the names of the columns stand in, from 1; 0: found by the promised names
    columns     name in the file -> column of the model, where the two differ
    promised    columns of the model that are promised beside those that must be filled
    sql         a SELECT over the view `raw` that makes the columns; '' for none
    """

    model: str
    part: str
    file: str
    header_row: int
    columns: Mapping[str, str]
    promised: tuple[str, ...]
    sql: str

    def name(self, model: Model) -> str:
        """What rules and messages call it: the table of the model, or the part."""
        return self.part or model.table


@dataclass(frozen=True, slots=True)
class Feed:
    """One kind of delivery. `due_days`: how long after the event it may come; `query`: SQL for kind `sql`."""

    name: str
    title: str
    title_en: str
    kind: Kind
    schedule: Schedule
    due_days: int
    promises: tuple[str, ...]
    encoding: str
    delimiter: str
    tables: tuple[FeedTable, ...]
    query: str


class Feeds:
    """The feeds of all place packs, by name."""

    def __init__(self, feeds: Iterable[Feed]) -> None:
        self.by_name: Mapping[str, Feed] = {feed.name: feed for feed in feeds}

    def get(self, name: str) -> Feed:
        """The feed of that name. Raises `NotFound`."""
        if name not in self.by_name:
            known = ", ".join(sorted(self.by_name)) or "none"
            raise NotFound(f"There is no feed {name}.", remedy=f"The place packs have: {known}.")
        return self.by_name[name]


def parse_feed(name: str, texts: Mapping[str, str], models: Models) -> Feed:
    """Read a feed from its files: ending -> text (`toml`, `query.sql`, `setlinfo.sql`).

    Raises `Invalid` with every problem: unknown keys, models and columns that are not there, tables that
    miss for what is promised.
    """
    where = f"sources/{name}.toml"
    table = parse_toml(texts.get("toml", ""), where)
    problems = [*_problems_of_form(table), *_problems_of_choices(table)]
    if not problems:
        problems = [*_problems_of_tables(table, models), *_problems_of_sql(table, texts, models)]
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"{where}: {listed}.", remedy="Correct the feed.", problems=tuple(problems))
    tables = cast("list[dict[str, Any]]", table["table"])
    return Feed(
        name=name,
        title=table["title"],
        title_en=table["title_en"],
        kind=table["kind"],
        schedule=table["schedule"],
        due_days=table.get("due_days", 0),
        promises=tuple(table["promises"]),
        encoding=table.get("encoding", "auto"),
        delimiter=table.get("delimiter", ","),
        tables=tuple(_table(each, texts, models) for each in tables),
        query=texts.get("query.sql", "").strip().removesuffix(";"),
    )


def _table(entry: Mapping[str, Any], texts: Mapping[str, str], models: Models) -> FeedTable:
    part = entry.get("part", "")
    sql = texts.get(f"{part or models.get(entry['model']).table}.sql", "")
    return FeedTable(
        model=entry["model"],
        part=part,
        file=entry.get("file", ""),
        header_row=entry.get("header_row", 0),
        columns=entry.get("columns", {}),
        promised=tuple(entry.get("promised", ())),
        sql=sql.strip().removesuffix(";"),
    )


def promised_columns(table: FeedTable, model: Model) -> tuple[str, ...]:
    """The columns a table promises: those that must be filled, those it names, those that link parts."""
    wanted = [column.name for column in model.columns_of(table.part) if column.need]
    links = model.link if table.part else ()
    return tuple(dict.fromkeys([*links, *wanted, *table.columns.values(), *table.promised]))


def columns_of(table: FeedTable, model: Model) -> tuple[Column, ...]:
    """The columns a table may bring: those of the model, and for a part those that link it to its thing."""
    own = model.columns_of(table.part)
    if not table.part:
        return own
    known = {column.name for column in own}
    links = [each for each in model.columns if each.name in model.link and each.name not in known]
    return (*links, *own)


def _problems_of_form(table: Mapping[str, Any]) -> list[Problem]:
    found = _problems_of_types(table, _KEYS, "")
    found += [Problem.at(key, "is missing") for key in _NEEDED if key not in table]
    if not isinstance(table.get("table", []), list):
        return found
    for number, entry in enumerate(cast("list[dict[str, Any]]", table.get("table", [])), 1):
        found += _problems_of_types(entry, _TABLE_KEYS, f"table[{number}].")
        if "model" not in entry:
            found.append(Problem.at(f"table[{number}].model", "is missing"))
    return found


def _problems_of_types(table: Mapping[str, Any], keys: Mapping[str, type], where: str) -> list[Problem]:
    found = [Problem.at(f"{where}{key}", "is not a key of a feed") for key in table if key not in keys]
    found += [
        Problem.at(f"{where}{key}", f"must be a {wanted.__name__}")
        for key, wanted in keys.items()
        if key in table and not (isinstance(table[key], wanted) and not isinstance(table[key], bool))
    ]
    return found


def _problems_of_choices(table: Mapping[str, Any]) -> list[Problem]:
    below = [Problem.at("due_days", "must not be below 0")] if table.get("due_days", 0) < 0 else []
    choices: Mapping[str, tuple[str, ...]] = {
        "kind": get_args(Kind),
        "schedule": get_args(Schedule),
        "encoding": ENCODINGS,
        "delimiter": DELIMITERS,
    }
    return below + [
        Problem.at(key, f"must be one of {', '.join(repr(each) for each in known)}")
        for key, known in choices.items()
        if key in table and table[key] not in known
    ]


def _problems_of_tables(table: Mapping[str, Any], models: Models) -> list[Problem]:
    found: list[Problem] = []
    brought: set[str] = set()
    tables: set[tuple[str, str]] = set()
    if not table["table"]:
        found.append(Problem.at("table", "is empty: the feed brings nothing"))
    for number, entry in enumerate(cast("list[dict[str, Any]]", table["table"]), 1):
        where = f"table[{number}]"
        model = models.by_name.get(entry["model"])
        if model is None:
            found.append(Problem.at(f"{where}.model", "is no logical model"))
            continue
        part = entry.get("part", "")
        if part and part not in {each.name for each in model.parts}:
            found.append(Problem.at(f"{where}.part", f"is no part of {model.name}"))
            continue
        if not part:
            brought.add(model.name)
        found += _problems_of_table(entry, where)
        if (model.name, part) in tables:
            found.append(
                Problem.at(where, f"brings {part or model.name}, which another table brings already")
            )
        tables.add((model.name, part))
        draft = FeedTable(model.name, part, "", 0, {}, (), "")
        known = {column.name for column in columns_of(draft, model)}
        named = [*entry.get("columns", {}).values(), *entry.get("promised", ())]
        found += [
            Problem.at(f"{where}.columns", f"leads to {name}, which is no column of {part or model.name}")
            for name in sorted({str(each) for each in named} - known)
        ]
    found += [
        Problem.at("promises", f"names {name}, which no table brings")
        for name in sorted(set(table["promises"]) - brought)
    ]
    found += [
        Problem.at("promises", f"leaves out {name}") for name in sorted(brought - set(table["promises"]))
    ]
    return found


def _problems_of_table(entry: Mapping[str, Any], where: str) -> list[Problem]:
    targets = Counter(str(each) for each in entry.get("columns", {}).values())
    found = [
        Problem.at(f"{where}.columns", f"leads to {name} {times} times")
        for name, times in sorted(targets.items())
        if times > 1
    ]
    if entry.get("header_row", 0) < 0:
        found.append(Problem.at(f"{where}.header_row", "must not be below 0"))
    return found


def _problems_of_sql(table: Mapping[str, Any], texts: Mapping[str, str], models: Models) -> list[Problem]:
    names = {
        entry.get("part", "") or models.by_name[entry["model"]].table
        for entry in cast("list[dict[str, Any]]", table["table"])
        if entry["model"] in models.by_name
    }
    known = {"toml", "query.sql"} | {f"{name}.sql" for name in names}
    found = [Problem.at(ending, "belongs to no table of the feed") for ending in sorted(texts.keys() - known)]
    if (table["kind"] == "sql") != ("query.sql" in texts):
        found.append(Problem.at("query.sql", "is there for the kind sql, and for no other"))
    if _QUERY.match(texts.get("query.sql", "SELECT")) is None:
        found.append(Problem.at("query.sql", "must be a SELECT: an institution's database is only read"))
    return found
