"""Judge the sound things of a delivery by the rules of their model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kangshu.domains.intake.tables.feed import Feed
from kangshu.domains.intake.tables.merging import Origin
from kangshu.domains.intake.tables.setting_aside import has_table, lines_aside, set_aside_found
from kangshu.kernel.lake.engine import Engine, literal, quoted
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.lake.model import Model, Models
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.lake.versions import newest
from kangshu.kernel.rules.definition import RuleSet
from kangshu.kernel.rules.run import FINDINGS, needs_of_views, prepare, run

LATE = "late"


@dataclass(frozen=True, slots=True)
class Content:
    """What packs bring for landing.

    macros      SQL functions that rules build on
    references  tables by name that rules may need: code systems, mostly
    """

    models: Models
    rules: Sequence[RuleSet]
    macros: str = ""
    references: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict[str, Any])


def prepare_judging(engine: Engine, content: Content) -> None:
    """Offer what rules of every model build on."""
    if content.macros:
        engine.run(content.macros)
    sets = content.models.codes.items()
    offer_rows(engine, "value_set", [{"set": set_, "code": code} for set_, codes in sets for code in codes])
    for name, rows in content.references.items():
        offer_rows(engine, name, rows)


def judge(
    engine: Engine, lake: Lake, feed: Feed, model: Model, content: Content, origin: Origin
) -> list[str]:
    """Add findings about a model and set aside what has one of level E; the rules that were left out."""
    left_out: list[str] = []
    errors: list[str] = []
    sets = {rules.name: [rule for rule in rules.rules if rule.on == model.name] for rules in content.rules}
    needed = {name for own in sets.values() for rule in own for name in rule.needs}
    needed |= {name for rules in content.rules if sets[rules.name] for name in needs_of_views(rules)}
    there = _views(engine, lake, model, content, needed)
    for rules in content.rules:
        own = sets[rules.name]
        if own:
            all_there = prepare(engine, rules, there)
            done = run(engine, own, all_there, on=origin.received.date(), received=origin.received)
            left_out += done.left_out
            errors += [rule.id for rule in own if rule.level == "E" and rule.status == "active"]
    _note_late(engine, feed, model, origin)
    set_aside_found(engine, model, errors)
    return left_out


def _views(engine: Engine, lake: Lake, model: Model, content: Content, needed: Collection[str]) -> set[str]:
    """The views that are there for the rules of a model: its lines, and what the lake holds, if needed."""
    there = {model.table, "value_set", *(part.name for part in model.parts), *content.references}
    for lines in model.lines:
        table = content.models.get(lines.model).table
        if has_table(engine, table):
            same = " AND ".join(f"l.{quoted(each)} = m.{quoted(each)}" for each in lines.link)
            engine.run(
                f"CREATE TABLE {lines.view} AS SELECT m.unit, l.* EXCLUDE (unit) FROM {quoted(table)} AS l"
                f" JOIN {quoted(model.table)} AS m ON {same}"
            )
            there |= {lines.view, lines_aside(model)}
    for other in content.models.by_name.values():
        wanted = f"stored_{other.table}" in needed
        if wanted and lake.offer(engine, f"lake_{other.table}", other.table):
            engine.run(
                f"CREATE OR REPLACE VIEW stored_{other.table} AS {newest(other, f'lake_{other.table}')}"
            )
            there.add(f"stored_{other.table}")
    return there


def _note_late(engine: Engine, feed: Feed, model: Model, origin: Origin) -> None:
    if feed.due_days:
        engine.run(
            f"INSERT INTO {FINDINGS} SELECT {literal(model.name)}, {literal(LATE)}, unit, NULL, NULL,"
            f" {literal(model.happened)} FROM {quoted(model.table)}"
            f" WHERE CAST({quoted(model.happened)} AS DATE) + {feed.due_days}"
            f" < DATE {literal(origin.received.date().isoformat())}"
        )
