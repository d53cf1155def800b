"""Documents that mean harm, are broken, or are none: refused at every door, with the place and the remedy."""

from __future__ import annotations

import gzip

from tests.support.cda_texts import PATIENT, PRESSURE, document, section

MARK = "陈小明"
SOMEBODY = PATIENT.replace("陈", MARK)
SOUND = document(section("8716-3", PRESSURE), patient=SOMEBODY)
_NAMELESS = "<recordTarget><patientRole><id nullFlavor='UNK'/></patientRole></recordTarget>"
_SCHEMA = "xsi:schemaLocation='urn:hl7-org:v3 http://127.0.0.1:9/x.xsd'"
_LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
_TEXTS = {
    "laughs": f"<!DOCTYPE x [<!ENTITY l0 'ha'>{_LAUGHS}]>{SOUND.replace('摘要', '&l9;')}",
    "quadratic": f"<!DOCTYPE x [<!ENTITY a '{'a' * 50_000}'>]>{SOUND.replace('摘要', '&a;' * 5000)}",
    "external-entity": "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    + SOUND.replace("摘要", "&f;"),
    "external-dtd": f"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>{SOUND}",
    "parameter-entity": f"<!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/p'> %p;]>{SOUND}",
    "undeclared-entity": SOUND.replace("摘要", "&xxe;"),
    "deep": SOUND.replace("<text>t", "<text>" + "<content>" * 100_000),
    "siblings": SOUND.replace("<text>t", "<text>" + "<br/>" * 1_000_000),
    "endless-comment": f"<!-- {SOUND}",
    "cut-off": SOUND[: len(SOUND) // 2],
    "two-roots": SOUND + SOUND,
    "nul": SOUND.replace("摘要", "a\0b"),
    "said-utf-16": f"<?xml version='1.0' encoding='UTF-16'?>{SOUND}",
    "unknown-encoding": f"<?xml version='1.0' encoding='KOI8-R'?>{SOUND}",
    "html": "<html><body><script>alert(1)</script></body></html>",
    "nobody": SOUND.replace(SOMEBODY, ""),
    "nameless": SOUND.replace(
        PATIENT.replace("陈", MARK),
        "<recordTarget><patientRole><id nullFlavor='UNK'/></patientRole></recordTarget>",
    ),
    "blank": " \n ",
}
REFUSED: dict[str, bytes] = {name: text.encode() for name, text in _TEXTS.items()} | {
    "dtd-in-utf-16": f"<!DOCTYPE x>{SOUND}".encode("utf-16"),
    "utf-32": SOUND.encode("utf-32"),
    "said-utf-8": f"<?xml version='1.0' encoding='UTF-8'?>{SOUND}".encode("gb18030"),
    "invalid-utf-8": SOUND.encode().replace("摘要".encode(), b"\xff\xfe\x80"),
    "gzip-of-gzip": gzip.compress(gzip.compress(SOUND.encode(), mtime=0), mtime=0),
    "gzip-bomb": gzip.compress(SOUND.encode() + b" " * (200 << 20), mtime=0),
    "empty": b"",
}
READ: dict[str, bytes] = {
    "inclusion": SOUND.replace(
        "<text>t", "<text><i:include xmlns:i='http://www.w3.org/2001/XInclude' href='file:///etc/passwd'/>t"
    ).encode(),
    "stylesheet": f"<?xml-stylesheet href='http://127.0.0.1:9/x.xsl'?>{SOUND}".encode(),
    "schema": SOUND.replace(
        "<ClinicalDocument",
        "<ClinicalDocument xsi:schemaLocation='urn:hl7-org:v3 http://127.0.0.1:9/x.xsd'",
        1,
    ).encode(),
    "gzip-named-xml": gzip.compress(SOUND.encode(), mtime=0),
}
"""Read without obeying them."""
