"""Memory that goes back to the system when it is free."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Names of settings in `mallopt(3)`."""


def give_back() -> None:
    """Tell the C library's allocator not to keep what large messages took; for a process of many threads.

    It would keep it for each thread that ever worked on one, up to a hundred megabytes each, and raise the
    size from which it gives back at once with every large block it sees. Does nothing where the C library
    is another.
    """
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, 256 << 10)
        mallopt(_ARENA_MAX, 4)
