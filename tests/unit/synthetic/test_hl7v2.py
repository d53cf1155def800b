"""HL7 v2 written from the county's visits: our own reader finds in it what the generator knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.domains.synthetic.definition import Population, Registration, Visit
from kangshu.domains.synthetic.hl7v2.message import Message
from kangshu.domains.synthetic.hl7v2.writer import Interface, messages
from kangshu.kernel.packs.find import default_root, find_packs
from tests.support.hl7 import problems, resources

MATERNAL, HOSPITAL, TOWNSHIP = "H44099900003", "H44099900001", "H44099900102"
IDENTITY = "urn:oid:2.16.156.10011.1.3"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def reader() -> Hl7Reader:
    return Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))


def visits_of(hamlet: Population, file: Registration) -> list[Visit]:
    return [each for each in hamlet.visits if (each.resident, each.org) == (file.resident, file.org)]


def written(hamlet: Population, file: Registration, interface: Interface | None = None) -> list[Message]:
    staff = [each for each in hamlet.practitioners if each.org == file.org]
    return messages(hamlet, file, visits_of(hamlet, file), staff, interface or Interface())


def read(reader: Hl7Reader, found: list[Message]) -> dict[tuple[str, str], Json]:
    """The resources of all messages as they stand at the end."""
    kept: dict[tuple[str, str], Json] = {}
    for each in found:
        assert problems(reader, each.render()) == [], each.kind
        for body in resources(reader, each.render(), each.org):
            kept[body["resourceType"], body["id"]] = body
    return kept


def of(kept: Mapping[tuple[str, str], Json], type_: str) -> list[Json]:
    return [body for (kind, _), body in kept.items() if kind == type_]


def files(hamlet: Population, org: str, most: int = 12) -> list[Registration]:
    return [each for each in hamlet.registrations if each.org == org][:most]


def codes(each: Json, element: str = "code") -> set[str]:
    return {coding["code"] for coding in each[element]["coding"]}


@pytest.mark.parametrize("org", [MATERNAL, HOSPITAL, TOWNSHIP])
def test_the_reader_finds_the_person_the_results_and_the_doses(
    hamlet: Population, reader: Hl7Reader, org: str
) -> None:
    compared = Counter[str]()
    for file in files(hamlet, org):
        kept, visits = read(reader, written(hamlet, file)), visits_of(hamlet, file)
        person = hamlet.residents[file.resident]
        (patient,) = of(kept, "Patient")
        numbers = {each["system"]: each["value"] for each in patient["identifier"]}
        assert numbers[f"urn:kangshu:org:{org}:patient"] == file.local
        assert numbers.get(IDENTITY) == file.id_number
        assert patient["name"][0]["text"] == file.name
        assert (patient["birthDate"], patient["gender"]) == (person.birth.isoformat(), person.sex)
        periods = sorted(
            (each["period"]["start"][:19], each["period"]["end"][:19]) for each in of(kept, "Encounter")
        )
        assert periods == sorted((v.start.isoformat(), v.end.isoformat()) for v in visits)
        _same_results(hamlet, org, visits, of(kept, "Observation"))
        doses = Counter(hamlet.county.vaccines[dose.vaccine].code for v in visits for dose in v.doses)
        assert Counter(each["vaccineCode"]["coding"][0]["code"] for each in of(kept, "Immunization")) == doses
        assert len(of(kept, "MedicationRequest")) == sum(len(v.prescriptions) for v in visits)
        compared += Counter({"visits": len(visits), "readings": sum(len(v.readings) for v in visits)})
    assert min(compared["visits"], compared["readings"]) > 10


def _same_results(hamlet: Population, org: str, visits: list[Visit], found: list[Json]) -> None:
    """Code, value, unit, flag and time of every reading."""
    county = hamlet.county
    expected = Counter[tuple[str, float, str, str]]()
    for reading in (each for visit in visits for each in visit.readings):
        test = county.tests[reading.test]
        local = county.local_codes.get((org, "test", reading.test))
        code = local.code if local else test.code
        unit = local.unit if local else test.display_unit
        expected[code, reading.value, unit, reading.at.isoformat()] += 1
    quantities = [each for each in found if "valueQuantity" in each and "partOf" not in each]
    assert expected == Counter(
        (
            each["code"]["coding"][0]["code"],
            float(each["valueQuantity"]["value"]),
            each["valueQuantity"]["unit"],
            each["effectiveDateTime"][:19],
        )
        for each in quantities
    )


def test_the_standard_code_stands_beside_the_local_one_only_where_the_table_says_so(
    hamlet: Population, reader: Hl7Reader
) -> None:
    local = hamlet.county.local_codes
    seen = set[str]()
    for file in files(hamlet, HOSPITAL, 90):
        for each in of(read(reader, written(hamlet, file, Interface(laboratory_only=True))), "Observation"):
            (row,) = [
                row
                for row in local.values()
                if (row.institution, row.kind) == (HOSPITAL, "test") and row.code in codes(each)
            ]
            assert (row.standard in codes(each)) == (row.beside == "yes")
            seen.add(row.beside)
    assert seen == {"yes", "no"}


def test_a_laboratory_alone_sends_nothing_but_its_results(hamlet: Population) -> None:
    kinds = {
        m.kind
        for file in files(hamlet, HOSPITAL)
        for m in written(hamlet, file, Interface(laboratory_only=True))
    }
    assert kinds == {"ORU^R01^ORU_R01"}


def test_in_gb_18030_the_same_is_said(hamlet: Population, reader: Hl7Reader) -> None:
    file = files(hamlet, MATERNAL)[0]
    plain = [resources(reader, each.render(), MATERNAL) for each in written(hamlet, file)]
    national = [
        resources(reader, each.render(), MATERNAL)
        for each in written(hamlet, file, Interface("GB 18030-2000"))
    ]
    assert national == plain
    assert written(hamlet, file)[0].render() != written(hamlet, file, Interface("GB 18030-2000"))[0].render()


def test_control_ids_are_one_to_a_message_and_the_same_seed_writes_the_same(hamlet: Population) -> None:
    found = [each for file in files(hamlet, MATERNAL) for each in written(hamlet, file)]
    assert len({each.control for each in found}) == len(found)
    assert found == [each for file in files(hamlet, MATERNAL) for each in written(hamlet, file)]
