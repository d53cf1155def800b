"""One at a time for requests with the same condition.

"Create it unless it is there" looks first and writes then; two of them at once would both find
nothing. Requests of one process with the same condition wait for each other here; processes that
serve side by side do not.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from threading import Lock

Condition = tuple[str, str]
"""Type and criteria as written."""

_LOCKS = tuple(Lock() for _ in range(64))


@contextmanager
def held(conditions: Iterable[Condition]) -> Generator[None]:
    """Hold the locks of the conditions, taken in one order so that nobody waits in a circle."""
    with ExitStack() as stack:
        for number in sorted({hash(condition) % len(_LOCKS) for condition in conditions}):
            stack.enter_context(_LOCKS[number])
        yield
