"""Check the indicators of a pack: every problem at once, none raised."""

from __future__ import annotations

from pathlib import Path

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.indicators.definition import FOLDER, IndicatorSet, read_indicators
from kangshu.kernel.indicators.examples import parse_indicator_examples, problems_of_examples
from kangshu.kernel.indicators.units import plain_names, refuse_columns
from kangshu.kernel.lake.engine import Unreadable, engine
from kangshu.kernel.lake.given import make_table, offer_rows


def check_folder(folder: Path, macros: str = "") -> list[Problem]:
    """Everything wrong with the indicators below a folder, also where one cannot be read."""
    try:
        indicators = read_indicators(folder)
    except Invalid as error:
        return list(error.problems) or [Problem("error", error.code, folder.name, error.message)]
    return check_indicators(indicators, folder, macros)


def check_indicators(indicators: IndicatorSet, folder: Path, macros: str = "") -> list[Problem]:
    """Every SELECT keeps its promise, and every indicator counts in its examples what they say."""
    found: list[Problem] = []
    for indicator in indicators.indicators:
        path = folder / FOLDER / f"{indicator.id}.examples.toml"
        found += [
            Problem(
                "error",
                "not-found",
                indicator.id,
                f"needs the view {name}, which needs.tsv does not describe",
            )
            for name in indicator.needs
            if name not in indicators.outside
        ]
        if indicator.kind == "entered":
            if path.exists():
                found.append(Problem("error", "invalid", indicator.id, "has examples and counts nothing"))
            continue
        broken = _problems_of_select(indicators, indicator.id, macros)
        found += broken
        if not path.exists():
            found.append(Problem("error", "not-found", indicator.id, "has no examples"))
        elif not broken:
            found += _problems_of_examples(indicators, indicator.id, path, macros)
    return found


def _problems_of_select(indicators: IndicatorSet, id: str, macros: str) -> list[Problem]:
    indicator = indicators.get(id)
    with engine() as work:
        if macros:
            work.run(macros)
        for name in indicator.needs:
            make_table(work, name, indicators.outside.get(name, {"unit": "text"}))
        for name, rows in indicators.tables.items():
            offer_rows(work, name, rows)
        try:
            refuse_columns(indicator, set(plain_names(work, indicator)))
        except Unreadable as error:
            return [Problem("error", "invalid", id, f"SELECT: {error.message}")]
        except Invalid as error:
            return [Problem("error", error.code, id, error.message)]
    return []


def _problems_of_examples(indicators: IndicatorSet, id: str, path: Path, macros: str) -> list[Problem]:
    try:
        examples = parse_indicator_examples(path.read_text("utf-8"), path.name)
        return problems_of_examples(indicators, indicators.get(id), examples, macros)
    except Invalid as error:
        return [Problem("error", error.code, id, error.message)]
