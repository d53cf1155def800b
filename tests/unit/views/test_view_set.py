"""Views of packs are made in order, and what is wrong with any of them is told for all at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.views.view_set import ViewSet, parse_select, read_view_set

VIEW = json.dumps(
    {
        "resourceType": "ViewDefinition",
        "name": "raw",
        "status": "active",
        "resource": "Patient",
        "select": [{"column": [{"name": "id", "path": "id"}]}],
    }
)


def made(folder: Path, **files: str) -> ViewSet:
    (folder / "views").mkdir()
    for name, text in files.items():
        (folder / "views" / name.replace("__", ".")).write_text(text, "utf-8")
    return read_view_set([folder], {"patient"})


def test_what_is_read_comes_first(tmp_path: Path) -> None:
    views = made(
        tmp_path,
        raw__view__json=VIEW,
        person__sql="-- Persons.\nWITH k AS (SELECT * FROM raw) SELECT k.* FROM k, fact_of_patient f",
        town__tsv="code\tname\n1\t甲\n",
        by_town__sql="SELECT t.name, count(*) FROM person p JOIN (SELECT * FROM town) t USING (id)",
    )
    assert views.needs_of("person") == {"raw", "fact_of_patient"}
    assert views.selects["person"].about == "Persons."
    order = views.order(["by_town"])
    assert set(order) == {"raw", "fact_of_patient", "person", "town", "by_town"}
    assert order.index("raw") < order.index("person") < order.index("by_town")
    assert views.tables["town"] == [{"code": "1", "name": "甲"}]
    with pytest.raises(NotFound, match="no view nothing"):
        views.order(["nothing"])


def test_every_problem_of_every_view_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        made(
            tmp_path,
            raw__view__json="{",
            a__sql="SELECT * FROM nowhere, fact_of_thing",
            b__sql="SELECT 1; SELECT 2",
            c__sql="DELETE FROM a",
            d__sql="SELEC",
            e__txt="",
        )
    told = {(each.path, each.message.partition(":")[0]) for each in refused.value.problems}
    files = {"raw.view.json", "a.sql", "b.sql", "c.sql", "d.sql", "e.txt"}
    assert {path for path, _ in told} == {f"{tmp_path.name}/views/{name}" for name in files}
    assert {"reads nowhere, which is nowhere", "reads fact_of_thing, which is nowhere"} <= {
        m for _, m in told
    }


def test_views_that_read_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="reads itself"):
        made(tmp_path, a__sql="SELECT * FROM b", b__sql="SELECT * FROM a")


def test_names_within_a_statement_are_its_own() -> None:
    view = parse_select(
        "v", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t, x;"
    )
    assert view.needs == {"x"}
    assert not view.sql.endswith(";")


def test_what_is_made_has_the_same_digest_in_every_process() -> None:
    program = (
        "from kangshu.kernel.views.lineage import digest\n"
        "from tools.view_pages import relations_of_packs\n"
        "found = relations_of_packs()\n"
        "print(digest(found.views, ['encounter', 'condition'], found.texts()))\n"
    )
    root = Path(__file__).parents[3]
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
