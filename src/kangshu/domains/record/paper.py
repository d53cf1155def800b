"""A document read as a person reads it: headed sections of text, tables and lists where it has them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kangshu.domains.record.datatypes import (
    Json,
    choice,
    concept_text,
    listed,
    narrative_text,
    plain,
    table,
    tables,
    word,
)
from kangshu.domains.record.markup import has_structure, safe_markup

MAX_TEXT = 40_000
"""Characters shown of one text; the rest is in the source."""
MAX_DEPTH = 8

_BINARY = re.compile(r"(?:^|/|urn:uuid:)(?:Binary/)?([A-Za-z0-9\-.]{1,64})$")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (empty for none), how deep it lies, and its text (empty for a mere heading).

    markup  the text with its tables and lists, safe to stand on a page; empty where it has none
    """

    title: str
    depth: int
    text: str
    markup: str = ""


def read_sections(resource: Json) -> tuple[Section, ...]:
    """The sections of a Composition, the answers of a questionnaire, the texts attached to anything."""
    found = [
        *_sections(resource.get("section"), 0),
        *_answers(resource.get("item"), 0),
        *_attached(resource),
    ]
    return tuple(section for section in found if section.title or section.text)


def attached_binaries(resource: Json) -> tuple[str, ...]:
    """Ids of the Binary resources the attachments point to."""
    urls = (word(a.get("url")) for a in _attachments(resource) if not a.get("data"))
    return tuple(found[1] for url in urls if "://" not in url and (found := _BINARY.search(url)))


def related_compositions(resource: Json) -> tuple[str, ...]:
    """Ids of the Compositions that say what is in the document a DocumentReference points to."""
    related = tables(table(resource.get("context")).get("related"))
    addresses = (word(each.get("reference")) for each in related)
    return tuple(a.removeprefix("Composition/") for a in addresses if a.startswith("Composition/"))


def read_binary(binary: Json) -> str:
    """The text of a Binary, empty if it is none."""
    return _decoded(binary)


def _sections(value: Any, depth: int) -> Iterator[Section]:
    for section in tables(value):
        title = word(section.get("title")) or concept_text(section.get("code"))
        div = word(table(section.get("text")).get("div"))
        markup = safe_markup(div) if has_structure(div) else ""
        yield Section(title, depth, narrative_text(section), markup)
        if depth < MAX_DEPTH:
            yield from _sections(section.get("section"), depth + 1)


def _answers(value: Any, depth: int) -> Iterator[Section]:
    for item in tables(value):
        answers = [plain(choice(answer, "value")) for answer in tables(item.get("answer"))]
        if "text" in item or answers:
            yield Section(
                word(item.get("text")) or word(item.get("linkId")), depth, "、".join(filter(None, answers))
            )
        if depth < MAX_DEPTH:
            yield from _answers(item.get("item"), depth + 1)
            for answer in tables(item.get("answer")):
                yield from _answers(answer.get("item"), depth + 1)


def _attachments(resource: Json) -> list[Json]:
    contents = [table(content.get("attachment")) for content in tables(resource.get("content"))]
    return [*contents, *tables(resource.get("presentedForm"))]


def _attached(resource: Json) -> Iterator[Section]:
    for attachment in _attachments(resource):
        text = _decoded(attachment)
        if text:
            yield Section(word(attachment.get("title")), 0, text)


def _decoded(attachment: Json) -> str:
    kind = word(attachment.get("contentType")).lower()
    data = next(iter(listed(attachment.get("data"))), None)
    if not kind.startswith("text/") or not isinstance(data, str):
        return ""
    try:
        text = base64.b64decode(data, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    shown = narrative_text({"text": {"div": text}}) if kind.startswith("text/html") else text
    return shown[:MAX_TEXT]
