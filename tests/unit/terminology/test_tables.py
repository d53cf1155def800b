"""Tables become a code system: every row that is right, and every row that is wrong with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kangshu.domains.terminology.making import make
from kangshu.domains.terminology.table import parse_description
from kangshu.kernel.base.errors import Invalid, NotFound

HEAD = 'id = "x"\nurl = "urn:x"\nname = "X"\ntitle = "x"\nversion = "1"\npublisher = "x"\n'
ROWS = HEAD + '[[table]]\nfile = "t.csv"\ncode = "code"\nname = "name"\n'


def made(folder: Path, description: str, text: str | bytes, name: str = "t.csv"):
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return make(parse_description(description, "x.toml"), [folder])


def test_rows_become_concepts_in_their_order(tmp_path: Path):
    found = made(tmp_path, ROWS, "code,name\nB,乙\nA,甲\n")
    assert [(each["code"], each["display"]) for each in found.resource["concept"]] == [
        ("B", "乙"),
        ("A", "甲"),
    ]
    assert found.problems == ()


def test_wrong_rows_are_left_out_and_told_with_their_line(tmp_path: Path):
    text = 'code,name\nA1,甲\n,乙\nB2,\nbad,丙\nA1,别的\nA1,甲\nC3,"两\n行"\nD4,丁\n'
    found = made(tmp_path, ROWS + "pattern = '[A-Z]\\d'\n", text)
    assert [each["code"] for each in found.resource["concept"]] == ["A1", "C3", "D4"]
    assert [(each.path, each.code) for each in found.problems] == [
        ("t.csv:3", "required"),
        ("t.csv:4", "required"),
        ("t.csv:5", "value"),
        ("t.csv:6", "duplicate"),
    ]


def test_the_code_above_must_be_there(tmp_path: Path):
    found = made(tmp_path, ROWS + 'parent = "up"\n', "code,name,up\nA,甲,\nB,乙,A\nC,丙,Z\n")
    assert found.resource["concept"][1]["property"] == [{"code": "parent", "valueCode": "A"}]
    assert [each.path for each in found.problems] == ["t.csv:4"]


def test_groups_are_found_by_their_ranges(tmp_path: Path):
    (tmp_path / "g.csv").write_text("a\tb\tl\tn\nA00\tB99\t1\t传染病\nA00\tA09\t2\t肠道\n", "utf-8")
    description = HEAD + (
        '[[table]]\nfile = "g.csv"\nkind = "ranges"\nseparator = "tab"\ncode = "a"\nlast = "b"\nlevel = "l"\n'
        'name = "n"\nis_abstract = true\n'
        '[[table]]\nfile = "t.csv"\ncode = "code"\nname = "name"\n'
    )
    found = made(tmp_path, description, "code,name\nA01.000,伤寒\nB20.000,某病\nZ00.000,无组\n")
    above = {
        each["code"]: [one["valueCode"] for one in each.get("property", ()) if one["code"] == "parent"]
        for each in found.resource["concept"]
    }
    assert above["A01.000"] == ["A00-A09"]
    assert above["A00-A09"] == ["A00-B99"]
    assert above["B20.000"] == ["A00-B99"]
    assert above["Z00.000"] == []


def test_other_encodings_and_packed_files(tmp_path: Path):
    chinese = "code,name\nA,高血压\n".encode("gb18030")
    found = made(tmp_path, ROWS + 'encoding = "gb18030"\n', chinese)
    assert found.resource["concept"][0]["display"] == "高血压"
    with pytest.raises(Invalid, match="not utf-8"):
        made(tmp_path, ROWS, chinese)
    packed = made(tmp_path, ROWS.replace("t.csv", "t.csv.gz"), gzip.compress(b"code,name\nA,x\n"), "t.csv.gz")
    assert packed.count == 1


def test_a_quote_that_never_ends_is_named_by_line(tmp_path: Path):
    for more in ("", "B,x\n", "B,x\n" * 100_000):
        with pytest.raises(Invalid, match="line 3"):
            made(tmp_path, ROWS, 'code,name\nC,y\nA,"open\n' + more)


def test_missing_columns_are_all_named(tmp_path: Path):
    with pytest.raises(Invalid, match="code, name"):
        made(tmp_path, ROWS, "a,b\n1,2\n")


def test_a_missing_table_is_named_and_an_optional_one_is_not_missed(tmp_path: Path):
    description = parse_description(ROWS, "x.toml")
    with pytest.raises(NotFound, match=r"t\.csv"):
        make(description, [tmp_path])
    assert make(parse_description(ROWS + "optional = true\n", "x.toml"), [tmp_path]).count == 0


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (ROWS + 'colour = "red"\n', "table[0].colour"),
        (ROWS.replace('code = "code"\n', ""), "table[0].code"),
        (ROWS.replace('url = "urn:x"\n', ""), "url"),
        (ROWS + "pattern = '('\n", "table[0].pattern"),
        (ROWS + "above = ['A']\n", "table[0].above"),
        (ROWS + 'separator = "dash"\n', "table[0].separator"),
        (ROWS + 'pad = "6"\n', "table[0].pad"),
        (HEAD, "table"),
    ],
)
def test_a_description_that_is_wrong_names_the_key(text: str, path: str):
    with pytest.raises(Invalid) as caught:
        parse_description(text, "x.toml")
    assert path in [each.path for each in caught.value.problems]
