"""The synthetic city: the same for a seed, whole in itself, and in proportion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from kangshu.app.demonstration_city import read_place
from kangshu.domains.synthetic.city.order import Order, first_day, parse_order
from kangshu.domains.synthetic.city.write import write_city, write_day
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.lake.engine import Engine, engine, literal
from kangshu.kernel.packs.find import default_root

PLACE = read_place(default_root())
ORDER = Order(residents=4000, seed=3, first=date(2025, 11, 1), until=date(2025, 12, 31))
KEYS = {
    "institution": "fixmedins_code",
    "resident": "fixmedins_code, record_no",
    "outpatient_visit": "fixmedins_code, visit_no",
    "prescription": "fixmedins_code, rx_no",
    "settlement_list": "fixmedins_code, setl_id",
    "lab_result": "fixmedins_code, result_no",
    "case_report": "fixmedins_code, card_no",
    "vaccination": "fixmedins_code, dose_no",
    "chronic_card": "fixmedins_code, card_no",
    "chronic_follow_up": "fixmedins_code, follow_no",
    "contract": "fixmedins_code, contract_no",
    "referral": "fixmedins_code, referral_no",
    "institution_monthly": "fixmedins_code, month",
}


def make(order: Order, folder: Path) -> Path:
    write_city(order, PLACE, folder, lambda _done, _of: None)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(ORDER, tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def city(folder: Path) -> Iterator[Engine]:
    """The files as relations: `outpatient_visit`, …, `truth_person`, …"""
    with engine() as work:
        offer(work, folder)
        yield work


def offer(work: Engine, folder: Path, prefix: str = "") -> None:
    for name in KEYS:
        found = literal(str(folder / f"city_{name}" / "*.parquet"))
        work.run(f"CREATE VIEW {prefix}{name} AS FROM read_parquet({found})")
    for path in (folder / "truth").glob("*.parquet"):
        work.run(f"CREATE VIEW {prefix}{path.stem} AS FROM {literal(str(path))}")


def test_the_same_order_gives_the_same_bytes_and_another_seed_others(folder: Path, tmp_path: Path) -> None:
    files = sorted(path.relative_to(folder) for path in folder.rglob("*.parquet"))
    again, other = make(ORDER, tmp_path / "again"), make(replace(ORDER, seed=4), tmp_path / "other")
    assert files == sorted(path.relative_to(again) for path in again.rglob("*.parquet"))
    for path in files:
        assert (folder / path).read_bytes() == (again / path).read_bytes(), path
    visits = Path("city_outpatient_visit", "city_outpatient_visit-2025-11.parquet")
    assert (folder / visits).read_bytes() != (other / visits).read_bytes()


@pytest.mark.parametrize("name", KEYS)
def test_keys_tell_rows_apart_and_are_filled(city: Engine, name: str) -> None:
    key = KEYS[name]
    total, distinct = city.rows(f"SELECT count(*), count(DISTINCT ({key})) FROM {name}")[0]
    assert total == distinct > 0
    for column in key.split(", "):
        assert city.one(f"SELECT count(*) FROM {name} WHERE {column} IS NULL") == 0


@pytest.mark.parametrize("name", [name for name in KEYS if name not in ("institution", "resident")])
def test_everything_is_of_residents_and_institutions_there_are(city: Engine, name: str) -> None:
    institutions = f"SELECT count(*) FROM {name} ANTI JOIN institution USING (fixmedins_code)"
    assert city.one(institutions) == 0
    if name != "institution_monthly":
        assert city.one(f"SELECT count(*) FROM {name} ANTI JOIN resident USING (certno)") == 0


def test_nobody_is_treated_before_birth_or_after_the_end(city: Engine) -> None:
    for name, day in (
        ("outpatient_visit", "visit_time"),
        ("settlement_list", "dscg_time"),
        ("chronic_follow_up", "followed_at"),
        ("vaccination", "given_at"),
    ):
        wrong = (
            f"SELECT count(*) FROM {name} AS v JOIN resident AS r USING (certno)"
            f" WHERE CAST(v.{day} AS DATE) < r.brdy OR CAST(v.{day} AS DATE) > r.death_date"
            f" OR CAST(v.{day} AS DATE) > r.moved_out"
        )
        assert city.one(wrong) == 0, name


def test_fee_lines_add_up_to_the_list(city: Engine) -> None:
    sums = (
        "SELECT setl_id, any_value(medfee_sumamt) AS total, sum(line.det_item_fee_sumamt) AS lines FROM"
        " (SELECT setl_id, medfee_sumamt, unnest(feedetail) AS line FROM settlement_list) GROUP BY setl_id"
    )
    assert city.one(f"SELECT count(*) FROM ({sums}) WHERE total <> lines") == 0
    assert city.one("SELECT count(*) FROM settlement_list WHERE len(feedetail) < 5") == 0


def test_months_are_in_the_order_of_time(folder: Path, city: Engine) -> None:
    for name, column in (("outpatient_visit", "visit_time"), ("prescription", "rx_time")):
        path = literal(str(folder / f"city_{name}" / f"city_{name}-2025-11.parquet"))
        later = f"SELECT {column} < lag({column}) OVER (ORDER BY file_row_number) AS back"
        assert city.one(f"SELECT count(*) FROM ({later} FROM read_parquet({path})) WHERE back") == 0


def test_proportions_are_those_of_the_county(city: Engine) -> None:
    visits = city.one("SELECT count(*) * 6.0 / 4000 FROM outpatient_visit")
    stays = city.one("SELECT count(*) * 6000.0 / 4000 FROM settlement_list")
    [[primary]] = city.rows("SELECT sum(primary_visits) / sum(visits) FROM truth_month")
    assert 8.8 < visits < 10.3
    assert 120 < stays < 205
    assert 0.55 < primary < 0.60
    there = "SELECT count(*) FROM truth_person WHERE brdy < DATE '2025-11-01' AND moved_in IS NULL"
    assert city.one(there) == 4000
    assert city.one("SELECT count(DISTINCT township) FROM resident") == 21


def test_prevalence_is_that_of_the_curves(city: Engine) -> None:
    share = (
        "SELECT avg(CASE WHEN i.certno IS NULL THEN 0 ELSE 1 END) FROM truth_person AS p"
        " LEFT JOIN truth_illness AS i ON i.certno = p.certno AND i.condition = 'I10.x00x002'"
        " WHERE date_diff('year', p.brdy, DATE '2025-11-01') "
    )
    assert city.one(f"{share} < 20") < 0.02
    assert 0.35 < city.one(f"{share} BETWEEN 60 AND 69") < 0.60


def test_children_keep_the_schedule(city: Engine) -> None:
    early = (
        "SELECT count(*) FROM vaccination WHERE vaccine_code = 'MMR'"
        " AND CAST(given_at AS DATE) < brdy + INTERVAL 8 MONTH"
    )
    assert city.one(early) == 0
    assert city.one("SELECT count(*) FROM vaccination WHERE vaccine_code = 'MMR'") > 20


def test_an_outbreak_is_where_the_truth_says(city: Engine) -> None:
    rows = city.rows(
        "SELECT o.cases, count(v.visit_no) FROM truth_outbreak AS o LEFT JOIN outpatient_visit AS v"
        " ON v.diag_code = o.condition AND v.township = o.town AND CAST(v.visit_time AS DATE) >= o.starts"
        " AND CAST(v.visit_time AS DATE) <= o.ends GROUP BY ALL"
    )
    assert len(rows) == 2
    assert all(seen >= cases for cases, seen in rows)
    assert sum(cases for cases, _ in rows) > 0


def test_one_more_day_is_what_a_longer_city_has_on_it(tmp_path: Path) -> None:
    short = replace(ORDER, residents=1000, until=date(2025, 12, 30))
    moved_on, longer = make(short, tmp_path / "short"), tmp_path / "longer"
    write_day(date(2025, 12, 31), PLACE, moved_on)
    make(replace(short, until=date(2025, 12, 31)), longer)
    with engine() as work:
        offer(work, moved_on, "a_")
        offer(work, longer, "b_")
        for name in set(KEYS) - {"institution", "institution_monthly", "resident"}:
            for one, other in (("a", "b"), ("b", "a")):
                rest = f"(FROM {one}_{name}) EXCEPT ALL (FROM {other}_{name})"
                assert work.one(f"SELECT count(*) FROM ({rest})") == 0, name
        assert work.one("SELECT count(*) FROM a_outpatient_visit WHERE visit_time >= '2025-12-31'") > 5
    assert parse_order((moved_on / "city.toml").read_text(), "city.toml").until == date(2025, 12, 31)


@pytest.mark.parametrize("residents", [200, 12_347, 100_000])
def test_a_city_of_any_size_is_made(residents: int, tmp_path: Path) -> None:
    folder = make(replace(ORDER, residents=residents, first=ORDER.until), tmp_path)
    with engine() as work:
        people = f"SELECT count(*) FROM {literal(str(folder / 'city_resident' / 'city_resident.parquet'))}"
        assert residents <= work.one(people) < residents * 1.02


def test_a_day_must_be_the_next_one(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="ends on 2025-12-31"):
        write_day(ORDER.until + timedelta(days=2), PLACE, folder)
    with pytest.raises(NotFound, match="no city"):
        write_day(ORDER.until, PLACE, tmp_path)


def test_an_order_refuses_what_is_no_city() -> None:
    with pytest.raises(Invalid, match="residents"):
        replace(ORDER, residents=3)
    with pytest.raises(Invalid, match="from"):
        replace(ORDER, until=date(2025, 1, 1))
    assert first_day(date(2025, 12, 31), 2) == date(2024, 1, 1)
    assert parse_order(ORDER.written(), "city.toml") == ORDER
    with pytest.raises(Invalid, match="does not describe"):
        parse_order("residents = 1", "city.toml")
