"""Views that merge new rows with what is kept: however the rows are parted, merging gives the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangshu.kernel.lake.engine import Engine, engine
from tools.view_pages import relations_of_packs

VIEWS = relations_of_packs().views
Row = tuple[Any, ...]

PEOPLE = st.sampled_from(["a", "b", None])
PLACES = st.sampled_from(["H1", "H2", None])
DAYS = st.dates(date(2024, 11, 1), date(2026, 2, 1)) | st.none()
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001 - as the lake holds them
MONEY = st.decimals(0, 1000, places=2) | st.none()
DISEASES = st.sampled_from(["I10.x00", "I11", "I15.9", "I20.900", "E11.900", "E10.9", None])
MEASURES = st.sampled_from(["8480-6", "14771-0", "2345-7", None])

READ: Mapping[str, tuple[str, st.SearchStrategy[Row]]] = {
    "condition": (
        "patient VARCHAR, code VARCHAR, onset DATE, status VARCHAR, recorded TIMESTAMP",
        st.tuples(PEOPLE, DISEASES, DAYS, st.sampled_from(["active", "resolved"]), TIMES),
    ),
    "encounter": (
        "patient VARCHAR, institution VARCHAR, started DATE, recorded TIMESTAMP",
        st.tuples(PEOPLE, PLACES, DAYS, TIMES),
    ),
    "observation": (
        "patient VARCHAR, code VARCHAR, taken DATE, value DECIMAL(18, 4), recorded TIMESTAMP",
        st.tuples(PEOPLE, MEASURES, DAYS, MONEY, TIMES),
    ),
    "outpatient_visit": (
        (
            "fixmedins_code VARCHAR, visit_time TIMESTAMP, visit_type VARCHAR, medfee_sumamt DECIMAL(18, 4),"
            " fund_pay_sumamt DECIMAL(18, 4), _recorded_at TIMESTAMP"
        ),
        st.tuples(PLACES, TIMES | st.none(), st.sampled_from(["1", "2", None]), MONEY, MONEY, TIMES),
    ),
    "prescription": (
        (
            "fixmedins_code VARCHAR, rx_time TIMESTAMP, dept_name VARCHAR, amount DECIMAL(18, 4),"
            " _recorded_at TIMESTAMP"
        ),
        st.tuples(PLACES, TIMES | st.none(), st.sampled_from(["急诊科", "内科", None]), MONEY, TIMES),
    ),
}
"""What merging views read: columns and rows."""

Key = tuple[Any, ...]


def chronic_patient(rows: Mapping[str, list[Row]]) -> list[Row]:
    found: dict[Key, list[Row]] = {}
    for patient, code, onset, status, recorded in rows["condition"]:
        kinds = {"I10": "hypertension", "I11": "hypertension", "I15": "hypertension", "E11": "diabetes"}
        if patient and code and status == "active" and code[:3] in kinds:
            found.setdefault((patient, kinds[code[:3]]), []).append((onset, recorded))
    return [(*key, least(o for o, _ in some), least(r for _, r in some)) for key, some in found.items()]


def contact_year(rows: Mapping[str, list[Row]]) -> list[Row]:
    contacts = [(patient, day, recorded) for patient, _, day, recorded in rows["encounter"]]
    contacts += [(patient, day, recorded) for patient, _, day, _, recorded in rows["observation"]]
    found: dict[Key, list[datetime]] = {}
    for patient, day, recorded in contacts:
        if patient and day:
            found.setdefault((patient, day.year), []).append(recorded)
    return [(*key, min(some)) for key, some in found.items()]


def measurement(rows: Mapping[str, list[Row]]) -> list[Row]:
    found: dict[Key, list[Row]] = {}
    for patient, code, day, value, recorded in rows["observation"]:
        if patient and day and code in {"8480-6", "14771-0"}:
            found.setdefault((f"{day:%Y-%m}", patient, code, day), []).append((value, recorded))
    return [
        (*key, max((v for v, _ in some if v is not None), default=None), least(r for _, r in some))
        for key, some in found.items()
    ]


def connected_month(rows: Mapping[str, list[Row]]) -> list[Row]:
    found: dict[Key, list[datetime]] = {}
    for _, institution, day, recorded in rows["encounter"]:
        if institution and day:
            found.setdefault((institution, day.replace(day=1)), []).append(recorded)
    return [(*key, min(some)) for key, some in found.items()]


def outpatient_day(rows: Mapping[str, list[Row]]) -> list[Row]:
    found: dict[Key, list[Row]] = {}
    for institution, time, kind, cost, fund, recorded in rows["outpatient_visit"]:
        if institution and time:
            key = (f"{time:%Y-%m}", institution, time.date(), kind or "")
            found.setdefault(key, []).append((cost, fund, recorded))
    return [
        (
            *key,
            len(some),
            sum(cost is not None for cost, _, _ in some),
            total(cost for cost, _, _ in some),
            total(fund for _, fund, _ in some),
            least(recorded for _, _, recorded in some),
        )
        for key, some in found.items()
    ]


def prescription_day(rows: Mapping[str, list[Row]]) -> list[Row]:
    found: dict[Key, list[Row]] = {}
    for institution, time, department, cost, recorded in rows["prescription"]:
        if institution and time:
            kind = "EMER" if department == "急诊科" else "AMB"
            found.setdefault((f"{time:%Y-%m}", institution, time.date(), kind), []).append((cost, recorded))
    return [(*key, total(c for c, _ in some), least(r for _, r in some)) for key, some in found.items()]


def least(values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def total(values: Any) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


PLAINLY: Mapping[str, Callable[[Mapping[str, list[Row]]], list[Row]]] = {
    each.__name__: each
    for each in (
        chronic_patient,
        contact_year,
        measurement,
        connected_month,
        outpatient_day,
        prescription_day,
    )
}
"""The same views, row by row."""


def fill(work: Engine, table: str, columns: str, rows: list[Row]) -> None:
    work.run(f"CREATE OR REPLACE TABLE {table} ({columns})")
    for row in rows:
        work.run(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


@pytest.mark.parametrize("name", sorted(PLAINLY))
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_merging_gives_the_whole(name: str, data: st.DataObject) -> None:
    view = VIEWS.selects[name]
    parts = {
        part: {each: data.draw(st.lists(READ[each][1], max_size=8)) for each in sorted(view.needs)}
        for part in ("old", "new")
    }
    parts["whole"] = {each: parts["old"][each] + parts["new"][each] for each in view.needs}
    with engine() as work:
        for part, rows in parts.items():
            for each in view.needs:
                fill(work, each, READ[each][0], rows[each])
            work.run(f"CREATE TABLE {part} AS {view.sql}")
        whole = sorted(work.rows("FROM whole"), key=repr)
        merged = work.rows(f"FROM ({view.merged('FROM old UNION ALL BY NAME FROM new')})")
        columns = [name for name in work.names("FROM whole") if name not in view.key]
        assert set(view.merges or ()) == set(columns)
        assert sorted(merged, key=repr) == whole
        assert whole == sorted(PLAINLY[name](parts["whole"]), key=repr)


def test_every_view_that_merges_is_tried_here() -> None:
    assert {name for name, view in VIEWS.selects.items() if view.merges is not None} == set(PLAINLY)
