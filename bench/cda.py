"""How fast CDA documents are read on one core: parsed, mapped, checked; not stored.

    python -m bench.cda [SECONDS]      for each set (5)

The C-CDA documents are those of the test data, the others synthetic after WS/T 500.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kangshu.domains.intake.cda.reading import CdaReader, read_reader
from kangshu.domains.intake.cda.resource import written
from kangshu.domains.synthetic.cda.definition import KINDS
from kangshu.domains.synthetic.cda.document import parse_contents, write_document
from kangshu.kernel.packs.find import default_root, find_packs

DATA = Path(os.environ.get("KANGSHU_TESTDATA", Path(__file__).parents[2] / "shared" / "data"))
MOMENT = datetime(2026, 3, 2, 10, 30)  # noqa: DTZ001 - as the documents have it, without a zone


def main(seconds: float) -> None:
    reader = read_reader({name: pack.folder for name, pack in find_packs(default_root()).items()})
    print(f"{'documents':<28}{'read':>7}{'kB each':>9}{'documents/s':>13}{'resources/s':>13}{'MB/s':>7}")
    for name, documents in (("C-CDA", ccda()), ("WS/T 500, all 53 kinds", synthetic())):
        if documents:
            print_row(name, reader, documents, seconds)


def ccda() -> list[bytes]:
    folder = DATA / "cda" / "ms_fhir_converter" / "Ccda"
    return [path.read_bytes() for path in sorted(folder.glob("*.ccda"))]


def synthetic() -> list[bytes]:
    text = (default_root() / "standards" / "wst500" / "synthetic.toml").read_text("utf-8")
    contents = parse_contents(text)
    return [
        write_document(contents, kind, seed=1, number=number, institution="H1", titles={}, moment=MOMENT).xml
        for kind in KINDS
        for number in range(4)
    ]


def print_row(name: str, reader: CdaReader, documents: Sequence[bytes], seconds: float) -> None:
    read = resources = size = 0
    started = time.process_time()
    while (spent := time.process_time() - started) < seconds:
        raw = documents[read % len(documents)]
        found = reader.read(raw, source="H1").resources
        resources += len([written(body) for body in found])
        size += len(raw)
        read += 1
    print(
        f"{name:<28}{read:>7}{size / read / 1024:>9.1f}{read / spent:>13.1f}{resources / spent:>13.0f}"
        f"{size / spent / (1 << 20):>7.2f}"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5)
