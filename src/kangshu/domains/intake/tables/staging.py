"""From raw tables to typed ones: every cell read as its column says, every fault of every row noted.

One statement a table, no loop over rows. What may be wrong with a row is a numbered list of conditions; a row
carries the numbers that are true of it as bits, and only for rows with any are they spelled out.

The faults: `type` (cannot be read as its type), `damaged` (bytes or digits were lost), `empty` (must be
filled),
`code` (not in the code set), `ragged` (cells too few or too many), `orphan` (a part of no thing in the file).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kangshu.domains.intake.tables.cells import Source, cast, is_damaged, is_nested, source
from kangshu.domains.intake.tables.feed import FeedTable, columns_of, promised_columns
from kangshu.domains.intake.tables.open_delivery import Opened
from kangshu.domains.intake.tables.raw import RawTable
from kangshu.domains.intake.tables.refusal import missing_columns, refusal
from kangshu.kernel.lake.columns import SQL_TYPES
from kangshu.kernel.lake.engine import Engine, Unreadable, listed, literal, quoted
from kangshu.kernel.lake.model import Column, Model, Models

CELLS = "sheet_cell"
"""The table of what columns are in a sheet: model, part, field, place (`就诊!C`)."""
FAULTS = "fault"
"""The table faults are noted in: model, part, row, unit, field, rule."""

_BITS = 60


@dataclass(frozen=True, slots=True)
class _Check:
    rule: str
    field: str
    condition: str


@dataclass(frozen=True, slots=True)
class Staged:
    """A typed table of an engine.

    name     of the table: columns of the model, `row`, and `unit`, the number of the thing
    columns  those of the model that the file has; the others are NULL
    """

    table: FeedTable
    name: str
    columns: tuple[Column, ...]


def prepare_faults(engine: Engine) -> None:
    """Empty tables of faults and of places in sheets."""
    engine.run(f"CREATE TABLE {CELLS} (model VARCHAR, part VARCHAR, field VARCHAR, place VARCHAR)")
    engine.run(
        f"CREATE TABLE {FAULTS}"
        " (model VARCHAR, part VARCHAR, row BIGINT, unit BIGINT, field VARCHAR, rule VARCHAR)"
    )


def refuse_missing(opened: Sequence[Opened], models: Models) -> None:
    """Raises `Invalid` naming every promised column of every table that is not there."""
    lacking = {each.raw.place: found for each in opened if each.raw and (found := _lacking(each, models))}
    if not lacking:
        return
    hint = next((each.raw.hint for each in opened if each.raw and each.raw.hint), "")
    if len(opened) == 1:
        place, names = next(iter(lacking.items()))
        raise missing_columns(place, names, hint)
    missing = [f"{place}.{name}" for place, names in lacking.items() for name in names]
    raise missing_columns("the file", missing, hint)


def _lacking(opened: Opened, models: Models) -> list[str]:
    """Promised columns a table has not, as its file would call them. What SQL makes is looked at when it
    has run."""
    table, raw = opened.table, opened.raw
    if raw is None or table.sql:
        return []
    return _lacks(table, raw, models)


def _lacks(table: FeedTable, raw: RawTable, models: Models) -> list[str]:
    model = models.get(table.model)
    back = {target: name for name, target in table.columns.items()}
    promised = promised_columns(table, model)
    if raw.nested and table.part:
        promised = tuple(name for name in promised if name not in model.link)
    return [back.get(name, name) for name in promised if _column(raw, back, name) is None]


def _column(raw: RawTable, back: Mapping[str, str], name: str) -> str | None:
    """What a column of the model is called in the file: as the feed says, else as the model does."""
    return raw.column(back.get(name, name)) or raw.column(name)


def stage(engine: Engine, opened: Opened, models: Models, main: Staged | None) -> Staged:
    """Make the typed table of one raw one. `main`: that of the thing, for a part."""
    model = models.get(opened.table.model)
    name = opened.table.name(model)
    raw = _mapped(engine, opened, name)
    columns = columns_of(opened.table, model)
    if raw is not None and opened.table.sql and (missing := _lacks(opened.table, raw, models)):
        raise missing_columns(f"{name}.sql", missing, "Select them as the model calls them.")
    if raw is None:
        make_empty(engine, name, columns)
        return Staged(opened.table, name, columns)
    sources = _sources(opened.table, raw, columns, engine)
    if raw.sheet:
        _note_places(engine, opened.table, raw, sources)
    checks = [
        check
        for column in columns
        for check in _checks(column, sources, model, models, is_part=bool(opened.table.part))
    ]
    if raw.ragged:
        checks.append(_Check("ragged", "", raw.ragged))
    unit = _unit_source(opened.table, raw)
    _create(engine, name, raw, columns, sources, checks, unit)
    if opened.table.part:
        _link(engine, name, model, main, nested=raw.nested)
    _spell_out(engine, name, model, opened.table.part, checks)
    return Staged(opened.table, name, columns)


def _mapped(engine: Engine, opened: Opened, name: str) -> RawTable | None:
    """The raw table, or what the feed's SQL makes of it."""
    raw = opened.raw
    if raw is None or not opened.table.sql:
        return raw
    extra = ", _unit" if raw.nested else ""
    engine.run(
        f"CREATE OR REPLACE VIEW raw AS SELECT {raw.row} AS _row{extra}, {listed(raw.names)}"
        f" FROM {raw.relation}"
    )
    table = f"mapped_{name}"
    try:
        engine.read(f"CREATE TABLE {table} AS {opened.table.sql}")
    except Unreadable:
        raise refusal(
            f"{name}.sql",
            "The SELECT of the feed cannot be run over the file.",
            "A column it names is not there, or cannot be reckoned with.",
        ) from None
    types = engine.types(f"SELECT * FROM {table}")
    if types.get("_row") != "BIGINT":
        raise refusal(
            f"{name}.sql", "It does not carry the number of the row along.", "Select _row as it is as well."
        )
    kept = tuple(each for each in types if not each.startswith("_"))
    return RawTable(raw.place, table, kept, row="_row", nested=raw.nested)


