"""An indicator that is wrong is refused with everything that is wrong with it."""

from __future__ import annotations

from datetime import date

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.definition import parse_indicator
from kangshu.kernel.indicators.folder import read_indicators
from kangshu.kernel.indicators.period import parse_period, period_of
from kangshu.kernel.indicators.target import applying_target
from tests.unit.indicators.texts import SQL, TOML


@pytest.mark.parametrize(
    ("toml", "sql", "places"),
    [
        (TOML, None, ["sql"]),
        (
            TOML.replace('"up"', '"upwards"').replace("decimals = 2", "decimals = 9"),
            SQL,
            ["direction", "decimals"],
        ),
        (TOML.replace("basis =", "bases =", 1), SQL, ["bases", "basis"]),
        (TOML.replace('["sex", "town"]', '["sex", "unit"]'), SQL, ["strata"]),
        (TOML, SQL + " WHERE x > $least", ["params.least"]),
        (TOML.replace('"computed"', '"entered"'), SQL, ["sql", "strata", "needs"]),
        (TOML.replace('"2025"', "2025"), SQL, ["targets[0].period"]),
        (TOML.replace('"2025"', '"2025Q1"'), SQL, ["targets[0].period"]),
        (TOML.replace('"at_least"', '"about"'), SQL, ["targets[0].tolerance"]),
        (TOML.replace('"at_least"', '"up_percent"'), SQL, ["targets[0].base"]),
        (TOML.replace('"at_least"', '"keep"'), SQL, ["targets[0].value", "targets[0].base"]),
        (TOML.replace("value = 60", "worth = 60"), SQL, ["targets[0].worth", "targets[0].value"]),
        (TOML + 'each = "place"\n', SQL, ["targets[0].each"]),
        (TOML.replace('"regular"', '"Regular"'), SQL, ["id"]),
        (TOML + TOML[TOML.index("[[targets]]") :], SQL, ["targets"]),
    ],
)
def test_every_fault_is_named(toml: str, sql: str | None, places: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        parse_indicator(toml, sql, "regular")
    assert [each.path for each in refused.value.problems] == places


def test_all_indicators_of_a_folder_are_told_at_once(tmp_path) -> None:
    (tmp_path / "indicators").mkdir()
    (tmp_path / "needs.tsv").write_text("view\tname\ttype\nvisit\tid\ttext\n", "utf-8")
    (tmp_path / "indicators" / "one.toml").write_text(TOML.replace('"%"', "5"), "utf-8")
    (tmp_path / "indicators" / "other.toml").write_text(TOML, "utf-8")
    (tmp_path / "indicators" / "other.sql").write_text(SQL, "utf-8")
    (tmp_path / "indicators" / "stray.sql").write_text(SQL, "utf-8")
    with pytest.raises(Invalid) as refused:
        read_indicators(tmp_path)
    assert [each.path for each in refused.value.problems] == [
        "indicators/one.toml unit",
        "indicators/one.sql",
        "indicators/other.toml id",
        "indicators/stray.toml",
    ]


def test_the_version_changes_with_what_is_counted_and_not_with_words() -> None:
    first = parse_indicator(TOML, SQL, "x")
    assert parse_indicator(TOML.replace("抽查", "核对"), SQL, "x").version == first.version
    assert parse_indicator(TOML, SQL + " WHERE true", "x").version != first.version
    assert parse_indicator(TOML.replace("factor = 100", "factor = 1000"), SQL, "x").version != first.version


@pytest.mark.parametrize(
    ("day", "kind", "label", "first", "last"),
    [
        (date(2024, 2, 29), "year", "2024", date(2024, 1, 1), date(2024, 12, 31)),
        (date(2024, 12, 31), "quarter", "2024Q4", date(2024, 10, 1), date(2024, 12, 31)),
        (date(2025, 1, 1), "quarter", "2025Q1", date(2025, 1, 1), date(2025, 3, 31)),
        (date(2024, 2, 1), "month", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_periods(day, kind, label, first, last) -> None:
    period = period_of(day, kind)
    assert (period.label, period.first, period.last) == (label, first, last)
    assert parse_period(label) == period


@pytest.mark.parametrize("label", ["25", "2025Q5", "2025-13", "2025-1", "0000", "2025 "])
def test_what_is_no_period_is_refused(label: str) -> None:
    with pytest.raises(Invalid):
        parse_period(label)


def test_a_later_document_replaces_the_target_of_a_period() -> None:
    revised = TOML + TOML[TOML.index("[[targets]]") :].replace("2022-07-01", "2024-01-01").replace("60", "70")
    targets = parse_indicator(revised, SQL, "x").targets
    year = parse_period("2025")
    assert applying_target(targets, year, date(2023, 12, 31)).value == 60
    assert applying_target(targets, parse_period("2023"), date(2024, 1, 1)).value == 70
    assert applying_target(targets, year, date(2022, 6, 30)) is None
    assert applying_target(targets, parse_period("2026"), date(2026, 1, 1)) is None


MORE = "lowest = 0\nhighest = 100\nsince = 2021-01-01\ncloses = 5\n"
LEAST = '[[params.least]]\nfrom = 2021-01-01\nvalue = 1\nbasis = "b"\n'
WHOLE = TOML.replace("[[targets]]", f"{MORE}[[targets]]") + LEAST
ODD = ["[]", "[1]", "{a = 1}", "nan", "-inf", "true", "2021-01-01T00:00:00", '""', "[[]]"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("line", [each for each in WHOLE.splitlines() if " = " in each])
def test_any_value_may_be_odd_and_is_refused_by_its_place(line: str, odd: str) -> None:
    key = line.partition(" = ")[0]
    toml = WHOLE.replace(f"{line}\n", f"{key} = {odd}\n", 1)
    allowed = {("denominator", '""'), ("strata", "[]"), ("needs", "[]")}
    if (key, odd) in allowed or (line, odd) == ("value = 1", '""'):
        parse_indicator(toml, SQL + " WHERE numerator >= $least", "x")
        return
    with pytest.raises(Invalid) as refused:
        parse_indicator(toml, SQL + " WHERE numerator >= $least", "x")
    assert any(key in each.path or key in each.message for each in refused.value.problems)
