"""Every text of the portal, by language. Chinese is the first language; English has the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")
COOKIE = "kangshu_language"

_FOLDER = Path(__file__).parent / "strings"


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language under dotted keys (`search.title`)."""

    language: Language
    texts: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The text under a key, `{name}` replaced. Raises KeyError for a key nobody wrote."""
        return self.texts[key].format(**values) if values else self.texts[key]

    def say_or(self, key: str, otherwise: str) -> str:
        """The text under a key made from data, or what the data itself said."""
        return self.texts.get(key, otherwise)


@cache
def words(language: Language) -> Words:
    """The texts of a language, read once."""
    with (_FOLDER / f"{language}.toml").open("rb") as file:
        return Words(language, dict(_flat(tomllib.load(file), "")))


def language_from(cookie: str | None) -> Language:
    """The language somebody chose, else Chinese, whatever language their browser happens to be in."""
    return cookie if cookie in LANGUAGES else "zh"


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _flat(cast("dict[str, Any]", value), f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", str(value)))
    return found
