"""How fast peers make the rows of a view. Runs in an environment of its own, of which Kangshu is no part.

    PYTHON bench/peers/views.py RESOURCES.ndjson VIEWS.json

PYTHON belongs to an environment with `fhir4ds-v2` and `pysof`. Prints one JSON object: peer -> view ->
seconds, or what the peer said instead.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def fhir4ds(resources: Path, view: dict[str, Any]) -> float:
    peer: Any = importlib.import_module("fhir4ds")
    connection = peer.create_connection()
    peer.FHIRDataLoader(connection)
    connection.execute("SET threads = 2")
    connection.execute(
        "INSERT INTO resources (id, resourceType, resource) "
        "SELECT json->>'$.id', json->>'$.resourceType', json "
        f"FROM read_ndjson_objects('{resources}')"
    )
    sql = peer.generate_view_sql(view)
    begun = time.perf_counter()
    connection.execute(f"CREATE TABLE made AS {sql}")
    return time.perf_counter() - begun


def pysof(resources: Path, view: dict[str, Any]) -> float:
    peer: Any = importlib.import_module("pysof")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        whole = {"resourceType": "ViewDefinition", "status": "active", **view}
        peer.process_ndjson_to_file(whole, str(resources), f"{folder}/made.csv", "csv")
        return time.perf_counter() - begun


PEERS: dict[str, Callable[[Path, dict[str, Any]], float]] = {"fhir4ds-v2": fhir4ds, "pysof": pysof}


def main(resources: Path, views: dict[str, dict[str, Any]]) -> None:
    told: dict[str, dict[str, Any]] = {}
    for name, run in PEERS.items():
        told[name] = {}
        for title, view in views.items():
            try:
                told[name][title] = run(resources, view)
            except Exception as error:  # noqa: BLE001  whatever a peer says is told
                told[name][title] = f"{type(error).__name__}: {str(error)[:80]}"
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
