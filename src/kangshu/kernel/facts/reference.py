"""The fact store in plain Python: slow, obvious, never optimised. What the fast one is compared with.

It keeps every version in a list and answers a query by looking at all of them. It knows no grants and
writes no access log: those are the Reader's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any, cast

from kangshu.kernel.base.errors import Conflict, Gone, NotFound
from kangshu.kernel.facts.definition import Draft, Fact, Outcome, Page, Terms
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.search.bounds import Bound
from kangshu.kernel.facts.search.order import sort_paths
from kangshu.kernel.facts.search.query import (
    AllOf,
    AnyOf,
    Chain,
    Clause,
    Displays,
    Element,
    Has,
    Ids,
    Member,
    OfType,
    Query,
    Ranges,
    Recorded,
    SortKey,
    Strings,
    Tokens,
    Words,
)
from kangshu.kernel.facts.strings import normalise

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Version:
    fact: Fact
    terms: Terms

    @property
    def is_current(self) -> bool:
        return self.fact.superseded_at is None

    @property
    def is_seen(self) -> bool:
        return self.is_current and not self.fact.deleted


class ReferenceStore:
    """Facts in memory, with the promises of `store.Appender` and `reader.Reader`."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._versions: list[_Version] = []

    # -- writing

    def append(self, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
        """As `Appender.append` in a transaction of its own: all or nothing, numbered by address."""
        before = list(self._versions)
        outcomes: dict[int, Outcome] = {}
        try:
            for place in sorted(range(len(drafts)), key=lambda place: (drafts[place].type, drafts[place].id)):
                outcomes[place] = self._append(drafts[place], now)
        except Conflict:
            self._versions = before
            raise
        return [outcomes[place] for place in range(len(drafts))]

    def _append(self, draft: Draft, now: datetime) -> Outcome:
        current = self._current(draft.type, draft.id)
        actual = 0 if current is None or current.deleted else current.version
        if draft.if_version not in (None, actual):
            raise Conflict(f"{draft.type}/{draft.id} is not at version {draft.if_version}.")
        if current is not None and (current.deleted, current.body) == (draft.deleted, draft.body):
            return Outcome(draft.type, draft.id, current.version, "unchanged", current.recorded_at)
        seq = len(self._versions) + 1
        terms = Terms() if draft.deleted else self._extractor.extract(draft.type, json.loads(draft.body))
        self._versions = [
            replace(v, fact=replace(v.fact, superseded_at=now)) if v.fact is current else v
            for v in self._versions
        ]
        fact = Fact(
            seq=seq,
            line=seq if current is None else current.line,
            type=draft.type,
            id=draft.id,
            version=1 if current is None else current.version + 1,
            person=draft.person,
            org=draft.org,
            county=draft.county,
            happened=_moment(terms.happened),
            recorded_at=now,
            superseded_at=None,
            message=draft.message,
            deleted=draft.deleted,
            body=draft.body,
        )
        self._versions.append(_Version(fact, terms))
        if draft.deleted:
            return Outcome(draft.type, draft.id, fact.version, "deleted", now)
        was_there = current is not None and not current.deleted
        return Outcome(draft.type, draft.id, fact.version, "updated" if was_there else "created", now)

    def _current(self, type: str, id: str) -> Fact | None:
        for version in self._versions:
            if version.is_current and (version.fact.type, version.fact.id) == (type, id):
                return version.fact
        return None

    # -- reading

    def read(self, type: str, id: str) -> Fact:
        """As `Reader.read`."""
        current = self._current(type, id)
        if current is None:
            raise NotFound(f"There is no {type} with this id.")
        if current.deleted:
            raise Gone(f"{type}/{id} has been deleted.")
        return current

    def vread(self, type: str, id: str, version: int) -> Fact:
        """As `Reader.vread`."""
        for each in self._versions:
            if (each.fact.type, each.fact.id, each.fact.version) == (type, id, version):
                if each.fact.deleted:
                    raise Gone(f"Version {version} of {type}/{id} is its deletion.")
                return each.fact
        raise NotFound(f"There is no {type} with this id and version.")

    def read_many(self, addresses: Sequence[tuple[str, str]]) -> list[Fact]:
        """As `Reader.read_many`."""
        return [v.fact for v in self._versions if v.is_seen and (v.fact.type, v.fact.id) in addresses]

    def of_person(self, person: int, types: Sequence[str] | None = None) -> list[Fact]:
        """As `Reader.of_person`."""
        found = [
            v.fact
            for v in self._versions
            if v.is_seen and v.fact.person == person and (types is None or v.fact.type in types)
        ]
        known = [fact for fact in found if fact.happened is not None]
        unknown = [fact for fact in found if fact.happened is None]
        known.sort(key=lambda fact: (fact.happened, fact.line), reverse=True)
        return known + sorted(unknown, key=lambda fact: fact.line, reverse=True)

    def history(
        self,
        *,
        type: str | None = None,
        id: str | None = None,
        since: datetime | None = None,
        at: tuple[datetime, datetime] | None = None,
        count: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """As `Reader.history`; the cursor is the number of versions already seen."""
        known = [v.fact for v in reversed(self._versions)]
        if id is not None and not any((fact.type, fact.id) == (type, id) for fact in known):
            raise NotFound(f"There is no {type} with this id.")
        facts = [
            fact
            for fact in known
            if type in (None, fact.type)
            and id in (None, fact.id)
            and (since is None or fact.recorded_at >= since)
            and (at is None or _was_current(fact, *at))
        ]
        return _page(facts, count, cursor, total=len(facts) if id is not None else None)

    # -- searching

    def count(self, query: Query) -> int:
        """As `Reader.count`."""
        return len(self._matches(query))

    def search(self, query: Query) -> Page:
        """As `Reader.search`; always counted."""
        matches = self._matches(query)
        matches.sort(key=cmp_to_key(_order(query.sort)))
        facts = [match.fact for match in matches]
        return _page(facts, query.count, query.cursor, total=len(facts))

    def _matches(self, query: Query) -> list[_Version]:
        return [
            v
            for v in self._versions
            if v.is_seen and v.fact.type in query.types and self._satisfies_all(v, query.where)
        ]

    def _satisfies_all(self, version: _Version, clauses: Sequence[Clause]) -> bool:
        return all(self._satisfies(version, clause) for clause in clauses)

    def _satisfies(self, version: _Version, clause: Clause) -> bool:  # noqa: C901 (one arm for each kind)
        fact, terms = version.fact, version.terms
        match clause:
            case Tokens(any_of, negate):
                return (not set(any_of).isdisjoint(terms.tokens)) != negate
            case Ranges(parameter, any_of):
                ranges = terms.ranges.get(_slot(parameter.slot), [])
                return any(_in_range(ranges, terms.tokens, *option) for option in any_of)
            case Strings(name, any_of, mode):
                texts = [text for parameter, text in terms.strings if parameter == name]
                return any(_has_text(text, value, mode) for text in texts for value in any_of)
            case Displays(paths, any_of):
                texts = [normalise(str(text)) for path in paths for text in _values(_document(fact), path)]
                return any(text.startswith(value) for text in texts for value in any_of)
            case Words(narrative, any_of):
                text = _narrative(fact) if narrative else fact.body.decode()
                return any(all(word.lower() in text.lower() for word in v.split()) for v in any_of)
            case Ids(any_of, negate):
                return (fact.id in any_of) != negate
            case OfType(type_):
                return fact.type == type_
            case Recorded(any_of):
                moment = fact.recorded_at.timestamp()
                return any(bound.admits(moment, moment) for bound in any_of)
            case Element():
                return _has_element(terms, clause)
            case Chain(parameter, type_, where, address):
                return any(
                    not _names(other, parameter.name, address).isdisjoint(terms.tokens)
                    for other in self._all(type_, where)
                )
            case Has(_, type_, parameter, where, address):
                names = _names(version, parameter.name, address)
                return any(not names.isdisjoint(other.terms.tokens) for other in self._all(type_, where))
            case Member(target, parameter, ids):
                address = f"{parameter.name}={target}/{fact.id}"
                lists = self._all(parameter.type, (Ids(ids),))
                return any(address in each.terms.tokens for each in lists)
            case AnyOf(clauses):
                return any(self._satisfies(version, each) for each in clauses)
            case AllOf(clauses):
                return self._satisfies_all(version, clauses)

    def _all(self, type_: str, where: Sequence[Clause]) -> Iterator[_Version]:
        for version in self._versions:
            if version.is_seen and version.fact.type == type_ and self._satisfies_all(version, where):
                yield version


def _names(version: _Version, reference: str, address: Parameter | None) -> set[str]:
    """The tokens that what refers to the version carries."""
    fact = version.fact
    paths = address.json_paths() if address is not None else []
    urls = [str(url) for path in paths for url in _values(_document(fact), path)[:1]]
    return {f"{reference}={fact.type}/{fact.id}", *(f"{reference}={url}" for url in urls)}


def _page(facts: list[Fact], count: int, cursor: str | None, *, total: int | None) -> Page:
    start = int(cursor or 0)
    end = start + count
    return Page(facts[start:end], str(end) if end < len(facts) else None, total)


def _was_current(fact: Fact, start: datetime, end: datetime) -> bool:
    return fact.recorded_at < end and (fact.superseded_at is None or fact.superseded_at > start)


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    earliest, latest = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    return datetime.fromtimestamp(min(max(seconds, earliest.timestamp()), latest.timestamp()), UTC)


def _slot(slot: int | None) -> int:
    assert slot is not None
    return slot


def _in_range(
    ranges: Sequence[tuple[float, float]], tokens: Sequence[str], bound: Bound, units: Sequence[str]
) -> bool:
    if units and set(units).isdisjoint(tokens):
        return False
    return any(bound.admits(low, high) for low, high in ranges)


def _has_text(text: str, value: str, mode: str) -> bool:
    return text.startswith(value) if mode == "starts" else value in text


def _has_element(terms: Terms, clause: Element) -> bool:
    entries = terms.composites.get(clause.name)
    if entries is None:
        # Then the parts, asked for beside this, decide.
        return True
    return any(_is_element(entry, clause) for entry in entries)


def _is_element(entry: dict[str, Any], clause: Element) -> bool:
    ranges = entry.get("r", {})
    return all(not set(any_of).isdisjoint(entry["t"]) for any_of in clause.tokens) and all(
        name in ranges and bound.admits(*ranges[name]) for name, bound in clause.bounds
    )


# -- values in the body

_STEP = re.compile(r'\."(?P<name>\w+)"\[(?P<at>\*|\d+)\](?: \? \(@\."(?P<key>\w+)" == "(?P<value>[^"]+)"\))?')


def _document(fact: Fact) -> Json:
    return json.loads(fact.body)


def _narrative(fact: Fact) -> str:
    return "".join(text for text in _values(_document(fact), '$."text"[*]."div"[*]') if isinstance(text, str))


def _values(document: Any, path: str) -> list[Any]:
    """What a jsonpath of the form `ValuePath.json_path` writes chooses."""
    values: list[Any] = [document]
    for step in _STEP.finditer(path):
        values = [value for parent in values for value in _below(parent, step)]
    return values


def _below(parent: Any, step: re.Match[str]) -> list[Any]:
    if not isinstance(parent, dict) or step["name"] not in parent:
        return []
    values = _listed(cast(Json, parent)[step["name"]])
    if step["at"] != "*":
        number = int(step["at"])
        values = values[number : number + 1]
    if step["key"]:
        objects = [cast(Json, value) for value in values if isinstance(value, dict)]
        values = [each for each in objects if each.get(step["key"]) == step["value"]]
    return values


def _listed(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else [value]


# -- order


def _order(keys: Sequence[SortKey]) -> Callable[[_Version, _Version], int]:
    """By each key in turn; what has no value comes last either way; then by line."""

    def compare(a: _Version, b: _Version) -> int:
        for key in keys:
            one, other = _sort_value(a, key), _sort_value(b, key)
            if one is None or other is None:
                result = (one is None) - (other is None)
            else:
                result = ((one > other) - (one < other)) * (-1 if key.descending else 1)
            if result:
                return result
        return a.fact.line - b.fact.line

    return compare


def _sort_value(version: _Version, key: SortKey) -> Any:
    fact, parameter = version.fact, key.parameter
    if parameter is None:
        return fact.id if key.column == "id" else fact.recorded_at
    if parameter.slot is not None:
        ranges = version.terms.ranges.get(parameter.slot)
        if not ranges:
            return None
        last = key.descending and not parameter.single
        return max(high for _, high in ranges) if last else min(low for low, _ in ranges)
    for path in sort_paths(parameter):
        values = _values(_document(fact), path)
        if values and values[0] is not None:
            return _written(values[0]).lower()
    return None


def _written(value: Any) -> str:
    """A JSON value as PostgreSQL's `#>> '{}'` writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
