"""The garbage collector, kept still while very many objects are made that all stay.

It looks through all of them again and again while they grow: two thirds of the time in which a code system
of 200,000 codes is compiled.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """No collection until the block ends, in no thread. For seconds, not for longer."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
