"""Tables into the lake: what packs bring for it, and landing a message of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kangshu.domains.intake.tables.faults import FAULTS
from kangshu.domains.intake.tables.feed import Feed, Feeds, parse_feed
from kangshu.domains.intake.tables.judging import Content
from kangshu.domains.intake.tables.land import WHOLE, Landing, land
from kangshu.domains.intake.tables.merging import Origin
from kangshu.domains.intake.tally import Tally
from kangshu.domains.intake.work import Bad
from kangshu.domains.quality.facts.content import FORM, FORM_FAULT
from kangshu.domains.quality.scoring import Scoring, parse_scoring
from kangshu.kernel.base.errors import Invalid, KangshuError, Problem, TooCostly
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.lake.model import Model, Models, read_models
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.packs.load import load_items
from kangshu.kernel.rules.definition import RuleSet, read_rules

MODELS, MACROS, SOURCES, SCORING = "logical_models", "functions.sql", "sources", "data_quality"
FACTS = "clinical_quality"
"""The pack of rules about facts."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What people need to know of a rule or a fault, in Chinese; '' where there is nothing to say."""

    title: str
    why: str
    mend: str
    basis: str = ""
    verify: str = ""
    false_positives: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """What is known of tables: models, feeds, rules; and the lake they land in."""

    lake: Lake
    feeds: Feeds
    content: Content
    scoring: Scoring
    fact_models: Models

    def model(self, name: str) -> Model | None:
        """The model of that name, of tables or of facts."""
        return self.models.by_name.get(name) or self.fact_models.by_name.get(name)

    @property
    def models(self) -> Models:
        """The logical models."""
        return self.content.models

    def titles(self) -> dict[str, str]:
        """Rule or fault -> what it is called, in Chinese."""
        rules = {rule.id: rule.title for each in self.content.rules for rule in each.rules}
        return {name: fault.title for name, fault in FAULTS.items()} | {FORM: FORM_FAULT.title} | rules

    def titles_en(self) -> dict[str, str]:
        """Rule or fault -> what it is called, in English."""
        rules = {rule.id: rule.title_en for each in self.content.rules for rule in each.rules}
        return {name: fault.message for name, fault in FAULTS.items()} | {FORM: FORM_FAULT.message} | rules

    def explanations(self) -> dict[str, Explanation]:
        """Rule or fault -> what people need to know of it."""
        found = {name: Explanation(fault.title, fault.why, fault.mend) for name, fault in FAULTS.items()}
        found[FORM] = Explanation(FORM_FAULT.title, FORM_FAULT.why, FORM_FAULT.mend)
        for each in self.content.rules:
            for rule in each.rules:
                found[rule.id] = Explanation(
                    rule.title, rule.why, rule.mend, rule.basis, rule.verify, rule.false_positives
                )
        return found

    def part_title(self, model: str, part: str | None) -> str:
        """What a part of a model is called in Chinese; '' for one it does not have."""
        known = self.model(model)
        if known is None or part is None:
            return ""
        lines = {lines.view: self.models.get(lines.model).title for lines in known.lines}
        return (lines | {each.name: each.title for each in known.parts}).get(part, "")

    def column_title(self, model: str, part: str | None, field: str | None) -> str:
        """What a column of a model is called in Chinese; '' for one it does not have."""
        known = self.model(model)
        if known is None or field is None:
            return ""
        lines = {lines.view: self.models.get(lines.model).columns for lines in known.lines}
        parts = {each.name: each.columns for each in known.parts}
        columns = (lines | parts).get(part or "", known.columns)
        return next((column.title for column in columns if column.name == field), "")

    def land(self, feed: Feed, pieces: Iterable[bytes], origin: Origin) -> tuple[Landing, Tally, list[Bad]]:
        """Land a message; what became of it, for the journal and the quarantine too.

        A file that cannot be used as a whole is set aside as a whole.
        """
        try:
            landing = land(self.lake, feed, self.content, pieces, origin)
        except (Invalid, TooCostly) as error:
            tally = Tally()
            tally.received["?"] += 1
            tally.quarantined["?"] += 1
            bad: list[Bad] = [(WHOLE, feed.name, list(error.as_problems()))]
            return Landing(bad=bad), tally, bad
        counters = (landing.received, landing.stored, landing.unchanged, landing.quarantined)
        tally = Tally(*(+counter for counter in counters))
        return landing, tally, landing.bad

    def query(self, feed: Feed, url: str, path: Path) -> int:
        """Ask an institution's database what a feed of kind `sql` asks, into a file; how many rows.

        Raises `Invalid` for a feed of another kind.
        """
        if feed.kind != "sql":
            raise Invalid(f"The feed {feed.name} is of files, not of a database.", remedy="Name the file.")
        # SQLAlchemy takes a second to import, and few feeds are queries.
        from kangshu.kernel.lake.external import query_to_file  # noqa: PLC0415

        return query_to_file(url, feed.query, path)


def read_macros(packs: Mapping[str, Pack]) -> str:
    """The SQL functions of all packs."""
    paths = [pack.folder / MACROS for pack in packs.values() if (pack.folder / MACROS).exists()]
    return "\n".join(path.read_text("utf-8") for path in paths)


def read_tables(packs: Mapping[str, Pack], lake: Lake, codes: Path) -> Tables:
    """From all packs: feeds of places, rules of programmes, and the models.

    `codes`: a folder of code systems to check against (`icd10.tsv` with the columns code and name).
    Raises `Invalid` with every problem of every feed.
    """
    models = read_models(packs[MODELS].folder)
    content = Content(
        models=models,
        rules=_rules(packs),
        macros=read_macros(packs),
        references={path.stem: read_tsv(path) for path in sorted(codes.glob("*.tsv"))},
    )
    scoring = parse_scoring((packs[SCORING].folder / "scoring.toml").read_text("utf-8"))
    fact_models = read_models(packs[FACTS].folder / "models")
    return Tables(lake, Feeds(_feeds(packs, models)), content, scoring, fact_models)


def _rules(packs: Mapping[str, Pack]) -> list[RuleSet]:
    return [read_rules(pack.folder) for pack in packs.values() if (pack.folder / "rules").is_dir()]


def _feeds(packs: Mapping[str, Pack], models: Models) -> list[Feed]:
    feeds: list[Feed] = []
    problems: list[Problem] = []
    for pack in packs.values():
        for stem, item in load_items(pack, SOURCES).items():
            try:
                feeds.append(parse_feed(stem.rpartition("/")[2], item.texts, models))
            except KangshuError as error:
                problems += error.as_problems(stem)
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"Feeds are wrong: {listed}.", remedy="Correct them.", problems=tuple(problems))
    return feeds
