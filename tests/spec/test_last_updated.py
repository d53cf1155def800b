"""A modifier that means nothing for `_lastUpdated` is refused, not ignored."""

from __future__ import annotations

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.search.request import parse_query
from tests.support.stores import CATALOGUE


def test_a_modifier_on_last_updated_is_refused():
    parse_query(CATALOGUE, "Patient", [("_lastUpdated", "ge2020")])
    with pytest.raises(Invalid) as refused:
        parse_query(CATALOGUE, "Patient", [("_lastUpdated:not", "ge2020")])
    assert refused.value.problems[0].code == "not-supported"
