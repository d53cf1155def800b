"""Searches find as many as a plain count over the files; what was loaded comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from kangshu.app.loading import load
from kangshu.app.platform import Platform
from kangshu.kernel.facts.search.request import parse_query
from tests.conftest import EVERYTHING, platform_on
from tests.support.databases import Databases
from tests.support.example_searches import example_cases
from tests.support.synthea_searches import synthea_cases
from tests.support.world import World, resources_of_bundle, world_of_bundles, world_of_lines

EXAMPLES = ("fhir_r4_examples", "instances.ndjson")


def synthea(testdata: Path, size: str) -> list[Path]:
    return sorted((testdata / "synthea" / size).glob("*.json*"))


@pytest.fixture(scope="module")
def examples_platform(databases: Databases, testdata: Path, tmp_path_factory) -> Iterator[Platform]:
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("examples")).closing() as made:
        made.intake.receive_files("HL7", [testdata.joinpath(*EXAMPLES)])
        yield made
    databases.drop(url)


@pytest.fixture(scope="module")
def big_platform(databases: Databases, testdata: Path, tmp_path_factory) -> Iterator[Platform]:
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("big")).closing() as made:
        files = {"SYNTHEA": synthea(testdata, "big")}
        load(made, files, lambda done, total: None, processes=2)
        made.database.settle()
        yield made
    databases.drop(url)


def differences(platform: Platform, world: World, cases: list[Any]) -> list[str]:
    """Every search that does not find what the plain count says. Fails if too many look for nothing."""
    reader = platform.reader(EVERYTHING)
    wrong: list[str] = []
    empty = 0
    for case in cases:
        type_, search, _ = case
        expected = world.count(case)
        empty += expected == 0
        pairs = [(name, value) for name, value in parse_qsl(search, keep_blank_values=True)]
        query = parse_query(platform.catalogue, type_, pairs)
        if reader.count(query) != expected:
            wrong.append(f"{type_}?{search}: expected {expected}, found {reader.count(query)}")
    assert empty < len(cases) / 4
    return wrong


def test_searches_over_twenty_lives_find_what_a_plain_count_finds(synthea_platform: Platform, testdata: Path):
    world = world_of_bundles(synthea(testdata, "small"))
    cases = synthea_cases(world)
    assert len(cases) >= 60
    assert differences(synthea_platform, world, cases) == []


def test_searches_over_the_official_examples_find_what_a_plain_count_finds(
    examples_platform: Platform, testdata: Path
):
    world = world_of_lines(testdata.joinpath(*EXAMPLES))
    assert differences(examples_platform, world, example_cases(world)) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_searches_over_four_hundred_lives_find_what_a_plain_count_finds(
    big_platform: Platform, testdata: Path
):
    world = world_of_bundles(synthea(testdata, "big"))
    assert differences(big_platform, world, synthea_cases(world)) == []


# -- round trip


def stored_facts(platform: Platform, world: World):
    reader = platform.reader(EVERYTHING)
    for type_ in world.by_type:
        yield from reader.export(type_)


def spelled(digits: str) -> str:
    """A decimal as it is written: 1.50 is not 1.5."""
    return f"decimal {digits}"


def exactly(text: bytes | str) -> Any:
    return without_bookkeeping(json.loads(text, parse_float=spelled))


def without_bookkeeping(resource: dict[str, Any]) -> dict[str, Any]:
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    rest = {name: value for name, value in resource.items() if name != "meta"}
    return rest | ({"meta": meta} if meta else {})


def test_lives_come_back_equal_to_the_last_digit(synthea_platform: Platform, testdata: Path):
    sent = {
        (r["resourceType"], r["id"]): without_bookkeeping(r)
        for path in synthea(testdata, "small")
        for r in resources_of_bundle(path, parse_float=spelled)
    }
    world = World(sent.values())
    stored = {(f.type, f.id): exactly(f.body) for f in stored_facts(synthea_platform, world)}
    assert stored.keys() == sent.keys()
    assert [key for key in sent if stored[key] != sent[key]] == []


def test_examples_come_back_equal_to_the_last_digit(examples_platform: Platform, testdata: Path):
    lines = testdata.joinpath(*EXAMPLES).read_text("utf-8").splitlines()
    sent = {(r["resourceType"], r["id"]): r for r in map(exactly, filter(None, lines))}
    stored = {(f.type, f.id): exactly(f.body) for f in stored_facts(examples_platform, World(sent.values()))}
    quarantined = examples_platform.quarantine(EVERYTHING, limit=1000)
    assert len(stored) + len(quarantined) == len(sent)
    assert [key for key in stored if stored[key] != sent[key]] == []


def test_loading_twice_changes_nothing(platform: Platform, testdata: Path):
    files = synthea(testdata, "small")[:3]
    first, _ = platform.intake.receive_files("SYNTHEA", files)
    before = platform.inventory()
    again, _ = platform.intake.receive_files("SYNTHEA", files)
    assert sum(again.stored.values()) == 0
    assert again.unchanged == first.stored + first.unchanged
    assert platform.inventory() == before


def test_the_same_resources_in_another_message_change_nothing(
    platform: Platform, testdata: Path, tmp_path: Path
):
    original = synthea(testdata, "small")[0]
    platform.intake.receive_files("SYNTHEA", [original])
    respaced = tmp_path / "respaced.json"
    respaced.write_text(original.read_text("utf-8") + "\n \n", "utf-8")
    tally, _ = platform.intake.receive_files("SYNTHEA", [respaced])
    assert sum(tally.stored.values()) == 0
    assert platform.reader(EVERYTHING).history(count=1).facts[0].version == 1
