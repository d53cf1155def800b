"""Who follows the page to the letter has indicators that work; who errs is told everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangshu.kernel.indicators.check import check_folder
from tests.support.page_pack import FILES, write_page_pack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_page_pack(tmp_path)


def test_the_page_shows_every_file(folder: Path) -> None:
    assert set(FILES) == {
        "pack.toml",
        "params.toml",
        "needs.tsv",
        "plans/my_plan.toml",
        "plans/my_plan.tsv",
        "indicators/newborn_visits.toml",
        "indicators/newborn_visits.sql",
        "indicators/newborn_visits.examples.toml",
        "indicators/smoking_rate.toml",
    }
    assert check_folder(folder) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("newborn_visits.toml", 'unit = "%"', "unit = 5", ["unit must be"]),
        ("newborn_visits.toml", 'form = "at_least"', 'form = "atleast"', ["form must be one of"]),
        ("newborn_visits.toml", '"encounter"]', '"visit"]', ["does not describe", "encounter"]),
        ("newborn_visits.sql", "p.town,", "p.village,", ["village"]),
        ("newborn_visits.sql", "p.town, 1", "1", ["no column town"]),
        ("newborn_visits.sql", "'HH'", "'AMB'", ["does not count a", "counts c besides"]),
        (
            "newborn_visits.sql",
            "count(e.id) > 0",
            "count(*) > 0",
            ["counts b besides"],
        ),
        ("newborn_visits.sql", "GROUP BY", "UNION ALL BY NAME SELECT 'a' AS unit GROUP BY", ["SELECT"]),
        ("newborn_visits.examples.toml", 'hits = ["a"]', "hits = []", ["no example with a hit", "counts a"]),
        ("newborn_visits.examples.toml", "2025-03-02", "2025-02-30", ["2025-02-30"]),
        ("newborn_visits.sql", "p.recorded\nFROM", "p.idd AS recorded\nFROM", ["SELECT", "idd"]),
        ("newborn_visits.sql", "THEN 1", "THEN CAST(p.id AS INTEGER)", ["INT32"]),
        ("newborn_visits.examples.toml", '["b", "c"]', "[]", ["no example with a near miss"]),
        ("newborn_visits.examples.toml", "33.3", "33.4", ["value of 2025Q1 is 33.3, not 33.4"]),
        (
            "newborn_visits.examples.toml",
            "[[example]]",
            "[[case]]",
            ["case: is not a key: write [[example]]"],
        ),
        ("smoking_rate.toml", 'kind = "entered"', 'kind = "computed"', ["sql: is missing"]),
    ],
)
def test_a_wrong_one_is_told_everything(folder: Path, name: str, old: str, new: str, told: list[str]) -> None:
    path = folder / "indicators" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    problems = check_folder(folder)
    words = " ".join(f"{each.path}: {each.message}" for each in problems)
    assert not [each for each in told if each.replace(" must", ": must") not in words and each not in words]


def test_one_without_examples_is_not_enough(folder: Path) -> None:
    (folder / "indicators" / "newborn_visits.examples.toml").unlink()
    [problem] = check_folder(folder)
    assert problem.path == "indicators/newborn_visits.examples.toml"
    assert problem.message == "is not there: give a hit and a near miss"
