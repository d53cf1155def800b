"""The ledger: how far each project of a plan has come by a day, in money and in work, as somebody entered it.

Like values of indicators, entries follow each other and are never changed; one without money and without
work takes back what was entered for its day. What was paid is the sum since the project began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from kangshu.domains.planning.project import Project
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.indicators.cell import rounded
from kangshu.kernel.indicators.entry import parse_number, problems_of_texts

Course = Literal["done", "ahead", "in_step", "behind", "late", "not_begun", "unknown"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What had been reached on a day.

    project  its number in the pack of the place
    paid     units of 10,000 CNY since the project began; None: not said
    work     % of the works that stand; None: not said
    """

    place: str
    project: str
    day: date
    paid: Decimal | None
    work: Decimal | None
    source: str
    evidence: str
    who: str
    recorded: datetime


@dataclass(frozen=True, slots=True)
class ProjectStanding:
    """How a project stands.

    latest   the newest entry by its day; history: every day that is known, newest first
    paid     the last payments that are known; work: the last works in %
    spent    % of the total that was paid; time: % of the building time that had passed on that day (without
             an entry: has passed today)
    reached  % that is held against the time: the works, or the money where nobody told the works
    course   behind, ahead: by more than the tolerance; late: the time is over and the works are not
    stale    nothing has been entered for longer than the parameter allows, and the project is not done
    """

    project: Project
    latest: Progress | None
    history: tuple[Progress, ...]
    paid: Decimal | None
    spent: Decimal | None
    work: Decimal | None
    time: Decimal
    reached: Decimal | None
    course: Course
    stale: bool


def parse_progress(project: Project, place: str, row: Mapping[str, str], recorded: datetime) -> Progress:
    """The entry of texts: day, paid, work (both empty: taken back), source, evidence, who.

    Raises `Invalid` with every problem.
    """
    problems = problems_of_texts(row, ("source", "evidence", "who"))
    day = _day(project, row.get("day", ""), recorded.date(), problems)
    paid = _amount("paid", row, problems)
    work = _amount("work", row, problems)
    if work is not None and work > 100:
        problems.append(Problem("error", "too-high", "work", "must be 100 or less"))
    if problems or day is None:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"The progress of project {project.no} is wrong. {listed}.", problems=tuple(problems))
    texts = (row["source"].strip(), row["evidence"].strip(), row["who"].strip())
    return Progress(place, project.no, day, paid, work, *texts, recorded)


def known_progress(entries: Iterable[Progress], as_of: datetime | None = None) -> tuple[Progress, ...]:
    """The last entry of each project and day, by day; what was taken back is not there."""
    last: dict[tuple[str, str, date], Progress] = {}
    for entry in sorted(entries, key=lambda each: each.recorded):
        if as_of is None or entry.recorded <= as_of:
            last[(entry.place, entry.project, entry.day)] = entry
    there = [each for each in last.values() if each.paid is not None or each.work is not None]
    return tuple(sorted(there, key=lambda each: each.day))


def project_standings(
    projects: Sequence[Project],
    entries: Iterable[Progress],
    *,
    on: date,
    tolerance: Decimal,
    longest: int,
    as_of: datetime | None = None,
) -> tuple[ProjectStanding, ...]:
    """Every project as it stands on a day.

    `tolerance`: percentage points between time and works that are no deviation; `longest`: days after which
    an entry is stale.
    """
    there = [each for each in known_progress(entries, as_of) if each.day <= on]
    return tuple(
        _standing(one, [each for each in there if each.project == one.no], on, tolerance, longest)
        for one in projects
    )


def _standing(
    project: Project, entries: Sequence[Progress], on: date, tolerance: Decimal, longest: int
) -> ProjectStanding:
    latest = entries[-1] if entries else None
    # An entry may tell the money only: the last that is known of each counts.
    paid = next((each.paid for each in reversed(entries) if each.paid is not None), None)
    work = next((each.work for each in reversed(entries) if each.work is not None), None)
    spent = None if paid is None or not project.total else _share(paid, project.total)
    time = time_passed(project, latest.day if latest else on)
    reached = spent if work is None else work
    course = _course(project, reached, time, on, tolerance)
    stale = course != "done" and project.period_start <= on.year
    stale = stale and (latest is None or (on - latest.day).days > longest)
    return ProjectStanding(
        project, latest, tuple(reversed(entries)), paid, spent, work, time, reached, course, stale
    )


def _course(project: Project, reached: Decimal | None, time: Decimal, on: date, tolerance: Decimal) -> Course:
    if reached is None:
        return "not_begun" if on.year < project.period_start else "unknown"
    if reached >= 100:
        return "done"
    if on.year > project.period_end:
        return "late"
    if reached < time - tolerance:
        return "behind"
    return "ahead" if reached > time + tolerance else "in_step"


def time_passed(project: Project, day: date) -> Decimal:
    """% of the building time, which is whole years, that has passed at the end of a day."""
    first, after = date(project.period_start, 1, 1), date(project.period_end + 1, 1, 1)
    passed = min(max((day - first).days + 1, 0), (after - first).days)
    return rounded(Fraction(100 * passed, (after - first).days), 1)


def _share(paid: Decimal, total: Decimal) -> Decimal:
    return rounded(Fraction(paid) * 100 / Fraction(total), 1)


def _day(project: Project, text: str, today: date, problems: list[Problem]) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        problems.append(Problem("error", "not-a-day", "day", "must be a day: 2025-06-30"))
        return None
    if day > today:
        problems.append(Problem("error", "not-begun", "day", "has not come"))
    if day.year < project.period_start:
        problems.append(
            Problem("error", "before-start", "day", f"is before the project began in {project.period_start}")
        )
    return day


def _amount(key: str, row: Mapping[str, str], problems: list[Problem]) -> Decimal | None:
    try:
        number = parse_number(row.get(key, ""))
    except Invalid:
        problems.append(Problem("error", "not-a-number", key, "must be a number"))
        return None
    if number is not None and number < 0:
        problems.append(Problem("error", "too-low", key, "must be 0 or more"))
    return number
