"""Excel: .xlsx and .xls, a sheet as a table. It is read by a process of its own, see `sheet`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kangshu.domains.intake.tables.raw import RawTable
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.domains.intake.tables.sheet import MOST_SECONDS, ROW, Answer, Request
from kangshu.kernel.lake.engine import Engine, literal

_COMMAND = (sys.executable, "-m", "kangshu.domains.intake.tables.sheet")
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_ZIP = b"PK\x03\x04"
_PEEK = 4096


def read_sheet(
    engine: Engine, path: Path, place: str, *, sheet: str, header_row: int, promised: Sequence[str]
) -> RawTable:
    """Make a sheet readable as a table. `sheet` '': the only visible one that is not empty."""
    _refuse_others(path, place)
    number = len(list(engine.folder.glob("sheet*.parquet")))
    target = engine.folder / f"sheet{number}.parquet"
    answer = _asked(Request(str(path), str(target), place, sheet, header_row, promised))
    if answer.message:
        raise refusal(answer.place, answer.message, answer.remedy, code=answer.code)
    table = f"excel_{number}"
    engine.run(f"CREATE TABLE {table} AS SELECT * FROM read_parquet({literal(str(target))})")
    return RawTable(answer.place, table, tuple(answer.names), row=ROW, sheet=answer.sheet)


def _asked(request: Request) -> Answer:
    try:
        done = subprocess.run(  # noqa: S603
            _COMMAND,
            input=json.dumps(asdict(request)).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=4 * MOST_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise refusal(
            request.place,
            "It takes more memory or time than there is to read it, or is damaged.",
            "Delete far cells and save it again, or send CSV.",
            code="too-costly",
        ) from None
    found: Any = json.loads(done.stdout)
    return Answer(**found)


def _refuse_others(path: Path, place: str) -> None:
    """Say what it is, where it is no Excel file."""
    with path.open("rb") as file:
        start = file.read(_PEEK)
        file.seek(0)
        locked = start.startswith(_OLD) and _LOCKED in file.read(1 << 20)
    if locked:
        raise refusal(place, "It is locked with a password.", "Save it without one.")
    if start.startswith((_OLD, _ZIP)):
        return
    if start.startswith(b"PK"):
        raise refusal(place, "It is an empty or divided ZIP.", "Save it again as .xlsx.")
    if re.search(rb"<html|<table|<!doctype html", start, re.IGNORECASE):
        raise refusal(place, "It is a web page, whatever its name.", "Open it in Excel and save it as .xlsx.")
    if b"\0" not in start:
        raise refusal(place, "It is text, whatever its name.", 'Save it as .xlsx, or write kind = "csv".')
