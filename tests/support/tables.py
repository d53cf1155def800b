"""A lake of a test's own, and deliveries to land in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from kangshu.app.tables import Tables, read_tables
from kangshu.domains.intake.tables.feed import parse_feed
from kangshu.domains.intake.tables.land import Landing
from kangshu.domains.intake.tables.merging import Origin
from kangshu.kernel.base.errors import Problem
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.reader import LakeReader
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.packs.find import default_root, find_packs
from tests.conftest import EVERYTHING

ORG, COUNTY = "H44099900001", "440999"
NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)

FEED = """
title = "就诊"
title_en = "Visits"
kind = "{kind}"
schedule = "daily"
promises = ["OutpatientVisit"]
{more}
[[table]]
model = "OutpatientVisit"
promised = ["gend", "brdy"]
{table}
"""

HEAD = "visit_no,fixmedins_code,visit_time,gend,brdy,medfee_sumamt,chief_complaint"


def visit(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "visit_no": f"V{number}",
        "fixmedins_code": ORG,
        "visit_time": "2026-03-30 09:00:00",
        "gend": "1",
        "brdy": "1980-01-01",
        "medfee_sumamt": "12.50",
        "chief_complaint": "咳嗽",
    }
    return row | changes


def csv_of(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    names = HEAD.split(",")
    lines = [delimiter.join(names)]
    lines += [delimiter.join(str(row[name]) for name in names) for row in rows]
    return "\n".join(lines) + "\n"


def zip_of(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _tables(lake: Lake, codes: Path) -> Tables:
    """Those of the packs, which are read once for all that have no code systems of their own."""
    return _read_tables(lake, codes) if codes.exists() else replace(_without_codes(), lake=lake)


@cache
def _without_codes() -> Tables:
    return _read_tables(Lake("", Path()), Path("/no/codes"))


def _read_tables(lake: Lake, codes: Path) -> Tables:
    return read_tables(find_packs(default_root()), lake, codes)


@dataclass
class Landed:
    landing: Landing
    counts: dict[str, dict[str, int]]
    bad: list[tuple[int, str, list[Problem]]]

    @property
    def places(self) -> list[tuple[str, str]]:
        return [(problem.code, problem.path) for _, _, problems in self.bad for problem in problems]

    @property
    def words(self) -> str:
        return " ".join(f"{p.path} {p.message}" for _, _, problems in self.bad for p in problems)


class Harbour:
    """Lands bytes by feeds of its own making; every delivery is another message."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(str(folder / "lake"), folder / "scratch")
        self.tables = _tables(self.lake, folder / "codes")
        self.messages = 0

    def land(
        self,
        content: bytes | str,
        *,
        kind: str = "csv",
        more: str = "",
        table: str = "",
        feed: str | None = None,
        message: int | None = None,
        source: str = ORG,
        now: datetime = NOW,
        texts: Mapping[str, str] | None = None,
    ) -> Landed:
        data = content.encode() if isinstance(content, str) else content
        if feed is not None:
            described = self.tables.feeds.get(feed)
        else:
            files = texts or {"toml": FEED.format(kind=kind, more=more, table=table)}
            described = parse_feed("visits", files, self.tables.models)
        if message is None:
            self.messages += 1
            message = self.messages
        origin = Origin(source, COUNTY, message, now, now)

        def pieces() -> Iterator[bytes]:
            yield from (data[start : start + 1000] for start in range(0, len(data), 1000))

        landing, tally, bad = self.tables.land(described, pieces(), origin)
        return Landed(landing, tally.as_json(), bad)

    def rows(self, model: str, *columns: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
        reader = LakeReader(self.lake, EVERYTHING, lambda grant, table, count: None)
        return reader.rows(self.tables.models.get(model), columns, as_of=as_of, limit=10_000)

    def sql(self, table: str, query: str) -> list[tuple[Any, ...]]:
        with engine() as work:
            assert self.lake.offer(work, table, table)
            return work.rows(query)
