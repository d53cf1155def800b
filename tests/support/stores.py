"""The two fact stores behind one face: PostgreSQL, and the reference it is compared with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kangshu.domains.intake.canonical import canonical, top_level
from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.facts.columns import NO_COLUMNS, columns_of
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.definition import Draft, Fact, Outcome
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.reader import Reader
from kangshu.kernel.facts.reference.store import ReferenceStore
from kangshu.kernel.facts.rows import body_hash
from kangshu.kernel.facts.store import Appender
from kangshu.kernel.packs.find import default_root
from tests.conftest import EVERYTHING

CATALOGUE = read_catalogue(default_root() / "standards" / "fhir_r4")
EXTRACTOR = Extractor(CATALOGUE)
START = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def at(minute: int) -> datetime:
    """A moment of the story a test tells."""
    return START + timedelta(minutes=minute)


class PostgresStore(Reader):
    """The Reader of everything, and an `append` that is one transaction."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, EVERYTHING, lambda grant, use: None)
        self._whole = database

    def append(self, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
        return self._whole.transact(lambda session: Appender(session, now).append(drafts))


Store = PostgresStore | ReferenceStore


def draft_of(
    resource: dict[str, Any], *, person: int | None = None, org: str = "H1", if_version: int | None = None
) -> Draft:
    """A draft as intake makes it."""
    type_, id_ = resource["resourceType"], resource["id"]
    body = canonical(type_, id_, top_level(json.dumps(resource, ensure_ascii=False).encode()))
    return Draft(
        type=type_,
        id=id_,
        body=body,
        columns=columns_of(EXTRACTOR.extract(type_, json.loads(body))),
        person=person,
        org=org,
        county="440983",
        message=1,
        digest=body_hash(body),
        if_version=if_version,
    )


def deletion_of(type_: str, id_: str, *, if_version: int | None = None) -> Draft:
    """A draft that deletes."""
    return Draft(
        type=type_, id=id_, body=b"", columns=NO_COLUMNS, person=None, org="H1", county="440983", message=1,
        digest=body_hash(b""), deleted=True, if_version=if_version,
    )  # fmt: skip


def seen(facts: Sequence[Fact]) -> list[tuple[Any, ...]]:
    """What two stores must agree on: everything but how they number."""
    return [
        (
            fact.type,
            fact.id,
            fact.version,
            fact.person,
            fact.org,
            fact.county,
            fact.happened,
            fact.recorded_at,
            fact.superseded_at,
            fact.message,
            fact.deleted,
            fact.body,
        )
        for fact in facts
    ]


def addresses(facts: Sequence[Fact]) -> list[str]:
    """`Type/id/version` of each."""
    return [f"{fact.type}/{fact.id}/{fact.version}" for fact in facts]
