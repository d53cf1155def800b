from pathlib import Path

import pytest

from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.packs.definition import Manifest, Pack
from kangshu.kernel.packs.load import list_stems, load_item, load_items


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    (tmp_path / "policies").mkdir()
    for name in (
        "pack.toml",
        "policies/doctor.cedar",
        "policies/doctor.examples.toml",
        "policies/overseer.cedar",
    ):
        (tmp_path / name).write_text(f"text of {name}", "utf-8")
    return Pack(Manifest("p", "题", "t", "standard", "1", "CC0-1.0", "s"), tmp_path)


def test_files_that_share_a_stem_are_one_item(pack: Pack):
    assert load_item(pack, "policies/doctor").texts == {
        "cedar": "text of policies/doctor.cedar",
        "examples.toml": "text of policies/doctor.examples.toml",
    }


def test_a_folder_lists_its_stems_in_order(pack: Pack):
    assert list_stems(pack, "policies") == ["policies/doctor", "policies/overseer"]
    assert list(load_items(pack, "policies")) == ["policies/doctor", "policies/overseer"]


def test_the_manifest_is_not_an_item(pack: Pack):
    assert list_stems(pack) == []


def test_a_folder_a_pack_does_not_have_has_no_items(pack: Pack):
    assert list_stems(pack, "views") == []


def test_a_stem_that_is_not_there_is_named(pack: Pack):
    with pytest.raises(NotFound, match="p has no item policies/nurse"):
        load_item(pack, "policies/nurse")
