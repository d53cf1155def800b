"""Cedar behind one small door: parse once, ask often."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cedarpy
from cedarpy import pst

from kangshu.kernel.base.errors import Invalid

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """Cedar's decision, the ids (`policy0` …) of the policies that made it, what could not be evaluated."""

    allowed: bool
    determining: tuple[str, ...]
    errors: tuple[str, ...]


class Cedar:
    """A set of policies with its schema. Safe to use from many threads."""

    def __init__(self, policies: str, schema: str, entities: Sequence[Json]) -> None:
        """Parse both texts, and entities that stand for every request. Raises `Invalid`."""
        self._text = policies
        try:
            self._schema = cedarpy.Schema.from_str(schema)
            self._policies = cedarpy.PolicySet.from_str(policies)
            self._entities = cedarpy.Entities.from_json_str(  # pyright: ignore[reportUnknownMemberType]
                json.dumps(entities), self._schema
            )
        except ValueError as error:
            raise Invalid(
                f"The access policies or their schema cannot be read: {error}",
                remedy="Correct the .cedar or .cedarschema file of the access pack.",
            ) from error

    def ask(self, request: Mapping[str, Any], entities: Sequence[Json]) -> Answer:
        """Decide one request about `entities`. What the schema does not allow is denied with an error."""
        try:
            known = self._entities.with_added_json_str(  # pyright: ignore[reportUnknownMemberType]
                json.dumps(entities), self._schema
            )
        except ValueError as error:
            return Answer(allowed=False, determining=(), errors=(_first_line(error),))
        result = cedarpy.is_authorized(  # pyright: ignore[reportUnknownMemberType]
            dict(request), self._policies, known, self._schema
        )
        return Answer(
            allowed=result.allowed,
            determining=tuple(sorted(result.diagnostics.reasons)),
            errors=tuple(_first_line(error) for error in result.diagnostics.errors),
        )

    def nodes(self) -> pst.PolicySet:
        """The policies as typed nodes: heads, clauses, annotations."""
        return self._policies.to_pst()

    def validate(self) -> list[tuple[str, str]]:
        """Where the policies contradict the schema: (id, what is wrong)."""
        result = cedarpy.validate_policies(  # pyright: ignore[reportUnknownMemberType]
            self._text, self._schema
        )
        return [(error.policy_id, error.error) for error in result.errors]


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0]
