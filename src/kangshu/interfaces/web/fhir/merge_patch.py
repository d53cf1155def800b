"""JSON Merge Patch (RFC 7396): a part of the resource as it shall be; null takes a member out.

FHIR does not ask for it, but some clients send nothing else.
"""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]

MEDIA_TYPE = "application/merge-patch+json"


def apply_merge_patch(before: Json, patch: Json) -> Json:
    """A new object; members that the patch does not name stay as they are."""
    merged = dict(before)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            current = merged.get(name)
            held = cast(Json, current) if isinstance(current, dict) else {}
            merged[name] = apply_merge_patch(held, cast(Json, value))
        else:
            merged[name] = value
    return merged
