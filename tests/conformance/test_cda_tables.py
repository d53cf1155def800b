"""The tables of the packs: every element they fill is one of FHIR R4, and wrong tables are refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kangshu.domains.intake.cda.definition import Map, Row, Tables
from kangshu.domains.intake.cda.tables import read_tables
from kangshu.domains.intake.validation import RESOURCE_TYPES
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.packs.find import default_root

UNLISTED = {"text", "language"}
"""Names that the table of elements leaves out, because search never looks there."""
STANDARDS = default_root() / "standards"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables([STANDARDS / "cda", STANDARDS / "wst500"])


@pytest.fixture(scope="module")
def elements() -> dict[str, tuple[str, bool]]:
    """Path of every element -> (its type if it has one only, whether it repeats)."""
    found: dict[str, tuple[str, bool]] = {}
    for line in (STANDARDS / "fhir_r4" / "elements.tsv").read_text("utf-8").splitlines()[1:]:
        path, flags, types = line.split("\t")
        found[path] = (types if "|" not in types else "", "*" in flags)
    return found


def rows_of(tables: Tables) -> Iterator[tuple[str, Map, Row]]:
    """Every row with the path of what it is filled into; parts follow from where they are used."""
    waiting = [(each.resource, each) for each in tables.maps.values() if each.resource]
    seen: set[tuple[str, str]] = set()
    while waiting:
        base, each = waiting.pop()
        if (base, each.name) in seen:
            continue
        seen.add((base, each.name))
        for row in each.rows:
            if row.element == "-":
                continue
            yield base, each, row
            parts = [kind.argument for kind in row.kinds if kind.name == "map"]
            waiting += [(f"{base}.{row.element}", tables.maps[name]) for name in parts]


def reached(path: str, elements: dict[str, tuple[str, bool]]) -> bool:
    """Whether an element written as in the tables is one of the definitions, and repeats where it says so."""
    place, *rest = path.split(".")
    type_ = place
    for step in rest:
        name, _, mode = step.removeprefix("_").partition("[")
        if name in UNLISTED:
            return True
        found = next(
            (
                each
                for base in (place, type_)
                if (each := below(base, name + ("[x]" if mode == "x]" else ""), elements))
            ),
            None,
        )
        if found is None:
            return False
        place, type_ = found
        if elements[place][1] != (mode not in ("", "x]")):
            return False
    return True


def below(base: str, name: str, elements: dict[str, tuple[str, bool]]) -> tuple[str, str] | None:
    """(path, type) of an element; `valueQuantity` is `value[x]` of type Quantity."""
    if f"{base}.{name}" in elements:
        return f"{base}.{name}", elements[f"{base}.{name}"][0]
    for end in range(2, len(name)):
        if name[end].isupper() and f"{base}.{name[:end]}[x]" in elements:
            return f"{base}.{name[:end]}[x]", name[end:]
    return None


def test_every_element_that_is_filled_is_one_of_fhir(
    tables: Tables, elements: dict[str, tuple[str, bool]]
) -> None:
    wrong: list[str] = []
    count = 0
    for base, each, row in rows_of(tables):
        path = f"{base}.{row.element}"
        if ".extension[]" in path or "[x]." in path:
            continue
        count += 1
        if not reached(path, elements):
            wrong.append(f"{each.name}: {path}")
    assert not wrong, "\n".join(wrong)
    assert count > 600


def test_every_map_makes_a_type_of_fhir_and_every_target_is_known(tables: Tables) -> None:
    assert {each.resource for each in tables.maps.values()} - {""} <= RESOURCE_TYPES
    assert len({kind.name for kind in tables.documents.values() if kind.name.startswith("C0")}) == 53
    for name, uri in tables.systems.items():
        assert ":" in uri, name


def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "cda"
    shutil.copytree(STANDARDS / "cda", folder)
    return folder


@pytest.mark.parametrize(
    ("file", "line", "says"),
    [
        ("elements.tsv", "problem\tcode\tvalue[\tconcept", "is no XPath"),
        ("elements.tsv", "problem\tcode\tvalue\tconept", "is no kind of value"),
        ("elements.tsv", "problem\tco de\tvalue\tconcept", "is no step"),
        ("elements.tsv", "problem\tcode\tvalue\tmapped:nowhere", "there is no mapped nowhere"),
        ("elements.tsv", "problem\tcode\tvalue\tref:nobody", "there is no ref nobody"),
        ("elements.tsv", "problm\tcode\tvalue\tconcept", "problm"),
        ("elements.tsv", "problem\t+\tproblem", "includes itself"),
        ("elements.tsv", "problem\t+\tnowhere", "nowhere"),
        ("elements.tsv", "problem\tcode\tvalue\tconcept\t\tmore", "6 cells"),
        (
            "elements.tsv",
            "problem\tcode\t*[templateId/@root='{nowhere}.1']\tconcept",
            "no short name nowhere",
        ),
        ("maps.tsv", "problem\tCondition", "there twice"),
        ("cda.toml", "colour = 1", "the keys are"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, file: str, line: str, says: str) -> None:
    folder = copy(tmp_path)
    read_tables([folder])
    path = folder / file
    text = path.read_text("utf-8")
    path.write_text(f"{line}\n{text}" if file == "cda.toml" else f"{text}{line}\n", "utf-8")
    with pytest.raises(Invalid, match=says):
        read_tables([folder])


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "systems.tsv").write_text("oid\turl\n", "utf-8")
    with pytest.raises(Invalid, match="the columns are oid, uri, name"):
        read_tables([folder])
