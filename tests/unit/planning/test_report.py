"""Reports of a plan: how rows stand in them, what comes first, what is lacking; and the files they become."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from kangshu.domains.planning.ledger import parse_progress, project_standings
from kangshu.domains.planning.monitoring import standings
from kangshu.domains.planning.plan import read_place
from kangshu.domains.planning.report import Kind, Report, parse_kind, period_of_report, report
from kangshu.domains.planning.report_row import STATUSES
from kangshu.interfaces.web.portal.reports.files import file_of
from kangshu.interfaces.web.portal.reports.plan_document import plan_document
from kangshu.interfaces.web.portal.words import LANGUAGES, words
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.entry import parse_entry
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.packs.find import default_root

XINYI = read_place(default_root() / "places" / "xinyi")
ON, MADE = date(2024, 6, 1), datetime(2024, 6, 1, 8, tzinfo=UTC)


def made(kind: Kind, values: Mapping[str, Mapping[str, str]], *, year: str = "2023", on: date = ON) -> Report:
    """A report of the plan of 2025 with values entered for its indicators."""
    plan, now = XINYI.plan("plan_2025"), datetime(on.year, on.month, on.day, tzinfo=UTC)
    row = {"source": "年报", "evidence": "第 1 页", "who": "u"}
    entries = [
        parse_entry(XINYI.indicators.get(name), "xinyi", row | {"period": period, "value": value}, now)
        for name, found in values.items()
        for period, value in found.items()
    ]
    until = parse_period(year)
    found = standings(XINYI, plan, on=on, entries=entries, until=until)
    told = {"day": "2023-12-31", "paid": "9000", "work": "20"} | row
    progress = [parse_progress(XINYI.project("1"), "xinyi", told, MADE)]
    ledger = project_standings(XINYI.projects, progress, on=on, tolerance=Decimal(10), longest=100)
    return report(XINYI, plan, kind, found, ledger, until=until, on=on)


def status(indicator: str, values: Mapping[str, str]) -> str:
    rows = made("midterm", {indicator: values}).rows
    return next(each.status for each in rows if each.standing.indicator.id == indicator)


@pytest.mark.parametrize(
    ("indicator", "values", "expected"),
    [
        # Base 25.08 in 2020, target 30 in 2025.
        ("health_literacy", {}, "no_value"),
        ("health_literacy", {"2023": "30"}, "met"),
        ("health_literacy", {"2021": "27", "2022": "28.5", "2023": "29.9"}, "on_course"),
        ("doctors_per_1000", {"2021": "2.1", "2022": "2.2", "2023": "2.3"}, "off_course"),
        # Base 22.22, below 20 is wanted, and no other value: 60 % of the time, so 60 % of the way.
        ("smoking", {"2023": "20.88"}, "on_course"),
        ("smoking", {"2023": "20.9"}, "off_course"),
        ("smoking", {"2023": "19.9"}, "met"),
        ("smoking", {"2023": "20"}, "on_course"),
        # 22.2 of 100,000 in one year and nothing before it but zero: nobody knows.
        ("maternal_mortality", {"2022": "7", "2023": "22.2"}, "unclear"),
        # No base to start from.
        ("nursery_places_per_1000", {"2023": "3"}, "unclear"),
    ],
)
def test_how_a_row_stands_before_its_target_is_due(indicator, values, expected) -> None:
    assert status(indicator, values) == expected


def test_the_year_of_the_target_is_judged_and_nothing_else() -> None:
    values = {"2023": "31", "2025": "29.9"}
    for year, expected in (("2025", "not_met"), ("2024", "met")):
        rows = made("midterm", {"health_literacy": values}, year=year, on=date(2026, 6, 1)).rows
        assert next(each for each in rows if each.standing.row.no == "8").status == expected


def test_a_report_of_a_year_knows_nothing_of_later_years() -> None:
    rows = made("yearly", {"smoking": {"2022": "21", "2023": "20.9"}}, year="2022").rows
    smoking = next(each for each in rows if each.standing.indicator.id == "smoking")
    assert smoking.standing.latest.value == 21
    assert (smoking.way, smoking.time) == (Decimal("55.0"), Decimal("40.0"))
    assert smoking.gaps == ()


def test_there_is_no_way_where_the_base_has_arrived_already() -> None:
    rows = made("midterm", {"infant_mortality": {"2023": "2.5"}}).rows
    assert next(each.way for each in rows if each.standing.indicator.id == "infant_mortality") is None


def test_binding_rows_that_are_not_met_come_first() -> None:
    values = {
        "smoking": {"2023": "22"},
        "health_literacy": {"2025": "20"},
        "beds_per_1000": {"2025": "5"},
        "public_health_staff_per_1000": {"2023": "0.65"},
    }
    found = made("final", values, year="2025", on=date(2026, 6, 1))
    assert [(each.weight, each.status, each.standing.indicator.id) for each in found.first] == [
        ("binding", "not_met", "beds_per_1000"),
        ("binding", "off_course", "public_health_staff_per_1000"),
        ("expected", "not_met", "health_literacy"),
        ("expected", "off_course", "smoking"),
    ]


def test_tallies_and_categories_add_up() -> None:
    found = made("midterm", {"smoking": {"2023": "22"}, "health_literacy": {"2023": "31"}})
    whole, binding, expected = found.tallies
    assert whole.rows == len(found.rows) == 25 == sum(whole.counts)
    assert [a + b for a, b in zip(binding.counts, expected.counts, strict=True)] == list(whole.counts)
    assert dict(zip(STATUSES, whole.counts, strict=True))["met"] == 1
    assert [row for each in found.categories for row in each.rows] == list(found.rows)


def test_gaps_name_what_is_lacking() -> None:
    found = made("yearly", {"smoking": {"2022": "21"}, "health_literacy": {"2023": "31"}})
    gaps = {each.standing.indicator.id: each.gaps for each in found.gaps}
    assert gaps["smoking"] == ("old",)
    assert gaps["nursery_places_per_1000"] == ("no_value",)
    assert "health_literacy" not in gaps


def test_the_money_of_projects_is_added_up() -> None:
    money = made("yearly", {}).money
    assert (money.total, money.planned, money.paid, money.told) == (728107, 635322, 9000, 1)


@pytest.mark.parametrize(
    ("kind", "on", "asked", "period"),
    [
        ("yearly", date(2023, 6, 1), None, "2022"),
        ("midterm", date(2030, 6, 1), None, "2025"),
        ("yearly", date(2019, 6, 1), None, "2020"),
        ("final", date(2023, 6, 1), None, "2025"),
        ("yearly", date(2023, 6, 1), "2021", "2021"),
        ("yearly", date(2023, 6, 1), "2019", ""),
        ("yearly", date(2023, 6, 1), "2026", ""),
        ("yearly", date(2023, 6, 1), "2023-01", ""),
    ],
)
def test_of_which_period_a_report_is(kind: Kind, on: date, asked: str | None, period: str) -> None:
    plan = XINYI.plan("plan_2025")
    until = parse_period(asked) if asked else None
    if period:
        assert period_of_report(plan, kind, on, until).label == period
    else:
        with pytest.raises(Invalid):
            period_of_report(plan, kind, on, until)
    with pytest.raises(Invalid):
        parse_kind("weekly")


def test_a_summary_does_not_call_good_what_nobody_knows() -> None:
    points = plan_document(made("midterm", {}), words("zh"), made=MADE).points
    assert "7 项约束性指标中，达到或进度正常的有 0 项，没有未达标或偏离进度的。" in points
    assert "另有 7 项约束性指标尚无法判定或基期后没有数据。" in points


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_has_numbers_as_numbers_and_a_sheet_for_each_part(language) -> None:
    found = made("midterm", {"health_literacy": {"2023": "29.1"}})
    document = plan_document(found, words(language), made=MADE)
    book = CalamineWorkbook.from_filelike(BytesIO(file_of(found, "xlsx", words(language), made=MADE)))
    assert len(book.sheet_names) == len(document.sections) + 1
    rows = book.get_sheet_by_name("健康管理").to_python()
    literacy = next(row for row in rows if row[0] == "8")
    assert [each for each in literacy if isinstance(each, float)][:4] == [25.08, 29.1, 30.0, 0.9]


def test_what_looks_like_a_formula_stays_text() -> None:
    found = made("midterm", {})
    project = found.projects[0]
    assert project.latest is not None
    evil = replace(project.latest, source="=1+1", evidence="=HYPERLINK(1)")
    found = replace(found, projects=(replace(project, latest=evil), *found.projects[1:]))
    book = CalamineWorkbook.from_filelike(BytesIO(file_of(found, "xlsx", words("zh"), made=MADE)))
    texts = [each for row in book.get_sheet_by_name("重点项目").to_python() for each in row]
    assert "=HYPERLINK(1) 久未填报" in texts
    page = file_of(replace(found, place="<b>"), "html", words("zh"), made=MADE).decode()
    assert "=1+1" in page


def test_what_was_entered_is_text_in_every_file() -> None:
    mark = '<script>#let x = 1; "\\'
    values = {"smoking": {"2023": "21"}}
    found = made("yearly", values)
    rows = [each for each in found.rows if each.standing.indicator.id == "smoking"]
    point = rows[0].standing.points[-1]
    assert point.entry is not None
    changed = replace(point, entry=replace(point.entry, source=mark))
    standing = replace(rows[0].standing, points=(changed,), latest=changed)
    found = replace(found, rows=(replace(rows[0], standing=standing),))
    assert "<script>#let" not in file_of(found, "html", words("zh"), made=MADE).decode()
    told = json.loads(file_of(found, "json", words("zh"), made=MADE))
    assert told["rows"][0]["values"][0]["source"] == mark
    assert file_of(found, "pdf", words("zh"), made=MADE).startswith(b"%PDF-")


def test_the_pdf_says_what_the_report_says_and_is_the_same_each_time(tmp_path: Path) -> None:
    found = made("midterm", {"health_literacy": {"2021": "27", "2022": "28.5", "2023": "29.9"}})
    path = tmp_path / "report.pdf"
    path.write_bytes(file_of(found, "pdf", words("zh"), made=MADE))
    assert path.read_bytes() == file_of(found, "pdf", words("zh"), made=MADE)
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("no pdftotext on this machine: apt-get install poppler-utils")
    done = subprocess.run([reader, "-layout", path, "-"], capture_output=True, text=True, check=True)
    for each in (
        "中期评估报告",
        "居民健康素养水平",
        "进度正常",
        "25.08",
        "个人信息保护法",
        "信宜市南药产业培育园",
    ):
        assert each in done.stdout
