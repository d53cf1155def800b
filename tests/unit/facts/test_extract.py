"""What a fact can be found by.

The catalogue of these tests has one parameter of each kind and datatype.
"""

from __future__ import annotations

import math
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.facts.catalogue_tables import parse_catalogue
from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.parameters import Catalogue

ROWS = """
type  | parameter    | kind      | slot | single | targets | paths                       | components
*     | _id          | token     |      | yes    |         | id:string                   |
*     | _lastUpdated | date      |      | yes    |         | meta.lastUpdated:instant    |
*     | _profile     | uri       |      | no     |         | meta.profile:canonical      |
*     | _tag         | token     |      | no     |         | meta.tag:Coding             |
*     | _text        | special   |      | no     |         | text.div:xhtml              |
Thing | address      | string    |      | no     |         | address:Address             |
Thing | any          | reference |      | no     | *       | any:Reference               |
Thing | code         | token     |      | no     |         | code:Concept                |
Thing | code-size    | composite |      | no     |         | part:Element                | part-code=code:Concept part-size=size:Quantity
Thing | combo-code   | token     |      | no     |         | code:Concept part.code:Concept |
Thing | combo        | composite |      | no     |         | .:Thing part:Element        | combo-code=code:Concept combo-size=size:Quantity
Thing | combo-size   | quantity  | 3    | no     |         | size:Quantity sizeRange:Range cost:Money wave:SampledData part.size:Quantity |
Thing | count        | number    | 1    | no     |         | count:integer               |
Thing | date         | date      | 0    | no     |         | date:dateTime period:Period timing:Timing |
Thing | gone         | token     |      | yes    |         | goneBoolean:truth goneDate:truth |
Thing | identifier   | token     |      | no     |         | identifier:Identifier       |
Thing | line         | reference |      | no     |         | line:canonical              |
Thing | name         | string    |      | no     |         | name:HumanName              |
Thing | note         | string    |      | no     |         | note:string                 |
Thing | on           | token     |      | yes    |         | on:boolean                  |
Thing | owner        | reference |      | yes    | Owner   | any:Reference(Owner)        |
Thing | part-code    | token     |      | no     |         | part.code:Concept           |
Thing | part-size    | quantity  | 2    | no     |         | part.size:Quantity          |
Thing | phone        | token     |      | no     |         | telecom[system=phone]:ContactPoint |
Thing | status       | token     |      | yes    |         | status:code                 |
Thing | telecom      | token     |      | no     |         | telecom:ContactPoint        |
Thing | whole        | composite |      | no     |         | .:Thing                     | status=status:code count=count:integer
Box   | first        | reference |      | yes    |         | entry[0].resource:Resource  |
"""  # noqa: E501  a table is read along its lines


def table(text: str) -> str:
    """The lines of a readable table with tabs for bars."""
    rows = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
    return "\n".join("\t".join(row) for row in rows).replace(":Concept", ":CodeableConcept")


def make_catalogue(rows: str = ROWS) -> Catalogue:
    return parse_catalogue(
        types=table("type | partitioned | happened\nThing | yes | date\nOwner | no |\nBox | no |"),
        parameters=table(rows),
        compartment=table("type | parameters\nThing | owner,any\nOwner | _id"),
        subject_type="Owner",
    )


EXTRACTOR = Extractor(make_catalogue())
ALWAYS = {"gone:present", "gone=false", "gone=|false"}


def thing(**properties: Any) -> Terms:
    return EXTRACTOR.extract("Thing", {"resourceType": "Thing", "id": "1", **properties})


def tokens(**properties: Any) -> set[str]:
    found = thing(**properties).tokens
    assert len(found) == len(set(found))
    return set(found) - ALWAYS


def test_nothing_stands_for_nothing():
    found = thing()
    assert set(found.tokens) == ALWAYS
    assert (found.strings, found.ranges, found.composites, found.happened, found.subjects) == (
        [],
        {},
        {},
        None,
        [],
    )


def test_an_unknown_type_is_not_supported():
    with pytest.raises(NotSupported):
        EXTRACTOR.extract("Planet", {})


# --- tokens -------------------------------------------------------------------------------------------


def test_a_code_has_no_system():
    assert tokens(status="final") == {"status:present", "status=final", "status=|final"}


def test_a_boolean_is_true_or_false():
    assert tokens(on=False) == {"on:present", "on=false", "on=|false"}
    assert tokens(on=True) == {"on:present", "on=true", "on=|true"}


def test_a_coding_with_a_system_is_found_by_either_and_both():
    assert tokens(meta={"tag": [{"system": "s", "code": "c"}]}) == {
        "_tag:present",
        "_tag=c",
        "_tag=s|",
        "_tag=s|c",
    }


