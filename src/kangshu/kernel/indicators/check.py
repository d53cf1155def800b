"""Check the indicators of a pack: every problem at once, none raised."""

from __future__ import annotations

from pathlib import Path

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.text_file import read_text_file
from kangshu.kernel.indicators.definition import FOLDER, Indicator, IndicatorSet
from kangshu.kernel.indicators.example import Example, parse_indicator_examples
from kangshu.kernel.indicators.examples import first_of, problems_of_examples
from kangshu.kernel.indicators.folder import ENDINGS, files_of_indicators, look_at_indicators, problems_in
from kangshu.kernel.indicators.units import plain_names, refuse_columns
from kangshu.kernel.lake.engine import Unreadable, engine
from kangshu.kernel.lake.given import make_table, offer_rows


def check_folder(folder: Path, macros: str = "") -> list[Problem]:
    """Everything wrong with the indicators of a pack, by file and key.

    What can be read is counted in its examples, whatever is wrong with the others.
    """
    if not (folder / FOLDER).is_dir():
        return [_problem(f"{FOLDER}/", "is not there: a pack with indicators has them in that folder")]
    indicators, problems = look_at_indicators(folder)
    problems += [
        _problem(f"{FOLDER}/{path.name}", f"is no file of an indicator: NAME.{', NAME.'.join(ENDINGS)}")
        for path in sorted({*(folder / FOLDER).glob("*")} - {*files_of_indicators(folder)})
    ]
    return problems + check_indicators(indicators, folder, macros)


def check_indicators(indicators: IndicatorSet, folder: Path, macros: str = "") -> list[Problem]:
    """Every SELECT keeps its promise, and every indicator counts in its examples what they say."""
    found: list[Problem] = []
    for indicator in indicators.indicators:
        path = folder / FOLDER / f"{indicator.id}.examples.toml"
        if indicator.kind == "entered":
            if path.exists():
                found.append(_problem(f"{FOLDER}/{path.name}", "is of an indicator that counts nothing"))
            continue
        if not {*indicator.needs} <= {*indicators.outside}:
            continue  # needs.tsv cannot be read, which is told.
        broken = _problems_of_select(indicators, indicator, macros)
        found += broken
        if not path.exists():
            found.append(_problem(f"{FOLDER}/{path.name}", "is not there: give a hit and a near miss"))
            continue
        examples, faults = _read_examples(path)
        found += faults
        if not (broken or faults):
            found += problems_of_examples(indicators, indicator, examples, macros)
    return found


def _problems_of_select(indicators: IndicatorSet, indicator: Indicator, macros: str) -> list[Problem]:
    path = f"{FOLDER}/{indicator.id}.sql"
    with engine() as work:
        if macros:
            work.run(macros)
        for name in indicator.needs:
            make_table(work, name, indicators.outside[name])
        for name, rows in indicators.tables.items():
            offer_rows(work, name, rows)
        try:
            refuse_columns(indicator, set(plain_names(work, indicator)))
        except Unreadable as error:
            return [_problem(path, f"SELECT: {first_of(error)}")]
        except Invalid as error:
            return [_problem(path, error.message)]
    return []


def _read_examples(path: Path) -> tuple[list[Example], list[Problem]]:
    try:
        return parse_indicator_examples(read_text_file(path), path.name), []
    except Invalid as error:
        place = f"{FOLDER}/{path.name}"
        return [], [_problem(f"{place} {each.path}".strip(), each.message) for each in problems_in(error)]


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
