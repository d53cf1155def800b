from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tables import Harbour


@pytest.fixture
def harbour(tmp_path: Path) -> Harbour:
    return Harbour(tmp_path)
