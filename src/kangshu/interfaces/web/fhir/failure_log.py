"""What is logged of an error nobody foresaw: where it happened, never its message.

Messages of a database or a parser can hold values from a person's data.
"""

from __future__ import annotations

import traceback
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)

_FRAMES = 12


def log_failure(event: str, error: BaseException, **ids: str) -> None:
    """Write one line: the class of the error and the last frames as `file:line`."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    _log.error(event, error=type(error).__name__, where=where, **ids)
