"""The rules about facts: each fires where it should and is silent beside it; views keep their promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kangshu.domains.quality.facts.content import DAY
from kangshu.kernel.facts.stretch_rows import FACT_COLUMNS
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.rules.check import check_rules
from kangshu.kernel.rules.definition import DIMENSIONS, read_rules
from kangshu.kernel.rules.examples import parse_rule_examples, problems_of_examples
from kangshu.kernel.rules.run import prepare

ROOT = default_root()
FOLDER = ROOT / "programmes" / "clinical_quality"
MODELS = read_models(FOLDER / "models")
RULES = read_rules(FOLDER)
MACROS = "\n".join(
    (ROOT / pack / "functions.sql").read_text("utf-8")
    for pack in ("standards/cn_identifiers", "programmes/clinical_quality")
)
FAMILIES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}


def test_examples_come_out_as_written() -> None:
    assert check_rules(RULES, FOLDER, MODELS, MACROS) == []


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_a_rule_that_finds_nothing_or_everything_is_noticed(rule) -> None:
    path = FOLDER / "rules" / f"{rule.id}.examples.toml"
    examples = parse_rule_examples(path.read_text("utf-8"), path.name)
    deaf = replace(rule, sql="SELECT 1 AS unit WHERE false", params={})
    assert problems_of_examples(RULES, deaf, examples, MODELS, MACROS)
    units = " UNION ".join(f"SELECT {unit} AS unit" for example in examples for unit in example.units)
    assert problems_of_examples(RULES, replace(rule, sql=units, params={}), examples, MODELS, MACROS)


def test_all_five_dimensions_have_rules() -> None:
    assert {rule.dimension for rule in RULES.rules} == set(DIMENSIONS)


def test_views_have_the_columns_that_the_models_describe() -> None:
    columns = {"unit": "BIGINT", **{name: type_ for name, type_ in FACT_COLUMNS.items() if name != "line"}}
    heads = ", ".join(f"{name} {type_}" for name, type_ in (columns | {"feed": "VARCHAR"}).items())
    with engine() as work:
        work.run(MACROS)
        for name in ("fact", "known"):
            work.run(f"CREATE TABLE {name} ({heads})")
        there = prepare(work, RULES, {"fact", "known", "value_set"})
        for model in MODELS.by_name.values():
            if model.name == DAY:
                continue
            assert model.table in there
            found = work.types(f"SELECT * FROM {model.table}")
            said = {column.name: FAMILIES[column.type] for column in model.columns}
            assert {name: found.get(name, "not there") for name in said} == said, model.name
        for view, said in RULES.outside.items():
            assert set(said) <= set(work.types(f"SELECT * FROM {view}"))


def test_limits_are_limits_with_their_basis() -> None:
    rows = RULES.tables["plausible"]
    assert len({row["loinc"] for row in rows}) >= 60
    for row in rows:
        assert float(row["low"]) < float(row["high"])
        assert int(row["age_from"]) <= int(row["age_to"])
        assert row["basis"]
    assert len({(row["loinc"], row["ucum"], row["age_from"]) for row in rows}) == len(rows)
