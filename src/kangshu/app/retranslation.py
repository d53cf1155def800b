"""Decisions about local codes taken to what was stored before, and what was stored before put on the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import orjson

from kangshu.app.platform import Platform
from kangshu.app.translation import Translator
from kangshu.domains.intake.work import Origin
from kangshu.domains.terminology.shelf import OWN
from kangshu.domains.terminology.targets import Target
from kangshu.kernel.base.errors import Conflict
from kangshu.kernel.facts import feed, journal, local_codes
from kangshu.kernel.facts.database import Session
from kangshu.kernel.facts.local_codes import LocalCode, Old, Seen
from kangshu.kernel.facts.search.request import parse_query

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""

_PAGE = 200
_TRIES = 5


def _silent(done: int, of: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Retranslated:
    """How many decisions were taken to how many facts."""

    codes: int
    facts: int


def retranslate(platform: Platform, progress: Progress = _silent) -> Retranslated:
    """Take what was approved to facts stored before: a new version each, with the standard coding added.

    What has it already is left as it is, so this may be stopped and started again at any time.
    """
    with platform.database.connection() as session:
        rows = local_codes.unapplied(session)
    facts = 0
    for number, row in enumerate(rows):
        progress(number, len(rows))
        facts += _retranslate_one(platform, row)
        now = platform.clock()
        platform.database.transact(lambda session, row=row, now=now: local_codes.applied(session, row, now))
    progress(len(rows), len(rows))
    return Retranslated(len(rows), facts)


def _retranslate_one(platform: Platform, row: LocalCode) -> int:
    target = next((each for each in platform.targets.get(row.type, ()) if each.system == row.target), None)
    if target is None:
        return 0
    done, after = 0, 0
    while True:
        stored, last = _retranslate_page(platform, row, target, after)
        done += stored
        if last is None:
            return done
        after = last


def _retranslate_page(
    platform: Platform, row: LocalCode, target: Target, after: int
) -> tuple[int, int | None]:
    """(facts stored, the last line looked at or None at the end), trying again when others were first."""
    for _ in range(_TRIES):
        try:
            # The maps before the transaction: looking for new ones takes a connection too.
            work = partial(_translate_page, platform, row, target, after, platform.translators.of(row.org))
            return platform.database.transact(work)
        except Conflict:
            continue
    raise Conflict("Other writers kept changing the same records.", remedy="Try again in a moment.")


def _translate_page(
    platform: Platform,
    row: LocalCode,
    target: Target,
    after: int,
    translator: Translator,
    session: Session,
) -> tuple[int, int | None]:
    query = parse_query(
        platform.catalogue, row.type, [(target.search, f"{row.system}|{row.code}")], count=_PAGE, total="none"
    )
    found = local_codes.facts_with(session, query, row.org, after=after, limit=_PAGE)
    if not found:
        return 0, None
    changed = _changed(found, translator)
    if changed:
        _store(platform, session, changed, translator)
    return len(changed), found[-1].line


def _changed(found: Sequence[Old], translator: Translator) -> list[tuple[Old, bytes]]:
    bodies = [
        (each, translator(each.type, each.id, each.body, orjson.loads(each.body)).body) for each in found
    ]
    return [(each, body) for each, body in bodies if body is not each.body]


def _store(
    platform: Platform, session: Session, changed: Sequence[tuple[Old, bytes]], translator: Translator
) -> None:
    now = platform.clock()
    told = orjson.dumps({"retranslated": [f"{each.type}/{each.id}" for each, _ in changed]})
    message = journal.keep(
        session, source=OWN, channel="api", media="application/json", parts=[told], now=now
    )
    for county in {each.county for each, _ in changed}:
        items = [(each.type, each.id, body, each.version) for each, body in changed if each.county == county]
        platform.pipeline.amend(session, message.id, items, Origin(translator.org, county, now, translator))
    journal.finish(session, message.id, {}, now)


def scan(platform: Platform, progress: Progress = _silent) -> int:
    """Go over everything stored and put local codes that lead nowhere on the list; how many facts were read.

    For what was stored before there was a list. Counts are made anew.
    """
    translator, now, read = platform.translators.of(""), platform.clock(), 0
    for number, type_ in enumerate(platform.targets):
        progress(number, len(platform.targets))
        seen: dict[tuple[str, ...], Seen] = {}
        counts: dict[tuple[str, ...], int] = {}
        cursor: str | None = None
        while True:
            with platform.database.connection() as session:
                facts, cursor = feed.read(session, type_, cursor, _PAGE)
            for fact in facts:
                if fact.deleted or fact.superseded_at is not None:
                    continue
                read += 1
                translation = replace(translator, org=fact.org)(
                    fact.type, fact.id, fact.body, orjson.loads(fact.body)
                )
                for one in translation.unknown:
                    seen.setdefault(one.key, one)
                    counts[one.key] = counts.get(one.key, 0) + 1
            if len(facts) < _PAGE:
                break
        _note_all(platform, seen, counts, now)
    progress(len(platform.targets), len(platform.targets))
    return read


def _note_all(
    platform: Platform, seen: dict[tuple[str, ...], Seen], counts: dict[tuple[str, ...], int], now: datetime
) -> None:
    rows = [
        Seen(
            each.org, each.type, each.element, each.system, each.code, each.target,
            each.display, each.unit, each.example, counts[key],
        )
        for key, each in seen.items()
    ]  # fmt: skip
    platform.database.transact(lambda session: local_codes.note(session, rows, now, counting="all"))
