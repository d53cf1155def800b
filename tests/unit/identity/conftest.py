"""These tests share one database, emptied before each."""

from __future__ import annotations

from tests.support.emptied import kept_platform, platform

__all__ = ["kept_platform", "platform"]
