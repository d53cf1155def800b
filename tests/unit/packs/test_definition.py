import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.packs.definition import parse_manifest

WHOLE = """
name = "gbt2260"
title = "行政区划代码"
title_en = "Division codes"
kind = "standard"
version = "2023"
licence = "public"
source = "GB/T 2260"
requires = ["fhir_r4"]
"""


def problems_of(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse_manifest(text)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_a_whole_manifest_is_read():
    manifest = parse_manifest(WHOLE)
    assert (manifest.name, manifest.title, manifest.kind) == ("gbt2260", "行政区划代码", "standard")
    assert manifest.requires == ("fhir_r4",)


def test_requires_may_be_left_out():
    assert parse_manifest(WHOLE.replace('requires = ["fhir_r4"]', "")).requires == ()


def test_an_unknown_key_is_an_error():
    assert problems_of(WHOLE + "colour = 'red'") == [("colour", "is not a key of a manifest")]


def test_every_missing_key_is_named_at_once():
    assert [path for path, _ in problems_of("name = 'a'\ntitle = 'b'")] == [
        "title_en",
        "kind",
        "version",
        "licence",
        "source",
    ]


@pytest.mark.parametrize(
    ("line", "wrong", "path"),
    [
        ('name = "gbt2260"', 'name = "GBT-2260"', "name"),
        ('kind = "standard"', 'kind = "norm"', "kind"),
        ('version = "2023"', "version = 2023", "version"),
        ('title = "行政区划代码"', 'title = " "', "title"),
        ('requires = ["fhir_r4"]', 'requires = "fhir_r4"', "requires"),
        ('requires = ["fhir_r4"]', 'requires = ["fhir_r4", "fhir_r4"]', "requires"),
        ('requires = ["fhir_r4"]', "requires = [4]", "requires"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(line: str, wrong: str, path: str):
    assert [found for found, _ in problems_of(WHOLE.replace(line, wrong))] == [path]


def test_text_that_is_not_toml_is_refused():
    assert problems_of("name: x") == []
