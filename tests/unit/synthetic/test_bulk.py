"""Bulk residents: valid, told apart, the same for everybody who asks."""

from __future__ import annotations

from collections import Counter

import fhirkit
import orjson

from kangshu.domains.synthetic.bulk import CHUNK, residents
from kangshu.domains.synthetic.county import County


def lines(county: County, n: int, seed: int, first: int = 0) -> list[bytes]:
    return [line for chunk in residents(county, n, seed, first=first) for line in chunk.splitlines()]


def test_every_line_is_a_valid_resource_with_an_id_of_its_own(county: County) -> None:
    ids: Counter[tuple[str, str]] = Counter()
    known: set[str] = set()
    for line in lines(county, 120, 3):
        resource = orjson.loads(line)
        assert fhirkit.validate(line) == []
        ids[resource["resourceType"], resource["id"]] += 1
        known.add(f"{resource['resourceType']}/{resource['id']}")
        for key in ("subject", "patient", "encounter", "serviceProvider"):
            assert key not in resource or resource[key]["reference"] in known
    assert max(ids.values()) == 1


def test_a_resident_brings_about_forty_resources(county: County) -> None:
    found = lines(county, 400, 3)
    staff = len(
        [
            line
            for line in found
            if orjson.loads(line)["resourceType"] in {"Organization", "Practitioner", "PractitionerRole"}
        ]
    )
    assert 35 <= (len(found) - staff) / 400 <= 50


def test_work_can_be_shared_between_processes(county: County) -> None:
    whole = lines(county, 3 * CHUNK, 3)
    parts = [*lines(county, CHUNK, 3), *lines(county, 3 * CHUNK, 3, first=CHUNK)]
    assert whole == parts


def test_identity_numbers_of_many_residents_differ(county: County) -> None:
    values: list[str] = []
    for chunk in residents(county, 2_000, 3):
        for line in chunk.splitlines():
            if line.startswith(b'{"resourceType":"Patient"'):
                values += [key["value"] for key in orjson.loads(line)["identifier"][1:]]
    assert len(values) == 4_000
    assert len(set(values)) == len(values)
