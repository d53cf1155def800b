"""The jsonpaths that search hands to PostgreSQL choose the values that extraction chooses."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import Any, LiteralString, cast

import psycopg
import pytest
from psycopg.types.json import set_json_loads

from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.facts.parameters import Catalogue, Parameter
from kangshu.kernel.facts.paths import Walk
from kangshu.kernel.packs.find import default_root
from tests.support.sample_facts import official_examples

CHOSEN = cast(
    LiteralString,
    "SELECT jsonb_path_query_array(body, %s::jsonpath) FROM example WHERE type = %s ORDER BY number",
)


exact_loads = partial(json.loads, parse_float=Decimal, parse_int=Decimal)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue(default_root() / "standards" / "fhir_r4")


@pytest.fixture
def connection(database_url: str):
    with psycopg.connect(database_url) as opened:
        set_json_loads(exact_loads, opened)
        opened.execute("CREATE TABLE example (number int, type text, body jsonb)")
        yield opened


def chosen_by_walk(parameter: Parameter, resource: dict[str, Any]) -> list[Any]:
    """The values of each path in turn; reference paths without their filter by type."""
    found: list[Any] = []
    for path in parameter.paths:
        Walk([(path, lambda value, sink: sink.append(value))]).run(resource, found)
    return found


def chosen_by_postgresql(
    connection: psycopg.Connection, parameter: Parameter, type_: str, count: int
) -> list[list[Any]]:
    found: list[list[Any]] = [[] for _ in range(count)]
    for path in parameter.json_paths():
        for values, (row,) in zip(found, connection.execute(CHOSEN, (path, type_)), strict=True):
            values.extend(row)
    return found


def test_postgresql_chooses_what_extraction_chooses(connection: psycopg.Connection, catalogue: Catalogue):
    by_type: dict[str, list[str]] = defaultdict(list)
    for resource in official_examples():
        by_type[resource["resourceType"]].append(json.dumps(resource))
    compared = 0
    for type_, bodies in by_type.items():
        resources = [exact_loads(body) for body in bodies]
        rows = [(number, type_, body) for number, body in enumerate(bodies)]
        connection.cursor().executemany("INSERT INTO example VALUES (%s, %s, %s)", rows)
        for parameter in catalogue.parameters(type_):
            theirs = chosen_by_postgresql(connection, parameter, type_, len(resources))
            assert theirs == [chosen_by_walk(parameter, resource) for resource in resources], parameter.name
            compared += sum(map(bool, theirs))
    assert compared > 5_000


def test_postgresql_reads_every_path(connection: psycopg.Connection, catalogue: Catalogue):
    parameters = [each for type_ in catalogue.types for each in catalogue.parameters(type_)]
    paths = {path for each in parameters for path in (*each.json_paths(), *each.text_json_paths())}
    for path in paths:
        connection.execute("SELECT %s::jsonpath", (path,))
