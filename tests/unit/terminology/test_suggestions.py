"""What a local code may mean: the right one stands first for the reasons people know."""

from __future__ import annotations

import pytest

from kangshu.domains.terminology.suggestions import index_of, sound_of, suggest
from kangshu.kernel.codes.code_system import parse_code_system

INDEX = index_of(
    parse_code_system(
        {
            "url": "urn:icd",
            "concept": [
                {"code": "I10.x00x002", "display": "高血压"},
                {"code": "I10.x00", "display": "特发性（原发性）高血压"},
                {"code": "I15.000", "display": "肾血管性高血压"},
                {"code": "E11.900", "display": "2型糖尿病"},
                {"code": "E10.900", "display": "1型糖尿病"},
                {"code": "J45.900", "display": "支气管哮喘"},
                {"code": "K29.700", "display": "胃炎"},
                {"code": "GLU", "display": "葡萄糖", "property": [{"code": "unit", "valueString": "mmol/L"}]},
                {"code": "GLU-U", "display": "葡萄糖", "property": [{"code": "unit", "valueString": "g/d"}]},
                {
                    "code": "old",
                    "display": "高血压病",
                    "property": [{"code": "status", "valueCode": "retired"}],
                },
            ],
        }
    )
)


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("1", "高血压", "I10.x00x002"),
        ("1", "高血压病", "I10.x00x002"),
        ("1", "糖尿病(2型)", "E11.900"),
        ("1", "塘尿病2型", "E11.900"),
        ("1", "zhiqiguanxiaochuan", "J45.900"),
        ("1", "微炎", "K29.700"),
        ("I15.0", "", "I15.000"),
        ("E10.900", "糖尿病", "E10.900"),
    ],
)
def test_the_right_code_stands_first(code: str, name: str, expected: str):
    assert suggest(INDEX, code=code, display=name)[0].code == expected


def test_of_two_names_alike_the_unit_decides():
    def same(one: str, other: str) -> bool:
        return one == other

    found = suggest(INDEX, code="1", display="葡萄糖", unit="g/d", same_kind=same)
    assert found[0].code == "GLU-U"
    assert "unit" in found[0].reasons


def test_what_others_decided_comes_before_what_is_only_alike():
    found = suggest(INDEX, code="1", display="高血压", others=[("I15.000", "肾血管性高血压", 3)])
    assert found[0].code == "I15.000"


def test_what_is_retired_or_like_nothing_is_not_suggested():
    assert "old" not in [each.code for each in suggest(INDEX, code="1", display="高血压病")]
    assert suggest(INDEX, code="9", display="□□□") == []


def test_how_names_sound():
    assert sound_of("高血压 (2型)") == "gaoxueya2xing"
    assert sound_of("女") == "nu"
