"""Everything that is made can be deleted, and made again is the same."""

from __future__ import annotations

from datetime import date
from typing import Any

from kangshu.app.fact_lake import is_of_facts
from kangshu.app.kept_views import is_kept
from kangshu.app.platform import Platform
from kangshu.kernel.lake.engine import engine
from tests.conftest import EVERYTHING

ON = date(2026, 6, 30)


def made(platform: Platform) -> dict[str, list[Any]]:
    lake = platform.tables.lake
    found: dict[str, list[Any]] = {}
    for table in lake.tables():
        if is_of_facts(table.name) or is_kept(table.name):
            with engine() as work:
                lake.offer(work, "made", table.name)
                found[table.name] = work.rows("SELECT * FROM made ORDER BY ALL")
    return found


def refresh(platform: Platform) -> None:
    platform.views.refresh(also=platform.views.views.names)
    content = platform.planning.place("xinyi")
    platform.planning.count(EVERYTHING, content, content.indicators.indicators, on=ON)


def test_what_is_made_again_is_the_same(synthea_platform: Platform) -> None:
    platform = synthea_platform
    refresh(platform)
    before = made(platform)
    assert before["fact_of_patient"]
    assert before["view_fhir_observation"]
    assert any(rows for name, rows in before.items() if name.startswith("tally_"))
    platform.planning.forget()
    assert made(platform) == {}
    refresh(platform)
    assert made(platform) == before
