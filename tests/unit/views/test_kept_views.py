"""What is kept of views is what they would be if made now, after whatever happened below them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kangshu.app.kept_views import KeptViews
from kangshu.app.lens import Lens
from kangshu.app.platform import Platform
from kangshu.app.refresh_notes import read_notes
from kangshu.app.relations import Present, Relations, kept_as
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.policies.definition import Scope
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.sql_view import SqlView, parse_select
from kangshu.kernel.views.view_set import ViewSet
from tools.view_pages import relations_of_packs

HOSPITAL = "H44099900001"
VIEW = parse_view(
    {
        "resourceType": "ViewDefinition",
        "name": "name",
        "status": "active",
        "resource": "Patient",
        "select": [
            {
                "column": [
                    {"name": "id", "path": "id"},
                    {"name": "gender", "path": "gender"},
                    {"name": "whole", "path": "name", "collection": True},
                ]
            },
            {"forEach": "name", "column": [{"name": "text", "path": "text"}]},
        ],
    }
)
BY_GENDER = "SELECT gender, count(*) AS many FROM name JOIN fact_of_patient USING (id) GROUP BY gender"


def patient(number: int, *names: str, **more: Any) -> dict[str, Any]:
    named = [{"text": name} for name in names]
    return {"resourceType": "Patient", "id": f"p{number}", **({"name": named} if named else {}), **more}


def receive(platform: Platform, *resources: Any, source: str = HOSPITAL) -> None:
    text = "\n".join(json.dumps(each) for each in resources).encode()
    [message] = platform.intake.journal([(source, [text], "ndjson")])
    platform.intake.work_through(message)


def delete(platform: Platform, id_: str) -> None:
    entry = {"request": {"method": "DELETE", "url": f"Patient/{id_}"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    [message] = platform.intake.journal([(HOSPITAL, [json.dumps(bundle).encode()], "json")])
    platform.intake.work_through(message)


def kept_of(platform: Platform, **selects: SqlView) -> KeptViews:
    known = platform.views.kept.relations
    views = ViewSet({"name": VIEW}, selects, {}, known.views.bases)
    return KeptViews(platform.views.facts, Relations(views, known.models, known.types, known.elements))


def rows(kept: KeptViews, name: str = "name", lens: Lens | None = None) -> list[Any]:
    with engine() as work:
        with kept.up_to_date([name]) as present:
            kept.relations.make(work, [name], lens or Lens(), present)
        return work.rows(f"SELECT * FROM {name} ORDER BY ALL")


def told(*rows: tuple[str, str | None, str]) -> list[tuple[str, str | None, str]]:
    return sorted(rows)


def plain(found: list[Any]) -> list[tuple[Any, ...]]:
    return sorted({(id_, gender, text) for id_, gender, _, text in found})


def version_of(platform: Platform, view: str) -> int:
    held = platform.tables.lake.held(kept_as(view))
    assert held is not None
    return held.version


def test_what_is_new_is_added_and_what_was_replaced_is_gone(platform: Platform) -> None:
    kept = kept_of(platform)
    assert rows(kept) == []
    receive(platform, patient(1, "a", "b"), patient(2, "c"), patient(3, "d"))
    assert plain(rows(kept)) == told(
        ("p1", None, "a"), ("p1", None, "b"), ("p2", None, "c"), ("p3", None, "d")
    )
    receive(platform, patient(1, "e", gender="male"), patient(2), patient(4, "f"))
    delete(platform, "p3")
    assert plain(rows(kept)) == told(("p1", "male", "e"), ("p4", None, "f"))


def test_json_comes_back_as_json(platform: Platform) -> None:
    receive(platform, patient(1, "a"))
    [(_, _, whole, _)] = rows(kept_of(platform))
    assert [json.loads(each) for each in whole] == [{"text": "a"}]


def test_it_is_not_written_again_when_nothing_changed(platform: Platform) -> None:
    kept = kept_of(platform)
    receive(platform, patient(1, "a"))
    rows(kept)
    before = version_of(platform, "name")
    rows(kept)
    assert version_of(platform, "name") == before


def test_joining_small_files_below_changes_no_row(platform: Platform) -> None:
    kept = kept_of(platform)
    for number in range(4):
        receive(platform, patient(number, f"n{number}"))
        rows(kept)
    before = rows(kept)
    for table in ("fact_of_patient", kept_as("name")):
        platform.tables.lake.tidy(table)
    assert rows(kept) == before
    receive(platform, patient(1, "other"))
    assert ("p1", None, "other") in plain(rows(kept))
    assert len(rows(kept)) == 4


def test_files_that_are_gone_mean_making_it_anew(platform: Platform) -> None:
    kept = kept_of(platform)
    for number in range(3):
        receive(platform, patient(number, f"n{number}"))
        rows(kept)
    receive(platform, patient(7, "late"))
    platform.views.facts.follow()
    platform.tables.lake.tidy("fact_of_patient", keep=timedelta(0))
    assert len(rows(kept)) == 4


def test_a_scope_and_a_time_see_what_they_may(platform: Platform) -> None:
    kept = kept_of(platform)
    receive(platform, patient(1, "old"))
    receive(platform, patient(1, "new"), patient(2, "second"))
    none = Lens(Scope(orgs=frozenset({"H44099900002"})))
    assert rows(kept, lens=none) == []
    mine = Lens(Scope(orgs=frozenset({HOSPITAL})))
    assert plain(rows(kept, lens=mine)) == told(("p1", None, "new"), ("p2", None, "second"))
    past = Lens(as_of=datetime(2000, 1, 1, tzinfo=UTC))
    assert rows(kept, lens=past) == []


def test_a_view_in_sql_is_made_again_only_when_something_below_changed(platform: Platform) -> None:
    view = parse_select("by_gender", BY_GENDER, 'keep = true\nkey = ["gender"]')
    kept = kept_of(platform, by_gender=view)
    receive(platform, patient(1, "a", gender="male"), patient(2, "b", gender="female"))
    assert rows(kept, "by_gender") == [("female", 1), ("male", 1)]
    before = version_of(platform, "by_gender")
    assert rows(kept, "by_gender") == [("female", 1), ("male", 1)]
    assert version_of(platform, "by_gender") == before
    receive(platform, patient(3, "c", gender="male"))
    assert rows(kept, "by_gender") == [("female", 1), ("male", 2)]
    other = parse_select("by_gender", BY_GENDER.replace("count(*)", "10 * count(*)"), "keep = true")
    assert rows(kept_of(platform, by_gender=other), "by_gender") == [("female", 10), ("male", 20)]


def test_a_definition_that_comes_back_is_made_again(platform: Platform) -> None:
    once = parse_select("by_gender", BY_GENDER, "keep = true")
    tenfold = parse_select("by_gender", BY_GENDER.replace("count(*)", "10 * count(*)"), "keep = true")
    receive(platform, patient(1, "a", gender="male"))
    for view, many in ((once, 1), (tenfold, 10), (once, 1)):
        assert rows(kept_of(platform, by_gender=view), "by_gender") == [("male", many)]


MERGED = """
keep = true
key = ["gender"]
follows = ["name", "fact_of_patient"]
[merges]
many = "sum"
first = "min"
"""
FIRST_BY_GENDER = BY_GENDER.replace("AS many", "AS many, min(text) AS first")


def test_new_rows_are_merged_with_what_is_kept(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_of(platform, by_gender=parse_select("by_gender", FIRST_BY_GENDER, MERGED))
    receive(platform, patient(1, "b", gender="male"), patient(2, "c", gender="female"))
    assert rows(kept, "by_gender") == [("female", 1, "c"), ("male", 1, "b")]
    made: list[str] = []
    real = Relations.make

    def noted(self: Relations, work: Any, names: Any, *more: Any) -> None:
        made.extend(names)
        real(self, work, names, *more)

    monkeypatch.setattr(Relations, "make", noted)
    receive(platform, patient(3, "a", gender="male"), patient(5, "e", gender="female"))
    with kept.up_to_date(["by_gender"]):
        pass
    assert made == [], "only what is new was read"
    assert rows(kept, "by_gender") == [("female", 2, "c"), ("male", 2, "a")]
    made.clear()
    receive(platform, patient(3, "z", gender="male"))
    with kept.up_to_date(["by_gender"]):
        pass
    assert made, "something came in the place of something else"
    assert rows(kept, "by_gender") == [("female", 2, "c"), ("male", 2, "b")]


def test_only_the_folders_in_which_something_is_new_are_written_again(platform: Platform) -> None:
    view = parse_select("by_gender", FIRST_BY_GENDER, MERGED.replace("[merges]", 'by = "gender"\n[merges]'))
    kept = kept_of(platform, by_gender=view)
    receive(platform, patient(1, "b", gender="male"), patient(2, "c", gender="female"))
    rows(kept, "by_gender")
    before = files_of(platform, "by_gender")
    receive(platform, patient(3, "a", gender="male"), patient(4, "d", gender="other"))
    found = by_name(kept)
    assert found == [("female", 1, "c"), ("male", 2, "a"), ("other", 1, "d")]
    same = before & files_of(platform, "by_gender")
    assert [uri for uri in before if "gender=female" in uri] == sorted(same)
    receive(platform, patient(2, "e", gender="male"))
    found = by_name(kept)
    assert found == [("male", 3, "a"), ("other", 1, "d")]


def by_name(kept: KeptViews) -> list[tuple[str, int, str]]:
    """Rows of `by_gender`; the column of folders comes last when they are read."""
    with engine() as work, kept.up_to_date(["by_gender"]) as present:
        kept.relations.make(work, ["by_gender"], Lens(), present)
        return work.rows("SELECT gender, many, first FROM by_gender ORDER BY ALL")


def files_of(platform: Platform, view: str) -> set[str]:
    held = platform.tables.lake.held(kept_as(view))
    assert held is not None
    return set(held.uris)


def test_a_key_that_does_not_hold_is_refused_and_what_was_kept_stays(platform: Platform) -> None:
    view = parse_select("by_gender", BY_GENDER, 'keep = true\nkey = ["gender"]')
    receive(platform, patient(1, "a", gender="male"))
    rows(kept_of(platform, by_gender=view), "by_gender")
    before = version_of(platform, "by_gender")
    twice = parse_select("by_gender", BY_GENDER + " UNION ALL SELECT 'male', 5", view_toml())
    with pytest.raises(Invalid, match=r"1 keys \(gender\) more than once") as caught:
        rows(kept_of(platform, by_gender=twice), "by_gender")
    assert "by_gender" in caught.value.message
    assert version_of(platform, "by_gender") == before


def view_toml() -> str:
    return 'keep = true\nkey = ["gender"]'


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("keep = 1", "keep must be true or false"),
        ("key = 'id'", "key must be a list of names"),
        ("follows = ['person']", "names person, which the SELECT does not read"),
        ("columns = {id = 1}", "must have a text for each column"),
        ("kept = true", "kept is not a key of a view"),
        ("[checks]\nleast = 1", "checks are of a view that is kept"),
        ("keep = true\n[checks]\nmost = 1", "checks.most is not a check of rows"),
        ("keep = true\n[checks]\nleast = 0", "checks.least must be a number of rows"),
        ("keep = true\n[checks]\nleast = true", "checks.least must be a number of rows"),
        ("keep = true\n[checks]\nshrinks = 1", "checks.shrinks must be a share"),
        ("[merges]\nmany = 'sum'", "merges needs keep beside it; merges needs key beside it"),
        (
            "keep = true\nkey = ['gender']\nfollows = ['name']\n[merges]\nmany = 'avg'",
            "merges.many must be one of min, max, sum",
        ),
        ("merges = 1", "merges must be a table"),
        ("keep = true\nkey = ['gender']\nby = 'gender'", "by must be a column of the key"),
        ("by = 1", "by must be a text"),
    ],
)
def test_what_is_wrong_with_its_toml_is_told(toml: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parse_select("by_gender", BY_GENDER, toml)


def test_two_values_where_one_is_allowed_is_told_and_nothing_is_kept(platform: Platform) -> None:
    wrong = parse_view(
        {
            "resourceType": "ViewDefinition",
            "name": "name",
            "status": "active",
            "resource": "Patient",
            "select": [{"column": [{"name": "id", "path": "id"}, {"name": "text", "path": "name.text"}]}],
        }
    )
    receive(platform, patient(1, "a", "b"))
    known = platform.views.kept.relations
    views = ViewSet({"name": wrong}, {}, {}, known.views.bases)
    relations = Relations(views, known.models, known.types, known.elements)
    with pytest.raises(Invalid, match="the column text has more than one value"):
        rows(KeptViews(platform.views.facts, relations))
    assert platform.tables.lake.held(kept_as("name")) is None


def by_gender(checks: str, sql: str = BY_GENDER) -> SqlView:
    return parse_select("by_gender", sql, f"keep = true\n[checks]\n{checks}")


@pytest.mark.parametrize(
    ("checks", "sql", "said"),
    [
        ("least = 3", BY_GENDER, "2 rows, fewer than the 3 it must have"),
        ("shrinks = 0.4", BY_GENDER + " HAVING gender = 'male'", "1 rows, 2 before"),
    ],
)
def test_too_few_rows_are_refused_and_what_was_kept_stays(
    platform: Platform, checks: str, sql: str, said: str
) -> None:
    receive(platform, patient(1, "a", gender="male"), patient(2, "b", gender="female"))
    assert len(rows(kept_of(platform, by_gender=by_gender("least = 2\nshrinks = 0.4")), "by_gender")) == 2
    before = version_of(platform, "by_gender")
    receive(platform, patient(3, "c", gender="male"))
    with pytest.raises(Invalid, match=said) as caught:
        rows(kept_of(platform, by_gender=by_gender(checks, sql)), "by_gender")
    assert "by_gender.toml" in caught.value.remedy
    assert version_of(platform, "by_gender") == before
    note = read_notes(platform.tables.lake)[kept_as("by_gender")]
    assert (note.rows, said in note.problem) == (2, True)


def test_a_share_that_may_go_may_go(platform: Platform) -> None:
    receive(platform, patient(1, "a", gender="male"), patient(2, "b", gender="female"))
    rows(kept_of(platform, by_gender=by_gender("shrinks = 0.5")), "by_gender")
    less = by_gender("shrinks = 0.5", BY_GENDER + " HAVING gender = 'male'")
    assert rows(kept_of(platform, by_gender=less), "by_gender") == [("male", 1)]


def test_it_is_noted_when_a_view_was_made_and_how_many_rows_it_has(platform: Platform) -> None:
    kept = kept_of(platform, by_gender=by_gender("least = 1"))
    receive(platform, patient(1, "a", "b", gender="male"), patient(2, "b", gender="female"))
    began = platform.clock()
    rows(kept, "by_gender")
    notes = read_notes(platform.tables.lake)
    assert {name: note.rows for name, note in notes.items()} == {"view_name": 3, "view_by_gender": 2}
    for note in notes.values():
        assert note.made is not None
        assert note.seconds is not None
        assert note.made >= began
        assert 0 <= note.seconds < 600
    rows(kept, "by_gender")
    assert read_notes(platform.tables.lake) == notes
    present = Present(platform.tables.lake)
    assert kept.is_current("by_gender", None, present)
    receive(platform, patient(3, "c", gender="male"))
    platform.views.facts.follow()
    assert not kept.is_current("by_gender", None, Present(platform.tables.lake))
    assert not kept.is_current("name", None, Present(platform.tables.lake))


def test_what_has_gone_wrong_is_right_when_it_is_made(platform: Platform) -> None:
    receive(platform, patient(1, "a", gender="male"))
    with pytest.raises(Invalid):
        rows(kept_of(platform, by_gender=by_gender("least = 2")), "by_gender")
    assert read_notes(platform.tables.lake)["view_by_gender"].made is None
    rows(kept_of(platform, by_gender=by_gender("least = 1")), "by_gender")
    assert read_notes(platform.tables.lake)["view_by_gender"].problem == ""


def test_no_view_of_the_packs_is_made_again_when_nothing_changed(platform: Platform) -> None:
    receive(platform, patient(1, "a"))
    for _ in range(3):
        platform.views.refresh()
    found = {table.name: table.version for table in platform.tables.lake.tables()}
    assert found["view_fhir_patient"] == 0
    again = relations_of_packs()
    assert again.compiled("fhir_patient", "facts") == again.compiled("fhir_patient", "facts")
