"""Concept maps and value sets from tables: which rows hold on which day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kangshu.domains.terminology.descriptions import parse_described
from kangshu.domains.terminology.map_table import MadeMaps, MapDescription, make_maps
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.codes.concept_map import parse_concept_map
from kangshu.kernel.codes.library import library_of
from kangshu.kernel.codes.translation import translate

HEAD = "source\ttarget\tequivalence\tfrom\tto\tbasis\n"
DESCRIPTION = MapDescription(
    "old-new", "urn:map", "OldNew", "旧 → 新", "1", "x", "urn:old", "urn:new", "m.tsv"
)


def made(folder: Path, rows: str) -> MadeMaps:
    (folder / "m.tsv").write_text(HEAD + rows, "utf-8")
    return make_maps(DESCRIPTION, [folder])


def leads(found: MadeMaps, code: str, on: date) -> list[str]:
    library = library_of(parse_concept_map(each) for each in found.resources).as_of(on)
    by_all = [each.concept.code for each in translate(library.concept_maps(), Coding("urn:old", code))]
    named = library.concept_map("urn:map")
    assert by_all == [
        each.concept.code for each in translate([named] if named else [], Coding("urn:old", code))
    ]
    return by_all


def test_the_day_decides_and_both_ends_belong_to_the_period(tmp_path: Path):
    found = made(
        tmp_path,
        "A\t1\tequivalent\t\t2023-12-31\tx\nA\t2\tequivalent\t2024-01-01\t\tx\nB\t9\tequal\t\t\tx\n"
        "C\t5\twider\t2024-03-01\t2024-03-31\tx\n",
    )
    assert found.problems == ()
    assert leads(found, "A", date(2023, 12, 31)) == ["1"]
    assert leads(found, "A", date(2024, 1, 1)) == ["2"]
    assert [
        leads(found, "C", date(2024, month, day)) for month, day in ((2, 29), (3, 1), (3, 31), (4, 1))
    ] == [
        [],
        ["5"],
        ["5"],
        [],
    ]
    for day in (date(1990, 1, 1), date(2024, 3, 15), date(2030, 1, 1)):
        assert leads(found, "B", day) == ["9"]


def test_a_table_without_days_is_one_map_of_always(tmp_path: Path):
    (only,) = made(
        tmp_path, "A\t1\tequivalent\t\t\tx\nA\t2\tinexact\t\t\tx\nB\t\tunmatched\t\t\tx\n"
    ).resources
    assert "extension" not in only
    assert [len(each["target"]) for each in only["group"][0]["element"]] == [2, 1]


def test_days_of_which_no_row_speaks_have_no_map(tmp_path: Path):
    found = made(tmp_path, "A\t1\tequal\t2020-01-01\t2020-12-31\tx\nA\t2\tequal\t2022-01-01\t\tx\n")
    assert [each["id"] for each in found.resources] == ["old-new-2020-01-01", "old-new-2022-01-01"]
    assert leads(found, "A", date(2021, 6, 1)) == []


@pytest.mark.parametrize(
    "row",
    [
        "\t1\tequal\t\t\tx", "A\t\tequal\t\t\tx", "A\t1\tsame\t\t\tx", "A\t1\tequal\t1.1.2020\t\tx",
        "A\t1\tequal\t2020-02-02\t2020-02-01\tx", "A\t1\tequal\t\t\t",
    ],
)  # fmt: skip
def test_a_wrong_row_is_left_out_and_told(tmp_path: Path, row: str):
    found = made(tmp_path, f"B\t1\tequal\t\t\tx\n{row}\n")
    assert (found.count, [each.path for each in found.problems]) == (1, ["m.tsv:3"])


def test_a_description_with_a_wrong_key_is_refused():
    text = 'id = "x"\nurl = "u"\nname = "X"\ntitle = "x"\nversion = "1"\n\n[[include]]\nsistem = "urn:x"\n'
    with pytest.raises(Invalid, match=r"include\[0\].*sistem"):
        parse_described(text, "x.toml")
    assert parse_described('name = "x"\n', "x.toml") is None
