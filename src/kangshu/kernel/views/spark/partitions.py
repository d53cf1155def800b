"""A ViewDefinition on Spark: its SELECT goes row by row, so DuckDB runs it where the rows are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import engine, quoted

Batches = Iterator[Any]


def rows_of_partition(sql: str, source: str) -> Callable[[Batches], Batches]:
    """What Spark calls with the batches of one partition; `source`: what the SELECT reads from."""

    def computed(batches: Batches) -> Batches:
        with engine() as work:
            work.run("SET threads = 1")
            for batch in batches:
                work.offer(source, pa.Table.from_batches([batch]))
                yield from work.arrow(sql).read_all().to_batches()

    return computed


def schema_of(sql: str, source: str) -> Any:
    """What the SELECT gives, as an Arrow schema."""
    with engine() as work:
        work.run(f"CREATE TABLE {quoted(source)} (body VARCHAR)")
        return work.arrow(sql).schema
