"""Land a delivery: read it, check it, set aside what is faulty, put the rest into the lake.

Everything is done in sets. What becomes of each thing: it is landed, or it was there already, or it is set
aside with every fault and every finding of level E named by rule, row and column. Findings of level W are
noted and the thing lands. Things are judged one by one: a thousand faulty ones hold back none of the
others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kangshu.domains.intake.tables.archive import spool
from kangshu.domains.intake.tables.feed import Feed
from kangshu.domains.intake.tables.judging import Content, judge, prepare_judging
from kangshu.domains.intake.tables.merging import Origin, gather, merge, note_duplicates
from kangshu.domains.intake.tables.open_delivery import open_delivery
from kangshu.domains.intake.tables.outcome import (
    Bad,
    bad_things,
    count_findings,
    make_outcome,
    note_refused,
    write_outcome,
)
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.domains.intake.tables.setting_aside import prepare_aside, set_aside_faulty
from kangshu.domains.intake.tables.staging import Staged, make_empty, prepare_faults, refuse_missing, stage
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import Engine, Unreadable, engine, reading
from kangshu.kernel.lake.model import Model
from kangshu.kernel.lake.store import Lake

WHOLE = -1
"""Stands for the number of the row where a file is set aside as a whole."""


@dataclass(slots=True)
class Landing:
    """What became of the things of a delivery, by model.

    bad       (number of the row in the message, model, problems) of things set aside, the first of them
    findings  how often each rule found something
    left_out  rules that could not be run, because what they look at was not there
    """

    received: Counter[str] = field(default_factory=Counter[str])
    stored: Counter[str] = field(default_factory=Counter[str])
    unchanged: Counter[str] = field(default_factory=Counter[str])
    quarantined: Counter[str] = field(default_factory=Counter[str])
    bad: list[Bad] = field(default_factory=list[Bad])
    findings: Counter[str] = field(default_factory=Counter[str])
    left_out: list[str] = field(default_factory=list[str])

    def counts(self) -> dict[str, dict[str, int]]:
        """Model -> what became of its things -> how many."""
        names = ("received", "stored", "unchanged", "quarantined")
        return {model: {name: getattr(self, name)[model] for name in names} for model in self.received}


def land(lake: Lake, feed: Feed, content: Content, pieces: Iterable[bytes], origin: Origin) -> Landing:
    """Land the bytes of a message. Doing it again changes nothing.

    Raises `Invalid` where the file as a whole cannot be used: then nothing of it has landed, and the table of
    deliveries says so.
    """
    with engine(lake.scratch) as work:
        try:
            path = spool(pieces, work.folder)
            with reading():
                models = _read(work, feed, content, path)
        except Unreadable:
            note_refused(work, lake, feed, origin)
            raise refusal(
                "the file",
                "It holds something that cannot be worked with.",
                "Write it again as the feed says.",
            ) from None
        except Invalid:
            note_refused(work, lake, feed, origin)
            raise
        landing = Landing()
        offsets = _offsets(work, models)
        for model in _lines_first(models):
            _land_model(work, lake, feed, model, content, origin, landing)
        make_outcome(work, content)
        for model in models:
            landing.bad += bad_things(work, model, offsets[model.name])
        landing.findings = count_findings(work)
        write_outcome(work, lake, feed, landing.counts(), origin)
        return landing


def _read(work: Engine, feed: Feed, content: Content, path: Path) -> list[Model]:
    """Open and stage every table; the models that came, in the order of the feed."""
    models = content.models
    opened = open_delivery(work, feed, models, path)
    refuse_missing(opened, models)
    prepare_faults(work)
    mains: dict[str, Staged] = {}
    for each in sorted(opened, key=lambda each: each.table.part != ""):
        if each.raw is None and not each.table.part:
            continue
        staged = stage(work, each, models, mains.get(each.table.model))
        if not each.table.part:
            mains[each.table.model] = staged
    for name in mains:
        for part in models.get(name).parts:
            make_empty(work, part.name, part.columns)
    prepare_aside(work)
    prepare_judging(work, content)
    return [models.get(name) for name in mains]


def _land_model(
    work: Engine, lake: Lake, feed: Feed, model: Model, content: Content, origin: Origin, landing: Landing
) -> None:
    received = int(work.one(f"SELECT count(*) FROM {model.table}"))
    set_aside_faulty(work, model, content.models)
    things = gather(work, model)
    note_duplicates(work, model, things)
    set_aside_faulty(work, model, content.models)
    landing.left_out += judge(work, lake, feed, model, content, origin)
    merged = merge(work, lake, model, things, origin)
    landing.received[model.name] = received
    landing.stored[model.name] = merged.stored
    landing.unchanged[model.name] = merged.unchanged
    landing.quarantined[model.name] = received - merged.stored - merged.unchanged


def _offsets(work: Engine, models: Sequence[Model]) -> dict[str, int]:
    """How many rows of the message come before those of each model: rows are numbered through a message."""
    found: dict[str, int] = {}
    before = 0
    for model in models:
        found[model.name] = before
        before += int(work.one(f"SELECT coalesce(max(row), 0) FROM {model.table}"))
    return found


def _lines_first(models: Sequence[Model]) -> list[Model]:
    """Models whose rows belong to things of another come before it: its rules look at them."""
    lines = {each.model for model in models for each in model.lines}
    return sorted(models, key=lambda model: model.name not in lines)