def test_a_concept_is_found_by_each_coding_under_each_parameter_that_reads_it():
    found = tokens(code={"coding": [{"system": "s", "code": "c"}, {"code": "d"}]})
    assert {token for token in found if token.startswith("code")} == {
        "code:present",
        "code=c",
        "code=s|",
        "code=s|c",
        "code=d",
        "code=|d",
    }
    assert "combo-code=s|c" in found


def test_a_concept_of_words_alone_is_only_present():
    assert tokens(code={"text": "as told"}) == {"code:present", "combo-code:present"}


def test_an_identifier_is_found_by_its_type_too():
    kind = {"coding": [{"system": "t", "code": "MR"}]}
    assert tokens(identifier=[{"system": "s", "value": "7", "type": kind}]) == {
        "identifier:present",
        "identifier=7",
        "identifier=s|",
        "identifier=s|7",
        "identifier:of-type=t|MR|7",
    }


def test_a_contact_point_has_its_kind_for_a_system_and_can_be_filtered():
    found = tokens(telecom=[{"system": "phone", "value": "1"}, {"system": "email", "value": "a@b"}])
    assert {"telecom=1", "telecom=phone|1", "telecom=a@b", "phone=1", "phone=phone|1"} <= found
    assert not {"phone=a@b", "phone=email|a@b"} & found


@pytest.mark.parametrize(
    ("properties", "truth"),
    [
        ({}, "false"),
        ({"goneBoolean": False}, "false"),
        ({"goneBoolean": True}, "true"),
        ({"goneDate": "2020"}, "true"),
    ],
)
def test_truth_is_false_where_nothing_else_is_said(properties: dict[str, Any], truth: str):
    found = thing(**properties).tokens
    assert [token for token in found if token.startswith("gone")] == [
        "gone:present",
        f"gone={truth}",
        f"gone=|{truth}",
    ]


def test_case_of_codes_is_kept():
    assert "status=Final" in tokens(status="Final")


# --- references ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "token"),
    [
        ("Owner/1", "any=Owner/1"),
        ("Owner/1/_history/3", "any=Owner/1"),
        ("https://x.example/fhir/Owner/1/_history/3", "any=https://x.example/fhir/Owner/1"),
        ("urn:uuid:0b1c", "any=urn:uuid:0b1c"),
    ],
)
def test_a_reference_is_found_by_its_address_without_version(reference: str, token: str):
    assert token in tokens(any={"reference": reference})


def test_a_contained_thing_has_no_address():
    assert tokens(any={"reference": "#1"}) == {"any:present"}


@pytest.mark.parametrize(
    ("reference", "counts"),
    [
        ({"reference": "Owner/1"}, True),
        ({"reference": "https://x.example/Owner/1"}, True),
        ({"reference": "urn:uuid:1", "type": "Owner"}, True),
        ({"reference": "urn:uuid:1"}, False),
        ({"reference": "Thing/1"}, False),
        ({"reference": "Owner/1", "type": "Thing"}, True),
        ({"type": "Owner", "identifier": {"value": "7"}}, True),
        ({"identifier": {"value": "7"}}, False),
    ],
)
def test_only_references_to_the_wanted_type_count(reference: dict[str, Any], counts: bool):
    assert ("owner:present" in tokens(any=reference)) is counts


def test_a_reference_by_identifier_is_found_by_it():
    found = tokens(any={"identifier": {"system": "s", "value": "7"}})
    assert found == {"any:present", "any:identifier=7", "any:identifier=s|7"}


def test_a_canonical_is_found_with_and_without_its_version():
    assert tokens(line="http://x/1|2.0") == {"line:present", "line=http://x/1", "line=http://x/1|2.0"}


def test_a_resource_inside_another_is_referred_to_by_type_and_id():
    box = {"entry": [{"resource": {"resourceType": "Owner", "id": "9"}}, {"resource": {"id": "8"}}]}
    assert set(EXTRACTOR.extract("Box", box).tokens) == {"first:present", "first=Owner/9"}


def test_a_fact_belongs_to_the_subjects_it_refers_to():
    found = thing(any=[{"reference": "Owner/1"}, {"reference": "Owner/2"}, {"reference": "Thing/3"}])
    assert found.subjects == ["Owner/1", "Owner/2"]
    assert {"@Owner/1", "@Owner/2"} <= set(found.tokens)
    assert "@Thing/3" not in found.tokens


def test_a_subject_belongs_to_itself():
    found = EXTRACTOR.extract("Owner", {"id": "7"})
    assert (found.subjects, found.tokens) == (["Owner/7"], ["@Owner/7"])


