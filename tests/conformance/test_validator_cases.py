"""The official validator cases: is invalid here what is invalid there, as far as structure goes?

Every case on which the two differ stands in docs/clarifications/validator_cases.md with its reason.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from kangshu.domains.intake.canonical import head_of, is_id
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Invalid

ROOT = Path(__file__).parents[2]
LISTED = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


@pytest.fixture(scope="module")
def cases(testdata: Path) -> list[tuple[str, Path, bool]]:
    """(name, file, whether the Java validator finds an error). XML is not offered: left out."""
    folder = testdata / "fhir_validator_cases"
    if not folder.is_dir():
        pytest.skip("fhir_validator_cases are not in the test data")
    with (folder / "expected.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        (row["name"], folder / row["file"], row["errors"] != "0")
        for row in rows
        if row["file"].endswith(".json") and row["errors"].isdigit()
    ]


def refuses(file: Path) -> bool:
    """Whether intake would set the resource aside."""
    raw = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        head = head_of(raw)
    except Invalid:
        return True
    if head.id is not None and not is_id(head.id):
        return True
    return any(problem.severity == "error" for problem in problems_of(raw))


def test_nothing_that_is_valid_is_refused(cases: list[tuple[str, Path, bool]]) -> None:
    assert [name for name, file, invalid in cases if not invalid and refuses(file)] == []


def test_every_difference_is_listed_with_its_reason(cases: list[tuple[str, Path, bool]]) -> None:
    listed = LISTED.findall((ROOT / "docs/clarifications/validator_cases.md").read_text("utf-8"))
    assert listed == sorted(set(listed))
    assert sorted(name for name, file, invalid in cases if invalid != refuses(file)) == listed