def _sources(
    table: FeedTable, raw: RawTable, columns: Sequence[Column], engine: Engine
) -> Mapping[str, Source]:
    """Where the columns of the model are read from; what is not there is left out."""
    back = {target: name for name, target in table.columns.items()}
    types = engine.types(f"SELECT * FROM {raw.relation}")
    found: dict[str, Source] = {}
    for column in columns:
        name = _column(raw, back, column.name)
        if name is not None:
            if is_nested(types[name]):
                raise refusal(
                    f"{raw.place}.{name}", "It holds lists or structures.", "Write one value a row."
                )
            found[column.name] = source(column, quoted(name), types[name])
    return found


def _note_places(engine: Engine, table: FeedTable, raw: RawTable, sources: Mapping[str, Source]) -> None:
    """Note where the columns of the model stand in a sheet, for people who look for a cell."""
    back = {target: name for name, target in table.columns.items()}
    for field in sources:
        name = _column(raw, back, field)
        if name is not None:
            engine.run(
                f"INSERT INTO {CELLS} VALUES (?, ?, ?, ?)",
                [table.model, table.part, field, f"{raw.sheet}!{raw.letters(name)}"],
            )


def _checks(
    column: Column,
    sources: Mapping[str, Source],
    model: Model,
    models: Models,
    *,
    is_part: bool,
) -> list[_Check]:
    """What may be wrong with a cell. In conditions, the cell is "name" and what was read of it "c name"."""
    if column.name not in sources:
        return []
    cell, read = quoted(column.name), quoted(f"c {column.name}")
    found: list[_Check] = []
    if column.type not in ("text", "code"):
        found.append(_Check("type", column.name, f"{cell} IS NOT NULL AND {read} IS NULL"))
    else:
        found.append(_Check("damaged", column.name, is_damaged(read)))
    is_link = is_part and column.name in model.link
    if column.need and not is_link:
        found.append(_Check("empty", column.name, f"{cell} IS NULL"))
    if column.codes and not model.codes_by_rule:
        codes = ", ".join(map(literal, models.codes[column.codes]))
        found.append(_Check("code", column.name, f"{cell} IS NOT NULL AND {cell} NOT IN ({codes})"))
    return found


