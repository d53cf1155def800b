"""What packs say about CDA, compiled: which statement becomes which resource, element by element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kangshu.domains.intake.cda.xml import XPath

KINDS = frozenset(
    "identifier concept coding code string text markdown dateTime date instant period time "
    "quantity range ratio value address contact name name_text boolean integer positive decimal "
    "age timing fixed map ref subject encounter mapped uri base64 text_data null annotation "
    "comparison".split()
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What to make of a node: the name of a converter, and the table, map or JSON it needs."""

    name: str
    argument: str = ""


Step = tuple[str, str]
"""(property, "" | "[]" | "[n]" | "[x]")"""


@dataclass(frozen=True, slots=True)
class Row:
    """One element of a map. Rows of the same element are tried in order until one gives a value; where the
    element ends in `[]` each adds its own. XPaths with ` ; ` between them are tried in order."""

    element: str
    path: tuple[Step, ...]
    sources: tuple[XPath, ...]
    kinds: tuple[Kind, ...]
    when: XPath | None
    many: bool


@dataclass(frozen=True, slots=True)
class Map:
    """How one kind of statement becomes one resource, or one part of a resource (`resource` empty).

    resource  its type; empty: a part of one, or with `elements`: statements that become none
    elements, templates, codes, sections, when  what a statement must have; empty: anything
    keys    XPaths of the ids that identify it, in order of preference
    needs   elements without which nothing is made; `a|b`: one of them
    shared  the same thing is described in many places, each as far as it is known there
    knows   what its rows have a form for: `negationInd`, `relatedSubject`, `nullified`
    """

    name: str
    order: int
    resource: str
    elements: frozenset[str]
    templates: frozenset[str]
    codes: frozenset[str]
    sections: frozenset[str]
    when: XPath | None
    keys: tuple[XPath, ...]
    needs: tuple[tuple[str, ...], ...]
    shared: bool
    knows: frozenset[str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a code means in FHIR; `code` empty: nothing."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class SectionKind:
    """A kind of section, by template or code: its title."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document, by template or code: its name here, and code and title in its own standard."""

    name: str
    system: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything the packs say about CDA. `plain` is `codes` without systems: code -> code."""

    zone: str
    systems: Mapping[str, str]
    codes: Mapping[str, Mapping[str, Target]]
    plain: Mapping[str, Mapping[str, str]]
    sections: Mapping[str, SectionKind]
    documents: Mapping[str, DocumentKind]
    maps: Mapping[str, Map]
    by_template: Mapping[str, tuple[Map, ...]]
    general: tuple[Map, ...]
