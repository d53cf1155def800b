"""Every view of every pack says what it is, and of each of its columns what it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kangshu.app.described_views import describe_views, strange_columns
from kangshu.app.relations import Relations
from kangshu.app.tallies import problems_of_follows
from kangshu.kernel.indicators.folder import read_indicators
from kangshu.kernel.packs.find import default_root, find_packs
from kangshu.kernel.views.lineage import joined_follows
from kangshu.kernel.views.view_set import ViewSet
from tools.view_pages import relations_of_packs

RELATIONS = relations_of_packs()
DESCRIBED = {name: view for name, view in describe_views(RELATIONS).items() if view.is_view}


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_a_view_has_a_title_and_a_line_for_each_column_and_for_no_other(name: str) -> None:
    view = DESCRIBED[name]
    assert "" not in (view.title, view.title_en), f"{name} has no title"
    assert strange_columns(RELATIONS, view) == ([], [])
    assert set(view.key) <= {column.name for column in view.columns}


def test_a_column_that_is_forgotten_or_is_gone_is_found() -> None:
    known = RELATIONS.views
    organization = known.selects["organization"]
    said = {**(organization.columns or {}), "gone": "什么"}
    del said["name"]
    selects = {**known.selects, "organization": replace(organization, columns=said)}
    views = ViewSet(known.definitions, selects, known.tables, known.bases)
    relations = Relations(views, RELATIONS.models, RELATIONS.types, RELATIONS.elements)
    found = strange_columns(relations, describe_views(relations)["organization"])
    assert found == (["name"], ["gone"])


def test_no_view_and_no_indicator_follows_two_different_things_that_it_joins() -> None:
    views = RELATIONS.views
    for view in views.selects.values():
        assert joined_follows(views, view.sql, view.follows) == [], view.name
    for pack in find_packs(default_root()).values():
        if (pack.folder / "indicators").is_dir():
            for each in read_indicators(pack.folder).indicators:
                assert not each.follows or problems_of_follows(views, each) == []