def test_references_of_a_parameter_can_be_listed():
    body = {
        "any": [{"reference": "Owner/1/_history/2"}, {"reference": "#x"}, {"reference": "Thing/3"}],
        "line": "http://x/1|2.0",
    }
    assert EXTRACTOR.references("Thing", "any", body) == ["Owner/1", "Thing/3"]
    assert EXTRACTOR.references("Thing", "owner", body) == ["Owner/1"]
    assert EXTRACTOR.references("Thing", "*", body) == ["Owner/1", "Thing/3", "http://x/1|2.0"]
    with pytest.raises(Invalid):
        EXTRACTOR.references("Thing", "status", body)
    with pytest.raises(NotSupported):
        EXTRACTOR.references("Thing", "colour", body)


# --- strings ------------------------------------------------------------------------------------------


def test_a_string_is_kept_normalised_and_exact():
    found = thing(note=["Été  1", "Été  1"])
    assert found.strings == [("note", "ete 1")]
    assert {"note:present", "note:exact=Été  1"} <= set(found.tokens)


def test_every_part_of_a_name_counts():
    name = {
        "family": "Koepp",
        "given": ["Abdul", "K."],
        "prefix": ["Mr."],
        "suffix": ["Jr"],
        "text": "A. Koepp",
    }
    assert [text for _, text in thing(name=name).strings] == ["koepp", "abdul", "k.", "mr.", "jr", "a. koepp"]


def test_a_chinese_name_is_one_word():
    found = thing(name=[{"family": "欧阳", "given": ["小", "明"]}])
    assert ("name", "欧阳小明") in found.strings
    assert "name:exact=欧阳小明" in found.tokens


def test_every_part_of_an_address_counts():
    address = {
        "line": ["a", "b"],
        "city": "c",
        "district": "d",
        "state": "e",
        "postalCode": "f",
        "country": "g",
    }
    found = thing(address={**address, "text": "t", "use": "home"}).strings
    assert {text for _, text in found} == set("abcdefgt")


def test_a_uri_is_found_as_it_stands_and_without_version():
    found = thing(meta={"profile": ["http://X/a|1"]})
    assert {"_profile=http://X/a", "_profile=http://X/a|1"} <= set(found.tokens)
    assert found.strings == [("_profile", "http://X/a|1")]


# --- ranges -------------------------------------------------------------------------------------------

DAY = 86_400.0
FEB_3_2020 = 1_580_688_000.0


@pytest.mark.parametrize(
    ("properties", "ranges"),
    [
        ({"date": "2020-02-03"}, [(FEB_3_2020, FEB_3_2020 + DAY)]),
        ({"date": "yesterday"}, None),
        ({"period": {"start": "2020-02-03", "end": "2020-02-04"}}, [(FEB_3_2020, FEB_3_2020 + 2 * DAY)]),
        ({"period": {"start": "2020-02-03"}}, [(FEB_3_2020, math.inf)]),
        ({"period": {"end": "2020-02-03"}}, [(-math.inf, FEB_3_2020 + DAY)]),
        ({"period": {}}, None),
        ({"period": {"start": "2020-02-03", "end": "later"}}, None),
        ({"period": {"start": "2020-02-03", "end": "2019"}}, None),
        (
            {"timing": {"event": ["2020-02-03", "2020-02-04"]}},
            [(FEB_3_2020, FEB_3_2020 + DAY), (FEB_3_2020 + DAY, FEB_3_2020 + 2 * DAY)],
        ),
        ({"timing": {"repeat": {"boundsPeriod": {"start": "2020-02-03"}}}}, [(FEB_3_2020, math.inf)]),
        ({"timing": {"repeat": {"frequency": 1}}}, None),
    ],
)
def test_dates_become_stretches_of_time(properties: dict[str, Any], ranges: list[tuple[float, float]] | None):
    found = thing(**properties)
    assert found.ranges.get(0) == ranges
    assert "date:present" in found.tokens


def test_a_time_without_zone_is_meant_where_the_extractor_is():
    extractor = Extractor(make_catalogue(), timezone(timedelta(hours=8)))
    assert extractor.extract("Thing", {"date": "2020-02-03"}).ranges[0][0][0] == FEB_3_2020 - 8 * 3600


@pytest.mark.parametrize(
    ("properties", "happened"),
    [
        ({"date": "2020-02-03"}, FEB_3_2020),
        ({"period": {"start": "2020-02-03"}}, FEB_3_2020),
        ({"period": {"end": "2020-02-02"}}, FEB_3_2020),
        ({"date": "soon"}, None),
    ],
)
def test_a_fact_happened_when_its_first_date_begins(properties: dict[str, Any], happened: float | None):
    assert thing(**properties).happened == happened


@pytest.mark.parametrize(
    ("value", "ranges"),
    [
        (7, [(7.0, 7.0)]),
        ("7.50", [(7.5, 7.5)]),
        (True, None),
        ("many", None),
        ([1, 2], [(1.0, 1.0), (2.0, 2.0)]),
    ],
)
def test_numbers_are_points(value: Any, ranges: list[tuple[float, float]] | None):
    assert thing(count=value).ranges.get(1) == ranges


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, "nan"])
def test_what_is_no_finite_number_is_left_out(value: Any):
    assert thing(count=value).ranges == {}


