"""A search parameter that cannot be understood."""

from __future__ import annotations


class NotUnderstood(Exception):
    """Why one parameter is refused. `code` is an issue code: `value`, `not-supported`, `too-costly`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
