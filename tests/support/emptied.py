"""A platform that is emptied between tests: quicker than a database for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.kernel.packs.find import default_root
from tests.support.databases import Databases

_TABLES = "message_part quarantine message fact claim person_key work_item local_code person".split()


def empty(platform: Platform) -> None:
    """Remove everything but the access log, which cannot be."""
    with platform.database.connection() as session:
        for table in _TABLES:
            session.execute(f"DELETE FROM {table}".encode())


@pytest.fixture(scope="module")
def kept_platform(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One platform for the tests of a module."""
    url = databases.new()
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, packs=default_root(), database_url=url, demo=True)
    with build(settings, url=url).closing() as made:
        yield made
    databases.drop(url)


@pytest.fixture
def platform(kept_platform: Platform) -> Platform:
    """An empty platform."""
    empty(kept_platform)
    return kept_platform
