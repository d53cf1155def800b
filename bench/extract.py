"""How long it takes to find the terms of a resource, and to hash them, by type.

    python -m bench.extract [FILES]      so many of the 400 Synthea patients (30)

Garbage collection is off, as it is while loading. References are resolved first, as intake does.
"""

from __future__ import annotations

import gc
import gzip
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson

from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.tokens import token_hash
from kangshu.kernel.packs.find import default_root

DATA = Path(os.environ.get("KANGSHU_TESTDATA", Path(__file__).parents[2] / "shared" / "data"))
ROUNDS = 5


def main(files: int) -> None:
    resources = [
        each for path in sorted((DATA / "synthea" / "big").glob("*.gz"))[:files] for each in read(path)
    ]
    extractor = Extractor(read_catalogue(default_root() / "standards" / "fhir_r4"))
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in resources:
        by_type[resource["resourceType"]].append(resource)
    gc.disable()
    print(f"{'type':<24}{'count':>8}{'µs each':>10}{'tokens':>8}")
    for type_, found in sorted(by_type.items(), key=lambda item: -len(item[1])):
        print_row(type_, extractor, found)
    print_row("all", extractor, resources)
    tokens = [extractor.extract(each["resourceType"], each).tokens for each in resources]
    print(f"{'hashing':<24}{len(resources):>8}{hashing(tokens) / len(resources) * 1e6:>10.1f}")


def read(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes())
    for entry in orjson.loads(text)["entry"]:
        address = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        text = text.replace(f'"{entry["fullUrl"]}"'.encode(), f'"{address}"'.encode())
    return [entry["resource"] for entry in orjson.loads(text)["entry"]]


def print_row(name: str, extractor: Extractor, resources: list[dict[str, Any]]) -> None:
    """Processor time, the best of some rounds: others use the machine too."""
    best = float("inf")
    tokens = 0
    for _ in range(ROUNDS):
        start = time.process_time()
        tokens = sum(len(extractor.extract(each["resourceType"], each).tokens) for each in resources)
        best = min(best, time.process_time() - start)
    count = len(resources)
    print(f"{name:<24}{count:>8}{best / count * 1e6:>10.1f}{tokens / count:>8.1f}")


def hashing(tokens: list[list[str]]) -> float:
    token_hash.cache_clear()
    start = time.process_time()
    for each in tokens:
        list(map(token_hash, each))
    return time.process_time() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
