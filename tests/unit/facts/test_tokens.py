from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kangshu.kernel.facts.tokens import token_hash


def test_the_number_of_a_token_never_changes():
    """Stored rows depend on it."""
    assert token_hash("status=final") == 8_437_256_251_047_134_172
    assert token_hash("code=|高血压") == -8_357_539_510_355_785_483


@given(st.text())
def test_every_token_fits_a_signed_64_bit_column(token: str):
    assert -(2**63) <= token_hash(token) < 2**63


def test_a_lone_surrogate_has_a_number_too():
    assert isinstance(token_hash("code=\ud800"), int)
