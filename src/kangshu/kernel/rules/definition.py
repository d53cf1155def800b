"""The rule: one SELECT over views that finds what is wrong, and what people need to know of it.

A rule is an item of a pack: `QC-001.toml` and `QC-001.sql`, with `QC-001.examples.toml` beside them. Rules
of one folder form a set. They share views (`views/*.sql`, each made once, in order of name) and tables
(`tables/*.tsv`, all columns text); views from elsewhere that they need are described in `needs.tsv`.

The SELECT gives one row per finding with the column `unit` (number of the thing) and, where they say more,
`part` and `row` (which row of a part), `field` (which column). Values are not repeated: who may see the thing
sees them there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_needs, read_tsv
from kangshu.kernel.params.definition import Dated, Value, applying, parse_dated

Level = Literal["E", "W"]
Dimension = Literal["completeness", "validity", "consistency", "timeliness", "uniqueness"]
Status = Literal["trial", "active", "retired"]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

_TEXTS = ("id", "on", "title", "title_en", "why", "mend", "basis", "false_positives", "verify")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "level": get_args(Level),
    "dimension": DIMENSIONS,
    "status": get_args(Status),
}
_OPTIONAL = ("needs", "params")
_PARAMETER = re.compile(r"\$([a-z_]\w*)")

GIVEN = frozenset({"on", "received"})
"""Parameters every rule may use: the day whose law applies, and when the message was received."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    on      name of the logical model it is about
    level   E: the thing cannot be used and goes back; W: it can, with a warning
    needs   views beyond those of the model; without them the rule is left out
    params  values of the parameters in the SELECT, each by date, oldest first
    why     what is wrong with what it finds, for people; `mend` what to do about it
    """

    id: str
    on: str
    title: str
    title_en: str
    level: Level
    dimension: Dimension
    status: Status
    why: str
    mend: str
    basis: str
    false_positives: str
    verify: str
    needs: tuple[str, ...]
    params: Mapping[str, tuple[Dated, ...]]
    sql: str

    def values(self, on: date) -> dict[str, Value]:
        """The parameters as they apply on a day. Raises `NotFound` for a day before the first value."""
        return {
            name: applying(f"{name} of rule {self.id}", each, on).value for name, each in self.params.items()
        }


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules with the views and tables they share.

    outside  views that come from elsewhere: view -> column -> type, as models write types
    """

    name: str
    rules: tuple[Rule, ...]
    views: Mapping[str, str]
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    outside: Mapping[str, Mapping[str, str]]

    def get(self, id: str) -> Rule:
        """The rule of that id. Raises `NotFound`."""
        for rule in self.rules:
            if rule.id == id:
                return rule
        raise NotFound(f"There is no rule {id} in {self.name}.")

    @property
    def models(self) -> frozenset[str]:
        """The models the rules are about."""
        return frozenset(rule.on for rule in self.rules)


@lru_cache(1024)
def parse_rule(toml: str, sql: str, where: str) -> Rule:
    """Read one rule. Raises `Invalid` with every problem; `where` is the stem for messages.

    The same texts are read once.
    """
    table = parse_toml(toml, f"{where}.toml", parse_float=Decimal)
    problems = [*_problems_of_keys(table), *_problems_of_params(table, sql)]
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(
            f"Rule {where}: {listed}.", remedy="Correct the files of the rule.", problems=tuple(problems)
        )
    params = cast("dict[str, Any]", table.get("params", {}))
    return Rule(
        **{key: table[key].strip() for key in _TEXTS},
        level=table["level"],
        dimension=table["dimension"],
        status=table["status"],
        needs=tuple(table.get("needs", ())),
        params={name: parse_dated(each, name, []) for name, each in params.items()},
        sql=sql.strip().removesuffix(";"),
    )


def read_rules(folder: Path) -> RuleSet:
    """The rules, views and tables below a folder. Raises `Invalid` with every problem of every rule."""
    rules: list[Rule] = []
    problems: list[Problem] = []
    for path in sorted((folder / "rules").glob("*.toml")):
        if path.name.endswith(".examples.toml"):
            continue
        try:
            rule = parse_rule(path.read_text("utf-8"), path.with_suffix(".sql").read_text("utf-8"), path.stem)
        except Invalid as error:
            problems += error.as_problems(path.name)
            continue
        if rule.id != path.stem:
            problems.append(Problem("error", "invalid", path.name, f"names itself {rule.id}"))
        rules.append(rule)
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"Rules of {folder.name}: {listed}.", problems=tuple(problems))
    views = {path.stem: path.read_text("utf-8").strip() for path in sorted((folder / "views").glob("*.sql"))}
    return RuleSet(
        folder.name,
        tuple(rules),
        {name.partition("_")[2] if name[0].isdigit() else name: text for name, text in views.items()},
        {path.stem: read_tsv(path) for path in sorted((folder / "tables").glob("*.tsv"))},
        read_needs(folder / "needs.tsv"),
    )


def parameters_in(sql: str) -> frozenset[str]:
    """The names behind `$` in a statement."""
    return frozenset(_PARAMETER.findall(sql))


def _problems_of_keys(table: Mapping[str, Any]) -> list[Problem]:
    known = (*_TEXTS, *_CHOICES, *_OPTIONAL)
    found = [Problem.at(key, "is not a key of a rule") for key in table if key not in known]
    found += [Problem.at(key, "is missing") for key in (*_TEXTS, *_CHOICES) if key not in table]
    found += [
        Problem.at(key, "must be a text that is not empty")
        for key in _TEXTS
        if key in table and not (isinstance(table[key], str) and table[key].strip())
    ]
    found += [
        Problem.at(key, f"must be one of {', '.join(choices)}")
        for key, choices in _CHOICES.items()
        if key in table and table[key] not in choices
    ]
    return found


def _problems_of_params(table: Mapping[str, Any], sql: str) -> list[Problem]:
    params: Mapping[str, Any] = table.get("params", {})
    used = parameters_in(sql) - GIVEN
    found = [
        Problem.at(f"params.{name}", "is not used in the SELECT") for name in sorted(params.keys() - used)
    ]
    found += [Problem.at(f"params.{name}", "is used and not given") for name in sorted(used - params.keys())]
    for name, written in params.items():
        parse_dated(written, f"params.{name}", found)
    return found
