"""Check a set of rules: every problem at once, none raised."""

from __future__ import annotations

from pathlib import Path

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.lake.model import Models
from kangshu.kernel.rules.definition import RuleSet
from kangshu.kernel.rules.examples import parse_rule_examples, problems_of_examples


def check_rules(rules: RuleSet, folder: Path, models: Models, macros: str = "") -> list[Problem]:
    """Every rule runs on its examples and finds what they say, no more and no less."""
    found: list[Problem] = []
    for rule in rules.rules:
        path = folder / "rules" / f"{rule.id}.examples.toml"
        if not path.exists():
            found.append(Problem("error", "not-found", rule.id, "has no examples"))
            continue
        try:
            examples = parse_rule_examples(path.read_text("utf-8"), path.name)
            found += problems_of_examples(rules, rule, examples, models, macros)
        except Invalid as error:
            found.append(Problem("error", error.code, rule.id, error.message))
    return found
