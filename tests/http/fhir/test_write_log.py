"""A write shows under who has looked at a person's record."""

from __future__ import annotations

from kangshu.app.platform import Platform
from kangshu.domains.intake.change import Change
from tests.conftest import EVERYTHING


def test_a_write_names_the_person_it_is_about(platform: Platform) -> None:
    patient = b'{"resourceType":"Patient","id":"p1","gender":"female"}'
    platform.writer(EVERYTHING).apply([Change("Patient", "p1", patient)], raw=patient)
    person = platform.person_of("Patient", "p1")
    with platform.database.connection() as session:
        entries = session.execute("SELECT entry FROM access_log").fetchall()
    assert person is not None
    assert f'"persons":[{person}]' in entries[-1][0]
