"""SMART scopes of both versions, as the specification writes them."""

from __future__ import annotations

import pytest

from kangshu.kernel.policies.smart_scopes import covered_types, parse_smart_scope


@pytest.mark.parametrize(
    ("text", "context", "fact_type", "letters"),
    [
        ("system/*.read", "system", None, "rs"),
        ("system/*.write", "system", None, "cud"),
        ("user/*.*", "user", None, "cruds"),
        ("system/Patient.rs", "system", "Patient", "rs"),
        ("patient/Observation.r", "patient", "Observation", "r"),
        ("user/Encounter.cruds", "user", "Encounter", "cruds"),
        ("user/Encounter.ud", "user", "Encounter", "ud"),
    ],
)
def test_a_scope_of_either_version_is_read(
    text: str, context: str, fact_type: str | None, letters: str
) -> None:
    scope = parse_smart_scope(text)
    assert scope is not None
    assert (scope.context, scope.type, scope.letters) == (context, fact_type, frozenset(letters))


@pytest.mark.parametrize(
    "text",
    [
        "openid", "launch/patient", "system/*.", "system/*.sr", "system/*.readwrite", "system/patient.read",
        "everyone/*.read", "system/*", "system/Patient.rs?gender=female", "system/*.read ", "",
    ],
)  # fmt: skip
def test_what_is_no_scope_or_cannot_be_kept_grants_nothing(text: str) -> None:
    assert parse_smart_scope(text) is None


def test_a_scope_covers_an_action_only_with_all_its_letters() -> None:
    scopes = ("system/Patient.r", "system/Observation.rs", "user/Condition.read")
    assert covered_types(scopes, "system", "read") == {"Patient", "Observation"}
    assert covered_types(scopes, "system", "search") == {"Observation"}
    assert covered_types(scopes, None, "search") == {"Observation", "Condition"}
    assert covered_types(scopes, None, "create") == frozenset()
    assert covered_types((*scopes, "user/*.cruds"), None, "create") is None


def test_no_scope_covers_an_action_that_is_not_about_facts() -> None:
    assert covered_types(("system/*.cruds",), None, "operate") == frozenset()
