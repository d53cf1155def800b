"""A place has the indicators of the programmes it requires, each with one definition, and its own targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangshu.domains.planning.plan import NEEDED, read_place
from kangshu.kernel.base.errors import Invalid

ENTERED = """
id = "{id}"
title = "吸烟率"
title_en = "Smoking"
unit = "%"
direction = "down"
period = "year"
kind = "entered"
numerator = "n"
denominator = "d"
decimals = 1
basis = "b"
verify = "v"
"""
TARGET = """
[[targets]]
from = 2022-07-01
period = "2025"
form = "below"
value = {value}
kind = "expected"
basis = "b"
"""

PARAMETER = """
[{name}]
title = "t"
unit = ""
values = [{{from = 2020-01-01, value = 5, basis = "b"}}]
"""


def pack(root: Path, kind: str, name: str, requires: str = "", **indicators: str) -> Path:
    folder = root / f"{kind}s" / name
    (folder / "indicators").mkdir(parents=True)
    texts = f'name = "{name}"\ntitle = "t"\ntitle_en = "t"\nkind = "{kind}"\nversion = "1"\nlicence = "l"\n'
    if kind == "place":
        (folder / "params.toml").write_text("".join(PARAMETER.format(name=each) for each in NEEDED), "utf-8")
    (folder / "pack.toml").write_text(f'{texts}source = "s"\nrequires = [{requires}]\n', "utf-8")
    for id_, more in indicators.items():
        (folder / "indicators" / f"{id_}.toml").write_text(ENTERED.format(id=id_) + more, "utf-8")
    return folder


def targets(folder: Path, id_: str, text: str) -> None:
    (folder / "targets").mkdir(exist_ok=True)
    (folder / "targets" / f"{id_}.toml").write_text(text, "utf-8")


def test_a_place_sets_targets_for_an_indicator_of_a_programme(tmp_path: Path) -> None:
    pack(tmp_path, "programme", "heart", smoking="")
    pack(tmp_path, "programme", "other", drinking="")
    place = pack(tmp_path, "place", "here", '"heart"', births="")
    targets(place, "smoking", TARGET.format(value=20))
    found = read_place(place).indicators
    assert [each.id for each in found.indicators] == ["births", "smoking"]
    assert [each.value for each in found.get("smoking").targets] == [20]
    assert found.get("births").targets == ()


@pytest.mark.parametrize(
    ("id_", "text", "said"),
    [
        ("drinking", TARGET.format(value=20), "drinking.toml: is of an indicator that no required"),
        ("births", TARGET.format(value=20), "births.toml: is of an indicator of the place"),
        ("smoking", 'unit = "‰"', "smoking.toml unit: is not a key of targets"),
        ("smoking", TARGET.format(value='"x"'), "smoking.toml targets[0]"),
        ("smoking", "", "smoking.toml targets: is missing"),
    ],
)
def test_targets_that_fit_nothing_are_refused(tmp_path: Path, id_: str, text: str, said: str) -> None:
    pack(tmp_path, "programme", "heart", smoking="")
    place = pack(tmp_path, "place", "here", '"heart"', births="")
    targets(place, id_, text)
    with pytest.raises(Invalid) as refused:
        read_place(place)
    assert said in str(refused.value)


def test_one_name_has_one_definition(tmp_path: Path) -> None:
    pack(tmp_path, "programme", "heart", smoking="")
    place = pack(tmp_path, "place", "here", '"heart"', smoking="")
    with pytest.raises(Invalid, match="heart smoking: is an indicator of another pack too"):
        read_place(place)


def test_tables_and_columns_of_one_name_say_the_same(tmp_path: Path) -> None:
    folders = [
        pack(tmp_path, "programme", "heart", smoking=""),
        pack(tmp_path, "place", "here", '"heart"', births=""),
    ]
    for number, folder in enumerate(folders):
        (folder / "tables").mkdir()
        (folder / "tables" / "code.tsv").write_text(f"code\n{number}\n", "utf-8")
        type_ = ("text", "date")[number]
        (folder / "needs.tsv").write_text(f"view\tname\ttype\npatient\tbirth\t{type_}\n", "utf-8")
    with pytest.raises(Invalid) as refused:
        read_place(folders[1])
    assert {each.path for each in refused.value.problems} == {"heart code", "heart patient.birth"}


def test_a_place_without_what_every_number_needs_is_refused(tmp_path: Path) -> None:
    place = pack(tmp_path, "place", "here", births="")
    (place / "params.toml").unlink()
    with pytest.raises(Invalid) as refused:
        read_place(place)
    assert [each.path for each in refused.value.problems] == [f"params.toml {each}" for each in NEEDED]
