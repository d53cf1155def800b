"""What DuckDB counts is what plain Python counts; small cells cannot be computed; explanations add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.indicators.cell import Count, rounded
from kangshu.kernel.indicators.definition import parse_indicator
from kangshu.kernel.indicators.explain import Asked, keep_units, kept_units, units
from kangshu.kernel.indicators.reference import Row, can_be_computed, count
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.indicators.suppression import determined, hide, is_small, lines_of
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.given import make_table
from tests.unit.indicators.texts import COLUMNS, SQL, TOML

REGULAR = parse_indicator(TOML, SQL, "regular")
ON = date(2025, 6, 30)
numbers = st.one_of(st.none(), st.sampled_from([Decimal(each) for each in ("0", "1", "1", "2.5", "0.0001")]))
rows_made = st.lists(
    st.builds(
        lambda numerator, denominator, day, known, sex, town: (numerator, denominator, day, known, sex, town),
        numbers,
        numbers,
        st.one_of(st.none(), st.dates(date(2024, 11, 1), date(2025, 9, 1))),
        st.integers(1, 28),
        st.sampled_from(["f", "m", None]),
        st.sampled_from(["东镇", "镇隆", "怀乡", None]),
    ),
    max_size=25,
).map(
    lambda made: [
        Row(f"U/{n}", num, den, day, datetime(2025, 7, known, tzinfo=UTC), {"sex": sex, "town": town})
        for n, (num, den, day, known, sex, town) in enumerate(made)
    ]
)


def table(rows: list[Row]) -> list[dict[str, str]]:
    return [
        {
            "unit": row.unit,
            "numerator": "" if row.numerator is None else str(row.numerator),
            "denominator": "" if row.denominator is None else str(row.denominator),
            "happened": row.happened.isoformat() if row.happened else "",
            "sex": row.strata["sex"] or "",
            "town": row.strata["town"] or "",
            "recorded": row.recorded.replace(tzinfo=None).isoformat(),
        }
        for row in rows
    ]


def counted(indicator, rows, on: date = ON, as_of: datetime | None = None, small_number: int = 0) -> Result:
    with engine() as work:
        make_table(work, "visit", COLUMNS, rows)
        return run(work, indicator, on=on, as_of=as_of, small_number=small_number)


@given(rows_made, st.one_of(st.none(), st.integers(1, 28)), st.sampled_from(["year", "quarter", "month"]))
def test_both_engines_count_the_same(rows, known, kind) -> None:
    indicator = replace(REGULAR, period=kind)
    as_of = None if known is None else datetime(2025, 7, known, tzinfo=UTC)
    result = counted(indicator, table(rows), as_of=as_of)
    wanted = {(each.period, each.strata): each for each in count(indicator, rows, ON, as_of)}
    assert {(each.period, each.strata) for each in result.cells} == wanted.keys()
    for cell in result.cells:
        said = wanted[(cell.period, cell.strata)]
        assert (cell.numerator, cell.denominator, cell.units, cell.months) == (
            said.numerator,
            said.denominator,
            said.units,
            said.months,
        )
        assert cell.complete == rounded(Fraction(100 * said.complete, said.units), 1)
        if said.denominator:
            assert cell.value is not None
            off = abs(Fraction(cell.value) - 100 * Fraction(said.numerator) / Fraction(said.denominator))
            assert off <= Fraction(1, 200)
        else:
            assert cell.value is None


def counts_of(numbers: dict[tuple[str, str, str], int], names=("age", "sex", "town")) -> list[Count]:
    """Cells of everybody, each name and each pair, of a table with three names."""
    cells: dict = {}
    for values, number in numbers.items():
        pairs = list(zip(names, values, strict=True))
        for level in [(), *((each,) for each in pairs), *combinations(pairs, 2)]:
            cells[level] = cells.get(level, 0) + number
    return [Count("2025", key, Decimal(n), Decimal(3 * n), n, n, 1) for key, n in cells.items()]


places_made = st.tuples(st.sampled_from("ab"), st.sampled_from("fm"), st.sampled_from("xyz"))
tables_made = st.dictionaries(places_made, st.sampled_from([0, 1, 2, 6, 30]), min_size=1)


@given(tables_made)
def test_no_hidden_cell_can_be_computed(numbers) -> None:
    counts = counts_of(numbers)
    hidden = hide(counts, 5)
    lines = lines_of([(each.period, each.strata) for each in counts])
    cells = {(each.period, each.strata): each for each in counts}
    assert {key for key, why in hidden.items() if why == "small"} == {
        key for key, each in cells.items() if is_small(each, 5)
    }
    for key in hidden:
        assert not can_be_computed(lines, set(hidden), key)
    for whole, parts in lines:
        gone = [cells[part].numerator for part in parts if part in hidden]
        if whole not in hidden and gone:
            assert len(gone) > 1
            assert not 0 < sum(gone) < 5


@given(tables_made, st.data())
def test_both_ways_of_solving_agree(numbers, data) -> None:
    keys = [(each.period, each.strata) for each in counts_of(numbers)]
    hidden = set(data.draw(st.lists(st.sampled_from(keys), unique=True)))
    lines = lines_of(keys)
    assert determined(lines, hidden) == {key for key in hidden if can_be_computed(lines, hidden, key)}


def visits(**sizes: int) -> list[dict[str, str]]:
    return [
        {
            "unit": f"{town}/{n}",
            "numerator": "1" if n < size // 2 else "0",
            "denominator": "1",
            "happened": f"2025-0{n % 6 + 1}-01",
            "sex": "fm"[n % 2],
            "town": town,
            "recorded": "2025-07-01",
        }
        for town, size in sizes.items()
        for n in range(size)
    ]


def test_a_hidden_cell_holds_nothing_and_another_goes_with_it() -> None:
    result = counted(REGULAR, visits(a=4, b=40, c=60), small_number=5)
    by_town = {each.strata[0][1]: each for each in result.by("town")}
    assert by_town["a"].hidden == "small"
    assert by_town["b"].hidden == "shields"
    assert by_town["c"].value == Decimal("50.00")
    assert by_town["a"].numerator is None
    assert by_town["b"].value is None
    assert by_town["b"].units is None
    assert result.by()[0].value == Decimal("50.00")


def test_two_small_cells_whose_sum_is_small_take_a_third_with_them() -> None:
    cells = [("a", 1), ("b", 2), ("c", 20), ("d", 30)]
    counts = [Count("2025", (), Decimal(53), Decimal(530), 530, 530, 1)]
    counts += [
        Count("2025", (("town", t),), Decimal(n), Decimal(10 * n), 10 * n, 10 * n, 1) for t, n in cells
    ]
    hidden = {key[1][0][1]: why for key, why in hide(counts, 5).items()}
    assert hidden == {"a": "small", "b": "small", "c": "shields"}


def test_the_pages_of_an_explanation_are_the_units_of_the_cell() -> None:
    with engine() as work:
        make_table(work, "visit", COLUMNS, visits(a=11, b=3))
        how = {"period": "2025", "strata": (("town", "a"),), "on": ON}
        seen, after = [], None
        while True:
            page = units(work, REGULAR, **how, limit=4, after=after)
            seen += page.units
            after = page.after
            if after is None:
                break
        total = {each.strata: each for each in run(work, REGULAR, on=ON).cells}[(("town", "a"),)]
        assert len(seen) == len({each.unit for each in seen}) == total.units == 11
        assert sum(each.numerator for each in seen) == total.numerator
        reached = units(work, REGULAR, **how, which="reached").units
        missed = units(work, REGULAR, **how, which="missed").units
        assert len(reached) == total.numerator
        assert {each.unit for each in reached + missed} == {each.unit for each in seen}
        path = work.folder / "units.parquet"
        keep_units(work, REGULAR, "2025", path, on=ON)
        kept = [
            kept_units(work, REGULAR, Asked("2025", (("town", "a"),), skip=skip, limit=4), path).units
            for skip in (0, 4, 8, 12)
        ]
        assert [each for some in kept for each in some] == seen
        with pytest.raises(Invalid, match="no stratum colour"):
            units(work, REGULAR, period="2025", strata=(("colour", "x"),), on=ON)


def test_parameters_apply_on_the_day_something_happened() -> None:
    toml = TOML + '[[params.least]]\nfrom = 2025-01-01\nvalue = 1\nbasis = "b"\n'
    toml += '[[params.least]]\nfrom = 2025-04-01\nvalue = 2\nbasis = "b"\n'
    test = "CASE WHEN numerator >= CAST($least AS INTEGER) THEN 1 ELSE 0 END"
    sql = SQL.replace(" numerator,", f" {test} AS numerator,")
    rows = [row | {"numerator": "1"} for row in visits(a=6)]
    (total,) = counted(parse_indicator(toml, sql, "x"), rows).by()
    assert (total.numerator, total.units) == (3, 6)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT unit, numerator, happened, sex, town FROM visit", "no column denominator"),
        (SQL.replace("town,", "town AS place,"), "no column town, has a column place"),
        (SQL + " UNION ALL " + SQL, "counts 2 units more than once"),
        ("SELECT nothing", "nothing"),
    ],
)
def test_a_select_that_breaks_its_promise_is_refused(sql: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        counted(replace(REGULAR, sql=sql), visits(a=2))


def test_what_was_known_needs_to_be_recorded() -> None:
    indicator = replace(REGULAR, sql=SQL.replace(", recorded", ""))
    with pytest.raises(NotSupported, match="cannot say what was known"):
        counted(indicator, visits(a=2), as_of=datetime(2025, 7, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("exact", "decimals", "wanted"),
    [
        (Fraction(1, 8), 2, "0.13"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Fraction(2, 3), 0, "1"),
        (Fraction(1, 2), 0, "1"),
        (Fraction(10**40 + 1, 3), 1, str((10**40 + 1) // 3) + ".7"),
    ],
)
def test_rounding_is_half_up_and_exact(exact, decimals, wanted) -> None:
    assert rounded(exact, decimals) == Decimal(wanted)
