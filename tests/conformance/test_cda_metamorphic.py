"""The same document written in another way says the same: every transformation over a sample of documents."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from lxml import etree

from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.cda.xml import SDTC, V3, XSI
from kangshu.kernel.base.errors import KangshuError
from tests.support.cda_fragments import whole
from tests.support.cda_texts import reader

Json = dict[str, Any]
STEP = 9
"""Every ninth of the examples, beside all the documents of the pairs."""
_NAMES = {V3: "cda", SDTC: "s", XSI: "t"}


@pytest.fixture(scope="module")
def read(testdata: Path) -> dict[bytes, dict[str, Json]]:
    """The documents, and what each says as it is; not to be changed."""
    folder = testdata / "cda"
    if not folder.is_dir():
        pytest.skip("cda is not in the test data")
    pairs = sorted((folder / "ms_fhir_converter").rglob("*.ccda"))
    examples = sorted((folder / "hl7_ccda_examples").rglob("*.xml"))[::STEP]
    raws = [path.read_bytes() for path in pairs] + [whole(path.read_bytes()) for path in examples]
    found = {raw: said(raw) for raw in raws if _is_complete(raw)}
    return {raw: each for raw, each in found.items() if each is not None}


@pytest.fixture(scope="module")
def documents(read: dict[bytes, dict[str, Json]]) -> list[bytes]:
    return [*read]


def _is_complete(raw: bytes) -> bool:
    """Whether it declares its prefixes, so that another parser can write it anew."""
    try:
        etree.fromstring(raw)
    except etree.XMLSyntaxError:
        return False
    return True


def said(raw: bytes) -> dict[str, Json] | None:
    """What a document says, by address; its own bytes left aside. None: it is refused."""
    try:
        reading = reader().read(raw, source="H1")
    except KangshuError:
        return None
    found: dict[str, Json] = {}
    for body in reading.resources:
        read = json.loads(written(body))
        if read["resourceType"] == "Binary":
            continue
        for content in read.get("content", []):
            for name in ("size", "hash"):
                content["attachment"].pop(name, None)
        found[f"{read['resourceType']}/{read['id']}"] = read
    return found


def _tree(raw: bytes) -> Any:
    return etree.fromstring(raw, etree.XMLParser(remove_comments=True, remove_pis=True))


def _text(raw: bytes) -> str:
    return etree.tostring(_tree(raw), encoding="unicode")


def _changing(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def changed(raw: bytes) -> bytes:
        root = _tree(raw)
        for element in list(root.iter("*")):
            change(element)
        return etree.tostring(root, encoding="utf-8")

    return changed


def _prefixed(raw: bytes) -> bytes:
    def name(full: str) -> str:
        space, local = etree.QName(full).namespace, etree.QName(full).localname
        return f"{_NAMES.get(space, 'o')}:{local}" if space else local

    def element(each: Any, top: str = "") -> str:
        attributes = "".join(f" {name(key)}={quoteattr(value)}" for key, value in each.attrib.items())
        inside = escape(each.text or "") + "".join(
            element(child) + escape(child.tail or "") for child in each
        )
        return f"<{name(each.tag)}{top}{attributes}>{inside}</{name(each.tag)}>"

    declared = "".join(f' xmlns:{short}="{space}"' for space, short in _NAMES.items())
    return element(_tree(raw), f'{declared} xmlns:o="urn:other"').encode()


def _reversed(each: Any) -> None:
    """Attributes in another order, templates too."""
    pairs = list(each.attrib.items())
    each.attrib.clear()
    for key, value in reversed(pairs):
        each.set(key, value)
    templates = each.findall(f"{{{V3}}}templateId")
    places = [each.index(template) for template in templates]
    for template in templates:
        each.remove(template)
    for place, template in zip(places, reversed(templates), strict=True):
        each.insert(place, template)


def _versions(each: Any) -> None:
    if each.tag == f"{{{V3}}}templateId":
        each.set("extension", "2099-01-01")


def _vendor(each: Any) -> None:
    each.set("{urn:vendor}mark", "1")
    if etree.QName(each).localname in ("section", "observation", "act", "patient"):
        extra = etree.SubElement(each, "{urn:vendor}extra")
        etree.SubElement(extra, f"{{{V3}}}code", code="x").text = "of the vendor"


def _defaults(each: Any) -> None:
    """What the schema says where nothing is written."""
    if each.get("moodCode") == "EVN":
        del each.attrib["moodCode"]
    if etree.QName(each).localname in ("observation", "act", "substanceAdministration", "procedure"):
        each.attrib.pop("classCode", None)
        each.set("negationInd", {"true": "1"}.get(each.get("negationInd", ""), "0"))


def _unnamed(each: Any) -> None:
    if etree.QName(each).localname == "section" and each.find(f"{{{V3}}}code") is not None:
        for template in each.findall(f"{{{V3}}}templateId"):
            each.remove(template)


def _cdata(each: Any) -> None:
    if each.text and each.text.strip():
        each.text = etree.CDATA(each.text)


def _padded(raw: bytes) -> bytes:
    names = "code|codeSystem|root|extension|value|unit|moodCode|typeCode|nullFlavor|negationInd"
    return re.sub(rf'\b({names})="([^"]+)"', r'\1=" \2 "', _text(raw)).encode()


def _told(name: str, codec: str) -> Callable[[bytes], bytes]:
    return lambda raw: f'<?xml version="1.0" encoding="{name}"?>{_text(raw)}'.encode(
        codec, "xmlcharrefreplace"
    )


TRANSFORMATIONS: dict[str, Callable[[bytes], bytes]] = {
    "prefixes": _prefixed,
    "instructions": lambda raw: re.sub(r"(?<=>)(?=\s*<)", "<?a b?><!-- c -->", _text(raw)).encode(),
    "attribute and template order": _changing(_reversed),
    "newer templates": _changing(_versions),
    "vendor markup": _changing(_vendor),
    "defaults of the schema": _changing(_defaults),
    "sections by code": _changing(_unnamed),
    "CDATA": _changing(_cdata),
    "blanks in attributes": _padded,
    "no namespace": lambda raw: _text(raw).replace(f'xmlns="{V3}"', "", 1).encode(),
    "quotes": lambda raw: re.sub(r'="([^"\']*)"', r"='\1'", _text(raw)).encode(),
    "UTF-16": _told("UTF-16", "utf-16"),
    "GB18030": _told("GB18030", "gb18030"),
    "ISO 8859-1": _told("ISO-8859-1", "latin-1"),
    "UTF-16 without a word": lambda raw: _text(raw).encode("utf-16-be"),
}


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_another_spelling_says_the_same(read: dict[bytes, dict[str, Json]], name: str) -> None:
    assert len(read) > 60
    for raw, as_it_is in read.items():
        other = TRANSFORMATIONS[name](raw)
        assert other != raw
        assert said(other) == as_it_is


def test_the_order_of_sections_changes_no_fact(documents: list[bytes]) -> None:
    """Two things with one number change their ids with it: the first keeps the number (decision 28)."""

    def observed(found: dict[str, Json]) -> list[str]:
        return sorted(
            json.dumps(body | {"id": ""}, sort_keys=True)
            for body in found.values()
            if body["resourceType"] in ("Observation", "Condition", "AllergyIntolerance", "Immunization")
            and "hasMember" not in body
        )

    for raw in documents:
        root = _tree(raw)
        for body in root.iter(f"{{{V3}}}structuredBody"):
            body[:] = list(reversed(body))
        before, after = said(raw) or {}, said(etree.tostring(root)) or {}
        assert Counter(key.split("/")[0] for key in before) == Counter(key.split("/")[0] for key in after)
        assert observed(before) == observed(after)


RESULTS = (
    "//h:observation[h:templateId/@root='2.16.840.1.113883.10.20.22.4.2'][h:id/@root]"
    "/h:code[@code][not(h:translation)]"
)


def test_a_code_that_changes_changes_nothing_but_what_it_names(documents: list[bytes]) -> None:
    changed = 0
    for raw in documents:
        root = _tree(raw)
        results = root.xpath(RESULTS, namespaces={"h": V3})
        if not results:
            continue
        results[0].set("code", "99999-9")
        before, after = said(raw) or {}, said(etree.tostring(root)) or {}
        assert before.keys() == after.keys()
        different = {address for address in before if before[address] != after[address]}
        assert {address.split("/")[0] for address in different} <= {"Observation"}
        for address in different:
            assert after[address].pop("code")["coding"][0]["code"] == "99999-9"
            before[address].pop("code")
            assert after[address] == before[address]
        changed += len(different)
    assert changed > 5
