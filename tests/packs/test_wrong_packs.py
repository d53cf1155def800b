"""Whoever errs in a pack is told every problem of every file at once; nothing is run or read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kangshu.app.pack_check import check_pack
from kangshu.domains.planning.place_check import check_place
from kangshu.kernel.base.errors import NotFound
from tests.support.page_pack import NAME, write_page_pack

TOML, SQL = "indicators/newborn_visits.toml", "indicators/newborn_visits.sql"
EXAMPLES, PLAN = "indicators/newborn_visits.examples.toml", "plans/my_plan.toml"
Change = tuple[str, str, str]
"""A file, what stands in it, and what is put in its place; all of it where nothing is said to stand in it."""

UNUSED = f"{TOML} params.within: is not used in the SELECT"
NO_WRITING = f"{SQL}: must be one SELECT: it does something else than reading"
EIGHTH = (
    f"{EXAMPLES}: on the seventh day it counts, on the eighth it does not,"
    " and neither does a visit to the clinic"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_page_pack(tmp_path)


def change(folder: Path, *changes: Change) -> None:
    for name, old, new in changes:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        text = path.read_text("utf-8") if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new, 1) if old else new, "utf-8")


def told(check: Callable[[], list]) -> list[str]:
    return [f"{each.path}: {each.message}" for each in check()]


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ([(TOML, 'unit = "%"', "unit = 5")], [f"{TOML} unit: must be a text that is not empty"]),
        ([(TOML, 'direction = "up" ', "#")], [f"{TOML} direction: is missing"]),
        (
            [(TOML, "decimals = 1", "decimal = 1")],
            [f"{TOML} decimal: is not a key", f"{TOML} decimals: is missing"],
        ),
        ([(TOML, '"quarter"', '"week"')], [f"{TOML} period: must be one of year, quarter, month"]),
        ([(TOML, '"at_least"', '"atleast"')], [f"{TOML} targets[0].form: must be one of at_least, above"]),
        ([(TOML, "from = 2022-07-01", 'from = "1.7.2022"')], [f"{TOML} targets[0].from: must be a date"]),
        ([(TOML, "2017-02-28", '"2017"')], [f"{TOML} params.within: from must be a date"]),
        ([(TOML, "value = 7", "value = [7]")], [f"{TOML} params.within: value must be a number or a text"]),
        (
            [(TOML, 'basis = "国家基本公共卫生服务规范（第三版）：出院', 'reason = "')],
            [f"{TOML} params.within: must have from, value and basis, and nothing else: lacks basis"],
        ),
        (
            [(TOML, '"encounter"]', '"visit"]')],
            [f"{TOML} needs: names visit, which needs.tsv", f"{SQL}: reads encounter"],
        ),
        (
            [(TOML, '["town"]', '["village"]')],
            [f"{SQL}: The SELECT of newborn_visits has no column village, has a column"],
        ),
        (
            [(TOML, 'unit = "%"', "unit = %")],
            [f"{TOML}: newborn_visits.toml is not TOML: Invalid value (at line 4"],
        ),
        (
            [(SQL, "e.class", "e.clas")],
            [f'{SQL}: SELECT: Binder Error: Table "e" does not have a column named "clas"'],
        ),
        ([(SQL, "FROM patient", "FROM people")], [f"{SQL}: reads people, which `needs` does not name"]),
        ([(SQL, "FROM patient", "FROM '/etc/passwd'")], [f"{SQL}: reads /etc/passwd, which `needs`"]),
        (
            [(SQL, "FROM patient", "FROM read_csv('/etc/passwd')")],
            [f"{SQL}: reads read_csv(): only generate_series"],
        ),
        (
            [(SQL, "p.town", "(SELECT content FROM read_text('/etc/passwd')) AS town")],
            [f"{SQL}: reads read_text()"],
        ),
        ([(SQL, "p.town", "getenv('HOME') AS town")], [f"{SQL}: asks getenv() of the machine"]),
        ([(SQL, "", "COPY (SELECT 1) TO 'stolen'")], [UNUSED, NO_WRITING]),
        ([(SQL, "", "ATTACH 'stolen.db'")], [UNUSED, NO_WRITING]),
        ([(SQL, "", "DELETE FROM patient")], [UNUSED, NO_WRITING]),
        ([(SQL, "SELECT", "SELECT 1; SELECT")], [f"{SQL}: must be one SELECT, and is 2 statements"]),
        (
            [(SQL, "", "SELECT 1) AS x; COPY (SELECT 1) TO 'stolen'; SELECT * FROM (SELECT 1")],
            [UNUSED, f'{SQL}: cannot be read as SQL of DuckDB: syntax error at or near ")"'],
        ),
        ([(SQL, "", "SHOW TABLES")], [UNUSED, f"{SQL}: must be one SELECT: it describes"]),
        (
            [(SQL, "CASE WHEN count(e.id) > 0 THEN 1 ELSE 0 END AS numerator, ", "")],
            [f"{SQL}: The SELECT of newborn_visits has no column numerator."],
        ),
        (
            [(SQL, "THEN 1", "THEN 'yes'")],
            [f"{EIGHTH}: cannot be counted: Conversion Error: Could not convert"],
        ),
        ([(EXAMPLES, "33.3", "33.4")], [f"{EIGHTH}: value of 2025Q1 is 33.3, not 33.4"]),
        ([(EXAMPLES, "period | town |", "period | twn |")], [f"{EIGHTH}: expect has a column twn"]),
        (
            [(EXAMPLES, "2025-03-08", "2025-03-38")],
            [f"{EIGHTH}: cannot be counted: Conversion Error: date field"],
        ),
        (
            [(EXAMPLES, 'hits = ["a"]', 'hits = "a"'), (EXAMPLES, "on = 2025-12-31", 'on = "2025"')],
            [
                f"{EXAMPLES} example 1 on: must be a date",
                f"{EXAMPLES} example 1 hits: must be a list of units",
            ],
        ),
        (
            [("indicators/other.toml", "", 'id = "newborn_visits"')],
            ["indicators/other.toml title: is missing"],
        ),
        ([("indicators/notes.txt", "", "x")], ["indicators/notes.txt: is no file of an indicator"]),
        ([(PLAN, '"440983"', '"44"')], [f"{PLAN} county: must be a division of six digits"]),
        ([(PLAN, 'period = "2025"', "period = 2025")], [f"{PLAN} period: must be a text that is not empty"]),
        ([(PLAN, "base", "bass")], [f"{PLAN} base: is missing", f"{PLAN} bass: is not a key of a plan"]),
        (
            [("plans/my_plan.tsv", "smoking_rate", "smoke")],
            ["plans/my_plan.tsv row 2: names smoke, which is no"],
        ),
        ([("plans/stray.tsv", "", "no\n")], ["plans/stray.tsv: has no stray.toml beside it"]),
        ([("params.toml", "[complete_enough]", "[enough]")], ["params.toml complete_enough: is missing"]),
        ([("params.toml", "value = 5,", 'value = "five",')], ["params.toml small_number: must be a number"]),
        (
            [("targets/nothing.toml", "", "[[targets]]")],
            ["targets/nothing.toml: is of an indicator that no required"],
        ),
        (
            [("entries.tsv", "", "indicator\tperiod\n")],
            [f"entries.tsv: has no column {name}" for name in ("value", "source")],
        ),
        (
            [
                (
                    "entries.tsv",
                    "",
                    "indicator\tperiod\tvalue\tsource\tevidence\twho\trecorded\nsmoking_rate\t20x\tx\ta\tb\tc\tx\n",
                )
            ],
            [
                "entries.tsv line 2 recorded: must be a day",
                "entries.tsv line 2 period",
                "entries.tsv line 2 value",
            ],
        ),
        ([("tables/t.tsv", "", "a\tb\n1\t2\t3\n")], ["tables/t.tsv row 1: has more cells than the heading"]),
        (
            [("needs.tsv", "birth\tdate", "birth\tday")],
            ["needs.tsv patient.birth: has the type day: must be one of"],
        ),
    ],
)
def test_what_is_wrong_is_told_by_file_and_key(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: list[Change],
    problems: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    change(folder, *changes)
    found = told(lambda: check_place(folder))
    lacking = [each for each in problems if not any(line.startswith(each) for line in found)]
    assert not lacking, found
    assert not [*tmp_path.glob("stolen*")]


def test_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    change(
        folder,
        (TOML, 'unit = "%"', "unit = 5"),
        (SQL, "FROM patient", "FROM people"),
        ("indicators/smoking_rate.toml", "decimals = 2", "decimals = 20"),
        (PLAN, '"440983"', '"44"'),
        ("params.toml", "[small_number]", "[small]"),
    )
    files = [line.partition(":")[0] for line in told(lambda: check_place(folder))]
    assert files == [
        f"{TOML} unit",
        SQL,
        "indicators/smoking_rate.toml decimals",
        f"{PLAN} county",
        "params.toml small_number",
    ]


@pytest.mark.parametrize("name", [TOML, SQL, EXAMPLES, "needs.tsv", PLAN, "plans/my_plan.tsv", "params.toml"])
def test_what_is_not_utf8_or_is_huge_is_told_and_not_read(folder: Path, name: str) -> None:
    for content, said in ((b"\xff\xfe", "is not UTF-8: line 1"), (b"#" * (33 << 20), "has more than 32 MB")):
        (folder / name).write_bytes(content)
        assert any(line.startswith(name) and said in line for line in told(lambda: check_place(folder)))


def test_a_mark_at_the_beginning_and_a_comment_at_the_end_are_nothing_wrong(folder: Path) -> None:
    (folder / TOML).write_text("\ufeff" + (folder / TOML).read_text("utf-8"), "utf-8")
    (folder / SQL).write_text((folder / SQL).read_text("utf-8") + "-- the end", "utf-8")
    assert check_place(folder) == []


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ([], []),
        (
            [("needs.tsv", "town", "village")],
            ["needs.tsv patient.village: is no column of it: it has id, town,"],
        ),
        (
            [("needs.tsv", "birth\tdate", "birth\ttext")],
            ["needs.tsv patient.birth: is text here, and DATE there"],
        ),
        (
            [("needs.tsv", "patient\tid", "people\tid\ttext\npatient\tid")],
            ["needs.tsv people: is no view of any pack"],
        ),
        (
            [("views/a.sql", "", "-- A.\nSELECT * FROM b"), ("views/b.sql", "", "-- B.\nSELECT * FROM a")],
            ["my_city/views/a.sql: reads itself: a → b → a"],
        ),
        (
            [("views/a.sql", "", "SELECT content FROM read_text('x')")],
            ["my_city/views/a.sql: a.sql reads READ_TEXT('x')"],
        ),
        (
            [("views/a.sql", "", "SELECT * FROM 'x.csv'")],
            ["my_city/views/a.sql: reads x.csv, which is nowhere"],
        ),
        (
            [("views/a.sql", "", "-- A.\nSELECT p.gone FROM patient AS p")],
            ['views/a.sql: Binder Error: Table "p" does not'],
        ),
        (
            [("views/a.sql", "", "-- A.\nSELECT id FROM patient")],
            ["views/a.toml: has no title", "views/a.toml: says nothing of"],
        ),
        ([("views/a.view.json", "", "{")], ["my_city/views/a.view.json: is not JSON: line 1, column 2"]),
    ],
)
def test_a_pack_is_checked_among_all_others(folder: Path, changes: list[Change], problems: list[str]) -> None:
    change(folder, *changes)
    found = told(lambda: check_pack(folder.parents[1], NAME))
    lacking = [each for each in problems if not any(line.startswith(each) for line in found)]
    assert not lacking, found
    assert bool(found) == bool(problems)


def test_a_pack_that_is_not_there_is_no_pack_without_problems(folder: Path) -> None:
    with pytest.raises(NotFound, match="There is no pack my_town"):
        check_pack(folder.parents[1], "my_town")