@pytest.mark.parametrize(
    ("properties", "ranges"),
    [
        ({"size": {"value": 5}}, [(5.0, 5.0)]),
        ({"size": {"value": 5, "comparator": "<"}}, [(-math.inf, 5.0)]),
        ({"size": {"value": 5, "comparator": ">="}}, [(5.0, math.inf)]),
        ({"size": {"unit": "mm"}}, None),
        ({"sizeRange": {"low": {"value": 1}, "high": {"value": 2}}}, [(1.0, 2.0)]),
        ({"sizeRange": {"high": {"value": 2}}}, [(-math.inf, 2.0)]),
        ({"sizeRange": {"low": {"value": 2}, "high": {"value": 1}}}, None),
        ({"sizeRange": {}}, None),
        ({"cost": {"value": 9.5, "currency": "CNY"}}, [(9.5, 9.5)]),
        ({"wave": {"origin": {"value": 100}, "factor": 2, "data": "1 -3 E 5"}}, [(94.0, 110.0)]),
        (
            {"wave": {"origin": {"value": 0}, "data": "1 L U", "lowerLimit": -9, "upperLimit": 9}},
            [(-9.0, 9.0)],
        ),
        ({"wave": {"origin": {"value": 0}, "data": "E E"}}, None),
    ],
)
def test_quantities_are_points_or_ranges(
    properties: dict[str, Any], ranges: list[tuple[float, float]] | None
):
    found = thing(**properties)
    assert found.ranges.get(3) == ranges
    assert "combo-size:present" in found.tokens


def test_a_unit_is_found_by_code_and_by_name():
    found = tokens(size={"value": 1, "unit": "mmHg", "system": "u", "code": "mm[Hg]"})
    assert found == {
        "combo-size:present",
        "combo-size:unit=mm[Hg]",
        "combo-size:unit=u|mm[Hg]",
        "combo-size:unit=mmHg",
    }
    assert "combo-size:unit=urn:iso:std:iso:4217|CNY" in tokens(cost={"value": 1, "currency": "CNY"})
    assert "combo-size:unit=kg" in tokens(sizeRange={"low": {"value": 1, "unit": "kg"}})


# --- composites ---------------------------------------------------------------------------------------


def part(code: str, value: float) -> dict[str, Any]:
    return {"code": {"coding": [{"code": code}]}, "size": {"value": value, "code": "mm"}}


def test_parts_that_stand_together_are_kept_together():
    found = thing(part=[part("a", 1), part("b", 2), {"code": {"coding": [{"code": "c"}]}}]).composites
    assert found["code-size"] == [
        {"t": ["part-code=a", "part-code=|a", "part-size:unit=mm"], "r": {"part-size": [1.0, 1.0]}},
        {"t": ["part-code=b", "part-code=|b", "part-size:unit=mm"], "r": {"part-size": [2.0, 2.0]}},
    ]


def test_the_fact_itself_counts_beside_its_elements():
    found = thing(**part("z", 9), part=[part("a", 1)]).composites
    assert [entry["r"]["combo-size"] for entry in found["combo"]] == [[1.0, 1.0], [9.0, 9.0]]


def test_a_fact_without_elements_needs_no_entries():
    assert thing(**part("z", 9), status="final", count=1).composites == {}


def test_a_fact_whose_elements_lack_a_part_says_so_by_an_empty_list():
    assert thing(part={"size": {"value": 1}}).composites == {"code-size": [], "combo": []}


# --- whatever comes -----------------------------------------------------------------------------------

PROPERTIES = """
    id meta tag profile address line city any reference identifier type system value code coding part size
    sizeRange low high cost currency wave origin data factor count date period start end timing event repeat
    boundsPeriod goneBoolean goneDate name family given note on telecom status entry resource unit comparator
""".split()
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["phone", "<", "Owner/1", "2020"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=6)
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(PROPERTIES), ANYTHING, max_size=8))
def test_no_shape_raises_or_gives_an_empty_range(body: dict[str, Any]):
    for type_ in ("Thing", "Owner", "Box"):
        found = EXTRACTOR.extract(type_, body)
        assert all(low <= high for ranges in found.ranges.values() for low, high in ranges)
        assert all(isinstance(token, str) for token in found.tokens)
        EXTRACTOR.references(type_, "*", body)


def test_a_kind_that_cannot_be_made_from_a_datatype_is_refused():
    extractor = Extractor(make_catalogue(ROWS.replace("date:dateTime", "date:Quantity")))
    with pytest.raises(Invalid):
        extractor.extract("Thing", {})
