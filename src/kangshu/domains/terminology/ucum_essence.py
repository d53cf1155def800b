"""The table of UCUM (`ucum-essence.xml`) as a code system.

The table has a licence of its own that does not let it be changed, so it is not part of Kangshu; whoever
needs units imports it from ucum.org.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

from kangshu.domains.terminology.making import Made
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.ucum import UCUM

_SPACE = "{http://unitsofmeasure.org/ucum-essence}"
_LARGEST = 4 << 20


def make_ucum(path: Path) -> Made:
    """The CodeSystem of the file. Raises `Invalid` for a file that is not the table."""
    raw = path.read_bytes()
    if len(raw) > _LARGEST:
        raise Invalid(f"{path.name} is too large for the table of UCUM.", code="too-costly")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        raise Invalid(f"{path.name} is not XML.", code="structure") from None
    concepts = [_concept(each) for each in root if isinstance(each.tag, str)]
    concepts = [each for each in concepts if each]
    if not concepts:
        raise Invalid(f"{path.name} is not the table of UCUM.", remedy="Take ucum-essence.xml.", code="value")
    resource: dict[str, Any] = {
        "resourceType": "CodeSystem",
        "id": "ucum",
        "url": UCUM,
        "version": root.get("version", ""),
        "name": "UCUM",
        "title": "计量单位统一代码（UCUM）",
        "status": "active",
        "publisher": "Regenstrief Institute, Inc.",
        "copyright": "The UCUM codes, UCUM table (regardless of format), and UCUM Specification are copyright"
        " 1999 and later, Regenstrief Institute, Inc. and the Unified Codes for Units of Measures"
        " (UCUM) Organization. All rights reserved. https://ucum.org/trac/wiki/TermsOfUse",
        "caseSensitive": True,
        "valueSet": "http://hl7.org/fhir/ValueSet/ucum-units",
        "compositional": True,
        "content": "fragment",
        "count": len(concepts),
        "property": [
            {"code": "kind", "type": "code"},
            {"code": "value", "type": "string"},
            {"code": "of", "type": "string"},
            {"code": "metric", "type": "boolean"},
            {"code": "arbitrary", "type": "boolean"},
            {"code": "scale", "type": "code"},
        ],
        "concept": concepts,
    }
    return Made(resource, len(concepts), ())


def _concept(element: Any) -> dict[str, Any]:
    tag = element.tag.removeprefix(_SPACE)
    if tag not in ("prefix", "base-unit", "unit"):
        return {}
    code, name = element.get("Code"), element.findtext(f"{_SPACE}name", "")
    kind = {"prefix": "prefix", "base-unit": "base", "unit": "unit"}[tag]
    properties: list[dict[str, Any]] = [{"code": "kind", "valueCode": kind}]
    if tag == "prefix":
        value = element.find(f"{_SPACE}value").get("value")
        return {
            "code": f"{code}-",
            "display": name,
            "property": [*properties, {"code": "value", "valueString": value}],
        }
    if tag == "base-unit" or element.get("isMetric") == "yes":
        properties.append({"code": "metric", "valueBoolean": True})
    if element.get("isArbitrary") == "yes":
        properties.append({"code": "arbitrary", "valueBoolean": True})
    if tag == "unit":
        properties += _value(element)
    return {"code": code, "display": name, "property": properties}


def _value(element: Any) -> list[dict[str, Any]]:
    value = element.find(f"{_SPACE}value")
    function = value.find(f"{_SPACE}function")
    source = value if function is None else function
    found = [
        {"code": "value", "valueString": source.get("value") or "1"},
        {"code": "of", "valueString": source.get("Unit")},
    ]
    if function is not None:
        found.append({"code": "scale", "valueCode": function.get("name")})
    return found