def _unit_source(table: FeedTable, raw: RawTable) -> str:
    """What tells a row its thing: its own number, or that of the thing it is nested in."""
    return "_unit" if raw.nested and table.part else raw.row


def _create(
    engine: Engine,
    name: str,
    raw: RawTable,
    columns: Sequence[Column],
    sources: Mapping[str, Source],
    checks: Sequence[_Check],
    unit: str,
) -> None:
    cells = "".join(
        f", {sources[each.name].cell} AS {quoted(each.name)}" for each in columns if each.name in sources
    )
    read = "".join(
        f", {cast(each, quoted(each.name), sources[each.name].type)} AS {quoted(f'c {each.name}')}"
        for each in columns
        if each.name in sources
    )
    ragged = f", {raw.ragged} AS _ragged" if raw.ragged else ""
    conditions = ["_ragged" if each.rule == "ragged" else each.condition for each in checks]
    masks = "".join(
        f", {_mask(conditions[start : start + _BITS])} AS _bad{start // _BITS}"
        for start in range(0, len(conditions), _BITS)
    )
    final = "".join(
        f", {quoted(f'c {each.name}')} AS {quoted(each.name)}"
        if each.name in sources
        else f", CAST(NULL AS {SQL_TYPES[each.type]}) AS {quoted(each.name)}"
        for each in columns
    )
    engine.run(
        f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT unit, row{final}{masks} FROM (SELECT *{read} FROM"
        f" (SELECT {unit} AS unit, {raw.row} AS row{cells}{ragged} FROM {raw.relation}))"
    )
    engine.run(f"DROP TABLE IF EXISTS {raw.relation}")


def _mask(conditions: Sequence[str]) -> str:
    bits = [
        f"CASE WHEN {condition} THEN {1 << number}::BIGINT ELSE 0 END"
        for number, condition in enumerate(conditions)
    ]
    return " + ".join(bits)


def make_empty(engine: Engine, name: str, columns: Sequence[Column]) -> None:
    """A table of that name without rows, unless there is one."""
    heads = ", ".join(f"{quoted(each.name)} {SQL_TYPES[each.type]}" for each in columns)
    engine.run(f"CREATE TABLE IF NOT EXISTS {quoted(name)} (unit BIGINT, row BIGINT, {heads})")


def _link(engine: Engine, name: str, model: Model, main: Staged | None, *, nested: bool) -> None:
    """Give each row of a part the number of its thing; what belongs to none is an orphan."""
    assert main is not None
    if not nested:
        same = " AND ".join(f"p.{quoted(each)} = m.{quoted(each)}" for each in model.link)
        first = f"SELECT min(unit) AS unit, {listed(model.link)} FROM {quoted(main.name)} GROUP BY ALL"
        engine.run(
            f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT m.unit AS unit, p.* EXCLUDE (unit)"
            f" FROM {quoted(name)} AS p LEFT JOIN ({first}) AS m ON {same}"
        )
    engine.run(
        f"INSERT INTO {FAULTS} SELECT {literal(model.name)}, {literal(name)}, row, NULL, NULL, 'orphan'"
        f" FROM {quoted(name)} WHERE unit IS NULL"
    )


def _spell_out(engine: Engine, name: str, model: Model, part: str, checks: Sequence[_Check]) -> None:
    """Turn the bits of faulty rows into faults."""
    for start in range(0, len(checks), _BITS):
        bits = f"_bad{start // _BITS}"
        named = ", ".join(
            f"({1 << number}::BIGINT, {literal(check.field)}, {literal(check.rule)})"
            for number, check in enumerate(checks[start : start + _BITS])
        )
        engine.run(
            f"INSERT INTO {FAULTS} SELECT {literal(model.name)}, {literal(part)}, r.row, r.unit,"
            f" nullif(c.field, ''), c.rule FROM (SELECT row, unit, {bits} AS bits FROM {quoted(name)}"
            f" WHERE {bits} <> 0) AS r JOIN (VALUES {named}) AS c(bit, field, rule) ON (r.bits & c.bit) <> 0"
        )
