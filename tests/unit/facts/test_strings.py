from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.kernel.facts.strings import normalise


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("  Peter\t James ", "peter james"),
        ("Müller", "muller"),
        ("Straße", "strasse"),
        ("ÉLODIE", "elodie"),
        ("王 小明", "王 小明"),
        ("ＡＢＣ１２", "abc12"),
        ("O’Brien", "o’brien"),
        ("Wang\0Li", "wang li"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_case_accents_and_blanks_do_not_count(written: str, compared: str):
    assert normalise(written) == compared


@given(st.text())
def test_normalising_again_changes_nothing(text: str):
    assert normalise(normalise(text)) == normalise(text)
