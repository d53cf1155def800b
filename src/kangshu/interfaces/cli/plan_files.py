"""The report of a plan, written into a file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from kangshu.app.plan_report import report_on
from kangshu.app.platform import Platform
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.domains.planning.report import parse_kind
from kangshu.interfaces.cli.indicator import numbers_grant
from kangshu.interfaces.web.portal.words import LANGUAGES, words
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.indicators.period import parse_period


def write_report(
    built: Platform,
    content: PlaceContent,
    plan: Plan,
    kind: str,
    year: str | None,
    path: Path,
    language: str,
    on: date,
    as_of: datetime | None,
) -> None:
    """Write the report. Raises `Invalid` for a kind, language, period or ending that is not known."""
    # The writers of PDF and workbooks take a while to import: only who writes a file waits for them.
    from kangshu.interfaces.web.portal.reports.files import FORMS, file_of  # noqa: PLC0415

    form = path.suffix.removeprefix(".").lower()
    spoken = next((each for each in LANGUAGES if each == language), None)
    if spoken is None or form not in FORMS:
        raise Invalid(
            "The language or the ending of the file is not known.",
            remedy=f"Languages: {', '.join(LANGUAGES)}. Endings: .{', .'.join(FORMS)}.",
        )
    until = parse_period(year) if year else None
    found = report_on(
        built.planning, numbers_grant(built), content, plan, parse_kind(kind), on=on, as_of=as_of, until=until
    )
    path.write_bytes(file_of(found, form, words(spoken), made=built.clock(), synthetic=built.settings.demo))
