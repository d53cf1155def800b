"""The state of one bulk export, on disk: `state.json` in the folder of the job.

Written beside the files it speaks of and put in place by renaming, so that a killed process
leaves either the old state or the new one.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from kangshu.app.views import Form
from kangshu.kernel.policies.definition import Principal

STATE = "state.json"

KEPT = timedelta(days=7)
"""How long a finished export can be fetched; then it is thrown away."""

Level = Literal["system", "patient", "group", "views"]
Status = Literal["accepted", "running", "done", "failed"]


class Output(msgspec.Struct, frozen=True):
    """One finished file: its name in the folder, what is in it, how many lines."""

    type: str
    file: str
    count: int


class ViewOutput(msgspec.Struct, frozen=True):
    """One view to export: under which name, and the name of a view of a pack or a whole ViewDefinition."""

    name: str
    view: str = ""
    definition: dict[str, Any] = {}


class ExportState(msgspec.Struct, frozen=True):
    """One export.

    request           the address it was asked for with
    types             in the order they are written; of an export of views, the names of its outputs
    filters           type -> search queries; a fact that any of them finds is exported
    subjects          addresses of patients, None for everyone
    elements          top-level elements wanted, empty for all
    transaction_time  nothing recorded later is in the files
    views, form       the views to export and the format of their rows; tracking: the client's own mark
    as_of             what was known then is in the rows of all views
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
    views: tuple[ViewOutput, ...] = ()
    form: Form = "ndjson"
    tracking: str = ""
    as_of: datetime | None = None
    status: Status = "accepted"
    output: tuple[Output, ...] = ()
    deleted: tuple[Output, ...] = ()
    finished: tuple[str, ...] = ()
    error: str = ""
    ended: datetime | None = None


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
