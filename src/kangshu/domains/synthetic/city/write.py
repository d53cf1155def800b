"""A city as files: one Parquet file for each register, and one for each feed and month, as feeds want them.

Below the folder: `FEED/FEED.parquet` of a register, `FEED/FEED-2025-01.parquet` of a month, and for days
added later `FEED/FEED-2026-01-01.parquet`; `city.toml` says which city it is; `truth/` what was put in, which
no institution would send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from kangshu.domains.synthetic.city.order import Order, parse_order
from kangshu.domains.synthetic.city.place import Place, prepare, run_stage, sql_date
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.lake.engine import Engine, engine, literal

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""

FILE, TRUTH = "city.toml", "truth"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file of a feed."""

    feed: str
    path: Path


def write_city(order: Order, place: Place, folder: Path, progress: Progress) -> list[Delivery]:
    """Write everything of a city; the files in the order they would have come in."""
    folder.mkdir(parents=True, exist_ok=True)
    months = list(_months(order.first, order.until))
    done, steps = 0, len(months) + 2
    with engine(folder) as work:
        _people(work, place, order)
        progress(1, steps)
        found = _registers(work, place, folder, order.first, order.until, "")
        for done, (first, following) in enumerate(months, 2):
            _month(work, place, first, following, (order.first, order.until))
            found += _copy(work, place.settings()["months"], folder, f"-{first:%Y-%m}")
            progress(done, steps)
        _truth(work, place, folder)
    (folder / FILE).write_text(order.written(), "utf-8")
    progress(steps, steps)
    return found


def write_day(day: date, place: Place, folder: Path) -> list[Delivery]:
    """Write the files of one more day of the city in a folder: the one after those that are there."""
    path = folder / FILE
    if not path.exists():
        raise NotFound(f"There is no city in {folder}.", remedy="Make one with --out, or name its folder.")
    before = parse_order(path.read_text("utf-8"), str(path))
    if day != before.until + timedelta(days=1):
        raise Invalid(
            f"The city in {folder} ends on {before.until}.",
            remedy=f"Its next day is {before.until + timedelta(days=1)}.",
        )
    order = replace(before, until=day)
    with engine(folder) as work:
        _people(work, place, order)
        found = _registers(work, place, folder, day, day, f"-{day}")
        first = day.replace(day=1)
        _month(work, place, first, _next_month(first), (day, day))
        found += _copy(work, place.settings()["months"], folder, f"-{day}")
    path.write_text(order.written(), "utf-8")
    return found


def _people(work: Engine, place: Place, order: Order) -> None:
    prepare(work, place, order)
    run_stage(work, place, "population")
    run_stage(work, place, "care")


def _registers(
    work: Engine, place: Place, folder: Path, first: date, last: date, ending: str
) -> list[Delivery]:
    _between(work, first, last)
    run_stage(work, place, "registers")
    return _copy(work, place.settings()["registers"], folder, ending)


def _month(work: Engine, place: Place, first: date, following: date, within: tuple[date, date]) -> None:
    """Invent a month, as far as it lies between two days."""
    _between(work, max(first, within[0]), min(following - timedelta(days=1), within[1]))
    work.run(f"SET VARIABLE month_first = {sql_date(first)}")
    work.run(f"SET VARIABLE month_next = {sql_date(following)}")
    work.run(f"SET VARIABLE month = {first.year * 12 + first.month}")
    run_stage(work, place, "month")


def _between(work: Engine, first: date, last: date) -> None:
    work.run(f"SET VARIABLE from_day = {sql_date(first)}")
    work.run(f"SET VARIABLE to_day = {sql_date(last + timedelta(days=1))}")


def _copy(work: Engine, relations: Mapping[str, str], folder: Path, ending: str) -> list[Delivery]:
    """Write relations, by feed; an empty one makes no file."""
    found: list[Delivery] = []
    for feed, relation in relations.items():
        path = folder / feed / f"{feed}{ending}.parquet"
        path.parent.mkdir(exist_ok=True)
        work.run(
            f"COPY (SELECT * FROM {relation}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        if work.one(f"SELECT num_rows FROM parquet_file_metadata({literal(str(path))})"):
            found.append(Delivery(feed, path))
        else:
            path.unlink()
    return found


def _truth(work: Engine, place: Place, folder: Path) -> None:
    """What was put in, beside what is sent."""
    (folder / TRUTH).mkdir(exist_ok=True)
    run_stage(work, place, "truth")
    for relation in place.settings()["truth"]["relations"]:
        path = folder / TRUTH / f"{relation}.parquet"
        work.run(
            f"COPY (SELECT * FROM {relation}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )


def _months(first: date, until: date) -> Iterator[tuple[date, date]]:
    """The months from one day to another, each with the first day of the next."""
    month = first.replace(day=1)
    while month <= until:
        yield month, _next_month(month)
        month = _next_month(month)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
