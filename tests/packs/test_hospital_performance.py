"""The lists of the assessment of hospitals: all numbers are there, and each says where its value is from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kangshu.domains.planning.assessment import Assessed, assessed, read_assessment
from kangshu.domains.planning.plan import read_place
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.entry import known, parse_entry
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.indicators.run import run
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.given import make_table
from kangshu.kernel.packs.find import default_root

FOLDER = default_root() / "programmes" / "hospital_performance"
XINYI = read_place(default_root() / "places" / "xinyi")
NAMES = ("tertiary_2025", "secondary_2025")


def test_every_number_of_the_documents_is_there() -> None:
    tertiary, secondary = (XINYI.assessment(name) for name in NAMES)
    assert [row.no for row in tertiary.rows] == [*map(str, range(1, 56)), "增1"]
    assert list(dict.fromkeys(row.no for row in secondary.rows)) == [*map(str, range(1, 29))]


def test_natures_and_national_monitoring_add_up_as_the_document_says() -> None:
    tertiary, secondary = (XINYI.assessment(name).rows for name in NAMES)
    assert len([row for row in tertiary if row.nature == "qualitative"]) == 5
    assert len([row for row in tertiary if row.monitored]) == 26
    assert len({row.no for row in secondary if row.monitored}) == 21
    assert {row.nature for row in secondary} == {"quantitative"}


def test_half_of_the_numbers_are_computed() -> None:
    tertiary, secondary = (XINYI.assessment(name).rows for name in NAMES)
    assert len({row.no for row in tertiary if row.status == "computed"}) == 22
    assert len({row.no for row in secondary if row.status == "computed"}) == 13


def test_a_list_that_contradicts_its_indicators_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_text('title = "t"\ntitle_en = "t"\nbasis = "b"\n', "utf-8")
    head = "no\tcategory\tindicator\tnamed\tnature\tdirection\tstatus\tmonitored\n"
    rows = (
        "1\tc\toperated_share\tn\tquantitative\tup\tentered\tyes\n"
        "2\tc\tnothing\tn\tquantitative\tsideways\tcomputed\tyes\n"
    )
    (tmp_path / "l.tsv").write_text(head + rows, "utf-8")
    with pytest.raises(Invalid) as refused:
        read_assessment(tmp_path / "l.toml", XINYI.indicators)
    assert [(each.path, each.message) for each in refused.value.problems] == [
        ("row 1", "says entered of an indicator that is computed"),
        ("row 2", "direction must be one of up, down, none"),
        ("row 2", "names an indicator that is not there"),
    ]


def test_a_hospital_is_assessed_by_its_own_cells_and_all_by_the_totals_and_entries() -> None:
    indicator = XINYI.indicators.get("nurses_per_doctor")
    with engine() as work:
        make_table(work, "institution_monthly", XINYI.indicators.outside["institution_monthly"])
        for code, year, nurses in (("H1", 2024, 20), ("H1", 2025, 30), ("H2", 2025, 60)):
            work.run(
                "INSERT INTO institution_monthly (fixmedins_code, month, doctors, nurses)"
                " VALUES (?, ?, 20, ?)",
                [code, date(year, 1, 1), nurses],
            )
        results = {indicator.id: run(work, indicator, on=date(2025, 12, 31))}
    level = XINYI.indicators.get("emr_level")
    texts = {"period": "2025", "value": "4", "source": "s", "evidence": "e", "who": "w"}
    entry = parse_entry(level, "xinyi", texts, datetime(2026, 3, 1, tzinfo=UTC))
    tertiary = XINYI.assessment("tertiary_2025")

    def of(institution: str | None) -> dict[str, Assessed]:
        entries = () if institution else known([entry])
        found = assessed(tertiary, XINYI.indicators, results, entries, parse_period("2025"), institution)
        return {each.row.no: each for each in found}

    hospital, everybody = of("H1"), of(None)
    assert [str(hospital["46"].now.value), str(hospital["46"].before.value)] == ["1.50", "1.00"]
    assert str(everybody["46"].now.value) == "2.25"
    assert everybody["24"].entry == entry
    assert hospital["24"].entry is None
