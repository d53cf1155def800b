"""What was counted is remembered for as long as nothing has come, and no longer."""

from __future__ import annotations

import json
from datetime import date

from kangshu.app.platform import Platform
from kangshu.kernel.indicators.run import Result
from tests.conftest import EVERYTHING

ON = date(2026, 6, 30)


def born(platform: Platform, number: int) -> None:
    patient = {"resourceType": "Patient", "id": f"p{number}", "gender": "male", "birthDate": "2025-03-01"}
    [message] = platform.intake.journal([("H44099900001", [json.dumps(patient).encode()], "ndjson")])
    platform.intake.work_through(message)


def counted(platform: Platform, on: date = ON) -> Result:
    content = platform.planning.place("xinyi")
    chosen = [content.indicators.get("infant_mortality")]
    return platform.planning.count(EVERYTHING, content, chosen, on=on)["infant_mortality"]


def births(result: Result) -> list[int | None]:
    return [each.units for each in result.by() if each.period == "2025"]


def test_results_hold_until_something_comes(platform: Platform) -> None:
    for number in range(20):
        born(platform, number)
    first = counted(platform)
    assert births(first) == [20]
    assert counted(platform) is first
    born(platform, 20)
    second = counted(platform)
    assert births(second) == [21]
    assert counted(platform) is second


def test_another_day_and_forgetting_mean_counting(platform: Platform) -> None:
    for number in range(20):
        born(platform, number)
    first = counted(platform)
    assert counted(platform, date(2026, 7, 1)).on == date(2026, 7, 1)
    platform.planning.forget()
    again = counted(platform)
    assert again == first
    assert again is not first


def test_what_was_counted_for_another_page_stays_though_transactions_went_by(platform: Platform) -> None:
    for number in range(20):
        born(platform, number)
    first = counted(platform)
    content = platform.planning.place("xinyi")
    other = [content.indicators.get("under_five_mortality")]
    # Counting notes who asked: that is a transaction, but nothing that could be counted.
    platform.planning.count(EVERYTHING, content, other, on=ON)
    assert counted(platform) is first
    born(platform, 20)
    platform.planning.count(EVERYTHING, content, other, on=ON)
    assert births(counted(platform)) == [21]
