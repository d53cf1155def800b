"""Set things aside: take them out of what is landed, and remember which they were."""

from __future__ import annotations

from kangshu.domains.intake.tables.staging import FAULTS
from kangshu.kernel.lake.engine import Engine, literal, quoted
from kangshu.kernel.lake.model import Model, Models
from kangshu.kernel.rules.run import FINDINGS, make_findings

NOTED = "noted"
"""The table of things with faults or findings: model, unit, row, key as text, when it happened, set aside."""


def prepare_aside(engine: Engine) -> None:
    """An empty table of things with faults or findings."""
    engine.run(
        f"CREATE TABLE {NOTED}"
        " (model VARCHAR, unit BIGINT, row BIGINT, key VARCHAR, happened DATE, aside BOOLEAN)"
    )
    make_findings(engine)


def lines_aside(model: Model) -> str:
    """The view of things that lost lines, for rules that add lines up."""
    return f"{model.table}_lines_aside"


def set_aside_faulty(engine: Engine, model: Model, models: Models) -> None:
    """Set aside what has a fault, and note which things lose lines by that."""
    faulty = f"SELECT unit FROM {FAULTS} WHERE model = {literal(model.name)} AND unit IS NOT NULL"
    _note_lines(engine, model, models, faulty)
    note(engine, model, faulty, aside=True)
    remove(engine, model, faulty)


def set_aside_found(engine: Engine, model: Model, errors: list[str]) -> None:
    """Set aside what a rule of level E found, and note what others found."""
    rules = ", ".join(map(literal, errors)) or "''"
    mine = f"SELECT unit FROM {FINDINGS} WHERE model = {literal(model.name)}"
    note(engine, model, f"{mine} AND rule IN ({rules})", aside=True)
    note(engine, model, f"{mine} AND rule NOT IN ({rules})", aside=False)
    remove(engine, model, f"{mine} AND rule IN ({rules})")


def note(engine: Engine, model: Model, units: str, *, aside: bool) -> None:
    """Remember things, each once, before they are taken out."""
    own = [name for name in model.key if name != model.sender] or list(model.key)
    key = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in own)
    engine.run(
        f"INSERT INTO {NOTED} SELECT {literal(model.name)}, unit, row, concat_ws('/', {key}),"
        f" CAST({quoted(model.happened)} AS DATE), {aside} FROM {quoted(model.table)}"
        f" WHERE unit IN ({units}) AND unit NOT IN"
        f" (SELECT unit FROM {NOTED} WHERE model = {literal(model.name)})"
    )


def remove(engine: Engine, model: Model, units: str) -> None:
    """Take things out, with their parts."""
    if not engine.one(f"SELECT count(*) FROM ({units})"):
        return
    names = [*(part.name for part in model.parts), model.table]
    if model.parts and has_table(engine, f"thing_{model.table}"):
        names.append(f"thing_{model.table}")
    for name in names:
        engine.run(f"DELETE FROM {quoted(name)} WHERE unit IN ({units})")


def _note_lines(engine: Engine, model: Model, models: Models, faulty: str) -> None:
    for other in models.by_name.values():
        for lines in other.lines:
            if lines.model != model.name or not has_table(engine, other.table):
                continue
            same = " AND ".join(f"l.{quoted(each)} = m.{quoted(each)}" for each in lines.link)
            name = lines_aside(other)
            engine.run(f"CREATE TABLE IF NOT EXISTS {name} (unit BIGINT)")
            engine.run(
                f"INSERT INTO {name} SELECT DISTINCT m.unit FROM {quoted(model.table)} AS l"
                f" JOIN {quoted(other.table)} AS m ON {same} WHERE l.unit IN ({faulty})"
            )


def has_table(engine: Engine, name: str) -> bool:
    """Whether the engine has a table of that name."""
    return bool(engine.one(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = {literal(name)}"))
