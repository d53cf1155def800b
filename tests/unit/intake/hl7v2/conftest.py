"""The reader with the tables of the pack."""

from __future__ import annotations

import pytest

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.kernel.packs.find import default_root, find_packs


@pytest.fixture(scope="session")
def reader() -> Hl7Reader:
    return Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))
