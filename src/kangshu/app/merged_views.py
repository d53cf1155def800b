"""Merge new rows below a view with what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence

from kangshu.kernel.lake.arrow import Arrow
from kangshu.kernel.lake.engine import Engine, listed, literal, quoted
from kangshu.kernel.lake.held import Held
from kangshu.kernel.views.sql_view import SqlView

ADDED = ""
"""The condition on rows in whose place what is written comes, where there are none."""


def merge(work: Engine, view: SqlView, kept: Held, news: Sequence[Arrow]) -> str | None:
    """Make the table `kept` of what is to be written; the condition on rows in whose place it comes.

    None: of all; `ADDED`: of none, for all keys are new. Otherwise whole folders are written again.
    """
    kept.offer(work, "before")
    for number, each in enumerate(news):
        work.offer(f"new_{number}", each)
    key = listed(view.key)
    new = " UNION ALL BY NAME ".join(f"FROM new_{number}" for number in range(len(news)))
    # As what is kept: sums are of wider types than what they add up.
    work.run("CREATE TABLE new AS FROM before LIMIT 0")
    work.run(f"INSERT INTO new BY NAME {view.merged(new)}")
    folders = work.rows(f"SELECT DISTINCT {quoted(view.by)} FROM new ORDER BY 1") if view.by else []
    within = f"{quoted(view.by)} IN ({_literals(folders)})" if view.by else "true"
    work.run(f"CREATE TABLE known AS SELECT * FROM before SEMI JOIN new USING ({key}) WHERE {within}")
    work.run("CREATE TABLE kept AS FROM before LIMIT 0")
    work.run(f"INSERT INTO kept BY NAME {view.merged('FROM known UNION ALL BY NAME FROM new')}")
    work.run("CREATE OR REPLACE TABLE kept AS FROM kept EXCEPT FROM known")
    if not work.one(f"SELECT count(*) FROM kept SEMI JOIN known USING ({key})"):
        return ADDED
    others = f"SELECT * FROM before ANTI JOIN kept USING ({key}) WHERE {within}"
    work.run(f"CREATE OR REPLACE TABLE kept AS FROM kept UNION ALL BY NAME {others}")
    return within if view.by else None


def _literals(rows: Sequence[tuple[str]]) -> str:
    return ", ".join(literal(value) for (value,) in rows) or literal("")
