"""One fact read to its last element, with where it came from and the text it came as."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from kangshu.app.platform import Platform
from kangshu.domains.record.datatypes import Json
from kangshu.domains.record.directory import read_directory
from kangshu.domains.record.elements import Row, element_rows, narrative
from kangshu.domains.record.entry import Entry
from kangshu.domains.record.life import Life, parse_body
from kangshu.domains.record.moment import BEIJING
from kangshu.domains.record.paper import (
    Section,
    attached_binaries,
    read_binary,
    read_sections,
    related_compositions,
)
from kangshu.domains.record.read import read_entry
from kangshu.domains.record.timeline import Node
from kangshu.interfaces.web.portal.page import Call
from kangshu.interfaces.web.portal.record import Opened, RecordPage, open_record
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.facts.definition import Fact


@dataclass(frozen=True, slots=True)
class EntryPage(RecordPage):
    """entry: the fact as a reader sees it; rows: its elements; named: what the addresses in them lead to,
    by its title; summary: the source's own words; sections: a document as text; node: what stands inside it
    (a visit, a report); source: the JSON as it was sent; versions: newest first."""

    template: ClassVar[str] = "entry.html"
    title: ClassVar[str] = "entry.title"

    entry: Entry
    rows: tuple[Row, ...]
    named: Mapping[str, str]
    summary: str
    sections: tuple[Section, ...]
    node: Node | None
    source: str
    versions: tuple[Fact, ...]


def entry(platform: Platform, call: Call) -> EntryPage:
    """One fact of the record. Raises `NotFound` if it is not part of it."""
    opened = open_record(platform, call)
    address = (call.parts["type"], call.parts["id"])
    fact = next((fact for fact in opened.facts if (fact.type, fact.id) == address), None)
    if fact is None:
        raise NotFound("There is no such entry in this record.")
    body = parse_body(fact)
    names = {each.code: each.name for each in platform.institutions}
    known = next((e for e in opened.life.entries if (e.source.type, e.source.id) == address), None)
    rows = element_rows(body)
    history = platform.reader(opened.grant).history(type=fact.type, id=fact.id, count=50)
    return EntryPage(
        opened.life,
        opened.base,
        "",
        opened.reason,
        opened.tabs,
        known or read_entry(fact, body, read_directory([], names), BEIJING),
        rows,
        _named(opened.life, rows),
        narrative(body),
        (*read_sections(body), *_compositions(opened, body), *_binaries(platform, opened, body)),
        _node(opened.life, f"{fact.type}/{fact.id}"),
        _laid_out(fact),
        tuple(history.facts),
    )


def _named(life: Life, rows: Sequence[Row]) -> dict[str, str]:
    """Address -> title, for the entries of this record and the registrations that the rows refer to."""
    titles = {entry.source.address: entry.title for entry in life.entries}
    titles |= {source.address: life.person.name for source in life.person.registrations}
    return {row.text: title for row in rows if (title := titles.get(row.text))}


def _binaries(platform: Platform, opened: Opened, body: Json) -> list[Section]:
    """Texts that stand in resources of their own, where the grant lets them through."""
    wanted = [("Binary", id_) for id_ in attached_binaries(body)]
    found = platform.reader(opened.grant).read_many(wanted) if wanted else []
    return [Section("", 0, text) for fact in found if (text := read_binary(parse_body(fact)))]


def _compositions(opened: Opened, body: Json) -> list[Section]:
    """What a document says in the Composition that was made of it."""
    wanted = {("Composition", id_) for id_ in related_compositions(body)}
    found = [fact for fact in opened.facts if (fact.type, fact.id) in wanted]
    return [section for fact in found for section in read_sections(parse_body(fact))]


def _node(life: Life, address: str) -> Node | None:
    stack = [node for year in life.years for node in year.nodes]
    while stack:
        node = stack.pop()
        if node.entry.source.address == address:
            return node if node.inside else None
        stack.extend(node.inside)
    return None


def _laid_out(fact: Fact) -> str:
    """The source text with line breaks; numbers keep their spelling because nothing is parsed as a number."""
    try:
        text = json.loads(fact.body, parse_float=_Spelling, parse_int=_Spelling)
    except ValueError:
        return fact.body.decode("utf-8", "replace")
    return _dump(text, 0)


class _Spelling(str):
    """A number as it was written."""

    __slots__ = ()


def _dump(value: object, depth: int) -> str:
    pad, deeper = "  " * depth, "  " * (depth + 1)
    if isinstance(value, _Spelling):
        return str(value)
    if isinstance(value, dict) and value:
        items = cast("dict[str, object]", value).items()
        lines = [f"{deeper}{json.dumps(k, ensure_ascii=False)}: {_dump(v, depth + 1)}" for k, v in items]
        return "{\n" + ",\n".join(lines) + f"\n{pad}}}"
    if isinstance(value, list) and value:
        lines = [f"{deeper}{_dump(item, depth + 1)}" for item in cast("list[object]", value)]
        return "[\n" + ",\n".join(lines) + f"\n{pad}]"
    return json.dumps(value, ensure_ascii=False)
