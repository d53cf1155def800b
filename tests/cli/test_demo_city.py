"""`kangshu demo-city`: a day lands in an installation; what cannot be done is told with its remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kangshu.app.demonstration_city import read_place
from kangshu.domains.synthetic.city.order import Order
from kangshu.domains.synthetic.city.write import write_city
from kangshu.kernel.packs.find import default_root
from tests.support.commands import call


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--residents", "300"), "--out, or give --land"),
        (("--residents", "3", "--out", "x"), "Ask for 200 to"),
        (("--years", "0", "--out", "x"), "Ask for 1 to 10"),
        (("--day", "2026-01-01"), "--out"),
        (("--day", "2026-01-01", "--out", "nowhere"), "Make one with --out"),
    ],
)
def test_what_cannot_be_done_is_told(home: Path, options: tuple[str, ...], said: str) -> None:
    done = call(home, "demo-city", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_day_is_added_and_lands_once(installed: Path, tmp_path: Path) -> None:
    order = Order(residents=300, seed=1, first=date(2025, 12, 30), until=date(2025, 12, 30))
    write_city(order, read_place(default_root()), tmp_path, lambda _done, _of: None)
    done = call(installed, "demo-city", "--out", str(tmp_path), "--day", "2025-12-31", "--land")
    assert done.returncode == 0, done.stderr
    assert "OutpatientVisit" in done.stdout
    again = call(installed, "demo-city", "--out", str(tmp_path), "--day", "2025-12-31", "--land")
    assert again.returncode == 2
    assert "Its next day is 2026-01-01" in again.stderr
