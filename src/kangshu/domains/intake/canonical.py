"""The one written form in which resources are stored, without touching what the institution wrote.

Only the top level is rearranged: `resourceType`, `id`, then `meta` without version and time of
storage (those are columns), then every other property as it came, byte for byte. So numbers keep
their spelling (`1.50`), and the same resource always has the same bytes.
"""

from __future__ import annotations

import json
import re
from collections import Counter

import msgspec

from kangshu.kernel.base.errors import Invalid, Problem

_TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_STORED_ELSEWHERE = ("versionId", "lastUpdated")


def top_level(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The properties of a JSON object, values still as text.

    Raises `Invalid` when it is not one, or when a property comes twice: one of the two would be lost.
    """
    try:
        properties = _TOP.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    written = (
        sum(
            len(name.encode("utf-8", "surrogatepass")) + len(bytes(value)) + 4
            for name, value in properties.items()
        )
        + 1
    )
    if written != len(bytes(raw)):
        # Blanks, escapes, or doubles: now it is worth the time to look which.
        _refuse_doubles(bytes(raw))
    return properties


def _refuse_doubles(raw: bytes) -> None:
    names: list[str] = []

    def last(pairs: list[tuple[str, object]]) -> None:
        names[:] = [name for name, _ in pairs]

    try:
        json.loads(raw, object_pairs_hook=last)
    except (ValueError, RecursionError) as error:
        raise not_json(error) from None
    doubles = sorted(name for name, times in Counter(names).items() if times > 1 and name.isidentifier())
    if len(set(names)) < len(names):
        message = f"A property comes twice: {', '.join(doubles)[:200]}."
        raise Invalid(message, problems=(Problem("error", "structure", "", message),))


def not_json(error: Exception) -> Invalid:
    """What to say of text that cannot be read; the reader's words name a position, never content."""
    if isinstance(error, RecursionError):
        reason = "It is nested too deeply."
    elif isinstance(error, UnicodeDecodeError) or "utf-8" in str(error).lower():
        reason = "It is not UTF-8."
    else:
        found = re.search(r"byte (\d+)", str(error))
        reason = f"It stops being JSON at byte {found[1]}." if found else "It is not a JSON object."
    return Invalid(
        f"This cannot be read as a resource. {reason}",
        remedy="Send one FHIR R4 resource in JSON, encoded in UTF-8.",
        problems=(Problem("error", "structure", "", f"This cannot be read as a resource. {reason}"),),
    )


def text_of(value: msgspec.Raw | None) -> str | None:
    """A property that should be a string; None where it is absent or something else."""
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_id(text: str | None) -> bool:
    """Whether the text is a legal FHIR id."""
    return text is not None and _ID.fullmatch(text) is not None


class Head(msgspec.Struct):
    """What intake has to know of a resource before it looks closer. `None`, empty `meta`: absent."""

    resource_type: str | None = msgspec.field(name="resourceType", default=None)
    id: str | None = None
    meta: msgspec.Raw = msgspec.Raw(b"")


_HEAD = msgspec.json.Decoder(Head)


def head_of(raw: bytes) -> Head:
    """Type, id and meta of a resource. Raises `Invalid` when it is not JSON or they have wrong forms."""
    try:
        return _HEAD.decode(raw)
    except msgspec.ValidationError:
        return _odd_head(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None


def _odd_head(raw: bytes) -> Head:
    properties = top_level(raw)
    if "id" in properties and text_of(properties["id"]) is None:
        raise Invalid(
            "The id is not a string.", problems=(Problem("error", "value", "id", "The id is not a string."),)
        )
    return Head(
        text_of(properties.get("resourceType")),
        text_of(properties.get("id")),
        properties.get("meta", msgspec.Raw(b"")),
    )


def stored_form(type_: str, id_: str, raw: bytes, meta: msgspec.Raw) -> bytes:
    """The stored form of a resource whose head was read. Most senders write it nearly so already."""
    start = f'{{"resourceType":"{type_}","id":"{id_}"'.encode()
    if raw.startswith(start):
        written = b',"meta":' + bytes(meta)
        if written == _NO_META:
            return raw.rstrip()
        stored_elsewhere = b"versionId" in written or b"lastUpdated" in written
        if not stored_elsewhere and raw.startswith(written, len(start)):
            return raw.rstrip()
        # Once only: what is contained may have the same `meta`.
        if not stored_elsewhere and raw.count(written) == 1:
            return start + written + raw[len(start) :].replace(written, b"", 1).rstrip()
    return canonical(type_, id_, top_level(raw))


_NO_META = b',"meta":'


def canonical(type_: str, id_: str, properties: dict[str, msgspec.Raw]) -> bytes:
    """The stored form, from the properties of the resource as it came."""
    parts = [f'{{"resourceType":"{type_}","id":"{id_}"'.encode()]
    meta = properties.get("meta")
    if meta is not None:
        kept = _meta(bytes(meta))
        if kept:
            parts.append(b'"meta":' + kept)
    parts += [
        b'"' + _key(name) + b'":' + bytes(value)
        for name, value in properties.items()
        if name not in ("resourceType", "id", "meta")
    ]
    return b",".join(parts) + b"}"


def _key(name: str) -> bytes:
    return name.encode() if name.isidentifier() and name.isascii() else msgspec.json.encode(name)[1:-1]


def _meta(raw: bytes) -> bytes | None:
    """`meta` less what the store keeps in columns; None when nothing is left of it."""
    try:
        meta = _TOP.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return raw
    if not any(name in meta for name in _STORED_ELSEWHERE):
        return raw if meta else None
    rest = {name: value for name, value in meta.items() if name not in _STORED_ELSEWHERE}
    if not rest:
        return None
    return b"{" + b",".join(b'"' + _key(name) + b'":' + bytes(value) for name, value in rest.items()) + b"}"
