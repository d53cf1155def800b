"""The access pack keeps what its examples promise, and breaking a policy breaks an example."""

from __future__ import annotations

import pytest

from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.check import check_access
from kangshu.kernel.policies.examples import parse_examples

FOLDER = default_root() / "standards" / "access"
CEDAR, SCHEMA, VOCABULARY, EXAMPLES = (
    (FOLDER / f"access.{ending}").read_text("utf-8")
    for ending in ("cedar", "cedarschema", "toml", "examples.toml")
)


def problems(cedar: str) -> list[str]:
    found = check_access(
        texts={"access.cedar": cedar}, schema=SCHEMA, vocabulary=VOCABULARY, examples=EXAMPLES
    )
    return [f"{problem.path}: {problem.message}" for problem in found]


def test_every_example_comes_out_as_written_and_no_policy_is_without() -> None:
    assert problems(CEDAR) == []


def test_there_are_near_misses_for_the_operator() -> None:
    refused = [one for one in parse_examples(EXAMPLES) if one.policy == "operator-sees-no-facts"]
    assert len([one for one in refused if one.outcome == "refuse"]) >= 5


POLICIES = CEDAR.split("\n@id(")[1:]


@pytest.mark.parametrize("text", POLICIES, ids=[text.split('"')[1] for text in POLICIES])
def test_no_policy_can_be_taken_out_unnoticed(text: str) -> None:
    assert problems(CEDAR.replace(f"\n@id({text}", "\n"))


CONDITIONS = sorted({line for line in CEDAR.splitlines() if line.startswith(("when ", "unless "))})


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_condition_can_be_taken_out_unnoticed(condition: str) -> None:
    end = ";" if condition.endswith(";") else ""
    assert problems(CEDAR.replace(condition, end))
