"""Whether a value set or code system is in full use."""

from __future__ import annotations

from kangshu.kernel.codes.code_system import CodeSystem
from kangshu.kernel.codes.value_set import ValueSet


def warning_of(item: ValueSet | CodeSystem) -> str:
    """deprecated, withdrawn, draft, experimental, or "" for one in full use."""
    if item.standards_status in ("deprecated", "withdrawn"):
        return item.standards_status
    if item.status == "draft":
        return "draft"
    return "experimental" if item.experimental else ""
