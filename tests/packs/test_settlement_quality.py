"""The sixty checks of settlement lists: each fires where it should and is silent beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.rules.definition import parse_rule, read_rules
from kangshu.kernel.rules.examples import parse_rule_examples, problems_of_examples

ROOT = default_root()
FOLDER = ROOT / "programmes" / "settlement_quality"
MODELS = read_models(ROOT / "standards" / "logical_models")
RULES = read_rules(FOLDER)
MACROS = (ROOT / "standards" / "cn_identifiers" / "functions.sql").read_text("utf-8")
SPECIFIED = [f"QC-{number:03}" for number in range(1, 61)]
TOML = (FOLDER / "rules" / "QC-052.toml").read_text("utf-8")


def examples_of(rule: str):
    path = FOLDER / "rules" / f"{rule}.examples.toml"
    return parse_rule_examples(path.read_text("utf-8"), path.name)


def test_all_sixty_are_there() -> None:
    assert {rule.id for rule in RULES.rules} >= set(SPECIFIED)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_examples_come_out_as_written(rule) -> None:
    assert problems_of_examples(RULES, rule, examples_of(rule.id), MODELS, MACROS) == []


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_a_rule_that_finds_nothing_or_everything_is_noticed(rule) -> None:
    examples = examples_of(rule.id)
    deaf = replace(rule, sql="SELECT 1 AS unit WHERE false", params={})
    assert problems_of_examples(RULES, deaf, examples, MODELS, MACROS)
    units = " UNION ".join(f"SELECT {unit} AS unit" for example in examples for unit in example.units)
    assert problems_of_examples(RULES, replace(rule, sql=units, params={}), examples, MODELS, MACROS)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_every_number_that_could_be_argued_about_has_its_basis(rule) -> None:
    assert rule.basis
    for dated in rule.params.values():
        assert all(each.basis for each in dated)


def test_unknown_keys_parameters_and_levels_are_all_named() -> None:
    wrong = TOML.replace('level = "W"', 'level = "X"\nseverity = 3').replace("params.days", "params.weeks")
    with pytest.raises(Invalid) as caught:
        parse_rule(wrong, "SELECT unit FROM setlinfo WHERE age > $days", "QC-052")
    said = str(caught.value)
    for part in ("severity", "level", "params.weeks", "params.days"):
        assert part in said


def test_a_parameter_has_the_value_of_the_day() -> None:
    later = TOML + '\n[[params.days]]\nfrom = 2026-07-01\nvalue = 7\nbasis = "本地"\n'
    rule = parse_rule(later, RULES.get("QC-052").sql, "QC-052")
    assert rule.values(date(2026, 6, 30)) == {"days": 10}
    assert rule.values(date(2026, 7, 1)) == {"days": 7}
