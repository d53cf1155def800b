"""What every reader makes of a message: entries, in units that are stored together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kangshu.kernel.base.errors import Problem

CHUNK_ENTRIES = 2000
"""Entries of one unit, where what belongs together is not the sender's to say."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of a message.

    `full_url`, `method`, `url` and `if_none_exist` are those of a Bundle entry; elsewhere empty.
    `raw` is empty for a deletion. With `merge` it holds only what the message says of something that may be
    stored already: see `merging`; `assumed` names elements that are there only because FHIR requires them.
    """

    position: int
    raw: bytes
    full_url: str = ""
    method: str = ""
    url: str = ""
    if_none_exist: str = ""
    merge: str = ""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """Resources that belong together. `atomic`: all are stored or none (transaction, document, message).

    left_out  parts of a sound message that become no resource, counted by the code of the reason
    """

    entries: list[Entry]
    atomic: bool = False
    bad: list[tuple[int, Problem]] = field(default_factory=list[tuple[int, Problem]])
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
