"""How institutions are called in their own register, where one has landed."""

from __future__ import annotations

from collections.abc import Mapping

from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.store import RECORDED, Lake

_REGISTER = "institution"


class RegisteredNames:
    """Reads the register again when something has landed in it. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._read: tuple[int, Mapping[str, str]] = (0, {})

    def __call__(self) -> Mapping[str, str]:
        """By code, as was recorded last."""
        held = self._lake.held(_REGISTER)
        version = held.version if held else 0
        if held is not None and self._read[0] != version:
            with engine(self._lake.scratch) as work:
                held.offer(work, "landed")
                rows = work.rows(
                    f"SELECT fixmedins_code, arg_max(org_name, ({RECORDED}, org_name)) FROM landed"
                    " WHERE org_name IS NOT NULL AND fixmedins_code IS NOT NULL GROUP BY ALL"
                )
            self._read = (version, dict(rows))
        return self._read[1] if version else {}
