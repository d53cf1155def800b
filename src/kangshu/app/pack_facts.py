"""Resources that packs say and nobody sends, to be read and searched as facts are.

They are few and stay the same while a process runs, so they are searched in the plain way: that of the
reference store, which the fast one is compared with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cmp_to_key
from typing import Any

import orjson

from kangshu.kernel.base.errors import Conflict
from kangshu.kernel.facts.definition import Fact, Page
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.reference.matching import Matching
from kangshu.kernel.facts.reference.order import order
from kangshu.kernel.facts.reference.version import Version
from kangshu.kernel.facts.search.query import Query


@dataclass(frozen=True, slots=True)
class PackFacts:
    """The resources of packs as facts of nobody, by address. Made by `pack_facts`."""

    versions: Mapping[tuple[str, str], Version]

    def get(self, type: str, id: str) -> Fact | None:
        """The fact at an address, None if it is not of a pack."""
        found = self.versions.get((type, id))
        return found.fact if found else None

    def refuse_writing(self, type: str, id: str | None) -> None:
        """Raise `Conflict` for what a pack says: it is changed there."""
        if id is not None and (type, id) in self.versions:
            raise Conflict(
                f"A pack says the {type} of this id: it cannot be written.", remedy="Change the pack."
            )

    def count(self, query: Query) -> int:
        """How many satisfy a query."""
        return len(self._matches(query))

    def search(self, query: Query, start: int) -> Page:
        """Those that satisfy a query, from a number on; `next` is the number of the next page."""
        found = sorted(self._matches(query), key=cmp_to_key(order(query.sort)))
        end = start + query.count
        following = str(end) if end < len(found) else None
        return Page([each.fact for each in found[start:end]], following, len(found))

    def _matches(self, query: Query) -> list[Version]:
        versions = list(self.versions.values())
        matching = Matching(versions)
        return [
            each
            for each in versions
            if each.fact.type in query.types and matching.satisfies_all(each, query.where)
        ]


def pack_facts(resources: Iterable[tuple[dict[str, Any], datetime]], extractor: Extractor) -> PackFacts:
    """From resources, each with when it was written; they begin with type, id and, if there is one, meta.

    The version is a number made of the text: another text, another version.
    """
    found: dict[tuple[str, str], Version] = {}
    for line, (resource, recorded) in enumerate(resources, start=1):
        type_, id_, body = resource["resourceType"], resource["id"], orjson.dumps(resource)
        fact = Fact(
            seq=line,
            line=line,
            type=type_,
            id=id_,
            version=int(hashlib.sha256(body).hexdigest()[:7], 16) + 1,
            person=None,
            org="",
            county="",
            happened=None,
            recorded_at=recorded,
            superseded_at=None,
            message=0,
            deleted=False,
            body=body,
        )
        found[(type_, id_)] = Version(fact, extractor.extract(type_, resource))
    return PackFacts(found)
