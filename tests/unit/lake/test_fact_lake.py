"""The lake of facts is what the database holds, whatever happened in between."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kangshu.app.fact_lake import table_of
from kangshu.app.platform import Platform
from kangshu.kernel.facts import stretch
from kangshu.kernel.lake.engine import engine

HOSPITAL = "H44099900001"
COLUMNS = "tx, type, id, version, message, org, county, person, deleted"


def patient(number: int, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": f"p{number}", "name": [{"text": '甲,"乙"\n丙'}], **more}


def receive(platform: Platform, *resources: Any) -> None:
    text = "\n".join(json.dumps(each) for each in resources).encode()
    [message] = platform.intake.journal([(HOSPITAL, [text], "ndjson")])
    platform.intake.work_through(message)


def in_lake(platform: Platform, type_: str = "Patient") -> list[Any]:
    with engine() as work:
        if not platform.tables.lake.offer(work, "held", table_of(type_)):
            return []
        return work.rows(f"SELECT {COLUMNS}, body FROM held ORDER BY id, version")


def in_database(platform: Platform, type_: str = "Patient") -> list[Any]:
    body = "CASE WHEN NOT deleted THEN body END"
    with platform.database.connection() as session:
        found = session.execute(
            f"SELECT {COLUMNS}, {body} FROM fact WHERE type = %s ORDER BY id, version".encode(), (type_,)
        )
        return found.fetchall()


def delete(platform: Platform, id_: str) -> None:
    entry = {"request": {"method": "DELETE", "url": f"Patient/{id_}"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    [message] = platform.intake.journal([(HOSPITAL, [json.dumps(bundle).encode()], "json")])
    platform.intake.work_through(message)


def test_every_version_is_there_and_nothing_twice(platform: Platform) -> None:
    receive(platform, *(patient(number) for number in range(20)))
    assert platform.views.facts.follow() == 20
    receive(platform, patient(3, gender="male"), patient(20))
    delete(platform, "p4")
    assert platform.views.facts.follow() == 3
    assert platform.views.facts.follow() == 0
    assert len(in_lake(platform)) == 23
    assert in_lake(platform) == in_database(platform)


def test_killed_before_the_place_was_noted_the_stretch_is_done_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(platform, *(patient(number) for number in range(5)))
    platform.views.facts.follow()
    receive(platform, patient(1, gender="male"))
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(stretch, "move", killed)
        with pytest.raises(KeyboardInterrupt):
            platform.views.facts.follow()
    assert len(in_lake(platform)) == 6
    receive(platform, patient(2, gender="male"))
    platform.views.facts.follow()
    assert in_lake(platform) == in_database(platform)


def test_after_a_restore_it_is_made_anew(platform: Platform) -> None:
    receive(platform, *(patient(number) for number in range(5)))
    receive(platform, {"resourceType": "Organization", "id": "o", "name": "x"})
    platform.views.facts.follow()
    with platform.database.connection() as session:
        session.execute("UPDATE feed_epoch SET epoch = epoch + 1")
        session.execute("DELETE FROM fact WHERE type = 'Organization'")
        session.execute("DELETE FROM fact WHERE id = 'p1'")
    platform.views.facts.follow()
    assert len(in_lake(platform)) == 4
    assert in_lake(platform) == in_database(platform)
    assert in_lake(platform, "Organization") == []


def test_the_tables_can_be_made_again_and_are_the_same(platform: Platform) -> None:
    receive(platform, *(patient(number) for number in range(5)))
    platform.views.facts.follow()
    receive(platform, patient(1, gender="male"))
    platform.views.facts.follow()
    before = in_lake(platform)
    with platform.database.connection() as session:
        session.execute("DELETE FROM feed_place")
    platform.views.facts.follow()
    assert in_lake(platform) == before == in_database(platform)
