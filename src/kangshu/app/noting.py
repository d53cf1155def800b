"""Uses of grants, written to the access log."""

from __future__ import annotations

from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts.access_log import AccessLog
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.policies.access_log import entry_of
from kangshu.kernel.policies.definition import Grant


def noting(access_log: AccessLog, clock: Clock) -> Note:
    """Writes one use of a grant to the access log; durable when it returns."""

    def note(grant: Grant, use: Use) -> None:
        entry = entry_of(
            grant,
            clock(),
            type=use.type or "",
            facts=use.addresses,
            persons=use.persons,
            count=use.count,
        )
        access_log.append([entry])

    return note
