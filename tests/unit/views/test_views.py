"""What views do beyond the standard's suite: odd data, exact numbers, hostile constants, large views."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.views.compile import CompiledView, compile_view
from kangshu.kernel.views.elements import parse_elements
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.reference.rows import view_rows
from kangshu.kernel.views.run import run_view

ROOT = Path(__file__).resolve().parents[3]
ELEMENTS = parse_elements((ROOT / "packs/standards/fhir_r4/elements.tsv").read_text("utf-8"))
Row = dict[str, Any]
Run = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def lake() -> Iterator[Engine]:
    with engine() as opened:
        yield opened


@pytest.fixture(scope="module")
def run(lake: Engine) -> Run:
    def rows(view: dict[str, Any], *bodies: str) -> list[Row]:
        lake.offer("given", pa.table({"id": [str(n) for n in range(len(bodies))], "body": list(bodies)}))
        return run_view(lake, compiled(view))

    return rows


def compiled(view: dict[str, Any]) -> CompiledView:
    return compile_view(parse_view(view), ELEMENTS, source="given")


def flat(resource: str, **columns: str | dict[str, Any]) -> dict[str, Any]:
    """A view of one row for each resource: column -> path, or the column itself."""
    made = [
        {"name": name, **({"path": told} if isinstance(told, str) else told)}
        for name, told in columns.items()
    ]
    return {"resource": resource, "select": [{"column": made}]}


def value_of(run: Run, body: dict[str, Any] | str, path: str, **more: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    kind = json.loads(text)["resourceType"]
    view = flat(kind, it={"path": path, **more})
    (row,) = run(view, text)
    read = json.loads(text, parse_float=Decimal)
    (meant,) = view_rows(parse_view(view), ELEMENTS, [read])
    if not more:
        assert row["it"] == meant["it"], "the reference means something else"
    return row["it"]


OBSERVATION = {"resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/p"}}


@pytest.mark.parametrize(
    "written", ["1.50", "100.000", "1e-7", "12345678901234567890.123", "-0.10", "7", "0.00001"]
)
def test_a_decimal_as_text_is_what_was_written(run: Run, written: str) -> None:
    body = (
        json.dumps(OBSERVATION)[:-1]
        + f', "note": [{{"text": "at 2.50, \\"3.10\\": 4.0"}}], "valueQuantity": {{"value": {written}}}}}'
    )
    view = flat(
        "Observation",
        text={"path": "value.ofType(Quantity).value", "type": "string"},
        note="note.text.first()",
        number="value.ofType(Quantity).value",
    )
    (row,) = run(view, body)
    assert row["text"] == written
    assert row["note"] == 'at 2.50, "3.10": 4.0'
    assert row["number"] == Decimal(written)


@pytest.mark.parametrize(
    ("reference", "wanted", "key"),
    [
        ({"reference": "Patient/p1"}, "Patient", "p1"),
        ({"reference": "Patient/p1"}, "Group", None),
        ({"reference": "Patient/p1/_history/3"}, "Patient", "p1"),
        ({"reference": "https://x.example/fhir/Patient/p-1.2"}, "Patient", "p-1.2"),
        ({"reference": "https://x.example/fhir/Patient/p1/_history/9"}, "", "p1"),
        ({"reference": "urn:uuid:53fefa32"}, "", "53fefa32"),
        ({"reference": "urn:uuid:53fefa32", "type": "Patient"}, "Patient", "53fefa32"),
        ({"reference": "urn:uuid:53fefa32"}, "Patient", None),
        ({"reference": "#inside"}, "", None),
        ({"reference": "Patient?identifier=1"}, "", None),
        ({"display": "somebody"}, "", None),
    ],
)
def test_a_reference_gives_the_key_it_can(run: Run, reference: Row, wanted: str, key: str | None) -> None:
    assert value_of(run, OBSERVATION | {"subject": reference}, f"subject.getReferenceKey({wanted})") == key


@pytest.mark.parametrize(
    ("body", "path", "value"),
    [
        ({"birthDate": "1970", "_birthDate": {"id": "x"}}, "birthDate", "1970"),
        ({"_birthDate": {"extension": [{"url": "u", "valueCode": "c"}]}}, "birthDate.exists()", False),
        ({"name": "no object"}, "name.family.first()", None),
        ({"name": {"family": "A"}}, "name.family.first()", None),
        ({"maritalStatus": "M"}, "maritalStatus.coding.code.first()", None),
        ({"maritalStatus": [{"text": "M"}]}, "maritalStatus.text", None),
        ({"active": "perhaps"}, "active", None),
        ({"multipleBirthInteger": "three"}, "multipleBirth.ofType(integer)", None),
        ({"name": [{"given": ["A", None, "B"]}]}, "name.given.count()", 2),
        ({"name": []}, "name.exists()", False),
        ({"gender": None}, "gender.exists()", False),
    ],
)
def test_odd_data_is_empty_and_stops_nothing(run: Run, body: Row, path: str, value: Any) -> None:
    assert value_of(run, {"resourceType": "Patient", **body}, path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("birthDate < @1980", True),
        ("birthDate < @1970-06", None),
        ("birthDate = @1970-06", None),
        ("birthDate != @1971-01-01", True),
        ("birthDate.exists() and {}", None),
        ("false and {}", False),
        ("{} or true", True),
        ("false implies {}", True),
        ("true xor {}", None),
        ("1 = 1.0", True),
        ("5 / 0", None),
        ("5 div 0", None),
        ("-7 mod 3", -1),
        ("-7 div 2", -3),
        ("0.1 + 0.2 = 0.3", True),
        ("'a' in ('a' | 'b')", True),
        ("iif(active, 'yes', 'no')", "no"),
        ("name.where(use = 'usual').given.first()", "小明"),
        ("name.given.where($this.length() > 3).first()", "Ming"),
        ("name.given[1]", "小明"),
        ("name.given.exists($this = 'Ming')", True),
        ("name.all(given.exists())", True),
        ("name.given.select($this & '!').join(',')", "Ming!,小明!"),
        ("(deceased as boolean)", True),
        ("deceased is boolean", True),
        ("deceased is dateTime", False),
        ("deceased = true", True),
        ("contained.ofType(Organization).name.first()", "H"),
        ("contained.count()", 2),
        ("birthDate.extension('u').value.ofType(code).first()", "c"),
        ("name.given.first().extension.exists()", None),
        ("Patient.name.count()", 2),
        ("%resource.name.count() > name.skip(1).count()", True),
    ],
)
def test_expressions_mean_what_fhirpath_says(run: Run, path: str, value: Any) -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"use": "official", "given": ["Ming"]}, {"use": "usual", "given": ["小明"]}],
        "birthDate": "1970-06-01",
        "_birthDate": {"extension": [{"url": "u", "valueCode": "c"}]},
        "deceasedBoolean": True,
        "contained": [
            {"resourceType": "Organization", "id": "h", "name": "H"},
            {"resourceType": "Practitioner", "id": "d", "name": [{"text": "D"}]},
        ],
    }
    if "extension.exists" in path:
        with pytest.raises(Invalid, match="computed"):
            compiled(flat("Patient", it=path))
        return
    assert value_of(run, patient, path) == value


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=30)
    | st.sampled_from(["'", "''; DROP TABLE given; --", "\\", "\x00", "{0}", "\x010\x01"])
)
def test_a_constant_is_a_value_whatever_it_says(run: Run, text: str) -> None:
    body = {"resourceType": "Patient", "name": [{"family": text}]}
    view = flat("Patient", same="name.family.first() = %c", said="%c") | {
        "constant": [{"name": "c", "valueString": text}]
    }
    (row,) = run(view, json.dumps(body))
    assert row == {"same": True, "said": text}


def test_two_values_for_one_row_are_an_error_that_names_the_column(run: Run) -> None:
    body = json.dumps({"resourceType": "Patient", "name": [{"family": "A"}, {"family": "B"}]})
    with pytest.raises(Invalid, match=r"select\[0\]\.column\[0\]\.path: the column it .*`collection`"):
        run(flat("Patient", it="name.family"), body)
    assert compiled(flat("Patient", it="name.family")).warnings[0].path == "select[0].column[0].path"


def test_columns_have_the_types_of_their_paths_and_tags(run: Run) -> None:
    made = compiled(
        flat(
            "Patient",
            born="birthDate",
            day={"path": "birthDate", "tag": [{"name": "ansi/type", "value": "date"}]},
            alive="deceased.ofType(boolean)",
            names={"path": "name.given", "collection": True},
            name={"path": "name.first()", "type": "HumanName"},
            births="multipleBirth.ofType(integer)",
            size={"path": "name.count()", "tag": [{"name": "ansi/type", "value": "numeric(9,2)"}]},
        )
    )
    told = " ".join(column.type for column in made.columns)
    assert told == "VARCHAR DATE BOOLEAN VARCHAR[] JSON INTEGER DECIMAL(9,2)"


def test_a_thing_with_parts_comes_as_json_beside_its_elements(run: Run) -> None:
    body = {"resourceType": "Patient", "name": [{"family": "A", "given": ["B"], "period": {"start": "2020"}}]}
    view = flat("Patient", it={"path": "name.first()", "type": "HumanName"}, family="name.family.first()")
    (row,) = run(view, json.dumps(body))
    assert json.loads(row["it"]) == body["name"][0]
    assert row["family"] == "A"


@pytest.mark.parametrize(
    ("change", "place", "told"),
    [
        ({"selekt": []}, "selekt", "not part"),
        ({"resource": "Patiant"}, "resource", "no resource type"),
        (
            {"select": [{"column": [{"name": "1a", "path": "id"}]}]},
            "select[0].column[0].name",
            "letter first",
        ),
        ({"select": [{"column": [{"name": "a", "path": "id ="}]}]}, "select[0].column[0].path", "Column 5"),
        ({"select": [{"column": [{"name": "a", "path": "nope()"}]}]}, "select[0].column[0].path", "nope()"),
        ({"select": [{"column": [{"name": "a", "path": "%no"}]}]}, "select[0].column[0].path", "%no"),
        ({"select": [{"forEach": "a", "repeat": ["b"]}]}, "select[0]", "only one of"),
        (
            {"select": [{"repeat": ["$this"], "column": [{"name": "a", "path": "id"}]}]},
            "select[0].repeat[0]",
            "lead",
        ),
        ({"where": [{"path": "gender"}]}, "where[0].path", "true or false"),
        (
            {"select": [{"column": [{"name": "a", "path": "id"}, {"name": "A", "path": "id"}]}]},
            "select[0].column[1].name",
            "stands at",
        ),
        (
            {"select": [{"column": [{"name": "a", "path": "id", "type": "Patiant"}]}]},
            "select[0].column[0].type",
            "no type",
        ),
        (
            {"select": [{"column": [{"name": "a", "path": "multipleBirth"}]}]},
            "select[0].column[0].path",
            "ofType",
        ),
    ],
)
def test_a_broken_view_is_refused_with_the_place(change: Row, place: str, told: str) -> None:
    view = {"resource": "Patient", "select": [{"column": [{"name": "a", "path": "id"}]}]} | change
    with pytest.raises(Invalid) as caught:
        compiled(view)
    assert [problem for problem in caught.value.problems if problem.path == place and told in problem.message]


def test_every_problem_is_told_at_once() -> None:
    columns = [{"name": f"c{number}", "path": f"nope{number}()"} for number in range(5)]
    with pytest.raises(Invalid) as caught:
        compiled({"resource": "Patient", "select": [{"column": columns}], "where": [{"path": "%x"}]})
    assert len(caught.value.problems) == 6


def test_large_views_run(run: Run) -> None:
    columns = [
        {"name": f"c{number}", "path": f"name.given.where($this != '{number}').first()"}
        for number in range(200)
    ]
    inner: dict[str, Any] = {"column": columns}
    for _ in range(10):
        inner = {"forEachOrNull": "$this", "select": [inner]}
    body = json.dumps({"resourceType": "Patient", "name": [{"given": ["A"]}]})
    (row,) = run({"resource": "Patient", "select": [inner]}, body)
    assert len(row) == 200
    assert set(row.values()) == {"A"}


def test_repeat_goes_to_any_depth_and_numbers_what_it_finds(run: Run) -> None:
    item: Row = {"linkId": "40"}
    for depth in range(39, 0, -1):
        item = {"linkId": str(depth), "item": [item]}
    body = {"resourceType": "QuestionnaireResponse", "id": "q", "item": [item, {"linkId": "last"}]}
    view = {
        "resource": "QuestionnaireResponse",
        "select": [
            {"column": [{"name": "id", "path": "id"}]},
            {
                "repeat": ["item", "answer.item"],
                "column": [{"name": "at", "path": "%rowIndex"}, {"name": "link", "path": "linkId"}],
            },
        ],
    }
    rows = run(view, json.dumps(body), json.dumps(body | {"id": "empty", "item": []}))
    assert [row["at"] for row in rows] == list(range(41))
    assert [row["link"] for row in rows] == [*(str(number) for number in range(1, 41)), "last"]


def test_nested_unnesting_in_branches_of_a_union_leaves_the_other_branches_alone(run: Run) -> None:
    view = {
        "resource": "Patient",
        "select": [
            {
                "forEachOrNull": "contact",
                "unionAll": [
                    {"forEach": "telecom", "column": [{"name": "it", "path": "value"}]},
                    {
                        "forEachOrNull": "name",
                        "select": [{"forEach": "given", "column": [{"name": "it", "path": "$this"}]}],
                    },
                    {
                        "unionAll": [
                            {"column": [{"name": "it", "path": "gender"}]},
                            {"column": [{"name": "it", "path": "'x'"}]},
                        ]
                    },
                ],
            }
        ],
    }
    contact = {
        "telecom": [{"value": "t1"}, {"value": "t2"}],
        "name": {"given": ["g1", "g2"]},
        "gender": "male",
    }
    bodies = [{"resourceType": "Patient", "contact": [contact]}, {"resourceType": "Patient"}]
    rows = run(view, *(json.dumps(body) for body in bodies))
    assert [row["it"] for row in rows] == ["t1", "t2", "g1", "g2", "male", "x", None, "x"]
    assert rows == list(view_rows(parse_view(view), ELEMENTS, bodies))


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"constant": [{"name": "a", "valueDate": "2020-13-01"}]}, "constant[0].valueDate"),
        ({"constant": [{"name": "a", "valueDateTime": "2020-01-01T25:00:00Z"}]}, "constant[0].valueDateTime"),
        ({"constant": [{"name": "a", "valueInstant": "2020-01-01"}]}, "constant[0].valueInstant"),
        ({"constant": [{"name": "a", "valueTime": "noon"}]}, "constant[0].valueTime"),
        ({"constant": [{"name": "a", "valueInteger64": "9.5"}]}, "constant[0].valueInteger64"),
        (
            {"select": [{"column": [{"name": "it", "path": "id", "type": "strang"}]}]},
            "select[0].column[0].type",
        ),
    ],
)
def test_values_and_types_that_are_none_are_told_where_they_stand(more: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        compiled({**flat("Patient", it="id"), **more})
    assert [each.path for each in refused.value.problems] == [place]


def test_a_long_integer_is_a_text_in_json(run: Run) -> None:
    view = {
        **flat("Patient", it={"path": "%a", "type": "integer64"}, more="%a > 1"),
        "constant": [{"name": "a", "valueInteger64": "9000000000"}],
    }
    body = json.dumps({"resourceType": "Patient", "id": "p"})
    assert run(view, body) == [{"it": 9000000000, "more": True}]
