"""Writes docs/reference/python-api.md from the code: `python -m tools.api_page`."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kangshu.app.analysis import Analysis, Tables, open_installation
from kangshu.domains.planning.measure_report import Counted
from kangshu.domains.planning.monitoring import Standing
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.entry import Entry
from kangshu.kernel.indicators.explain import Unit
from kangshu.kernel.indicators.series import Point

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "python-api.md"
RESULTS = (Counted, Cell, Entry, Unit, Standing, Point)

_HEAD = """# Python API

Written by `make docs` from the code. How it is used is shown in the notebooks
[From facts to a table](../notebooks/from-facts-to-a-table.md),
[Count an indicator and look behind it](../notebooks/count-an-indicator.md) and
[How a plan stands](../notebooks/how-a-plan-stands.md). `Arrow` is a table of pyarrow. What is not on this
page may change.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, "## kangshu.app.analysis\n", *_function(open_installation, "###")]
    for kind in (Analysis, Tables):
        parts += [f"### {kind.__name__}\n", _doc(kind)]
        for member in _methods(kind):
            parts += _function(member, "####")
    parts.append("## What comes back\n")
    for kind in RESULTS:
        parts += [f"### {kind.__name__}\n", f"`{kind.__module__}`\n", _doc(kind), *_fields(kind)]
    return "\n".join(parts).rstrip() + "\n"


def _methods(kind: type) -> Iterator[Any]:
    for name, member in vars(kind).items():
        if not name.startswith("_") and inspect.isfunction(member):
            yield inspect.unwrap(member)


def _function(member: Any, level: str) -> list[str]:
    signature = inspect.signature(member)
    given = [_parameter(each) for each in signature.parameters.values() if each.name != "self"]
    if any(each.startswith("\0") for each in given) and not any(each.startswith("*") for each in given):
        given.insert(next(at for at, each in enumerate(given) if each.startswith("\0")), "*")
    told = ", ".join(each.removeprefix("\0") for each in given)
    head = f"{member.__name__}({told}) -> {signature.return_annotation}"
    return [f"{level} {member.__name__}\n", f"```python\n{head}\n```\n", _doc(member)]


def _parameter(each: inspect.Parameter) -> str:
    """As it is written; one that must be named is marked."""
    if each.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"*{each.name}: {each.annotation}"
    default = "" if each.default is inspect.Parameter.empty else f" = {each.default!r}"
    mark = "\0" if each.kind is inspect.Parameter.KEYWORD_ONLY else ""
    return f"{mark}{each.name}: {each.annotation}{default}"


def _fields(kind: type) -> list[str]:
    rows = [f"| `{each.name}` | `{each.type}` |" for each in dataclasses.fields(kind)]
    return ["| field | type |\n|---|---|\n" + "\n".join(rows).replace(" | None", " or None") + "\n"]


def _doc(thing: Any) -> str:
    """The docstring; what it says of each field in columns stays in columns."""
    lines = inspect.cleandoc(thing.__doc__ or "").splitlines()
    first, rest = lines[0], "\n".join(lines[1:]).strip("\n")
    if not rest:
        return f"{first}\n"
    return f"{first}\n\n```text\n{rest}\n```\n" if "  " in rest else f"{first}\n\n{rest}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE.name} written.\n")
