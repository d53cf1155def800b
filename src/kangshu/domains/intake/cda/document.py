"""One CDA document: header, sections and entries to resources; the original and its narrative kept.

Which statement becomes what stands in the tables; here is only the shape every document has: a patient, a
body of sections with narrative and entries, or a body that is a file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kangshu.domains.intake.cda import narrative
from kangshu.domains.intake.cda.coded_values import target_of
from kangshu.domains.intake.cda.concepts import concept, number_of
from kangshu.domains.intake.cda.context import Context, Json
from kangshu.domains.intake.cda.definition import DocumentKind, SectionKind, Tables
from kangshu.domains.intake.cda.engine import Engine, Reference
from kangshu.domains.intake.cda.parsing import check_breadth, parse
from kangshu.domains.intake.cda.standing import STATEMENTS, is_same_patient
from kangshu.domains.intake.cda.texts import Texts, inside, tidy
from kangshu.domains.intake.cda.values import CONVERTERS
from kangshu.domains.intake.cda.xml import Element, invalid, place_of
from kangshu.kernel.base.errors import Problem, TooCostly

MEDIA_TYPE = "application/hl7-cda+xml"
MAX_SECTIONS = 1000
MAX_SECTION_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document says.

    resources  each with `resourceType` and `id`; references among them are `Type/id`
    left_out   what became no fact: statements by their place in the document, elements that had no legal
               form by the path they would have had
    kind       what the tables call this kind of document; empty: not one of those known
    """

    resources: list[Json]
    left_out: list[Problem]
    kind: str


def read_document(raw: bytes, tables: Tables, *, source: str) -> Reading:
    """Read one document. `source` is the code of the institution that sent it.

    Raises `Invalid` with the line or element when it is not a CDA document about a patient.
    """
    root = parse(raw)
    _check_root(root)
    check_breadth(root, STATEMENTS)
    engine = Engine(Context(tables, Texts(root)), source, _document_key(root, raw, tables.systems))
    _read_header(engine, root)
    kind = _kind(root, tables)
    _Body(engine, root, raw, kind).read()
    return Reading(list(engine.made.values()), engine.left_out, kind.name)


def _check_root(root: Element) -> None:
    if root.tag != "ClinicalDocument":
        raise invalid(
            f"line {root.sourceline}",
            "The root is not a ClinicalDocument, so this is no CDA document.",
            remedy="Send whole documents of HL7 CDA R2, not parts of them.",
        )
    if root.find("recordTarget/patientRole") is None:
        raise invalid(place_of(root), "The document has no recordTarget/patientRole: it is about nobody.")


def _document_key(root: Element, raw: bytes, systems: Mapping[str, str]) -> str:
    """What identifies a document through its versions, for statements without a number of their own."""
    for path in ("setId", "relatedDocument[@typeCode='RPLC']/parentDocument/id", "id"):
        found = root.find(path)
        number = None if found is None else number_of(found, systems)
        if number is not None:
            return "^".join(number)
    return hashlib.sha256(raw).hexdigest()


def _kind(root: Element, tables: Tables) -> DocumentKind:
    """By the last of its templates that the tables know, for that is the most special; else by its code."""
    code = root.find("code")
    names = ["" if code is None else code.get("code") or ""]
    names += [each.get("root") or "" for each in root.iterfind("templateId")]
    known = tables.documents
    return next((known[name] for name in reversed(names) if name in known), DocumentKind("", "", "", ""))


def _read_header(engine: Engine, root: Element) -> None:
    role, *others = root.findall("recordTarget/patientRole")
    for other in others:
        if not is_same_patient(role, other):
            raise invalid(
                place_of(other),
                "The document is about more than one patient and does not say what is about whom.",
                remedy="Send a document for each patient.",
            )
        engine.leave_out(other, "duplicate", "The patient is described once more.")
    engine.subject = engine.resource("patient", role)
    if engine.subject is None:
        raise invalid(place_of(role), "The patient has neither a number nor a name.")
    visit = root.find("componentOf/encompassingEncounter")
    if visit is not None:
        engine.encounter = engine.resource("encompassing_encounter", visit)


