"""Publishing what is known of indicators of a place; and what was published, beside what is known now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from kangshu.app.planning import Planning
from kangshu.domains.planning.plan import PlaceContent
from kangshu.domains.planning.publishing import Issue, issues, known_result
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import known
from kangshu.kernel.indicators.publication import Published, publish
from kangshu.kernel.indicators.run import Result
from kangshu.kernel.policies.definition import Grant


def known_results(
    planning: Planning,
    grant: Grant,
    content: PlaceContent,
    indicators: Iterable[Indicator],
    *,
    on: date,
    as_of: datetime | None = None,
) -> dict[str, Result]:
    """What is known of indicators of a place: counted, and entered where nothing was counted."""
    chosen = list(indicators)
    county = content.county or None
    counted = planning.count(grant, content, chosen, on=on, as_of=as_of, county=county)
    entries = known([*content.entries, *planning.books.entries(grant, content)], as_of)
    return {each.id: known_result(each, counted.get(each.id), entries, on=on, as_of=as_of) for each in chosen}


def publish_known(
    planning: Planning,
    reading: Grant,
    writing: Grant,
    content: PlaceContent,
    indicators: Sequence[str],
    period: str,
    *,
    on: date,
) -> tuple[Published, ...]:
    """Publish what is known of a closed period, all of it or nothing.

    `reading`, `writing`: leave to read and to publish. Raises `Invalid` for a period that is open or of
    which nothing is known, `Conflict` for one that is published, `Refused` for a county the grant does
    not open.
    """
    chosen = [content.indicators.get(name) for name in dict.fromkeys(indicators)]
    results = known_results(planning, reading, content, chosen, on=on)
    now, who = planning.books.clock(), writing.principal.id
    found = [
        publish(each, results[each.id], period, place=content.place, who=who, recorded=now) for each in chosen
    ]
    for each, cells in zip(chosen, found, strict=True):
        if not cells:
            raise Invalid(f"Nothing is known of {each.id} of {period}.", remedy="Enter a value first.")
    cells = tuple(cell for each in found for cell in each)
    planning.books.add_published(writing, content, cells)
    return cells


def issued(
    planning: Planning, grant: Grant, content: PlaceContent, *, on: date, as_of: datetime | None = None
) -> tuple[Issue, ...]:
    """What was published, and what is known of it now, or was at a time."""
    everything = planning.books.published(grant, content)
    published = [each for each in everything if as_of is None or each.recorded <= as_of]
    names = {each.indicator for each in published}
    there = [each for each in content.indicators.indicators if each.id in names]
    results = known_results(planning, grant, content, there, on=on, as_of=as_of)
    return issues(content, published, results)
