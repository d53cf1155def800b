"""Which institution speaks: by what a message says of its sender, and by the connection's certificate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kangshu.kernel.base.errors import Invalid

COLUMNS = ("application", "facility", "certificate", "source")
ANY = "*"


@dataclass(frozen=True, slots=True)
class Sender:
    """`application` and `facility` as in MSH-3 and MSH-4, `certificate` its common name; * is any."""

    application: str
    facility: str
    certificate: str
    source: str


class Senders:
    """Look-up of institutions. The first row that fits holds."""

    def __init__(self, listed: Iterable[Sender]) -> None:
        self._listed = list(listed)

    def __len__(self) -> int:
        return len(self._listed)

    def source_of(self, applications: set[str], facilities: set[str], certificate: str) -> str | None:
        """The institution of a sender, whose application and facility may have several names each."""
        for each in self._listed:
            if (
                (each.application == ANY or each.application in applications)
                and (each.facility == ANY or each.facility in facilities)
                and each.certificate in (ANY, certificate)
            ):
                return each.source
        return None


def read_senders(folders: Iterable[Path]) -> Senders:
    """From `hl7v2/senders.tsv` of each folder that has one. Raises `Invalid` naming the line."""
    listed: list[Sender] = []
    for folder in folders:
        path = folder / "hl7v2" / "senders.tsv"
        if not path.exists():
            continue
        lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
        rows = csv.reader(io.StringIO("\n".join(lines)), delimiter="\t")
        if tuple(next(rows, ())) != COLUMNS:
            raise Invalid(f"{path}: the columns are {', '.join(COLUMNS)}.")
        for number, row in enumerate(rows, 2):
            if len(row) != len(COLUMNS) or not all(row):
                raise Invalid(f"{path} row {number}: every cell has a value; {ANY} means any.")
            listed.append(Sender(*row))
    return Senders(listed)
