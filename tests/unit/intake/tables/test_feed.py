"""The description of a feed: everything wrong with it is named at once."""

from __future__ import annotations

import pytest

from kangshu.app.tables import SOURCES
from kangshu.domains.intake.tables.feed import parse_feed
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.find import default_root
from tests.support.tables import FEED, Harbour, csv_of, visit

MODELS = read_models(default_root() / "standards" / "logical_models")
GOOD = FEED.format(kind="csv", more="", table="")


def said(toml: str, **texts: str) -> str:
    with pytest.raises(Invalid) as caught:
        parse_feed("visits", {"toml": toml, **texts}, MODELS)
    return str(caught.value)


def test_unknown_and_missing_keys_are_all_named() -> None:
    words = said(GOOD.replace('kind = "csv"', 'colour = "red"').replace("[[table]]", "[[table]]\nsize = 3"))
    for part in ("colour", "kind: is missing", "table[1].size"):
        assert part in words


def test_models_parts_and_columns_have_to_be_there() -> None:
    wrong = GOOD.replace(
        'promised = ["gend", "brdy"]', 'promised = ["shoe_size"]\n[table.columns]\n"甲" = "hat"'
    )
    words = said(wrong)
    assert "shoe_size" in words
    assert "hat" in words
    assert "no logical model" in said(GOOD.replace('model = "OutpatientVisit"', 'model = "Visit"'))
    assert "no part" in said(
        GOOD.replace('model = "OutpatientVisit"', 'model = "OutpatientVisit"\npart = "x"')
    )


def test_what_is_promised_is_brought_and_what_is_brought_is_promised() -> None:
    assert "no table brings" in said(GOOD.replace('["OutpatientVisit"]', '["OutpatientVisit", "FeeLine"]'))
    assert "leaves out" in said(GOOD.replace('promises = ["OutpatientVisit"]', "promises = []"))


def test_choices_and_sql_are_checked() -> None:
    assert "must be one of" in said(GOOD.replace('"daily"', '"sometimes"'))
    assert "belongs to no table" in said(GOOD, **{"other.sql": "SELECT 1"})
    assert "query.sql" in said(GOOD.replace('kind = "csv"', 'kind = "sql"'))
    assert "not TOML" in said("title = ")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[[table]]", "due_days = -1\n[[table]]", "due_days: must not be below 0"),
        ("[[table]]", "[[table]]\nheader_row = -1", "header_row: must not be below 0"),
        ("[[table]]", '[[table]]\nmodel = "OutpatientVisit"\n[[table]]', "table[2]: brings OutpatientVisit"),
        ('brdy"]', 'brdy"]\n[table.columns]\na = "visit_no"\nb = "visit_no"', "visit_no 2 times"),
    ],
)
def test_what_could_only_be_meant_otherwise_is_named(old: str, new: str, told: str) -> None:
    assert told in said(GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT _row, visit_no FROM raw", "fixmedins_code visit_time gend brdy"),
        ("SELECT visit_no FROM raw", "_row"),
        ("SELECT 'x' AS _row, * EXCLUDE (_row) FROM raw", "_row"),
        ("SELECT nothing FROM raw", "cannot be run"),
    ],
)
def test_what_sql_of_a_feed_leaves_out_is_refused(harbour: Harbour, sql: str, told: str) -> None:
    landed = harbour.land(csv_of([visit(1)]), texts={"toml": GOOD, "outpatient_visit.sql": sql})
    assert landed.counts["stored"] == {}
    for word in told.split():
        assert word in landed.words


def test_the_feeds_of_the_demonstration_are_sound(tmp_path) -> None:
    feeds = Harbour(tmp_path).tables.feeds
    assert set(feeds.by_name) >= set(
        "settlement_list fee_line outpatient_visit case_report drug_movement institution_monthly".split()
    )
    with pytest.raises(NotFound, match="settlement_list"):
        feeds.get("nowhere")
    assert SOURCES == "sources"
