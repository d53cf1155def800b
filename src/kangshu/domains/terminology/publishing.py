"""What a steward approved, as the concept map that translates from then on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kangshu.domains.terminology.mapping import CODES_OF, NO_SYSTEM
from kangshu.kernel.base.ids import derived_id
from kangshu.kernel.facts.local_codes import LocalCode


def concept_map(org: str, target: str, rows: Sequence[LocalCode]) -> dict[str, Any]:
    """The concept map of an institution to a standard, made of all that is approved; same rows, same map.

    It has no version of its own: the fact that it becomes has.
    """
    groups: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        groups.setdefault(row.system or NO_SYSTEM, {}).setdefault(row.code, _target(row))
    key = derived_id("ConceptMap", org, target)
    return {
        "resourceType": "ConceptMap",
        "id": key,
        "url": f"urn:kangshu:concept-map:{key}",
        "name": f"Map{key[:8]}",
        "title": f"{org} → {target}",
        "status": "active",
        "sourceUri": f"{CODES_OF}{org}",
        "group": [
            {
                "source": system,
                "target": target,
                "element": [{"code": code, "target": [one]} for code, one in elements.items()],
            }
            for system, elements in groups.items()
        ],
    }


def _target(row: LocalCode) -> dict[str, str]:
    target = {"code": row.target_code, "equivalence": row.equivalence}
    if row.target_display:
        target["display"] = row.target_display
    if row.note:
        target["comment"] = row.note
    return target
