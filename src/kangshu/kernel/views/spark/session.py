"""Start Spark: one session for a process, with the settings under which both engines mean the same."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from kangshu.kernel.base.errors import NotSupported, Unavailable

MEANING: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
"""Settings on which the meaning of SQL depends."""

_QUIET: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
}


def spark_module(name: str) -> Any:
    """A module of pyspark, which is an extra. Raises `NotSupported` where it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise NotSupported(
            "Spark is not installed.", remedy="Install the extra: pip install 'kangshu[spark]', and Java 17."
        ) from error


@contextmanager
def spark_session(master: str, scratch: Path, settings: Mapping[str, str] | None = None) -> Generator[Any]:
    """A session while the block runs. `master`: `local[*]`, or the address of a cluster.

    Raises `NotSupported` without pyspark, `Unavailable` where Spark does not start.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    builder = spark_module("pyspark.sql").SparkSession.builder.master(master).appName("kangshu")
    local = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    chosen = {
        **_QUIET,
        **(local if master.startswith("local") else {}),
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        **(settings or {}),
        **MEANING,
    }
    for key, value in chosen.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except spark_module("pyspark.errors").PySparkException as error:
        raise Unavailable(
            "Spark does not start.",
            remedy="Is Java 17 or newer there (`java -version`), and the cluster reached?",
        ) from error
    if master.startswith("local"):
        session.sparkContext.pythonExec = sys.executable
    try:
        yield session
    finally:
        session.stop()
