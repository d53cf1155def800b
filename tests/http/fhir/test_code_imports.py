"""What packs describe, imported and asked about: a subset and the whole, parts, maps of the day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kangshu.app import code_tables
from kangshu.app.code_tables import import_described
from kangshu.app.platform import Platform
from kangshu.domains.terminology import parts
from kangshu.domains.terminology.map_table import MapDescription
from kangshu.kernel.base.errors import Conflict
from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.places import PARAMETERS
from kangshu.kernel.codes.translation import translate
from kangshu.kernel.codes.validation import Validation, validate_in_system
from kangshu.kernel.codes.verdict import Manner
from tests.conftest import EVERYTHING
from tests.unit.terminology.test_larger_tables import CHINESE, LOINC

LOINC_URL = "http://loinc.org"


def judged(platform: Platform, code: str) -> Validation:
    context = Context(platform.codes.library())
    return validate_in_system(context, Coding(LOINC_URL, code), PARAMETERS, Manner())


@pytest.fixture
def release(tmp_path: Path) -> Path:
    (tmp_path / "Loinc.csv").write_text(LOINC, "utf-8")
    (tmp_path / "zhCN5LinguisticVariant.csv").write_text(CHINESE, "utf-8")
    return tmp_path


def test_a_subset_does_not_say_that_other_codes_are_wrong_and_gives_way_to_the_whole(
    platform: Platform, release: Path
):
    done = import_described(platform, EVERYTHING, "loinc_subset", [])
    assert (done.count, done.problems, done.tally.stored.total()) == (153, (), 1)
    known, unknown = judged(platform, "8480-6"), judged(platform, "1-8")
    assert (known.result, known.display) == (True, "收缩压")
    assert (unknown.result, unknown.display) == (True, "")
    assert [(each.severity, each.message_id) for each in unknown.issues] == [
        ("warning", "UNKNOWN_CODE_IN_FRAGMENT")
    ]

    import_described(platform, EVERYTHING, "loinc", [release])
    (only,) = platform.codes.library().system_versions(LOINC_URL).values()
    assert (only.version, only.content) == ("2.80", "complete")
    assert judged(platform, "1-8").result
    assert not judged(platform, "8480-6").result
    with pytest.raises(Conflict, match="is here already"):
        import_described(platform, EVERYTHING, "loinc_subset", [])


def test_what_is_too_large_for_one_fact_is_asked_about_as_one(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(code_tables, "split", lambda resource: parts.split(resource, most=3000))

    def imported(count: int, version: str) -> Any:
        rows = "".join(f"T{number:09},合成草药{number}\n" for number in range(count))
        (tmp_path / "yp.csv").write_text("药品代码,注册名称\n" + rows, "utf-8")
        return import_described(platform, EVERYTHING, "nhsa_drug", [tmp_path], version)

    first = imported(200, "1")
    assert first.tally.stored.total() > 2
    assert imported(200, "1").tally.stored.total() == 0
    url = "https://code.nhsa.gov.cn/yp"
    (system,) = platform.codes.library().system_versions(url).values()
    assert (system.version, system.content, len(system.concepts)) == ("1", "complete", 200)
    imported(90, "2")
    (system,) = platform.codes.library().system_versions(url).values()
    assert (system.version, system.content, len(system.concepts)) == ("2", "complete", 90)


def test_a_new_table_of_pairs_takes_the_place_of_the_old_one_with_its_days(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    description = MapDescription("m", "urn:m", "M", "旧 → 新", "1", "x", "urn:old", "urn:new", "m.tsv")
    monkeypatch.setattr(code_tables, "descriptions", lambda _: {"m": (description, tmp_path)})

    def leads(*rows: str) -> list[str]:
        head = "source\ttarget\tequivalence\tfrom\tto\tbasis\n"
        (tmp_path / "m.tsv").write_text(head + "".join(f"{row}\n" for row in rows), "utf-8")
        done = import_described(platform, EVERYTHING, "m", [])
        assert (done.problems, done.tally.quarantined.total()) == ((), 0)
        library = platform.codes.library()
        assert len(platform.codes.approved_maps()) > 0
        return [each.concept.code for each in translate(library.concept_maps(), Coding("urn:old", "A"))]

    year = platform.clock().year
    before, now, later = (
        f"A\t1\tequal\t\t{year - 3}-01-01\tx",
        f"A\t2\tequal\t{year - 2}-01-01\t\tx",
        f"A\t3\tequal\t{year + 3}-01-01\t\tx",
    )
    assert leads(before, now, later) == ["2"]
    assert leads("A\t4\tequal\t\t\tx") == ["4"]
