"""Who gives out a number and who defines a code: HD, CX and CWE into URIs.

What the standard or the country has named has one URI everywhere. A name only its sender knows
stays the sender's: `urn:kangshu:source:<institution>:<name>`; two institutions that both say HIS
are not taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from kangshu.domains.intake.hl7v2.run import Run
from kangshu.domains.intake.hl7v2.tables import Tables

_OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*)){2,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_TABLE = re.compile(r"HL7(?:0*)(\d{1,4})")

_OF_VISITS = ("VN", "AN")
"""Types of numbers that are no person's, however they look."""


def local(source: str, *names: str) -> str:
    """The URI of something only its sender has a name for."""
    return ":".join(("urn:kangshu:source", *(quote(each, safe="") for each in (source, *names))))


class Systems:
    """URIs by the tables `authorities` and `systems`."""

    def __init__(self, tables: Tables) -> None:
        self._authorities = tables.authorities
        self._systems = tables.systems
        self._patterns = [(re.compile(pattern), uri) for pattern, uri in tables.patterns]
        self._known: dict[tuple[str, str], str] = {}

    def authority(self, parts: Sequence[str]) -> str:
        """The URI of an HD: namespace, universal id, its type. Empty: it has no name at all."""
        namespace, universal, kind = (*parts, "", "", "")[:3]
        found = self._authorities.get(("authority", universal.upper())) if universal else None
        found = found or (self._authorities.get(("authority", namespace.upper())) if namespace else None)
        if found:
            return found
        return _universal(universal, kind) or _universal(namespace, "")

    def identifier(self, value: str, authority: Sequence[str], kind: str, source: str) -> str:
        """The system of a CX: its authority, else what its look or its type says, else the sender's own."""
        uri = self.authority(authority)
        if uri:
            return uri
        for pattern, each in self._patterns:
            if kind not in _OF_VISITS and pattern.fullmatch(value):
                return each
        by_kind = self._authorities.get(("type", kind.upper())) if kind else None
        if by_kind:
            return by_kind
        namespace = next((each for each in authority if each), "")
        return local(source, namespace or kind or "id")

    def code_system(self, name: str, source: str) -> str:
        """The URI of what CWE-3 names."""
        key = (name, source)
        found = self._known.get(key)
        if found is None:
            found = self._code_system(name.strip(), source)
            if len(self._known) < 10_000 and len(name) < 300:
                self._known[key] = found
        return found

    def _code_system(self, name: str, source: str) -> str:
        listed = self._systems.get(name.upper())
        if listed:
            return listed
        if match := _TABLE.fullmatch(name.upper()):
            return f"http://terminology.hl7.org/CodeSystem/v2-{int(match[1]):04}"
        return _universal(name, "") or local(source, "code", name or "local")


def _universal(universal: str, kind: str) -> str:
    if _OID.fullmatch(universal):
        return f"urn:oid:{universal}"
    if _UUID.fullmatch(universal):
        return f"urn:uuid:{universal.lower()}"
    if _URI.fullmatch(universal):
        return universal
    if universal and kind.upper() == "DNS" and re.fullmatch(r"[A-Za-z0-9.\-]+", universal):
        return f"http://{universal.lower()}"
    return ""


def split_text(raw: str, run: Run, depth: int) -> list[str]:
    """The parts of what stands at `depth`, as text."""
    if depth > 2:
        return [_bare(run.text(raw))]
    return [_bare(run.text(part)) for part in raw.split(run.separators[depth])]


def _bare(text: str) -> str:
    return "" if text == '""' else text


Special = Callable[[int], Callable[[str, Run], object]]


def specials(systems: Systems) -> dict[str, Special]:
    """The types of the column `type` that these tables answer."""

    def authority(depth: int):
        def convert(raw: str, run: Run) -> str | None:
            parts = split_text(raw, run, depth)
            name = systems.authority(parts)
            if name:
                return name
            first = next((part for part in parts if part), "")
            return local(run.source, first) if first else None

        return convert

    def identifier(depth: int):
        """Of a whole CX."""

        def convert(raw: str, run: Run) -> str | None:
            parts = raw.split(run.separators[depth]) if depth < 3 else [raw]
            value = _bare(run.text(parts[0]))
            issuer = split_text(parts[3], run, depth + 1) if len(parts) > 3 else []
            kind = run.text(parts[4]) if len(parts) > 4 else ""
            return systems.identifier(value, issuer, kind, run.source) if value else None

        return convert

    def entity(depth: int):
        """Of a whole EI: id, namespace, universal id, its type."""

        def convert(raw: str, run: Run) -> str | None:
            parts = split_text(raw, run, depth)
            if not parts[0]:
                return None
            return systems.authority(parts[1:]) or local(run.source, next(filter(None, parts[1:]), "order"))

        return convert

    def professional(depth: int):
        """Of a whole XCN: its authority is the ninth part, its type the thirteenth."""

        def convert(raw: str, run: Run) -> str | None:
            parts = raw.split(run.separators[depth]) if depth < 3 else [raw]
            value = _bare(run.text(parts[0]))
            issuer = split_text(parts[8], run, depth + 1) if len(parts) > 8 else []
            return (
                systems.authority(issuer) or local(run.source, next(filter(None, issuer), "practitioner"))
                if value
                else None
            )

        return convert

    return {
        "authority": authority,
        "CX.system": identifier,
        "EI.system": entity,
        "XCN.system": professional,
        # Of PID-19: the country's number where it looks like one.
        "SS.system": _flat(lambda raw, run: systems.identifier(run.text(raw), [], "SS", run.source)),
        # Of CWE-3: the system its name means. What has no name is the sender's own.
        "CWE.system": _flat(lambda raw, run: systems.code_system(run.text(raw), run.source)),
        "CWE.local": _flat(lambda _, run: systems.code_system("", run.source)),
        "prescription.system": _flat(lambda _, run: local(run.source, "prescription")),
        "transaction.system": _flat(lambda _, run: local(run.source, "transaction")),
    }


def _flat(convert: Callable[[str, Run], str]) -> Special:
    """The same at every depth."""
    return lambda depth: convert  # noqa: ARG005
