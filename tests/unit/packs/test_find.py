from pathlib import Path

import pytest

from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.packs.find import default_root, find_packs


def write(root: Path, place: str, name: str, kind: str, *requires: str) -> None:
    folder = root / place
    folder.mkdir(parents=True)
    keys = {"name": name, "title": "题", "title_en": "t", "kind": kind, "version": "1", "licence": "CC0-1.0"}
    lines = [f'{key} = "{value}"' for key, value in {**keys, "source": "s"}.items()]
    (folder / "pack.toml").write_text("\n".join([*lines, f"requires = {list(requires)}"]), "utf-8")


def test_what_a_pack_requires_comes_before_it(tmp_path: Path):
    write(tmp_path, "standards/a", "a", "standard", "b")
    write(tmp_path, "standards/b", "b", "standard")
    write(tmp_path, "places/c", "c", "place", "a")
    assert list(find_packs(tmp_path)) == ["b", "a", "c"]


def test_a_pack_in_the_wrong_place_is_refused(tmp_path: Path):
    write(tmp_path, "places/a", "a", "standard")
    with pytest.raises(Invalid, match="Move it to standards/a"):
        find_packs(tmp_path)


def test_a_pack_that_is_not_there_cannot_be_required(tmp_path: Path):
    write(tmp_path, "standards/a", "a", "standard", "b")
    with pytest.raises(Invalid, match="a requires b"):
        find_packs(tmp_path)


def test_requirements_must_not_run_in_a_circle(tmp_path: Path):
    write(tmp_path, "standards/a", "a", "standard", "b")
    write(tmp_path, "standards/b", "b", "standard", "a")
    with pytest.raises(Invalid, match="circle"):
        find_packs(tmp_path)


def test_two_packs_cannot_have_one_name(tmp_path: Path):
    write(tmp_path, "standards/a", "a", "standard")
    write(tmp_path, "places/a", "a", "place")
    with pytest.raises(Invalid, match="Two packs are called a"):
        find_packs(tmp_path)


def test_a_root_that_does_not_exist_is_named(tmp_path: Path):
    with pytest.raises(NotFound, match="KANGSHU_PACKS"):
        find_packs(tmp_path / "nowhere")


def test_the_packs_of_this_copy_can_all_be_read():
    assert all(pack.folder.is_dir() for pack in find_packs(default_root()).values())
