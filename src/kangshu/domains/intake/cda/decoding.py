"""The text of a document, whatever it is encoded in. It is decoded here, not by the parser, so that no
encoding trick hides a DTD."""

from __future__ import annotations

import re

from kangshu.domains.intake.cda.xml import invalid

_ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5",
    "cp936": "gb18030",
    "gb_2312-80": "gb18030",
    "iso-8859-1": "latin-1",
    "iso_8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_UTF_32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<")
_DECLARATION = re.compile(r"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["'][^>]*\?>""")


def looks_like_xml(first: bytes) -> bool:
    """Whether a message that starts so is XML, in any encoding that is read here."""
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] == b"<" or first[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<") or first[:2] == b"\0<"


def decoded(raw: bytes) -> str:
    """The text of the bytes of a document. Raises `Invalid`, naming the line."""
    codec = _codec(raw)
    try:
        return raw.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        name = codec.removesuffix("-sig").upper()
        raise invalid(
            f"line {line}", f"The document says it is in {name}, and byte {error.start} is not."
        ) from None


def _codec(raw: bytes) -> str:
    if raw[:4] in _UTF_32:
        raise invalid(
            "line 1", "The document is in UTF-32, which is not read here.", remedy="Send it in UTF-8."
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if raw[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if raw[:1] == b"<" else "utf-16-be"
    declared = _DECLARATION.match(raw[:400].removeprefix(b"\xef\xbb\xbf").decode("latin-1"))
    name = declared[1].lower() if declared else "utf-8"
    if raw[:3] == b"\xef\xbb\xbf":
        name = "utf-8"
    if name.startswith("utf-16"):
        raise invalid("line 1", "The document says it is in UTF-16, and it is not.")
    if name not in _ENCODINGS:
        raise invalid("line 1", "The encoding it declares is not read here.", remedy="Send it in UTF-8.")
    return _ENCODINGS[name]
