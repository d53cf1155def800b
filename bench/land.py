"""How long a year's file of settlement lists takes to land: journalled, checked by every rule, in the lake.

    python -m bench.land                      100,000 cases with 5 million fee lines, in three forms
    python -m bench.land --cases 10000 --forms parquet

Files are generated from a seed and kept below `--folder` for the next time. Codes are checked against the
tables of KANGSHU_TESTDATA where they are there. Each form lands in an empty home with an embedded
PostgreSQL of its own; measured is from the first byte read to the message finished.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.domains.synthetic.deliveries import Order, write_json, write_parquet, write_zip
from kangshu.kernel.facts.embedded import server as embedded
from kangshu.kernel.packs.find import default_root

DATA = Path(os.environ.get("KANGSHU_TESTDATA", Path(__file__).parents[2] / "shared" / "data"))
ROOT = default_root()
ORG = "H44099900001"
FORMS = {
    "parquet": (write_parquet, "settlement_list_parquet"),
    "csv": (write_zip, "settlement_list"),
    "json": (write_json, "settlement_list_json"),
}
NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)


def main() -> None:
    arguments = parse()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    head = ("form", "MB", "cases", "lines", "set aside", "seconds", "CPU s", "lines/s", "again s")
    print("".join(f"{name:>11}" for name in head))
    for form in arguments.forms:
        path = generated(arguments, form)
        print("".join(f"{cell:>11}" for cell in measured(form, path)), flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=50, help="fee lines a case")
    parser.add_argument("--faults", type=float, default=0.01, help="share of faulty cases")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "kangshu-bench-land")
    return parser.parse_args()


def generated(arguments: argparse.Namespace, form: str) -> Path:
    path: Path = arguments.folder / f"{arguments.cases}-{arguments.lines}-{arguments.faults}.{form}"
    if not path.exists():
        order = Order(
            seed=1,
            org=ORG,
            org_name="示范县人民医院",
            division="440999",
            cases=arguments.cases,
            lines=arguments.lines,
            first_case=1,
            until=date(2026, 3, 25),
            spread=30,
            delay=3,
            sent=date(2026, 3, 30),
            faults=arguments.faults,
        )
        functions = (ROOT / "standards" / "cn_identifiers" / "functions.sql").read_text("utf-8")
        FORMS[form][0](order, ROOT / "places" / "demo_county", functions, path)
    return path


def measured(form: str, path: Path) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        (home / "codes").mkdir(parents=True)
        for name, file in (("icd10", "icd10_cn.tsv"), ("icd9cm3", "icd9cm3_cn.tsv")):
            if (DATA / "cn_codes" / file).exists():
                shutil.copy(DATA / "cn_codes" / file, home / "codes" / f"{name}.tsv")
        try:
            with build(Settings(home=home, packs=ROOT), clock=lambda: NOW).closing() as platform:
                start, used = time.perf_counter(), cpu()
                _, tally = platform.intake.deliveries.land(ORG, FORMS[form][1], path)
                seconds, busy = time.perf_counter() - start, cpu() - used
                start = time.perf_counter()
                platform.intake.deliveries.land(ORG, FORMS[form][1], path)
                again = time.perf_counter() - start
        finally:
            embedded.stop(home / "postgres")
    lines = tally.received["FeeLine"]
    return (
        form,
        f"{path.stat().st_size / 1e6:,.0f}",
        f"{tally.received['SettlementList']:,}",
        f"{lines:,}",
        f"{tally.quarantined['SettlementList']:,}",
        f"{seconds:.1f}",
        f"{busy:.1f}",
        f"{lines / seconds:,.0f}",
        f"{again:.1f}",
    )


def cpu() -> float:
    """Processor time of this process; PostgreSQL's own is not in it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
