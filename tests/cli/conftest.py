"""One installation with a little in it, for tests that do not change it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import kangshu, open_home


@pytest.fixture
def home() -> Iterator[Path]:
    """A place where nothing is installed yet."""
    with open_home() as made:
        yield made


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """An installation, migrated."""
    with open_home() as made:
        assert kangshu(made, "migrate").returncode == 0
        yield made


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """A folder with one message of three patients."""
    folder = tmp_path / "in"
    folder.mkdir()
    name = tmp_path.name[:40].replace("_", "-")
    lines = [json.dumps({"resourceType": "Patient", "id": f"{name}-{n}"}) for n in range(3)]
    (folder / "patients.ndjson").write_text("\n".join(lines))
    return folder
