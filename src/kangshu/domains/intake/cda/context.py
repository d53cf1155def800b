"""What converters need beside the node, and what they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kangshu.domains.intake.cda.definition import Tables
from kangshu.domains.intake.cda.texts import Texts
from kangshu.domains.intake.cda.xml import Element

Typed = tuple[str, Any]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What converters need beside the node: the tables, and the texts of the document."""

    tables: Tables
    texts: Texts

    @property
    def zone(self) -> str:
        return self.tables.zone

    @property
    def systems(self) -> Mapping[str, str]:
        return self.tables.systems

    @property
    def units(self) -> Mapping[str, str]:
        return self.uses("ucum")

    def uses(self, name: str) -> Mapping[str, str]:
        """A table of codes as code -> code."""
        return self.tables.plain.get(name, {})


Converter = Callable[[Context, Element, str], Typed | None]


def typed(suffix: str, value: Any) -> Typed | None:
    """A value with the suffix of its type; None for none."""
    return None if value is None else (suffix, value)


def is_text(node: Any) -> bool:
    """Whether an XPath gave a text instead of an element."""
    return isinstance(node, str)
