"""Landed tables as views of packs read them: the columns of a logical model, its parts as lists of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kangshu.app.relations import columns_of_landed
from kangshu.kernel.lake.engine import Engine, quoted
from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.find import default_root

MODELS = read_models(default_root() / "standards" / "logical_models")
RECORDED = datetime(2026, 1, 1)  # noqa: DTZ001 - DuckDB's TIMESTAMP has no zone


def make_landed(work: Engine, model: str, rows: Sequence[Mapping[str, Any]] = ()) -> None:
    """The relation of a model with rows; recorded at the beginning of 2026 unless a row says otherwise."""
    described = MODELS.get(model)
    heads = ", ".join(f"{quoted(name)} {type_}" for name, type_ in columns_of_landed(described).items())
    work.run(f"CREATE TABLE {quoted(described.table)} ({heads})")
    for row in rows:
        given = {"_recorded_at": RECORDED, "_source": "S", **row}
        for part in described.parts:
            empty = dict.fromkeys(each.name for each in part.columns)
            given[part.name] = [empty | each for each in row.get(part.name, [])]
        names = ", ".join(quoted(name) for name in given)
        work.run(
            f"INSERT INTO {quoted(described.table)} ({names}) VALUES ({', '.join('?' * len(given))})",
            [*given.values()],
        )
