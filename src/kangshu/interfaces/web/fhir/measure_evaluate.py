"""`Measure/$evaluate-measure`: an indicator of a pack counted for one of its periods.

https://hl7.org/fhir/R4/measure-operation-evaluate-measure.html
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NoReturn

from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.json_text import write
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_question import Question, question_of
from kangshu.interfaces.web.fhir.view_question import instant_of, refuse_unknown
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import Period, period_of
from kangshu.kernel.policies.definition import Resource

_KNOWN = frozenset({"periodStart", "periodEnd", "measure", "reportType", "asOf", "county", "_format"})
_SUMMARIES = ("", "population", "summary")
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_COUNTY = re.compile(r"[0-9]{6}")


def evaluate(service: Service, call: Call) -> Answer:
    """A MeasureReport. Beside the parameters of R4 there are `asOf` (an instant) and `county`."""
    platform = service.platform
    asked = Resource("indicator", "MeasureReport")
    grant = platform.policies.decide(call.principal, "read", asked, call.purpose)
    question = question_of(call)
    refuse_unknown(question, _KNOWN)
    if question.text("reportType") not in _SUMMARIES:
        raise Invalid.at(
            "reportType", "Reports are summaries: rows about people are not given here.", "value"
        )
    place, indicator = _measure(service, call, question)
    period = _period(question, indicator)
    [counted] = platform.measures.evaluate(
        grant,
        place,
        [indicator],
        on=platform.clock().date(),
        as_of=instant_of(question),
        county=_county(service, question, place),
        period=period,
    )
    return Answer(200, write(platform.measures.report(counted)))


def _measure(service: Service, call: Call, question: Question) -> tuple[str, Indicator]:
    measures = service.platform.measures
    named = question.text("measure") or str((question.complex("measure") or {}).get("reference", ""))
    if "id" in call.names:
        if named:
            raise Invalid.at("measure", "The address names the Measure already.", "invalid")
        return measures.get(call.id)
    if not named:
        raise Invalid.at("measure", "Which Measure is not said.", "required")
    return measures.find(named.removeprefix(f"{call.base}/"))


def _period(question: Question, indicator: Indicator) -> Period:
    """The period of the indicator that the two dates are the ends of. Raises `Invalid`."""
    first = _day(question, "periodStart", is_end=False)
    last = _day(question, "periodEnd", is_end=True)
    found = period_of(first, indicator.period)
    if (found.first, found.last) != (first, last):
        raise Invalid.at(
            "periodEnd",
            f"This Measure is counted by the {indicator.period}, and the dates are not the ends of one:"
            f" {found.first} to {found.last} is the {indicator.period} of the first.",
            "value",
        )
    return found


def _day(question: Question, name: str, *, is_end: bool) -> date:
    """The first or last day of what is written: a year, a month or a day."""
    text = question.text(name)
    if not text:
        raise Invalid.at(name, f"The parameter {name} is missing.", "required")
    found = _DATE.fullmatch(text)
    try:
        return _end_of(found, is_end=is_end) if found else _refuse_date(name)
    except ValueError:
        return _refuse_date(name)


def _end_of(written: re.Match[str], *, is_end: bool) -> date:
    """The first or last day of a date. Raises `ValueError` for one that is in no calendar."""
    year, month, day = (int(part or 0) for part in written.groups())
    start = date(year, month or 1, day or 1)
    if not is_end or day:
        return start
    following = 12 * year + month if month else 12 * (year + 1)
    return date(following // 12, following % 12 + 1, 1) - timedelta(days=1)


def _refuse_date(name: str) -> NoReturn:
    raise Invalid.at(name, f"{name} is no date: write 2025, 2025-06 or 2025-06-30.", "value")


def _county(service: Service, question: Question, place: str) -> str | None:
    """The county asked for. Where a place is counted as a whole, none is: what is hidden of one could be
    computed from the whole and the others."""
    text = question.text("county")
    if text and service.platform.planning.county_of(place) is None:
        raise Invalid.at("county", "This Measure is counted for all counties together.", "not-supported")
    if text and not _COUNTY.fullmatch(text):
        raise Invalid.at("county", "county is no division code of six digits (GB/T 2260).", "value")
    return text or None
