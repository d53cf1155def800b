"""The pack: a folder with `pack.toml` and items; and its manifest, the content of that file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml

Kind = Literal["standard", "programme", "place"]

FOLDER_OF_KIND: Mapping[str, str] = {"standard": "standards", "programme": "programmes", "place": "places"}
"""Where the packs of each kind lie below the root."""

REQUIRED = ("name", "title", "title_en", "kind", "version", "licence", "source")
OPTIONAL = ("requires",)

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Who a pack is.

    name      the name of its folder: lower-case letters, digits, underscores
    title     what people call it, in Chinese; `title_en` in English
    version   of the content, in the words of whoever issues it (`4.0.1`, `2026`)
    licence   SPDX expression, or the plain words of the source
    source    who issues the content and where it can be checked
    requires  names of packs this one builds on
    """

    name: str
    title: str
    title_en: str
    kind: Kind
    version: str
    licence: str
    source: str
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """A manifest and the folder it was found in."""

    manifest: Manifest
    folder: Path

    @property
    def name(self) -> str:
        """The pack's name, which is unique below one root."""
        return self.manifest.name


def parse_manifest(text: str, where: str = "pack.toml") -> Manifest:
    """Read the text of a `pack.toml`.

    Raises `Invalid` with one problem per key that is missing, unknown or of the wrong form;
    `where` is the file's name for the message.
    """
    table = parse_toml(text, where)
    problems = tuple(_problems(table))
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(
            f"{where}: {listed}.",
            remedy=f"The keys are {', '.join((*REQUIRED, *OPTIONAL))}.",
            problems=problems,
        )
    texts = {key: cast(str, table[key]) for key in REQUIRED if key != "kind"}
    return Manifest(**texts, kind=cast(Kind, table["kind"]), requires=tuple(table.get("requires", ())))


def _problems(table: Mapping[str, Any]) -> list[Problem]:
    found = [
        Problem.at(key, "is not a key of a manifest") for key in table if key not in (*REQUIRED, *OPTIONAL)
    ]
    found += [Problem.at(key, "is missing") for key in REQUIRED if key not in table]
    found += [
        Problem.at(key, "must be a text that is not empty")
        for key in REQUIRED
        if key in table and not _is_text(table[key])
    ]
    if _is_text(table.get("name")) and not _NAME.fullmatch(table["name"]):
        found.append(Problem.at("name", "must be lower-case letters, digits and underscores"))
    if _is_text(table.get("kind")) and table["kind"] not in FOLDER_OF_KIND:
        found.append(Problem.at("kind", f"must be one of {', '.join(FOLDER_OF_KIND)}"))
    if not _is_names(table.get("requires", [])):
        found.append(Problem.at("requires", "must be a list of pack names, each once"))
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_names(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    names = cast(list[Any], value)
    return all(isinstance(name, str) and _NAME.fullmatch(name) for name in names) and len(set(names)) == len(
        names
    )
