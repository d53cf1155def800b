"""The path says what a thing is."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.project import ROOT, files, modules, name

NAMELESS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "base_classes",
    "tools",
    "shared",
    "stuff",
}
DEBT = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\)| #\d+)")


def test_no_module_is_a_drawer_for_everything():
    parts = [(module, part) for module in modules() for part in module.with_suffix("").parts]
    assert not [name(module) for module, part in parts if part in NAMELESS]


def test_packs_hold_no_python():
    assert not [name(module) for module in modules(ROOT / "packs")]


def test_debt_has_an_issue_number():
    notes = [
        f"{name(path)}:{number}"
        for path in files(".py", ".sql", ".html", ".css", ".cedar", ".md")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if path != Path(__file__) and DEBT.search(line)
    ]
    assert not notes, "write `#<issue>` behind the mark, or do it"
