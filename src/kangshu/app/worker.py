"""Worker processes: each with a platform of its own on the same database, which ends with its parent."""

from __future__ import annotations

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread

from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build

_of_this_process: list[Platform] = []
"""A worker process has one platform, made when it starts."""


def workers(number: int, settings: Settings, url: str) -> ProcessPoolExecutor:
    """A pool of so many worker processes, on a database that is ready."""
    return ProcessPoolExecutor(
        number, mp_context=get_context("spawn"), initializer=_start, initargs=(settings, url)
    )


def platform_here() -> Platform:
    """The platform of this worker process."""
    return _of_this_process[0]


def _start(settings: Settings, url: str) -> None:
    Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    # The garbage collector would walk all the short-lived rows again and again and find nothing.
    gc.disable()
    _of_this_process.append(build(settings, url=url, max_connections=4))


def _end_with_parent() -> None:
    """A worker waits for work as long as its queue is open, and it holds both ends of it itself."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    # Not an orderly end: whatever is under way belongs to a transaction that nobody will ask about.
    os._exit(1)
