"""What messages of institutions are in, as the journal has it."""

from __future__ import annotations

from pathlib import Path

HL7V2 = "hl7v2"
"""The media of messages in HL7 version 2."""

TABLE = "table/"
"""The media of messages that hold tables begins with this; the name of the feed follows."""


def media_of(path: Path) -> str:
    """What the name of a file promises. A name in .json may hold either, so the content decides."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".hl7"):
        return HL7V2
    if name.endswith((".xml", ".cda", ".ccda")):
        return "cda"
    return "ndjson" if name.endswith((".ndjson", ".jsonl")) else ""
