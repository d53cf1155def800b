from __future__ import annotations

from typing import Any

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.paths import Walk, parse_path

DOCUMENT: dict[str, Any] = {
    "code": {"text": "a"},
    "name": [{"given": ["b", "c"]}, {"given": "d"}, {"family": "e"}],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}, "odd"],
    "entry": [{"resource": {"id": "first"}}, {"resource": {"id": "second"}}],
    "nothing": None,
    "list": [[1], 2],
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("code.text:string", ["a"]),
        ("name.given:string", ["b", "c", "d"]),
        ("name.given.more:string", []),
        ("telecom[system=phone].value:string", ["1"]),
        ("telecom[system=fax].value:string", []),
        ("entry[0].resource.id:id", ["first"]),
        ("entry[2].resource.id:id", []),
        ("code[0].text:string", []),
        ("absent.text:string", []),
        (".:Whole", [DOCUMENT]),
    ],
)
def test_a_walk_finds_what_the_path_says(path: str, values: list[Any]):
    found: list[Any] = []
    Walk([(parse_path(path), lambda value, sink: sink.append(value))]).run(DOCUMENT, found)
    assert found == values


def test_many_paths_are_walked_together():
    paths = [
        "name.given:string",
        "name.family:string",
        "code.text:string",
        "telecom[system=email].value:string",
    ]
    takes = [(parse_path(path), lambda value, sink, path=path: sink.append((path, value))) for path in paths]
    found: list[tuple[str, Any]] = []
    Walk(takes).run(DOCUMENT, found)
    assert sorted(found) == sorted(
        [(paths[0], "b"), (paths[0], "c"), (paths[0], "d"), (paths[1], "e"), (paths[2], "a"), (paths[3], "2")]
    )


@pytest.mark.parametrize(
    ("path", "json_path"),
    [
        ("code:CodeableConcept", '$."code"[*]'),
        ("component.valueQuantity:Quantity", '$."component"[*]."valueQuantity"[*]'),
        ("telecom[system=phone]:ContactPoint", '$."telecom"[*] ? (@."system" == "phone")'),
        ("entry[0].resource:Resource", '$."entry"[0]."resource"[*]'),
        (".:Observation", "$"),
    ],
)
def test_a_path_can_be_written_for_postgresql(path: str, json_path: str):
    assert parse_path(path).json_path() == json_path


def test_a_json_path_can_go_on_below():
    assert (
        parse_path("code:CodeableConcept").json_path("coding", "display")
        == '$."code"[*]."coding"[*]."display"[*]'
    )


@pytest.mark.parametrize(
    "path", ["", "code", "code:", "a..b:string", "a[:string", "a[b=c'd]:string", 'a"b:string', "a b:string"]
)
def test_what_is_no_path_is_refused(path: str):
    with pytest.raises(Invalid):
        parse_path(path)
