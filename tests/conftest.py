"""Fixtures every test may use: real databases, a platform on one, the test data beside the project."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.definition import Grant, Principal, Scope
from tests.support.databases import Databases, quick_folder

# A busy machine is no reason to fail; a test that fails here fails everywhere, with the same examples.
settings.register_profile(
    "kangshu", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kangshu")

EVERYTHING = Grant(
    Principal("test", "test", "client"), "search", "operations", "a test", Scope(everything=True)
)
"""A grant no policy gives; for tests that are about something else than policies."""


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of official suites; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("KANGSHU_TESTDATA", "../shared/data"))
    if not folder.is_dir():
        pytest.skip(f"test data not found at {folder}: set KANGSHU_TESTDATA")
    return folder.resolve()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    # Not below pytest's own folder: as root the server has a user of its own, and every other run of
    # pytest that starts meanwhile shuts that folder to all but root.
    with tempfile.TemporaryDirectory(prefix="kangshu-test-", dir=quick_folder()) as folder:
        made = Databases(Path(folder) / "postgres")
        yield made
        made.stop()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A fresh database of this test's own."""
    url = databases.new()
    yield url
    databases.drop(url)


def platform_on(url: str, home: Path, *, demo: bool = True) -> Platform:
    """A platform on a migrated database."""
    home.mkdir(parents=True, exist_ok=True)
    return build(Settings(home=home, packs=default_root(), database_url=url, demo=demo), url=url)


@pytest.fixture
def platform(database_url: str, tmp_path: Path) -> Iterator[Platform]:
    """An empty platform of this test's own."""
    with platform_on(database_url, tmp_path / "home").closing() as made:
        yield made


@pytest.fixture(scope="session")
def synthea_platform(
    databases: Databases, testdata: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """A platform with the twenty patients of synthea/small, loaded through intake; for reading only."""
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("synthea")).closing() as made:
        made.intake.receive_files("SYNTHEA", sorted((testdata / "synthea" / "small").glob("*.json")))
        yield made
    databases.drop(url)
