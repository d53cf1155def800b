"""The coding: one code of one code system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Coding:
    """A code, the system that defines it ("" if none was given), the system's version, and a name."""

    system: str
    code: str
    version: str = ""
    display: str = ""

    def as_json(self) -> dict[str, Any]:
        """The FHIR Coding."""
        pairs = (
            ("system", self.system),
            ("version", self.version),
            ("code", self.code),
            ("display", self.display),
        )
        return {name: value for name, value in pairs if value}


def coding_of(data: Json) -> Coding:
    """A coding from its FHIR form; what is missing is ""."""
    return Coding(
        system=text_of(data, "system"),
        code=text_of(data, "code"),
        version=text_of(data, "version"),
        display=text_of(data, "display"),
    )


def text_of(data: Json, name: str) -> str:
    """A text of a JSON object, "" if it is missing or none."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def objects_of(data: Json, name: str) -> list[dict[str, Any]]:
    """The objects of a list in a JSON object; what is none is left out."""
    value: Any = data.get(name)
    if not isinstance(value, list):
        return []
    return [cast("dict[str, Any]", item) for item in cast("list[Any]", value) if isinstance(item, dict)]


def object_of(data: Json, name: str) -> dict[str, Any]:
    """An object in a JSON object, an empty one if it is missing or none."""
    value: Any = data.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def canonical_of(url: str, version: str) -> str:
    """`url|version`, or only the URL where there is no version."""
    return f"{url}|{version}" if version else url


def split_canonical(canonical: str) -> tuple[str, str]:
    """(URL, version) of `url|version`."""
    url, _, version = canonical.partition("|")
    return url, version


def value_of(data: Json) -> tuple[str, Any]:
    """(`valueCode`, the value) of an element with a value[x]; ("", None) where there is none."""
    for name, value in data.items():
        if name.startswith("value") and name != "value":
            return name, value
    return "", None


def extension_value(extensions: tuple[Json, ...], url: str) -> Any:
    """The value of the first extension with the URL, None where there is none."""
    for extension in extensions:
        if extension.get("url") == url:
            return value_of(extension)[1]
    return None
