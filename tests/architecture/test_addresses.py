"""Nothing in the project says on which machine it was written or where its packages came from."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.project import ROOT, files, name

HERE = re.compile(r"(?<![\w.:/])/(home|root|Users|work|opt|tmp|mnt)/\w")
REGISTRY = re.compile(r"pypi\.org|pythonhosted|npmjs\.org|/simple/?$|index-url *=")
REQUIREMENT = re.compile(r"[a-z0-9._-]+==[^ ]+( ; .+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def test_no_file_names_a_place_on_somebodys_machine():
    assert not _lines_with(HERE)


def test_no_file_names_a_package_registry():
    assert not _lines_with(REGISTRY)


def test_the_lock_is_exact_versions_and_hashes_and_nothing_else():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    assert not [line for line in lines if not REQUIREMENT.fullmatch(line) and not HASH.fullmatch(line)]


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found: list[str] = []
    for path in files():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name(path)}:{n}" for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    return found
