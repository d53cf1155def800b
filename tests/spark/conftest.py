"""One Spark for all tests of a process: small, quiet, and there only where pyspark and Java are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SMALL = {
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.memory": "1g",
}
"""For tables of some rows, where compiling a statement would take longer than running it."""


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if find_spec("pyspark") is None:
        pytest.skip("no pyspark: make setup-spark")
    if shutil.which("java") is None:
        pytest.skip("no Java: install a JRE, 17 or newer")
    from kangshu.kernel.views.spark.session import spark_session

    folder: Path = tmp_path_factory.mktemp("spark")
    with spark_session("local[2]", folder, SMALL) as found:
        yield found