@dataclass(slots=True)
class _Body:
    """The body of one document on its way."""

    engine: Engine
    root: Element
    raw: bytes
    kind: DocumentKind
    sections: int = 0

    def read(self) -> None:
        media = self._media()
        sections = [
            section
            for element in self.root.iterfind("component/structuredBody/component/section")
            if (section := self._section(element, media, 0)) is not None
        ]
        composition = self.engine.resource(
            "composition", self.root, {"section": sections} if sections else None
        )
        given = self._category() | {"content": self._contents()}
        if composition is not None:
            given["context"] = {"related": [composition]}
        self.engine.resource("document_reference", self.root, given)
        whole = self.engine.map_for(self.root, frozenset())
        if whole is not None:
            self.engine.resource(whole.name, self.root)

    def _category(self) -> Json:
        """The kind of document in its own standard."""
        if not self.kind.code:
            return {}
        coded = {"system": self.kind.system, "code": self.kind.code, "display": self.kind.title}
        return {"category": [{"coding": [coded]}]}

    # -- sections

    def _section(self, element: Element, media: dict[str, str], depth: int) -> Json | None:
        self.sections += 1
        if self.sections > MAX_SECTIONS or depth > MAX_SECTION_DEPTH:
            raise TooCostly(
                f"{place_of(element)}: more than {MAX_SECTIONS:,} sections, or more than {MAX_SECTION_DEPTH} "
                "in one another.",
                remedy="Send it in parts.",
            )
        kinds = list(self._kinds(element))
        found: Json = {}
        title = tidy(element.findtext("title")) or next((kind.title for kind in kinds), None)
        if title:
            found["title"] = title
        code = element.find("code")
        coded = (
            None if code is None else concept(code, self.engine.context.systems, self.engine.context.texts)
        )
        if coded:
            found["code"] = coded
        text = element.find("text")
        div = None if text is None else narrative.render(text, media)
        if div:
            found["text"] = {"status": "additional", "div": div}
        elif div := narrative.from_entries(element, self.engine.context.texts):
            found["text"] = {"status": "generated", "div": div}
        entries = self._entries(element, self._names(element, kinds))
        if entries:
            found["entry"] = entries
        inner = [
            section
            for child in element.iterfind("component/section")
            if (section := self._section(child, media, depth + 1)) is not None
        ]
        if inner:
            found["section"] = inner
        if not entries and not inner:
            found |= self._empty(element)
        return found if found.keys() & {"text", "entry", "section"} else None

    def _empty(self, section: Element) -> Json:
        """Why a section that says so has nothing in it."""
        reason = (
            target_of(self.engine.context, section, "empty_reason") if section.get("nullFlavor") else None
        )
        if reason is None:
            return {}
        coded = {"system": reason.system, "code": reason.code, "display": reason.display}
        return {"emptyReason": {"coding": [coded]}}

    def _codes(self, element: Element) -> list[str]:
        code = element.find("code")
        codes = [each.get("root") or "" for each in element.iterfind("templateId")]
        return [*codes, *([] if code is None else [code.get("code") or ""])]

    def _kinds(self, element: Element) -> Iterator[SectionKind]:
        known = self.engine.tables.sections
        yield from (known[code] for code in self._codes(element) if code in known)

    def _names(self, element: Element, kinds: list[SectionKind]) -> frozenset[str]:
        return frozenset([*self._codes(element), *(kind.name for kind in kinds)])

    def _entries(self, section: Element, names: frozenset[str]) -> list[Reference]:
        """Resources of the statements in a section; of each entry, all that its statements bring."""
        found: dict[str, Reference] = {}
        for entry in section.iterfind("entry"):
            told = len(self.engine.left_out)
            became_one = False
            for node in entry.iter(*STATEMENTS):
                each = self.engine.map_for(node, names)
                made = self.engine.resource(each.name, node) if each is not None and each.resource else None
                if made is not None:
                    found[made["reference"]] = made
                    became_one = True
            if not became_one and told == len(self.engine.left_out):
                self.engine.leave_out(entry, "not-supported", "No map is for what the entry says.")
        return list(found.values())

    def _media(self) -> dict[str, str]:
        """What pictures show, by the ID of their entry."""
        found: dict[str, str] = {}
        for each in self.root.iter("observationMedia", "regionOfInterest"):
            name = each.get("ID")
            value = each.find("value")
            said = (
                inside(value.find("reference"))
                if value is not None and value.find("reference") is not None
                else None
            )
            if name:
                found[name] = said or (value.get("mediaType") or "" if value is not None else "")
        return found

    # -- the original

    def _contents(self) -> list[Json]:
        original = self._binary("original", MEDIA_TYPE, base64.b64encode(self.raw).decode())
        title = tidy(self.root.findtext("title"))
        attachment: Json = {"contentType": MEDIA_TYPE, "url": f"Binary/{original}", "size": len(self.raw)}
        attachment["hash"] = base64.b64encode(hashlib.sha1(self.raw, usedforsecurity=False).digest()).decode()
        return [{"attachment": attachment | ({"title": title} if title else {})}, *self._file()]

    def _binary(self, what: str, media_type: str, data: str) -> str:
        engine = self.engine
        patient = "" if engine.subject is None else engine.subject["reference"]
        id_ = engine.id_of("Binary", patient, what, engine.document)
        body: Json = {"resourceType": "Binary", "id": id_, "contentType": media_type}
        if engine.subject is not None:
            body["securityContext"] = dict(engine.subject)
        engine.made["Binary", id_] = body | {"data": data}
        return id_

    def _file(self) -> list[Json]:
        """A body that is a file: embedded, or (never followed) a reference to one."""
        text = self.root.find("component/nonXMLBody/text")
        if text is None:
            return []
        media_type = tidy(text.get("mediaType")) or "text/plain"
        reference = text.find("reference")
        if reference is not None and reference.get("value"):
            return [{"attachment": {"contentType": media_type, "title": tidy(reference.get("value"))}}]
        data: Any = CONVERTERS["base64"](self.engine.context, text, "")
        if data is None or not data[1]:
            return []
        return [
            {
                "attachment": {
                    "contentType": media_type,
                    "url": f"Binary/{self._binary('body', media_type, data[1])}",
                }
            }
        ]
