from __future__ import annotations

import pytest

from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.facts.catalogue_tables import parse_catalogue
from kangshu.kernel.facts.parameters import Catalogue

TYPES = """type\tpartitioned\thappened
Person\tno\t
Visit\tyes\tdate
"""
PARAMETERS = """type\tparameter\tkind\tslot\tsingle\ttargets\tpaths\tcomponents
*\t_id\ttoken\t\tyes\t\tid:string\t
*\t_tag\ttoken\t\tno\t\tmeta.tag:Coding\t
Visit\tdate\tdate\t0\tyes\t\tperiod:Period\t
Visit\tkind\ttoken\t\tno\t\tkind:CodeableConcept\t
Visit\tkind-size\tcomposite\t\tno\t\t. part\tkind=kind:CodeableConcept size=size:Quantity
Visit\tsize\tquantity\t1\tno\t\tsize:Quantity part.size:Quantity\t
Visit\twho\treference\t\tyes\tPerson\twho:Reference(Person)\t
""".replace("\t. part\t", "\t.:Visit part:BackboneElement\t")
COMPARTMENT = """type\tparameters
Person\t_id
Visit\twho
"""


def parse(
    types: str = TYPES,
    parameters: str = PARAMETERS,
    compartment: str = COMPARTMENT,
    subject_type: str = "Person",
) -> Catalogue:
    return parse_catalogue(
        types=types, parameters=parameters, compartment=compartment, subject_type=subject_type
    )


def problems(**tables: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as raised:
        parse(**tables)
    return [(problem.path, problem.message) for problem in raised.value.problems]


def test_parameters_of_every_type_belong_to_each():
    catalogue = parse()
    assert [each.name for each in catalogue.parameters("Person")] == ["_id", "_tag"]
    assert catalogue.parameter("Visit", "_tag") is catalogue.parameter("Person", "_tag")


def test_a_parameter_knows_what_search_needs():
    size = parse().parameter("Visit", "size")
    assert (size.kind, size.slot, size.single) == ("quantity", 1, False)
    assert size.json_paths() == ['$."size"[*]', '$."part"[*]."size"[*]']
    assert parse().parameter("Visit", "who").targets == ("Person",)


def test_the_text_shown_for_a_code_can_be_found():
    assert parse().parameter("Visit", "kind").text_json_paths() == [
        '$."kind"[*]."text"[*]',
        '$."kind"[*]."coding"[*]."display"[*]',
    ]


def test_a_code_is_of_the_system_that_its_binding_implies():
    rows = f"{PARAMETERS}Visit\tstatus\ttoken\t\tyes\t\tstatus:code(http://x/status)\t\n"
    status = parse(parameters=rows).parameter("Visit", "status")
    assert status.implies("http://x/status")
    assert not status.implies("http://x/colour")


def test_parts_of_a_composite_have_the_kind_of_their_parameter():
    composite = parse().parameter("Visit", "kind-size")
    assert [(part.name, part.kind) for part in composite.components] == [
        ("kind", "token"),
        ("size", "quantity"),
    ]
    assert [path.json_path() for path in composite.elements()] == ['$."part"[*]']
    assert composite.on_document()


def test_types_know_their_subjects_and_when_they_happened():
    catalogue = parse()
    assert catalogue.subject_type == "Person"
    assert catalogue.type("Person").subjects == ("_id",)
    assert (catalogue.type("Visit").subjects, catalogue.type("Visit").happened) == (("who",), ("date",))


def test_an_unknown_name_is_not_supported():
    catalogue = parse()
    for ask in (
        lambda: catalogue.type("Planet"),
        lambda: catalogue.parameters("Planet"),
        lambda: catalogue.parameter("Planet", "_id"),
        lambda: catalogue.parameter("Visit", "colour"),
    ):
        with pytest.raises(NotSupported):
            ask()
    assert catalogue.find("Visit", "colour") is None
    assert catalogue.find("Planet", "_id") is None


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("Visit\tx\tcolour\t\tno\t\tx:string\t", "there is no kind 'colour'"),
        ("Visit\tx\tdate\t9\tno\t\tx:date\t", "slot must be 0 to 4"),
        ("Visit\tx\ttoken\t\tmaybe\t\tx:code\t", "single must be yes or no"),
        ("Visit\tx\ttoken\t\tno\t\tx\t", "'x' is not an element path."),
        ("Visit\tx\ttoken", "there must be 8 columns"),
        ("Visit\tx\tcomposite\t\tno\t\tx:Element\tkind", "a component must be written name=path,path"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(line: str, wrong: str):
    assert problems(parameters=f"{PARAMETERS}{line}\n") == [("parameters line 9", wrong)]


def test_all_bad_lines_are_named_at_once():
    found = problems(types=f"{TYPES}Odd\tperhaps\t\n", parameters=f"{PARAMETERS}Visit\ty\n")
    assert [path for path, _ in found] == ["types line 4", "parameters line 9"]


@pytest.mark.parametrize(
    ("tables", "place"),
    [
        ({"types": "type\tpartitioned\n"}, "types line 1"),
        ({"types": TYPES + "Planet\tno\torbit\n"}, "Planet.orbit"),
        ({"compartment": COMPARTMENT + "Planet\twho\n"}, "Planet"),
        ({"compartment": COMPARTMENT.replace("who", "whom")}, "Visit.whom"),
        ({"subject_type": "Planet"}, "Planet"),
        ({"parameters": PARAMETERS.replace("quantity\t1", "quantity\t0")}, "Visit.size"),
        ({"parameters": PARAMETERS.replace("quantity\t1", "quantity\t")}, "Visit.size"),
        ({"parameters": PARAMETERS.replace("size=size", "volume=size")}, "Visit.volume"),
        ({"parameters": PARAMETERS + "Planet\tx\ttoken\t\tno\t\tx:code\t\n"}, "Planet"),
    ],
)
def test_names_that_lead_nowhere_are_named(tables: dict[str, str], place: str):
    assert place in [path for path, _ in problems(**tables)]
