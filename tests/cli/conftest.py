"""One installation with a little in it, for tests that do not change it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import SERVER, open_home
from tests.support.databases import Databases


@pytest.fixture
def home() -> Iterator[Path]:
    """A place where nothing is installed yet."""
    with open_home() as made:
        yield made


@pytest.fixture(scope="module")
def installed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation, migrated, with its database on the server of the tests."""
    made = tmp_path_factory.mktemp("installed")
    url = databases.new()
    (made / SERVER).write_text(url, "utf-8")
    yield made
    databases.drop(url)


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """A folder with one message of three patients."""
    folder = tmp_path / "in"
    folder.mkdir()
    name = tmp_path.name[:40].replace("_", "-")
    lines = [json.dumps({"resourceType": "Patient", "id": f"{name}-{n}"}) for n in range(3)]
    (folder / "patients.ndjson").write_text("\n".join(lines))
    return folder
