"""Tables written as text."""

from __future__ import annotations

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.text_table import parse_text_table


def test_cells_are_trimmed_and_empty_lines_skipped() -> None:
    assert parse_text_table("\n a | b \n\n 1 |  \n | x y\n") == [{"a": "1", "b": ""}, {"a": "", "b": "x y"}]
    assert parse_text_table(" \n") == []


@pytest.mark.parametrize("text", ["a | b\n1", "a\n1 | 2", "a | a\n1 | 2", "a |\n1 | 2"])
def test_a_crooked_table_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_text_table(text)
