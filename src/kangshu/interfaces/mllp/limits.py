"""What one connection, and all of them together, may take."""

from __future__ import annotations

from dataclasses import dataclass

from kangshu.domains.intake.hl7v2.message import MAX_MESSAGE


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts and seconds.

    connections  at once; with one more, the longest silent one is closed
    message      bytes of one message
    unfinished   bytes of unfinished messages of all connections together
    ahead        messages a connection may send before the first is answered
    backlog      messages journalled and not worked through, beyond which senders have to wait
    first        until a new connection has sent a message
    stalled      between two parts of a message, or until an answer is read
    whole        from the first to the last byte of a message
    idle         between messages
    """

    connections: int = 1000
    message: int = MAX_MESSAGE
    unfinished: int = 256 << 20
    ahead: int = 64
    backlog: int = 20_000
    first: float = 60.0
    stalled: float = 30.0
    whole: float = 300.0
    idle: float = 3600.0
