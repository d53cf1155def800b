"""A drawing with its data: shown on a page, and taken away as SVG, PNG, CSV or Vega-Lite specification."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import vl_convert
from markupsafe import Markup

from kangshu.interfaces.web.portal.chart import drawn
from kangshu.kernel.base.errors import NotFound

Form = Literal["svg", "png", "csv", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
MEDIA: Mapping[Form, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}

BAR = 26
"""Height of a bar with the room around it."""

_CHARTS = Path(__file__).parent / "charts"
_SIGNS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Drawing:
    """`name` stands in the address of its files; `spec` is what is drawn; `columns` and `rows` are the table
    behind it.

    A page does not draw it: that takes a tenth of a second in which this process does nothing else. Scripts
    draw in the browser, and browsers without scripts ask for the SVG.
    """

    name: str
    title: str
    spec: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def template(name: str) -> dict[str, Any]:
    """A fresh copy of a specification of `charts/`."""
    found: dict[str, Any] = json.loads((_CHARTS / f"{name}.vl.json").read_text("utf-8"))
    return found


def drawing(
    name: str, title: str, spec: dict[str, Any], columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> Drawing:
    """A specification with the table behind it."""
    return Drawing(name, title, spec, tuple(columns), tuple(tuple(each) for each in rows))


def script_of(found: Drawing) -> Markup:
    """The specification as JSON that may stand in a <script>: only "</" and "<!--" can end that early."""
    text = json.dumps(found.spec, ensure_ascii=False, sort_keys=True)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 own JSON


def file_of(found: Drawing, form: str) -> tuple[bytes, str]:
    """The drawing as a file, and its media type. Raises `NotFound` for a form there is not."""
    if form == "svg":
        return str(drawn(found.spec)[1]).encode(), MEDIA["svg"]
    if form == "png":
        return vl_convert.vegalite_to_png(json.dumps(found.spec, ensure_ascii=False), scale=2), MEDIA["png"]
    if form == "csv":
        return csv_of(found.columns, found.rows), MEDIA["csv"]
    if form == "json":
        return json.dumps(found.spec, ensure_ascii=False, indent=1).encode(), MEDIA["json"]
    raise NotFound(f"A chart is no {form}.", remedy=f"There are {', '.join(FORMS)}.")


def csv_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A table as a file that a spreadsheet opens as it is."""
    text = io.StringIO()
    # What a spreadsheet would take for a formula is a text here; numbers stay numbers.
    csv.writer(text).writerows([columns, *([_harmless(cell) for cell in row] for row in rows)])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    if not cell.startswith(_SIGNS_OF_FORMULAS):
        return cell
    return cell if cell.lstrip("+-").replace(".", "", 1).isdigit() else f"'{cell}"
