"""Views that merge new rows with what is kept: however the rows are parted, merging gives the whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kangshu.app.relations import Relations
from kangshu.kernel.lake.engine import Engine, engine
from tools.view_pages import relations_of_packs

RELATIONS: Relations = relations_of_packs()
PEOPLE = st.sampled_from(["a", "b", None])
DAYS = st.dates(date(2024, 11, 1), date(2026, 2, 1)) | st.none()
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001 - as the lake holds them
CODES = st.sampled_from(["I10.x00", "I11", "I15.9", "I20.900", "E11.900", "E10.9", None])
CONDITIONS = st.lists(st.tuples(PEOPLE, CODES, DAYS, st.sampled_from(["active", "resolved"]), TIMES))
CONTACTS = st.lists(st.tuples(PEOPLE, DAYS, TIMES))


def merged(name: str, work: Engine, *parts: str) -> list[Any]:
    view = RELATIONS.views.selects[name]
    both = " UNION ALL BY NAME ".join(f"FROM {part}" for part in parts)
    return work.rows(f"SELECT * FROM ({view.merged(both)}) ORDER BY ALL")


def fill(work: Engine, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    work.run(f"CREATE OR REPLACE TABLE {table} ({columns})")
    for row in rows:
        work.run(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


CONDITION = "patient VARCHAR, code VARCHAR, onset DATE, status VARCHAR, recorded TIMESTAMP"
ENCOUNTER = "patient VARCHAR, started DATE, recorded TIMESTAMP"
OBSERVATION = "patient VARCHAR, taken DATE, recorded TIMESTAMP"


def offer_tables(work: Engine) -> None:
    rows = [tuple(row.values()) for row in RELATIONS.views.tables["chronic_disease"]]
    fill(work, "chronic_disease", "category VARCHAR, disease VARCHAR, title VARCHAR", rows)


@settings(max_examples=40, deadline=None)
@given(CONDITIONS, CONDITIONS)
def test_patients_with_chronic_diseases(old: list[tuple[Any, ...]], new: list[tuple[Any, ...]]) -> None:
    with engine() as work:
        offer_tables(work)
        for name, rows in (("old", old), ("new", new), ("whole", old + new)):
            fill(work, "condition", CONDITION, rows)
            work.run(f"CREATE TABLE {name} AS {RELATIONS.views.selects['chronic_patient'].sql}")
        whole = work.rows("FROM whole ORDER BY ALL")
        assert merged("chronic_patient", work, "old", "new") == whole
        expected: dict[tuple[Any, str], list[tuple[date | None, datetime]]] = {}
        for patient, code, onset, status, recorded in old + new:
            kind = {"I1": "hypertension", "E1": "diabetes"}.get((code or "")[:2])
            if code and code[:3] in {"I10", "I11", "I15", "E11"} and status == "active" and patient and kind:
                expected.setdefault((patient, kind), []).append((onset, recorded))
        assert whole == sorted(
            (
                *key,
                min((onset for onset, _ in found if onset), default=None),
                min(recorded for _, recorded in found),
            )
            for key, found in expected.items()
        )


@settings(max_examples=40, deadline=None)
@given(CONTACTS, CONTACTS)
def test_residents_by_year_of_contact(old: list[tuple[Any, ...]], new: list[tuple[Any, ...]]) -> None:
    with engine() as work:
        for name, visits, measures in (("old", old, []), ("new", [], new), ("whole", old, new)):
            fill(work, "encounter", ENCOUNTER, visits)
            fill(work, "observation", OBSERVATION, measures)
            work.run(f"CREATE TABLE {name} AS {RELATIONS.views.selects['contact_year'].sql}")
        whole = work.rows("FROM whole ORDER BY ALL")
        assert merged("contact_year", work, "old", "new") == whole
        expected: dict[tuple[str, int], list[datetime]] = {}
        for patient, day, recorded in old + new:
            if patient and day:
                expected.setdefault((patient, day.year), []).append(recorded)
        assert whole == sorted((*key, min(found)) for key, found in expected.items())


def test_every_view_that_merges_is_tried_here() -> None:
    merging = {name for name, view in RELATIONS.views.selects.items() if view.merges is not None}
    assert merging == {"chronic_patient", "contact_year"}
