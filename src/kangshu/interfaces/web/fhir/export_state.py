"""The state of one bulk export, on disk: `state.json` in the folder of the job.

Written beside the files it speaks of and put in place by renaming, so that a killed process
leaves either the old state or the new one.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from kangshu.kernel.policies.definition import Principal

STATE = "state.json"

Level = Literal["system", "patient", "group"]
Status = Literal["accepted", "running", "done", "failed"]


class Output(msgspec.Struct, frozen=True):
    """One finished file: its name in the folder, what is in it, how many lines."""

    type: str
    file: str
    count: int


class ExportState(msgspec.Struct, frozen=True):
    """One export.

    request           the address it was asked for with
    types             in the order they are written
    filters           type -> search queries; a fact that any of them finds is exported
    subjects          addresses of patients, None for everyone
    elements          top-level elements wanted, empty for all
    transaction_time  nothing recorded later is in the files
    output            the files that are complete
    finished          types that are done with, those without a fact included
    """

    id: str
    request: str
    level: Level
    principal: Principal
    purpose: str
    types: tuple[str, ...]
    transaction_time: datetime
    since: datetime | None = None
    filters: dict[str, tuple[str, ...]] = {}
    subjects: tuple[str, ...] | None = None
    elements: tuple[str, ...] = ()
    status: Status = "accepted"
    output: tuple[Output, ...] = ()
    deleted: tuple[Output, ...] = ()
    finished: tuple[str, ...] = ()
    error: str = ""


_DECODER = msgspec.json.Decoder(ExportState)


def read_state(folder: Path) -> ExportState | None:
    """The state in a folder, None when there is none."""
    try:
        return _DECODER.decode((folder / STATE).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_state(folder: Path, state: ExportState) -> None:
    """Put the state in place, durable when this returns."""
    part = folder / f"{STATE}.part"
    with part.open("wb") as stream:
        stream.write(msgspec.json.encode(state))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(folder / STATE)
